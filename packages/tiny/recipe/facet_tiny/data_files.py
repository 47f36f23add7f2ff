"""Reads the files below ``data/``: lists, records and tables, one entry a line (``data/README.md`` shows each).

They are edited by hand, so whatever does not read as it should is refused with its file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).with_name("data")
HEADING, COMMENT, WHOLE_LIST = "== ", "#", "@"
NOTHING = "(nothing)"
LINE_BREAK = r"\n"
PAIRS = {"[": "]", "{": "}"}

Options = tuple[str, ...]
Record = tuple[Options, ...]


class MalformedDataError(ValueError):
    """A data file that does not follow its format."""


@dataclass(frozen=True)
class Line:
    path: Path
    number: int
    text: str

    def error(self, problem: str) -> MalformedDataError:
        return MalformedDataError(f"{self.path}:{self.number}: {problem}")

    def entry(self) -> str:
        return _entry(self, self.text)


@dataclass(frozen=True)
class Group:
    """A heading (none: the file's beginning) and the lines below it, blank ones included."""

    heading: Line | None
    lines: list[Line]

    @property
    def name(self) -> str:
        return self.heading.text.removeprefix(HEADING) if self.heading else ""

    def filled(self) -> list[Line]:
        return [line for line in self.lines if line.text]


def read_list(name: str | Path) -> Options:
    """A file of entries without headings."""
    (group,) = _groups(name, headed=False)
    return tuple(line.entry() for line in group.filled())


def read_lists(name: str | Path, known: Mapping[str, Options] | None = None) -> dict[str, Options]:
    """Entries by heading; a line ``@animals`` stands for all entries of the ``known`` list of that name."""
    return {group.name: tuple(_with_whole_lists(group, known or {})) for group in _groups(name, headed=True)}


def read_records(name: str | Path, fields: tuple[str, ...]) -> tuple[Record, ...]:
    """Records without headings: for each, one tuple of options a field."""
    (group,) = _groups(name, headed=False)
    return _records(group, fields)


def read_record_groups(name: str | Path, fields: tuple[str, ...]) -> dict[str, tuple[Record, ...]]:
    """Records by heading."""
    return {group.name: _records(group, fields) for group in _groups(name, headed=True)}


def read_table(name: str | Path, columns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Rows of cells parted by tabs; the first line names the columns."""
    header, *rows = _lines(name)
    if tuple(header.text.split("\t")) != columns:
        raise header.error(f"the columns should be {', '.join(columns)}")
    if not rows:
        raise header.error("no row follows")
    return tuple(_cells(row, len(columns)) for row in rows)


def _lines(name: str | Path) -> list[Line]:
    path = DATA / name
    texts = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    lines = [Line(path, number, text) for number, text in enumerate(texts, 1) if not text.startswith(COMMENT)]
    for line in lines:
        if line.text != line.text.strip():
            raise line.error("space at the beginning or the end")
    if not any(line.text for line in lines):
        raise MalformedDataError(f"{path}: empty")
    return lines


def _groups(name: str | Path, headed: bool) -> list[Group]:
    groups = [Group(None, [])]
    for line in _lines(name):
        if not line.text.startswith(HEADING):
            groups[-1].lines.append(line)
        elif not headed:
            raise line.error("no headings in this file")
        elif any(group.heading and group.heading.text == line.text for group in groups):
            raise line.error("this heading stands twice")
        else:
            groups.append(Group(line, []))
    if headed:
        before, *groups = groups
        for line in before.filled():
            raise line.error("an entry before the first heading")
    for group in groups:
        if group.heading and not group.filled():
            raise group.heading.error("nothing below this heading")
    return groups


def _with_whole_lists(group: Group, known: Mapping[str, Options]) -> Iterator[str]:
    for line in group.filled():
        if not line.text.startswith(WHOLE_LIST):
            yield line.entry()
        elif (whole := line.text.removeprefix(WHOLE_LIST)) in known:
            yield from known[whole]
        else:
            raise line.error(f'no list "{whole}"; there are {", ".join(known) or "none"}')


def _records(group: Group, fields: tuple[str, ...]) -> tuple[Record, ...]:
    paragraphs: list[list[Line]] = [[]]
    for line in group.lines:
        if line.text:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return tuple(_record(lines, fields) for lines in paragraphs if lines)


def _record(lines: list[Line], fields: tuple[str, ...]) -> Record:
    options: list[list[str]] = [[] for _ in fields]
    reached = 0
    for line in lines:
        field, colon, text = line.text.partition(": ")
        if not colon or field not in fields:
            raise line.error(f"a line should begin with one of {', '.join(f'{f}:' for f in fields)}")
        at = fields.index(field)
        if at < reached:
            raise line.error(f'"{field}" after "{fields[reached]}": a blank line should part records')
        reached = at
        options[at].append(_entry(line, text))
    for field, found in zip(fields, options, strict=True):
        if not found:
            raise lines[0].error(f'this record has no "{field}"')
    return tuple(tuple(found) for found in options)


def _cells(row: Line, count: int) -> tuple[str, ...]:
    cells = row.text.split("\t")
    if len(cells) != count or not all(cells):
        raise row.error(f"a row should have {count} cells, parted by tabs")
    return tuple(_entry(row, cell) for cell in cells)


def _entry(line: Line, text: str) -> str:
    """The text of an entry; brackets and braces that do not close would reach the templates' output."""
    if text == NOTHING:
        return ""
    awaited: list[str] = []
    for character in text:
        if character in PAIRS:
            awaited.append(PAIRS[character])
        elif character in PAIRS.values() and (not awaited or awaited.pop() != character):
            raise line.error(f'"{character}" closes nothing')
    if awaited:
        raise line.error(f'a "{awaited[-1]}" is missing')
    text = text.replace(LINE_BREAK, "\n")
    if "\\" in text:
        raise line.error(f'the only escape is "{LINE_BREAK}", a line break')
    return text
