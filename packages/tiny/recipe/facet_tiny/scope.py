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
from scipy.sparse import csr_matrix
from torch import Tensor

from . import corpus, peaks
from .attributes import Attributes
from .model import TinyGemma
from .peaks import KnownText
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
    """F1 of every feature with every attribute. Both tables are nearly empty, which makes sparse ones the quicker."""
    hits = torch.from_numpy((csr_matrix(active.numpy()).T @ csr_matrix(truth.numpy())).toarray())
    return 2 * hits / (active.sum(0)[:, None] + truth.sum(0)[None] + 1e-9)


@dataclass(frozen=True)
class Label:
    """``f1``: with all tokens at which the feature is active; ``at_peaks``: the share of those at which it is the strongest."""

    text: str
    f1: float | None = None
    at_peaks: float | None = None

    def content(self) -> dict:
        figures = {"f1": self.f1, "at_peaks": self.at_peaks}
        return {"label": self.text} | {key: round(value, 3) for key, value in figures.items() if value is not None}


def label(
    scope: Scope, a: tuple[Tensor, KnownText], b: tuple[Tensor, KnownText], names: list[str], least: float = 0.7
) -> tuple[dict[int, Label], dict[int, peaks.Name]]:
    """Labels chosen on half A that fit half B too, and the names of peaks among them.

    The attribute that fits a feature best, if it does wherever the feature is active; else what fits where it is the strongest.
    """
    (fa, ta), (fb, tb) = ((scope.encode(x), known) for x, known in (a, b))
    first, second = (scores((f > 0).float(), known.truth) for f, known in ((fa, ta), (fb, tb)))
    at_peaks = peaks.names((fa, ta), (fb, tb), names)
    found = {feature: Label(text, at_peaks=confirmed) for feature, (_, text, confirmed) in at_peaks.items()}
    for feature, (score, best) in enumerate(zip(*first.max(1), strict=True)):
        confirmed = float(second[feature, best])
        if float(score) >= least and confirmed >= least:
            found[feature] = Label(names[int(best)], f1=confirmed)
    of_peaks = {feature: name for feature, (name, *_) in at_peaks.items() if found[feature].f1 is None}
    of_peaks |= {f: (peaks.Part(attribute=names.index(one.text)),) for f, one in found.items() if one.f1 is not None}
    return found, of_peaks


def shown(scope: Scope, x: Tensor, known: KnownText, labelled: dict[int, peaks.Name]) -> dict[str, float]:
    """What somebody sees who looks at each token's strongest feature: at how many it has a label, and a label that is true there."""
    at = peaks.peaks(scope.encode(x))
    has = true = 0
    for feature, name in labelled.items():
        rows = (at == feature).nonzero().flatten()
        has += len(rows)
        true += int(peaks.fits(name, known, rows).sum())
    return {"labelled": round(has / len(at), 4), "true": round(true / len(at), 4)}


def calibrate(scope: Scope, x: Tensor, truth: Tensor, shares: tuple[float, ...], least: float = 0.72) -> Scope:
    """Raise the threshold of a feature whose strong activations mean one thing and whose weak ones do not.

    Done on text of its own, never on the halves on which labels are chosen and confirmed.
    """
    f = scope.encode(x)
    part = f.pow(2) / (x - scope.b_dec).pow(2).sum(1, keepdim=True)
    best = scores((f > 0).float(), truth).max(1).values
    threshold = scope.threshold.clone()
    open_features = best < least
    for share in shares:
        bar = torch.stack([torch.quantile(column[column > 0], 1 - share) if (column > 0).any() else torch.tensor(0.0) for column in f.T])
        better = scores((f > bar).float(), truth).max(1).values
        lost = torch.where(f <= bar, part, 0.0).max(0).values
        raised = open_features & (better >= least) & (lost <= MOST_LOST)
        threshold[raised] = torch.maximum(bar[raised], threshold[raised])
        open_features &= ~raised
    return Scope(scope.W_enc, scope.b_enc, scope.W_dec, scope.b_dec, threshold)


