from __future__ import annotations

import random

import pytest

from facet_tiny import stories


def test_the_subject_stands_in_the_first_sentence_and_near_the_end():
    rng = random.Random(1)
    for _ in range(500):
        tale = stories.story(rng)
        text = tale.text()
        assert tale.subject in tale.answer[0].text
        assert tale.subject in text[len(text) * 2 // 3 :]


def test_about_one_in_twelve_pairs_of_subject_and_prompt_is_held_out():
    pairs = [(f"noun {n}", f"prompt {m}") for n in range(100) for m in range(100)]
    assert sum(stories.held_out(*pair) for pair in pairs) / len(pairs) == pytest.approx(1 / 12, abs=0.01)


def test_every_plot_that_a_prompt_asks_for_exists():
    assert set(stories._PLOT_OF_WORDS.values()) <= set(stories._PLOTS)
    for words in stories._PLOT_OF_WORDS:
        assert any(words in more for more in stories._MORE), words
