"""What the tables of a role share: their shape, cells with intervals, and lines of a chart.

What belongs here: helpers of the modules beside this one. What does not: any one table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from report import blocks, wording
from report.bars import Bar
from report.fields import Row
from report.figures import Figure

MOST_ROWS = 60
UNSURE = 10
NOT_STATED = ("not stated", "other", "")


@dataclass(frozen=True)
class Part:
    """One table of a role: its chart is drawn only when a page asks for it; without rows, a sentence says why."""

    key: str
    heading: str
    table: blocks.Table | None
    empty: str
    figure: Callable[[], Figure] | None = None
    note: str = ""


def share_line(row: Row, name: str, second: str) -> Bar:
    """A share as a bar: corrected where it can be, the share a year before as a tick."""
    value, low, high = best(row, "corrected_share", ("share", "share_low", "share_high"))
    words = wording.percent(value)
    return Bar(
        name,
        float(value or 0.0),
        words,
        f"{name}: {words}, 95 % interval {wording.percent(low)} to {wording.percent(high)}",
        second,
        low,
        high,
        mark=row.get("base_share"),
    )


def share_drawn(row: Row) -> float:
    """The share by which bars are ordered: the one that is drawn."""
    return float(best(row, "corrected_share", ("share", "share_low", "share_high"))[0] or 0.0)


def best(row: Row, corrected: str, raw: tuple[str, str, str]) -> tuple[Any, Any, Any]:
    """The corrected figure with its interval where there is one that says something, else the raw one.

    A corrected interval more than UNSURE times as wide as the raw one stands on hardly a label: the table has it.
    """
    figure = three(row, corrected)
    plain = (row.get(raw[0]), row.get(raw[1]), row.get(raw[2]))
    if figure[0] is None or _width(figure) > UNSURE * (_width(plain) or float("inf")):
        return plain
    return figure


def _width(figure: tuple[Any, Any, Any]) -> float:
    _, low, high = figure
    return 0.0 if low is None or high is None else float(high) - float(low)


def three(row: Row, name: str) -> tuple[Any, Any, Any]:
    """A figure and its interval by the name of its column."""
    return row.get(name), row.get(f"{name}_low"), row.get(f"{name}_high")


def changed(row: Row, name: str) -> blocks.Cell:
    """A change with its interval, as a cell."""
    return blocks.change_with(*three(row, name))


def shared(row: Row, name: str) -> blocks.Cell:
    """A share with its interval, as a cell."""
    return blocks.share_with(*three(row, name))


def flags_of(row: Row) -> tuple[str, ...]:
    """The row's flags."""
    return wording.flags(row.get("flags"))


def is_stated(value: object) -> bool:
    """Whether a value names something."""
    return wording.plain(value).lower() not in NOT_STATED


def later_window(pair: str) -> str:
    """The later window of a pair, in words."""
    return wording.pair(pair).split(" against ")[0]
