"""Years of experience as a value, and the words for numbers and units that its readers share.

What belongs here: the value, its bands, and the pieces of patterns. What does not: how a field
(`postings.normalise.experience`) or a text (`postings.normalise.experience_text`) is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from postings.normalise.wording import CHINESE_NUMBER, ENGLISH_NUMBER, plain_number
from postings.schema import MISSING

MOST_YEARS = Decimal(40)
"""More is a life, an age or a company's history, not a requirement."""

BANDS = ("no requirement", "under 1 year", "1-3 years", "3-5 years", "5-10 years", "over 10 years")
"""The studies' bands, by the least that is asked for."""

MOST_STATEMENTS = 40
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Experience:
    """Years asked for, 0 <= minimum <= maximum <= 40; None where not stated. `level` is a level named instead of years.

    Levels: entry, junior, mid, senior, expert, manager, director, executive.
    """

    minimum: Decimal | None
    maximum: Decimal | None
    level: str | None
    status: str

    @property
    def band(self) -> str | None:
        """The study's band that the minimum falls in (3-5 years: 3 <= minimum < 5), or under 1 year; else None."""
        if self.minimum is None:
            return BANDS[1] if self.maximum is not None and self.maximum <= 1 else None
        limits = (Decimal(0), Decimal(1), Decimal(3), Decimal(5), Decimal(10))
        return BANDS[sum(self.minimum >= limit for limit in limits) if self.minimum else 0]

    @property
    def text(self) -> str:
        """The years in a form that `parse_experience` reads back: "3-5 years", "5+ years", "up to 2 years" or ""."""
        if self.minimum is None:
            return "" if self.maximum is None else f"up to {plain_number(self.maximum)} years"
        if self.maximum is None:
            return f"{plain_number(self.minimum)}+ years"
        return f"{plain_number(self.minimum)}-{plain_number(self.maximum)} years"


NOT_ASKED = Experience(None, None, None, MISSING)

_DIGITS = r"(?<!\d)(?<!\d[.,])\d{1,3}(?:\.\d{1,2})?"
NUMBER = rf"(?:{_DIGITS}|(?<![a-z]){ENGLISH_NUMBER}(?![a-z])|{CHINESE_NUMBER})"
_YEARS = r"(?:years?|yrs?|y(?![a-z])|年)"
MONTHS = r"(?:months?|mos?(?![a-z])|mths?|个月|月)"
UNIT = rf"(?:{_YEARS}|{MONTHS})"
# "five (5)" says its number twice.
SPELT = rf"(?:\s?\(\s?(?:\d{{1,2}}|{ENGLISH_NUMBER})\s?\))?"
OVER = (
    r"(?:at ?least|minimum|min\.?|(?<!no )(?<!not )more than|over|above|greater than|from|>=?|≥"
    r"|不少于|不低于|至少|最少|最低|超过|大于|满)"
)
UNDER = (
    r"(?:up ?to|less than|fewer than|under|below|maximum|max\.?|at most|within|not? more than|<=?|≤|不超过|最多|少于"
    r"|低于|小于)"
)
# "At least 3-5 years" bounds nothing from above.
AT_LEAST = re.compile(
    r"(?:at ?least|minim(?:um|al)|min\.?|不少于|不低于|至少|最少|最低)(?: of)?(?: an?)?\s{0,2}$"
)
AND_MORE = re.compile(
    r"'?s?\s?\)?\s?(?:\+|及?或?以上|或更多|起(?!步)|(?:and|or|&) (?:above|more|over|up|longer|greater)"
    r"|plus\b|minimum|min\b|at least)"
)
AND_LESS = re.compile(r"\s?(?:之内|及?或?以[下内]|or less|or below|and below|maximum|max\b)")


def in_years(number: Decimal | None, unit: str) -> Decimal | None:
    """A number of years or, where the unit is one of months, of months, in years to the hundredth."""
    if number is None or not re.fullmatch(MONTHS, unit):
        return number
    return (number / 12).quantize(_CENT).normalize() + 0
