"""Thin sections by industry, city and salary.

What belongs here: blocks made of mart_industry, mart_city and mart_salary. What does not: titles on their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from report import blocks, figures, wording
from report.bars import change_tick
from report.headline import UNASSIGNED, MarketRow
from report.sections.around import Names, Row, change_line, charted

MOST_VALUES = 15
MOST_CELLS = 60
MOST_SALARIES = 150
_NOT_STATED = ("", "not stated", "unknown")


@dataclass(frozen=True)
class DimensionRow:
    """All titles' postings of one industry or city in both windows."""

    value: str
    base_postings: int
    current_postings: int
    share: float | None
    change: float | None
    low: float | None = None
    high: float | None = None
    chinese: str = ""


def dimension_section(
    key: str,
    heading: str,
    one: str,
    many: str,
    table: pa.Table,
    names: Names,
    known: Sequence[Row],
    market: MarketRow,
    numbering: blocks.Numbering,
) -> blocks.Section:
    """Change by industry or city: the largest values of all titles together, then the largest title cells.

    `table` is mart_industry or mart_city, `key` its dimension's column. `known`: the same of all postings in the fields
    in depth, which has intervals and Chinese names.
    """
    rows, not_stated, total = dimension_rows(table, key, market.pair)
    if not rows:
        text = f"This study's sources do not state the {one}, so there is nothing to show by {one}."
        return blocks.Section(key, heading, (blocks.Paragraph(text),))
    shown = [_with_interval(row, key, known) for row in rows[:MOST_VALUES]]
    stated = total - not_stated
    words = (
        f"{wording.count(stated)} of {wording.count(total)} postings in {market.current_window} state "
        f"the {one} "
        f"({wording.percent(stated / total if total else None)})."
    )
    if len(rows) > len(shown):
        words += f" The {len(shown)} largest of {wording.count(len(rows))} {many} are drawn."
    parts: list[blocks.Block] = [
        blocks.Paragraph(words),
        _dimension_figure(key, one, many, shown, market, numbering),
        _cells_table(key, one, table, names, market, numbering),
    ]
    return blocks.Section(key, heading, tuple(parts))


def _with_interval(row: DimensionRow, key: str, known: Sequence[Row]) -> DimensionRow:
    """The row with the interval of the fields in depth, where these count the same postings under its name."""
    name = f"{key}_en" if key == "industry" else key
    for other in known:
        counts = (other["base_postings"], other["current_postings"])
        if wording.plain(other[name]) == row.value and counts == (row.base_postings, row.current_postings):
            chinese = wording.plain(other.get(f"{key}_zh"))
            return replace(row, low=other["change_low"], high=other["change_high"], chinese=chinese)
    return row


def dimension_rows(table: pa.Table, key: str, pair: str) -> tuple[list[DimensionRow], int, int]:
    """Values, largest first; then how many current postings state none, and how many there are."""
    table = table.filter(pc.equal(table["pair"], pair))
    sums = table.group_by(key).aggregate([("base_postings", "sum"), ("current_postings", "sum")]).to_pylist()
    total = sum(row["current_postings_sum"] or 0 for row in sums)
    stated = [row for row in sums if wording.plain(row[key]).lower() not in _NOT_STATED]
    stated_postings = sum(row["current_postings_sum"] or 0 for row in stated)
    rows = [
        DimensionRow(
            wording.plain(row[key]),
            base := row["base_postings_sum"] or 0,
            current := row["current_postings_sum"] or 0,
            current / total if total else None,
            current / base - 1 if base else None,
        )
        for row in stated
    ]
    rows.sort(key=lambda row: (-row.current_postings, -row.base_postings, row.value))
    return rows, total - stated_postings, total


def salary_section(
    table: pa.Table, names: Names, market: MarketRow, numbering: blocks.Numbering
) -> blocks.Section:
    """Monthly pay by title: quartiles and median, per currency, with how many postings state it."""
    rows = [
        row
        for row in table.filter(pc.equal(table["pair"], market.pair)).to_pylist()
        if (row["stating_pay"] or 0) > 0 and row["title_id"] != UNASSIGNED
    ]
    if not rows:
        text = "This study's sources do not state pay, so there is nothing to show about salaries."
        return blocks.Section("salary", "Salary", (blocks.Paragraph(text),))
    stating: dict[str, int] = {}
    for row in rows:
        currency = wording.plain(row["currency"])
        stating[currency] = stating.get(currency, 0) + row["stating_pay"]
    main = max(sorted(stating), key=lambda currency: stating[currency])
    rows.sort(key=lambda row: (wording.plain(row["currency"]) != main, -row["stating_pay"], row["title_id"]))
    parts: list[blocks.Block] = [
        blocks.Paragraph(
            f"Pay as the postings of {market.current_window} state it, brought to a month, in the "
            "currency stated; "
            "postings that state none are left out, and they may pay differently."
        )
    ]
    drawn = [
        row for row in rows if wording.plain(row["currency"]) == main and row["median_monthly"] is not None
    ]
    if drawn:
        parts.append(_salary_figure(drawn[:MOST_VALUES], main, numbering))
    parts.append(_salary_table(rows, names, numbering))
    return blocks.Section("salary", "Salary", tuple(parts))


