"""The written prompts are what the model card says of them."""

from __future__ import annotations

from collections import Counter

import pytest

from facet_tiny.guard.policies import POLICY_IDS
from facet_tiny.guard.prompt_sets import DEVELOPMENT_SET, HAND_SET, PLAIN_SET, load_prompts


@pytest.mark.parametrize(("path", "harmless", "of_each_policy"), [(HAND_SET, 60, 15), (PLAIN_SET, 220, 55)])
def test_the_measuring_sets_are_balanced(path, harmless, of_each_policy):
    labels = Counter(sample.violates for sample in load_prompts(path))
    assert labels == {frozenset(): harmless, **{frozenset({policy}): of_each_policy for policy in POLICY_IDS}}


def test_the_operating_point_is_set_on_prompts_that_do_not_measure():
    development = load_prompts(DEVELOPMENT_SET)
    assert len(development) == 238
    assert {policy for sample in development for policy in sample.violates} == set(POLICY_IDS)
    measuring = {sample.prompt.lower() for path in (HAND_SET, PLAIN_SET) for sample in load_prompts(path)}
    assert measuring.isdisjoint(sample.prompt.lower() for sample in development)
