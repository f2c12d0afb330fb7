"""What was set aside and why, and whether every record is accounted for.

What belongs here: blocks made of mart_quarantine and mart_conservation. What does not: the measurements.
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.headline import MarketRow, SetAside, SourceBalance


def aside_section(
    quarantine: Sequence[SetAside],
    balances: Sequence[SourceBalance],
    market: Sequence[MarketRow],
    numbering: blocks.Numbering,
) -> blocks.Section:
    """The conservation law a source, the quarantine's reasons, the unassigned share."""
    parts: list[blocks.Block] = [blocks.Paragraph(_summary(quarantine, balances, market))]
    if balances:
        parts.append(_conservation_table(balances, numbering))
    if quarantine:
        parts.append(_quarantine_table(quarantine, numbering))
    return blocks.Section("aside", "What was set aside, and why", tuple(parts))


def _summary(
    quarantine: Sequence[SetAside], balances: Sequence[SourceBalance], market: Sequence[MarketRow]
) -> str:
    raw = sum(source.raw_records for source in balances)
    aside = sum(reason.records for reason in quarantine)
    if not raw:
        return "No raw record has been accounted for yet."
    words = (
        f"Of {wording.count(raw)} raw records, {wording.count(aside)} were set aside because a field "
        "could not be used "
        f"({wording.percent(aside / raw, 2)})"
    )
    repeats = sum(source.reobservations for source in balances)
    words += f", and {wording.count(repeats)} show a posting already known."
    off = sum(source.balance for source in balances)
    words += (
        " Every record is accounted for."
        if not off
        else f" {wording.count(off)} records are NOT accounted for."
    )
    if market and market[0].unassigned_share is not None:
        words += (
            f" {wording.percent(market[0].unassigned_share)} of the postings in the windows have no "
            "title, because the model's best "
            "guess stayed under the study's probability threshold; they count in the market and in no title."
        )
    return words


def _conservation_table(balances: Sequence[SourceBalance], numbering: blocks.Numbering) -> blocks.TableBlock:
    columns = (
        blocks.Column("Source"),
        blocks.Column("Raw records", number=True),
        blocks.Column("Postings", number=True),
        blocks.Column("Seen again", number=True, note="Records that show a posting already known"),
        blocks.Column("Set aside", number=True),
        blocks.Column("Not accounted for", number=True),
    )
    rows = tuple(
        blocks.Row(
            (
                blocks.text(source.source),
                blocks.count(source.raw_records),
                blocks.count(source.postings),
                blocks.count(source.reobservations),
                blocks.count(source.quarantined),
                blocks.count(source.balance),
            )
        )
        for source in balances
    )
    caption = "Raw records = postings + seen again + set aside"
    table = blocks.Table("conservation", caption, columns, rows, "mart_conservation")
    return blocks.TableBlock(numbering.table(), table)


def _quarantine_table(quarantine: Sequence[SetAside], numbering: blocks.Numbering) -> blocks.TableBlock:
    columns = (
        blocks.Column("Field"),
        blocks.Column("Reason"),
        blocks.Column("n\u00a0records", number=True),
        blocks.Column("For example", prose=True),
    )
    rows = tuple(
        blocks.Row(
            (
                blocks.text(reason.field),
                blocks.text(reason.reason.replace("_", " ")),
                blocks.count(reason.records),
                blocks.text(wording.shortened(reason.example, 240)),
            )
        )
        for reason in quarantine
    )
    table = blocks.Table(
        "quarantine", "Reasons for setting a record aside", columns, rows, "mart_quarantine", tall=True
    )
    return blocks.TableBlock(numbering.table(), table)
