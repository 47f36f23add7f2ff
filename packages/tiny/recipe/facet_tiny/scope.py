"""Sparse autoencoders of tiny-gemma-it in Gemma Scope's layout and with its exact encoding.

Trained as BatchTopK (a small k makes features that can be named), then given one threshold a
feature, which turns them into JumpReLU autoencoders. Centring and scaling are folded into the
parameters: encode is ``pre = x @ W_enc + b_enc; f = pre > threshold ? relu(pre) : 0``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import corpus, word_sets
from .attributes import Attributes
from .model import TinyGemma
from .tokenizer import PAD, load_tokenizer


@dataclass(frozen=True)
class Site:
    """Where an autoencoder reads, and how it is trained.

    ``legs`` are (k, steps): few active features at first find ones that can be named, more of them
    later keep what the model's predictions need. ``shares`` are for ``calibrate``.
    """

    name: str
    layer: int
    legs: tuple[tuple[int, int], ...] = ((8, 1000),)
    shares: tuple[float, ...] = (0.8, 0.6)
    width: int = 768

    @property
    def k(self) -> int:
        return self.legs[-1][0]


DEEP = (0.85, 0.7, 0.55, 0.4)
SITES = (
    Site("resid_post", 2, legs=((8, 1000), (14, 2400), (28, 900))),
    Site("resid_post", 4, legs=((8, 1000), (14, 2400), (32, 900)), shares=DEEP),
    Site("mlp_out", 1, legs=((10, 1500),), shares=DEEP),
)
TRAIN_SEED, HALF_A_SEED, HALF_B_SEED, CALIBRATION_SEED, SHOWN_SEED = 201, 202, 203, 204, 205
HALF = 800
# Of a token's squared length, what one raised threshold may take away: some tokens are little else than one feature.
MOST_LOST = 0.25
# A label has to fit so well on both halves.
LEAST_F1 = 0.7


@dataclass
class Scope:
    """The parameters, named as in Gemma Scope's ``params.npz``."""

    W_enc: Tensor
    b_enc: Tensor
    W_dec: Tensor
    b_dec: Tensor
    threshold: Tensor

    def encode(self, x: Tensor) -> Tensor:
        pre = x @ self.W_enc + self.b_enc
        return torch.where(pre > self.threshold, torch.relu(pre), torch.zeros(()))

    def decode(self, f: Tensor) -> Tensor:
        return f @ self.W_dec + self.b_dec


def padded(documents: list[list[int]]) -> Tensor:
    ids = torch.full((len(documents), max(map(len, documents))), PAD)
    for row, document in enumerate(documents):
        ids[row, : len(document)] = torch.tensor(document)
    return ids


def _groups(documents: list[list[int]], tokens: int = 6000):
    """Indices of documents of like length, so that little is padding."""
    group: list[int] = []
    for i in sorted(range(len(documents)), key=lambda i: len(documents[i])):
        if group and (len(group) + 1) * len(documents[i]) > tokens:
            yield group
            group = []
        group.append(i)
    yield group


@torch.no_grad()
def activations(model: TinyGemma, documents: list[list[int]], sites: tuple[Site, ...]) -> dict[Site, list[Tensor]]:
    """Activations of every document at every site, position 0 included."""
    out: dict[Site, list[Tensor]] = {s: [torch.empty(0)] * len(documents) for s in sites}
    for group in _groups(documents):
        seen: dict[tuple[int, str], Tensor] = {}

        def tap(layer: int, site: str, value: Tensor, seen=seen) -> Tensor:
            seen[layer, site] = value
            return value

        model.hidden(padded([documents[i] for i in group]), tap=tap)
        for site in sites:
            for row, i in enumerate(group):
                out[site][i] = seen[site.layer, site.name][row, : len(documents[i])].clone()
    return out


