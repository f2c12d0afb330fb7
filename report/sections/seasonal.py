"""The market's monthly series: the season taken out, or the same month a year before; flow and stock.

What belongs here: blocks made of mart_seasonal and mart_flow_and_stock. What does not: windows and their changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.lines import Line, lines
from report.sections.around import Row

KEY, HEADING = "series", "The season, flow and stock"


def seasonal_section(
    rows: Sequence[Row], flows: Sequence[Row], numbering: blocks.Numbering
) -> blocks.Section:
    """The market month by month, then what opened, closed and stood open where the life of postings is known."""
    parts: list[blocks.Block] = []
    market = sorted((row for row in rows if row["level"] == "market"), key=lambda row: str(row["month"]))
    if market:
        parts.append(_series(market, numbering))
    else:
        parts.append(blocks.Paragraph("No monthly series was made of this study."))
    if flows:
        parts.append(_flows(flows, numbering))
    else:
        parts.append(
            blocks.Paragraph(
                "Flow and stock are not shown: the sources do not say when a posting was taken down, and the "
                "study has no "
                "sightings of them (“lifecycle” in its file).",
                quiet=True,
            )
        )
    return blocks.Section(KEY, HEADING, tuple(parts))


def _series(market: Sequence[Row], numbering: blocks.Numbering) -> blocks.FigureBlock:
    months = [str(row["month"]) for row in market]
    adjusted = any(row["adjusted"] is not None for row in market)
    other = "adjusted" if adjusted else "year_before"
    words = "season taken out" if adjusted else "same month a year before"
    drawn = [
        Line("Postings", tuple(_number(row["postings"]) for row in market)),
        Line(
            words.capitalize(),
            tuple(_number(row[other]) for row in market),
            "down" if adjusted else "base",
            True,
        ),
    ]
    columns = (
        blocks.Column("Month"),
        blocks.Column("Postings", number=True),
        blocks.Column("A year before", number=True),
        blocks.Column("Change on the year", number=True),
        blocks.Column("Season taken out", number=True),
        blocks.Column("Trend", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.Cell(wording.month(str(row["month"])), sort=str(row["month"])),
                blocks.count(row["postings"]),
                blocks.count(row["year_before"]),
                blocks.change(row["change_on_year"]),
                blocks.count(row["adjusted"]),
                blocks.count(row["trend"]),
            )
        )
        for row in market
    )
    why = (
        "The seasonal part is estimated from the market's own months (STL)."
        if adjusted
        else "The season is not taken out: that takes 36 months, each with postings. "
        "The month a year before stands beside instead."
    )
    table = blocks.Table(KEY, "The market by month", columns, cells, "mart_seasonal", tall=True)
    first, last = wording.month(months[0]), wording.month(months[-1])
    return blocks.FigureBlock(
        numbering.figure(),
        lines(KEY, f"Postings by month and {words}", f"Postings a month, {first} to {last}.", months, drawn),
        f"{why} Series of the headline titles in the CSV. Data: mart_seasonal.",
        legend=(("current", "postings"), ("down" if adjusted else "base", words)),
        data=table,
    )


def _flows(flows: Sequence[Row], numbering: blocks.Numbering) -> blocks.TableBlock:
    columns = (
        blocks.Column("Source"),
        blocks.Column("Month"),
        blocks.Column("Days observed", number=True),
        blocks.Column("Opened", number=True),
        blocks.Column("Closed", number=True),
        blocks.Column("Open, mean of days", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(row["source"]),
                blocks.Cell(wording.month(str(row["month"])), sort=str(row["month"])),
                blocks.count(row["days_observed"]),
                blocks.count(row["opened"]),
                blocks.count(row["closed"]),
                blocks.number(wording.decimal_number(row["stock"]), row["stock"]),
            )
        )
        for row in flows
    )
    caption = "Postings opened, closed and standing open"
    table = blocks.Table("flow", caption, columns, cells, "mart_flow_and_stock", tall=len(cells) > 14)
    return blocks.TableBlock(numbering.table(), table)


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
