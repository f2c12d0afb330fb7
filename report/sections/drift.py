"""Whether the classifier errs in both windows alike: what the corrected figures stand on.

What belongs here: the test of drift in mart_market_yoy. What does not: how good the titles are (model.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from report import blocks, wording
from report.headline import MarketRow

KEY, HEADING = "drift", "Does the model err in both windows alike?"


def drift_section(market: Sequence[MarketRow], numbering: blocks.Numbering) -> blocks.Section:
    """One row a pair of windows; without audited postings a sentence says why there is none."""
    known = [row for row in market if row.drift is not None]
    if not known:
        reason = (
            "The test was not made: it takes labelled postings of both windows that the model had not seen (a "
            "cross-fitted "
            "model), and the study has none."
        )
        return blocks.Section(KEY, HEADING, (blocks.Paragraph(reason),))
    against = [row for row in known if row.drift_p is not None and row.drift_p < 0.05]
    words = (
        "Corrected changes assume that the model confuses the same titles in both windows. On labelled postings "
        "that it "
        "had not seen, its accuracy is compared between them. "
    ) + (
        f"In {wording.count(len(against))} of {wording.count(len(known))} pairs the difference is more than "
        "chance would "
        "give: read their corrected figures with care."
        if against
        else "Nothing speaks against it here: no difference is larger than chance gives."
    )
    columns = (
        blocks.Column("Windows"),
        blocks.Column("n labelled and unseen", number=True),
        blocks.Column("Accuracy, later minus earlier (points)", number=True),
        blocks.Column("p", number=True, note="Small values speak against the corrected figures"),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(wording.pair(row.pair)),
                blocks.count(row.audited),
                blocks.points(row.drift),
                blocks.number(wording.probability(row.drift_p), row.drift_p),
            )
        )
        for row in known
    )
    table = blocks.Table(KEY, "Test of drift", columns, cells, "mart_market_yoy")
    return blocks.Section(
        KEY, HEADING, (blocks.Paragraph(words), blocks.TableBlock(numbering.table(), table))
    )
