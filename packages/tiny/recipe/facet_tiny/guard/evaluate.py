"""Figures of a shipped tiny-shield folder (float16 weights), beside the bag of words.

python -m facet_tiny.guard.evaluate FOLDER [set.json ...]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ..model import load_folder
from ..tokenizer import load_tokenizer
from .baseline import BagOfWords
from .figures import figures, labels, report
from .policies import POLICY_IDS
from .prompt_sets import TRAIN_SEED, load_prompts, own_sets, written_sets
from .samples import GuardSample, guard_samples
from .tree import TreeEncoder, judge

THRESHOLD = 0.5


def confusion(scores: np.ndarray, samples: list[GuardSample]) -> dict[str, dict[str, int]]:
    """For contents of one violated policy (or none): how often each policy was flagged."""
    table = {}
    for row in (*POLICY_IDS, "harmless"):
        wanted = frozenset() if row == "harmless" else frozenset({row})
        picked = np.array([s.violates == wanted for s in samples])
        flagged = scores[picked] > THRESHOLD
        table[row] = {
            "contents": int(picked.sum()),
            **{p: int(flagged[:, i].sum()) for i, p in enumerate(POLICY_IDS)},
            "none": int((~flagged.any(1)).sum()),
        }
    return table


def by_policy(scores: np.ndarray, samples: list[GuardSample]) -> dict[str, dict[str, float]]:
    truth = labels(samples)
    return {p: {k: round(v, 3) for k, v in figures(scores[:, i], truth[:, i], THRESHOLD).items()} for i, p in enumerate(POLICY_IDS)}


def print_table(table: dict[str, dict]) -> None:
    columns = list(next(iter(table.values())))
    print(" " * 20 + "".join(f"{c[:18]:>19s}" for c in columns))
    for name, row in table.items():
        print(f"{name:20s}" + "".join(f"{row[c]:>19}" for c in columns))


def misjudged(scores: np.ndarray, samples: list[GuardSample]) -> list[str]:
    lines = []
    for score, sample in zip(scores, samples, strict=True):
        if bool(sample.violates) != bool(score.max() > THRESHOLD):
            wanted, likeliest = "/".join(sorted(sample.violates)) or "harmless", POLICY_IDS[int(score.argmax())]
            lines.append(f"{wanted:18s} {score.max():.2f} {likeliest:18s} {sample.prompt[:150]}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--own", type=int, default=2_000, help="samples of the own split, and of unseen frames")
    parser.add_argument("--show", action="store_true", help="print misjudged prompts of the extra sets (never of those that measure)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model, encoder = load_folder(arguments.folder), TreeEncoder(load_tokenizer(arguments.folder))
    bags = {
        f"bag of words 1{'-2' * (ngrams - 1)}-gram, {size:,}": BagOfWords(guard_samples(TRAIN_SEED, size), ngrams)
        for ngrams in (1, 2)
        for size in (20_000, 80_000)
    }
    sets = {**own_sets(arguments.own), **written_sets()}
    sets |= {path.stem: load_prompts(path) for path in arguments.sets}
    results = {}
    for name, samples in sets.items():
        scores = judge(model, encoder, samples).numpy()
        print()
        results[name] = {
            "tiny-shield": report(f"tiny-shield, {name}", scores, samples),
            **{kind: report(f"{kind}, {name}", bag.scores(samples), samples) for kind, bag in bags.items()},
            "by policy": by_policy(scores, samples),
            "confusion": confusion(scores, samples),
        }
        print_table(results[name]["by policy"])
        print_table(results[name]["confusion"])
        if arguments.show and name in {path.stem for path in arguments.sets}:
            print("\n".join(misjudged(scores, samples)))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
