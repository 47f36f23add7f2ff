"""What single tokens say about harm: a linear bag of tokens, learned on many contents in a minute.

A network of this size reads some hundred contents a second, a bag of tokens several thousand. So the
bag meets every word of the grammar often, and its vectors are added to the embeddings before the
network is fine-tuned: it starts with what the words say and learns what their order says.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from .figures import labels
from .policies import POLICY_IDS
from .samples import GuardSample, guard_samples, text_of

ROUND = 2_000
BATCH = 250
SIZE = 16
RATE = 1e-2
STRENGTH = 0.5  # of the added vectors, as a share of the embeddings' own length


class TokenBag(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.vectors = nn.EmbeddingBag(vocab, SIZE, mode="sum")
        nn.init.normal_(self.vectors.weight, std=0.05)
        self.out = nn.Linear(SIZE, len(POLICY_IDS))

    def forward(self, bags: list[list[int]]) -> Tensor:
        offsets = np.cumsum([0, *(len(bag) for bag in bags[:-1])])
        return self.out(self.vectors(torch.tensor([token for bag in bags for token in bag]), torch.tensor(offsets)))


def bags(tokenizer: Tokenizer, samples: list[GuardSample]) -> list[list[int]]:
    """The distinct tokens of each content, as they stand in the middle of a prompt."""
    encoded = tokenizer.encode_batch([f"\n{text_of(s)}\n" for s in samples], add_special_tokens=False)
    return [sorted(set(e.ids)) for e in encoded]


def evidence(tokenizer: Tokenizer, contents: int, seed: int) -> Tensor:
    """Vectors [vocab, SIZE] of unit mean length; tokens that were never met have none."""
    torch.manual_seed(seed)
    bag = TokenBag(tokenizer.get_vocab_size())
    optimiser, rounds, met = torch.optim.Adam(bag.parameters(), lr=RATE), max(1, contents // ROUND), torch.zeros(tokenizer.get_vocab_size())
    for number in range(rounds):
        samples = guard_samples(seed * 1_000_003 + number, ROUND)
        tokens, truth = bags(tokenizer, samples), torch.tensor(labels(samples)).float()
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - number / rounds)
        for at in range(0, ROUND, BATCH):
            part = tokens[at : at + BATCH]
            loss = F.binary_cross_entropy_with_logits(bag(part), truth[at : at + BATCH])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        met[[token for bag_ in tokens for token in bag_]] = 1
    vectors = bag.vectors.weight.detach() * met[:, None]
    return vectors / vectors.norm(dim=1)[met > 0].mean()


@torch.no_grad()
def add_evidence(embeddings: nn.Embedding, vectors: Tensor, seed: int) -> None:
    """Along SIZE directions of the embedding space that are drawn at random, orthogonal to each other."""
    generator = torch.Generator().manual_seed(seed)
    directions = torch.linalg.qr(torch.randn(embeddings.embedding_dim, SIZE, generator=generator)).Q
    length = embeddings.weight.norm(dim=1).mean()
    embeddings.weight += STRENGTH * length * vectors @ directions.T
