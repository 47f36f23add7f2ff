"""Tools as a chat is told of them, in exactly the words of the SDK (``packages/sdk/src/effects/tools/toolPrompt.ts``)."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass

from .data_files import Options, read_record_groups
from .grammar import capital, expand
from .tool_slots import CHOICES, NUMBERS, values

_FIELDS = ("name", "about", "with", "asked", "found", "answer", "without")
_RECORDS = read_record_groups("tools/tools.txt", _FIELDS)
_SLOT = re.compile(r"\{(\w+)\}")
_NOTHING = "nothing"

_INTRODUCTION = (
    "You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of "
    '{"name": function name, "parameters": dictionary of argument name and its value}'
)
_SEVERAL = "To invoke several functions at once, put them in a list: [{...}, {...}]"
_ALONE = "You SHOULD NOT include any other text in the response if you call a function"

Value = str | int


def compact(value: object) -> str:
    """JSON as JavaScript's ``JSON.stringify`` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def spaced(fields: dict[str, object]) -> str:
    """A space between an object's own fields; what is in them compact."""
    return "{" + ", ".join(f"{compact(key)}: {compact(value)}" for key, value in fields.items()) + "}"


@dataclass(frozen=True)
class Tool:
    """One tool of a request; ``fields`` are (argument's name, template of its value)."""

    family: str
    name: str
    description: str
    fields: tuple[tuple[str, str], ...]
    parameters: dict
    asked: Options
    found: Options
    answers: Options
    without: Options

    def told(self) -> dict:
        about = {"description": self.description} if self.description else {}
        return {"name": self.name, **about, "parameters": self.parameters}

    def input(self, slots: dict[str, str]) -> dict[str, Value]:
        return filled(self.fields, slots)


def filled(fields: tuple[tuple[str, str], ...], slots: dict[str, str]) -> dict[str, Value]:
    return {key: _value(template, slots) for key, template in fields}


def _value(template: str, slots: dict[str, str]) -> Value:
    text = _SLOT.sub(lambda m: slots[m.group(1)], template)
    whole = _SLOT.fullmatch(template)
    return int(text) if whole and whole.group(1) in NUMBERS else text


def fields_of(text: str) -> tuple[tuple[str, str], ...]:
    """``city={place}, days={few}``, in pairs."""
    if text == _NOTHING:
        return ()
    pairs = [part.partition("=") for part in text.split(", ")]
    return tuple((key, template) for key, _, template in pairs)


def _property(rng: random.Random, template: str) -> dict:
    whole = _SLOT.fullmatch(template)
    slot = whole.group(1) if whole else ""
    if slot in NUMBERS:
        return {"type": rng.choice(("integer", "number"))}
    if slot in CHOICES:
        return {"type": "string", "enum": list(CHOICES[slot])} if rng.random() < 0.5 else {"enum": list(CHOICES[slot])}
    return {"type": "string", "maxLength": rng.choice((20, 40))} if rng.random() < 0.12 else {"type": "string"}


def _parameters(rng: random.Random, fields: tuple[tuple[str, str], ...]) -> dict:
    """The shapes that hands, zod and the AI SDK write."""
    schema: dict = {"$schema": "http://json-schema.org/draft-07/schema#"} if rng.random() < 0.04 else {}
    schema |= {"type": "object", "properties": {key: _property(rng, template) for key, template in fields}}
    if fields:
        schema["required"] = [key for key, _ in fields]
    if not fields or rng.random() < 0.55:
        schema["additionalProperties"] = False
    return schema


def families() -> list[str]:
    return list(_RECORDS)


def tool(rng: random.Random, family: str) -> Tool:
    names, abouts, shapes, asked, found, answers, without = rng.choice(_RECORDS[family])
    fields = fields_of(rng.choice(shapes))
    description = "" if rng.random() < 0.06 else rng.choice(abouts)
    return Tool(family, rng.choice(names), description, fields, _parameters(rng, fields), asked, found, answers, without)


def ask(rng: random.Random, asked: Tool, training: bool = True, outside: bool = False) -> tuple[str, dict[str, str]]:
    """A question for a tool, and the values in it. One pair of wording and arguments in twelve never enters training."""
    while True:
        slots = values(rng, outside)
        template = rng.choice(asked.asked)
        mark = compact([template, *asked.input(slots).values()])
        # Without arguments there is only the wording, and of those there are few.
        if not asked.fields or (hashlib.md5(mark.encode()).digest()[0] < 21) != training:
            return capital(expand(rng, template, slots)), slots


def tool_text(tools: list[Tool], parallel: bool = False) -> str:
    """What stands before the user's first words."""
    return told_text([t.told() for t in tools], parallel)


def told_text(tools: list[dict], parallel: bool = False) -> str:
    return "\n\n".join([_INTRODUCTION, *([_SEVERAL] if parallel else []), _ALONE, compact(tools)])


def call_text(calls: list[tuple[Tool, dict[str, str]]]) -> str:
    said = [spaced({"name": called.name, "parameters": called.input(slots)}) for called, slots in calls]
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]"


def result_text(rng: random.Random, called: Tool, slots: dict[str, str]) -> str:
    template = rng.choice(called.found)
    result = filled(fields_of(template), slots) if "=" in template else _value(template, slots)
    return spaced({"name": called.name, "result": result})


def template_count() -> int:
    return sum(len(r[3]) + len(r[4]) + len(r[5]) + len(r[6]) for records in _RECORDS.values() for r in records)
