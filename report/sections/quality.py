"""The quality of what went in: coverage, duplicates, labels, models, freshness, one table a mart.

What belongs here: marts that are shown as they are, column by column. What does not: records set aside (aside.py), the
model card (model.py).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from report import blocks, wording
from report.marts import VERSIONS
from report.sections.around import Row, capped

KEY, HEADING = "quality", "Quality of what went in"
# Mart -> its caption, and what is said where the mart is not there or has no rows.
MARTS = {
    "mart_coverage": (
        "Coverage: employers whose board was read",
        "Coverage is not shown: the study has no record of which boards were read when (“coverage” in its file).",
    ),
    "mart_duplicates": (
        "Duplicates: what ads are to other ads of their job",
        "Duplicates by month are not shown here; the change by kind of ad stands under “The change taken apart”.",
    ),
    "mart_label_quality": (
        "Labels: how well the crowd did",
        "The quality of the labels is not shown: the study has no table of it.",
    ),
    "mart_model_quality": (
        "Models: how often each version is right",
        "A table of model versions is not there; the promoted model's own test stands under “How good the titles are”.",
    ),
    "mart_freshness": (
        "Freshness: the newest record of each source",
        "Freshness by source is not shown: the study has no table of it.",
    ),
}
_SHARES = re.compile(r"share|accuracy|agreement|precision|recall|f1|error|rate|top_5")


def quality_section(marts: Mapping[str, Sequence[Row]], numbering: blocks.Numbering) -> blocks.Section:
    """One table a mart, or the sentence that says why it is not there."""
    parts: list[blocks.Block] = []
    for mart, (caption, absent) in MARTS.items():
        rows = marts.get(mart, ())
        if rows:
            parts.append(_table(mart, caption, rows, numbering))
        else:
            parts.append(blocks.Paragraph(absent))
    return blocks.Section(KEY, HEADING, tuple(parts))


def _table(mart: str, caption: str, rows: Sequence[Row], numbering: blocks.Numbering) -> blocks.TableBlock:
    names = [
        name
        for name in rows[0]
        if name not in VERSIONS or (name == "model_version" and mart == "mart_model_quality")
    ]
    shown, more = capped(rows, mart)
    numeric = {name: all(row[name] is None or _is_number(row[name]) for row in rows) for name in names}
    columns = tuple(
        blocks.Column("Windows" if name == "pair" else wording.readable(name), number=numeric[name])
        for name in names
    )
    cells = tuple(blocks.Row(tuple(_cell(name, row[name], numeric[name]) for name in names)) for row in shown)
    table = blocks.Table(
        mart.removeprefix("mart_"), f"{caption}.{more}", columns, cells, mart, tall=len(cells) > 14
    )
    return blocks.TableBlock(numbering.table(), table)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(name: str, value: object, numeric: bool) -> blocks.Cell:
    if value is None:
        return blocks.Cell(wording.ABSENT)
    if numeric and isinstance(value, int | float | Decimal):
        if isinstance(value, int):
            return blocks.count(value)
        return (
            blocks.share(value)
            if _SHARES.search(name)
            else blocks.number(wording.decimal_number(value, 2), value)
        )
    if isinstance(value, bool):
        return blocks.text("yes" if value else "no")
    if isinstance(value, datetime.date | datetime.datetime):
        return blocks.text(value.isoformat())
    if name == "pair":
        return blocks.text(wording.pair(str(value)))
    return blocks.text(value)
