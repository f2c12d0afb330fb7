"""The exam: what was published against what was planted in a made-up market.

What belongs here: blocks made of the scorecard. What does not: any score, and the model's own test on its labels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from report import blocks, wording
from report.scorecard import NOT_EXAMINED, ScoreRow

HEADING = "The exam: published against planted"

INTRODUCTIONS = {
    "changes": "Changes of titles, of the market and of groups of titles. Each error has three parts, whose means add "
    "up: the crawl reached other employers than a year before (coverage), it drew these postings and not others "
    "(sampling), and some were given a wrong title (classification).",
    "ranks": "Whether the fastest growing and falling titles are the true ones.",
    "intervals": "How often the 95 % intervals hold the truth, for each truth that they may be taken to be about.",
    "verdicts": "How often a title is called different from the market when it is not. Where the table gives no "
    "verdict, the verdict is what a reader takes from the interval.",
    "shares": "Distributions over industries, cities and months.",
    "pay": "Pay by title and currency.",
    "classification": "Every posting's title against the true one, where its model card knows only the labelled ones.",
    "emerging": "Titles that the market has and the taxonomy lacks: whether they were found, and how fast they grow.",
    "crowd": "The labels that the model learnt from.",
    "records": "What became of the records of the sources.",
    "duplicates": "Postings that repeat others. They are planted, and not yet published as such.",
    NOT_EXAMINED: "What this exam says nothing about.",
}


def exam_section(
    scores: Sequence[ScoreRow], marts: Mapping[str, Collection[str]], numbering: blocks.Numbering
) -> blocks.Section:
    """The headline scores, then all of them, section by section. `marts`: the versions that the marts carry."""
    held = [row for row in scores if row.section != NOT_EXAMINED]
    if not held:
        reason = scores[0].note if scores else "The scorecard is empty."
        return blocks.Section("exam", HEADING, (blocks.Paragraph(wording.plain(reason)),))
    parts: list[blocks.Block] = [
        blocks.Paragraph(
            "This market is made up, so the truth behind every figure is known. No stage that makes the figures has "
            "seen it; this table has. Each score says what it is, on how many cases it stands and what a good "
            "value would be, and bad ones stand here as well."
        )
    ]
    if any(version not in marts.get(kind, ()) for kind, version in scores[0].versions.items()):
        parts.append(
            blocks.Paragraph(
                "These scores belong to an earlier run than this page's figures; hold the exam again."
            )
        )
    parts.append(_headline([row for row in held if row.headline], numbering))
    sections = list(dict.fromkeys(row.section for row in scores))
    for section in sections:
        rows = [row for row in scores if row.section == section]
        if section in INTRODUCTIONS:
            parts.append(blocks.Paragraph(INTRODUCTIONS[section], quiet=True))
        if section == NOT_EXAMINED:
            parts.append(_not_examined(rows, numbering))
        else:
            parts.append(
                _table(f"exam-{section}", f"The exam: {section}", rows, numbering, tall=len(rows) > 14)
            )
    return blocks.Section("exam", HEADING, tuple(parts))


def _headline(rows: Sequence[ScoreRow], numbering: blocks.Numbering) -> blocks.TableBlock:
    """The short form is of one pair of windows, which its caption names."""
    pair = next((wording.pair(row.pair) for row in rows if row.pair), "")
    caption = f"The exam in short{', ' if pair else ''}{pair}"
    return _table("exam-headline", caption, rows, numbering, tall=False, windows=False)


def _table(
    key: str,
    caption: str,
    rows: Sequence[ScoreRow],
    numbering: blocks.Numbering,
    *,
    tall: bool,
    windows: bool = True,
) -> blocks.TableBlock:
    columns = (
        blocks.Column("Measure"),
        blocks.Column("Value", number=True),
        blocks.Column("n", number=True, note="Cases that the value stands on"),
        blocks.Column("Good is"),
        blocks.Column("Against"),
        blocks.Column("What it is", prose=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(row.measure, sub=_under(row) if windows else wording.plain(row.subset)),
                blocks.number(row.value_words, row.value),
                blocks.count(row.n),
                blocks.Cell(wording.plain(row.good).replace(" %", f"{wording.NO_BREAK}%")),
                blocks.text(row.truth_words),
                blocks.text(row.note),
            )
        )
        for row in rows
    )
    return blocks.TableBlock(
        numbering.table(), blocks.Table(key, caption, columns, cells, "scorecard", tall=tall)
    )


def _not_examined(rows: Sequence[ScoreRow], numbering: blocks.Numbering) -> blocks.TableBlock:
    columns = (blocks.Column("What"), blocks.Column("Why not", prose=True))
    cells = tuple(blocks.Row((blocks.text(row.subset), blocks.text(row.note))) for row in rows)
    table = blocks.Table("exam-not-examined", "The exam: not examined", columns, cells, "scorecard")
    return blocks.TableBlock(numbering.table(), table)


def _under(row: ScoreRow) -> str:
    """Which cases, and in which windows."""
    return "; ".join(part for part in (wording.plain(row.subset), wording.pair(row.pair)) if part)
