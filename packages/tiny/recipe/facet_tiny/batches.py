"""Documents as rows of token ids: whole documents, packed so that little is padding."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from . import corpus
from .guard.samples import guard_prompts
from .tokenizer import END_OF_TURN, PAD, START_OF_TURN

GUARD_SHARE = 0.16
# What a user might type is not what the model should learn to write; it still learns to read it.
READ_WEIGHT = 0.3
VERDICT_WEIGHT = 5.0


@dataclass
class Rows:
    """``documents`` numbers the document of each token in its row; padding has document -1."""

    ids: np.ndarray
    documents: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, order: np.ndarray) -> Rows:
        return Rows(self.ids[order], self.documents[order], self.weights[order])

    def tokens(self) -> int:
        return int((self.ids != PAD).sum())


def texts(seed: int, count: int, kinds: dict[str, float] = corpus.KINDS, guard_share: float = GUARD_SHARE) -> Iterator[tuple[str, bool]]:
    """Document texts of the mix, and whether each is a guard's prompt with its verdict."""
    rng = random.Random(seed)
    guards = iter(guard_prompts(seed, int(count * guard_share * 0.5) + 1))
    for text in (d.text for d in corpus.take(seed, count, kinds)):
        yield text, False
        # A guard's prompt is about twice as long as the other documents.
        if rng.random() < guard_share * 0.5 and (guard := next(guards, None)):
            yield (guard if guard.startswith("<bos>") else "<bos>" + guard) + "<eos>", True


def _weights(ids: list[int], is_guard: bool, user: int) -> np.ndarray:
    weights = np.ones(len(ids), dtype=np.float32)
    if is_guard:
        weights[:] = READ_WEIGHT
        weights[-2] = VERDICT_WEIGHT
        return weights
    reading = False
    for i, token in enumerate(ids):
        if token == START_OF_TURN:
            reading = i + 1 < len(ids) and ids[i + 1] == user
        if reading:
            weights[i] = READ_WEIGHT
        if token == END_OF_TURN:
            reading = False
    return weights


def encode(tokenizer: Tokenizer, items: Iterable[tuple[str, bool]]) -> list[tuple[np.ndarray, np.ndarray]]:
    items = list(items)
    user = tokenizer.encode("user", add_special_tokens=False).ids[0]
    encoded = tokenizer.encode_batch([t for t, _ in items], add_special_tokens=False)
    return [(np.array(e.ids, dtype=np.int16), _weights(e.ids, guard, user)) for e, (_, guard) in zip(encoded, items, strict=True)]


def pack(documents: list[tuple[np.ndarray, np.ndarray]], length: int, open_rows: int = 48) -> Rows:
    """Best fit into a few open rows; a document longer than a row is left out."""
    rows: list[list[tuple[np.ndarray, np.ndarray]]] = []
    room: list[int] = []
    done: list[list[tuple[np.ndarray, np.ndarray]]] = []
    for item in documents:
        size = len(item[0])
        if size > length:
            continue
        fitting = [i for i, r in enumerate(room) if r >= size]
        if fitting:
            best = min(fitting, key=room.__getitem__)
            rows[best].append(item)
            room[best] -= size
        else:
            if len(rows) == open_rows:
                fullest = min(range(open_rows), key=room.__getitem__)
                done.append(rows.pop(fullest))
                room.pop(fullest)
            rows.append([item])
            room.append(length - size)
    done += rows
    ids = np.full((len(done), length), PAD, dtype=np.int16)
    numbers = np.full((len(done), length), -1, dtype=np.int16)
    weights = np.zeros((len(done), length), dtype=np.float32)
    for r, row in enumerate(done):
        at = 0
        for d, (tokens, weight) in enumerate(row):
            ids[r, at : at + len(tokens)] = tokens
            numbers[r, at : at + len(tokens)] = d
            # The first token of a document cannot be predicted from the one before it.
            weights[r, at + 1 : at + len(tokens)] = weight[1:]
            at += len(tokens)
    return Rows(ids, numbers, weights)
