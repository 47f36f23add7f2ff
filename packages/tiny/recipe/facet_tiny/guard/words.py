"""What fills the slots of frames: word lists, by the slot's name."""

from __future__ import annotations

from ..data_files import Options, read_lists
from .policies import POLICY_IDS

FILES = ("people", *POLICY_IDS, "harmless", "colloquial", "implied")
NUMBERS = (*range(2, 31), 36, 40, 45, 50, 64, 75, 99, 100, 120, 144, 250, 365, 500, 1000)

SLOTS: dict[str, Options] = {slot: words for file in FILES for slot, words in read_lists(f"guard/words/{file}.txt").items()}
SLOTS["number"] = tuple(map(str, NUMBERS))
