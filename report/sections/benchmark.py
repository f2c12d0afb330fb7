"""The market beside an outside index of job postings.

What belongs here: blocks made of mart_benchmark. What does not: the market's own change (market.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.bars import change_tick
from report.headline import MarketRow
from report.sections.around import Row, change_line, charted, empty, three

KEY, HEADING = "benchmark", "Beside an outside index"
SERIES = {"total": "open postings", "new": "new postings"}


def benchmark_section(
    rows: Sequence[Row], market: Sequence[MarketRow], numbering: blocks.Numbering
) -> blocks.Section:
    """Index and study, pair by pair, country by country; what of the difference the mix of countries explains."""
    pairs = [row.pair for row in market]
    found = sorted(
        (row for row in rows if row["pair"] in pairs),
        key=lambda row: (pairs.index(row["pair"]), row["country"] != "*", row["country"], row["series"]),
    )
    if not found:
        reason = (
            "No outside index stands beside these figures: the study names none (“benchmark” in its file), or "
            "none covers "
            "its countries and months."
        )
        return empty(KEY, HEADING, reason)
    lines = []
    for row in found:
        if row["pair"] == pairs[0]:
            where = _country(row)
            lines.append(
                change_line(f"{where}, index", _series(row), (row["benchmark_change"], None, None), "base")
            )
            lines.append(change_line(f"{where}, this study", "", three(row, "change")))
    columns = (
        blocks.Column("Windows"),
        blocks.Column("Country"),
        blocks.Column("Index", number=True),
        blocks.Column("This study", number=True),
        blocks.Column("Difference", number=True, note="The whole market's change minus the index's"),
        blocks.Column("By the mix of countries", number=True),
        blocks.Column("Not explained", number=True, note="What is left within the country"),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Whose index"),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(wording.pair(row["pair"])),
                blocks.text(_country(row), sub=_series(row)),
                blocks.change(row["benchmark_change"]),
                blocks.change_with(*three(row, "change")),
                blocks.points(row["difference"]),
                blocks.points(row["explained_by_mix"]),
                blocks.points(row["unexplained"]),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
                blocks.text(row["source"], sub=wording.plain(row["licence"])),
            )
        )
        for row in found
    )
    table = blocks.Table(
        KEY,
        "This study and the index; differences in points",
        columns,
        cells,
        "mart_benchmark",
        tall=len(cells) > 14,
    )
    note = (
        f"{wording.pair(pairs[0])}; the study's change with its 95 % interval, the index has none. An index of "
        "open postings "
        "is a stock; counts of published postings are a flow, so the series of new postings is the nearer one."
    )
    figure = charted(
        numbering, KEY, "Change by the index and by this study", lines, change_tick, note, table,
        dots=True, floor=-1.0, most=len(lines),
    )  # fmt: skip
    return blocks.Section(KEY, HEADING, (figure,))


def _country(row: Row) -> str:
    return "All its countries" if row["country"] == "*" else wording.plain(row["country"])


def _series(row: Row) -> str:
    return SERIES.get(row["series"], wording.readable(row["series"]))
