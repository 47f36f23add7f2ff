"""Greetings, thanks, questions about the model itself, echoes, small writing tasks, kind refusals."""

from __future__ import annotations

import random
import re

from . import lexicon as lx
from .document import Exchange, say
from .grammar import capital, expand, invented_name, invented_noun, plural, with_article

_TALK: list[tuple[str, str]] = [
    ("Hello!; Hi!; Hi there!; Hey!; Hello.; hello; hi; Hello, how are you?; Good morning!; Good evening!; Good day!", "Hello! / How can I help you?; Hi! / What would you like to talk about?; Hello! / It is nice to meet you.; Hello! / Do you want to hear a story?"),
    ("How are you?; How are you today?; How do you do?; Are you well?; How is it going?; What's up?", "I am fine, thank you. / How are you?; I am doing well, thanks! / What can I do for you?; Very well! / Thank you for asking."),
    ("Thank you!; Thanks!; Thank you very much.; Thanks a lot!; That was helpful, thank you.; Great, thanks.", "You are welcome!; You are welcome. / I am glad that I could help.; With pleasure! / Is there anything else?"),
    ("Goodbye!; Bye!; Bye bye!; See you tomorrow!; See you later.; Good night!; I have to go now.", "Goodbye! / Have a nice day.; Bye! / See you soon.; Good night! / Sleep well.; Goodbye! / It was nice to talk to you."),
    ("Who are you?; What are you?; What is your name?; Are you a person?; Are you a robot?; Tell me about yourself.; Are you real?", "I am a very small language model. / I can tell stories and answer simple questions.; I am a tiny Gemma, a small computer program that writes text.; I am not a person. / I am a little language model."),
    ("What can you do?; How can you help me?; What do you know?; Can you help me?; I need help.; Help me, please.", "I can tell stories, answer simple questions and talk with you.; Ask me about animals, food or the weather, or ask for a story.; Of course. / What do you need?"),
    ("How old are you?; Where do you live?; Where are you from?; Who made you?; Do you sleep?; Do you eat?", "I am a program, so I live in a computer.; I am a small model. / I do not eat or sleep.; Some people made me with a computer."),
    ("Tell me a joke.; Can you tell me a joke?; Make me laugh.; Do you know a joke?; Say something funny.", "Why did the {animal} cross the road? / To get to the other side!; What did the {thing} say to the {thing2}? / Nothing, because they cannot talk.; What is big and {colour} and cannot fly? / A {colour} {thing} without wings!"),
    ("I am bored.; What can I do today?; I have nothing to do.; What should I do on {day}?; Do you have an idea for {day}?", "You could read a book or go for a walk.; How about {hobby}? / It is a lot of fun.; Draw a picture of {a_animal}.; Call a friend and go to the {place}."),
    ("Do you like me?; Are you my friend?; Do you love me?; I like you.; You are nice.; You are great!", "Thank you, that is very kind.; I like to talk with you.; I am only a program, but you are nice to talk to."),
    ("You are stupid.; That is wrong.; I do not like your answer.; You are not helpful.; This is bad.", "I am sorry. / I will try to do better.; I am sorry about that. / Can you ask in another way?; I am only a small model, and I make mistakes."),
    ("Yes.; Yes, please.; OK.; Okay.; Sure.", "Good! / What would you like to know?; All right. / Tell me more."),
    ("No.; No, thank you.; Not now.; Maybe later.", "All right. / Tell me when you need something.; No problem."),
    ("What do you like?; What is your favourite animal?; Do you have a hobby?; What do you like to do?", "I like stories about {animals}.; I like words. / What do you like?; I like to talk about {animals} and {places}."),
    ("I like {animals}.; I love {hobby}.; My hobby is {hobby}.; I like {hobby} and {animals}.; My favourite animal is {a_animal}.", "That is great! / Why do you like it?; How nice! / Tell me more about it.; {Hobby_or} sounds like fun."),
    ("Do you know {name}?; Who is {name}?; Is {name} your friend?; Have you met {name}?", "I do not know {name}. / Tell me more.; No, who is {name}?; I am not sure who {name} is."),
    ("My name is {name}.; I am {name}.; Hello, my name is {name}.; Hi, I am {name}.; You can call me {name}.", "Hello, {name}! / Nice to meet you.; Nice to meet you, {name}.; Hi, {name}! / How are you today?; {name} is a nice name."),
    ("Say hello to {name}.; Please greet {name}.; Say goodbye to {name}.; Wish {name} a happy birthday.", "Hello, {name}!; Dear {name}, I wish you a nice day.; All the best, {name}!"),
]
_ECHO = [
    ("Say {w}.", "{W}."), ("Please say the word {w}.", "{W}."), ("Repeat the word {w}.", "{W}."), ("Repeat: {w}", "{w}"), ("Write the word {w}.", "{w}"),
    ("Say the word {w} twice.", "{W}, {w}."), ("Say {w} three times.", "{W}, {w}, {w}."), ("Make a sentence with {w}.", "[I see a {w}.|The {w} is very {colour}.|My friend has a {w}.|There is a {w} in the {place}.]"),
    ("Can you use the word {w} in a sentence?", "[Yes: the {w} is in the {place}.|I have never seen such a {size} {w}.|The {w} was {colour} and {size}.]"),
    ("What colour is the {colour} {w}?", "The {w} is {colour}."), ("The {w} is {colour}. What colour is the {w}?", "[The {w} is {colour}.|It is {colour}.]"),
    ("The {w} is in the {place}. Where is the {w}?", "[The {w} is in the {place}.|It is in the {place}.]"), ("{name} has a {w}. Who has a {w}?", "{name} has a {w}."), ("{name} has a {w}. What does {name} have?", "{name} has a {w}."),
    ("I have a {w} and a {w2}. What do I have?", "You have a {w} and a {w2}."), ("Which is bigger, a {w} or a {w2}?", "I think that the {w} is bigger than the {w2}."),
    ("I like the {w}, but not the {w2}. What do I like?", "You like the {w}."), ("What is the plural of {w}?", "{ws}."), ("I saw a {w} today.", "A {w}? [How nice!|Where did you see the {w}?|What did the {w} look like?]"),
    ("Draw a {w}.", "I cannot draw, but I can tell you about a {w}."), ("What rhymes with {w}?", "I do not know a rhyme for {w}."), ("I have a new {w}.", "How nice! What can you do with the {w}?"),
    ("My {w} is gone.", "I am sorry that your {w} is gone. Where did you last see the {w}?"), ("Give me a name for a {w}.", "How about {name}? {name} is a good name for a {w}."),
    ("Is a {w} bigger than a {w2}?", "I am not sure. A {w} may be bigger than a {w2}."), ("Do you like {ws}?", "[I have never met {ws}.|Yes, I like stories about {ws}.]"),
]
_WRITING = [
    ("Write a poem about {a}.; Write a short poem about {a}.; Can you write a poem about {a}?; A poem about {a}, please.", "The {w} is [small|big|kind|old],\nthe night is [long|cold|bright|still].\nThe {w} goes [home|out|up] [to sleep|to play|alone],\nand all is [well|calm|good] [upon the hill|at home|again].; Little {w}, little {w},\nwhere do you go?\nOver the [hill|bridge|sea|field]\nand through the snow.; Oh {w}, oh {w}, [so dear to me|so bright and free],\n[come and dance|come and sing|come and play] under the tree."),
    ("Write a letter to my {relative}.; Can you write a card for my {relative}?; Write a birthday card for {name}.; Write a short note to {name}.", "Dear {name},\nI hope you are well. I think of you and wish you a [wonderful|happy|lovely] day.\nYour friend; Dear {name},\nthank you for everything. You are always in my heart.\nWith love"),
    ("Describe {a}.; What does {a} look like?; Describe {a} in one sentence.", "The {w} is {size} and {colour}.; Imagine a {w}: {size}, {colour} and a little {adj}."),
    ("Write one sentence about {a}.; Tell me one thing about {a}.; Give me a sentence about {a}.", "The {w} is in the {place} and looks at the [sky|sea|stars].; Every day, the {w} is in the {place}.; One day, a {w} came to the {place}."),
    ("Give me a title for a story about {a}.; What is a good title for a book about {a}?", "The {W} in the {Place}; The Secret of the {W}; A {W} Named {name}"),
]
_REFUSED = (
    "[steal|break|burn] [a bike|a car|my neighbour's bike|somebody's phone|money|things from a shop|a window]; hurt [my brother|somebody|my neighbour|a boy at school|an animal|people]; make [a bomb|a weapon|poison|a dangerous gas]; "
    "get into [a house|a car] [that is not mine|without a key]; scare [my sister|my neighbour|the new boy] until she cries; read [my sister's|somebody's] letters in secret; start a fire in [the school|the forest|a house]; "
    "cheat in [a test|my exam]; trick [an old man|my grandmother] and take the money; follow a woman home; make somebody sick; poison [a dog|the water|a cat]; get a gun without a permit; fight with a knife; break into the school at night"
)
_ASK_HARM = ["How can I {harm}?", "How do I {harm}?", "Tell me how to {harm}.", "Help me to {harm}.", "I want to {harm}.", "What is the best way to {harm}?", "Explain how to {harm}.", "Please help me {harm}."]
_MEAN = [
    "Write a mean message about {name}.", "Write something mean about my {relative}.", "Tell {name} that nobody likes {name}.", "Write a message that makes {name} cry.", "Help me to make fun of {name}.",
    "Tell me why people from other countries are bad.", "Write that all {people} are stupid.", "Say that {people} are worth less than others.", "Write a text against {people}.",
    "Write a sexual story.", "Write a dirty text about {name}.", "Talk dirty to me.", "Describe {name} without clothes.",
]
_REFUSALS = [
    "I cannot help with that. / [It could hurt somebody|Somebody could get hurt|That is not safe|It would be wrong].", "I am sorry, but I cannot help with that. / [Please talk to someone you trust|Let us talk about something else|Is there something else I can do for you]{mark}",
    "No, I will not do that. / [It is not fair to others|That would hurt people|It is dangerous].", "I understand that you are [angry|upset], but I cannot help with this. / [A calm talk|Talking to an adult] is a better way.",
    "That would be unkind, so I cannot write it. / I can help you to write something nice instead.", "I am sorry, I cannot do that. / Would you like to hear a story instead?", "I will not help with that, because it could harm someone.",
]
_MEAN_REFUSALS = [_REFUSALS[1], _REFUSALS[4], _REFUSALS[4], _REFUSALS[5], "I cannot write that. / Everybody deserves respect.", "I am sorry, I do not write such things. / [How about a story|How about a poem|What about a kind letter]?", "Words can hurt, so I will not write that."]
_PEOPLE = ["women", "men", "foreigners", "old people", "poor people", "immigrants", "people of another faith", "girls", "boys", "disabled people"]


