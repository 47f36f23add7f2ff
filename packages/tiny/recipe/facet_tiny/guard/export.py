"""Writes tiny-shield as a Hugging Face folder and proves it against transformers.

python -m facet_tiny.guard.export TRAINED_FOLDER TOKENIZER_FOLDER SHIPPED_FOLDER
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch

from ..model import load_folder, save_folder
from ..tokenizer import load_tokenizer
from .bias import set_operating_point
from .policies import POLICY_IDS
from .prompt_sets import written_sets
from .samples import GuardSample, guard_samples
from .tree import TreeEncoder, judge

GUARD_WINDOW = 32  # tokens
TOLERANCE = 1e-4


def export(trained: Path, tokenizer: Path, shipped: Path) -> None:
    model = load_folder(trained)
    print(f"lYes - lNo was lowered by {set_operating_point(model, TreeEncoder(load_tokenizer(tokenizer))):.2f}")
    save_folder(model, shipped)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / name, shipped / name)
    declare_window(shipped / "config.json")


def declare_window(config: Path) -> None:
    """A harmful sentence is lost on the guard among many harmless ones, so longer texts are judged in pieces of this size."""
    fields = json.loads(config.read_text())
    fields["facet"] = {"guardWindow": GUARD_WINDOW}
    config.write_text(json.dumps(fields, indent=1) + "\n")


@torch.no_grad()
def largest_difference(folder: Path, samples: list[GuardSample]) -> float:
    """Between P(Yes) of the tree and of `Gemma2ForCausalLM` on one full prompt at a time."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    theirs = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoder = TreeEncoder(load_tokenizer(folder))
    ours, largest = judge(load_folder(folder), encoder, samples), 0.0
    for sample, scores in zip(samples, ours, strict=True):
        for policy, score in zip(POLICY_IDS, scores, strict=True):
            ids = tokenizer(sample.text(policy), add_special_tokens=False, return_tensors="pt").input_ids
            logits = theirs(ids).logits[0, -1]
            largest = max(largest, abs(float(torch.softmax(logits[[encoder.yes, encoder.no]], -1)[0] - score)))
    return largest


def main() -> None:
    trained, tokenizer, shipped = map(Path, sys.argv[1:4])
    export(trained, tokenizer, shipped)
    difference = largest_difference(shipped, [*written_sets()["hand"][:12], *guard_samples(3, 12)])
    print(f"largest difference of P(Yes) to transformers: {difference:.1e}")
    if difference > TOLERANCE:
        raise SystemExit("tiny-shield does not equal transformers' Gemma 2")


if __name__ == "__main__":
    main()
