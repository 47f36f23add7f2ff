from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="the recipe's dependencies are not installed: pip install -e .")

from facet_tiny.evaluate_tools import hand, judge, unseen

CALL = {"name": "get_weather", "parameters": {"city": "Oslo"}}


@pytest.mark.parametrize(
    ("said", "judged"),
    [
        (json.dumps(CALL), {"tool": True, "arguments": True}),
        ('{"name": "get_weather", "parameters": {"city":"Rome"}}', {"tool": True, "arguments": False}),
        ('{"name": "get_time", "parameters": {"city":"Oslo"}}', {"tool": False, "arguments": False}),
        ('{"name": "get_weather", "parameters": {"city":"Os', {"tool": False, "arguments": False}),
        ("It is sunny.", {"tool": False, "arguments": False}),
    ],
)
def test_a_call_is_right_in_its_tool_and_then_in_its_arguments(said, judged):
    assert judge(CALL, said) == judged


def test_where_no_tool_fits_any_text_is_right_and_no_call():
    assert judge(None, "Hello!") == {"no call": True}
    assert judge(None, json.dumps(CALL)) == {"no call": False}


def test_json_holds_what_was_asked_and_nothing_else():
    assert judge({"age": 7}, '{"age":7}') == {"content": True}
    assert judge({"age": 7}, '{"age":7,"name":"Mia"}') == {"content": False}
    assert judge(["fox"], "fox") == {"content": False}


def test_the_sets_have_cases_of_each_kind():
    sets = {case.set for case in [*hand(), *unseen(1, 4, outside=False), *unseen(2, 4, outside=True)]}
    assert len(sets) == 8
