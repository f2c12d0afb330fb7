"""Where a posting is.

What belongs here: the place as its source gives it. What does not, yet: resolving a raw place to a city.
"""

from __future__ import annotations

from dataclasses import dataclass

from postings.normalise.text import single_line
from postings.schema import GIVEN, MISSING, UNPARSED


@dataclass(frozen=True)
class Place:
    """The raw place and the parts that were given."""

    raw: str | None
    city: str | None
    region: str | None
    country: str | None
    status: str


def place_of(raw: str | None, city: str | None, region: str | None, country: str | None) -> Place:
    """Tidied parts. Status: given with a city, region or country, unparsed with the raw place only, else missing."""
    tidy = single_line(raw), single_line(city), single_line(region), single_line(country)
    if any(tidy[1:]):
        return Place(*tidy, GIVEN)
    return Place(*tidy, UNPARSED if tidy[0] else MISSING)
