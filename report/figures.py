"""The charts of a report, drawn with Vega-Altair at build time.

What belongs here: what each chart shows and how. What does not: cleaning SVG (svg.py), choosing rows
(page.py).

Each chart is drawn twice, for a desktop column and for a phone, because scaling one drawing down makes its
letters unreadable; CSS shows one of them. All sizes are fixed and no layout depends on measured text, so
the bytes do not depend on the fonts of the machine that builds. Colours are CSS variables with a light
fallback.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from report import wording
from report.svg import svg_of

PAPER = "var(--paper, #ffffff)"
INK = "var(--ink, #1d2126)"
MUTED = "var(--muted, #5c6570)"
GRID = "var(--grid, #e2e5e8)"
BASE = "var(--base, #9aa5b1)"
CURRENT = "var(--current, #1f5f8b)"
UP = "var(--up, #1f6fa8)"
DOWN = "var(--down, #b5532a)"
BAND = "var(--band, #eef1f4)"
OUTSIDE = "var(--outside, #d3d8de)"
COLOURS = {"up": UP, "down": DOWN, "current": CURRENT, "base": BASE, "outside": OUTSIDE, "muted": MUTED}
WIDE, NARROW = 720, 350
VALIDATE = False

_MONTH_LABEL = (
    "[slice('JanFebMarAprMayJunJulAugSepOctNovDec', (toNumber(slice(datum.value, 5, 7)) - 1) * 3, "
    "toNumber(slice(datum.value, 5, 7)) * 3), slice(datum.value, 0, 4)]"
)
_PERCENT_LABEL = "(datum.value == 0 ? '0' : format(datum.value * 100, '+,.0f')) + ' %'"


@dataclass(frozen=True)
class Figure:
    """A chart in both widths, with the words that stand for it where it cannot be seen."""

    key: str
    title: str
    description: str
    wide: str
    narrow: str


@dataclass(frozen=True)
class RangeRow:
    """One line of a range chart: a dot, optionally with a range, and its number in words at the right."""

    label: str
    middle: float
    low: float | None
    high: float | None
    words: str
    colour: str
    tooltip: str


@dataclass(frozen=True)
class MonthBar:
    """Postings of one month and which window it belongs to: "base", "current" or "outside"."""

    month: str
    postings: int
    role: str


def month_bars(key: str, title: str, description: str, bars: Sequence[MonthBar]) -> Figure:
    """Columns of postings by month, coloured by window."""

    def drawn(suffix: str, width: int) -> str:
        import altair as alt

        height, narrow = (250, False) if width == WIDE else (190, True)
        values = [
            {
                "month": bar.month,
                "postings": bar.postings,
                "colour": COLOURS[bar.role],
                "words": f"{wording.month(bar.month)}: {wording.count(bar.postings)} postings",
            }
            for bar in bars
        ]
        months = [bar.month for bar in bars]
        wanted = ("01", "07") if narrow or len(months) > 30 else ("01", "04", "07", "10")
        ticks = [value for value in months if value[5:] in wanted] or months[:1]
        chart = (
            alt.Chart(alt.Data(values=values))
            .mark_bar()
            .encode(
                x=alt.X(
                    "month:O",
                    scale=alt.Scale(domain=months, paddingInner=0.22, paddingOuter=0.1),
                    axis=alt.Axis(values=ticks, labelExpr=_MONTH_LABEL, **_X_AXIS),
                ),
                y=alt.Y(
                    "postings:Q", scale=alt.Scale(nice=True, zero=True), axis=_count_axis(4 if narrow else 5)
                ),
                color=alt.Color("colour:N", scale=None),
                description="words:N",
            )
        )
        return _svg(
            chart, f"{key}-{suffix}", title, description, width, height, left=56, right=8, top=8, bottom=40
        )

    return Figure(key, title, description, drawn("wide", WIDE), drawn("narrow", NARROW))


def ranges(
    key: str,
    title: str,
    description: str,
    groups: Sequence[Sequence[RangeRow]],
    *,
    percent: bool,
    reference: tuple[float, str] | None = None,
) -> Figure:
    """Dots with whiskers, one line a row, with a gap between groups and an optional dashed reference line.

    With `percent` the scale is a change with a zero line; without, a quantity from zero up. A whisker that
    leaves the scale ends in an arrow, so that one wide interval does not flatten all the others.
    """
    rows = [row for group in groups for row in group]
    low, high = _domain(rows, percent, reference)

    def drawn(suffix: str, width: int) -> str:
        narrow = width == NARROW
        step, left, right = (38, 12, 70) if narrow else (25, 238, 78)
        positions: list[float] = []
        at = 0.0
        for group in groups:
            for _ in group:
                positions.append(at + (0.68 if narrow else 0.5))
                at += 1
            at += 0.45
        slots = max(at - 0.45, 1.0)
        chart = _range_layers(
            rows, positions, slots, (low, high), width - left - right, narrow, percent, reference
        )
        height = round(slots * step)
        return _svg(
            chart, f"{key}-{suffix}", title, description, width, height, left, right,
            top=24 if reference else 8, bottom=30, total_height=False,
        )  # fmt: skip

    return Figure(key, title, description, drawn("wide", WIDE), drawn("narrow", NARROW))


def title_months(
    key: str,
    title: str,
    description: str,
    months: Sequence[tuple[str, int]],
    windows: Sequence[tuple[str, str]],
) -> str:
    """A small line of one title's postings by month, the two windows shaded; one drawing for all widths."""
    import altair as alt

    names = [month for month, _ in months]
    top = max([postings for _, postings in months] + [1])
    values = [
        {"month": month, "postings": postings, "words": f"{wording.month(month)}: {wording.count(postings)}"}
        for month, postings in months
    ]
    x = alt.X(
        "month:O",
        scale=alt.Scale(type="point", domain=names, padding=0.5),
        axis=alt.Axis(values=[name for name in names if name.endswith("-01")] or names[:1],
                      labelExpr="slice(datum.value, 0, 4)", labelAlign="left", labelPadding=3, **_X_AXIS),
    )  # fmt: skip
    y = alt.Y(
        "postings:Q",
        scale=alt.Scale(domain=[0, top], nice=3),
        axis=_count_axis(3),
    )
    shaded = [
        {"from": max(first, names[0]), "to": min(last, names[-1])}
        for first, last in windows
        if first <= names[-1] and last >= names[0]
    ]
    band = (
        alt.Chart(alt.Data(values=shaded))
        .mark_rect(color=BAND, aria=False)
        .encode(x=alt.X("from:O", scale=alt.Scale(type="point", domain=names, padding=0.5)), x2="to:O")
    )
    base = alt.Chart(alt.Data(values=values)).encode(x=x, y=y)
    line = base.mark_line(color=CURRENT, strokeWidth=1.6, aria=False)
    dots = base.mark_circle(color=CURRENT, size=9, opacity=1).encode(description="words:N")
    return _svg(
        alt.layer(band, line, dots), key, title, description, 190, 100, left=36, right=6, top=8, bottom=24
    )


