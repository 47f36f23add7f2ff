"""Features named by their peaks: by what the tokens are at which a feature is the strongest of all.

That is what somebody sees who looks at a text: each token with its strongest feature. Such a name is an attribute, a word, or
up to three of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

# A label of more parts is none that somebody reads.
MOST_PARTS = 3
# What so few peaks have in common may be chance; so may a word that is met no oftener.
LEAST_TOKENS = 8
# The share of a feature's peaks that its name has to fit, where it is chosen and where it is confirmed.
CHOSEN, CONFIRMED = 0.75, 0.7
# It has to fit so much oftener than tokens at large: else "nouns" would fit everything a little.
LEAST_LIFT = 4
# What a part that fits all tokens would have to bring besides.
PRICE, LEAST_GAIN = 3.0, 0.06
# These hold for whole sentences or texts, and say nothing of a token.
_OF_TEXTS = (
    "kind of text:",
    "topic:",
    "answer:",
    "user asks:",
    "story:",
    "sentiment:",
    "user's turn",
    "model's turn",
    "later turn",
    'the word "',
)


@dataclass(frozen=True)
class KnownText:
    """Documents, and what is known of every token but the first ones: attributes that hold, and the word it is."""

    ids: list[list[int]]
    truth: Tensor
    words: list[str]


@dataclass(frozen=True)
class Part:
    """An attribute by its index, or a word."""

    attribute: int | None = None
    word: str = ""

    def holds(self, known: KnownText, rows: Tensor) -> Tensor:
        if self.attribute is not None:
            return known.truth[rows, self.attribute] > 0
        return torch.tensor([known.words[row] == self.word for row in rows.tolist()], dtype=torch.bool)


Name = tuple[Part, ...]


def whole_words(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    """The word of each token that is a whole one, in small letters; empty for pieces of words and all else."""
    pieces = [tokenizer.id_to_token(i) for i in ids]
    found = []
    for before, piece, after in zip(["", *pieces[:-1]], pieces, [*pieces[1:], ""], strict=True):
        word = piece.removeprefix("▁")
        begins = piece.startswith("▁") or not before[-1:].isalpha()
        found.append(word.lower() if word.isalpha() and begins and not after[:1].isalpha() else "")
    return found


def peaks(activations: Tensor) -> Tensor:
    """Which feature is the strongest at each token; -1 where none is active."""
    strongest = activations.max(1)
    return torch.where(strongest.values > 0, strongest.indices, -1)


class Naming:
    """Names features by the peaks on one text."""

    def __init__(self, known: KnownText, attributes: list[str]):
        self.known, self.attributes = known, attributes
        counts = Counter(known.words)
        self.words = ["", *sorted(word for word, count in counts.items() if word and count >= LEAST_TOKENS)]
        index = {word: i for i, word in enumerate(self.words)}
        self.ids = torch.tensor([index.get(word, 0) for word in known.words])
        self.word_shares = torch.bincount(self.ids, minlength=len(self.words)).float() / len(self.ids)
        self.telling = [i for i, name in enumerate(attributes) if not name.startswith(_OF_TEXTS)]
        self.shares = known.truth.mean(0)

    def name(self, rows: Tensor) -> Name:
        """What fits these tokens; nothing where no name fits enough of them."""
        if len(rows) < LEAST_TOKENS:
            return ()
        truth, ids = self.known.truth[rows][:, self.telling], self.ids[rows]
        left, parts = torch.ones(len(rows)), []
        while len(parts) < MOST_PARTS:
            of_attributes = (truth * left[:, None]).mean(0) - PRICE * self.shares[self.telling]
            of_words = torch.zeros(len(self.words)).index_add_(0, ids, left) / len(rows) - PRICE * self.word_shares
            of_words[0] = -1
            attribute, word = int(of_attributes.argmax()), int(of_words.argmax())
            if max(float(of_attributes[attribute]), float(of_words[word])) < LEAST_GAIN:
                break
            # Of two that fit alike the word says more.
            if float(of_words[word]) >= float(of_attributes[attribute]) - 0.02:
                parts.append(Part(word=self.words[word]))
                left = left * (ids != word)
            else:
                parts.append(Part(attribute=self.telling[attribute]))
                left = left * (1 - truth[:, attribute])
        fits = 1 - float(left.mean())
        name = tuple(parts)
        return name if fits >= CHOSEN and fits >= LEAST_LIFT * self.share(name) else ()

    def share(self, name: Name) -> float:
        """Of how many tokens at large a name is true, at most."""
        shares = [self.word_shares[self.words.index(part.word)] if part.attribute is None else self.shares[part.attribute] for part in name]
        return float(sum(shares))

    def spelled(self, name: Name) -> str:
        words = [f'"{part.word}"' if part.attribute is None else self.attributes[part.attribute] for part in name]
        return f"the word {words[0]}" if len(name) == 1 and name[0].attribute is None else " or ".join(words)


def fits(name: Name, known: KnownText, rows: Tensor) -> Tensor:
    """At which of these tokens a name is true."""
    true = torch.zeros(len(rows), dtype=torch.bool)
    for part in name:
        true |= part.holds(known, rows)
    return true


def names(a: tuple[Tensor, KnownText], b: tuple[Tensor, KnownText], attributes: list[str]) -> dict[int, tuple[Name, str, float]]:
    """Names chosen on the peaks of text A and confirmed on those of text B, and the share of B's that each fits."""
    naming = Naming(a[1], attributes)
    first, second = peaks(a[0]), peaks(b[0])
    found: dict[int, tuple[Name, str, float]] = {}
    for feature in range(a[0].shape[1]):
        name = naming.name((first == feature).nonzero().flatten())
        rows = (second == feature).nonzero().flatten()
        if not name or not len(rows):
            continue
        confirmed = float(fits(name, b[1], rows).float().mean())
        if confirmed >= CONFIRMED:
            found[feature] = (name, naming.spelled(name), confirmed)
    return found
