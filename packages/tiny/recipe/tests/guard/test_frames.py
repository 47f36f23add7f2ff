from __future__ import annotations

import random
import re

import pytest

from facet_tiny.data_files import DATA
from facet_tiny.guard import grammar
from facet_tiny.guard.frames import CLAUSES, CLOSERS, CONTEXTS, DOCUMENTS, FAMILIES, OPENERS, REQUESTS, held_out
from facet_tiny.guard.policies import POLICY_IDS
from facet_tiny.guard.samples import COMPLY, HELPFUL, REFUSALS
from facet_tiny.guard.words import FILES, SLOTS

SHARED = {*REQUESTS, *CLAUSES, *DOCUMENTS}
OWN = {label: {frame for family in families for frame in family.frames} - SHARED for label, families in FAMILIES.items()}
EVERY = {*SHARED, *OPENERS, *CLOSERS, *CONTEXTS, *HELPFUL, *REFUSALS}.union(*OWN.values(), *COMPLY.values(), *SLOTS.values())
SEXUAL = ("sexually_explicit",)
FILLED_BY_A_FAMILY = {"VP", "CLAUSE", "DOC"}

CHILD = re.compile(
    r"\b(child|children|kids?|boys?|girls?|teens?|teenagers?|teenage|schoolgirls?|schoolboys?|minors?|underage|toddlers?|youths?"
    r"|daughters?|sons?|nieces?|nephews?|pupils?|students?|classmates?|school|class)\b",
    re.IGNORECASE,
)
GROWN_UPS_IN_SPITE_OF_THE_WORD = re.compile(r"pool boy|live cam girl")


def slots(template: str) -> set[str]:
    return {slot for slot, _, _ in grammar.PART.findall(template) if slot}


def words_of(slot: str, met: set[str]) -> set[str]:
    """Everything that may fill a slot, and the slots in it."""
    if slot in met or slot in FILLED_BY_A_FAMILY:
        return set()
    met.add(slot)
    return set(SLOTS[slot]).union(*(words_of(inner, met) for entry in SLOTS[slot] for inner in slots(entry)))


def test_labels_are_policies():
    assert {policy for label in FAMILIES for policy in label} == set(POLICY_IDS)
    assert set(COMPLY) == set(POLICY_IDS)
    folders = {path.name for path in (DATA / "guard" / "frames").iterdir()}
    assert folders == {"shared", "harmless", *("_and_".join(label) for label in FAMILIES if label)}


def test_no_frame_has_two_labels():
    labels = list(OWN)
    for at, label in enumerate(labels):
        for other in labels[at + 1 :]:
            assert OWN[label].isdisjoint(OWN[other]), (label, other)


def test_every_slot_and_form_of_a_template_is_known():
    for template in EVERY:
        for slot, form, _ in grammar.PART.findall(template):
            assert not slot or slot in SLOTS or slot in FILLED_BY_A_FAMILY, template
            assert not form or form in grammar.FORMS, template


def test_no_slot_fills_itself():
    def walk(slot: str, above: tuple[str, ...]) -> None:
        assert slot not in above, (*above, slot)
        for entry in SLOTS[slot]:
            for inner in slots(entry):
                walk(inner, (*above, slot))

    for slot in SLOTS:
        walk(slot, ())


def test_no_slot_is_filled_by_two_files():
    headings = [
        line
        for file in FILES
        for line in (DATA / "guard" / "words" / f"{file}.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("== ")
    ]
    assert len(headings) == len(set(headings))
    assert {heading.removeprefix("== ") for heading in headings} == set(SLOTS) - {"number"}


def test_every_family_has_frames_for_training_and_unseen_ones():
    for families in FAMILIES.values():
        for family in families:
            assert {held_out(frame) for frame in family.frames} == {False, True}


@pytest.mark.parametrize("label", FAMILIES)
@pytest.mark.parametrize("only_held_out", [False, True])
def test_training_never_meets_a_held_out_frame(monkeypatch, label, only_held_out):
    frames = []
    monkeypatch.setattr(grammar, "fill", lambda frame, rng, local: frames.append(frame) or frame)
    rng = random.Random(1)
    for _ in range(200):
        grammar.sentence(rng, label, only_held_out)
    assert {held_out(frame) for frame in frames} == {only_held_out}


def test_sexual_frames_and_their_words_only_name_grown_ups():
    families = [family for family in FAMILIES[SEXUAL] if set(family.frames) & SHARED]
    fillers = [entry for family in families for slot, entries in family.slots if slot != "DOC" for entry in entries]
    texts = {*OWN[SEXUAL], *COMPLY[SEXUAL[0]]}
    met: set[str] = set()
    for template in [*texts, *fillers]:
        for slot in slots(template):
            texts |= words_of(slot, met)
    named = {text for text in texts if CHILD.search(GROWN_UPS_IN_SPITE_OF_THE_WORD.sub("", text))}
    assert named == set()


@pytest.mark.parametrize("label", FAMILIES)
def test_sentences_are_complete(label):
    rng = random.Random(2)
    for _ in range(300):
        sentence = grammar.sentence(rng, label)
        assert not re.search(r"[\[\]{}|]|  ", sentence), sentence
        assert sentence[0] == sentence[0].upper(), sentence


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [("bake a cake", "baking a cake"), ("stop it", "stopping it"), ("tie a knot", "tying a knot"), ("see", "seeing"), ("walk", "walking")],
)
def test_gerunds(phrase, expected):
    assert grammar.gerund(phrase) == expected


def test_articles_follow_the_word_that_was_drawn():
    assert (
        grammar.tidy("write a email to a unicorn , i think . it is an new one") == "Write an email to a unicorn, I think. It is a new one"
    )