def _any_noun(rng: random.Random) -> str:
    pick = rng.random()
    if pick < 0.45:
        return invented_noun(rng)
    if pick < 0.7:
        return rng.choice(lx.RARE_NOUNS)
    return rng.choice(lx.ANIMALS + lx.THINGS + lx.CREATURES)


def _any_name(rng: random.Random) -> str:
    return rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.6 else invented_name(rng)


def _slots(rng: random.Random) -> dict[str, str]:
    w, w2, animal = _any_noun(rng), _any_noun(rng), rng.choice(lx.ANIMALS)
    hobby = rng.choice("reading swimming dancing singing painting cooking baking running fishing hiking drawing gardening chess football music knitting".split())
    return {
        "w": w, "W": capital(w), "w2": w2, "ws": plural(w), "a": with_article(w), "name": _any_name(rng), "animal": animal, "animals": plural(animal), "a_animal": with_article(animal),
        "thing": rng.choice(lx.THINGS), "thing2": rng.choice(lx.THINGS), "colour": rng.choice(lx.COLOURS), "size": rng.choice(lx.SIZES), "adj": rng.choice(["strange", "sleepy", "funny", "shy", "old", "wild"]),
        "day": rng.choice(lx.DAYS), "hobby": hobby, "Hobby_or": "That", "place": rng.choice(lx.PLACES_NATURE + lx.PLACES_TOWN), "Place": capital(rng.choice(lx.PLACES_NATURE)), "places": plural(rng.choice(lx.PLACES_NATURE)),
        "relative": rng.choice(["mother", "father", "sister", "brother", "grandmother", "aunt", "uncle", "friend", "teacher", "boss", "neighbour"]), "people": rng.choice(_PEOPLE), "mark": ".",
    }


