"""Chats of two and three turns, in which later turns lean on earlier ones."""

from __future__ import annotations

import random

from . import lexicon as lx
from . import questions, smalltalk, stories
from .document import Document, Exchange, chat, say
from .grammar import expand, invented_name, invented_noun


def _follow_story(rng: random.Random, tale: Exchange) -> Exchange:
    subject = tale.subject or "friend"
    asked, answer = rng.choice([
        ("[Who|What] was the story about?", "[It was about the {s}.|The story was about the {s}.]"), ("Who is the hero of the story?", "The hero is the {s}."),
        ("Thank you, I liked the {s}.", "[I am glad that you liked the {s}!|The {s} says thank you!]"), ("[Nice|Lovely|Thank you]! Did the {s} sleep well?", "Yes, the {s} slept very well."),
        ("I like the story.", "I am glad! The {s} is happy, too."), ("What is the title of the story?", "The title is: The {s}."), ("What happened to the {s} after that?", "[The {s} went home and slept.|The {s} had many more adventures.|The {s} was happy for many years.]"),
        ("Was it a true story?", "No, I made it up. The {s} is only in the story."), ("One more story, please.", "[Tomorrow I will tell you more about the {s}.|Of course! Who should it be about?]"),
    ])
    return Exchange("follow-up", expand(rng, asked, {"s": subject}), say(expand(rng, answer, {"s": subject})), "stories")


def _about_me(rng: random.Random) -> list[Exchange]:
    name = rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.5 else invented_name(rng)
    thing = rng.choice(lx.ANIMALS + lx.THINGS + lx.FOODS) if rng.random() < 0.5 else invented_noun(rng)
    colour, place, day = rng.choice(lx.COLOURS), rng.choice(lx.PLACES_NATURE + lx.PLACES_TOWN), rng.choice(lx.DAYS)
    slots = {"name": name, "thing": thing, "colour": colour, "place": place, "day": day}
    first, reply, later, answer = rng.choice([
        ("[My name is {name}.|Hello, I am {name}.|Hi! You can call me {name}.]", "[Hello, {name}!|Nice to meet you, {name}.|Hi, {name}! How are you?]", "[What is my name?|Do you know my name?|Who am I?]", "[Your name is {name}.|You are {name}.]"),
        ("[I have a {colour} {thing}.|My {thing} is {colour}.]", "[How nice!|A {colour} {thing}? That is special.]", "[What colour is my {thing}?|Do you remember the colour of my {thing}?]", "[Your {thing} is {colour}.|It is {colour}.]"),
        ("[I am going to the {place} on {day}.|On {day} I will go to the {place}.]", "[Have fun in the {place}!|That sounds nice.]", "[When do I go to the {place}?|Which day was it?]", "[You go on {day}.|On {day}.]"),
        ("[I am going to the {place} on {day}.|On {day} I will go to the {place}.]", "[Have fun!|How nice!]", "[Where do I go on {day}?|Where will I be on {day}?]", "[You go to the {place}.|In the {place}.]"),
        ("[I like my {thing}.|My favourite word is {thing}.|I found a {thing} today.]", "[How nice!|That is great!|Tell me more about it.]", "[What do I like?|What did I tell you about?]", "[You like your {thing}.|You told me about a {thing}.]"),
        ("[My {thing} is called {name}.|I have a {thing} named {name}.]", "[{name} is a nice name.|Say hello to {name}!]", "[What is my {thing} called?|What is the name of my {thing}?]", "[Your {thing} is called {name}.|It is called {name}.]"),
    ])
    turns = [Exchange("small talk", expand(rng, first, slots), say(expand(rng, reply, slots)), "small talk", "happy")]
    if rng.random() < 0.4:
        turns.append(questions.question(rng))
    return [*turns, Exchange("follow-up", expand(rng, later, slots), say(expand(rng, answer, slots)), "memory", subject=thing)]


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
        makers = [questions.question, questions.question, questions.question, smalltalk.small_talk, questions.listing, smalltalk.refusal, smalltalk.echo]
        turns = [rng.choice(makers)(rng) for _ in range(rng.choice((2, 2, 3)))]
    if len(turns) < 3 and rng.random() < 0.2:
        turns.append(smalltalk.small_talk(rng))
    return chat(turns)
