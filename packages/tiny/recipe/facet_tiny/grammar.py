"""How templates become text: choices, slots, articles, capitals; and invented nouns."""

from __future__ import annotations

import random
import re

from .lexicon import ANIMALS, HELD_OUT_NOUNS

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")

_ONSETS = "b c d f g h j k l m n p r s t v w z bl br cl cr dr fl fr gl gr pl pr sk sl sm sn sp st str sw tr tw th sh ch qu".split()
_VOWELS = "a e i o u a e i o ee oo ai ou ea oa".split()
_CODAS = ["", "", "", "n", "r", "l", "m", "t", "p", "ck", "nd", "st", "sh", "x", "b", "g", "rk", "lp", "nt", "mp", "ng"]
_ENDINGS = (
    "er or ist ing le el et it ot ow y o a on in en an um us ix ard ant ent oon ine ick ock ack op ip ap ish ush elot "
    "ino ello etta illo adger umble immer opper inkle obble urtle onkey iraffe ander ender inder aton ment tion "
    "pine dile phant saur bat fish bird fly bug cat box pot cart boat ship man maker worm wing tail foot horn bell"
).split()


def expand(rng: random.Random, template: str, slots: dict[str, str] | None = None) -> str:
    """``[a|b]`` chooses, ``{slot}`` inserts; slots may hold choices themselves."""
    text = template
    for _ in range(6):
        if slots and "{" in text:
            text = _SLOT.sub(lambda m: slots.get(m.group(1), m.group(0)), text)
        if "[" not in text:
            if not slots or not _SLOT.search(text):
                break
            continue
        text = _CHOICE.sub(lambda m: rng.choice(m.group(1).split("|")), text)
    return re.sub(r" {2,}", " ", text).strip()


def article(noun_phrase: str) -> str:
    first = noun_phrase.lower()
    if first.startswith(("uni", "use", "uku", "one", "eu")):
        return "a"
    return "an" if first[0] in "aeiou" or first.startswith(("hour", "honest")) else "a"


def with_article(noun_phrase: str) -> str:
    return f"{article(noun_phrase)} {noun_phrase}"


def plural(noun: str) -> str:
    irregular = {"mouse": "mice", "goose": "geese", "sheep": "sheep", "deer": "deer", "fish": "fish", "wolf": "wolves",
                 "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth", "leaf": "leaves",
                 "thief": "thieves", "fisherman": "fishermen", "policeman": "policemen", "postman": "postmen",
                 "snowman": "snowmen", "elf": "elves", "knife": "knives", "salmon": "salmon", "goldfish": "goldfish"}
    head, _, last = noun.rpartition(" ")
    if last in irregular:
        last = irregular[last]
    elif last.endswith(("s", "x", "ch", "sh", "z")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{head} {last}".strip()


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_KNOWN = set(ANIMALS) | set(HELD_OUT_NOUNS)


def invented_noun(rng: random.Random) -> str:
    """A word that looks like an English noun and (almost surely) is none."""
    while True:
        parts = [rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((1, 1, 1, 2)))]
        if rng.random() < 0.15:
            parts.insert(0, rng.choice("a e i o u".split()) + rng.choice("n r l m s".split()))
        word = "".join(parts) + rng.choice(_ENDINGS)
        if 4 <= len(word) <= 12 and word not in _KNOWN and not re.search(r"(.)\1\1", word):
            return word


def invented_name(rng: random.Random) -> str:
    word = rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) + rng.choice(["a", "o", "y", "in", "en", "ia", "el", ""])
    return capital(word[:9])
