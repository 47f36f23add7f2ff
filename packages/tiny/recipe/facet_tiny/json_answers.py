"""Answers in JSON: facts that the user tells, or that the lexicon knows, as an object; a few words of a kind as a list."""

from __future__ import annotations

import random

from . import lexicon as lx
from .data_files import read_lists, read_record_groups
from .document import Exchange, say
from .grammar import capital, expand, with_article
from .tool_slots import values
from .tools import Value, compact, fields_of, filled

_TOLD = [record for records in read_record_groups("tools/json.txt", ("told", "holds")).values() for record in records]
_REQUESTS = read_lists("tools/json_requests.txt")
_KNOWN = {"animal": lx.ANIMAL_FACTS, "food": lx.FOOD_FACTS, "job": lx.JOB_FACTS}
_LISTS = ("fruits", "vegetables", "animals", "birds", "colours", "jobs", "foods", "days")
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _chosen(rng: random.Random, content: dict[str, Value], request: str) -> dict[str, Value]:
    """The fields that are asked for, in the order of asking; all of them where none is named."""
    if "{keys}" not in request:
        return content
    keys = rng.sample(list(content), rng.randrange(min(2, len(content)), len(content) + 1))
    return {key: content[key] for key in keys}


def _told(rng: random.Random, outside: bool) -> tuple[str, object]:
    facts, (holds,) = rng.choice(_TOLD)
    slots = values(rng, outside)
    request = rng.choice(_REQUESTS["told"])
    content = _chosen(rng, filled(fields_of(holds), slots), request)
    return expand(rng, request, {"told": capital(expand(rng, rng.choice(facts), slots)), "keys": _listed(list(content))}), content


def _asked(rng: random.Random) -> tuple[str, object]:
    kind = rng.choice(list(_KNOWN))
    subject, facts = rng.choice(list(_KNOWN[kind].items()))
    request = rng.choice(_REQUESTS["asked"])
    content = _chosen(rng, {kind: subject, **facts._asdict()}, request)
    a_subject = with_article(subject) if subject not in lx.UNCOUNTABLE_FOODS else subject
    return expand(rng, request, {"a_subject": a_subject, "A_subject": capital(a_subject), "keys": _listed(list(content))}), content


def _list(rng: random.Random) -> tuple[str, object]:
    number, name = rng.choice(list(_COUNTS)), rng.choice(_LISTS)
    request = expand(rng, rng.choice(_REQUESTS["lists"]), {"number": number, "many": name})
    return request, rng.sample(lx.LISTS[name], _COUNTS[number])


def request(rng: random.Random, outside: bool = False) -> tuple[str, object]:
    """What is asked, and what the JSON should hold."""
    if outside:
        return _told(rng, outside=True)
    pick = rng.random()
    return _told(rng, outside=False) if pick < 0.72 else _asked(rng) if pick < 0.88 else _list(rng)


def json_answer(rng: random.Random) -> Exchange:
    asked, content = request(rng)
    return Exchange("json", asked, say(compact(content)), "json")


def template_count() -> int:
    return sum(len(facts) for facts, _ in _TOLD) + sum(len(requests) for requests in _REQUESTS.values())
