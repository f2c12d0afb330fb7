"""Pay, place, company size and industry on real postings: what a run reads of them, and which cells are read by hand.

    python -m bench.postings_fields --draw FIELD FILE   # the drawn cells of one sample, for reading

What belongs here: the files of ../shared/data that carry these fields, the draw, and the table of one field. What does
not: when a cell states its field and how an answer is put in a word (`bench.postings_pay`, `bench.postings_place`,
`bench.postings_company_size`, `bench.postings_industry`), and the parsers.

A cell here is all that a run hands to the field's parser: texts and number columns of a raw record, as the layouts of
`postings.sources` recognise them. Samples are drawn over *distinct* cells, each as likely however many records repeat
it, because what is rare is what goes wrong; where a file has few distinct cells, all are read. `row` is the first
record that holds the cell, counted from 0. A later sample is drawn among the cells that the earlier ones left. The
parsers were mended on what the samples showed; docs/quality/postings/first_sight.csv says what each of them gave
before that.
"""

import csv
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bench.postings_requirements import NOTHING, QUALITY, SEED, Row, judgements, write_judgements
from bench.postings_skills import DATA
from postings.normalise.language import language_of
from postings.normalise.text import plain_text
from postings.sources import read_file

FILES = {
    "schema_org_jobposting": "schema_org_jobposting/nhs_uk_2020_sample.jsonl.gz",
    "afriworket": "afriworket/postings_2026.parquet",
    "ats_daily_snapshots": "ats_daily_snapshots/jobs.parquet",
    "ats/ashby": "ats/ashby.json",
    "ats/greenhouse": "ats/greenhouse.json",
    "ats/lever": "ats/lever.json",
    "ats/smartrecruiters": "ats/smartrecruiters.json",
    "ats/workable": "ats/workable.json",
    "usajobs": "usajobs/announcements_2024_2025.parquet",
    "51job_2022_it_with_text": "china_postings/51job_2022_it_with_text.parquet",
    "51job_2023_dated": "china_postings/51job_2023_dated.parquet",
    "51job_2024_ten_occupations": "china_postings/51job_2024_ten_occupations.parquet",
}
_KEPT = "employer_size industry place city region country pay pay_min pay_max pay_currency pay_period".split()

Cell = dict[str, str | None]


@dataclass(frozen=True)
class Source:
    """A sample of one field in one file. `drawn`: how many distinct cells are read (all, where there are no more)."""

    file: str
    language: str
    drawn: int
    sample: int = 1

    @property
    def name(self) -> str:
        return self.file + ("", " second", " third", " fourth")[self.sample - 1]


@dataclass(frozen=True)
class Field:
    """A field: its raw columns, when a cell states it, what is found in a cell, and whether that is an answer.

    `stated` and `parsed` see the cell; `reading` gives the short value that is compared with `expected`, NOTHING where
    nothing is found.
    """

    name: str
    columns: tuple[str, ...]
    sources: tuple[Source, ...]
    stated: Callable[[Cell], bool]
    reading: Callable[[Cell], str]
    parsed: Callable[[Cell], bool]


@lru_cache(maxsize=2)
def records(data: Path, file: str) -> dict[int, Cell]:
    """The raw records of a file by row (from 0), as a run reads them, each with its language."""
    found: dict[int, Cell] = {}
    for batch in read_file(data / FILES[file], source=file, columns={}, batch="1", layout="auto"):
        wanted = batch.records.select(["row", "title", "description", *_KEPT])
        for record in wanted.to_pylist():
            language = language_of(record["title"], plain_text(record["description"]))
            found[record["row"] - 1] = {name: record[name] for name in _KEPT} | {"language": language}
    return found


def _key(cell: Cell, field: Field) -> tuple[str | None, ...]:
    return tuple(cell[name] for name in field.columns)


def distinct_cells(cells: dict[int, Cell], field: Field) -> dict[int, Cell]:
    """The first record of each distinct cell that is not empty, by row."""
    first: dict[tuple[str | None, ...], int] = {}
    for row, cell in cells.items():
        key = _key(cell, field)
        if any(key):
            first.setdefault(key, row)
    return {row: cells[row] for row in first.values()}


def drawn_rows(cells: dict[int, Cell], field: Field, source: Source) -> list[int]:
    """The rows whose cells are read; the same on every machine."""
    rows = sorted(distinct_cells(cells, field))
    dice = random.Random(f"{SEED} {field.name} {source.file}")  # noqa: S311  (a sample)
    order = dice.sample(rows, len(rows))
    before = sum(s.drawn for s in field.sources if s.file == source.file and s.sample < source.sample)
    return sorted(order[before : before + source.drawn])


def measure_field(data: Path, field: Field) -> list[Row]:
    """One row a sample; writes what is found now into the field's table of judgements.

    `records`, `stated` and `parsed` count the records of the whole file, once (at its first sample).
    """
    path = QUALITY / f"{field.name}.csv"
    expected = judgements(path)
    table: list[Row] = []
    written: list[Row] = []
    for source in field.sources:
        cells = records(data, source.file)
        judged = [
            (row, wanted, field.reading(cells[row]))
            for row, wanted in sorted(expected.get(source.name, {}).items())
        ]
        right = sum(wanted == got for _, wanted, got in judged)
        stating = [] if source.sample > 1 else [cell for cell in cells.values() if field.stated(cell)]
        parsed = sum(map(field.parsed, stating))
        table.append(
            {
                "field": field.name,
                "file": source.name,
                "language": source.language,
                "records": "" if source.sample > 1 else len(cells),
                "stated": "" if source.sample > 1 else len(stating),
                "parsed": "" if source.sample > 1 else parsed,
                "parsed_share": f"{parsed / len(stating):.1%}" if stating else "",
                "read": len(judged),
                "right": right,
                "right_share": f"{right / len(judged):.1%}" if judged else "",
            }
        )
        written += [
            {
                "file": source.name,
                "row": row,
                "expected": wanted,
                "found": got,
                "right": "yes" if wanted == got else "no",
            }
            for row, wanted, got in judged
        ]
    if written:
        write_judgements(path, written)
    return table


def fields() -> Iterable[Field]:
    """The four fields, by their modules."""
    from bench.postings_company_size import COMPANY_SIZE
    from bench.postings_industry import INDUSTRY
    from bench.postings_pay import PAY
    from bench.postings_place import PLACE

    return PAY, PLACE, COMPANY_SIZE, INDUSTRY


def main() -> None:
    """Print the drawn cells of one sample as CSV: row, and the cell's columns."""
    if len(sys.argv) != 4 or sys.argv[1] != "--draw":
        raise SystemExit(__doc__)
    field = next((f for f in fields() if f.name == sys.argv[2]), None)
    source = next((s for s in (field.sources if field else ()) if s.name == sys.argv[3]), None)
    if field is None or source is None:
        samples = "\n".join(f"--draw {f.name} {s.name!r}" for f in fields() for s in f.sources)
        raise SystemExit(f"there is no such sample; these are:\n{samples}")
    cells = records(DATA, source.file)
    writer = csv.writer(sys.stdout)
    writer.writerow(["row", *field.columns])
    for row in drawn_rows(cells, field, source):
        writer.writerow([row, *_key(cells[row], field)])


if __name__ == "__main__":
    main()

__all__ = ["NOTHING", "Cell", "Field", "Source", "measure_field", "records"]