def _dimension_figure(
    key: str,
    one: str,
    many: str,
    rows: Sequence[DimensionRow],
    market: MarketRow,
    numbering: blocks.Numbering,
) -> blocks.Block:
    lines = [
        change_line(
            row.value, row.chinese, (row.change, row.low, row.high), "up" if row.change > 0 else "down"
        )
        for row in rows
        if row.change is not None
    ]
    columns = (
        blocks.Column(one.capitalize()),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Share of later", number=True),
        blocks.Column("Change", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(row.value, sub=row.chinese, flags=() if row.base_postings else ("no_base",)),
                blocks.count(row.base_postings),
                blocks.count(row.current_postings),
                blocks.share(row.share),
                blocks.change_with(row.change, row.low, row.high),
            )
        )
        for row in rows
    )
    reference = (
        None if market.change is None else (market.change, f"market {wording.signed_percent(market.change)}")
    )
    withheld = "" if any(row.low is not None for row in rows) else " The study has no intervals for them."
    return charted(
        numbering,
        key,
        f"Change in postings by {one}",
        lines,
        change_tick,
        f"The {len(rows)} largest {many}, all titles together, {wording.pair(market.pair)}, with 95 % intervals over "
        f"employers where there are enough of them.{withheld} Dashed: the market. n in the table behind.",
        blocks.Table(f"{key}-data", f"Postings by {one}", columns, cells, f"mart_{key}"),
        dots=True,
        floor=-1.0,
        reference=reference,
    )


def _cells_table(
    key: str, one: str, table: pa.Table, names: Names, market: MarketRow, numbering: blocks.Numbering
) -> blocks.TableBlock:
    left_out = pa.array(["", *_NOT_STATED[1:], UNASSIGNED])
    wanted = pc.and_(
        pc.equal(table["pair"], market.pair),
        pc.and_(
            pc.invert(pc.is_in(table["title_id"], left_out)),
            pc.invert(pc.is_in(pc.fill_null(table[key], ""), left_out)),
        ),
    )
    cells = table.filter(wanted)
    order = [("current_postings", "descending"), ("title_id", "ascending"), (key, "ascending")]
    largest = cells.sort_by(order).slice(0, MOST_CELLS).to_pylist()
    columns = (
        blocks.Column("Title"),
        blocks.Column(one.capitalize()),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Share of the title", number=True),
        blocks.Column("Change", number=True),
    )
    rows = tuple(
        blocks.Row(
            (
                names.cell(row["title_id"], row["title_en"], wording.flags(str(row["flags"] or ""))),
                blocks.text(row[key]),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
                blocks.share(row["share"]),
                blocks.change(row["change"]),
            )
        )
        for row in largest
    )
    largest_of = f"the {len(rows)} largest of {wording.count(cells.num_rows)}"
    caption = f"Titles by {one}, {largest_of}, {wording.pair(market.pair)}"
    return blocks.TableBlock(
        numbering.table(), blocks.Table(f"{key}-cells", caption, columns, rows, f"mart_{key}", tall=True)
    )


def _salary_figure(
    rows: Sequence[dict[str, object]], currency: str, numbering: blocks.Numbering
) -> blocks.FigureBlock:
    ranges = [
        figures.RangeRow(
            name := wording.plain(row["title_en"] or row["title_id"]),
            _number(row["median_monthly"]) or 0.0,
            _number(row["p25_monthly"]),
            _number(row["p75_monthly"]),
            wording.count(round(_number(row["median_monthly"]) or 0.0)),
            "current",
            f"{name}: median {wording.count(_number(row['median_monthly']))} {currency} a month, middle half "
            f"{wording.count(_number(row['p25_monthly']))} to {wording.count(_number(row['p75_monthly']))}, "
            f"n\u00a0=\u00a0{wording.count(_number(row['stating_pay']))}",
        )
        for row in rows
    ]
    ranges.sort(key=lambda row: (-row.middle, row.label))
    return blocks.FigureBlock(
        numbering.figure(),
        figures.ranges(
            "salary",
            f"Monthly pay by title, {currency}",
            f"Median monthly pay and the middle half of postings, in {currency}, for the titles with "
            "most postings that "
            "state pay.",
            [ranges],
            percent=False,
        ),
        f"Dot: median monthly pay in {currency}; bar: the middle half of the postings that state pay "
        "(not an interval of "
        "the median). Titles with most such postings; n in the table below. Data: mart_salary.",
    )


def _salary_table(
    rows: Sequence[dict[str, object]], names: Names, numbering: blocks.Numbering
) -> blocks.TableBlock:
    columns = (
        blocks.Column("Title"),
        blocks.Column("Currency"),
        blocks.Column("Postings", number=True),
        blocks.Column("n stating pay", number=True),
        blocks.Column("Share", number=True),
        blocks.Column("Lower quartile", number=True),
        blocks.Column("Median", number=True),
        blocks.Column("Upper quartile", number=True),
        blocks.Column("Mean", number=True),
    )

    def pay(value: object) -> blocks.Cell:
        amount = _number(value)
        return blocks.number(wording.count(None if amount is None else round(amount)), amount)

    cells = tuple(
        blocks.Row(
            (
                names.cell(row["title_id"], row["title_en"], wording.flags(str(row["flags"] or ""))),
                blocks.text(row["currency"]),
                blocks.count(_number(row["postings"])),
                blocks.count(_number(row["stating_pay"])),
                blocks.share(_number(row["share_stating_pay"])),
                pay(row["p25_monthly"]),
                pay(row["median_monthly"]),
                pay(row["p75_monthly"]),
                pay(row["mean_monthly"]),
            )
        )
        for row in rows[:MOST_SALARIES]
    )
    shown = (
        ""
        if len(rows) == len(cells)
        else f", {len(cells)} of {wording.count(len(rows))} rows, most postings first"
    )
    table = blocks.Table(
        "salary-table", f"Monthly pay by title{shown}", columns, cells, "mart_salary", tall=True
    )
    return blocks.TableBlock(numbering.table(), table)


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
