"""How well the least education asked for is read on real postings: `python -m bench.postings_education`.

What belongs here: how an answer is put in a word. What does not: the columns, the draw and the count
(`bench.postings_requirements`), and the parser.

`expected` in docs/quality/postings/education.csv is the level that the reader found, by the definition of
`postings.normalise.education`: the least that is accepted, so "a degree, or willing to take one" asks for none;
wishes do not count, nor do exceptions for outstanding applicants (优秀者可放宽).
"""

from pathlib import Path

from bench.postings_requirements import DATA, EDUCATION, NOTHING, Row, measure_field, print_table
from postings.normalise.education import education_of


def reading(field: str | None, text: str | None, language: str) -> str:
    """The level that a record asks for, as a run finds it, or NOTHING."""
    return education_of(field, text).floor or NOTHING


def measure(data: Path) -> list[Row]:
    """One row a column; writes what is found now into the table of judgements."""
    return measure_field(data, "education", EDUCATION, reading)


if __name__ == "__main__":
    print_table(measure(DATA))
