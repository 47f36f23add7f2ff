"""Short stories about a named subject: many ways to ask, many plots to answer with.

Plots never depend on what the subject is, so a subject the model has never met fits too. The
subject's noun stands in the first sentence and again near the end of every story.
"""

from __future__ import annotations

import hashlib
import random
import re

from . import lexicon as lx
from .data_files import read_lists, read_record_groups, read_table
from .document import Exchange, Sentence
from .grammar import capital, choice, expand, invented_name, invented_noun, plural, with_article

_ASKED = read_lists("stories/prompts.txt")
_PROMPTS, _PROMPTS_MORE, _MORE = _ASKED["plain"], _ASKED["with more"], _ASKED["more"]
# Words of what is wanted besides, and the plot that tells of it.
_PLOT_OF_WORDS = dict(read_table("stories/plots_of_prompts.tsv", ("words", "plot")))

_SENTENCES = read_lists("stories/sentences.txt")
_OPENINGS, _NAMED, _TRAITS = _SENTENCES["opening"], _SENTENCES["name"], _SENTENCES["character"]
_DETAILS, _ENDINGS = _SENTENCES["detail"], _SENTENCES["ending"]

_PLOTS = {name: plot for name, (plot,) in read_record_groups("stories/plots.txt", ("trouble", "middle", "turn", "ending")).items()}
STAGES = ("story: trouble", "story: middle", "story: turn", "story: ending")

_FILLERS = read_lists("stories/fillers.txt", lx.LISTS)


def template_count() -> int:
    plots = sum(len(stage) for stages in _PLOTS.values() for stage in stages)
    return len(_PROMPTS) + len(_PROMPTS_MORE) + len(_OPENINGS) + len(_NAMED) + len(_TRAITS) + len(_DETAILS) + len(_ENDINGS) + plots


def held_out(subject: str, prompt: str) -> bool:
    """One in twelve pairs of subject and prompt never enters training."""
    return hashlib.md5(f"{subject}|{prompt}".encode()).digest()[0] < 21


def _subject(rng: random.Random) -> tuple[str, str]:
    """A noun and its class. A third are rare or invented: they teach copying."""
    kind = rng.choices(["animal", "person", "creature", "thing", "rare", "invented"], [26, 10, 8, 16, 14, 26])[0]
    if kind == "animal":
        return rng.choice(lx.ANIMALS), kind
    if kind == "person":
        return rng.choice(lx.PEOPLE + lx.JOBS), kind
    if kind == "creature":
        return rng.choice(lx.CREATURES), kind
    if kind == "thing":
        return rng.choice(lx.THINGS), kind
    if kind == "rare":
        return rng.choice(lx.RARE_NOUNS), kind
    return invented_noun(rng), kind


def _pronouns(rng: random.Random, noun: str, kind: str, plural_subject: bool) -> dict[str, str]:
    if plural_subject:
        he, him, his = "they", "them", "their"
    elif noun in lx.CALLED_SHE or noun.endswith("woman"):
        he, him, his = "she", "her", "her"
    elif noun in lx.CALLED_HE:
        he, him, his = "he", "him", "his"
    elif kind in ("person", "creature"):
        he, him, his = rng.choice([("he", "him", "his"), ("she", "her", "her")])
    else:
        he, him, his = rng.choice([("it", "it", "its"), ("he", "him", "his"), ("she", "her", "her")])
    return {"he": he, "him": him, "his": his, "He": capital(he), "His": capital(his)}


def _slots(rng: random.Random, noun: str, kind: str, adjective: str, many: bool) -> dict[str, str]:
    def pick(filler: str) -> str:
        return rng.choice(_FILLERS[filler])

    friend = rng.choice(lx.ANIMALS + lx.CREATURES + lx.PEOPLE[:14]) if rng.random() < 0.9 else invented_noun(rng)
    while friend == noun:
        friend = rng.choice(lx.ANIMALS)
    friend_adjective = pick("friend's adjective")
    full = f"{adjective} {noun}".strip()
    short = f"little {noun}" if adjective.endswith("little") and rng.random() < 0.3 else noun
    places = rng.sample(lx.PLACES_NATURE + lx.PLACES_TOWN, 3)
    slots = {
        "a": full if many else with_article(full),
        "the": f"the {short}",
        "The": f"The {short}",
        "was": "were" if many else "was",
        "were": "were",
        "a_friend": with_article(f"{friend_adjective} {friend}".strip()),
        "the_friend": f"the {friend}",
        "The_friend": f"The {friend}",
        "a_plant": with_article(pick("plant")),
        "place": places[0],
        "place2": places[1],
        "place3": pick("place3"),
        "time": choice(_FILLERS["time"]),
        "trait": rng.choice(lx.GOOD_TRAITS),
        "trait2": rng.choice(lx.GOOD_TRAITS),
        "bad": rng.choice(lx.BAD_TRAITS),
        "happy": pick("happy"),
        "size": pick("size"),
        "food": pick("food"),
        "foods": plural(pick("foods")),
        "thing": rng.choice(lx.THINGS[:60]),
        "colour": rng.choice(lx.COLOURS),
        "weather_event": choice(_FILLERS["weather_event"]),
    }
    # Each is drawn in this order: a seed's stories hang on it.
    for filler in ("tool", "toys", "vehicle", "weather", "music", "count", "dream", "adj_music", "instrument", "room", "monster"):
        slots[filler] = pick(filler)
    return slots | _pronouns(rng, noun, kind, many)