def train(
    x: Tensor, width: int, active: int, steps: int, seed: int = 0, batch: int = 1536, rate: float = 2e-3, start: Scope | None = None
) -> Scope:
    """BatchTopK on activations [tokens, d], with an auxiliary loss that wakes dead features."""
    generator = torch.Generator().manual_seed(seed)
    mean = x.mean(0)
    scale = (x - mean).norm(dim=1).mean()
    x = (x - mean) / scale
    d = x.shape[1]
    directions = F.normalize(torch.randn(width, d, generator=generator), dim=1)
    encoder = torch.nn.Parameter(directions.T.clone())
    bias = torch.nn.Parameter(torch.zeros(width))
    decoder = torch.nn.Parameter(directions.clone())
    centre = torch.nn.Parameter(torch.zeros(d))
    if start:
        with torch.no_grad():
            encoder.copy_(start.W_enc)
            decoder.copy_(start.W_dec)
            centre.copy_((start.b_dec - mean) / scale)
            bias.copy_((start.b_enc + mean @ start.W_enc) / scale + centre @ encoder)
    optimiser = torch.optim.Adam([encoder, bias, decoder, centre], lr=rate, betas=(0.9, 0.99))
    idle = torch.zeros(width)
    threshold = torch.tensor(0.0)
    for step in range(steps):
        left = min(1.0, (steps - step) / (steps * 0.4), (step + 1) / 50)
        optimiser.param_groups[0]["lr"] = rate * left
        rows = x[torch.randint(len(x), (batch,), generator=generator)]
        pre = torch.relu((rows - centre) @ encoder + bias)
        # A larger k at first lets all features find their place.
        k = active + (0 if start else round(16 * max(0.0, 1 - step / (steps * 0.25))))
        # A part of the batch tells the threshold well enough, and much faster.
        part = pre.detach()[: batch // 4]
        least = part.flatten().topk(k * len(part)).values[-1]
        f = pre * (pre >= least)
        error = rows - centre - f @ decoder
        loss = error.pow(2).sum(1).mean()
        idle = torch.where((f.detach() > 0).any(0), 0.0, idle + 1)
        dead = idle > 60
        if int(dead.sum()) > 4 and step % 2 == 0:
            sleeping = pre[:, dead]
            few = sleeping.topk(min(32, sleeping.shape[1]), dim=1)
            woken = torch.zeros_like(sleeping).scatter(1, few.indices, few.values) @ decoder[dead]
            loss = loss + 0.05 * (error.detach() - woken).pow(2).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            decoder.copy_(F.normalize(decoder, dim=1))
        if step > steps * 0.7:
            threshold = least if threshold == 0 else threshold * 0.98 + least * 0.02
    with torch.no_grad():
        W_enc, W_dec = encoder.detach(), decoder.detach()
        b_enc = scale * (bias - centre @ W_enc) - mean @ W_enc
        b_dec = scale * centre + mean
        return Scope(W_enc, b_enc, W_dec, b_dec.detach(), torch.full((width,), float(threshold * scale)))


@torch.no_grad()
def explained(scope: Scope, x: Tensor) -> tuple[float, float]:
    """Mean number of active features (L0), and the fraction of variance explained."""
    f = scope.encode(x)
    error = (x - scope.decode(f)).pow(2).sum()
    return float((f > 0).float().sum(1).mean()), float(1 - error / (x - x.mean(0)).pow(2).sum())


@torch.no_grad()
def loss(model: TinyGemma, documents: list[list[int]], site: Site | None = None, scope: Scope | None = None) -> float:
    """Mean loss a token; with a scope, its reconstruction replaces the site beyond position 0."""
    total = count = 0.0

    def tap(layer: int, name: str, value: Tensor) -> Tensor:
        if site and scope and (layer, name) == (site.layer, site.name):
            return torch.cat([value[:, :1], scope.decode(scope.encode(value[:, 1:]))], dim=1)
        return value

    for group in _groups(documents):
        ids = padded([documents[i] for i in group])
        logits = model(ids, tap=tap)[:, :-1]
        losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD, reduction="sum")
        total += float(losses)
        count += int((ids[:, 1:] != PAD).sum())
    return total / count


def scores(active: Tensor, truth: Tensor) -> Tensor:
    """F1 of every feature with every attribute."""
    hits = active.T @ truth
    return 2 * hits / (active.sum(0)[:, None] + truth.sum(0)[None] + 1e-9)


