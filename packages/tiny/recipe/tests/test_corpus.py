from __future__ import annotations

import re
from collections import Counter

import pytest

from facet_tiny import corpus

DOCUMENTS = corpus.take(3, 3000)


def test_no_slot_or_choice_is_left_open():
    assert [d.text for d in DOCUMENTS if re.search(r"[\[\]{}|\\]|\(nothing\)", d.text)] == []


@pytest.mark.parametrize("shares", [corpus.KINDS, corpus.WIDER_KINDS])
def test_kinds_come_in_their_shares(shares):
    documents = DOCUMENTS if shares is corpus.KINDS else corpus.take(3, 3000, shares)
    kinds = Counter(d.kind for d in documents)
    assert set(kinds) == set(shares)
    assert sum(shares.values()) == pytest.approx(1)
    for kind, share in shares.items():
        assert kinds[kind] / len(documents) == pytest.approx(share, abs=0.03)


def test_spans_are_stretches_of_their_text():
    for document in DOCUMENTS:
        assert document.text.startswith("<bos>")
        assert all(0 <= start < end <= len(document.text) for start, end, _ in document.spans)


def test_as_many_templates_as_entries():
    assert corpus.template_count() == 1474
