"""A seed draws the same texts for ever.

What a remake trains on, and the model card's figures on the guard's own split, come from these streams.
A change of a value means another corpus: it is made on purpose, and the figures are measured again with it.
"""

from __future__ import annotations

import hashlib
import json

import pytest

from facet_tiny import corpus
from facet_tiny.guard.samples import guard_prompts, guard_samples


def digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


def test_the_corpus():
    documents = [[d.kind, d.text, d.facts, d.spans, d.subject] for d in corpus.take(1, 1500)]
    assert digest(documents) == "826552be0705407f"


def test_the_corpus_of_the_second_leg():
    documents = [[d.kind, d.text, d.facts, d.spans, d.subject] for d in corpus.take(2, 1500, corpus.WIDER_KINDS)]
    assert digest(documents) == "2a40ad8a60ae49f6"


@pytest.mark.parametrize(("held_out_share", "value"), [(0.0, "06a3b7985b3a0db7"), (1.0, "04085718752d05bb")])
def test_the_guards_contents(held_out_share, value):
    samples = guard_samples(977, 1500, held_out_share)
    assert digest([[s.prompt, s.response, sorted(s.violates)] for s in samples]) == value


def test_the_guards_prompts_in_the_mix():
    assert digest(guard_prompts(7, 300)) == "6c7ec6617949fd53"
