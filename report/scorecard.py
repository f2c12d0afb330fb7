"""The scorecard as the report reads it: the scores of the exam that a study on a synthetic market sits.

What belongs here: finding and typing the rows of the scorecard, and their numbers in words. What does not: computing
any score (the exam does), HTML.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from report import wording
from report.facts import ReportError
from report.marts import VERSIONS

NOT_EXAMINED = "not examined"


@dataclass(frozen=True)
class ScoreRow:
    """One measure. `against`: which truth; `pair`: the windows, or ""; `n`: cases; `value` is a fraction for the units
    `share` and `points`; `better`: which values are, in a word; `headline`: belongs to the short form."""

    section: str
    measure: str
    subset: str
    against: str
    pair: str
    n: int
    value: float | None
    unit: str
    better: str
    headline: bool
    good: str
    note: str
    model_version: str
    label_version: str
    taxonomy_version: str
    data_version: str

    @property
    def value_words(self) -> str:
        """The value as it is read: shares in percent, differences in points, the rest as plain numbers."""
        match self.unit:
            case "share":
                return wording.percent(self.value)
            case "points":
                sign = wording.signed_points if self.better in ("near 0", "") else _points
                return wording.ABSENT if self.value is None else f"{sign(self.value)}{wording.NO_BREAK}points"
            case "count":
                return wording.count(self.value)
        return wording.decimal_number(self.value, 2)

    @property
    def truth_words(self) -> str:
        """What the value was held against."""
        return {
            "planted": "the market as planted",
            "expected of the crawl": "what the crawl's reach makes expect",
            "crawled": "the crawled postings' true titles",
            "true": "each posting's truth",
        }.get(self.against, wording.plain(self.against))

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the figures that were scored, by kind."""
        return {version: str(getattr(self, version)) for version in VERSIONS}


def _points(fraction: float) -> str:
    return wording.decimal_number(fraction * 100)


def read_scorecard(path: Path | None) -> list[ScoreRow] | None:
    """The rows in the order of the file; None where no exam was held.

    Raises ReportError when the file is not readable, or a column of it is missing.
    """
    if path is None:
        return None
    names = [field.name for field in fields(ScoreRow)]
    try:
        lacking = [name for name in names if name not in pq.read_schema(path).names]
        if lacking:
            raise ReportError(f"{path}: lacks the column(s) {', '.join(lacking)}; hold the exam again")
        return [ScoreRow(**row) for row in pq.read_table(path, columns=names).to_pylist()]
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise ReportError(f"{path}: not a readable scorecard ({error}); hold the exam again") from error