def save(scope: Scope, site: Site, l0: float, labels: dict[int, Label], folder: Path) -> Path:
    at = folder / site.name / f"layer_{site.layer}" / f"width_{site.width}" / f"average_l0_{round(l0)}"
    at.mkdir(parents=True, exist_ok=True)
    np.savez(at / "params.npz", **{k: np.ascontiguousarray(v.numpy(), dtype=np.float32) for k, v in vars(scope).items()})
    content = {str(i): one.content() for i, one in sorted(labels.items())}
    (at / "labels.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return at


def load(at: Path) -> Scope:
    with np.load(at / "params.npz") as data:
        return Scope(**{k: torch.from_numpy(data[k]) for k in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")})


def known_text(known: Attributes, seeds: tuple[int, ...]) -> tuple[list[KnownText], list[str]]:
    """The texts of each seed, and the names of the attributes."""
    fresh = [d for seed in seeds for d in corpus.take(seed, HALF)]
    ids, truth, names = known.table(fresh)
    # Position 0 of every document is left out, as Gemma Scope does.
    ends = np.cumsum([len(i) for i in ids])
    first = np.concatenate([[0], ends[:-1]])
    kept = np.ones(len(truth), dtype=bool)
    kept[first] = False
    texts = []
    for at, (start, end) in zip(range(0, len(ids), HALF), pairwise([0, *ends[HALF - 1 :: HALF]]), strict=True):
        documents = ids[at : at + HALF]
        words = [word for document in documents for word in peaks.whole_words(known.tokenizer, document)[1:]]
        texts.append(KnownText(documents, torch.from_numpy(truth[start:end][kept[start:end]]).float(), words))
    return texts, names


# On which labels are chosen, on which they are confirmed, and on which it is counted how many tokens show one.
LABEL_SEEDS = (HALF_A_SEED, HALF_B_SEED, SHOWN_SEED)


def label_and_save(scope: Scope, site: Site, folder: Path, xs: list[Tensor], texts: list[KnownText], names: list[str]) -> dict:
    """Labels an autoencoder by its activations on the texts of ``LABEL_SEEDS``; returns a part of the table of figures."""
    labels, labelled = label(scope, (xs[0], texts[0]), (xs[1], texts[1]), names)
    l0, variance = explained(scope, xs[1])
    at = save(scope, site, l0, labels, folder)
    return {
        "l0": round(l0, 2),
        "variance_explained": round(variance, 4),
        "labels": len(labels),
        "labels_wherever_active": sum(one.f1 is not None for one in labels.values()),
        "distinct_labels": len({one.text for one in labels.values()}),
        "tokens_by_their_strongest_feature": shown(scope, xs[2], texts[2], labelled),
        "attributes": len(names),
        "features_used": int(((scope.encode(xs[1]) > 0).any(0)).sum()),
        "path": str(at.relative_to(folder)),
    }


def measure(model: TinyGemma, tokenizer_folder: Path, folder: Path, trained: dict[Site, Scope]) -> list[dict]:
    """Calibrate, measure, label and save autoencoders; returns the table of figures."""
    (calibration, *texts), names = known_text(Attributes(load_tokenizer(tokenizer_folder)), (CALIBRATION_SEED, *LABEL_SEEDS))
    fresh = texts[1].ids
    base = loss(model, fresh)
    seen = [activations(model, text.ids, tuple(trained)) for text in (calibration, *texts)]
    table = []
    for site, raw_scope in trained.items():
        first, *parts = [torch.cat([a[1:] for a in of_sites.pop(site)]) for of_sites in seen]
        scope = calibrate(raw_scope, first, calibration.truth, site.shares)
        row = {
            "site": site.name,
            "layer": site.layer,
            "width": site.width,
            "k": site.k,
            **label_and_save(scope, site, folder, parts, texts, names),
            "loss": round(base, 4),
            "loss_rise": round(loss(model, fresh, site, scope) - base, 4),
        }
        print(row, flush=True)
        table.append(row)
    return table


def relabel(model: TinyGemma, tokenizer_folder: Path, folder: Path, table: list[dict], sites: tuple[Site, ...] = SITES) -> list[dict]:
    """Label the autoencoders that lie there, as they are; returns their table of figures, renewed."""
    texts, names = known_text(Attributes(load_tokenizer(tokenizer_folder)), LABEL_SEEDS)
    seen = [activations(model, text.ids, sites) for text in texts]
    rows = {(row["site"], row["layer"]): row for row in table}
    for site in sites:
        xs = [torch.cat([a[1:] for a in of_sites.pop(site)]) for of_sites in seen]
        row = rows[site.name, site.layer]
        row |= label_and_save(load(folder / row["path"]), site, folder, xs, texts, names)
        print(row, flush=True)
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
