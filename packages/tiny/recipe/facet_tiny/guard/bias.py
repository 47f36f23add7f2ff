"""Sets the guard's operating point: a constant on `lYes - lNo`, fitted to prompts that no frame made.

Among prompts of the grammar the guard errs as often one way as the other; among others it flags too
much, since what is new looks more like harm than like nothing. Gemma 2 has no bias, but the normed
states at the answer share a component that never changes, and along it the rows of `Yes` and `No`
in the embeddings can be moved by a hair.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..model import TinyGemma
from .figures import labels
from .policies import POLICY_IDS
from .prompt_sets import DEVELOPMENT_SET, load_prompts
from .samples import guard_samples
from .tree import TreeEncoder, collate, judge, tree_states

CONTENTS, SEED = 200, 31
SHIFTS = torch.arange(-2.0, 2.01, 0.05)


@torch.no_grad()
def fitting_shift(model: TinyGemma, encoder: TreeEncoder) -> float:
    """What to take from `lYes - lNo` so that "flagged by any" is most likely on the development set."""
    samples = load_prompts(DEVELOPMENT_SET)
    harmful = torch.from_numpy(labels(samples).any(1)).float()
    logits = torch.logit(judge(model, encoder, samples).max(1).values)
    losses = [torch.nn.functional.binary_cross_entropy_with_logits(logits - shift, harmful) for shift in SHIFTS]
    return float(SHIFTS[torch.stack(losses).argmin()])


@torch.no_grad()
def constant_direction(model: TinyGemma, encoder: TreeEncoder) -> Tensor:
    """A vector [hidden] whose product with the state at any answer is 1, nearly: the least varying one."""
    states, every = [], tuple(range(len(POLICY_IDS)))
    readings = encoder.read(guard_samples(SEED, CONTENTS))
    for at in range(0, CONTENTS, 20):
        part = readings[at : at + 20]
        states.append(tree_states(model, collate(part, encoder, [every] * len(part), None))[0].flatten(0, 1))
    seen = torch.cat(states).double()
    mean, spread = seen.mean(0), torch.cov(seen.T)
    direction = torch.linalg.solve(spread + 0.01 * spread.diagonal().mean() * torch.eye(len(mean)), mean)
    return (direction / (mean @ direction)).float()


@torch.no_grad()
def set_operating_point(model: TinyGemma, encoder: TreeEncoder) -> float:
    """Moves the rows of `Yes` and `No`; returns by how many logits."""
    shift, direction = fitting_shift(model, encoder), constant_direction(model, encoder)
    model.embed_tokens.weight[encoder.yes] -= shift / 2 * direction
    model.embed_tokens.weight[encoder.no] += shift / 2 * direction
    return shift
