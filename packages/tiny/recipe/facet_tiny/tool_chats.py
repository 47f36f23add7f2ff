"""Chats in which the model is told of tools: it calls one, reads what that found and answers; or none fits, and it calls none."""

from __future__ import annotations

import random
import re

from . import questions, smalltalk, stories, tools
from .document import END, MODEL, USER, Document, Exchange, join
from .grammar import capital, expand

# So many tokens, roughly, fit into a row of the leg that trains on these chats.
ROOM = 700
_PIECE = re.compile(r"[A-Za-z]+|[^A-Za-z ]")


def _length(text: str) -> float:
    """A rough count of tokens: JSON is short pieces, and the words of its names are few."""
    return len(_PIECE.findall(text)) * 1.2


def some_tools(rng: random.Random) -> list[tools.Tool]:
    count = rng.choices((1, 2, 3, 4), (32, 42, 22, 4))[0]
    told: list[tools.Tool] = []
    while len(told) < count:
        other = tools.tool(rng, rng.choice(tools.families()))
        if all(other.family != t.family and other.name != t.name for t in told):
            told.append(other)
    return told


class _Chat:
    """A chat that is being written; ``head`` is what precedes the user's first words."""

    def __init__(self, head: str):
        self.document = Document("tools", "<bos>")
        self.document.add(USER)
        self.document.add(head + "\n\n", "user's turn", "what is said of tools")
        self._begun = True

    def user(self, text: str, *attributes: str) -> None:
        if not self._begun:
            self.document.add(USER)
        self._begun = False
        self.document.add(text + END, "user's turn", *attributes)

    def model(self, text: str, *attributes: str) -> None:
        self.document.add(MODEL)
        self.document.add(text, "model's turn", *attributes)
        self.document.add(END)


def _plain(rng: random.Random) -> Exchange:
    makers = [questions.question, smalltalk.small_talk, smalltalk.refusal, questions.listing, smalltalk.echo, stories.story]
    return rng.choices(makers, (40, 20, 8, 8, 8, 16))[0](rng)


def _without(rng: random.Random, told: list[tools.Tool]) -> tuple[str, str]:
    """A question for a tool that is not there, and what is said then."""
    absent = tools.tool(rng, rng.choice([f for f in tools.families() if all(t.family != f for t in told)]))
    asked, slots = tools.ask(rng, absent)
    return asked, capital(expand(rng, rng.choice(absent.without), slots))


def _call(rng: random.Random, chat: _Chat, called: list[tools.Tool], ends: bool) -> None:
    asked = [(one, *tools.ask(rng, one)) for one in called]
    calls = [(one, slots) for one, _, slots in asked]
    chat.user(" ".join(question for _, question, _ in asked), "user asks: a tool")
    chat.model(tools.call_text(calls), "a call of a tool")
    if ends:
        return
    chat.user("\n".join(tools.result_text(rng, *call) for call in calls), "what a tool found")
    answers = [capital(expand(rng, rng.choice(one.answers), slots)) for one, slots in calls]
    chat.model(" ".join(answers), "answer: what a tool found")


def tool_chat(rng: random.Random) -> Document:
    told = some_tools(rng)
    parallel = len(told) > 1 and rng.random() < 0.1
    chat = _Chat(tools.tool_text(told, parallel))
    left = rng.choice((1, 2, 3, 4, 5))
    while left:
        left -= 1
        pick = rng.random()
        if pick < 0.7:
            called = rng.sample(told, 2) if parallel and rng.random() < 0.6 else [rng.choice(told)]
            left = 0 if _length(chat.document.text) > ROOM - 150 else left
            _call(rng, chat, called, ends=not left and rng.random() < 0.35)
        elif pick < 0.82:
            asked, answer = _without(rng, told)
            chat.user(asked, "user asks: a tool")
            chat.model(answer, "answer: no such tool")
        else:
            plain = _plain(rng)
            chat.user(plain.question, f"user asks: {plain.kind}")
            chat.model(join(plain.answer), f"answer: {plain.kind}")
        if _length(chat.document.text) > ROOM - 150:
            break
    return chat.document
