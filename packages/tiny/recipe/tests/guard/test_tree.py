from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the recipe's dependencies are not installed: pip install -e .")

import torch

from facet_tiny.guard.policies import POLICY_IDS
from facet_tiny.guard.samples import guard_samples
from facet_tiny.guard.tree import TreeEncoder, collate, judge
from facet_tiny.model import TinyGemma
from facet_tiny.tokenizer import load_tokenizer

TOKENIZER = Path(__file__).resolve().parents[3] / "models" / "tiny-gemma-it"


@pytest.fixture(scope="module")
def encoder() -> TreeEncoder:
    return TreeEncoder(load_tokenizer(TOKENIZER))


@torch.no_grad()
def test_a_tree_of_policies_equals_separate_prompts(encoder):
    model = TinyGemma().initialise(1).eval()
    samples = guard_samples(5, 6)
    for sample, scores in zip(samples, judge(model, encoder, samples), strict=True):
        for policy, score in zip(POLICY_IDS, scores, strict=True):
            ids = encoder.tokenizer.encode(sample.text(policy), add_special_tokens=False).ids
            yes, no = model(torch.tensor([ids]))[0, -1, [encoder.yes, encoder.no]]
            assert float(score) == pytest.approx(float(torch.sigmoid(yes - no)), abs=1e-4)


def test_a_thinned_row_keeps_the_content_and_the_positions(encoder):
    samples = guard_samples(6, 4)
    readings = encoder.read(samples)
    every = [tuple(range(len(POLICY_IDS)))] * len(readings)
    full, thin = (collate(readings, encoder, every, cut) for cut in (None, (5, 2)))
    assert thin.ids.shape[1] < full.ids.shape[1]
    for row in range(len(readings)):
        for answer, thinned in zip(full.answers[row], thin.answers[row], strict=True):
            assert full.positions[row, answer] == thin.positions[row, thinned]
            assert full.ids[row, answer] == thin.ids[row, thinned]
