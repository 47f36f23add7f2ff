"""Judging many policies in one row: a shared prefix (with the content), then one suffix a policy.

A guard's prompts for one content differ only after `* "No `. A row computes that prefix once; each
suffix sees the prefix and itself, and its positions go on where the prefix ended. The numbers equal
those of separate prompts (`export.py` compares them with transformers).

Training may also thin a suffix: most of a guideline's words are the same in every row, so many steps
see only its beginning and its end, at the positions that they have in the full text.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from ..model import TinyGemma, rotate
from ..tokenizer import END_OF_TURN, START_OF_TURN
from .policies import POLICY_IDS
from .prompt import guard_prompt
from .samples import GuardSample, text_of
from .teacher import Teacher

NEVER = -1e9
CONTENT_LABELS = {False: "Human Question: ", True: "Chatbot Response: "}


@dataclass(frozen=True)
class Suffix:
    """Tokens after the shared prefix, and their offsets from its end."""

    ids: tuple[int, ...]
    offsets: tuple[int, ...]

    def thinned(self, head: int, tail: int) -> Suffix:
        if len(self.ids) <= head + tail:
            return self
        keep = [*range(head), *range(len(self.ids) - tail, len(self.ids))]
        return Suffix(tuple(self.ids[i] for i in keep), tuple(self.offsets[i] for i in keep))


@dataclass(frozen=True)
class Reading:
    """A content as the network meets it: its tokens up to where the policies part."""

    sample: GuardSample
    prefix: list[int]
    opinions: list[tuple[int, np.ndarray]]  # of a teacher, after each word


class TreeEncoder:
    """Cuts prompts into shared prefix and suffixes, by tokens."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.yes, self.no = tokenizer.token_to_id("Yes"), tokenizer.token_to_id("No")
        self.suffixes = {answered: self._suffixes("x" if answered else None) for answered in (False, True)}

    def _suffixes(self, response: str | None) -> dict[str, Suffix]:
        full = {policy: self._encode(guard_prompt(policy, "x", response)) for policy in POLICY_IDS}
        shared = 0
        while len({ids[shared] for ids in full.values()}) == 1:
            shared += 1
        return {policy: Suffix(tuple(ids[shared:]), tuple(range(len(ids) - shared))) for policy, ids in full.items()}

    def _encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def read(self, samples: list[GuardSample], teacher: Teacher | None = None) -> list[Reading]:
        first = POLICY_IDS[0]
        texts = [s.text(first) for s in samples]
        return [
            Reading(
                sample,
                encoded.ids[: -len(self.suffixes[sample.response is not None][first].ids)],
                opinions(sample, text, encoded, teacher) if teacher else [],
            )
            for sample, text, encoded in zip(samples, texts, self.tokenizer.encode_batch(texts, add_special_tokens=False), strict=True)
        ]


def opinions(sample: GuardSample, text: str, encoded: Encoding, teacher: Teacher) -> list[tuple[int, np.ndarray]]:
    """At the last token of each word of the content: the teacher's logits of what was read so far."""
    label = CONTENT_LABELS[sample.response is not None]
    start, ends = text.index(label) + len(label), [end for _, end in encoded.offsets]
    return [(bisect_left(ends, start + end), logits) for end, logits in teacher.after_each_word(text_of(sample).strip())]


@dataclass(frozen=True)
class TreeBatch:
    ids: Tensor  # [rows, length]
    positions: Tensor  # [rows, length]
    branch: Tensor  # [rows, length]: 0 prefix, 1.. suffix, -1 padding
    answers: Tensor  # [rows, judged]: where each policy's answer is read
    shared_end: Tensor  # [rows]: last token of the prefix
    policies: Tensor  # [rows, judged]: index of the policy
    truth: Tensor  # [rows, judged]: 0 or 1, or the teacher's probability
    harms: Tensor  # [rows, 4]: the same for all policies
    words: Tensor  # [words, 2]: row and place of the last token of each word
    opinions: Tensor  # [words, 4]: the teacher's, of the content up to there


def thinned_prefix(prefix: list[int]) -> list[int]:
    """Positions kept where fixed sentences before and after the content are left out."""
    opened = prefix.index(START_OF_TURN)
    closed = len(prefix) - 1 - prefix[::-1].index(END_OF_TURN)
    return [0, *range(opened, closed + 2), *range(max(closed + 2, len(prefix) - 4), len(prefix))]


def collate(readings: list[Reading], encoder: TreeEncoder, policies: list[tuple[int, ...]], thin: tuple[int, int] | None) -> TreeBatch:
    rows, ends, words, thoughts = [], [], [], []
    for number, (reading, judged) in enumerate(zip(readings, policies, strict=True)):
        prefix = reading.prefix
        kept = thinned_prefix(prefix) if thin else range(len(prefix))
        place = {position: i for i, position in enumerate(kept)}
        ids, positions, branch, answers = [prefix[i] for i in kept], list(kept), [0] * len(kept), []
        ends.append(len(ids) - 1)
        words += [(number, place[token]) for token, _ in reading.opinions]
        thoughts += [logits for _, logits in reading.opinions]
        for suffix_number, policy in enumerate(judged, 1):
            suffix = encoder.suffixes[reading.sample.response is not None][POLICY_IDS[policy]]
            if thin:
                suffix = suffix.thinned(*thin)
            ids += suffix.ids
            positions += [len(prefix) + o for o in suffix.offsets]
            branch += [suffix_number] * len(suffix.ids)
            answers.append(len(ids) - 1)
        rows.append((ids, positions, branch, answers))
    length = max(len(r[0]) for r in rows)

    def padded(index: int, filler: int) -> Tensor:
        return torch.tensor([r[index] + [filler] * (length - len(r[index])) for r in rows])

    targets = [r.sample.targets() for r in readings]
    return TreeBatch(
        ids=padded(0, 0),
        positions=padded(1, 0),
        branch=padded(2, -1),
        answers=torch.tensor([r[3] for r in rows]),
        shared_end=torch.tensor(ends),
        policies=torch.tensor(policies),
        truth=torch.tensor([[target[p] for p in judged] for target, judged in zip(targets, policies, strict=True)]),
        harms=torch.tensor(targets),
        words=torch.tensor(words).view(-1, 2),
        opinions=torch.sigmoid(torch.tensor(np.array(thoughts)).view(-1, len(POLICY_IDS))),
    )


