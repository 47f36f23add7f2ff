from __future__ import annotations

import random

import pytest

pytest.importorskip("torch", reason="the recipe's dependencies are not installed: pip install -e .")

import torch

from facet_tiny.guard import teacher as teachers
from facet_tiny.guard.samples import GuardSample, text_of
from facet_tiny.guard.teacher import Teacher, phrases, spliced


@pytest.fixture
def teacher(monkeypatch) -> Teacher:
    monkeypatch.setattr(teachers, "BUCKETS", 1 << 10)
    return Teacher().eval()


def test_spliced_contents_leave_sexual_ones_by_themselves(teacher):
    sexual = GuardSample("sss sss sss sss sss", None, frozenset({"sexually_explicit"}))
    harmless = GuardSample("nobody means any harm here", None, frozenset())
    contents = [text_of(s) for s in spliced([sexual, harmless] * 20, 400, teacher, random.Random(4))]
    assert {"sss" in content for content in contents} == {True, False}
    for content in contents:
        assert "sss" not in content or set(content.split()) == {"sss"}


def test_an_opinion_after_the_last_word_is_the_opinion_of_the_whole(teacher):
    torch.manual_seed(1)
    teacher.weights.weight.data.normal_()
    text = "Kill the weeds, kill the weeds!"
    end, logits = teacher.after_each_word(text)[-1]
    assert text[:end] == "Kill the weeds, kill the weeds"
    assert torch.allclose(torch.from_numpy(logits), teacher([phrases(text)])[0], atol=1e-5)


def test_a_text_without_words_has_an_opinion(teacher):
    assert teacher.probabilities(["?!"]).shape == (1, 4)
