"""Fine-tunes tiny-gemma-it into tiny-shield. Resumable; stops after a budget of seconds.

    python -m facet_tiny.guard.train --from LM_FOLDER --out OUT_FOLDER [--seconds 2400] [--workers 2]

- Two processes of one thread each read different batches and add their gradients: matrices of this
  size gain little from a second thread.
- The embeddings first get what single tokens say about harm (`evidence.py`).
- Half of the contents are stretches of others, judged by a bag of phrases (`teacher.py`).

- Loss: binary cross-entropy on `lYes - lNo` at the answer of each judged policy, plus two auxiliary
  four-way heads after the third layer: one on the prefix's last token makes the network know *which*
  harm it sees before the suffix asks (without it there is a long plateau); one after every word of
  the content learns what the teacher thinks of it so far. They are not exported.
- Three stages. Reading: the content alone through the lower layers and the auxiliary head, several
  times cheaper than anything with a suffix. Mixed: thinned suffixes (see `tree.py`) of all four
  policies, and two policies in full, a violated one as often as not. Last, full prompts only.
- An exponential average of the weights is what is exported.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing
import torch.nn.functional as F
from torch import Tensor, nn

from ..model import TinyGemma, load_folder, save_folder
from ..muon import Muon
from ..tokenizer import load_tokenizer
from .evidence import add_evidence, evidence
from .figures import figures, labels
from .policies import POLICY_IDS
from .samples import GuardSample, guard_samples
from .teacher import Teacher, load_teacher, spliced, train_teacher
from .tree import Reading, TreeBatch, TreeEncoder, answer_logits, collate, content_states, judge, tree_states

# Tokens of the fixed sentences that thinned rows leave out, about.
FIXED_TOKENS = 30


@dataclass(frozen=True)
class GuardPlan:
    seed: int = 5
    tokens: int = 3_000  # per batch, about
    thin: tuple[int, int] = (5, 2)  # tokens kept at a thinned suffix's head and tail
    read_until: float = 0.5  # share of the budget in which most steps read the content alone
    read_share: float = 0.85
    full_share: float = 0.35
    full_from: float = 0.85  # share of the budget after which suffixes are never thinned
    # Share of the budget after which policies are asked for at random, as a judge asks for all: before it a violated one
    # is as likely as not, which teaches faster and flags too often.
    plain_from: float = 0.85
    # Full prompts fill a batch with an eighth of the answers, and Muon's steps do not shrink with their noise.
    full_rate: float = 0.6
    muon: float = 0.03
    adamw: float = 3e-3
    warm_up: int = 30
    shrink: float = 0.2  # of the language model's matrices, see `loosened`
    noise: float = 0.5
    decay_from: float = 0.3
    clip: float = 1.0
    auxiliary: float = 0.5
    words: float = 1.0
    auxiliary_layer: int = 2
    evidence: int = 600_000  # contents that the bag of tokens reads
    smoothing: float = 0.02
    average: float = 0.99
    checkpoint_seconds: float = 150
    pool: int = 2_000
    gaps: float = 0.15  # share of contents that lose some words
    gap: float = 0.08
    spliced: float = 0.5  # share of contents that the teacher judges, see `teacher.py`


def rate(plan: GuardPlan, step: int, done: float) -> float:
    warm = min(1.0, (step + 1) / plan.warm_up)
    return warm * max(0.02, min(1.0, (1 - done) / (1 - plan.decay_from)) ** 1.5)


def with_gaps(sample: GuardSample, rng: random.Random) -> GuardSample:
    """Leaves words out, so that a verdict does not hang on one word of a known frame."""

    def thin(text: str) -> str:
        kept = [word for word in text.split(" ") if rng.random() > GuardPlan.gap]
        return " ".join(kept) if len(kept) > 2 else text

    return replace(sample, prompt=thin(sample.prompt), response=sample.response and thin(sample.response))


class Batches:
    """Batches of rows of similar length, from one freshly drawn pool after another."""

    def __init__(self, plan: GuardPlan, encoder: TreeEncoder, teacher: Teacher, step: int, rank: int):
        self.plan, self.encoder, self.teacher = plan, encoder, teacher
        self.rng = random.Random((plan.seed * 1_000_003 + step) * 31 + rank)
        self.kinds = random.Random(plan.seed + step)  # the same in all processes: they step together
        self.ready: list[list[Reading]] = []

    def _refill(self, tokens_of_suffixes: int) -> None:
        made = round(self.plan.pool * self.plan.spliced)
        samples = guard_samples(self.rng.getrandbits(40), self.plan.pool - made)
        samples += spliced(samples, made, self.teacher, self.rng)
        samples = [with_gaps(s, self.rng) if self.rng.random() < self.plan.gaps else s for s in samples]
        readings = sorted(self.encoder.read(samples, self.teacher), key=lambda reading: len(reading.prefix))
        while readings:
            count = max(4, self.plan.tokens // (tokens_of_suffixes + max(8, len(readings[0].prefix) - FIXED_TOKENS)))
            self.ready.append(readings[:count])
            readings = readings[count:]
        self.rng.shuffle(self.ready)

    def kind(self, done: float) -> str:
        plan, draw = self.plan, self.kinds.random()
        if done < plan.read_until and draw < plan.read_share:
            return "read"
        return "full" if done > plan.full_from or self.kinds.random() < plan.full_share else "thin"

    def next(self, kind: str, done: float) -> TreeBatch:
        if not self.ready:
            self._refill(len(POLICY_IDS) * sum(self.plan.thin))
        readings = self.ready.pop()
        if kind == "full":
            part = self.rng.sample(readings, max(1, len(readings) // 3))
            return collate(part, self.encoder, [self._two(r.sample, done > self.plan.plain_from) for r in part], None)
        policies = tuple(range(len(POLICY_IDS))) if kind == "thin" else ()
        return collate(readings, self.encoder, [policies] * len(readings), self.plan.thin)

    def _two(self, sample: GuardSample, at_random: bool) -> tuple[int, int]:
        if at_random:
            return tuple(self.rng.sample(range(len(POLICY_IDS)), 2))
        violated = [i for i, policy in enumerate(POLICY_IDS) if policy in sample.violates]
        first = self.rng.choice(violated or range(len(POLICY_IDS)))
        return first, self.rng.choice([i for i in range(len(POLICY_IDS)) if i != first])


class Thoughts(nn.Module):
    """What the states of an early layer say of harm: at a content's end, and after each of its words."""

    def __init__(self, hidden: int):
        super().__init__()
        self.end = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, len(POLICY_IDS)))
        self.words = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, len(POLICY_IDS)))

    def loss(self, states: Tensor, batch: TreeBatch) -> tuple[Tensor, Tensor]:
        """`states` [rows, length, hidden]. Against the labels, and against the teacher."""
        at_end, at_words = states[torch.arange(len(states)), batch.shared_end], states[batch.words[:, 0], batch.words[:, 1]]
        return (
            F.binary_cross_entropy_with_logits(self.end(at_end), batch.harms),
            F.binary_cross_entropy_with_logits(self.words(at_words), batch.opinions),
        )