def calibration(key: str, title: str, description: str, bins: Sequence[tuple[float, float, int]]) -> Figure:
    """Stated probability (x) against the share that is right (y); the larger a dot, the more postings."""

    def drawn(suffix: str, width: int) -> str:
        import altair as alt

        side = 300
        values = [
            {
                "stated": stated,
                "right": right,
                "n": number,
                "words": f"said {wording.percent(stated)}, right {wording.percent(right)}, "
                f"n = {wording.count(number)}",
            }
            for stated, right, number in bins
        ]
        scale = alt.Scale(domain=[0, 1])
        axis: dict[str, Any] = {
            "values": [0, 0.25, 0.5, 0.75, 1],
            "labelExpr": "format(datum.value * 100, '.0f') + ' %'",
        }
        diagonal = (
            alt.Chart(alt.Data(values=[{"stated": 0, "right": 0}, {"stated": 1, "right": 1}]))
            .mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1, aria=False)
            .encode(x="stated:Q", y="right:Q")
        )
        base = alt.Chart(alt.Data(values=values)).encode(
            x=alt.X("stated:Q", scale=scale, axis=alt.Axis(title="Probability the model states", **axis)),
            y=alt.Y("right:Q", scale=scale, axis=alt.Axis(title="Share that is right", **axis)),
        )
        line = base.mark_line(color=CURRENT, strokeWidth=1.4, aria=False)
        dots = base.mark_circle(color=CURRENT, opacity=1).encode(
            size=alt.Size("n:Q", scale=alt.Scale(range=[14, 220], zero=True), legend=None),
            description="words:N",
        )
        return _svg(
            alt.layer(diagonal, line, dots), f"{key}-{suffix}", title, description,
            side + 40, side, left=62, right=14, top=10, bottom=46,
        )  # fmt: skip

    drawing = drawn("wide", WIDE)
    return Figure(key, title, description, drawing, drawn("narrow", NARROW))


_X_AXIS: dict[str, Any] = {
    "title": None,
    "labelAngle": 0,
    "labelOverlap": False,
    "labelFlush": False,
    "grid": False,
    "ticks": True,
    "tickSize": 4,
}


def _count_axis(ticks: int) -> Any:
    import altair as alt

    return alt.Axis(
        title=None,
        format=",.0f",
        tickCount=ticks,
        tickMinStep=1,
        labelOverlap=False,
        domain=False,
        ticks=False,
    )


