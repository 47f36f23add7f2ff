from __future__ import annotations

import random

import pytest

from facet_tiny.guard import samples
from facet_tiny.guard.samples import GuardSample, guard_samples, text_of

SEXUAL = ("sexually_explicit",)


def forbidden(*_: object) -> str:
    raise AssertionError("something was drawn to stand beside a sexual sentence")


def test_nothing_stands_beside_a_sexual_sentence(monkeypatch):
    """None may make a child of whom it names, or of who speaks."""
    monkeypatch.setattr(samples, "draw_label", lambda rng: SEXUAL)
    for beside in ("context", "opener", "closer", "own_exchange"):
        monkeypatch.setattr(samples, beside, forbidden)
    monkeypatch.setattr(samples, "HELPFUL", ("HELPFUL",))
    made: list[tuple[str, ...]] = []
    content = samples.content
    monkeypatch.setattr(samples, "content", lambda rng, violates, *rest: made.append(violates) or content(rng, violates, *rest))
    for sample in guard_samples(1, 3000):
        assert sample.violates == {"sexually_explicit"}
        assert "HELPFUL" not in text_of(sample).upper()
    assert set(made) == {SEXUAL}


def test_contents_of_other_labels_do_have_company(monkeypatch):
    drawn: set[str] = set()
    for beside in ("context", "opener", "closer", "own_exchange"):
        function = getattr(samples, beside)
        monkeypatch.setattr(samples, beside, lambda *a, name=beside, function=function: drawn.add(name) or function(*a))
    guard_samples(1, 500)
    assert drawn == {"context", "opener", "closer", "own_exchange"}


def test_half_of_the_contents_are_harmful_and_a_fifth_are_answers():
    drawn = guard_samples(2, 4000)
    assert sum(bool(s.violates) for s in drawn) / len(drawn) == pytest.approx(samples.HARMFUL_SHARE, abs=0.03)
    assert sum(s.response is not None for s in drawn) / len(drawn) == pytest.approx(0.27, abs=0.03)


def test_long_contents_are_short_enough():
    rng = random.Random(3)
    for _ in range(1000):
        text = samples.long_content(rng, (), False)
        assert len(text.split()) <= samples.MAX_WORDS


def test_the_judged_text_is_the_answer_where_there_is_one():
    asked, answered = GuardSample("a", None, frozenset()), GuardSample("a", "b", frozenset({"harassment"}))
    assert (text_of(asked), text_of(answered)) == ("a", "b")
    assert (asked.targets(), answered.targets()) == ((0, 0, 0, 0), (0, 1, 0, 0))
