"""How well an employer's industry is read on real postings: `python -m bench.postings_industry`.

What belongs here: when a cell states an industry, and how an answer is put in a word. What does not: files, draw and
count (`bench.postings_fields`), and the parser.

The files hold some 50 distinct cells in English and 108 in Chinese; all are read, so the share that is right is no
estimate. `expected` in docs/quality/postings/industry.csv is an id of postings/data/industries.csv (of a list, the
first that is named); "field of work" for a cell that names a kind of work instead of the employer's industry ("Sales &
Promotion"); "none stated" for a word that says nothing ("other").
"""

import re
from pathlib import Path

from bench.postings_fields import NOTHING, Cell, Field, Source, measure_field
from bench.postings_requirements import Row, print_table
from bench.postings_skills import DATA
from postings.normalise.industries import parse_industry

_SAYS_NOTHING = re.compile(r"\W*(?:others?|n/?a|none|null|其[他它](?:行业)?|无|多元化)?\W*", re.IGNORECASE)
FIELD_OF_WORK = "field of work"


def stated(cell: Cell) -> bool:
    """Whether a cell names an industry or a kind of work: it holds more than a word for nothing ("other", 其他行业)."""
    return _SAYS_NOTHING.fullmatch(cell["industry"] or "") is None


def reading(cell: Cell) -> str:
    """The industry found in a cell, in a word."""
    found = parse_industry(cell["industry"])
    return found.id or (FIELD_OF_WORK if found.field_of_work else NOTHING)


def parsed(cell: Cell) -> bool:
    """Whether an industry, or a kind of work instead of one, is found."""
    return reading(cell) != NOTHING


INDUSTRY = Field(
    name="industry",
    columns=("industry",),
    sources=(
        Source("schema_org_jobposting", "en", 200),
        Source("afriworket", "en", 200),
        Source("ats/smartrecruiters", "en", 200),
        Source("51job_2023_dated", "zh", 200),
        Source("51job_2024_ten_occupations", "zh", 200),
    ),
    stated=stated,
    reading=reading,
    parsed=parsed,
)


def measure(data: Path) -> list[Row]:
    """One row a sample; writes what is found now into the table of judgements."""
    return measure_field(data, INDUSTRY)


if __name__ == "__main__":
    print_table(measure(DATA))
