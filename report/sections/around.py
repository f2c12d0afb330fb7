"""What the sections around the headline figures share: the names of titles, a chart with its table, an empty section.

What belongs here: helpers of the modules beside this one. What does not: any one section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report import blocks, wording
from report.bars import Bar, drawn
from report.headline import UNASSIGNED, MarketRow

MOST_ROWS = 100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """Titles by id: (English, Chinese)."""

    titles: Mapping[str, tuple[str, str]]

    def english(self, title_id: object, otherwise: object = "") -> str:
        """The English title, else the Chinese one, else what the mart has."""
        key = wording.plain(title_id)
        english, chinese = self.titles.get(key, ("", ""))
        return english or chinese or wording.plain(otherwise) or wording.readable(key)

    def chinese(self, title_id: object) -> str:
        """The Chinese title, where there is one beside the English one."""
        english, chinese = self.titles.get(wording.plain(title_id), ("", ""))
        return chinese if english and chinese != english else ""

    def cell(self, title_id: object, otherwise: object = "", flags: Sequence[str] = ()) -> blocks.Cell:
        """The title in both languages."""
        return blocks.text(self.english(title_id, otherwise), sub=self.chinese(title_id), flags=flags)


def names_of(rows: Iterable[Row]) -> Names:
    """From mart_title_yoy."""
    return Names(
        {
            wording.plain(row["title_id"]): (wording.plain(row["title_en"]), wording.plain(row["title_zh"]))
            for row in rows
            if row["title_id"] != UNASSIGNED
        }
    )


def empty(key: str, heading: str, reason: str) -> blocks.Section:
    """A section that has nothing to show says why."""
    return blocks.Section(key, heading, (blocks.Paragraph(reason),))


def of_pair(rows: Iterable[Row], pair: str) -> list[Row]:
    """The rows of one pair of windows, in the mart's order."""
    return [row for row in rows if row["pair"] == pair]


def charted(
    numbering: blocks.Numbering,
    key: str,
    title: str,
    lines: Sequence[Bar],
    axis: Callable[[float], str],
    note: str,
    table: blocks.Table,
    **how: Any,
) -> blocks.Block:
    """The chart with the table behind it, or the table alone where no line can be drawn."""
    if not lines:
        return blocks.TableBlock(numbering.table(), table)
    return blocks.FigureBlock(
        numbering.figure(), drawn(key, title, lines, axis, **how), f"{note} Data: {table.source}.", data=table
    )


def change_line(
    label: str,
    second: str,
    figure: tuple[float | None, float | None, float | None],
    colour: str = "current",
    mark: float | None = None,
) -> Bar:
    """A change (or a difference of changes) with its interval as a line of a chart."""
    value, low, high = figure
    words = wording.signed_percent(value)
    hint = f"{label}: {words}, 95 % interval {wording.interval(low, high)}"
    return Bar(label, value or 0.0, words, hint, second, low, high, mark=mark, colour=colour)


def three(row: Row, name: str) -> tuple[float | None, float | None, float | None]:
    """A figure and its interval by the name of its column."""
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def best(row: Row, method: object) -> tuple[float | None, float | None, float | None]:
    """The change by a method's counts, the raw one where it has none."""
    name = f"{method}_change" if method in ("panel", "corrected") else "change"
    return three(row, name) if row[name] is not None else three(row, "change")


def market_line(market: MarketRow, method: str = "raw") -> tuple[float, str] | None:
    """The market's change as the dashed line of a chart."""
    change = market.change_by(method)
    return None if change is None else (change, f"market {wording.signed_percent(change)}")


def capped(rows: Sequence[Row], source: str) -> tuple[Sequence[Row], str]:
    """At most MOST_ROWS rows, and a sentence on the rest."""
    left = len(rows) - MOST_ROWS
    more = f" {wording.count(left)} more rows are in {source}.csv." if left > 0 else ""
    return rows[:MOST_ROWS], more
