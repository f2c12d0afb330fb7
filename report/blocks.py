"""What a page is made of: paragraphs, tables, figures, numbered in reading order.

What belongs here: the shapes that templates print. What does not: the content of any section, HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report import wording
from report.figures import Figure


@dataclass(frozen=True)
class Column:
    """A table's column; `number` columns are right-aligned and sort by value; `prose` ones
    hold sentences and are not squeezed."""

    label: str
    number: bool = False
    note: str = ""
    prose: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell: what is read, what it sorts by, a second line, flags as (words, meaning), a page of the report."""

    text: str
    sort: str = ""
    sub: str = ""
    flags: tuple[tuple[str, str], ...] = ()
    link: str = ""


@dataclass(frozen=True)
class Row:
    """One row; `identifier` ties it to the search index."""

    cells: tuple[Cell, ...]
    identifier: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption and where its numbers come from. `tall` ones scroll inside a frame."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    source: str = ""
    tall: bool = False
    searchable: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A line of prose; `quiet` ones are remarks under a table or figure."""

    text: str
    quiet: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True)
class TableBlock:
    """A numbered table."""

    number: int
    table: Table
    kind: str = "table"


@dataclass(frozen=True)
class FigureBlock:
    """A numbered chart with its key, its source line and the table behind it."""

    number: int
    figure: Figure
    note: str
    legend: tuple[tuple[str, str], ...] = ()
    data: Table | None = None
    small: bool = False
    kind: str = "figure"


@dataclass(frozen=True)
class SmallMultiple:
    """One title's line with the words above it."""

    heading: str
    sub: str
    lines: tuple[str, ...]
    svg: str
    flags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MultiplesBlock:
    """A numbered grid of small charts of one kind."""

    number: int
    title: str
    note: str
    items: tuple[SmallMultiple, ...]
    data: Table
    kind: str = "multiples"


Block = Paragraph | TableBlock | FigureBlock | MultiplesBlock


@dataclass(frozen=True)
class Section:
    """A part of the page with its own heading and place in the contents."""

    key: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass
class Numbering:
    """Counts figures and tables in reading order."""

    figures: int = 0
    tables: int = 0

    def figure(self) -> int:
        """The next figure's number."""
        self.figures += 1
        return self.figures

    def table(self) -> int:
        """The next table's number."""
        self.tables += 1
        return self.tables


def text(value: object, sub: str = "", flags: Sequence[str] = ()) -> Cell:
    """A text cell; the row's flags stand under its name, where they are seen on a phone too."""
    words = wording.plain(value)
    meanings = tuple(wording.flag_words(flag) for flag in flags)
    return Cell(words or wording.ABSENT, sort=words.lower(), sub=sub, flags=meanings)


def number(words: str, value: wording.Number | None) -> Cell:
    """A number cell that sorts by its value; nulls sort last."""
    return Cell(words, sort="" if value is None else f"{float(value):.10g}")


def count(value: wording.Number | None) -> Cell:
    """A whole number."""
    return number(wording.count(value), value)


def employers(value: wording.Number | None) -> Cell:
    """An effective number of employers."""
    return number(wording.employers(value), value)


def change(value: wording.Number | None) -> Cell:
    """A signed percentage."""
    return number(wording.signed_percent(value), value)


def share(value: wording.Number | None) -> Cell:
    """A percentage of a whole."""
    return number(wording.percent(value), value)


def points(value: wording.Number | None) -> Cell:
    """A distance in percentage points."""
    return number(wording.signed_points(value), value)


def interval(low: wording.Number | None, high: wording.Number | None) -> Cell:
    """A 95 % interval; sorts by its width, which is how sure the figure is."""
    width = None if low is None or high is None else float(high) - float(low)
    return number(wording.interval(low, high), width)


def change_with(
    value: wording.Number | None, low: wording.Number | None, high: wording.Number | None
) -> Cell:
    """A change with its 95 % interval on the second line."""
    words = (
        "" if value is None else "no interval" if low is None or high is None else wording.interval(low, high)
    )
    return Cell(wording.signed_percent(value), sort=_sort(value), sub=words)


def share_with(value: wording.Number | None, low: wording.Number | None, high: wording.Number | None) -> Cell:
    """A share with its 95 % interval on the second line."""
    words = "" if low is None or high is None else f"{wording.percent(low)} to {wording.percent(high)}"
    return Cell(wording.percent(value), sort=_sort(value), sub=words)


def amount_with(
    value: wording.Number | None, low: wording.Number | None, high: wording.Number | None, digits: int = 0
) -> Cell:
    """An amount with its 95 % interval on the second line."""
    words = (
        ""
        if low is None or high is None
        else f"{wording.decimal_number(low, digits)} to {wording.decimal_number(high, digits)}"
    )
    return Cell(wording.decimal_number(value, digits), sort=_sort(value), sub=words)


def verdict(value: str, q_value: wording.Number | None) -> Cell:
    """A verdict with its q-value on the second line."""
    return Cell(wording.verdict(value) or wording.ABSENT, sort=value, sub=wording.q_value(q_value))


def _sort(value: wording.Number | None) -> str:
    return "" if value is None else f"{float(value):.10g}"
