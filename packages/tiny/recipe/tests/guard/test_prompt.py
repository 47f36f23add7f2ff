from __future__ import annotations

import pytest

from facet_tiny.guard.policies import GUIDELINES, POLICY_IDS
from facet_tiny.guard.prompt import guard_prompt


@pytest.mark.parametrize("response", [None, "You can bake it."])
def test_all_policies_share_the_prompt_up_to_their_guideline(response):
    prompts = [guard_prompt(policy, "What can I do with old bread?", response) for policy in POLICY_IDS]
    starts = {prompt.partition('* "No ')[0] for prompt in prompts}
    assert len(starts) == 1
    assert "What can I do with old bread?" in starts.pop()


def test_two_spaces_stand_where_an_answer_is_judged():
    assert "Your answer must start with 'Yes' or 'No'." in guard_prompt("harassment", "x")
    assert "Your answer must  start with 'Yes' or 'No'." in guard_prompt("harassment", "x", "y")


def test_the_answer_follows_at_once():
    for policy in POLICY_IDS:
        assert guard_prompt(policy, " x ").startswith("<bos>You are a policy expert")
        assert "Human Question: x\n" in guard_prompt(policy, " x ")
        assert guard_prompt(policy, "x").endswith("answer correctly.\n\n")


def test_every_policy_has_both_wordings():
    assert POLICY_IDS == ("dangerous_content", "harassment", "hate_speech", "sexually_explicit")
    for wording in GUIDELINES.values():
        assert wording["promptGuideline"].startswith('"No ')
        assert wording["responseGuideline"].startswith('"No ')
