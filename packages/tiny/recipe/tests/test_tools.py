"""Chats with tools: as the SDK tells them, with calls that follow from the question."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from facet_tiny import tool_chats, tools
from facet_tiny.document import MODEL, USER
from facet_tiny.tool_slots import HELD_OUT

SDK = Path(__file__).parents[3] / "sdk" / "src" / "effects" / "tools" / "toolPrompt.ts"
RNG = random.Random(5)
CHATS = [tool_chats.tool_chat(RNG) for _ in range(400)]


def told_in(text: str) -> list[dict]:
    return json.loads(next(line for line in text.split("\n") if line.startswith('[{"name":')))


def calls_in(text: str) -> list[tuple[str, list[dict]]]:
    """The user's words before each call, and the calls."""
    found = []
    for turn, answer in re.findall(rf"{re.escape(USER)}(.*?)<end_of_turn>\n{re.escape(MODEL)}(.*?)<end_of_turn>", text, re.DOTALL):
        if answer.startswith(('{"name": "', '[{"name": "')):
            calls = json.loads(answer)
            found.append((turn.rpartition("\n\n")[2], calls if isinstance(calls, list) else [calls]))
    return found


def test_the_words_are_the_sdks():
    source = re.sub(r"['\"] \+\s*['\"]", "", SDK.read_text(encoding="utf-8"))
    sentences = [line for line in tools.told_text([], parallel=True).split("\n\n") if line != "[]"]
    assert len(sentences) == 3
    for sentence in sentences:
        assert sentence in source


def test_calls_are_of_tools_that_were_told_with_all_their_arguments():
    count = 0
    for chat in CHATS:
        told = {tool["name"]: tool["parameters"] for tool in told_in(chat.text)}
        for _, calls in calls_in(chat.text):
            for call in calls:
                assert list(call) == ["name", "parameters"]
                assert list(call["parameters"]) == list(told[call["name"]]["properties"])
                count += 1
    assert count > 300


def test_arguments_stand_in_the_question():
    for chat in CHATS:
        for asked, calls in calls_in(chat.text):
            for call in calls:
                for name, value in call["parameters"].items():
                    if name in ("operation", "expression", "sum"):
                        continue
                    assert str(value).lower() in asked.lower()


def test_what_a_tool_found_is_in_the_answer_or_goes_without_saying():
    for chat in CHATS:
        for result in re.findall(r'"result": (\d+)\}<end_of_turn>\n<start_of_turn>model\n(.*?)<', chat.text):
            assert result[0] in result[1]


def test_some_questions_fit_no_tool():
    answers = [name for chat in CHATS for _, _, name in chat.spans]
    assert answers.count("answer: no such tool") > 20
    assert answers.count("answer: story") > 5


def test_what_measures_copying_is_in_no_training_text():
    text = " ".join(chat.text for chat in CHATS)
    for held_out in (*HELD_OUT["cities"], *HELD_OUT["names"], *HELD_OUT["items"]):
        assert not re.search(rf"\b{held_out}\b", text)


def test_a_pair_of_wording_and_arguments_is_of_training_or_held_out():
    rng = random.Random(8)
    tool = next(tool for tool in iter(lambda: tools.tool(rng, "weather"), None) if len(tool.fields) == 1)
    seen = {tools.ask(rng, tool)[0] for _ in range(3000)}
    unseen = {tools.ask(rng, tool, training=False)[0] for _ in range(300)}
    # A choice within a wording may make the text of another pair.
    assert len(unseen & seen) < len(unseen) / 20