@dataclass(frozen=True)
class KnownText:
    """Documents, and what is known of every token but the first ones: attributes that hold, and the word it is."""

    ids: list[list[int]]
    truth: Tensor
    words: list[str]


def label(scope: Scope, a: tuple[Tensor, KnownText], b: tuple[Tensor, KnownText], names: list[str]) -> dict[int, tuple[str, float]]:
    """The attribute, or the few words, that fit a feature best on half A, if they fit on half B too.

    Each half: activations, and what is known of their text.
    """
    active, other = ((scope.encode(x) > 0).float() for x, _ in (a, b))
    first, second = scores(active, a[1].truth), scores(other, b[1].truth)
    words = word_sets.token_words(a[1].words)
    sets = word_sets.best_sets(words, active)
    confirmed = word_sets.score_sets(word_sets.token_words(b[1].words, words.names), other, [chosen for _, chosen in sets])
    found: dict[int, tuple[str, float]] = {}
    for feature, (score, best) in enumerate(zip(*first.max(1), strict=True)):
        known = (float(score), float(second[feature, best]), names[int(best)])
        listed = (sets[feature][0], confirmed[feature], word_sets.spelled(words, sets[feature][1]) if sets[feature][1] else "")
        # What the grammar has a name for says more than words do.
        chosen = known if known[0] >= LEAST_F1 and known[0] >= listed[0] - 0.05 else listed
        if min(chosen[:2]) >= LEAST_F1:
            found[feature] = (chosen[2], chosen[1])
    return found


def calibrate(scope: Scope, x: Tensor, known: KnownText, shares: tuple[float, ...], least: float = 0.72) -> Scope:
    """Raise the threshold of a feature whose strong activations mean one thing and whose weak ones do not.

    Done on text of its own, never on the halves on which labels are chosen and confirmed.
    """
    f = scope.encode(x)
    part = f.pow(2) / (x - scope.b_dec).pow(2).sum(1, keepdim=True)
    words = word_sets.token_words(known.words)
    best = _best_scores((f > 0).float(), known, words)
    threshold = scope.threshold.clone()
    open_features = best < least
    for share in shares:
        bar = torch.stack([torch.quantile(column[column > 0], 1 - share) if (column > 0).any() else torch.tensor(0.0) for column in f.T])
        better = _best_scores((f > bar).float(), known, words)
        lost = torch.where(f <= bar, part, 0.0).max(0).values
        raised = open_features & (better >= least) & (lost <= MOST_LOST)
        threshold[raised] = torch.maximum(bar[raised], threshold[raised])
        open_features &= ~raised
    return Scope(scope.W_enc, scope.b_enc, scope.W_dec, scope.b_dec, threshold)


def _best_scores(active: Tensor, known: KnownText, words: word_sets.TokenWords) -> Tensor:
    listed = torch.tensor([score for score, _ in word_sets.best_sets(words, active)])
    return torch.maximum(scores(active, known.truth).max(1).values, listed)


def shown(scope: Scope, x: Tensor, labels: dict[int, tuple[str, float]]) -> float:
    """The share of tokens whose strongest feature has a label: what one sees who looks at a text."""
    f = scope.encode(x)
    labelled = torch.tensor([feature in labels for feature in range(f.shape[1])])
    return float((labelled[f.argmax(1)] & (f.max(1).values > 0)).float().mean())