@dataclass(frozen=True)
class Losses:
    answer: Tensor  # zero where no policy is asked for
    end: Tensor
    words: Tensor

    def total(self, plan: GuardPlan) -> Tensor:
        return self.answer + plan.auxiliary * self.end + plan.words * self.words


def guard_losses(model: TinyGemma, thoughts: Thoughts, batch: TreeBatch, encoder: TreeEncoder, plan: GuardPlan) -> Losses:
    if batch.answers.shape[1] == 0:
        early = content_states(model, batch, plan.auxiliary_layer)
        return Losses(early.new_zeros(()), *thoughts.loss(early, batch))
    states, early = tree_states(model, batch, plan.auxiliary_layer)
    target = batch.truth * (1 - 2 * plan.smoothing) + plan.smoothing
    answer = F.binary_cross_entropy_with_logits(answer_logits(model, states, encoder), target)
    return Losses(answer, *thoughts.loss(early, batch))


@torch.no_grad()
def loosened(model: TinyGemma, plan: GuardPlan) -> TinyGemma:
    """Shrinks the matrices and adds a little noise; embeddings and norms stay ("shrink and perturb").

    A language model's attention has become so sharp, and its matrices so large, that fine-tuning
    hardly turns them: as it comes, it learns to judge several times slower than a fresh network.
    """
    fresh = dict(TinyGemma(model.shape).initialise(plan.seed).named_parameters())
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 and "embed" not in name:
            parameter.mul_(plan.shrink).add_(fresh[name], alpha=plan.noise)
    return model


def mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 4)


class Average:
    """Exponential average of the weights; follows faster at the beginning."""

    def __init__(self, model: TinyGemma, decay: float):
        self.decay, self.steps = decay, 0
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: TinyGemma) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in model.state_dict().items():
            self.weights[name].lerp_(value, 1 - decay)

    def model(self, like: TinyGemma) -> TinyGemma:
        averaged = TinyGemma(like.shape)
        averaged.load_state_dict(self.weights)
        return averaged.eval()


def validation(model: TinyGemma, encoder: TreeEncoder, samples: list[GuardSample]) -> dict[str, float]:
    scores, truth = judge(model, encoder, samples).numpy(), labels(samples)
    flagged = figures(scores.max(1), truth.any(1))
    told_apart = (scores[truth.any(1)].argmax(1)[:, None] == range(len(POLICY_IDS)))[truth[truth.any(1)]].mean()
    return {**{k: round(float(v), 4) for k, v in flagged.items()}, "policy": round(float(told_apart), 4)}


