"""Windows as the tables name them: "2025-01..2025-10 / 2024-01..2024-10".

What belongs here: reading those names. What does not: which windows a study has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from market.exam.scorecard import ExamError

_PAIR = re.compile(r"(\d{4}-\d{2})\.\.(\d{4}-\d{2}) / (\d{4}-\d{2})\.\.(\d{4}-\d{2})")


@dataclass(frozen=True)
class Windows:
    """A pair of windows, each by its first and last month, both included."""

    pair: str
    current: tuple[str, str]
    base: tuple[str, str]

    @property
    def planted(self) -> str:
        """The window as `figures.csv` names it, or "" where the base is not the same months a year before.

        What is planted is growth from year to year; other pairs have no planted figure.
        """
        a_year_before = tuple(f"{int(month[:4]) - 1:04d}{month[4:]}" for month in self.current)
        return "..".join(self.current) if self.base == a_year_before else ""


def windows_of(pair: str) -> Windows:
    """Read the name of a pair. Raises ExamError where it is none."""
    found = _PAIR.fullmatch(pair)
    if found is None:
        raise ExamError(f"{pair!r} is no pair of windows")
    first, last, base_first, base_last = found.groups()
    return Windows(pair, (first, last), (base_first, base_last))