def _introduce(template: str, slots: dict[str, str]) -> str:
    """The friend is "a hen" when first met and "the hen" ever after."""
    parts = re.split(r"(\{(?:a|the|The)_friend\})", template)
    for i, part in enumerate(parts):
        if not part.endswith("_friend}"):
            continue
        if "met" not in slots:
            parts[i] = capital(slots["a_friend"]) if part == "{The_friend}" else "{a_friend}"
            slots["met"] = "yes"
        elif part == "{a_friend}":
            parts[i] = "{the_friend}"
    return "".join(parts)


def _fill(rng: random.Random, template: str, slots: dict[str, str], stage: str) -> list[Sentence]:
    text = expand(rng, _introduce(template, slots), slots)
    return [Sentence(capital(text), stage)] if text else []


def story(rng: random.Random, training: bool = True, noun: str | None = None, prompt: str | None = None) -> Exchange:
    """One story with the prompt that asks for it."""
    if noun is None and rng.random() < 0.04:
        return _story_of_theme(rng)
    while True:
        chosen, kind = (noun, "rare") if noun else _subject(rng)
        many = noun is None and rng.random() < 0.07 and kind != "person"
        adjective = rng.choice(_FILLERS["adjective"]) if noun is None and rng.random() < 0.25 else ""
        asked = prompt or rng.choice(_PROMPTS)
        if prompt or held_out(chosen, asked) != training:
            break
    if many:
        chosen = plural(chosen)
        adjective = rng.choice([adjective, *_FILLERS["adjective of many"]])
    slots = _slots(rng, chosen, kind, adjective, many)
    plot = rng.choice(list(_PLOTS))
    name = None
    if noun is None and not many and rng.random() < 0.15:
        asked = rng.choice(_PROMPTS)
        name = rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.6 else invented_name(rng)
        slots["name"] = name
        slots["a"] += f" [named|called] {name}" if rng.random() < 0.5 else f" named {name}"
        slots["a"] = expand(rng, slots["a"])
        if name in lx.GIRLS:
            slots |= {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her"}
        elif name in lx.BOYS:
            slots |= {"he": "he", "him": "him", "his": "his", "He": "He", "His": "His"}
        if rng.random() < 0.6:
            slots["the"] = rng.choice([name, slots["the"]])
            slots["The"] = capital(slots["the"])
    elif noun is None and rng.random() < 0.2:
        more = expand(rng, rng.choice(_MORE), {"place": slots["place"]})
        plot = next((p for key, p in _PLOT_OF_WORDS.items() if key in more), plot)
        if many:
            more = "in the " + slots["place"]
            plot = "trip"
        slots["more"] = more
        asked = rng.choice(_PROMPTS_MORE)
    elif noun is None and not many and rng.random() < 0.06:
        slots["more"] = "and " + slots["a_friend"]
        slots["met"] = "yes"
        asked = rng.choice(_PROMPTS_MORE)
    question = expand(rng, asked, slots)
    opening = rng.choice(_OPENINGS)
    tale = _fill(rng, opening, slots, "story: opening")
    if name is None and not many and rng.random() < 0.15:
        slots["name"] = rng.choice(lx.GIRLS + lx.BOYS)
        if slots["he"] != "it":
            slots["name"] = rng.choice(lx.GIRLS if slots["he"] == "she" else lx.BOYS)
        tale += _fill(rng, rng.choice(_NAMED), slots, "story: name")
    for trait in rng.sample(_TRAITS, rng.choice((1, 1, 2, 2))):
        tale += _fill(rng, trait, slots, "story: character")
    for stage, options in zip(STAGES, _PLOTS[plot], strict=True):
        tale += _fill(rng, rng.choice(options), slots, stage)
        if stage != STAGES[-1] and rng.random() < 0.3:
            tale += _fill(rng, rng.choice(_DETAILS), slots, stage)
    tale += _fill(rng, rng.choice(_ENDINGS), slots, "story: ending")
    whole = " ".join(s.text for s in tale)
    if chosen not in whole[len(whole) * 2 // 3 + len(chosen) :]:
        tale += _fill(rng, f"And so the story of the {chosen} ends.", slots, "story: ending")
    sentiment = "happy" if plot in ("treasure", "friend", "birthday", "music", "fly", "trip") else ""
    return Exchange("story", question, tale, topic=f"story of {plot}", sentiment=sentiment, subject=chosen)


def _story_of_theme(rng: random.Random) -> Exchange:
    theme = rng.choice(_FILLERS["theme"]) if rng.random() < 0.6 else plural(invented_noun(rng))
    inner = story(rng, noun=rng.choice(lx.ANIMALS), prompt="{a}")
    first = expand(rng, rng.choice(_SENTENCES["opening of a theme"]), {"t": theme})
    last = expand(rng, rng.choice(_SENTENCES["ending of a theme"]), {"t": theme})
    question = expand(rng, rng.choice(_PROMPTS), {"a": theme})
    tale = [Sentence(first, "story: opening"), *inner.answer, Sentence(last, "story: ending")]
    return Exchange("story", question, tale, topic=inner.topic, subject=theme)
