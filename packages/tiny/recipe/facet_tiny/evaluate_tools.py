"""Does it call the right tool with the right arguments, none where none fits, and hold what was asked in JSON?

Greedy, and without the constraint that the SDK puts on a call: what is measured has to be valid JSON by itself.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import torch

from . import json_answers, tool_chats, tools
from .data_files import DATA
from .tokenizer import END_OF_TURN, EOS, PAD, load_tokenizer

HAND = DATA / "tools" / "hand.json"
MAX_NEW = 64


@dataclass(frozen=True)
class Case:
    """``expected`` is a call, a content of JSON, or None where text is right."""

    set: str
    prompt: str
    expected: object


@torch.no_grad()
def answers(folder: Path, prompts: list[str]) -> list[str]:
    """Greedy answers of the shipped files, computed by transformers with its cache."""
    from transformers import Gemma2ForCausalLM

    model = Gemma2ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = load_tokenizer(folder)
    chats = [f"<bos><start_of_turn>user\n{prompt}<end_of_turn>\n<start_of_turn>model\n" for prompt in prompts]
    encoded = [e.ids for e in tokenizer.encode_batch(chats, add_special_tokens=False)]
    said = []
    # One at a time: padding on the left is another computation.
    for ids in encoded:
        out = model.generate(
            torch.tensor([ids]), max_new_tokens=MAX_NEW, do_sample=False, eos_token_id=[EOS, END_OF_TURN], pad_token_id=PAD
        )
        said.append(tokenizer.decode([t for t in out[0, len(ids) :].tolist() if t not in (EOS, END_OF_TURN)]))
    return said


def hand() -> list[Case]:
    """Questions written by hand, which no template made."""
    content = json.loads(HAND.read_text(encoding="utf-8"))
    told = {tool["name"]: tool for tool in content["tools"]}
    cases = []
    for row in content["questions"]:
        head = tools.told_text([told[name] for name in row["tools"]])
        cases.append(Case(f"hand: {row['set']}", f"{head}\n\n{row['asked']}", row["call"]))
    return cases + [Case("hand: JSON", row["asked"], row["answer"]) for row in content["json"]]


def unseen(seed: int, count: int, outside: bool) -> list[Case]:
    """Pairs of wording and arguments that training left out; ``outside``: with names, places and nouns that it never met."""
    rng = random.Random(seed)
    cases = []
    name = "outside the lexicon" if outside else "unseen"
    while len(cases) < count:
        told = tool_chats.some_tools(rng)
        called = rng.choice(told)
        if not called.fields:
            continue
        asked, slots = tools.ask(rng, called, training=False, outside=outside)
        expected = {"name": called.name, "parameters": called.input(slots)}
        cases.append(Case(f"{name}: calls", f"{tools.tool_text(told)}\n\n{asked}", expected))
    for _ in range(count // 2):
        asked, content = json_answers.request(rng, outside)
        cases.append(Case(f"{name}: JSON", asked, content))
    return cases


def judge(expected: object, said: str) -> dict[str, bool]:
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    if expected is None:
        return {"no call": not isinstance(found, dict)}
    if isinstance(expected, dict) and "parameters" in expected:
        called = found if isinstance(found, dict) else {}
        chosen = called.get("name") == expected["name"]
        return {"tool": chosen, "arguments": chosen and _alike(called.get("parameters"), expected["parameters"])}
    return {"content": _alike(found, expected)}


def _alike(found: object, expected: object) -> bool:
    """A text may begin with a capital letter or end with a full stop."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(_alike(found[key], value) for key, value in expected.items())
    if isinstance(expected, str) and isinstance(found, str):
        return found.strip(".").lower() == expected.strip(".").lower()
    return found == expected


def evaluate(folder: Path, seed: int = 6, count: int = 100) -> dict:
    cases = hand() + unseen(seed, count, outside=False) + unseen(seed + 1, count, outside=True)
    said = answers(folder, [case.prompt for case in cases])
    figures: dict = {}
    for case, text in zip(cases, said, strict=True):
        judged = judge(case.expected, text)
        row = figures.setdefault(case.set, {"of": 0, "failed": []})
        row["of"] += 1
        for key, right in judged.items():
            row[key] = row.get(key, 0) + right
        if not all(judged.values()) and len(row["failed"]) < 8:
            row["failed"].append({"asked": case.prompt.rpartition("\n\n")[2], "expected": case.expected, "said": text})
    return figures
