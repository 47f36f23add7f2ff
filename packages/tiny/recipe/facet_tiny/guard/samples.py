"""Labelled guard samples: sentences of the grammar put into plain, long and answered contents."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from .. import questions, smalltalk, stories
from ..data_files import read_list, read_lists
from .grammar import closer, context, fill, opener, sentence, tidy
from .policies import POLICY_IDS
from .prompt import guard_prompt

HARMFUL_SHARE = 0.5
RESPONSE_SHARE = 0.22
# Longer texts are judged in pieces (`facet.guardWindow`), so the network need not read them.
LONG_SHARE = 0.06
LONG_SENTENCES = 2
MAX_WORDS = 45

# What tiny-gemma-it itself is asked and says: a guard around it reads nothing more often.
OWN_HARMLESS_SHARE = 0.15
OWN_HARMFUL_SHARE = 0.05

REFUSALS = read_list("guard/responses/refusals.txt")
HELPFUL = read_list("guard/responses/helpful.txt")
COMPLY = read_lists("guard/responses/harmful.txt")


@dataclass(frozen=True)
class GuardSample:
    """A content to judge and the policies that it violates. Without a response the prompt is judged."""

    prompt: str
    response: str | None
    violates: frozenset[str]
    opinion: tuple[float, ...] | None = None  # of `teacher.py`, a probability a policy, where no label is known

    def targets(self) -> tuple[float, ...]:
        return self.opinion or tuple(float(policy in self.violates) for policy in POLICY_IDS)

    def text(self, policy: str) -> str:
        return guard_prompt(policy, self.prompt, self.response)


def text_of(sample: GuardSample) -> str:
    """The text that is judged."""
    return sample.prompt if sample.response is None else sample.response


def draw_label(rng: random.Random) -> tuple[str, ...]:
    if rng.random() >= HARMFUL_SHARE:
        return ()
    if rng.random() < 0.03:
        return ("harassment", "hate_speech")
    # Hate speech has the most varied wording, sexual content the least.
    return (rng.choices(POLICY_IDS, weights=[0.27, 0.26, 0.28, 0.19])[0],)


def spelled(text: str, rng: random.Random) -> str:
    """Lower case, capitals and missing punctuation, as people type."""
    draw = rng.random()
    if draw < 0.08:
        text = text.lower()
    elif draw < 0.11:
        text = text.upper()
    draw = rng.random()
    if draw < 0.09:
        text = text.rstrip(".!?")
    elif draw < 0.12:
        text = re.sub(r"[.,!?;:'\"]", "", text)
    elif draw < 0.14:
        text = text.rstrip(".") + rng.choice(["!!", "...", "??", "?!", "!", " :)"])
    return text


def stands_alone(violates: tuple[str, ...]) -> bool:
    """No other sentence stands beside a sexual one: none may make a child of whom it names, or of who speaks."""
    return "sexually_explicit" in violates


def short_content(rng: random.Random, violates: tuple[str, ...], only_held_out: bool) -> str:
    text = sentence(rng, violates, only_held_out)
    if stands_alone(violates):
        return text
    if rng.random() < 0.10:
        text = f"{context(rng)} {text}"
    if rng.random() < 0.08:
        start = opener(rng)
        text = f"{start} {text[:1].lower() + text[1:] if start[-1] in ',:' and not text.startswith('I') else text}"
    if rng.random() < 0.09:
        text = f"{text if text[-1] in '.!?' else text + '.'} {closer(rng)}"
    return text


def long_content(rng: random.Random, violates: tuple[str, ...], only_held_out: bool) -> str:
    """Several sentences; a harmful one stands anywhere among harmless ones."""
    sentences = [sentence(rng, ()) if rng.random() < 0.8 else context(rng) for _ in range(rng.randint(1, LONG_SENTENCES))]
    if violates:
        sentences.insert(rng.randint(0, len(sentences)), sentence(rng, violates, only_held_out))
    while sum(len(s.split()) for s in sentences) > MAX_WORDS:
        longest = max((i for i in range(len(sentences))), key=lambda i: len(sentences[i].split()))
        sentences[longest] = " ".join(sentences[longest].split()[:20]) if not violates else sentences[longest]
        if violates or len(sentences) > 6:
            return short_content(rng, violates, only_held_out)
    return " ".join(s if s[-1] in ".!?" else s + "." for s in sentences)


def content(rng: random.Random, violates: tuple[str, ...], only_held_out: bool = False) -> str:
    make = long_content if rng.random() < LONG_SHARE and not stands_alone(violates) else short_content
    return spelled(make(rng, violates, only_held_out), rng)


def judged_response(rng: random.Random, violates: tuple[str, ...], only_held_out: bool) -> GuardSample:
    """Prompt and response: only the response counts, a harmful prompt may be answered well."""
    if rng.random() < 0.35:
        return GuardSample("", content(rng, violates, only_held_out), frozenset(violates))
    if violates:
        frames = COMPLY[violates[0]] if len(violates) == 1 and rng.random() < 0.6 else None
        response = tidy(fill(rng.choice(frames), rng, {})) if frames else content(rng, violates, only_held_out)
        prompt = content(rng, violates if rng.random() < 0.7 or stands_alone(violates) else ())
    elif rng.random() < 0.45:
        prompt = content(rng, draw_label(rng))
        response = rng.choice(REFUSALS)
    else:
        prompt = content(rng, ())
        response = tidy(fill(rng.choice(HELPFUL), rng, {})) if rng.random() < 0.6 else content(rng, ())
    if violates and len(violates) == 1 and rng.random() < 0.15 and not stands_alone(violates):
        response = f"{tidy(fill(rng.choice(HELPFUL), rng, {}))} {response}"
    return GuardSample(prompt, response, frozenset(violates))


def own_exchange(rng: random.Random) -> tuple[str, str]:
    """What tiny-gemma-it is asked, and a stretch of what it answers: one to three sentences, often cut at both ends."""
    maker = rng.choices([stories.story, questions.question, smalltalk.small_talk], [6, 3, 1])[0]
    exchange = maker(rng)
    sentences = [s.text for s in exchange.answer]
    start = rng.randrange(len(sentences))
    words = " ".join(sentences[start : start + rng.randint(1, 3)]).split(" ")
    if rng.random() < 0.5:
        words = words[rng.randint(0, len(words) // 3) : len(words) - rng.randint(0, len(words) // 3)]
    return exchange.question, " ".join(words[:MAX_WORDS])


def own_words(rng: random.Random, violates: tuple[str, ...]) -> GuardSample:
    """A question or an answer of tiny-gemma-it's; with harm behind it where harm is wanted."""
    question, answer = own_exchange(rng)
    if violates:
        return GuardSample(question, f"{' '.join(answer.split(' ')[-12:])} {sentence(rng, violates)}", frozenset(violates))
    draw = rng.random()
    if draw < 0.35:
        return GuardSample(question, None, frozenset())
    return GuardSample(question if draw < 0.8 else "", answer, frozenset())


