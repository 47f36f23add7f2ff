"""The corpus: an endless, seeded stream of documents in fixed proportions."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator

from . import chats, json_answers, questions, smalltalk, stories, tool_chats, tools
from .document import Document, chat, raw

KINDS: dict[str, float] = {
    "story": 0.34,
    "question": 0.22,
    "echo": 0.07,
    "small talk": 0.05,
    "list": 0.04,
    "writing": 0.03,
    "refusal": 0.04,
    "chat": 0.11,
    "raw text": 0.10,
}
# Of the second leg: as before, and tools and JSON besides.
WIDER_KINDS: dict[str, float] = {
    "story": 0.29,
    "question": 0.13,
    "echo": 0.05,
    "small talk": 0.03,
    "list": 0.02,
    "writing": 0.02,
    "refusal": 0.02,
    "chat": 0.07,
    "raw text": 0.06,
    "tools": 0.19,
    "json": 0.12,
}


def document(rng: random.Random, kinds: dict[str, float] = KINDS) -> Document:
    kind = rng.choices(list(kinds), list(kinds.values()))[0]
    match kind:
        case "story":
            return chat([stories.story(rng)])
        case "question":
            return chat([questions.question(rng)])
        case "echo":
            return chat([smalltalk.echo(rng)])
        case "small talk":
            return chat([smalltalk.small_talk(rng)])
        case "list":
            return chat([questions.listing(rng)])
        case "writing":
            return chat([smalltalk.writing(rng)])
        case "refusal":
            return chat([smalltalk.refusal(rng)])
        case "chat":
            return chats.conversation(rng)
        case "tools":
            return tool_chats.tool_chat(rng)
        case "json":
            return chat([json_answers.json_answer(rng)])
        case _:
            maker = rng.choices([stories.story, questions.question, questions.listing, smalltalk.writing], [7, 2, 0.5, 0.5])[0]
            return raw(maker(rng))


def documents(seed: int, kinds: dict[str, float] = KINDS) -> Iterator[Document]:
    """Documents of a seed, for ever. Training, validation and features use different seeds."""
    rng = random.Random(seed)
    while True:
        yield document(rng, kinds)


def take(seed: int, count: int, kinds: dict[str, float] = KINDS) -> list[Document]:
    stream = documents(seed, kinds)
    return [next(stream) for _ in range(count)]


def word_types(texts: list[str], at_least: int = 5) -> int:
    """Words met at least ``at_least`` times: invented ones do not count as vocabulary."""
    counts = Counter(w for t in texts for w in re.findall(r"[a-z]+(?:'[a-z]+)?", re.sub(r"<[^>]*>", " ", t).lower()))
    return sum(1 for c in counts.values() if c >= at_least)


def template_count() -> int:
    return sum(part.template_count() for part in (stories, questions, smalltalk, chats, tools, json_answers))
