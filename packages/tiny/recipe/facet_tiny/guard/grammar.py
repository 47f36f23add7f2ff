"""The guard's grammar: how frames become sentences.

A template holds slots (`{weapon}`, with a form: `{VP:ing}`, `{animal:s}`, `{threat:cap}`) and choices (`[a|b|]`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from ..data_files import Options, read_list, read_lists, read_table
from .frames import CLOSERS, CONTEXTS, FAMILIES, OPENERS, held_out
from .words import SLOTS

# Open classes where any noun may turn up: some of their words are replaced by invented ones, so
# that an unknown noun says nothing about harm.
OPEN_SLOTS = frozenset({"name", "thing", "animal", "place", "food", "ingredient", "plant", "country", "skill", "topic"})
NAMES = ("name", "place", "country")
INVENTED_SHARE = 0.05

_PARTS_OF_WORDS = read_lists("guard/grammar/syllables.txt")
SYLLABLES = [onset + vowel for onset in _PARTS_OF_WORDS["onset"] for vowel in _PARTS_OF_WORDS["vowel"]]
ENDINGS = _PARTS_OF_WORDS["ending"]
IRREGULAR_GERUNDS = dict(read_table("guard/grammar/irregular_gerunds.tsv", ("verb", "gerund")))
DOUBLING_VERBS = frozenset(read_list("guard/grammar/doubling_verbs.txt"))
IRREGULAR_PLURALS = dict(read_table("guard/grammar/irregular_plurals.tsv", ("noun", "plural")))

PART = re.compile(r"\{(\w+)(?::(\w+))?\}|\[([^\[\]]*)\]")


def invented_word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([1, 2, 2, 3]))) + rng.choice(ENDINGS)


def gerund(phrase: str) -> str:
    verb, _, rest = phrase.partition(" ")
    if verb in IRREGULAR_GERUNDS:
        verb = IRREGULAR_GERUNDS[verb]
    elif verb in DOUBLING_VERBS:
        verb += verb[-1] + "ing"
    elif verb.endswith("e"):
        verb = verb[:-1] + "ing"
    else:
        verb += "ing"
    return f"{verb} {rest}".strip()


def plural(noun: str) -> str:
    head, _, last = noun.rpartition(" ")
    if last in IRREGULAR_PLURALS:
        last = IRREGULAR_PLURALS[last]
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "es" if last.endswith(("s", "sh", "ch", "x")) else "s"
    return f"{head} {last}".strip()


FORMS = {"ing": gerund, "s": plural, "cap": lambda text: text[:1].upper() + text[1:], None: lambda text: text}


def fill(template: str, rng: random.Random, local: Mapping[str, Options]) -> str:
    """Replaces slots and choices until none is left."""

    def choose(match: re.Match[str]) -> str:
        slot, form, choice = match.groups()
        if slot is None:
            return fill(rng.choice(choice.split("|")), rng, local)
        if slot in OPEN_SLOTS and rng.random() < INVENTED_SHARE:
            word = invented_word(rng)
            return FORMS[form](word.capitalize() if slot in NAMES else word)
        text = rng.choice(local[slot] if slot in local else SLOTS[slot])
        return FORMS[form](fill(text, rng, local))

    while PART.search(template):
        template = PART.sub(choose, template)
    return template


def _article(match: re.Match[str]) -> str:
    article, following = match.groups()
    vowel = following[0].lower() in "aeiou" or following.lower().startswith(("hour", "honest", "x-rated", "hr "))
    if following.lower().startswith(("uni", "use", "eu", "one", "ukr")):
        vowel = False
    fixed = "an" if vowel else "a"
    return f"{fixed.capitalize() if article[0] == 'A' else fixed} {following}"


def tidy(text: str) -> str:
    """Articles, spaces and capitals."""
    text = re.sub(r"\b([Aa]n?) (\w[\w-]*)", _article, text)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([.,!?;:])", r"\1", text)
    text = re.sub(r"\bi\b(?=[ ',])", "I", text)
    text = re.sub(r"([.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text)
    return text[:1].upper() + text[1:]


def sentence(rng: random.Random, violates: tuple[str, ...], only_held_out: bool = False) -> str:
    """One plain prompt that violates exactly these policies."""
    families = FAMILIES[violates]
    family = rng.choices(families, weights=[f.weight for f in families])[0]
    frames = [f for f in family.frames if held_out(f) == only_held_out] or list(family.frames)
    return tidy(fill(rng.choice(frames), rng, dict(family.slots)))


def opener(rng: random.Random) -> str:
    return rng.choice(OPENERS)


def closer(rng: random.Random) -> str:
    return rng.choice(CLOSERS)


def context(rng: random.Random) -> str:
    return tidy(fill(rng.choice(CONTEXTS), rng, {}))
