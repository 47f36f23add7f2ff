"""Sentence frames: which of them carry which label, and how often each family of them is drawn.

A frame that only ever carries harm would be a giveaway, so some families are shared by all labels:
their frames take a slot (`{VP}`, `{CLAUSE}`) that is filled from a harmful list or from a harmless one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from ..data_files import Options, read_list
from .words import SLOTS

HELD_OUT_EVERY = 12


@dataclass(frozen=True)
class Family:
    """Frames with the slots' fillers; `weight` is its share within its label."""

    weight: float
    frames: Options
    slots: tuple[tuple[str, Options], ...] = ()


def held_out(frame: str) -> bool:
    """Such frames are never used for training, so that the validation split also measures unseen ones."""
    return zlib.crc32(frame.encode()) % HELD_OUT_EVERY == 0


def _frames(file: str) -> Options:
    return read_list(f"guard/frames/{file}.txt")


REQUESTS, CLAUSES, DOCUMENTS = (_frames(f"shared/{name}") for name in ("requests", "clauses", "documents"))
OPENERS, CLOSERS, CONTEXTS = (_frames(f"shared/{name}") for name in ("openers", "closers", "contexts"))


def _slots(names: tuple[str, ...]) -> Options:
    return tuple(f"{{{name}}}" for name in names)


def _asking(weight: float, *phrases: str) -> Family:
    return Family(weight, REQUESTS, (("VP", _slots(phrases)),))


def _saying(weight: float, *statements: str) -> Family:
    return Family(weight, CLAUSES, (("CLAUSE", _slots(statements)),))


def _writing(weight: float, *statements: str) -> Family:
    return Family(weight, DOCUMENTS, (("CLAUSE", _slots(statements)), ("DOC", SLOTS["safe_doc"])))


def _own(folder: str, **weights: float) -> list[Family]:
    """The families that one label has for itself, by file."""
    return [Family(weight, _frames(f"{folder}/{file}")) for file, weight in weights.items()]


FAMILIES: dict[tuple[str, ...], list[Family]] = {
    (): [
        _asking(0.22, "safe_vp"),
        _saying(0.08, "safe_clause"),
        _writing(0.05, "safe_clause"),
        *_own("harmless", ordinary=0.22, colloquial=0.15, implied=0.13, everyday=0.20, walks_of_life=0.28),
        *_own("harmless", hard_dangerous_content=0.09, hard_harassment=0.07, hard_hate_speech=0.08, hard_sexually_explicit=0.07),
    ],
    ("dangerous_content",): [
        _asking(0.34, "danger_vp"),
        *_own("dangerous_content", plain=0.30, colloquial=0.30, implied=0.24, blunt=0.28),
    ],
    ("harassment",): [
        _asking(0.17, "bully_vp"),
        _saying(0.09, "insult_3", "insult_3", "insult_you"),
        _writing(0.05, "insult_3", "insult_3", "insult_you"),
        *_own("harassment", plain=0.34, colloquial=0.32, implied=0.28, blunt=0.28),
    ],
    ("hate_speech",): [
        _asking(0.16, "hate_vp"),
        _saying(0.12, "hate_claim"),
        _writing(0.07, "hate_claim"),
        *_own("hate_speech", plain=0.32, colloquial=0.30, implied=0.27, blunt=0.28),
    ],
    ("sexually_explicit",): [
        _asking(0.22, "sex_vp"),
        _saying(0.05, "sex_clause"),
        _writing(0.05, "sex_clause"),
        *_own("sexually_explicit", plain=0.34, colloquial=0.32, implied=0.20, blunt=0.28),
    ],
    ("harassment", "hate_speech"): _own("harassment_and_hate_speech", plain=1.0),
}