def save(scope: Scope, site: Site, l0: float, labels: dict[int, tuple[str, float]], folder: Path) -> Path:
    at = folder / site.name / f"layer_{site.layer}" / f"width_{site.width}" / f"average_l0_{round(l0)}"
    at.mkdir(parents=True, exist_ok=True)
    np.savez(at / "params.npz", **{k: np.ascontiguousarray(v.numpy(), dtype=np.float32) for k, v in vars(scope).items()})
    content = {str(i): {"label": name, "f1": round(f1, 3)} for i, (name, f1) in sorted(labels.items())}
    (at / "labels.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return at


def load(at: Path) -> Scope:
    with np.load(at / "params.npz") as data:
        return Scope(**{k: torch.from_numpy(data[k]) for k in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")})


def known_text(known: Attributes, seeds: tuple[int, ...]) -> tuple[list[KnownText], list[str]]:
    """The texts of each seed, and the names of the attributes."""
    fresh = [d for seed in seeds for d in corpus.take(seed, HALF)]
    ids, truth, names = known.table(fresh)
    words = [word_sets.whole_words(known.tokenizer, document) for document in ids]
    # Position 0 of every document is left out, as Gemma Scope does.
    ends = np.cumsum([len(i) for i in ids])
    first = np.concatenate([[0], ends[:-1]])
    kept = np.ones(len(truth), dtype=bool)
    kept[first] = False
    texts = []
    for at, (start, end) in zip(range(0, len(ids), HALF), pairwise([0, *ends[HALF - 1 :: HALF]]), strict=True):
        of_tokens = [word for document in words[at : at + HALF] for word in document[1:]]
        texts.append(KnownText(ids[at : at + HALF], torch.from_numpy(truth[start:end][kept[start:end]]).float(), of_tokens))
    return texts, names


def measure(model: TinyGemma, tokenizer_folder: Path, folder: Path, trained: dict[Site, Scope], calibrated: bool = False) -> list[dict]:
    """Calibrate (unless they are), measure, label and save autoencoders; returns the table of figures."""
    seeds = (CALIBRATION_SEED, HALF_A_SEED, HALF_B_SEED, SHOWN_SEED)
    texts, names = known_text(Attributes(load_tokenizer(tokenizer_folder)), seeds)
    fresh = texts[2].ids
    base = loss(model, fresh)
    table = []
    for site, raw_scope in trained.items():
        parts = [torch.cat([a[1:] for a in activations(model, text.ids, (site,))[site]]) for text in texts]
        scope = raw_scope if calibrated else calibrate(raw_scope, parts[0], texts[0], site.shares)
        l0, variance = explained(scope, parts[2])
        labels = label(scope, (parts[1], texts[1]), (parts[2], texts[2]), names)
        at = save(scope, site, l0, labels, folder)
        row = {
            "site": site.name,
            "layer": site.layer,
            "width": site.width,
            "k": site.k,
            "l0": round(l0, 2),
            "variance_explained": round(variance, 4),
            "loss": round(base, 4),
            "loss_rise": round(loss(model, fresh, site, scope) - base, 4),
            "labels": len(labels),
            "distinct_labels": len({name for name, _ in labels.values()}),
            "tokens_with_a_labelled_strongest_feature": round(shown(scope, parts[3], labels), 4),
            "attributes": len(names),
            "features_used": int(((scope.encode(parts[2]) > 0).any(0)).sum()),
            "path": str(at.relative_to(folder)),
        }
        print(row, flush=True)
        table.append(row)
    return table


def make(model: TinyGemma, tokenizer_folder: Path, folder: Path, sites: tuple[Site, ...] = SITES, documents: int = 3600) -> list[dict]:
    """Train the autoencoders of all sites, then measure, label and save them."""
    tokenizer = load_tokenizer(tokenizer_folder)
    texts = [d.text for d in corpus.take(TRAIN_SEED, documents)]
    seen = activations(model, [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)], sites)
    trained: dict[Site, Scope] = {}
    for site in sites:
        x = torch.cat([a[1:] for a in seen.pop(site)])
        scope = None
        for seed, (active, steps) in enumerate(site.legs):
            scope = train(x, site.width, active, steps, seed, start=scope)
        trained[site] = scope
    return measure(model, tokenizer_folder, folder, trained)


def relabel(model: TinyGemma, tokenizer_folder: Path, folder: Path, sites: tuple[Site, ...] = SITES) -> list[dict]:
    """Measure and label the autoencoders that lie there, as they are."""
    lie = {site: next((folder / site.name / f"layer_{site.layer}" / f"width_{site.width}").iterdir()) for site in sites}
    return measure(model, tokenizer_folder, folder, {site: load(at) for site, at in lie.items()}, calibrated=True)
