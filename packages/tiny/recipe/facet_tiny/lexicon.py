"""The words: who and what the corpus speaks about, by class (``data/lexicon``).

A class does two jobs: it fills slots of templates, and it is later a known attribute of a token
("food", "verbs of motion") by which features of the sparse autoencoders get their names.
"""

from __future__ import annotations

from typing import NamedTuple

from .data_files import read_list, read_lists, read_table


class Animal(NamedTuple):
    """What the corpus knows of an animal: a column of its table each; so below."""

    food: str
    home: str
    sound: str
    young: str  # what a young one is called
    ability: str
    group: str


class Food(NamedTuple):
    colour: str
    taste: str
    kind: str
    source: str  # where it comes from
    use: str  # how people eat it


class Job(NamedTuple):
    place: str
    task: str
    tool: str


def _facts(file: str, kind: type) -> dict:
    return {name: kind(*facts) for name, *facts in read_table(file, ("name", *kind._fields))}


ANIMAL_FACTS: dict[str, Animal] = _facts("lexicon/animals.tsv", Animal)
FOOD_FACTS: dict[str, Food] = _facts("lexicon/foods.tsv", Food)
JOB_FACTS: dict[str, Job] = _facts("lexicon/jobs.tsv", Job)
IRREGULAR_PLURALS = dict(read_table("lexicon/irregular_plurals.tsv", ("noun", "plural")))

ANIMALS = tuple(ANIMAL_FACTS)
FOODS = tuple(FOOD_FACTS)
JOBS = tuple(JOB_FACTS)

# Every list that another data file may take up by its name.
LISTS: dict[str, tuple[str, ...]] = {
    "animals": ANIMALS,
    "birds": tuple(name for name, facts in ANIMAL_FACTS.items() if facts.group == "bird"),
    "foods": FOODS,
    "fruits": tuple(name for name, facts in FOOD_FACTS.items() if facts.kind == "fruit"),
    "vegetables": tuple(name for name, facts in FOOD_FACTS.items() if facts.kind == "vegetable"),
    "jobs": JOBS,
    **read_lists("lexicon/words.txt"),
}
CREATURES, PEOPLE, THINGS = LISTS["creatures"], LISTS["people"], LISTS["things"]
GIRLS, BOYS = LISTS["girls"], LISTS["boys"]
COLOURS, SIZES, NUMBERS = LISTS["colours"], LISTS["sizes"], LISTS["numbers"]
GOOD_TRAITS, BAD_TRAITS = LISTS["good traits"], LISTS["bad traits"]
FEELINGS_GOOD, FEELINGS_BAD = LISTS["happy feelings"], LISTS["unhappy feelings"]
PLACES_NATURE, PLACES_TOWN = LISTS["places in nature"], LISTS["places in town"]
BODY = LISTS["body"]
DAYS, MONTHS, SEASONS = LISTS["days"], LISTS["months"], LISTS["seasons"]
CALLED_SHE, CALLED_HE = frozenset(LISTS["nouns called she"]), frozenset(LISTS["nouns called he"])
UNCOUNTABLE_FOODS = frozenset(LISTS["uncountable foods"])

WORD_CLASSES = read_lists("lexicon/word_classes.txt", LISTS)
NEIGHBOUR_CLASSES = read_list("lexicon/neighbour_classes.txt")

HELD_OUT_NOUNS = read_list("lexicon/held_out_nouns.txt")
RARE_NOUNS = read_list("lexicon/rare_nouns.txt")
SYLLABLES = read_lists("lexicon/syllables.txt")
