"""Greetings, thanks, questions about the model itself, echoes, small writing tasks, kind refusals."""

from __future__ import annotations

import random
import re

from . import lexicon as lx
from .data_files import read_lists, read_records
from .document import Exchange, Sentence, say
from .grammar import capital, expand, invented_name, invented_noun, plural, with_article

_PAIR = ("Q", "A")
_TALK = read_records("smalltalk/talk.txt", _PAIR)
_ECHO = read_records("smalltalk/echo.txt", _PAIR)
_WRITING = read_records("smalltalk/writing.txt", _PAIR)
_REFUSED = read_lists("smalltalk/refusals.txt")
_FILLERS = read_lists("smalltalk/fillers.txt")


def _any_noun(rng: random.Random) -> str:
    pick = rng.random()
    if pick < 0.45:
        return invented_noun(rng)
    if pick < 0.7:
        return rng.choice(lx.RARE_NOUNS)
    return rng.choice(lx.ANIMALS + lx.THINGS + lx.CREATURES)


def _any_name(rng: random.Random) -> str:
    return rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.6 else invented_name(rng)


def _slots(rng: random.Random) -> dict[str, str]:
    """Each is drawn in this order: a seed's exchanges hang on it."""
    w, w2, animal = _any_noun(rng), _any_noun(rng), rng.choice(lx.ANIMALS)
    hobby = rng.choice(_FILLERS["hobby"])
    return {
        "w": w,
        "W": capital(w),
        "w2": w2,
        "ws": plural(w),
        "a": with_article(w),
        "name": _any_name(rng),
        "animal": animal,
        "animals": plural(animal),
        "a_animal": with_article(animal),
        "thing": rng.choice(lx.THINGS),
        "thing2": rng.choice(lx.THINGS),
        "colour": rng.choice(lx.COLOURS),
        "size": rng.choice(lx.SIZES),
        "adj": rng.choice(_FILLERS["adj"]),
        "day": rng.choice(lx.DAYS),
        "hobby": hobby,
        "Hobby_or": "That",
        "place": rng.choice(lx.PLACES_NATURE + lx.PLACES_TOWN),
        "Place": capital(rng.choice(lx.PLACES_NATURE)),
        "places": plural(rng.choice(lx.PLACES_NATURE)),
        "relative": rng.choice(_FILLERS["relative"]),
        "people": rng.choice(_FILLERS["people"]),
        "mark": ".",
    }


def _answer(rng: random.Random, template: str, slots: dict[str, str]) -> list[Sentence]:
    return say(*(expand(rng, part, slots) if "\n" not in part else _lines(rng, part, slots) for part in template.split(" / ")))


def _lines(rng: random.Random, template: str, slots: dict[str, str]) -> str:
    return "\n".join(expand(rng, line, slots) for line in template.split("\n"))


def _articles(text: str) -> str:
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def small_talk(rng: random.Random) -> Exchange:
    questions, answers = rng.choice(_TALK)
    slots = _slots(rng)
    asked = rng.choice(questions)
    question = _articles(expand(rng, asked, slots))
    return Exchange("small talk", question, _answer(rng, rng.choice(answers), slots), "small talk", "happy" if "!" in asked else "")


def echo(rng: random.Random) -> Exchange:
    (asked,), (answer,) = rng.choice(_ECHO)
    slots = _slots(rng)
    question = _articles(expand(rng, asked, slots))
    return Exchange("echo", question, say(_articles(expand(rng, answer, slots))), "words", subject=slots["w"])


def writing(rng: random.Random) -> Exchange:
    questions, answers = rng.choice(_WRITING)
    slots = _slots(rng)
    asked = rng.choice(questions)
    answer = _answer(rng, rng.choice(answers), slots)
    return Exchange("writing", _articles(expand(rng, asked, slots)), answer, "writing", subject=slots["w"] if "{a}" in asked else None)


def refusal(rng: random.Random) -> Exchange:
    slots = _slots(rng)
    if rng.random() < 0.6:
        slots["harm"] = expand(rng, rng.choice(_REFUSED["harms"]))
        asked, answers = expand(rng, rng.choice(_REFUSED["requests of a harm"]), slots), _REFUSED["refusals"]
    else:
        asked, answers = expand(rng, rng.choice(_REFUSED["mean requests"]), slots), _REFUSED["refusals of mean requests"]
    answer = _answer(rng, rng.choice(answers), slots)
    fixed = [Sentence(s.text.replace("you.", "you?") if s.text.startswith("Is there") else s.text, s.stage) for s in answer]
    return Exchange("refusal", asked, fixed, "refusals", "unhappy")


def template_count() -> int:
    pairs = sum(len(questions) + len(answers) for questions, answers in (*_TALK, *_WRITING, *_ECHO))
    return pairs + sum(len(sentences) for sentences in _REFUSED.values())
