"""The quality of what went in: coverage, duplicates, labels, models, freshness, one table a mart.

What belongs here: marts that are shown as they are, column by column, with a line by month where months are counted.
What does not: records set aside (aside.py), the model card (model.py).
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from report import blocks, wording
from report.lines import Line, lines
from report.marts import VERSIONS
from report.sections.around import Row, capped

KEY, HEADING = "quality", "Quality of what went in"
# Mart -> its caption, and what is said where the mart is not there or has no rows.
MARTS = {
    "mart_coverage": (
        "Coverage: employers whose board was polled and read",
        "Coverage is not shown: the study has no record of which boards were read when (“coverage” in its file).",
    ),
    "mart_panel": (
        "The polled panel: employers read in the same month of both windows",
        "The size of the polled panel is not shown, for the same reason.",
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
        "The model, held out from labels",
        "A table of the model's quality is not there; its own test stands under “How good the titles are”.",
    ),
    "mart_freshness": (
        "Freshness: the newest posting of each source",
        "Freshness by source is not shown: the study has no table of it.",
    ),
}
DUPLICATES = {
    "exact": ("the same words again", "current"),
    "near": ("nearly the same words", "down"),
    "repost": ("the same job later", "base"),
    "multi_location": ("the same job elsewhere", "muted"),
}
# Fewer rows than this are shown on their side: one line a measure.
FEW_ROWS = 4
_SHARES = re.compile(r"share|accuracy|agreement|precision|recall|f1|error|rate|top_5|confidence")


def quality_section(marts: Mapping[str, Sequence[Row]], numbering: blocks.Numbering) -> blocks.Section:
    """One table a mart, as a line by month where it counts months, or the sentence that says why it is not there."""
    parts: list[blocks.Block] = []
    for mart, (caption, absent) in MARTS.items():
        rows = marts.get(mart, ())
        if not rows:
            parts.append(blocks.Paragraph(absent))
            continue
        table = _table(mart, caption, rows)
        series = _by_month(mart, rows)
        if series is None:
            parts.append(blocks.TableBlock(numbering.table(), table))
            continue
        months, drawn = series
        figure = lines(table.key, caption, f"{caption}, by month.", months, drawn)
        legend = tuple((line.colour, line.label) for line in drawn)
        parts.append(
            blocks.FigureBlock(numbering.figure(), figure, f"By month. Data: {mart}.", legend, data=table)
        )
    return blocks.Section(KEY, HEADING, tuple(parts))


def _by_month(mart: str, rows: Sequence[Row]) -> tuple[list[str], list[Line]] | None:
    """Months and lines of a mart that counts by month; None where it has no such chart, or fewer than two months."""
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows:
        if mart == "mart_coverage":
            for column, words, colour in (
                ("employers_polled", "employers polled", "base"),
                ("employers_read", "employers read", "current"),
            ):
                sums[(words, colour, str(row.get("month")))] += float(row.get(column) or 0)
        elif mart == "mart_duplicates" and row.get("class") in DUPLICATES:
            words, colour = DUPLICATES[row["class"]]
            sums[(words, colour, str(row.get("posting_month")))] += float(row.get("postings") or 0)
    known = sorted({month for *_, month in sums if re.fullmatch(r"\d{4}-\d{2}", month)})
    if len(known) < 2:
        return None
    months = wording.month_range(known[0], known[-1])
    named = dict.fromkeys((words, colour) for words, colour, _ in sums)
    drawn = [
        Line(words, tuple(sums.get((words, colour, month), 0.0) for month in months), colour)
        for words, colour in named
    ]
    return months, drawn


def _table(mart: str, caption: str, rows: Sequence[Row]) -> blocks.Table:
    shown, more = capped(rows, mart)
    filled = {name for row in rows for name, value in row.items() if value not in (None, "")}
    names = [name for name in rows[0] if name in filled and name not in VERSIONS]
    numeric = {name: all(row[name] is None or _is_number(row[name]) for row in rows) for name in names}
    key, caption = mart.removeprefix("mart_"), f"{caption}.{more}" if more else caption
    if len(rows) < FEW_ROWS and len(names) > 6:
        return _on_its_side(mart, key, caption, rows, names)
    columns = tuple(blocks.Column(_heading(name), number=numeric[name]) for name in names)
    cells = tuple(blocks.Row(tuple(_cell(name, row[name]) for name in names)) for row in shown)
    return blocks.Table(key, caption, columns, cells, mart, tall=len(cells) > 14)


def _on_its_side(
    mart: str, key: str, caption: str, rows: Sequence[Row], names: Sequence[str]
) -> blocks.Table:
    """One line a measure, one column a row of the mart, headed by its first column."""
    first, *measures = names
    columns = (
        blocks.Column("Measure"),
        *(blocks.Column(wording.readable(row[first]), number=True) for row in rows),
    )
    cells = tuple(
        blocks.Row((blocks.text(_heading(name)), *(_cell(name, row[name]) for row in rows)))
        for name in measures
    )
    return blocks.Table(key, caption, columns, cells, mart, tall=len(cells) > 20)


def _heading(name: str) -> str:
    return "Windows" if name == "pair" else wording.readable(name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(name: str, value: object) -> blocks.Cell:
    if value is None:
        return blocks.Cell(wording.ABSENT)
    if isinstance(value, bool):
        return blocks.text("yes" if value else "no")
    if isinstance(value, int):
        return blocks.count(value)
    if isinstance(value, float | Decimal):
        return (
            blocks.share(value)
            if _SHARES.search(name)
            else blocks.number(wording.decimal_number(value, 2), value)
        )
    if isinstance(value, datetime.date | datetime.datetime):
        return blocks.text(value.isoformat())
    if name == "pair":
        return blocks.text(wording.pair(str(value)))
    if name == "flags":
        return blocks.text(", ".join(wording.flag_words(flag)[0] for flag in wording.flags(str(value))))
    return blocks.text(value)
