"""How templates become text: choices, slots, articles, capitals; and invented nouns."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from .lexicon import ANIMALS, HELD_OUT_NOUNS, IRREGULAR_PLURALS, SYLLABLES

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")

_KNOWN = frozenset(ANIMALS) | frozenset(HELD_OUT_NOUNS)


def expand(rng: random.Random, template: str, slots: dict[str, str] | None = None) -> str:
    """``[a|b]`` chooses, ``{slot}`` inserts; slots may hold choices themselves."""
    text = template
    for _ in range(6):
        if slots and "{" in text:
            text = _SLOT.sub(lambda m: slots.get(m.group(1), m.group(0)), text)
        if "[" not in text:
            if not slots or not _SLOT.search(text):
                break
            continue
        text = _CHOICE.sub(lambda m: rng.choice(m.group(1).split("|")), text)
    return re.sub(r" {2,}", " ", text).strip()


def choice(options: Iterable[str]) -> str:
    """A choice as templates write it: drawn anew wherever it stands."""
    return f"[{'|'.join(options)}]"


def article(noun_phrase: str) -> str:
    first = noun_phrase.lower()
    if first.startswith(("uni", "use", "uku", "one", "eu")):
        return "a"
    return "an" if first[0] in "aeiou" or first.startswith(("hour", "honest")) else "a"


def with_article(noun_phrase: str) -> str:
    return f"{article(noun_phrase)} {noun_phrase}"


def plural(noun: str) -> str:
    head, _, last = noun.rpartition(" ")
    if last in IRREGULAR_PLURALS:
        last = IRREGULAR_PLURALS[last]
    elif last.endswith(("s", "x", "ch", "sh", "z")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{head} {last}".strip()


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _syllable(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES[part]) for part in ("onset", "vowel", "coda"))


def invented_noun(rng: random.Random) -> str:
    """A word that looks like an English noun and (almost surely) is none."""
    while True:
        parts = [_syllable(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
        if rng.random() < 0.15:
            parts.insert(0, rng.choice(SYLLABLES["onset of a first syllable"]) + rng.choice(SYLLABLES["coda of a first syllable"]))
        word = "".join(parts) + rng.choice(SYLLABLES["ending of a noun"])
        if 4 <= len(word) <= 12 and word not in _KNOWN and not re.search(r"(.)\1\1", word):
            return word


def invented_name(rng: random.Random) -> str:
    return capital((_syllable(rng) + rng.choice(SYLLABLES["ending of a name"]))[:9])
