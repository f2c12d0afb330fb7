"""Emerging titles: wordings that no standard title covers and that grow faster than what they are taken for.

What belongs here: blocks made of mart_emerging_titles. What does not: standard titles (titles.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.bars import change_tick
from report.headline import MarketRow
from report.sections.around import Names, Row, capped, change_line, charted, empty, of_pair, three

KEY, HEADING = "emerging", "Emerging titles"


def emerging_section(
    rows: Sequence[Row], names: Names, market: MarketRow, numbering: blocks.Numbering
) -> blocks.Section:
    """Those that are called emerging as a chart, every group of new wordings that was tested behind it."""
    found = of_pair(rows, market.pair)
    if not found:
        reason = "No group of new wordings has enough postings to be tested in these windows."
        return empty(KEY, HEADING, reason)
    found.sort(key=lambda row: (not row["is_emerging"], _q(row), _p(row), wording.plain(row["wording"])))
    emerging = [row for row in found if row["is_emerging"]]
    words = (
        f"{wording.count(len(found))} groups of wordings are unlike every standard title and large enough to be "
        "tested; "
        f"{wording.count(len(emerging)) if emerging else 'none'} of them grew more than the titles that their "
        "postings are classified as, with "
        "false discoveries held at 5 %."
    )
    lines = [
        change_line(
            wording.plain(row["wording"]),
            f"→ {names.english(row.get('classified_as'), row['classified_as_en'])}",
            three(row, "change"),
            "up" if row["is_emerging"] else "base",
            row["expected_change"],
        )
        for row in found
        if row["change"] is not None
    ]
    columns = (
        blocks.Column("Wording"),
        blocks.Column("Change", number=True),
        blocks.Column(
            "Expected", number=True, note="Change of the titles that its postings are classified as"
        ),
        blocks.Column("q", number=True),
        blocks.Column("Novelty", number=True, note="1 minus its likeness to the nearest standard title"),
        blocks.Column("Classified as"),
        blocks.Column("Nearest title"),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
    )
    shown, more = capped(found, "mart_emerging_titles")
    cells = tuple(
        blocks.Row(
            (
                blocks.text(
                    row["wording"], sub=_others(row), flags=("emerging",) if row["is_emerging"] else ()
                ),
                blocks.change_with(*three(row, "change")),
                blocks.change(row["expected_change"]),
                blocks.number(wording.probability(row["q_value"]), row["q_value"]),
                blocks.number(wording.decimal_number(row["novelty"], 2), row["novelty"]),
                names.cell(row.get("classified_as"), row["classified_as_en"]),
                names.cell(row.get("nearest_title_id"), row["nearest_title_en"]),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
            )
        )
        for row in shown
    )
    table = blocks.Table(
        KEY, f"New wordings, {wording.pair(market.pair)}", columns, cells, "mart_emerging_titles", tall=True
    )
    note = (
        "Change in postings with 95 % intervals; after the arrow: the title that most of its postings are "
        "classified as; "
        "grey tick: the change of those titles. "
        f"Blue: emerging.{more}"
    )
    figure = charted(
        numbering, KEY, "Growth of new wordings", lines, change_tick, note, table, dots=True, floor=-1.0
    )
    return blocks.Section(KEY, HEADING, (blocks.Paragraph(words), figure))


def _q(row: Row) -> float:
    return 1.0 if row["q_value"] is None else float(row["q_value"])


def _p(row: Row) -> float:
    return 1.0 if row.get("p_value") is None else float(row["p_value"])


def _others(row: Row) -> str:
    others = wording.plain(row["wordings"]).split("; ")[1:4]
    return wording.shortened("; ".join(others), 90)
