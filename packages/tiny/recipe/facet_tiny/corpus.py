"""The corpus: an endless, seeded stream of documents in fixed proportions."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator

from . import chats, questions, smalltalk, stories
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


def document(rng: random.Random, kind: str | None = None) -> Document:
    kind = kind or rng.choices(list(KINDS), list(KINDS.values()))[0]
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
        case _:
            maker = rng.choices([stories.story, questions.question, questions.listing, smalltalk.writing], [7, 2, 0.5, 0.5])[0]
            return raw(maker(rng))


def documents(seed: int) -> Iterator[Document]:
    """Documents of a seed, for ever. Training, validation and features use different seeds."""
    rng = random.Random(seed)
    while True:
        yield document(rng)


def take(seed: int, count: int) -> list[Document]:
    stream = documents(seed)
    return [next(stream) for _ in range(count)]


def word_types(texts: list[str], at_least: int = 5) -> int:
    """Words met at least ``at_least`` times: invented ones do not count as vocabulary."""
    counts = Counter(w for t in texts for w in re.findall(r"[a-z]+(?:'[a-z]+)?", re.sub(r"<[^>]*>", " ", t).lower()))
    return sum(1 for c in counts.values() if c >= at_least)


def template_count() -> int:
    return sum(part.template_count() for part in (stories, questions, smalltalk, chats))
