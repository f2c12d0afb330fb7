"""Bars and dots with whiskers, drawn without a charting library.

What belongs here: the one form of chart of which a study's fields in depth need hundreds: Vega-Altair takes
0.2 s a chart in two widths, this well under a millisecond. What does not: choosing rows, the other charts (figures.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from report import wording
from report.figures import COLOURS, CURRENT, GRID, INK, MUTED, NARROW, PAPER, WIDE, Figure, round_ticks
from report.svg import cleaned

MOST_BARS = 15
LABEL = 36  # characters of a name beside the plot


@dataclass(frozen=True)
class Bar:
    """One line: its name in two languages, the value, its interval, an earlier value as a tick, words at the right."""

    label: str
    value: float
    words: str
    tooltip: str
    second_label: str = ""
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    colour: str = "current"


def bars(
    key: str,
    title: str,
    description: str,
    rows: Sequence[Bar],
    axis: Callable[[float], str],
    *,
    dots: bool = False,
    floor: float | None = 0.0,
    reference: tuple[float, str] | None = None,
) -> Figure:
    """One bar (or dot) a row over a common scale; whiskers are intervals.

    `axis` words a tick; `floor` is the least the scale may begin with, None where values may be negative without bound.
    """
    shown = list(rows)
    low, high = _scale(shown, reference, floor)

    def drawn(suffix: str, width: int) -> str:
        return cleaned(
            _drawing(shown, width, (low, high), axis, dots, reference), f"{key}-{suffix}", title, description
        )

    return Figure(key, title, description, drawn("wide", WIDE), drawn("narrow", NARROW))


def drawn(
    key: str,
    title: str,
    lines: Sequence[Bar],
    axis: Callable[[float], str],
    most: int = MOST_BARS,
    **how: Any,
) -> Figure:
    """A chart of the first `most` lines; its title says where some are left out."""
    shown = lines[:most]
    first = "; ".join(f"{line.label} {line.words}" for line in shown[:3])
    more = "" if len(lines) <= len(shown) else f" ({len(shown)} of {len(lines)} are drawn)"
    return bars(key, f"{title}{more}", f"{title}: {first}.", shown, axis, **how)


def percent_tick(value: float) -> str:
    """A share on an axis."""
    return f"{value * 100:g}{wording.NO_BREAK}%"


def change_tick(value: float) -> str:
    """A change on an axis."""
    return (
        "0"
        if abs(value) < 1e-9
        else f"{round(value * 100, 6):+,g}{wording.NO_BREAK}%".replace("-", wording.MINUS)
    )


def number_tick(value: float) -> str:
    """An amount on an axis."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:g}"


def _scale(
    rows: Sequence[Bar], reference: tuple[float, str] | None, floor: float | None
) -> tuple[float, float]:
    """From the least to the most of all values; whiskers stretch it to at most 1.6 times that."""
    middles = [0.0, *(row.value for row in rows), *(row.mark for row in rows if row.mark is not None)]
    middles += [reference[0]] if reference else []
    least, most = min(middles), max(middles)
    reach = (most - least) or 1.0
    low = max(min([least, *(row.low for row in rows if row.low is not None)]), least - 0.6 * reach)
    high = min(max([most, *(row.high for row in rows if row.high is not None)]), most + 0.6 * reach)
    low = low if floor is None else max(low, floor)
    return low, high + 0.02 * (high - low)


def _drawing(
    rows: Sequence[Bar],
    width: int,
    scale: tuple[float, float],
    axis: Callable[[float], str],
    dots: bool,
    reference: tuple[float, str] | None,
) -> str:
    narrow = width == NARROW
    step, left, right = (40, 6, 74) if narrow else (34, 238, 86)
    top, plot = (22 if reference else 6), width - left - right
    bottom = top + step * len(rows)
    low, high = scale
    at = _Axis(low, high, left, plot)
    parts = []
    for tick in round_ticks(low, high, 4 if narrow else 6):
        parts.append(_line(at(tick), top, at(tick), bottom, MUTED if tick == 0 else GRID, 1))
        anchor = "start" if narrow and at(tick) < left + 20 else "middle"
        parts.append(_text(at(tick), bottom + 15, axis(tick), anchor, MUTED, 11))
    if reference:
        x = at(reference[0])
        parts.append(_line(x, top - 4, x, bottom, INK, 1.2, dashes="4,3"))
        anchor = "start" if x < left + plot / 2 else "end"
        parts.append(_text(x + (3 if anchor == "start" else -3), top - 8, reference[1], anchor, INK, 11))
    for place, row in enumerate(rows):
        parts.append(_row(row, top + place * step, at, left, plot, narrow, dots))
    body = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 24}">{body}</svg>'


