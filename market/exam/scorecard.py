"""The scorecard: one row a measure, with how many cases it stands on and what a good value is.

What belongs here: the table's columns, and the words of every measure. What does not: computing any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

POINTS, SHARE, COUNT, NUMBER = "points", "share", "count", "number"
"""Units. points: a difference of two changes or shares, as a fraction (0.03 is three percentage points). share: a part
of a whole, or a relative error, as a fraction. count: a whole number. number: a slope or a correlation."""

HIGHER, LOWER, NEAR_0, NEAR_1, NEITHER = "higher", "lower", "near 0", "near 1", ""
"""Which values are better; NEITHER for facts about the market that no pipeline can change."""

PLANTED, EXPECTED, CRAWLED, TRUE = "planted", "expected of the crawl", "crawled", "true"
"""The truths. planted: what the market as a whole was made to do. expected of the crawl: the same for the employers
that the crawl reaches. crawled: what the true titles of the crawled postings show. true: each posting's own truth."""

RECORDS, CHANGES, RANKS, INTERVALS, VERDICTS = "records", "changes", "ranks", "intervals", "verdicts"
SHARES, PAY, PEOPLE, CLASSIFICATION, CROWD = "shares", "pay", "people", "classification", "crowd"
DUPLICATES, EMERGING, NOT_EXAMINED = "duplicates", "emerging", "not examined"
SECTIONS = (
    *(CHANGES, RANKS, INTERVALS, VERDICTS, SHARES, PAY, PEOPLE),
    *(CLASSIFICATION, EMERGING, CROWD, RECORDS, DUPLICATES, NOT_EXAMINED),
)
"""In the order in which they are read."""

VERSIONS = ("model_version", "label_version", "taxonomy_version", "data_version")


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


SCORECARD = pa.schema(
    [
        *(_required(name, pa.string()) for name in ("section", "measure", "subset", "against", "pair")),
        _required("n", pa.int64()),
        pa.field("value", pa.float64()),
        *(_required(name, pa.string()) for name in ("unit", "better")),
        _required("headline", pa.bool_()),
        *(_required(name, pa.string()) for name in ("good", "note")),
        *(_required(name, pa.string()) for name in VERSIONS),
    ]
)
"""One row a measure. subset: which cases; against: which truth; pair: the windows, "" where there are none; n: the
cases (titles, postings, answers) that the value stands on; value: null where there are none; headline: whether it
belongs to the short form; good: the values that would be good, in words; note: the definition and any remark."""


class ExamError(RuntimeError):
    """The exam cannot be held; the message says what is missing."""


@dataclass(frozen=True)
class Measure:
    """What is measured, in words for a reader: what it is, and which values are good, "" where none is."""

    name: str
    definition: str
    good: str
    unit: str
    better: str


@dataclass(frozen=True)
class Score:
    """One row of the scorecard; see SCORECARD. `remark` is added to the measure's own words."""

    section: str
    measure: Measure
    n: int
    value: float | None
    subset: str = ""
    against: str = ""
    pair: str = ""
    headline: bool = False
    remark: str = ""

    @property
    def note(self) -> str:
        """The definition and the remark."""
        return " ".join(part for part in (self.measure.definition, self.remark) if part)


def scorecard_table(scores: Iterable[Score], versions: Mapping[str, str]) -> pa.Table:
    """The scores as a table in SCORECARD, section by section, in the order given within each.

    `versions` names the four versions of the figures that were examined. Values are rounded to nine decimals: the
    last digits of a sum depend on the machine.
    """
    rows = [
        {
            "section": score.section,
            "measure": score.measure.name,
            "subset": score.subset,
            "against": score.against,
            "pair": score.pair,
            "n": score.n,
            "value": None if score.value is None else round(float(score.value), 9),
            "unit": score.measure.unit,
            "better": score.measure.better,
            "headline": score.headline,
            "good": score.measure.good,
            "note": score.note,
            **{name: versions.get(name, "none") for name in VERSIONS},
        }
        for section in SECTIONS
        for score in scores
        if score.section == section
    ]
    return pa.Table.from_pylist(rows, SCORECARD)


MISSING = Measure(
    "not in this study", "Planted or published, but there is nothing to hold it against.", "", COUNT, NEITHER
)


def not_examined(subject: str, reason: str) -> Score:
    """A row that says what could not be examined and why."""
    return Score(NOT_EXAMINED, MISSING, 0, None, subject, remark=reason)


def refused(reason: str) -> list[Score]:
    """The scorecard of an exam that could not be held."""
    return [not_examined("the exam", f"The exam could not be held: {reason}")]
