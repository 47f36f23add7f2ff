"""Train tiny-gemma-it in two legs: every document once, resumable from its last checkpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import batches, corpus
from .model import TinyGemma
from .muon import Muon
from .tokenizer import load_tokenizer


@dataclass(frozen=True)
class Plan:
    name: str = "language-model"
    kinds: dict[str, float] = field(default_factory=lambda: corpus.KINDS)
    guard_share: float = batches.GUARD_SHARE
    # So many documents fill a step, with a few left over.
    documents_a_step: float = 24
    seed: int = 1
    steps: int = 2000
    row: int = 256
    rows: int = 8
    # The last steps see longer rows: chats and a guard's prompts are longer than a short row.
    long_from: int = 1600
    long_row: int = 512
    long_rows: int = 4
    muon: float = 0.02
    adamw: float = 3e-3
    warm_up: int = 40
    decay: float = 0.35
    clip: float = 1.0
    checkpoint_seconds: float = 110

    def tokens(self) -> int:
        return self.long_from * self.rows * self.row + (self.steps - self.long_from) * self.long_rows * self.long_row

    @property
    def validation_row(self) -> int:
        return self.row if self.long_from else self.long_row


# Goes on from the first leg: what it learned stays in the mix, and chats with tools need long rows throughout.
TOOLS = Plan(
    name="tools",
    kinds=corpus.WIDER_KINDS,
    guard_share=0.06,
    documents_a_step=11,
    seed=2,
    steps=800,
    long_from=0,
    long_row=768,
    long_rows=2,
    muon=0.01,
    adamw=1.5e-3,
    warm_up=20,
    decay=0.7,
)


def rate(plan: Plan, step: int) -> float:
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    left = (plan.steps - step) / (plan.steps * plan.decay)
    return max(0.01, min(1.0, left))


def prepare(tokenizer_folder: Path, plan: Plan, out: Path) -> tuple[batches.Rows, batches.Rows, batches.Rows]:
    """Rows for training (short, then long) and for validation, made once and kept."""
    files = [out / f"{plan.name}-rows-{part}.npz" for part in ("short", "long", "validation")]
    if not all(f.exists() for f in files):
        encoded = batches.encode(load_tokenizer(tokenizer_folder), mix(plan, plan.seed, int(plan.documents_a_step * plan.steps)))
        split = int(len(encoded) * plan.long_from * plan.row * plan.rows / plan.tokens())
        training = [batches.pack(encoded[:split], plan.row), batches.pack(encoded[split:], plan.long_row)]
        mixed = [part.take(np.random.default_rng(plan.seed).permutation(len(part))) for part in training]
        for file, part in zip(files, [*mixed, validation_rows(tokenizer_folder, plan)], strict=True):
            np.savez(file, ids=part.ids, documents=part.documents, weights=part.weights)
    rows = []
    for file in files:
        with np.load(file) as data:
            rows.append(batches.Rows(data["ids"], data["documents"], data["weights"]))
    return rows[0], rows[1], rows[2]


def validation_rows(tokenizer_folder: Path, plan: Plan) -> batches.Rows:
    """Fresh text of a plan's mix."""
    encoded = batches.encode(load_tokenizer(tokenizer_folder), mix(plan, plan.seed + 1000, 900))
    return batches.pack(encoded, plan.validation_row)


def mix(plan: Plan, seed: int, count: int) -> Iterator[tuple[str, bool]]:
    return batches.texts(seed, count, plan.kinds, plan.guard_share)


def loss_sum(model: TinyGemma, ids: Tensor, documents: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    logits = model(ids, documents)[:, :-1]
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    return (losses * weights).sum(), weights.sum()


def batch(rows: batches.Rows, at: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    pick = np.arange(at, at + count) % len(rows)
    return (
        torch.from_numpy(rows.ids[pick].astype(np.int64)),
        torch.from_numpy(rows.documents[pick].astype(np.int64)),
        torch.from_numpy(rows.weights[pick]),
    )


@torch.no_grad()
def validation_loss(model: TinyGemma, rows: batches.Rows, limit: int = 96) -> dict[str, float]:
    """Mean loss a token: of what the model writes (weight 1), of all text, and of verdicts."""
    totals: dict[str, list[float]] = {"written": [0, 0], "read": [0, 0], "verdicts": [0, 0]}
    for at in range(0, min(limit, len(rows)), 16):
        ids, documents, weights = batch(rows, at, min(16, len(rows) - at))
        logits = model(ids, documents)[:, :-1]
        losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        weights = weights[:, 1:].flatten()
        for name, mask in (("written", weights == 1), ("read", (weights > 0) & (weights < 1)), ("verdicts", weights > 1)):
            totals[name][0] += float(losses[mask].sum())
            totals[name][1] += int(mask.sum())
    figures = {name: total / max(count, 1) for name, (total, count) in totals.items()}
    figures["all"] = sum(t for t, _ in totals.values()) / sum(c for _, c in totals.values())
    return figures


def train(tokenizer_folder: Path, out: Path, plan: Plan = Plan(), compiled: bool = True, start: TinyGemma | None = None) -> TinyGemma:
    """One leg, from ``start`` or from nothing."""
    out.mkdir(parents=True, exist_ok=True)
    short, long, validation = prepare(tokenizer_folder, plan, out)
    model = (start or TinyGemma().initialise(plan.seed)).train()
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    optimisers = [Muon(matrices, lr=plan.muon), torch.optim.AdamW(others, lr=plan.adamw, betas=(0.9, 0.98), weight_decay=0.0)]
    peaks = [plan.muon, plan.adamw]
    checkpoint = out / f"{plan.name}.pt"
    step = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        for optimiser, kept in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        step = state["step"]

    def save(step: int) -> None:
        state = {"model": model.state_dict(), "optimisers": [o.state_dict() for o in optimisers], "step": step}
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").rename(checkpoint)

    run = torch.compile(loss_sum, dynamic=False) if compiled else loss_sum
    log = (out / f"{plan.name}.jsonl").open("a")

    def report(**figures) -> None:
        log.write(json.dumps(figures) + "\n")
        log.flush()
        print(figures, flush=True)

    report(
        step=step,
        short_rows=len(short),
        long_rows=len(long),
        fill=(short.tokens() + long.tokens()) / (short.ids.size + long.ids.size),
        parameters=sum(p.numel() for p in model.parameters()),
    )
    began = saved = time.time()
    recent = []
    while step < plan.steps:
        if step < plan.long_from:
            ids, documents, weights = batch(short, step * plan.rows, plan.rows)
        else:
            ids, documents, weights = batch(long, (step - plan.long_from) * plan.long_rows, plan.long_rows)
        total, count = run(model, ids, documents, weights)
        loss = total / count
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        for optimiser, peak in zip(optimisers, peaks, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = peak * rate(plan, step)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        recent.append(float(loss.detach()))
        step += 1
        if step % 25 == 0:
            report(step=step, loss=round(sum(recent) / len(recent), 4), seconds=round(time.time() - began, 1))
            recent = []
        if time.time() - saved > plan.checkpoint_seconds or step == plan.steps:
            save(step)
            report(
                step=step,
                validation={k: round(v, 4) for k, v in validation_loss(model.eval(), validation, 96 if step == plan.steps else 32).items()},
            )
            model.train()
            saved = time.time()
    return model.eval()
