"""The market: how many postings in each window, month by month.

What belongs here: blocks made of mart_market_yoy and mart_volume. What does not: titles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from report import blocks, figures, wording
from report.headline import MarketRow


def market_section(
    market: Sequence[MarketRow], volume: Sequence[dict[str, Any]], numbering: blocks.Numbering
) -> blocks.Section:
    """The month-by-month chart and one table row a pair of windows."""
    parts: list[blocks.Block] = []
    by_month = postings_by_month(volume)
    if market:
        months = months_shown(market, by_month)
        bars = [figures.MonthBar(month, by_month.get(month, 0), role(month, market[0])) for month in months]
        parts += [_volume_figure(market[0], bars, by_month, numbering), _market_table(market, numbering)]
    else:
        parts.append(
            blocks.Paragraph(
                "The study names no windows that its postings fill, so there is no change to state."
            )
        )
    return blocks.Section("market", "The market", tuple(parts))


def postings_by_month(volume: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Postings a month over all sources, `unknown` included."""
    months: dict[str, int] = defaultdict(int)
    for row in volume:
        months[row["posting_month"]] += row["postings"] or 0
    return dict(months)


def months_shown(market: Sequence[MarketRow], by_month: dict[str, int]) -> list[str]:
    """Every month from the first window to the last, and on to the last one with postings in that year."""
    first = min(min(row.base_from, row.current_from) for row in market)
    last = max(max(row.base_to, row.current_to) for row in market)
    later = [month for month in by_month if last < month <= f"{last[:4]}-12"]
    return wording.month_range(first, max([last, *later]))


def role(month: str, pair: MarketRow) -> str:
    """Which window of the pair a month lies in."""
    if pair.current_from <= month <= pair.current_to:
        return "current"
    return "base" if pair.base_from <= month <= pair.base_to else "outside"


def _volume_figure(
    headline: MarketRow,
    bars: Sequence[figures.MonthBar],
    by_month: dict[str, int],
    numbering: blocks.Numbering,
) -> blocks.FigureBlock:
    outside = sum(by_month.values()) - sum(bar.postings for bar in bars)
    note = f"n\u00a0=\u00a0{wording.count(sum(bar.postings for bar in bars))} postings, all titles and the unassigned."
    if outside:
        note += f" {wording.count(outside)} more have another month or an unknown one."
    description = (
        f"{wording.count(headline.base_postings)} postings in {headline.base_window}, "
        f"{wording.count(headline.current_postings)} in {headline.current_window}, "
        f"a change of {wording.signed_percent(headline.change)}."
    )
    rows = tuple(
        blocks.Row((blocks.Cell(wording.month(bar.month), sort=bar.month), blocks.count(bar.postings)))
        for bar in bars
    )
    return blocks.FigureBlock(
        numbering.figure(),
        figures.month_bars("volume", "Postings by month", description, bars),
        f"{note} Data: mart_volume.",
        legend=(
            ("base", headline.base_window),
            ("current", headline.current_window),
            ("outside", "in neither window"),
        ),
        data=blocks.Table(
            "volume-data",
            "Postings by month",
            (blocks.Column("Month"), blocks.Column("Postings", number=True)),
            rows,
            "mart_volume",
            tall=True,
        ),
    )


def _market_table(market: Sequence[MarketRow], numbering: blocks.Numbering) -> blocks.TableBlock:
    columns = (
        blocks.Column("Windows"),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column(
            "Panel", number=True, note="Employers whose board was read in the same month of both windows"
        ),
        blocks.Column("All postings", number=True, note="With its 95 % interval over employers"),
        blocks.Column("Employers (effective)", number=True),
        blocks.Column(
            "Unassigned", number=True, note="Share of postings whose best title stayed under the threshold"
        ),
    )
    rows = tuple(
        blocks.Row(
            (
                blocks.text(wording.pair(row.pair), flags=row.flags),
                blocks.count(row.base_postings),
                blocks.count(row.current_postings),
                blocks.change_with(row.panel.change, row.panel.low, row.panel.high),
                blocks.change_with(row.change, row.low, row.high),
                blocks.employers(row.employers),
                blocks.share(row.unassigned_share),
            )
        )
        for row in market
    )
    table = blocks.Table(
        "market-table", "The market's change, all titles together", columns, rows, "mart_market_yoy"
    )
    return blocks.TableBlock(numbering.table(), table)
