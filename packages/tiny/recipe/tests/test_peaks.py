"""Features are named by what their peaks have in common, if that is so on other text, too."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the recipe's dependencies are not installed: pip install -e .")

import torch

from facet_tiny import peaks
from facet_tiny.peaks import KnownText, Part

ATTRIBUTES = ["animals", "nouns", "user's turn"]
WORDS = ["fox", "owl", "house", "runs", "the", "the", "the", "the"]
KINDS = {"fox": (1, 1, 0), "owl": (1, 1, 0), "house": (0, 1, 0)}


def known(repeats: int = 20) -> KnownText:
    words = WORDS * repeats
    return KnownText([], torch.tensor([KINDS.get(word, (0, 0, 1)) for word in words]).float(), words)


def active_at(text: KnownText, *features: set[str]) -> torch.Tensor:
    """Activations: of each feature at these words, and of a last one, weaker, everywhere."""
    return torch.tensor([[*(2.0 * (word in words) for words in features), 1.0] for word in text.words])


def named(a: torch.Tensor, b: torch.Tensor, text: KnownText) -> dict[int, str]:
    return {feature: label for feature, (_, label, _) in peaks.names((a, text), (b, text), ATTRIBUTES).items()}


def test_by_a_word_an_attribute_or_a_few_of_them():
    text = known()
    a = active_at(text, {"house"}, {"fox", "owl"})
    assert named(a, a, text) == {0: 'the word "house"', 1: "animals"}
    both = active_at(text, {"house", "runs"})
    assert set(named(both, both, text)[0].split(" or ")) == {'"house"', '"runs"'}


def test_by_nothing_where_other_text_does_not_confirm_it():
    text = known()
    assert 0 not in named(active_at(text, {"house"}), active_at(text, {"runs"}), text)


def test_by_nothing_that_fits_half_of_all_tokens():
    text = known()
    everywhere = active_at(text)
    assert named(everywhere, everywhere, text) == {}
    often = active_at(text, {"the"})
    # "the" is every second word: to say so of a feature says little.
    assert 0 not in named(often, often, text)


def test_by_nothing_where_there_are_too_few_peaks():
    text = known(repeats=peaks.LEAST_TOKENS - 1)
    a = active_at(text, {"house"})
    assert named(a, a, text) == {}


def test_a_token_without_an_active_feature_is_no_peak():
    assert peaks.peaks(torch.tensor([[0.0, 0.0], [0.0, 3.0]])).tolist() == [-1, 1]


def test_a_name_is_true_where_one_of_its_parts_holds():
    text = known(repeats=1)
    name = (Part(attribute=0), Part(word="house"))
    assert peaks.fits(name, text, torch.arange(len(WORDS))).tolist() == [word in ("fox", "owl", "house") for word in WORDS]


def test_whole_words_only():
    from tokenizers import Tokenizer, models

    pieces = ["▁The", "▁porcu", "pine", "▁runs", ".", "Fox", "es"]
    tokenizer = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[]))
    assert peaks.whole_words(tokenizer, list(range(len(pieces)))) == ["the", "", "", "runs", "", "", ""]
