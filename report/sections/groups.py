"""Change by seniority and by family of titles.

What belongs here: blocks made of mart_group_yoy. What does not: single titles.
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.bars import change_tick
from report.headline import MarketRow
from report.sections.around import Row, best, change_line, charted, empty, market_line, of_pair, three

HEADINGS = {"seniority": "By seniority", "family": "By family of titles"}


def group_section(
    level: str, rows: Sequence[Row], market: MarketRow, numbering: blocks.Numbering
) -> blocks.Section:
    """Every group of one level: the figure that its verdict stands on as a chart, all figures behind it."""
    key, heading = f"by-{level}", HEADINGS[level]
    found = [row for row in of_pair(rows, market.pair) if row["level"] == level]
    if not found:
        return empty(key, heading, f"The study has no changes by {level}: its estimates were not made.")
    found.sort(key=lambda row: (-(best(row, row["verdict_method"])[0] or 0.0), str(row["group_id"])))
    method = wording.plain(found[0]["verdict_method"]) or "raw"
    lines = [
        change_line(
            _name(row),
            _second(row),
            best(row, row["verdict_method"]),
            {"above": "up", "below": "down"}.get(row["verdict"], "base"),
        )
        for row in found
        if best(row, row["verdict_method"])[0] is not None
    ]
    columns = (
        blocks.Column("Seniority" if level == "seniority" else "Family"),
        blocks.Column("Change", number=True, note="As classified"),
        blocks.Column("Corrected", number=True, note="The classifier's errors allowed for"),
        blocks.Column("Panel", number=True, note="Employers polled in the same month of both windows"),
        blocks.Column("Verdict", note="Growth beside the market's; false discoveries are held at 5 %"),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(_name(row), sub=_second(row), flags=wording.flags(row["flags"])),
                *(
                    blocks.change_with(*three(row, name))
                    for name in ("change", "corrected_change", "panel_change")
                ),
                blocks.verdict(wording.plain(row["verdict"]), row.get("q_value")),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
            )
        )
        for row in found
    )
    table = blocks.Table(
        key, f"{heading}, {wording.pair(market.pair)}", columns, cells, "mart_group_yoy", tall=len(cells) > 14
    )
    note = (
        f"Change in postings, {wording.pair(market.pair)}, with 95 % intervals; dashed: the market. Blue and "
        "orange: told "
        "from the market with false discoveries at 5 %; grey: not. All groups, raw and corrected figures and n in the "
        "table behind."
    )
    figure = charted(
        numbering, key, f"Change {heading[:1].lower()}{heading[1:]}", lines, change_tick, note, table,
        dots=True, floor=-1.0, reference=market_line(market, method), most=len(lines),
    )  # fmt: skip
    return blocks.Section(key, heading, (figure,))


def _name(row: Row) -> str:
    return wording.readable(row["group_id"])


def _second(row: Row) -> str:
    return wording.plain(row["group_zh"])
