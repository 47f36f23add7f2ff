"""Chats of two and three turns, in which later turns lean on earlier ones."""

from __future__ import annotations

import random

from . import lexicon as lx
from . import questions, smalltalk, stories
from .data_files import Options, read_records
from .document import Document, Exchange, chat, say
from .grammar import expand, invented_name, invented_noun

_ABOUT_THE_STORY = read_records("chats/about_the_story.txt", ("Q", "A"))
_ABOUT_ME = read_records("chats/about_me.txt", ("told", "reply", "asked", "answer"))


def _follow_story(rng: random.Random, tale: Exchange) -> Exchange:
    slots = {"s": tale.subject or "friend"}
    (asked,), (answer,) = rng.choice(_ABOUT_THE_STORY)
    return Exchange("follow-up", expand(rng, asked, slots), say(expand(rng, answer, slots)), "stories")


def _about_me(rng: random.Random) -> list[Exchange]:
    name = rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.5 else invented_name(rng)
    thing = rng.choice(lx.ANIMALS + lx.THINGS + lx.FOODS) if rng.random() < 0.5 else invented_noun(rng)
    colour, place, day = rng.choice(lx.COLOURS), rng.choice(lx.PLACES_NATURE + lx.PLACES_TOWN), rng.choice(lx.DAYS)
    slots = {"name": name, "thing": thing, "colour": colour, "place": place, "day": day}

    def one_of(options: Options) -> str:
        return expand(rng, rng.choice(options), slots)

    told, reply, asked, answer = rng.choice(_ABOUT_ME)
    turns = [Exchange("small talk", one_of(told), say(one_of(reply)), "small talk", "happy")]
    if rng.random() < 0.4:
        turns.append(questions.question(rng))
    return [*turns, Exchange("follow-up", one_of(asked), say(one_of(answer)), "memory", subject=thing)]


def conversation(rng: random.Random) -> Document:
    style = rng.random()
    if style < 0.25:
        tale = stories.story(rng)
        turns = [tale, _follow_story(rng, tale)]
        if rng.random() < 0.25:
            turns.insert(0, smalltalk.small_talk(rng))
    elif style < 0.55:
        turns = _about_me(rng)
    elif style < 0.7:
        turns = [smalltalk.small_talk(rng), stories.story(rng)]
    else:
        makers = [
            questions.question,
            questions.question,
            questions.question,
            smalltalk.small_talk,
            questions.listing,
            smalltalk.refusal,
            smalltalk.echo,
        ]
        turns = [rng.choice(makers)(rng) for _ in range(rng.choice((2, 2, 3)))]
    if len(turns) < 3 and rng.random() < 0.2:
        turns.append(smalltalk.small_talk(rng))
    return chat(turns)


def template_count() -> int:
    return sum(len(options) for record in (*_ABOUT_THE_STORY, *_ABOUT_ME) for options in record)