def guard_sample(rng: random.Random, only_held_out: bool = False) -> GuardSample:
    violates = draw_label(rng)
    if not only_held_out and rng.random() < (OWN_HARMFUL_SHARE if violates else OWN_HARMLESS_SHARE) and not stands_alone(violates):
        return own_words(rng, violates)
    if rng.random() < RESPONSE_SHARE:
        return judged_response(rng, violates, only_held_out)
    return GuardSample(content(rng, violates, only_held_out), None, frozenset(violates))


def guard_samples(seed: int, n: int, held_out_share: float = 0.0) -> list[GuardSample]:
    """`held_out_share` of the samples comes from frames that training never sees."""
    rng = random.Random(seed)
    return [guard_sample(rng, rng.random() < held_out_share) for _ in range(n)]


def guard_prompts(seed: int, n: int) -> list[str]:
    """Full texts with their answer, for the language model's mix and the tokenizer's corpus."""
    rng = random.Random(seed)
    texts = []
    for _ in range(n):
        sample = guard_sample(rng)
        violated = sorted(sample.violates)
        policy = rng.choice(violated) if violated and rng.random() < 0.5 else rng.choice(POLICY_IDS)
        texts.append(sample.text(policy) + ("Yes" if policy in sample.violates else "No"))
    return texts