@dataclass(frozen=True)
class _Axis:
    """Values to places in the drawing; values beyond the scale stand at its ends."""

    low: float
    high: float
    left: int
    plot: int

    def __call__(self, value: float) -> float:
        within = min(max(value, self.low), self.high)
        return round(self.left + (within - self.low) / (self.high - self.low) * self.plot, 2)


def _row(row: Bar, y: float, at: _Axis, left: int, plot: int, narrow: bool, dots: bool) -> str:
    middle = y + (28 if narrow else 17)
    colour = COLOURS.get(row.colour, CURRENT)
    hint = f' aria-label="{escape(row.tooltip)}"'
    zero, end = at(0.0), at(row.value)
    parts = []
    if narrow:
        both = f"{row.label}  {row.second_label}" if row.second_label else row.label
        if wording.shortened(both, 46) != both:  # no half of a second name
            both = row.label
        for stroke in (f' stroke="{PAPER}" stroke-width="4"', ""):
            fill = PAPER if stroke else INK
            parts.append(
                _text(left + 4, y + 14, wording.shortened(both, 46), "start", fill, 12).replace(
                    "<text", f"<text{stroke}"
                )
            )
    else:
        parts += _wide_label(row, left - 12, middle)
    if not dots:
        x, wide = min(zero, end), max(abs(end - zero), 0.5)
        parts.append(
            f'<rect x="{x}" y="{middle - 6}" width="{wide:g}" height="12" fill="{colour}" fill-opacity="0.75"{hint}/>'
        )
    if row.low is not None and row.high is not None:
        ink = colour if dots else INK
        parts.append(_line(at(row.low), middle, at(row.high), middle, ink, 2 if dots else 1.2))
        # A whisker that goes on beyond the scale ends in an arrow.
        parts += [_arrow(at(row.low), middle, -5, ink)] if row.low < at.low else []
        parts += [_arrow(at(row.high), middle, 5, ink)] if row.high > at.high else []
    if row.mark is not None:
        parts.append(_line(at(row.mark), middle - 8, at(row.mark), middle + 8, MUTED, 2))
    if dots:
        parts.append(f'<circle cx="{end}" cy="{middle}" r="4" fill="{colour}"{hint}/>')
    parts.append(_text(left + plot + 10, middle + 4, row.words, "start", INK, 11))
    return "".join(parts)


def _wide_label(row: Bar, x: float, middle: float) -> list[str]:
    """The name left of the plot: its second language below it, or a long name on two lines."""
    first, second, ink, size = row.label, row.second_label, MUTED, 10.5
    if not second and wording.shortened(first, LABEL) != first and " " in first[:LABEL]:
        cut = first.rfind(" ", 0, LABEL)
        first, second, ink, size = first[:cut], first[cut + 1 :], INK, 12
    long = wording.shortened(first, LABEL) != first
    words = wording.shortened(first, LABEL + 6) if long else first
    parts = [_text(x, middle + (-1 if second else 4), words, "end", INK, 10.5 if long else 12)]
    if second:
        parts.append(_text(x, middle + 12, wording.shortened(second, LABEL + 4), "end", ink, size))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def _arrow(x: float, y: float, size: float, colour: str) -> str:
    return f'<path d="M{x:g},{y - 3.5:g}L{x + size:g},{y:g}L{x:g},{y + 3.5:g}Z" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str, size: float) -> str:
    safe = escape(wording.plain(words) if wording.NO_BREAK not in words else words)
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}" font-size="{size:g}">{safe}</text>'
    )
