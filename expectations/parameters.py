"""What a suite must be told about its study.

What belongs here: the values that differ between studies, and limits with their defaults. What does not: the
expectations that use them.
"""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class SuiteParameters:
    """The study's months ("YYYY-MM", in order), its title ids, and limits.

    An empty `months` or `title_ids` leaves the expectations out that need them (the taxonomy may not exist
    yet). The shares are fractions of all rows, lengths are characters.
    """

    months: tuple[str, ...] = ()
    title_ids: tuple[str, ...] = ()
    missing_dates_at_most: float = 0.2
    missing_titles_at_most: float = 0.05
    missing_employers_at_most: float = 0.2
    unassigned_at_most: float = 0.5
    longest_title: int = 400
    longest_description: int = 200_000

    def first_day(self) -> datetime.date:
        """The first day of the first month."""
        return datetime.date(int(self.months[0][:4]), int(self.months[0][5:]), 1)

    def last_day(self) -> datetime.date:
        """The last day of the last month."""
        year, month = int(self.months[-1][:4]), int(self.months[-1][5:])
        return datetime.date(year, month, calendar.monthrange(year, month)[1])
