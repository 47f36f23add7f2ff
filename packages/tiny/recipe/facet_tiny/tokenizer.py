"""A small tokenizer of exactly Gemma's kind.

Same structure as Gemma 2's ``tokenizer.json``: BPE over the whole text with spaces written as
"▁", bytes for whatever the alphabet lacks, runs of newlines and spaces as pieces of their own,
and the special tokens at Gemma's ids. Only the learned pieces are ours (and far fewer).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from .lexicon import RARE_NOUNS

VOCAB_SIZE = 3328
PAD, EOS, BOS, UNK, MASK = 0, 1, 2, 3, 4
START_OF_TURN, END_OF_TURN = 106, 107
NEWLINE = 108

CHAT_TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)

# One piece never holds two words, nor a word and punctuation: features and labels of a token
# then speak about one word. Digits stand alone, as in Gemma.
_WORDS = Regex(r"▁?[A-Za-z]+|'(?:s|t|re|ve|ll|m|d)|▁?[0-9]|▁?[^A-Za-z0-9▁\n]|▁+|\n+")

_FORCED_WORDS = ("Yes", "No")


def _fixed_pieces() -> list[str]:
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    pieces += [f"<unused{i}>" for i in range(START_OF_TURN - len(pieces))]
    pieces += ["<start_of_turn>", "<end_of_turn>"]
    pieces += ["\n" * n for n in range(1, 32)]
    pieces += ["▁" * n for n in range(2, 32)]
    pieces += [f"<0x{byte:02X}>" for byte in range(256)]
    return pieces


def _run_merges(char: str) -> list[tuple[str, str]]:
    """Merges that build runs of a character, longest first, as Gemma's file lists them."""
    return [(char * left, char * (total - left)) for total in range(31, 1, -1) for left in range(total - 1, 0, -1)]


def _learn_merges(texts: Iterable[str], room: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Learn ``room`` pieces (alphabet included) from whole words."""
    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Replace(" ", "▁")
    learner.pre_tokenizer = pre_tokenizers.Split(_WORDS, "isolated")
    alphabet = [chr(c) for c in range(33, 127)] + ["▁", "é", "’", "“", "”", "–", "…"]
    trainer = trainers.BpeTrainer(
        vocab_size=room,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
        min_frequency=2,
    )
    learner.train_from_iterator(texts, trainer)
    model = json.loads(learner.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    # Newline and space runs are fixed pieces with ids of their own.
    merges = [m for m in merges if "\n" not in "".join(m) and set("".join(m)) != {"▁"}]
    letters = sorted(p for p in model["vocab"] if len(p) == 1 and p != "\n")
    return letters, merges


def _force(words: Iterable[str], merges: list[tuple[str, str]]) -> None:
    """Make sure that a word is one piece, by replacing the rarest merges."""
    for word in words:
        missing = [(word[:i], word[i]) for i in range(1, len(word))]
        made = {"".join(m) for m in merges}
        for merge in missing:
            if "".join(merge) not in made:
                merges.append(merge)


def train_tokenizer(texts: Iterable[str]) -> dict:
    """Learn a tokenizer from texts; returns the content of ``tokenizer.json``.

    Rare nouns are hidden while learning, so that they stay words of several pieces: the language
    model learns from them to copy a word it does not know.
    """
    rare = re.compile(r"\b(?:" + "|".join(RARE_NOUNS) + r")(?:e?s)?\b")
    plain = (rare.sub(" ", re.sub(r"<[a-z_]+>", " ", text)) for text in texts)
    fixed = _fixed_pieces()
    room = VOCAB_SIZE - len(fixed)
    letters, merges = _learn_merges(plain, room + 64)
    # Pieces made twice (by different merges) take one place in the vocabulary.
    kept: list[tuple[str, str]] = []
    pieces: dict[str, None] = dict.fromkeys(letters)
    forced = len([w for word in _FORCED_WORDS for w in range(1, len(word))])
    for merge in merges:
        if len(pieces) >= room - forced:
            break
        pieces["".join(merge)] = None
        kept.append(merge)
    _force(_FORCED_WORDS, kept)
    pieces.update(dict.fromkeys("".join(m) for m in kept))
    rest = [m for m in merges if m not in set(kept)]
    while len(pieces) < room and rest:
        merge = rest.pop(0)
        if merge[0] in pieces and merge[1] in pieces:
            pieces["".join(merge)] = None
            kept.append(merge)
    vocabulary = {piece: i for i, piece in enumerate(fixed + list(pieces))}
    filler = 0
    while len(vocabulary) < VOCAB_SIZE:
        vocabulary[f"<reserved{filler}>"] = len(vocabulary)
        filler += 1
    assert len(vocabulary) == VOCAB_SIZE, len(vocabulary)
    return _assemble(vocabulary, _run_merges("\n") + _run_merges("▁") + kept)


def _assemble(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> dict:
    special = {PAD, EOS, BOS, UNK, START_OF_TURN, END_OF_TURN}
    names = {i: piece for piece, i in vocabulary.items()}
    added = [
        {
            "id": i,
            "content": names[i],
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": i in special,
        }
        for i in range(169)
    ]
    bos, text = {"SpecialToken": {"id": "<bos>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    pair = [
        {"SpecialToken": {"id": "<bos>", "type_id": 1}},
        {"Sequence": {"id": "B", "type_id": 1}},
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bos, text],
            "pair": [bos, text, *pair],
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [BOS], "tokens": ["<bos>"]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [" ".join(m) for m in merges],
        },
    }


def tokenizer_config() -> dict:
    def token(content: str) -> dict:
        return {
            "content": content,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": True,
        }

    special = {PAD: "<pad>", EOS: "<eos>", BOS: "<bos>", UNK: "<unk>"}
    special |= {START_OF_TURN: "<start_of_turn>", END_OF_TURN: "<end_of_turn>"}
    return {
        "add_bos_token": True,
        "add_eos_token": False,
        "added_tokens_decoder": {str(i): token(content) for i, content in special.items()},
        "additional_special_tokens": ["<start_of_turn>", "<end_of_turn>"],
        "bos_token": "<bos>",
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<eos>",
        "model_max_length": 1024,
        "pad_token": "<pad>",
        "sp_model_kwargs": {},
        "spaces_between_special_tokens": False,
        "tokenizer_class": "GemmaTokenizer",
        "unk_token": "<unk>",
        "use_default_system_prompt": False,
    }


def write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer as text -> ids without ``<bos>``; special tokens in the text are read as such."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))
