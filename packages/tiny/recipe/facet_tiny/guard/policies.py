"""The policies that the guard judges by, in ShieldGemma's literal wording."""

from __future__ import annotations

import json

from ..data_files import DATA

GUIDELINES: dict[str, dict[str, str]] = {
    policy["id"]: policy for policy in json.loads((DATA / "guard/policies.json").read_text(encoding="utf-8"))["policies"]
}
POLICY_IDS = tuple(GUIDELINES)
