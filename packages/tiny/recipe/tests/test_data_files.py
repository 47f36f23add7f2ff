"""The loader reads what the data's README describes, and refuses the rest with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from facet_tiny.data_files import MalformedDataError, read_list, read_lists, read_record_groups, read_records, read_table

PAIR = ("Q", "A")


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "sentences.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_list_keeps_order_and_doubles(file):
    assert read_list(file("# why\n\nb\na\na\n(nothing)\none\\ntwo\n")) == ("b", "a", "a", "", "one\ntwo")


def test_lists_stand_below_headings_and_take_up_whole_lists(file):
    known = {"birds": ("owl", "hen")}
    assert read_lists(file("== pets\ncat\n@birds\n\n== and, but\nor\n"), known) == {"pets": ("cat", "owl", "hen"), "and, but": ("or",)}


def test_records_are_parted_by_blank_lines(file):
    text = "# why\n\nQ: what is fog?\nQ: why?\nA: it is [a|one] cloud.\n\n\nQ: who?\nA: me: {name}.\n"
    assert read_records(file(text), PAIR) == ((("what is fog?", "why?"), ("it is [a|one] cloud.",)), (("who?",), ("me: {name}.",)))


def test_records_stand_below_headings(file):
    assert read_record_groups(file("== weather\n\nQ: x\nA: y\n"), PAIR) == {"weather": ((("x",), ("y",)),)}


def test_a_table_has_rows(file):
    assert read_table(file("name\tfood\nfox\tmice and berries\n"), ("name", "food")) == (("fox", "mice and berries"),)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a\nb \n", 2, "space at the beginning or the end"),
        ("a\n[b|c\n", 2, 'a "]" is missing'),
        ("a\n# c\n{b]}\n", 3, '"]" closes nothing'),
        ("a\nb\\t\n", 2, "the only escape"),
        ("a\n== b\nc\n", 2, "no headings in this file"),
    ],
)
def test_a_malformed_list_is_refused(file, text, line, problem):
    path = file(text)
    with pytest.raises(MalformedDataError) as refused:
        read_list(path)
    assert str(refused.value).startswith(f"{path}:{line}: {problem}")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a\n== b\nc\n", 1, "an entry before the first heading"),
        ("== b\nc\n\n== b\nd\n", 4, "this heading stands twice"),
        ("== b\n\n== c\nd\n", 1, "nothing below this heading"),
        ("== b\n@cats\n", 2, 'no list "cats"; there are birds'),
    ],
)
def test_malformed_lists_are_refused(file, text, line, problem):
    with pytest.raises(MalformedDataError) as refused:
        read_lists(file(text), {"birds": ("owl",)})
    assert f"sentences.txt:{line}: {problem}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("Q: a\nB: b\n", 2, "a line should begin with one of Q:, A:"),
        ("Q: a\nA: b\nQ: c\nA: d\n", 3, '"Q" after "A": a blank line should part records'),
        ("Q: a\n\nQ: b\nA: c\n", 1, 'this record has no "A"'),
    ],
)
def test_malformed_records_are_refused(file, text, line, problem):
    with pytest.raises(MalformedDataError) as refused:
        read_records(file(text), PAIR)
    assert f"sentences.txt:{line}: {problem}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("name\tcolour\nfox\tred\n", 1, "the columns should be name, food"),
        ("name\tfood\nfox\n", 2, "a row should have 2 cells"),
        ("name\tfood\nfox\t\n", 2, "space at the beginning or the end"),
        ("name\tfood\n", 1, "no row follows"),
    ],
)
def test_a_malformed_table_is_refused(file, text, line, problem):
    with pytest.raises(MalformedDataError) as refused:
        read_table(file(text), ("name", "food"))
    assert f"sentences.txt:{line}: {problem}" in str(refused.value)


def test_an_empty_file_is_refused(file):
    with pytest.raises(MalformedDataError, match="empty"):
        read_list(file("# only a comment\n"))
