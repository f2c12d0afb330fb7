"""How well the years of experience asked for are read on real postings: `python -m bench.postings_experience`.

What belongs here: how an answer is put in a word. What does not: the columns, the draw and the count
(`bench.postings_requirements`), and the parser.

`expected` in docs/quality/postings/experience.csv is what the reader found, by the definition of
`postings.normalise.experience`: "3+", "3-5", "0-2"; "0+" where the advertisement says that none is needed, that fresh
graduates or the newly qualified are welcome, or that experience is "not essential" and asks for none beside. "At
least 3-5 years" is "3+". A field that names a rank and no years ("SENIOR") is "level senior". Wishes do not count.
"""

from pathlib import Path

from bench.postings_requirements import DATA, EXPERIENCE, NOTHING, Row, measure_field, print_table
from postings.normalise.experience import experience_of


def reading(field: str | None, text: str | None, language: str) -> str:
    """The years, or else the level, that a record asks for, as a run finds them, or NOTHING."""
    found = experience_of(field, text)
    years = found.text.removesuffix(" years")
    return years or (f"level {found.level}" if found.level else NOTHING)


def measure(data: Path) -> list[Row]:
    """One row a column; writes what is found now into the table of judgements."""
    return measure_field(data, "experience", EXPERIENCE, reading)


if __name__ == "__main__":
    print_table(measure(DATA))
