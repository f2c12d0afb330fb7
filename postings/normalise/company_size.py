"""The size of an employer, in the seven bands of the studies.

What belongs here: a field such as "50-150人" or "10,001+ employees". What does not: sizes known from other sources.

Boards cut differently. A range gets a band when it lies mostly in one: at least two thirds of it on a logarithmic
scale. Firms of a size are about as many as 1 / size squared (Zipf's law for firms: Axtell 2001, Science 293:1818), and
postings are about proportional to size, so within a range postings are spread evenly over its logarithm. Of
"50-150" 62 % lie in 20-99 and 38 % in 100-299: no band. `band_shares` serves whoever would rather count such
postings in parts. Ranges open below are taken to begin at 5, ranges open above to end at 100,000.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from postings.normalise.wording import NOT_STATED, folded
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

BANDS = ("<20", "20-99", "100-299", "300-499", "500-999", "1000-9999", ">=10000")
MOSTLY = 2 / 3
MOST_EMPLOYEES = 10_000_000

_STARTS = (1, 20, 100, 300, 500, 1_000, 10_000)
_SMALLEST_USUAL, _LARGEST_USUAL = 5, 100_000


@dataclass(frozen=True)
class CompanySize:
    """Employees as stated, both ends included, None for an open end; `band` where the range lies mostly in one."""

    band: str | None
    minimum: int | None
    maximum: int | None
    status: str


_MISSING = CompanySize(None, None, None, MISSING)
_UNPARSED = CompanySize(None, None, None, UNPARSED)

_NUMBER = r"(?P<{n}>\d{{1,3}}(?:[, ']\d{{3}})+|\d{{1,8}}(?:\.\d{{1,2}})?)\s?(?P<{n}_times>k\b|千|万|w\b|m\b)?"
_LOW, _HIGH = _NUMBER.format(n="low"), _NUMBER.format(n="high")
_PEOPLE = r"(?:人|名|位|employees?|people|staff|persons?|workers|headcount|fte)"
_RANGE = re.compile(rf"{_LOW}\s?{_PEOPLE}?\s?(?:-|to|至|到|and)\s?{_HIGH}")
_SINGLE = re.compile(_LOW)
_MORE = re.compile(
    rf"\s?{_PEOPLE}?\s?(?:\+|(?:及|或|含)?以上|or more|(?:and|&) (?:above|over|more|up)|plus\b|起)"
)
_FROM = re.compile(r"(?:>=|≥|at least|from|minimum(?: of)?|不少于|至少|不低于)\s?$")
_OVER = re.compile(r"(?:>|more than|over|above|greater than|超过|大于|多于)\s?$")
_BELOW = re.compile(r"(?:<|less than|fewer than|under|below|少于|不到|不足|小于|低于)\s?$")
_UP_TO = re.compile(r"(?:<=|≤|up to|at most|maximum(?: of)?|不超过|最多)\s?$")
_LESS = re.compile(rf"\s?{_PEOPLE}?\s?(?:(?:及|或|含)?以[下内]|or (?:less|fewer)|and (?:below|under))")
_ALONE = re.compile(r"self[- ]employed|myself only|sole (?:trader|proprietor)|个体户")
_TIMES = {"k": 1_000, "千": 1_000, "万": 10_000, "w": 10_000, "m": 1_000_000}  # fmt: skip


def band_shares(minimum: int | None, maximum: int | None) -> dict[str, float]:
    """How a stated range spreads over BANDS, on a logarithmic scale; sums to 1, empty where no end is stated."""
    if minimum is None and maximum is None:
        return {}
    shares: dict[str, float] = {}
    first = 0 if minimum is None else _band_at(minimum)
    last = len(BANDS) - 1 if maximum is None else _band_at(maximum)
    if first == last:
        return {BANDS[first]: 1.0}
    low = max(minimum or 0, _SMALLEST_USUAL)
    high = max(_LARGEST_USUAL, 10 * low) if maximum is None else max(maximum + 1, low + 1)
    for position, start in enumerate(_STARTS):
        end = _STARTS[position + 1] if position + 1 < len(_STARTS) else math.inf
        inside = math.log(min(high, end)) - math.log(max(low, start))
        if inside > 0:
            shares[BANDS[position]] = inside / (math.log(high) - math.log(low))
    return shares


def _band_at(employees: int) -> int:
    return max(sum(employees >= start for start in _STARTS) - 1, 0)


def band_of(minimum: int | None, maximum: int | None) -> str | None:
    """The band that at least two thirds of the range lie in, or None."""
    shares = band_shares(minimum, maximum)
    band = max(shares, key=lambda name: shares[name], default=None)
    return band if band is not None and shares[band] >= MOSTLY else None


def _number(match: re.Match[str], name: str, times: str | None) -> int:
    return round(float(re.sub(r"[, ']", "", match[name])) * _TIMES.get(times or "", 1))


def _size(minimum: int | None, maximum: int | None, status: str) -> CompanySize:
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum, maximum = maximum, minimum
    if max(minimum or 0, maximum or 0) > MOST_EMPLOYEES or (maximum is not None and maximum < 1):
        return _UNPARSED
    return CompanySize(band_of(minimum, maximum), minimum, maximum, status)


@lru_cache(maxsize=16_384)
def parse_company_size(text: str | None) -> CompanySize:
    """The size that a field states: "50-150人", 少于50人, "10,001+ employees", "1万人以上", "<20", "350".

    "Fewer than 50" ends at 49, 20人以下 and "up to 20" at 20. Status: given (a name of BANDS), parsed, missing,
    unparsed.
    """
    line = folded(text)
    if line in NOT_STATED:
        return _MISSING
    status = GIVEN if line in BANDS else PARSED
    if match := _RANGE.search(line):
        high_times = match["high_times"]
        # "1-5千": the unit stands for both; "500-1千" and "800-1k": only for the second.
        low = _number(match, "low", match["low_times"])
        high = _number(match, "high", high_times)
        if high_times and not match["low_times"] and low * _TIMES[high_times] < high:
            low *= _TIMES[high_times]
        return _size(low, high, status)
    if _ALONE.search(line):
        return _size(1, 1, status)
    match = _SINGLE.search(line)
    if match is None:
        return _UNPARSED
    number = _number(match, "low", match["low_times"])
    before, after = line[: match.start()], line[match.end() :]
    if _BELOW.search(before):
        return _size(None, number - 1, status)
    if _UP_TO.search(before) or _LESS.match(after):
        return _size(None, number, status)
    if _OVER.search(before):
        return _size(number + 1, None, status)
    if _FROM.search(before) or _MORE.match(after):
        return _size(number, None, status)
    if before or not re.fullmatch(rf"\s?{_PEOPLE}?", after):
        return _UNPARSED  # a number among other words may count anything
    return _size(number, number, status)
