"""Muon for the matrices: momentum, orthogonalised; matrices of one shape go together."""

from __future__ import annotations

from collections import defaultdict

import torch
import torch.distributed
from torch import Tensor


def orthogonalise(g: Tensor, steps: int = 5) -> Tensor:
    """Newton-Schulz iteration on a batch of matrices."""
    wide = g.shape[-2] <= g.shape[-1]
    x = g if wide else g.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x if wide else x.mT


class Muon(torch.optim.Optimizer):
    """With `workers`, each process orthogonalises its share of the matrices and all receive the sum."""

    def __init__(self, parameters, lr: float = 0.02, momentum: float = 0.95, rank: int = 0, workers: int = 1):
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum})
        self.rank, self.workers = rank, workers

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.nn.Parameter]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    by_shape[p.shape].append(p)
            for shape, parameters in by_shape.items():
                updates = []
                for p in parameters:
                    buffer = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    buffer.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(buffer, group["momentum"]))
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                for p, update in zip(parameters, self._orthogonalised(torch.stack(updates)), strict=True):
                    p.add_(update, alpha=-group["lr"] * scale)

    def _orthogonalised(self, updates: Tensor) -> Tensor:
        if self.workers == 1:
            return orthogonalise(updates)
        shares = torch.zeros_like(updates)
        if len(mine := updates[self.rank :: self.workers]):
            shares[self.rank :: self.workers] = orthogonalise(mine)
        torch.distributed.all_reduce(shares)
        return shares
