"""Months as Jobtide writes them: `YYYY-MM`, which sorts as text in the order of time."""

from __future__ import annotations

import re

MONTH = re.compile(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", re.ASCII)


def months_between(first: str, last: str) -> list[str]:
    """All months from `first` to `last`, both included. Raises ValueError for a text that is not a month."""
    for month in (first, last):
        if not MONTH.match(month):
            raise ValueError(f"{month!r} is not a month; write it as YYYY-MM")
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(begin, end + 1)]
