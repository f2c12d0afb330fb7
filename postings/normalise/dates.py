"""Dates as job boards write them.

What belongs here: one string becomes one calendar date, or the reason why not. What does not: which months a
study counts.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
"""A posting outside these years is a mistake of its source."""

UNPARSEABLE, ABSURD, AMBIGUOUS = "unparseable_date", "absurd_date", "ambiguous_date"

_MAX_CHARACTERS = 64
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept"
        "|october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_TIME = r"(?:(?:[T ]|,\s*|\s+at\s+)\d{1,2}:\d{2}[^\n]*)?"
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}(?::?\d{2}){0,2}(?:\.\d+)?(?: ?(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT))?)?"
)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.年])(\d{{1,2}})[-/.月](\d{{1,2}})日?{_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_NAME_FIRST = re.compile(rf"([a-z]{{3,9}})\.? +(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}}){_TIME}")
_DAY_FIRST_NAME = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]([a-z]{{3,9}})\.?,?[ -](\d{{4}}){_TIME}")
_NUMERIC = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+")
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13})(?:\.\d+)?")


@dataclass(frozen=True)
class ParsedDate:
    """A date and how it came about; `reason` says why there is none although there was a text."""

    date: dt.date | None
    status: str
    reason: str | None = None


_MISSING = ParsedDate(None, MISSING)


def _calendar(year: int, month: int, day: int, status: str) -> ParsedDate:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return ParsedDate(None, UNPARSED, UNPARSEABLE)
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return ParsedDate(None, UNPARSED, ABSURD)
    return ParsedDate(date, status)


def _numeric(first: int, second: int, year: int, order: str | None) -> ParsedDate:
    if order is None:
        if first <= 12 and second <= 12 and first != second:
            return ParsedDate(None, UNPARSED, AMBIGUOUS)
        order = "mdy" if second > 12 else "dmy"
    day, month = (first, second) if order == "dmy" else (second, first)
    return _calendar(year, month, day, PARSED)


def _epoch(digits: str) -> ParsedDate:
    seconds = int(digits) // (1000 if len(digits) >= 12 else 1)
    date = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).date()
    return _calendar(date.year, date.month, date.day, PARSED)


@lru_cache(maxsize=16_384)
def parse_date(text: str | None, order: str | None = None) -> ParsedDate:
    """The calendar date that `text` states, as written (no shift between time zones; epochs are read as UTC).

    Reads ISO dates and times, 2023/5/6, 2023年5月6日, 20230506, March 19, 2026, 19 Mar 2026, and seconds or
    milliseconds since 1970. `order` ("dmy" or "mdy") decides 03/04/2024, which is otherwise `ambiguous_date`. Status:
    given (ISO), parsed, missing, or unparsed with the reason unparseable_date, absurd_date or ambiguous_date.
    """
    if text is None:
        return _MISSING
    stripped = text.strip()
    if not stripped:
        return _MISSING
    if len(stripped) > _MAX_CHARACTERS or not stripped.isprintable():
        return ParsedDate(None, UNPARSED, UNPARSEABLE)
    if not stripped.isascii():
        stripped = "".join(str(int(c)) if c.isdecimal() else c for c in stripped)  # full-width digits
    if match := _ISO.fullmatch(stripped):
        return _calendar(int(match[1]), int(match[2]), int(match[3]), GIVEN)
    lowered = _WEEKDAY.sub("", stripped.lower(), count=1)
    if match := _YEAR_FIRST.fullmatch(lowered):
        return _calendar(int(match[1]), int(match[3]), int(match[4]), PARSED)
    if match := _COMPACT.fullmatch(lowered):
        return _calendar(int(match[1]), int(match[2]), int(match[3]), PARSED)
    if match := _MONTH_NAME_FIRST.fullmatch(lowered):
        return _calendar(int(match[3]), _MONTHS.get(match[1], 0), int(match[2]), PARSED)
    if match := _DAY_FIRST_NAME.fullmatch(lowered):
        return _calendar(int(match[3]), _MONTHS.get(match[2], 0), int(match[1]), PARSED)
    if match := _NUMERIC.fullmatch(lowered):
        return _numeric(int(match[1]), int(match[3]), int(match[4]), order)
    if match := _EPOCH.fullmatch(lowered):
        return _epoch(match[1])
    return ParsedDate(None, UNPARSED, UNPARSEABLE)