def _domain(
    rows: Sequence[RangeRow], percent: bool, reference: tuple[float, str] | None
) -> tuple[float, float]:
    """The scale: all dots, and whiskers as far as they do not stretch it beyond twice what the dots need."""
    middles = [row.middle for row in rows] + ([reference[0]] if reference else []) + [0.0]
    least, most = min(middles), max(middles)
    reach = max(most - least, 0.05 if percent else 1.0)
    lows = [row.low for row in rows if row.low is not None] + [least]
    highs = [row.high for row in rows if row.high is not None] + [most]
    low, high = max(min(lows), least - 0.6 * reach), min(max(highs), most + 0.6 * reach)
    low = max(low, -1.0) if percent else 0.0
    margin = 0.03 * (high - low)
    return (low - margin if percent else low), high + margin


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers inside the scale, at most `most` of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _range_layers(
    rows: Sequence[RangeRow],
    positions: Sequence[float],
    slots: float,
    domain: tuple[float, float],
    plot: int,
    narrow: bool,
    percent: bool,
    reference: tuple[float, str] | None,
) -> Any:
    import altair as alt

    low, high = domain
    values: list[dict[str, Any]] = []
    arrows: list[dict[str, Any]] = []
    for row, position in zip(rows, positions, strict=True):
        value = {
            "at": position,
            "middle": row.middle,
            "label": wording.shortened(row.label, 44 if narrow else 36),
            "words": row.words,
            "colour": COLOURS[row.colour],
            "tooltip": row.tooltip,
        }
        if row.low is not None and row.high is not None:
            value |= {"low": max(row.low, low), "high": min(row.high, high)}
            arrows += [
                {"at": position, "x": edge, "sign": sign, "colour": COLOURS[row.colour]}
                for edge, sign, outside in ((low, "\u25c2", row.low < low), (high, "\u25b8", row.high > high))
                if outside
            ]
        values.append(value)
    x_scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    y = alt.Y("at:Q", scale=alt.Scale(domain=[0, slots], reverse=True, nice=False), axis=None)
    axis = alt.Axis(
        title=None,
        values=round_ticks(low, high, 4 if narrow else 7),
        labelOverlap=False,
        labelFlush=False,
        domain=False,
        ticks=False,
        **({"labelExpr": _PERCENT_LABEL} if percent else {"format": ",.0f"}),
    )
    base = alt.Chart(alt.Data(values=values))
    x = alt.X("middle:Q", scale=x_scale, axis=axis)
    colour = alt.Color("colour:N", scale=None)
    layers = []
    if percent:
        zero = alt.Chart(alt.Data(values=[{"x": 0}]))
        layers.append(zero.mark_rule(color=MUTED, strokeWidth=1, aria=False).encode(x="x:Q"))
    if reference:
        line = alt.Chart(alt.Data(values=[{"x": reference[0], "words": reference[1]}]))
        side = "left" if (reference[0] - low) < 0.5 * (high - low) else "right"
        layers += [
            line.mark_rule(color=INK, strokeWidth=1.2, strokeDash=[4, 3], aria=False).encode(x="x:Q"),
            line.mark_text(
                align=side, dx=3 if side == "left" else -3, color=INK, fontSize=11, aria=False
            ).encode(x="x:Q", y=alt.value(-10), text="words:N"),
        ]
    layers += [
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=2, opacity=0.55)
        .encode(
            x=alt.X("low:Q", scale=x_scale, axis=axis),
            x2="high:Q",
            y=y,
            color=colour,
            description="tooltip:N",
        ),
        base.mark_circle(size=46, opacity=1).encode(x=x, y=y, color=colour, description="tooltip:N"),
        base.mark_text(align="left", color=INK, fontSize=11, aria=False).encode(
            x=alt.value(plot + 10), y=y, text="words:N"
        ),
    ]
    label = {"align": "left", "dy": -15} if narrow else {"align": "right", "dy": 0}
    if narrow:  # the label stands on the plot: a halo keeps the lines behind it out of its letters
        label_halo = base.mark_text(
            fontSize=12, stroke=PAPER, strokeWidth=4, color=PAPER, aria=False, **label
        )
        layers.append(label_halo.encode(x=alt.value(0), y=y, text="label:N"))
    names = base.mark_text(fontSize=12, color=INK, aria=False, **label)
    layers.append(names.encode(x=alt.value(0 if narrow else -12), y=y, text="label:N"))
    if arrows:
        layers.append(
            alt.Chart(alt.Data(values=arrows))
            .mark_text(fontSize=11, aria=False)
            .encode(x="x:Q", y=y, text="sign:N", color=colour)
        )
    return alt.layer(*layers)


def _svg(
    chart: Any,
    key: str,
    title: str,
    description: str,
    width: int,
    height: int,
    left: int,
    right: int,
    top: int,
    bottom: int,
    total_height: bool = True,
) -> str:
    """Fix every size, style the chart, render it.

    Without `total_height`, `height` is that of the plot alone.
    """
    plot_height = height - top - bottom if total_height else height
    shaped = (
        chart.properties(
            width=width - left - right,
            height=plot_height,
            padding={"left": left, "right": right, "top": top, "bottom": bottom},
            autosize={"type": "none", "contains": "content"},
        )
        .configure(font="Liberation Sans")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED,
            titleColor=MUTED,
            gridColor=GRID,
            domainColor=BASE,
            tickColor=BASE,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            labelLimit=0,
            titleLimit=0,
        )
    )
    # The tests validate the specifications against Vega-Lite's schema; here it would double the time.
    return svg_of(shaped.to_dict(validate=VALIDATE), key, title, description)
