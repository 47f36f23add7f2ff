from __future__ import annotations

import json
import random

from facet_tiny import json_answers


def test_an_answer_is_compact_json_of_what_was_asked():
    rng = random.Random(4)
    for _ in range(400):
        exchange = json_answers.json_answer(rng)
        content = json.loads(exchange.text())
        assert exchange.text() == json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        values = content if isinstance(content, list) else content.values()
        assert len(values) > 0


def test_told_facts_stand_in_the_request():
    rng = random.Random(4)
    for _ in range(200):
        asked, content = json_answers.request(rng, outside=True)
        for key, value in content.items():
            assert str(value) in asked
            assert key in asked or "JSON with" not in asked
