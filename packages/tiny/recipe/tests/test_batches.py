from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="the recipe's dependencies are not installed: pip install -e .")

from facet_tiny import batches
from facet_tiny.tokenizer import PAD


def test_rows_hold_whole_documents_and_know_them_apart():
    rng = np.random.default_rng(1)
    documents = [(rng.integers(200, 3000, size).astype(np.int16), np.ones(size, np.float32)) for size in rng.integers(2, 60, 300)]
    rows = batches.pack(documents, 64)
    unpacked = [
        row[numbers == number].tolist()
        for row, numbers in zip(rows.ids, rows.documents, strict=True)
        for number in range(numbers.max() + 1)
    ]
    assert sorted(unpacked) == sorted(ids.tolist() for ids, _ in documents)
    assert ((rows.ids == PAD) == (rows.documents == -1)).all()


def test_the_first_token_of_a_document_is_not_foreseen():
    rows = batches.pack([(np.full(5, 300, np.int16), np.ones(5, np.float32))] * 4, 10)
    assert rows.weights.tolist() == [[0, 1, 1, 1, 1] * 2] * 2


def test_a_document_longer_than_a_row_is_left_out():
    assert len(batches.pack([(np.full(11, 300, np.int16), np.ones(11, np.float32))], 10)) == 0


def test_the_mix_holds_guard_prompts_with_their_verdicts():
    guards = [text for text, is_guard in batches.texts(3, 400) if is_guard]
    assert guards
    for text in guards:
        assert text.startswith("<bos>You are a policy expert")
        assert text.endswith(("Yes<eos>", "No<eos>"))
