from __future__ import annotations

import subprocess
import sys

from facet_tiny.data_files import DATA

LISTS_WHAT_IS_OPENED = """
import sys
opened = set()
sys.addaudithook(lambda event, arguments: opened.add(str(arguments[0])) if event == "open" else None)
import facet_tiny.corpus, facet_tiny.evaluate_tools, facet_tiny.guard.prompt_sets as sets
facet_tiny.evaluate_tools.hand()
for path in (sets.HAND_SET, sets.PLAIN_SET, sets.DEVELOPMENT_SET):
    sets.load_prompts(path)
print("\\n".join(opened))
"""


def test_no_data_file_lies_there_unread():
    listed = subprocess.run([sys.executable, "-c", LISTS_WHAT_IS_OPENED], cwd=DATA.parents[1], check=True, capture_output=True, text=True)
    files = {str(path) for path in DATA.rglob("*") if path.is_file() and path.suffix != ".md"}
    assert files - set(listed.stdout.splitlines()) == set()
