"""Where real postings state education and experience, which of them are read by hand, and what was found in those.

    python -m bench.postings_requirements --draw FILE:COLUMN   # the drawn cells, in full, for reading

What belongs here: the columns of ../shared/data that state requirements, the draw, and the table of one field. What
does not: the fields themselves (`bench.postings_education`, `bench.postings_experience`) and the parsers.

Two kinds of columns. A *field* says nothing but the requirement: every cell that is not empty counts as stating it. A
*text* is a whole advertisement: there only reading tells whether it states one, so `stated` counts the read texts
whose `expected` is not "none stated". Most hospital advertisements state neither degree nor years; so that there is
something to judge, a second sample of the English texts is drawn from those that hold a word such as "degree" or
"years" (a wider list than the parsers' own), which tells nothing of how often a text states one.

The parsers were mended on what the first sample showed, then on what a `second` one did, drawn with another seed and
read before the parsers saw it, then on a `third` and a `fourth`, from which texts of the earlier ones are left out. All
are kept; docs/quality/postings/first_sight.csv says what each gave before anything was mended on it, which is the fair
test.

Those samples ask how well hard texts are read. The samples `records` to `records fifth` ask what an analyst gets:
English records that may say something on the matter, in a field of their own or in a text with a telling word, each as
likely, read as a run reads them: the field, and where it says nothing the text. The parsers were mended on the first
four. On the `fifth` nothing was mended; but its texts, and all others of these two files outside the `fourth`, had been
looked through beside the parser's answers while it was mended, so that it tells how these files are read and no more.

Of the `fourth` sample and the `records` to the third, the reader saw the passages around the telling words (some 150
characters on either side), not the whole texts. Where parser and reader disagreed the text was looked at again, and
four rows of experience turned out to be misread (records second, row 2856; records third, rows 562, 2131 and 3333):
their `expected` was put right, but first_sight.csv counts them as wrong, since rows that agreed were not looked at
again. Of the last two samples of records the whole texts were read; a record of experience whose text is Amharic and
whose field decides nothing is left out. Seven rows of earlier samples had been passed over by mistake and were read
last; first_sight.csv does not count them.
"""

import csv
import random
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from bench.postings_skills import DATA, texts
from postings.normalise.language import language_of

QUALITY = Path(__file__).parents[1] / "docs" / "quality" / "postings"
SEED = 5
NOTHING = "none stated"
"""What the reader writes for a text that asks for nothing of the kind, and what is found where nothing is."""

SAMPLES = (
    "",
    "second",
    "third",
    "fourth",
    "records",
    "records second",
    "records third",
    "records fourth",
    "records fifth",
)

Row = dict[str, object]


TELLING = {
    "edu": re.compile(
        r"\b(?:degrees?|bachelor\w*|masters?|master[’']s|diplomas?|ph\.?d|doctorate|gcses?|nvq|hn[cd]"
        r"|[ao][- ]levels?|educated|tvet|level (?:[ivx]+|[2-7])|grade (?:10|12)|1[02]th|b\.?a|b\.?sc|m\.?sc|mba"
        r"|university|college|graduates?|certificates?|qualifications?|school)\b",
        re.IGNORECASE,
    ),
    "exp": re.compile(r"\b(?:years?|yrs?|months?)\b", re.IGNORECASE),
}


@dataclass(frozen=True)
class Source:
    """A column of a real file. `drawn`: how many of its rows are read by hand.

    Of a text, those in another language (Amharic in afriworket) are passed over. `telling`: a name in
    TELLING; then only texts that hold such a word are drawn. `beside`: the field that a run reads before the
    text; then records with such a field are drawn too.
    """

    file: str
    column: str
    language: str
    drawn: int
    is_text: bool = False
    telling: str = ""
    sample: int = 1
    beside: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, SAMPLES[self.sample - 1])))

    @property
    def first_name(self) -> str:
        columns = f"{self.beside}+text" if self.beside else self.column
        return " ".join(filter(None, (f"{self.file}:{columns}", self.telling)))


def _telling(words: str) -> tuple[Source, ...]:
    return (
        Source("schema_org_jobposting", "description", "en", 30, True, words),
        Source("afriworket", "full_description", "en", 30, True, words),
        Source("schema_org_jobposting", "description", "en", 25, True, words, sample=2),
        Source("afriworket", "full_description", "en", 25, True, words, sample=2),
        Source("schema_org_jobposting", "description", "en", 50, True, words, sample=3),
        Source("afriworket", "full_description", "en", 50, True, words, sample=3),
        Source("schema_org_jobposting", "description", "en", 50, True, words, sample=4),
        Source("afriworket", "full_description", "en", 50, True, words, sample=4),
    )


TEXTS = (
    Source("schema_org_jobposting", "description", "en", 50, True),
    Source("afriworket", "full_description", "en", 50, True),
    Source("51job_2022_it_with_text", "requirement", "zh", 100, True),
    Source("schema_org_jobposting", "description", "en", 25, True, sample=2),
    Source("afriworket", "full_description", "en", 25, True, sample=2),
    Source("51job_2022_it_with_text", "requirement", "zh", 100, True, sample=2),
    Source("51job_2022_it_with_text", "requirement", "zh", 100, True, sample=3),
)


