"""A teacher for contents that no frame of the grammar makes: a linear bag of hashed phrases.

The bag reads some thousand contents a second and generalises well beyond the frames, since it knows
no frames; a network learns them by heart. Stretches of two contents joined, which neither the grammar
nor a label knows, are judged by the bag, and the network learns to agree. It also learns what the bag
thinks after each word of any content: a dozen opinions where a label is one.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .figures import labels
from .policies import POLICY_IDS
from .samples import MAX_WORDS, GuardSample, guard_samples, stands_alone, text_of

BUCKETS = 1 << 21
LONGEST_PHRASE = 2  # words
FORGOTTEN = 0.1  # share of a content's phrases that training leaves out, so that no verdict hangs on one
CONTENTS = 300_000
ROUND = 2_000
BATCH = 250
RATE = 0.03
WHOLE = 0.3  # share of spliced contents that are one content, uncut
SWAPPED = 0.12  # share of their words that stand for others
STRANGE = 0.08  # share of their long words that nobody knows
WORD = re.compile(r"(?u)\b\w+\b")


class Teacher(nn.Module):
    """One logistic regression a policy on words and pairs of words."""

    def __init__(self):
        super().__init__()
        self.weights = nn.EmbeddingBag(BUCKETS, len(POLICY_IDS), mode="sum", sparse=True)
        nn.init.zeros_(self.weights.weight)
        self.bias = nn.Parameter(torch.full((len(POLICY_IDS),), -2.0))

    def forward(self, bags: list[list[int]]) -> Tensor:
        offsets = np.cumsum([0, *(len(bag) for bag in bags[:-1])])
        return self.weights(torch.tensor([phrase for bag in bags for phrase in bag]), torch.tensor(offsets)) + self.bias

    def after_each_word(self, text: str) -> list[tuple[int, np.ndarray]]:
        """Where each word ends, in characters, and the logits of the text up to there."""
        table, logits = self.weights.weight.detach().numpy(), self.bias.detach().numpy()
        read, met, opinions = [], set(), []
        for match in WORD.finditer(text):
            read.append(match[0].lower())
            new = {" ".join(read[-size:]) for size in range(1, min(LONGEST_PHRASE, len(read)) + 1)} - met
            met |= new
            logits = logits + sum((table[bucket(phrase)] for phrase in new), np.float32(0))
            opinions.append((match.end(), logits))
        return opinions

    @torch.no_grad()
    def probabilities(self, texts: list[str]) -> Tensor:
        return torch.sigmoid(self([phrases(text) for text in texts]))


def bucket(phrase: str) -> int:
    return crc32(phrase.encode()) % BUCKETS


def phrases(text: str) -> list[int]:
    """Buckets of the distinct phrases of a text; one that has no word has the empty phrase."""
    words = WORD.findall(text.lower())
    found = {" ".join(words[at : at + size]) for size in range(1, LONGEST_PHRASE + 1) for at in range(len(words) - size + 1)}
    return [bucket(phrase) for phrase in found or {""}]


def some(bag: list[int], rng: random.Random) -> list[int]:
    return [phrase for phrase in bag if rng.random() > FORGOTTEN] or bag[:1]


def train_teacher(seed: int, contents: int = CONTENTS) -> Teacher:
    teacher, rng, rounds = Teacher(), random.Random(seed), max(1, contents // ROUND)
    optimisers = [torch.optim.SparseAdam([teacher.weights.weight], lr=RATE), torch.optim.Adam([teacher.bias], lr=RATE)]
    for number in range(rounds):
        samples = guard_samples(seed * 1_000_003 + number, ROUND)
        bags, truth = [some(phrases(text_of(s)), rng) for s in samples], torch.tensor(labels(samples)).float()
        for at in range(0, ROUND, BATCH):
            loss = F.binary_cross_entropy_with_logits(teacher(bags[at : at + BATCH]), truth[at : at + BATCH])
            for optimiser in optimisers:
                optimiser.param_groups[0]["lr"] = RATE * (1 - number / rounds)
                optimiser.zero_grad()
            loss.backward()
            for optimiser in optimisers:
                optimiser.step()
    return teacher.eval()


def load_teacher(path: Path) -> Teacher:
    teacher = Teacher()
    teacher.load_state_dict(torch.load(path))
    return teacher.eval()


def stretch(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    size = rng.randint(min(2, len(words)), len(words))
    start = rng.randint(0, len(words) - size)
    return " ".join(words[start : start + size])


def strange(word: str, other: str) -> str:
    """The halves of two words: a word that no phrase holds, in pieces that the tokenizer knows."""
    return word[: (len(word) + 1) // 2] + other[len(other) // 2 :]


def with_other_words(text: str, known: list[str], rng: random.Random) -> str:
    """Words in company that no frame puts them in; and words never met, which weigh nothing with the teacher whatever their pieces are."""

    def other(word: str) -> str:
        draw = rng.random()
        if draw < SWAPPED:
            return rng.choice(known)
        return strange(word, rng.choice(known)) if len(word) > 3 and draw < SWAPPED + STRANGE else word

    return " ".join(other(word) for word in text.split(" "))


def spliced(samples: list[GuardSample], count: int, teacher: Teacher, rng: random.Random) -> list[GuardSample]:
    """Contents of one or two stretches of others, some of their words changed, with the teacher's opinion of them."""
    mixed = [text_of(sample) for sample in samples if not stands_alone(sample.violates)]
    known = [word for text in mixed for word in text.split(" ")]

    def spliced_text() -> str:
        first = rng.choice(samples)
        if stands_alone(first.violates):
            return stretch(text_of(first), rng)
        text = text_of(first)
        if rng.random() >= WHOLE:
            text = " ".join(stretch(part, rng) for part in [text, *rng.sample(mixed, rng.choice([0, 1, 1]))])
        return with_other_words(" ".join(text.split(" ")[:MAX_WORDS]), known, rng)

    texts = [spliced_text() for _ in range(count)]
    opinions = teacher.probabilities(texts).tolist()
    return [opinionated(text, opinion, rng.random() < 0.2) for text, opinion in zip(texts, opinions, strict=True)]


def opinionated(text: str, opinion: list[float], answered: bool) -> GuardSample:
    violates = frozenset(policy for policy, p in zip(POLICY_IDS, opinion, strict=True) if p > 0.5)
    return GuardSample("" if answered else text, text if answered else None, violates, tuple(opinion))