def tree_masks(batch: TreeBatch, window: int) -> tuple[Tensor, Tensor]:
    """Additive masks [rows, 1, 1, length, length] of full and of sliding attention."""
    order = torch.arange(batch.ids.shape[1])
    causal = order[:, None] >= order[None, :]
    branch = batch.branch
    sees = (branch[:, :, None] == branch[:, None, :]) | ((branch[:, None, :] == 0) & (branch[:, :, None] > 0))
    allowed = causal & sees
    near = allowed & (batch.positions[:, :, None] - batch.positions[:, None, :] < window)
    return tuple(torch.zeros(m.shape).masked_fill_(~m, NEVER)[:, None, None] for m in (allowed, near))


def tree_states(model: TinyGemma, batch: TreeBatch, early_layer: int | None = None) -> tuple[Tensor, Tensor | None]:
    """Normed states at the answers [rows, judged, hidden]; and all states after `early_layer`.

    The last layer is computed for the answers alone: nothing reads the others.
    """
    shape = model.shape
    full, sliding = tree_masks(batch, shape.window)
    cos, sin = model.cos[batch.positions][:, None], model.sin[batch.positions][:, None]
    x = model.embed_tokens(batch.ids) * shape.hidden**0.5
    early = None
    for i, layer in enumerate(model.layers[:-1]):
        x = layer(x, cos, sin, sliding if i % 2 == 0 else full)
        if i == early_layer:
            early = x
    mask = sliding if (shape.layers - 1) % 2 == 0 else full
    return model.norm(_last_layer(model, x, cos, sin, mask, batch.answers)), early


def content_states(model: TinyGemma, batch: TreeBatch, layer: int) -> Tensor:
    """States [rows, length, hidden] after `layer`: all that a content's own reading takes."""
    full, sliding = tree_masks(batch, model.shape.window)
    cos, sin = model.cos[batch.positions][:, None], model.sin[batch.positions][:, None]
    x = model.embed_tokens(batch.ids) * model.shape.hidden**0.5
    for i in range(layer + 1):
        x = model.layers[i](x, cos, sin, sliding if i % 2 == 0 else full)
    return x


def _last_layer(model: TinyGemma, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, answers: Tensor) -> Tensor:
    shape, layer = model.shape, model.layers[-1]
    attention, rows, judged = layer.self_attn, torch.arange(len(x))[:, None], answers.shape[1]
    normed = layer.input_layernorm(x)

    def heads(values: Tensor, count: int) -> Tensor:
        return values.view(len(x), -1, count, shape.head_dim).transpose(1, 2)

    q = heads(attention.q_proj(normed[rows, answers]), shape.heads)
    q = rotate(q, cos[:, 0][rows, answers][:, None], sin[:, 0][rows, answers][:, None]) * shape.head_dim**-0.5
    k = rotate(heads(attention.k_proj(normed), shape.kv_heads), cos, sin)
    v = heads(attention.v_proj(normed), shape.kv_heads)
    group = shape.heads // shape.kv_heads
    q = q.reshape(len(x), shape.kv_heads, group * judged, shape.head_dim)
    scores = (q @ k.mT).view(len(x), shape.kv_heads, group, judged, -1)
    scores = torch.tanh(scores / shape.attention_cap) * shape.attention_cap
    seen = mask[:, 0, 0][rows, answers][:, None, None]
    weights = torch.softmax(scores + seen, dim=-1).view(len(x), shape.kv_heads, group * judged, -1)
    z = (weights @ v).view(len(x), shape.heads, judged, shape.head_dim).transpose(1, 2).flatten(2)
    out = x[rows, answers] + layer.post_attention_layernorm(attention.o_proj(z))
    return out + layer.post_feedforward_layernorm(layer.mlp(layer.pre_feedforward_layernorm(out)))


def answer_logits(model: TinyGemma, states: Tensor, encoder: TreeEncoder) -> Tensor:
    """`lYes - lNo` after the final soft-cap."""
    candidates = model.embed_tokens.weight[torch.tensor([encoder.yes, encoder.no])]
    logits = torch.tanh(states @ candidates.T / model.shape.final_cap) * model.shape.final_cap
    return logits[..., 0] - logits[..., 1]


@torch.no_grad()
def judge(model: TinyGemma, encoder: TreeEncoder, samples: list[GuardSample], tokens: int = 12_000) -> Tensor:
    """P(Yes) for every sample and policy, from the full prompts."""
    readings = encoder.read(samples)
    order = sorted(range(len(samples)), key=lambda i: len(readings[i].prefix))
    scores, every = torch.zeros(len(samples), len(POLICY_IDS)), tuple(range(len(POLICY_IDS)))
    while order:
        size = sum(len(s.ids) for s in encoder.suffixes[False].values()) + len(readings[order[min(len(order), 64) - 1]].prefix)
        count = max(1, tokens // size)
        picked, order = order[:count], order[count:]
        batch = collate([readings[i] for i in picked], encoder, [every] * len(picked), None)
        states, _ = tree_states(model, batch)
        scores[picked] = torch.sigmoid(answer_logits(model, states, encoder))
    return scores
