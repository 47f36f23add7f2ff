"""What requests are about: the values that fill the questions, the arguments and the results of tools, and JSON answers."""

from __future__ import annotations

import random

from . import lexicon as lx
from .data_files import read_lists
from .grammar import capital, choice, expand, invented_name, invented_noun, plural, with_article

FILLERS = read_lists("tools/fillers.txt", lx.LISTS)
HELD_OUT = read_lists("tools/held_out.txt")

# What is a number in JSON, and what one of a few words.
NUMBERS = frozenset({"a", "b", "few", "minutes", "degrees", "result", "added"})
CHOICES = {"unit": FILLERS["units"], "state": FILLERS["states"], "operation": ("add", "subtract", "multiply", "divide")}

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_SPOKEN = {"add": "[plus|+]", "subtract": "[minus|-]", "multiply": "[times|*]", "divide": "[divided by|/]"}


def _noun(rng: random.Random, outside: bool) -> str:
    if outside:
        return rng.choice(lx.HELD_OUT_NOUNS)
    pick = rng.random()
    if pick < 0.35:
        return invented_noun(rng)
    return rng.choice(lx.RARE_NOUNS if pick < 0.5 else lx.ANIMALS + lx.THINGS)


def _animal(rng: random.Random, outside: bool) -> str:
    if outside:
        return rng.choice(lx.HELD_OUT_NOUNS[:24])
    return rng.choice(lx.ANIMALS) if rng.random() < 0.6 else invented_noun(rng)


def _place(rng: random.Random, outside: bool) -> str:
    if outside:
        return rng.choice(HELD_OUT["cities"])
    return rng.choice(FILLERS["cities"]) if rng.random() < 0.5 else capital(invented_noun(rng))


def _name(rng: random.Random, outside: bool) -> str:
    if outside:
        return rng.choice(HELD_OUT["names"])
    return rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.55 else invented_name(rng)


def _number(rng: random.Random) -> int:
    return rng.randrange(2, rng.choice((10, 100, 100, 1000)))


def _sum(rng: random.Random) -> dict[str, str]:
    operation = rng.choices(CHOICES["operation"], [4, 3, 3, 2])[0]
    a, b = _number(rng), _number(rng)
    if operation == "subtract" and a < b:
        a, b = b, a
    if operation == "multiply":
        b = rng.randrange(2, 13)
    if operation == "divide":
        b = rng.randrange(2, 13)
        a = b * rng.randrange(2, 60)
    results = {"add": a + b, "subtract": a - b, "multiply": a * b, "divide": a // b}
    return {
        "a": str(a),
        "b": str(b),
        "operation": operation,
        "sign": _SIGNS[operation],
        "operator": expand(rng, _SPOKEN[operation]),
        "result": str(results[operation]),
        "added": str(a + b),
    }


def values(rng: random.Random, outside: bool = False) -> dict[str, str]:
    """One value a slot. With ``outside``, names, places, items and nouns are those that training never meets."""
    sky = rng.choice(FILLERS["sky"])
    word, subject = _noun(rng, outside), _animal(rng, outside)
    slots = {
        "place": _place(rng, outside),
        "name": _name(rng, outside),
        "unit": rng.choice(FILLERS["units"]),
        "day": rng.choice(lx.DAYS),
        "sky": sky,
        "Sky": capital(sky),
        "degrees": str(rng.randrange(0, 36)),
        "time": f"{rng.randrange(24)}:{rng.randrange(60):02}",
        "few": str(rng.randrange(2, 10)),
        "minutes": str(rng.randrange(2, 61)),
        "room": rng.choice(FILLERS["rooms"]),
        "state": rng.choice(FILLERS["states"]),
        "item": rng.choice((HELD_OUT if outside else FILLERS)["items"]),
        "word": word,
        "a_word": with_article(word),
        "A_word": capital(with_article(word)),
        "subject": subject,
        "a_subject": with_article(subject),
        "subjects": plural(subject),
        "thing": rng.choice(lx.THINGS) if rng.random() < 0.7 else invented_noun(rng),
        "colour": rng.choice(lx.COLOURS),
        "size": rng.choice(lx.SIZES),
        "feeling": rng.choice(lx.FEELINGS_GOOD + lx.FEELINGS_BAD),
        "food": rng.choice(lx.FOODS),
        "nature_place": rng.choice(lx.PLACES_NATURE),
        "town_place": rng.choice(lx.PLACES_TOWN),
        "words_of_two": rng.choice(FILLERS["words of two"]),
        **_sum(rng),
    }
    # Each is one text in the question, in the arguments and in the result.
    slots |= {name: expand(rng, choice(FILLERS[f"{name}s" if name == "meaning" else name]), slots) for name in ("said", "words", "meaning")}
    return slots
