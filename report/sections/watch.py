"""The watch list: titles whose fall is new, or not shared by the titles next to them.

What belongs here: blocks made of mart_watch_list. What does not: forecasts; nobody makes one.
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.bars import change_tick
from report.headline import MarketRow
from report.sections.around import Names, Row, change_line, charted, empty, of_pair, three

KEY, HEADING = "watch", "Watch list"
REASONS = {
    "new_fall": "A fall, and none in the pair of windows before.",
    "neighbours_hold": "A fall that the titles next to it do not share.",
}


def watch_section(
    rows: Sequence[Row], names: Names, market: Sequence[MarketRow], numbering: blocks.Numbering
) -> blocks.Section:
    """One line a title and reason; a list without titles says so."""
    found = [row for pair in market for row in of_pair(rows, pair.pair)]
    if not found:
        reason = (
            "No title is on the watch list: none has a fall that is new, or that the titles next to it do not "
            "share, with "
            "false discoveries held at 5 %."
        )
        return empty(KEY, HEADING, reason)
    lines = [
        change_line(
            names.english(row["title_id"], row["title_en"]),
            _later(row),
            three(row, "change"),
            "down",
            row["neighbours_change"],
        )
        for row in found
        if row["change"] is not None
    ]
    columns = (
        blocks.Column("Title"),
        blocks.Column("Windows"),
        blocks.Column("Why", prose=True),
        blocks.Column("Change", number=True),
        blocks.Column("A year before", number=True),
        blocks.Column("Its neighbours", number=True),
        blocks.Column("q of the fall", number=True),
        blocks.Column("q of the difference", number=True),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                names.cell(row["title_id"], row["title_en"]),
                blocks.text(wording.pair(row["pair"])),
                blocks.text(REASONS.get(row["reason"], wording.readable(row["reason"]))),
                blocks.change_with(*three(row, "change")),
                blocks.change(row["previous_change"]),
                blocks.change(row["neighbours_change"]),
                blocks.number(wording.probability(row["fall_q_value"]), row["fall_q_value"]),
                blocks.number(wording.probability(row["difference_q_value"]), row["difference_q_value"]),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
            )
        )
        for row in found
    )
    table = blocks.Table(
        KEY,
        "Titles to watch",
        columns,
        cells,
        "mart_watch_list",
        tall=len(cells) > 14,
    )
    note = (
        "Change with 95 % intervals; grey tick: the change of the titles next to it. n as counted by the row's "
        "method."
    )
    figure = charted(
        numbering, KEY, "Titles to watch", lines, change_tick, note, table, dots=True, floor=-1.0
    )
    return blocks.Section(KEY, HEADING, (figure,))


def _later(row: Row) -> str:
    return wording.pair(row["pair"]).split(" against ")[0]
