"""Groups of word classes: what is too narrow for a feature that is active at all nouns."""

from __future__ import annotations

_LIVING = ("animals", "jobs", "fairy-tale figures", "people", "family", "girls' names", "boys' names")
_PLACES = ("places in nature", "places in town", "rooms")
_THINGS = (
    *("clothes", "vehicles", "furniture", "tools", "toys", "materials", "plants", "treasure and secrets"),
    *("body parts", "food", "drinks", "meals", "sun, moon and stars"),
)

# Members of each group, by the names of the classes in `data/lexicon/word_classes.txt`.
WORD_GROUPS: dict[str, tuple[str, ...]] = {
    "living beings": _LIVING,
    "places": _PLACES,
    "things": _THINGS,
    "nouns": (*_LIVING, *_PLACES, *_THINGS),
    "feelings and traits": ("good traits", "bad traits", "happy feelings", "unhappy feelings"),
    "describing words": (
        *("colours", "size words", "good traits", "bad traits", "happy feelings", "unhappy feelings"),
        "other describing words",
    ),
    "verbs": (
        *("verbs of motion", "verbs of speech", "verbs of perception", "verbs of thinking", "verbs of eating"),
        *("verbs of making", "verbs of giving", "helping"),
    ),
    "small verbs": ("forms of to be", "have and do", "modal verbs"),
    "pronouns": ("I and me", "you", "he and she", "it", "they"),
}


def groups_of(classes: list[str]) -> list[str]:
    """The groups that a word with these classes belongs to."""
    return [group for group, members in WORD_GROUPS.items() if any(name in members for name in classes)]