def shared_mean(parameters: list[nn.Parameter], workers: int) -> None:
    """Averages gradients over the processes. Which parameters have one is the same in all of them."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    torch.distributed.all_reduce(flat)
    flat /= workers
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def first_clock(seconds: float) -> float:
    """What the first process's clock says, in all of them: the schedule hangs on it."""
    clock = torch.tensor([seconds], dtype=torch.float64)
    torch.distributed.broadcast(clock, 0)
    return float(clock)


def starting_model(start: Path, out: Path, tokenizer, plan: GuardPlan, rank: int, workers: int) -> TinyGemma:
    model, known = loosened(load_folder(start), plan).train(), out / "evidence.pt"
    if rank == 0 and not known.exists():
        torch.save(evidence(tokenizer, plan.evidence, plan.seed), known)
    if rank == workers - 1 and not (out / "teacher.pt").exists():
        torch.save(train_teacher(plan.seed).state_dict(), out / "teacher.pt")
    torch.distributed.barrier()
    add_evidence(model.embed_tokens, torch.load(known), plan.seed)
    return model


def train(rank: int, workers: int, start: Path, out: Path, seconds: float, plan: GuardPlan = GuardPlan()) -> None:
    """One of `workers` processes; the first one keeps the checkpoints and the log."""
    torch.set_num_threads(1)
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29517")
    torch.distributed.init_process_group("gloo", rank=rank, world_size=workers, timeout=timedelta(hours=1))
    tokenizer = load_tokenizer(start)
    encoder = TreeEncoder(tokenizer)
    torch.manual_seed(plan.seed)
    model = starting_model(start, out, tokenizer, plan, rank, workers)
    thoughts = Thoughts(model.shape.hidden)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n] + list(thoughts.parameters())
    optimisers = [
        Muon(matrices, lr=plan.muon, rank=rank, workers=workers),
        torch.optim.AdamW(others, lr=plan.adamw, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    peaks, average = [plan.muon, plan.adamw], Average(model, plan.average)
    checkpoint, step, spent, contents = out / "guard.pt", 0, 0.0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        thoughts.load_state_dict(state["thoughts"])
        average.weights, average.steps = state["average"], state["averaged"]
        for optimiser, kept in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        step, spent, contents = state["step"], state["spent"], state["contents"]
    batches, log = Batches(plan, encoder, load_teacher(out / "teacher.pt"), step, rank), (out / "guard.jsonl").open("a")
    held_out = guard_samples(4_242, 160, held_out_share=0.5)

    def report(**values) -> None:
        log.write(json.dumps(values) + "\n")
        log.flush()
        print(values, flush=True)

    def save() -> None:
        state = {
            "model": model.state_dict(),
            "thoughts": thoughts.state_dict(),
            "average": average.weights,
            "averaged": average.steps,
            "optimisers": [o.state_dict() for o in optimisers],
            "step": step,
            "spent": spent,
            "contents": contents,
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").rename(checkpoint)
        save_folder(average.model(model), out / "export")
        report(step=step, seconds=round(spent), validation=validation(average.model(model), encoder, held_out))

    losses, began, saved = [], time.time() - spent, time.time()
    while spent < seconds:
        done = spent / seconds
        kind = batches.kind(done)
        batch = batches.next(kind, done)
        parts = guard_losses(model, thoughts, batch, encoder, plan)
        parts.total(plan).backward()
        shared_mean([*model.parameters(), *thoughts.parameters()], workers)
        nn.utils.clip_grad_norm_([*model.parameters(), *thoughts.parameters()], plan.clip)
        for optimiser, peak in zip(optimisers, peaks, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = peak * rate(plan, step, done) * (plan.full_rate if kind == "full" else 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        if rank == 0:
            average.update(model)
        losses.append((kind, *(float(part.detach()) for part in (parts.answer, parts.end, parts.words))))
        contents, step, spent = contents + workers * len(batch.ids), step + 1, first_clock(time.time() - began)
        if rank == 0 and step % 25 == 0:
            answers = {name: [loss[1] for loss in losses if loss[0] == name] for name in ("thin", "full")}
            report(
                step=step,
                seconds=round(spent),
                contents=contents,
                end=mean([loss[2] for loss in losses]),
                words=mean([loss[3] for loss in losses]),
                **{name: mean(values) for name, values in answers.items() if values},
            )
            losses = []
        if rank == 0 and time.time() - saved > plan.checkpoint_seconds:
            save()
            saved = time.time()
    if rank == 0:
        save()
    torch.distributed.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="start", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=2_400)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.multiprocessing.spawn(train, (arguments.workers, arguments.start, arguments.out, arguments.seconds), arguments.workers)


if __name__ == "__main__":
    main()
