"""Near titles against each other: did one grow while its neighbour did not?

What belongs here: blocks made of mart_near_contrasts. What does not: a title beside the market (titles.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.bars import change_tick
from report.headline import MarketRow
from report.sections.around import Names, Row, capped, change_line, charted, empty, of_pair

KEY, HEADING = "contrasts", "Near titles against each other"


def contrasts_section(
    rows: Sequence[Row], names: Names, market: MarketRow, numbering: blocks.Numbering
) -> blocks.Section:
    """The contrasts by how sure they are; those that can be told apart in colour."""
    found = of_pair(rows, market.pair)
    if not found:
        reason = "No two near titles have enough postings in both windows to be set against each other."
        return empty(KEY, HEADING, reason)
    found.sort(
        key=lambda row: (_q(row), _p(row), -abs(row["difference_in_differences"] or 0.0), row["title_id"])
    )
    sure = [row for row in found if _q(row) <= 0.05]
    words = (
        f"Of {wording.count(len(found))} pairs of near titles, {wording.count(len(sure)) if sure else 'none'} "
        "moved apart with false "
        "discoveries held at 5 %. A difference of +20 % says that the first title's postings, beside its neighbour's, "
        "grew by a fifth: what moves both (the market, the crawl) falls out of it."
    )
    lines = [
        change_line(
            f"{names.english(row['title_id'], row['title_en'])} / "
            f"{names.english(row['neighbour_id'], row['neighbour_en'])}",
            _both(names, row),
            (row["difference_in_differences"], row["difference_low"], row["difference_high"]),
            "up" if _q(row) <= 0.05 else "base",
        )
        for row in found
        if row["difference_in_differences"] is not None
    ]
    columns = (
        blocks.Column("Title that grew faster"),
        blocks.Column("Its neighbour"),
        blocks.Column("Difference", number=True, note="(1 + change) / (1 + the neighbour's change) - 1"),
        blocks.Column("q", number=True, note="Adjusted p-value: false discoveries among the contrasts"),
        blocks.Column("Its change", number=True),
        blocks.Column("The neighbour's", number=True),
        blocks.Column("Difference a year before", number=True),
        blocks.Column("Counted"),
    )
    shown, more = capped(found, "mart_near_contrasts")
    cells = tuple(
        blocks.Row(
            (
                names.cell(row["title_id"], row["title_en"]),
                names.cell(row["neighbour_id"], row["neighbour_en"]),
                blocks.change_with(
                    row["difference_in_differences"], row["difference_low"], row["difference_high"]
                ),
                blocks.number(wording.probability(row["q_value"]), row["q_value"]),
                blocks.change(row["change"]),
                blocks.change(row["neighbour_change"]),
                blocks.change(row["previous_difference"]),
                blocks.text(row["method"]),
            )
        )
        for row in shown
    )
    table = blocks.Table(
        KEY, f"Near titles, {wording.pair(market.pair)}", columns, cells, "mart_near_contrasts", tall=True
    )
    note = (
        "The surest differences first, with 95 % intervals; grey: not told apart. Changes of both titles in the table "
        f"behind.{more}"
    )
    figure = charted(
        numbering, KEY, "Differences between near titles", lines, change_tick, note, table,
        dots=True, floor=-1.0,
    )  # fmt: skip
    return blocks.Section(KEY, HEADING, (blocks.Paragraph(words), figure))


def _q(row: Row) -> float:
    return 1.0 if row["q_value"] is None else float(row["q_value"])


def _p(row: Row) -> float:
    return 1.0 if row.get("p_value") is None else float(row["p_value"])


def _both(names: Names, row: Row) -> str:
    both = (names.chinese(row["title_id"]), names.chinese(row["neighbour_id"]))
    return " / ".join(both) if all(both) else ""
