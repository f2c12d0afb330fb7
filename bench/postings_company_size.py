"""How well an employer's size is read on real postings: `python -m bench.postings_company_size`.

What belongs here: when a cell states a size, and how an answer is put in a word. What does not: files, draw and count
(`bench.postings_fields`), and the parser.

Only two Chinese files carry the field, with eighteen distinct cells between them; all are read, so the share that is
right is no estimate. `expected` in docs/quality/postings/company_size.csv: "50-150", "up to 49", "10000+", then the
band of the studies, by the definition of `postings.normalise.company_size` ("no band" where less than two thirds of
the range lie in one), or "none stated".
"""

from pathlib import Path

from bench.postings_fields import NOTHING, Cell, Field, Source, measure_field, records
from bench.postings_requirements import Row, print_table
from bench.postings_skills import DATA
from postings.normalise.company_size import parse_company_size


def stated(cell: Cell) -> bool:
    """Whether a cell states a size: it holds a digit."""
    return any(sign.isdigit() for sign in cell["employer_size"] or "")


def reading(cell: Cell) -> str:
    """The size and band found in a cell, in a word."""
    size = parse_company_size(cell["employer_size"])
    low, high = size.minimum, size.maximum
    if low is None and high is None:
        return NOTHING
    people = f"{low}+" if high is None else f"up to {high}" if low is None else f"{low}-{high}"
    return f"{people} {size.band or 'no band'}"


def parsed(cell: Cell) -> bool:
    """Whether a size is found, with or without a band."""
    return reading(cell) != NOTHING


COMPANY_SIZE = Field(
    name="company_size",
    columns=("employer_size",),
    sources=(
        Source("51job_2023_dated", "zh", 100),
        Source("51job_2024_ten_occupations", "zh", 100),
    ),
    stated=stated,
    reading=reading,
    parsed=parsed,
)


def with_a_band(data: Path) -> float | None:
    """The share of the sizes stated, over all files, that get one of the seven bands; None where none is stated."""
    cells = [cell for source in COMPANY_SIZE.sources for cell in records(data, source.file).values()]
    bands = [parse_company_size(cell["employer_size"]).band for cell in cells if stated(cell)]
    return sum(band is not None for band in bands) / len(bands) if bands else None


def measure(data: Path) -> list[Row]:
    """One row a sample; writes what is found now into the table of judgements."""
    return measure_field(data, COMPANY_SIZE)


if __name__ == "__main__":
    print_table(measure(DATA))
