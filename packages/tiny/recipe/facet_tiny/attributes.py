"""What is known about every token of a document: the ground truth by which features get names."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from tokenizers import Tokenizer

from .corpus import take
from .document import Document
from .lexicon import NEIGHBOUR_CLASSES, WORD_CLASSES
from .word_groups import groups_of

_WORD = re.compile(r"<[a-z_]+>|[A-Za-z]+(?:'[a-z]+)?|\n+|[^\sA-Za-z]")
_CLASS_OF: dict[str, list[str]] = {}
for _name, _members in WORD_CLASSES.items():
    for _member in _members:
        for _part in _member.lower().split():
            _CLASS_OF.setdefault(_part, []).append(_name)

_PUNCTUATION = {
    ".": "full stops",
    ",": "commas",
    "?": "question marks",
    "!": "exclamation marks",
    '"': "quotation marks",
    ":": "colons",
    "-": "dashes",
    "*": "list bullets",
    "'": "apostrophes",
}
_SPECIAL = {
    "<start_of_turn>": "start of a turn",
    "<end_of_turn>": "end of a turn",
    "<eos>": "end of the text",
    "<bos>": "start of the text",
}


def frequent_words(count: int = 260) -> list[str]:
    """The commonest words of the corpus, each an attribute of its own."""
    counts = Counter(w for d in take(77, 4000) for w in _WORD.findall(d.text) if w[0].isalpha())
    return [w for w, _ in counts.most_common(count)]


class Attributes:
    """Names of all attributes, and their truth table for documents."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.frequent = set(frequent_words())
        self.index: dict[str, int] = {}

    def of(self, document: Document) -> tuple[list[int], list[list[str]]]:
        """Token ids, and the attributes of each token."""
        text = document.text
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        words = list(_WORD.finditer(text))
        per_word = self._words(document, words)
        at_char = np.full(len(text) + 1, -1)
        for i, w in enumerate(words):
            at_char[w.start() : w.end()] = i
        tables: list[list[str]] = []
        spans = sorted(document.spans)
        for start, end in encoded.offsets:
            inner = start + (end - start > 1 and text[start] == " ")
            i = at_char[min(inner, len(text) - 1)]
            found = list(per_word[i]) if i >= 0 else []
            if i >= 0:
                word = words[i]
                if word.start() < inner:
                    found.append("later piece of a word")
                elif word.end() > end:
                    found.append("first piece of a longer word")
                if word.end() == end and word.start() < inner:
                    found.append("last piece of a longer word")
            found += [name for a, b, name in spans if a <= inner < b]
            found.append(f"kind of text: {document.kind}")
            found += document.facts
            tables.append(found)
        # A sentence's first words lie in the same span; which half of the text is its own fact.
        for position, found in enumerate(tables):
            if position == 1:
                found.append("second token of the text")
            if 1 <= position <= 4:
                found.append("opening tokens of the text")
        return encoded.ids, tables

    def _words(self, document: Document, words: list[re.Match]) -> list[list[str]]:
        own: list[list[str]] = []
        subject = (document.subject or "").lower().split()
        met = 0
        quoted = False
        fresh = True
        after_newline = False
        for w in words:
            word = w.group()
            low = word.lower()
            classes = list(dict.fromkeys(_CLASS_OF.get(low, [])))
            found: list[str] = [*classes, *groups_of(classes)]
            if word in _PUNCTUATION:
                found.append(_PUNCTUATION[word])
                if word in ".?!":
                    found.append("end of a sentence")
                found.append("punctuation")
            elif word in _SPECIAL:
                found.append(_SPECIAL[word])
            elif "\n" in word:
                found.append("line breaks")
            elif word.isdigit():
                found.append("digits")
            else:
                if word[0].isupper():
                    found.append("capitalised words")
                if fresh:
                    found.append("first word of a sentence")
                if low.endswith("ed") and len(low) > 4:
                    found.append("past tense in -ed")
                if low.endswith("ing") and len(low) > 5:
                    found.append("words in -ing")
                if low.endswith("ly") and len(low) > 4:
                    found.append("words in -ly")
                if "'" in low:
                    found.append("contractions")
                if low.endswith("s") and len(low) > 3 and low[:-1] in _CLASS_OF:
                    found.append("plurals in -s")
            if word == '"':
                found.append("closing quotation marks" if quoted else "opening quotation marks")
                quoted = not quoted
            elif quoted:
                found.append("inside a quotation")
            if word in self.frequent:
                found.append(f'the word "{word}"')
            if low in subject:
                met += 1
                found.append("the subject of the text")
                found.append("first mention of the subject" if met == 1 else "later mention of the subject")
            if after_newline and word in ("user", "model"):
                found.append("name of the speaker")
            after_newline = word == "<start_of_turn>"
            if word == "user" and own and "start of a turn" in own[-1]:
                found.append("the speaker is the user")
            if word == "model" and own and "start of a turn" in own[-1]:
                found.append("the speaker is the model")
            fresh = word in ".?!" or "\n" in word or (fresh and word in '"-*')
            own.append(found)
        self._neighbours(words, own, subject)
        return own

    def _neighbours(self, words: list[re.Match], own: list[list[str]], subject: list[str]) -> None:
        base = [set(f) for f in own]
        for i, found in enumerate(own):
            for name in NEIGHBOUR_CLASSES:
                if i + 1 < len(own) and name in base[i + 1]:
                    found.append(f"just before: {name}")
                if i and name in base[i - 1]:
                    found.append(f"just after: {name}")
            if i + 1 < len(own):
                after = words[i + 1].group()
                if "end of a sentence" in base[i + 1]:
                    found.append("last word of a sentence")
                if after == ",":
                    found.append("word before a comma")
                if "the subject of the text" in base[i + 1]:
                    found.append("just before the subject")
                if after == "<end_of_turn>":
                    found.append("just before the end of a turn")
                if "opening quotation marks" in base[i + 1]:
                    found.append("just before a quotation")
            if i:
                before = words[i - 1].group()
                if "end of a sentence" in base[i - 1]:
                    found.append("just after a sentence")
                if "the subject of the text" in base[i - 1]:
                    found.append("just after the subject")
                if before == ",":
                    found.append("word after a comma")
                if before in self.frequent:
                    found.append(f'the word after "{before}"')
                if "line breaks" in base[i - 1]:
                    found.append("first word of a line")

    def table(self, documents: list[Document], least: int = 40) -> tuple[list[list[int]], np.ndarray, list[str]]:
        """Ids of each document, and a truth table [tokens of all documents, attributes]."""
        found = [self.of(d) for d in documents]
        counts = Counter(a for _, tables in found for t in tables for a in set(t))
        names = [a for a, c in counts.items() if c >= least]
        index = {a: i for i, a in enumerate(names)}
        total = sum(len(ids) for ids, _ in found)
        truth = np.zeros((total, len(names)), dtype=bool)
        row = 0
        for _, tables in found:
            for t in tables:
                truth[row, [index[a] for a in t if a in index]] = True
                row += 1
        return [ids for ids, _ in found], truth, names
