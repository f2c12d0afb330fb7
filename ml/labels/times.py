"""The times that crowd providers write, read as UTC.

What belongs here: the two shapes met in answer files. What does not: posting dates.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

# Zone abbreviations that mean one offset only, in hours. IST (India, Israel, Ireland) and the like are left
# out on purpose: an answer of unknown time is set aside, not guessed.
ZONE_HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "JST": 9,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_JAVA = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}) "
    r"(?P<h>\d{2}):(?P<m>\d{2}):(?P<s>\d{2}) (?P<zone>[A-Z]{1,4}) (?P<year>\d{4})",
    re.ASCII,
)
_ZONED = re.compile(
    r"(?P<stamp>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?) ?(?P<zone>[A-Z]{1,4})", re.ASCII
)


def provider_time(text: str) -> datetime:
    """A provider's time in UTC.

    Reads `Wed Apr 04 10:26:53 PDT 2018` (MTurk), `2018-04-07 17:27:37 UTC`, and ISO 8601; an ISO time without
    an offset is taken as UTC. English month names are meant whatever the machine's locale.
    Raises ValueError, with a sentence for a person, for anything else.
    """
    text = " ".join(text.split())
    if not text:
        raise ValueError("the time is empty")
    if java := _JAVA.fullmatch(text):
        if java["month"] not in MONTHS:
            raise ValueError(f"{text[:40]!r} names no month of the year")
        parts = (int(java["year"]), MONTHS.index(java["month"]) + 1, int(java["day"]))
        clock = (int(java["h"]), int(java["m"]), int(java["s"]))
        return _utc(datetime(*parts, *clock, tzinfo=_zone(java["zone"])), text)  # ValueError: no such day
    if zoned := _ZONED.fullmatch(text):
        return _utc(datetime.fromisoformat(zoned["stamp"]).replace(tzinfo=_zone(zoned["zone"])), text)
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not a time that is known here") from error
    return _utc(stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp, text)


def _utc(stamp: datetime, text: str) -> datetime:
    try:
        return stamp.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} lies outside the calendar") from error


def _zone(abbreviation: str) -> timezone:
    if abbreviation not in ZONE_HOURS:
        raise ValueError(f"the time zone {abbreviation!r} is not known here or means several offsets")
    return timezone(timedelta(hours=ZONE_HOURS[abbreviation]))
