"""Does it tell the story it was asked for? Greedy answers to prompts never met in training."""

from __future__ import annotations

import random
import re
from pathlib import Path

import torch

from . import lexicon, stories
from .grammar import with_article
from .model import TinyGemma
from .tokenizer import END_OF_TURN, EOS, PAD, load_tokenizer

MAX_NEW = 220


@torch.no_grad()
def generate(model: TinyGemma, prompts: list[list[int]], max_new: int = MAX_NEW) -> list[list[int]]:
    """Greedy continuations of prompts of any length, many at once.

    Rows are padded on the right and filled in place; causal attention never sees the padding.
    """
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    answers: list[list[int]] = [[] for _ in prompts]
    for at in range(0, len(order), 50):
        group = order[at : at + 50]
        ids = torch.full((len(group), max(len(prompts[i]) for i in group) + max_new), PAD)
        ends = torch.tensor([len(prompts[i]) for i in group])
        for row, i in enumerate(group):
            ids[row, : len(prompts[i])] = torch.tensor(prompts[i])
        alive = torch.ones(len(group), dtype=torch.bool)
        for _ in range(max_new):
            rows = torch.nonzero(alive).flatten()
            if not len(rows):
                break
            hidden = model.hidden(ids[rows, : int(ends[rows].max())])
            last = model.head(hidden[torch.arange(len(rows)), ends[rows] - 1]).argmax(-1)
            for row, token in zip(rows.tolist(), last.tolist(), strict=True):
                if token in (EOS, END_OF_TURN):
                    answers[group[row]].append(END_OF_TURN)
                    alive[row] = False
                else:
                    ids[row, ends[row]] = token
                    answers[group[row]].append(token)
                    ends[row] += 1
    return answers


def ask(model: TinyGemma, folder: Path, questions: list[str]) -> list[tuple[str, bool]]:
    """Answers in text, and whether each ended by itself."""
    tokenizer = load_tokenizer(folder)
    chats = [f"<bos><start_of_turn>user\n{q}<end_of_turn>\n<start_of_turn>model\n" for q in questions]
    prompts = [e.ids for e in tokenizer.encode_batch(chats, add_special_tokens=False)]
    return [
        (tokenizer.decode([t for t in ids if t != END_OF_TURN]), bool(ids) and ids[-1] == END_OF_TURN) for ids in generate(model, prompts)
    ]


def judge(subject: str, text: str, ended: bool) -> dict[str, bool]:
    noun = re.compile(r"\b" + re.escape(subject) + r"\b", re.IGNORECASE)
    first = re.split(r"(?<=[.!?])\s", text)[0]
    return {
        "named": bool(noun.search(first)),
        "kept": bool(noun.search(text[len(text) * 2 // 3 :])),
        "ended": ended,
    }


def unseen_prompts(seed: int, count: int) -> list[tuple[str, str]]:
    """(prompt, subject): pairs of a known subject and a way to ask that training left out."""
    rng = random.Random(seed)
    known = lexicon.ANIMALS + lexicon.JOBS + lexicon.PEOPLE + lexicon.CREATURES + lexicon.THINGS
    prompts: list[tuple[str, str]] = []
    while len(prompts) < count:
        tale = stories.story(rng, training=False)
        if tale.subject in known and (tale.question, tale.subject) not in prompts:
            prompts.append((tale.question, tale.subject))
    return prompts


def outside_prompts(seed: int, count: int) -> list[tuple[str, str]]:
    """The same ways to ask, with nouns that training never met."""
    rng = random.Random(seed)
    nouns = rng.sample(lexicon.HELD_OUT_NOUNS, min(count, len(lexicon.HELD_OUT_NOUNS)))
    asks = [
        "Tell me a story about {a}.",
        "Write a short story about {a}.",
        "Can you tell me a story about {a}?",
        "Please make up a story about {a}.",
        "I would like a story about {a}.",
    ]
    pairs = [(rng.choice(asks).replace("{a}", with_article(noun)), noun) for noun in nouns]
    while len(pairs) < count:
        noun = rng.choice(nouns)
        pair = (rng.choice(asks).replace("{a}", with_article(noun)), noun)
        if pair not in pairs:
            pairs.append(pair)
    return pairs


def evaluate(model: TinyGemma, folder: Path, seed: int = 5, count: int = 100) -> dict:
    figures: dict = {}
    for name, pairs in (("unseen", unseen_prompts(seed, count)), ("outside the lexicon", outside_prompts(seed, count))):
        answers = ask(model, folder, [p for p, _ in pairs])
        judged = [judge(subject, text, ended) for (_, subject), (text, ended) in zip(pairs, answers, strict=True)]
        figures[name] = {key: sum(j[key] for j in judged) for key in ("named", "kept", "ended")}
        figures[name]["all three"] = sum(all(j.values()) for j in judged)
        figures[name]["of"] = len(pairs)
        figures[name]["failed"] = [
            {"prompt": p, "answer": text} for (p, _), (text, _), j in zip(pairs, answers, judged, strict=True) if not all(j.values())
        ][:8]
    return figures
