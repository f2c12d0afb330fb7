"""Lines by month, drawn without a charting library, like report.bars.

What belongs here: one chart of a few monthly series over a common scale. What does not: choosing rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from report import wording
from report.figures import COLOURS, CURRENT, GRID, MUTED, NARROW, WIDE, Figure, round_ticks
from report.svg import cleaned


@dataclass(frozen=True)
class Line:
    """One series: its name, a value (or none) a month, a colour of report.figures.COLOURS."""

    label: str
    values: tuple[float | None, ...]
    colour: str = "current"
    dashed: bool = False


def lines(key: str, title: str, description: str, months: Sequence[str], series: Sequence[Line]) -> Figure:
    """The series over the months, from zero up; a month without a value is a gap."""

    def drawn(suffix: str, width: int) -> str:
        return cleaned(_drawing(months, series, width), f"{key}-{suffix}", title, description)

    return Figure(key, title, description, drawn("wide", WIDE), drawn("narrow", NARROW))


def _drawing(months: Sequence[str], series: Sequence[Line], width: int) -> str:
    narrow = width == NARROW
    left, right, top, height = 58, 10, 8, 170 if narrow else 220
    most = max([value for line in series for value in line.values if value is not None] or [1.0]) or 1.0
    bottom, plot = top + height, width - left - right
    step = plot / max(len(months) - 1, 1)

    def x(place: int) -> float:
        return round(left + step * place, 2)

    def y(value: float) -> float:
        return round(bottom - value / (most * 1.04) * height, 2)

    parts = []
    for tick in round_ticks(0.0, most * 1.04, 4 if narrow else 5):
        parts.append(
            f'<line x1="{left}" y1="{y(tick):g}" x2="{width - right}" y2="{y(tick):g}" '
            f'stroke="{MUTED if tick == 0 else GRID}" stroke-width="1"/>'
        )
        parts.append(_text(left - 8, y(tick) + 4, f"{tick:,g}", "end"))
    wanted = ("01", "07") if narrow or len(months) > 30 else ("01", "04", "07", "10")
    for place, month in enumerate(months):
        if month[5:] in wanted:
            parts.append(_text(x(place), bottom + 16, wording.month(month), _anchor(place, len(months))))
    for line in series:
        parts.append(_series(line, months, x, y))
    body = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 26}">{body}</svg>'


def _series(line: Line, months: Sequence[str], x: Callable[[int], float], y: Callable[[float], float]) -> str:
    colour = COLOURS.get(line.colour, CURRENT)
    path, pen_up = "", True
    dots = []
    for place, value in enumerate(line.values):
        if value is None:
            pen_up = True
            continue
        path += f"{'M' if pen_up else 'L'}{x(place):g},{y(value):g}"
        pen_up = False
        hint = escape(f"{line.label}, {wording.month(months[place])}: {wording.count(round(value))}")
        dots.append(
            f'<circle cx="{x(place):g}" cy="{y(value):g}" r="2.2" fill="{colour}" aria-label="{hint}"/>'
        )
    dashes = ' stroke-dasharray="5,4"' if line.dashed else ""
    drawn = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>' if path else ""
    return drawn + ("" if line.dashed else "".join(dots))


def _anchor(place: int, months: int) -> str:
    return "start" if place == 0 else "end" if place == months - 1 else "middle"


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{MUTED}" font-size="11">{escape(words)}</text>'
