"""Skills on real advertisements: how many are found, how many of 200 hits are right, and how fast.

    python -m bench.postings_skills          # the table
    python -m bench.postings_skills --draw   # 200 hits with the words around them, for reading

What belongs here: reading the files in ../shared/data, the draw, and the judgements' table, which lies in
docs/quality/postings/skills.csv. What does not: finding skills.

In that table, `hit` is the skill that was found in the row when the hits were drawn; `expected` is the same id where
the reader, in the words around it, took that skill to be meant (asked for, or part of the work), else "not meant";
`found` is whether it is found now. Precision counts the hits that are found now. The field of a degree that is asked
for ("degree in Marketing") counts as meant; colleagues, what an employer offers or tells of itself do not. Three
earlier draws (seeds 5 to 7) were read to mend the tables of aliases; this one was not.
"""

import csv
import gzip
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.skills import find_skills, prepared_text, skill_mentions, skills, skills_of
from postings.normalise.text import plain_text

DATA = Path(__file__).parents[2] / "shared" / "data"
JUDGEMENTS = Path(__file__).parents[1] / "docs" / "quality" / "postings" / "skills.csv"
DRAWN = 50
"""Hits read of each source: 100 English, 100 Chinese."""

SEED = 8
NOT_MEANT, NOT_FOUND = "not meant", "not found"


def _nhs(data: Path) -> list[str | None]:
    path = data / "schema_org_jobposting" / "nhs_uk_2020_sample.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        # One line of the file has lost its head; it keeps its row number, and is no advertisement.
        return [json.loads(line).get("description") if line.startswith("{") else None for line in file]


def _afriworket(data: Path) -> list[str | None]:
    table = pq.read_table(data / "afriworket" / "postings_2026.parquet", columns=["full_description"])
    return table.column(0).to_pylist()


def _china(data: Path) -> list[str | None]:
    path = data / "china_postings" / "51job_2022_it_with_text.parquet"
    return pq.read_table(path, columns=["requirement"]).column(0).to_pylist()


FILES: dict[str, tuple[str, Callable[[Path], list[str | None]]]] = {
    "schema_org_jobposting": ("en", _nhs),
    "afriworket": ("en", _afriworket),
    "51job_2022_it_with_text": ("zh", _china),
}
"""File, the language of its texts, and how to read them: one text a row."""

TAGS = "51job_2024_ten_occupations"
"""A file without texts, whose column 标签 lists skills among benefits."""

_Found = tuple[list[str], list[tuple[str, ...]]]


def texts(data: Path, file: str) -> list[str]:
    """The advertisements' plain texts, in the order of the file's rows; "" where there is none."""
    return [plain_text(text) or "" for text in FILES[file][1](data)]


def _tags(data: Path) -> list[str]:
    column = pq.read_table(data / "china_postings" / f"{TAGS}.parquet", columns=["标签"]).column(0)
    return [text or "" for text in column.to_pylist()]


def _in_texts(data: Path, file: str) -> _Found:
    """The texts in which a run looks for skills (without boilerplate), and what is found."""
    language = FILES[file][0]
    rows = [without_boilerplate(text, language) for text in texts(data, file)]
    return rows, skills_of(rows)


def _in_tags(data: Path) -> _Found:
    rows = _tags(data)
    return rows, skills_of([None] * len(rows), list(rows))


def _sources() -> dict[str, tuple[str, Callable[[Path], _Found]]]:
    def in_texts(file: str) -> Callable[[Path], _Found]:
        return lambda data: _in_texts(data, file)

    return {file: (language, in_texts(file)) for file, (language, _) in FILES.items()} | {
        TAGS: ("zh", _in_tags)
    }


def draw(data: Path) -> list[tuple[str, int, str, str]]:
    """(file, row, skill_id, words around its first mention): 50 from each source, each hit as likely."""
    drawn = []
    for file, (_, read) in _sources().items():
        rows, found = read(data)
        hits = [(row, skill_id) for row, ids in enumerate(found) for skill_id in ids]
        dice = random.Random(f"{SEED} {file}")  # noqa: S311  (a sample needs no secrecy)
        for row, skill_id in sorted(dice.sample(hits, DRAWN)):
            drawn.append((file, row, skill_id, _around(rows[row], skill_id)))
    return drawn


def _around(text: str, skill_id: str) -> str:
    """The words around the first mention; all of a list of tags, in which context does not decide."""
    place = next(((s, e) for name, s, e in skill_mentions(text) if name == skill_id), None)
    text = prepared_text(text)
    if place is None:
        return text.replace("\n", " / ")
    start, end = place
    around = f"{text[max(0, start - 80) : start]}[[{text[start:end]}]]{text[end : end + 60]}"
    return around.replace("\n", " / ")


def judgements() -> list[dict[str, str]]:
    """The table of judgements as it lies on disk; empty before the first reading."""
    if not JUDGEMENTS.exists():
        return []
    with JUDGEMENTS.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _judged(lines: list[dict[str, str]], found: list[tuple[str, ...]]) -> list[dict[str, str]]:
    """The lines of one source, with what is found now."""
    for line in lines:
        line["found"] = line["hit"] if line["hit"] in found[int(line["row"])] else NOT_FOUND
        gone = line["found"] == NOT_FOUND
        line["right"] = "yes" if gone == (line["expected"] == NOT_MEANT) else "no"
    return lines


def measure(data: Path) -> list[dict[str, object]]:
    """One row a source: postings with a skill, skills a posting, postings a second, and the hits read by hand.

    `stated`: postings with a text, or with tags. Writes what is found now into the table of judgements.
    """
    lines = judgements()
    table: list[dict[str, object]] = []
    find_skills("")  # the tables are read once, before the clock starts
    for file, (language, read) in _sources().items():
        rows, found = read(data)
        started = time.process_time()
        skills_of(rows) if file in FILES else skills_of([None] * len(rows), list(rows))
        took = time.process_time() - started
        filled, some = sum(map(bool, rows)), sum(map(bool, found))
        mine = _judged([line for line in lines if line["file"] == file], found)
        hits = [line for line in mine if line["found"] != NOT_FOUND]
        right = sum(line["right"] == "yes" for line in hits)
        table.append(
            {
                "field": "skills",
                "file": file,
                "language": language,
                "records": len(rows),
                "stated": filled,
                "parsed": some,
                "parsed_share": f"{some / filled:.1%}",
                "read": len(hits),
                "right": right,
                "right_share": f"{right / len(hits):.1%}" if hits else "",
                "skills_a_posting": f"{sum(map(len, found)) / len(rows):.1f}",
                "characters": f"{sum(map(len, rows)) / len(rows):.0f}",
                "postings_a_second": f"{len(rows) / took:,.0f}",
            }
        )
    if lines:
        with JUDGEMENTS.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    return table


def main() -> None:
    """Print the table, or the hits to read."""
    if "--draw" in sys.argv:
        for file, row, skill_id, around in draw(DATA):
            print(f"{file[:4]} {row:5} {skill_id:34} {around}")
        return
    print(f"{len(skills())} skills")
    table = measure(DATA)
    print(" | ".join(table[0]))
    for line in table:
        print(" | ".join(map(str, line.values())))


if __name__ == "__main__":
    main()
