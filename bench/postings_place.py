"""How well places are read on real postings: `python -m bench.postings_place`.

What belongs here: when a cell names a place, and how an answer is put in a word. What does not: files, draw and count
(`bench.postings_fields`), and the parser.

`expected` in docs/quality/postings/place.csv is what the reader found: "City, Region, CC" of each place in order, with
"; " between, then " (remote)", " (hybrid)" or " (onsite)" where that is said; "none stated" where no place is named.
Names are those of the gazetteer; in China the city is the prefecture-level unit. A region that is not stated is
expected where postings/data/regions.csv knows the country's. A British hospital's name states a town only where the
town is part of it; with a London postal district (E, N, NW, SE, SW, W and the two of the centre) it is London; a
neighbourhood of a town that is named is left out, and a county leaves its nation only.
"""

import re
from pathlib import Path

from bench.postings_fields import NOTHING, Cell, Field, Source, measure_field
from bench.postings_requirements import Row, print_table
from bench.postings_skills import DATA
from postings.normalise.gazetteer import country_of
from postings.normalise.places import Place, place_of
from postings.normalise.workplace import UNKNOWN_WORKPLACE, without_workplace

_NO_PLACE = re.compile(
    r"[\W_]*(?:(?:fully|100%|or|remote|remotely|remot[oa]|distributed|hybrid|on-?site|in[- ]office|n/?a|none|tbd|blank"
    r"|multiple locations|various|flexible|异地招聘|无|不限|远程(?:办公)?)[\W_]*)+",
    re.IGNORECASE,
)


def stated(cell: Cell) -> bool:
    """Whether a cell names a place: it holds letters that say more than where work is done ("Remote", 异地招聘)."""
    text = cell["place"] or cell["city"] or ""
    return any(sign.isalpha() for sign in text) and _NO_PLACE.fullmatch(text) is None


def _place(cell: Cell) -> Place:
    return place_of(cell["place"], cell["city"], cell["region"], cell["country"])


def reading(cell: Cell) -> str:
    """The places found in a cell, in a word."""
    place = _place(cell)
    places = "; ".join(", ".join(part for part in one if part) for one in place.places)
    workplace = "" if place.remote == UNKNOWN_WORKPLACE else f"({place.remote})"
    return f"{places} {workplace}".strip() or NOTHING


def parsed(cell: Cell) -> bool:
    """Whether a city or a region is found; a country, where the text names no more or no column states the country."""
    place = _place(cell)
    if place.city or place.region:
        return True
    only_country = country_of(without_workplace(cell["place"] or "").strip(" ,|-()")) == place.country
    return place.country is not None and (only_country or not cell["country"])


PLACE = Field(
    name="place",
    columns=("place", "city", "region", "country"),
    sources=(
        Source("schema_org_jobposting", "en", 40),
        Source("afriworket", "en", 20),
        Source("ats_daily_snapshots", "en", 50),
        Source("ats/ashby", "en", 2),
        Source("ats/greenhouse", "en", 2),
        Source("ats/lever", "en", 2),
        Source("ats/smartrecruiters", "en", 2),
        Source("ats/workable", "en", 2),
        Source("51job_2022_it_with_text", "zh", 25),
        Source("51job_2023_dated", "zh", 35),
        Source("51job_2024_ten_occupations", "zh", 40),
        Source("schema_org_jobposting", "en", 50, sample=2),
        Source("ats_daily_snapshots", "en", 50, sample=2),
        Source("51job_2022_it_with_text", "zh", 25, sample=2),
        Source("51job_2023_dated", "zh", 35, sample=2),
        Source("51job_2024_ten_occupations", "zh", 40, sample=2),
        Source("schema_org_jobposting", "en", 50, sample=3),
        Source("ats_daily_snapshots", "en", 50, sample=3),
        Source("schema_org_jobposting", "en", 50, sample=4),
        Source("ats_daily_snapshots", "en", 50, sample=4),
    ),
    stated=stated,
    reading=reading,
    parsed=parsed,
)


def measure(data: Path) -> list[Row]:
    """One row a sample; writes what is found now into the table of judgements."""
    return measure_field(data, PLACE)


if __name__ == "__main__":
    print_table(measure(DATA))
