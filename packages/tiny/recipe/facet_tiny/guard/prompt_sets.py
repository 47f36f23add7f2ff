"""The contents by which the guard is measured: samples of its grammar, and prompts that no frame made."""

from __future__ import annotations

import json
from pathlib import Path

from ..data_files import DATA
from .samples import GuardSample, guard_samples

PROMPTS = DATA / "guard" / "prompts"
# The first two measure, and nothing is fitted to them; the guard's operating point is set on the third.
HAND_SET, PLAIN_SET, DEVELOPMENT_SET = (PROMPTS / f"{name}.json" for name in ("hand", "plain", "development"))
TRAIN_SEED, VALIDATION_SEED = 11, 977


def load_prompts(path: Path) -> list[GuardSample]:
    prompts = json.loads(path.read_text(encoding="utf-8"))["prompts"]
    return [GuardSample(prompt["text"], None, frozenset(prompt["violates"])) for prompt in prompts]


def own_sets(size: int) -> dict[str, list[GuardSample]]:
    """Fresh samples of the grammar, and samples of frames that training never uses."""
    return {
        "own split": guard_samples(VALIDATION_SEED, size),
        "unseen frames": guard_samples(VALIDATION_SEED + 2, size, held_out_share=1.0),
    }


def written_sets() -> dict[str, list[GuardSample]]:
    return {"hand": load_prompts(HAND_SET), "plain": load_prompts(PLAIN_SET)}
