from __future__ import annotations

from facet_tiny import lexicon as lx


def test_held_out_nouns_are_subjects_of_no_training_story():
    subjects = {*lx.ANIMALS, *lx.PEOPLE, *lx.JOBS, *lx.CREATURES, *lx.THINGS, *lx.RARE_NOUNS}
    assert subjects.isdisjoint(lx.HELD_OUT_NOUNS)


def test_neighbour_classes_are_classes():
    assert set(lx.NEIGHBOUR_CLASSES) <= set(lx.WORD_CLASSES)


def test_words_about_foods_and_pronouns_are_of_known_nouns():
    assert set(lx.FOODS) >= lx.UNCOUNTABLE_FOODS
    assert lx.CALLED_SHE.isdisjoint(lx.CALLED_HE)