def _records(words: str, field: str) -> tuple[Source, ...]:
    # As many of each file as it has such records: 2,790 and 2,785 in afriworket, 2,265 and 2,147 in schema.org.
    return (
        Source("schema_org_jobposting", "description", "en", 45, True, words, sample=5),
        Source("afriworket", "full_description", "en", 55, True, words, sample=5, beside=field),
        Source("schema_org_jobposting", "description", "en", 45, True, words, sample=6),
        Source("afriworket", "full_description", "en", 55, True, words, sample=6, beside=field),
        Source("schema_org_jobposting", "description", "en", 45, True, words, sample=7),
        Source("afriworket", "full_description", "en", 55, True, words, sample=7, beside=field),
        Source("schema_org_jobposting", "description", "en", 45, True, words, sample=8),
        Source("afriworket", "full_description", "en", 55, True, words, sample=8, beside=field),
        Source("schema_org_jobposting", "description", "en", 45, True, words, sample=9),
        Source("afriworket", "full_description", "en", 55, True, words, sample=9, beside=field),
    )


EDUCATION = (
    Source("afriworket", "education_qualification", "en", 100),
    Source("51job_2022_it_with_text", "education", "zh", 50),
    Source("51job_2023_dated", "education", "zh", 50),
    *TEXTS,
    *_telling("edu"),
    *_records("edu", "education_qualification"),
)
EXPERIENCE = (
    Source("afriworket", "experience_level", "en", 100),
    Source("51job_2023_dated", "experience", "zh", 100),
    *TEXTS,
    *_telling("exp"),
    *_records("exp", "experience_level"),
)

_FOLDERS = {"afriworket": "afriworket/postings_2026.parquet"}


def cells(data: Path, source: Source) -> list[str | None]:
    """The column, row by row; texts as plain texts, "" where there is none."""
    if source.is_text:
        return list(texts(data, source.file))
    return _column(data, source.file, source.column)


def fields(data: Path, source: Source) -> list[str | None]:
    """What stands, row by row, in the field that is read before the text; nothing where the source has none."""
    return _column(data, source.file, source.beside) if source.beside else [None] * len(cells(data, source))


def _column(data: Path, file: str, name: str) -> list[str | None]:
    path = data / _FOLDERS.get(file, f"china_postings/{file}.parquet")
    column: list[str | None] = pq.read_table(path, columns=[name]).column(0).to_pylist()
    return column


def drawn_rows(found: list[str | None], source: Source, beside: list[str | None]) -> list[int]:
    """The rows (0-based) that are read, of those that are not empty: each as likely, the same on every machine."""
    filled = [row for row, cell in enumerate(found) if cell and cell.strip()]
    if source.telling:
        filled = [
            row
            for row in filled
            if (beside[row] or "").strip()
            or (
                language_of(None, found[row]) == source.language
                and TELLING[source.telling].search(found[row] or "")
            )
        ]
    columns = "+".join(filter(None, (source.beside, source.column)))
    seed = " ".join(filter(None, (f"{SEED + source.sample - 1} {source.file}:{columns}", source.telling)))
    dice = random.Random(seed)  # noqa: S311  (a sample)
    rows = sorted(dice.sample(filled, source.drawn))
    return [
        row
        for row in rows
        if not source.is_text or beside[row] or language_of(None, found[row]) == source.language
    ]


def judgements(path: Path) -> dict[str, dict[int, str]]:
    """Per `file` of a table of judgements (FILE:COLUMN): what its rows should give."""
    read: dict[str, dict[int, str]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                read.setdefault(line["file"], {})[int(line["row"])] = line["expected"]
    return read


def write_judgements(path: Path, rows: Iterable[Row]) -> None:
    """The table of judgements, with what is found now."""
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measure_field(
    data: Path, field: str, sources: Iterable[Source], reading: Callable[[str | None, str | None, str], str]
) -> list[Row]:
    """One row a column; writes what is found now into the field's table of judgements.

    `reading`: a record's field and text, either may be None, and its language, as the short value that is compared
    with `expected`.
    """
    path = QUALITY / f"{field}.csv"
    expected = judgements(path)
    table: list[Row] = []
    written: list[Row] = []
    for source in sources:
        column, beside = cells(data, source), fields(data, source)
        filled = [row for row, cell in enumerate(column) if cell and cell.strip()]

        def found(
            row: int,
            column: list[str | None] = column,
            beside: list[str | None] = beside,
            source: Source = source,
        ) -> str:
            stated, text = (beside[row], column[row]) if source.is_text else (column[row], None)
            return reading(stated, text, source.language)

        judged = [(row, wanted, found(row)) for row, wanted in sorted(expected.get(source.name, {}).items())]
        right = sum(wanted == got for _, wanted, got in judged)
        if source.is_text:
            stating = [(wanted, got) for _, wanted, got in judged if wanted != NOTHING]
            stated, parsed = len(stating), sum(got != NOTHING for _, got in stating)
        else:
            known: dict[str, bool] = {}
            for row in filled:
                cell = column[row] or ""
                if cell not in known:
                    known[cell] = found(row) != NOTHING
            stated, parsed = len(filled), sum(known[column[row] or ""] for row in filled)
        table.append(
            {
                "field": field,
                "file": source.name,
                "kind": "text" if source.is_text else "column",
                "language": source.language,
                "records": len(column),
                "stated": stated,
                "parsed": parsed,
                "parsed_share": f"{parsed / stated:.1%}" if stated else "",
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


def print_table(rows: list[Row]) -> None:
    """The rows as a table on the screen."""
    print(" | ".join(rows[0]))
    for row in rows:
        print(" | ".join(map(str, row.values())))


def main() -> None:
    """Print the drawn cells of one source."""
    source = next(s for s in (*EDUCATION, *EXPERIENCE) if s.name == sys.argv[-1])
    found, beside = cells(DATA, source), fields(DATA, source)
    for row in drawn_rows(found, source, beside):
        print(f"=== {row}\n{beside[row] or ''}\n{found[row]}")


if __name__ == "__main__":
    main()
