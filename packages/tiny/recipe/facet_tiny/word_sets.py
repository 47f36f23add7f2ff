"""Features named by the words at which they are active: one word, or a few."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

# A label of more words is none that somebody reads.
MOST_WORDS = 4
# A word met less often says nothing of a feature.
LEAST_TOKENS = 8


@dataclass(frozen=True)
class TokenWords:
    """Which word each token is; 0 is a token that is no whole word, or one of a rare word."""

    names: list[str]
    ids: Tensor

    def counts(self, active: Tensor) -> tuple[Tensor, Tensor]:
        """Of each word: at how many of its tokens a feature is active [words, features], and how many it has [words]."""
        size = len(self.names)
        hits = torch.zeros(size, active.shape[1]).index_add_(0, self.ids, active)
        return hits, torch.bincount(self.ids, minlength=size).float()


def whole_words(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    """The word of each token that is a whole one, in small letters; empty for pieces of words and all else."""
    pieces = [tokenizer.id_to_token(i) for i in ids]
    found = []
    for before, piece, after in zip(["", *pieces[:-1]], pieces, [*pieces[1:], ""], strict=True):
        word = piece.removeprefix("▁")
        begins = piece.startswith("▁") or not before[-1:].isalpha()
        found.append(word.lower() if word.isalpha() and begins and not after[:1].isalpha() else "")
    return found


def token_words(words: list[str], names: list[str] | None = None) -> TokenWords:
    """``words``: the word of each token, empty where there is none. ``names`` are those of other text, to compare with it."""
    if names is None:
        counts: dict[str, int] = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        names = ["", *sorted(word for word, count in counts.items() if word and count >= LEAST_TOKENS)]
    index = {name: i for i, name in enumerate(names)}
    return TokenWords(names, torch.tensor([index.get(word, 0) for word in words]))


def f1(hits: Tensor, active: Tensor, holds: Tensor) -> Tensor:
    return 2 * hits / (active + holds + 1e-9)


def best_sets(words: TokenWords, active: Tensor) -> list[tuple[float, tuple[int, ...]]]:
    """For each feature, the few words that fit it best, and their F1."""
    hits, holds = words.counts(active)
    # What is no word can be part of no label.
    hits[0] = 0
    totals = active.sum(0)
    return [_best_set(hits[:, feature], holds, totals[feature]) for feature in range(active.shape[1])]


def _best_set(hits: Tensor, holds: Tensor, active: Tensor) -> tuple[float, tuple[int, ...]]:
    chosen: list[int] = []
    score, found, held = 0.0, torch.tensor(0.0), torch.tensor(0.0)
    while len(chosen) < MOST_WORDS:
        scores = f1(found + hits, active, held + holds)
        scores[[0, *chosen]] = 0
        best = int(scores.argmax())
        # A word more has to be worth reading.
        if float(scores[best]) < score + 0.02:
            break
        chosen.append(best)
        score, found, held = float(scores[best]), found + hits[best], held + holds[best]
    return score, tuple(chosen)


def score_sets(words: TokenWords, active: Tensor, sets: list[tuple[int, ...]]) -> list[float]:
    """F1 of each feature with its words, on other text."""
    hits, holds = words.counts(active)
    totals = active.sum(0)
    return [
        float(f1(hits[list(chosen), feature].sum(), totals[feature], holds[list(chosen)].sum())) if chosen else 0.0
        for feature, chosen in enumerate(sets)
    ]


def spelled(words: TokenWords, chosen: tuple[int, ...]) -> str:
    names = [f'"{words.names[i]}"' for i in chosen]
    return f"the word {names[0]}" if len(names) == 1 else f"the words {', '.join(names[:-1])} and {names[-1]}"