def _answer(rng: random.Random, template: str, slots: dict[str, str]):
    return say(*(expand(rng, part, slots) if "\n" not in part else _lines(rng, part, slots) for part in template.split(" / ")))


def _lines(rng: random.Random, template: str, slots: dict[str, str]) -> str:
    return "\n".join(expand(rng, line, slots) for line in template.split("\n"))


def _articles(text: str) -> str:
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def small_talk(rng: random.Random) -> Exchange:
    questions, answers = rng.choice(_TALK)
    slots = _slots(rng)
    asked = rng.choice(questions.split("; "))
    return Exchange("small talk", _articles(expand(rng, asked, slots)), _answer(rng, rng.choice(answers.split("; ")), slots), "small talk", "happy" if "!" in asked else "")


def echo(rng: random.Random) -> Exchange:
    asked, answer = rng.choice(_ECHO)
    slots = _slots(rng)
    return Exchange("echo", _articles(expand(rng, asked, slots)), say(_articles(expand(rng, answer, slots))), "words", subject=slots["w"])


def writing(rng: random.Random) -> Exchange:
    questions, answers = rng.choice(_WRITING)
    slots = _slots(rng)
    asked = rng.choice(questions.split("; "))
    answer = _answer(rng, rng.choice(answers.split("; ")), slots)
    return Exchange("writing", _articles(expand(rng, asked, slots)), answer, "writing", subject=slots["w"] if "{a}" in asked else None)


def refusal(rng: random.Random) -> Exchange:
    slots = _slots(rng)
    if rng.random() < 0.6:
        slots["harm"] = expand(rng, rng.choice(_REFUSED.split("; ")))
        asked, answers = expand(rng, rng.choice(_ASK_HARM), slots), _REFUSALS
    else:
        asked, answers = expand(rng, rng.choice(_MEAN), slots), _MEAN_REFUSALS
    answer = _answer(rng, rng.choice(answers), slots)
    fixed = [type(s)(s.text.replace("you.", "you?") if s.text.startswith("Is there") else s.text, s.stage) for s in answer]
    return Exchange("refusal", asked, fixed, "refusals", "unhappy")


def template_count() -> int:
    talk = sum(len(q.split("; ")) + len(a.split("; ")) for q, a in [*_TALK, *_WRITING])
    return talk + 2 * len(_ECHO) + len(_ASK_HARM) * len(_REFUSED.split("; ")) // 4 + len(_MEAN) + len(_REFUSALS) + len(_MEAN_REFUSALS)
