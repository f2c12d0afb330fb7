"""Skills on real advertisements: how many are found, how many of 200 hits are right, and how fast.

    python -m bench.postings_skills                      # the table
    python -m bench.postings_skills --draw SEED          # 200 hits with the words around them, for reading

What belongs here: reading the files in ../shared/data, the draw, and the judgements' table, which lies in
docs/quality/postings/skills.csv (file, row, skill_id, right). What does not: finding skills.
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

from postings.normalise.skills import find_skills, prepared_text, skill_mentions, skills, skills_of
from postings.normalise.text import plain_text

DATA = Path(__file__).parents[2] / "shared" / "data"
JUDGEMENTS = Path(__file__).parents[1] / "docs" / "quality" / "postings" / "skills.csv"
DRAWN = 200
SEED = 20_260


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


def texts(data: Path, file: str) -> list[str]:
    """The advertisements' plain texts, in the order of the file's rows; "" where there is none."""
    return [plain_text(text) or "" for text in FILES[file][1](data)]


def draw(data: Path, seed: int) -> list[tuple[str, int, str, str]]:
    """200 (file, row, skill_id, words around its first mention): a third from each file, each hit as likely."""
    dice = random.Random(seed)  # noqa: S311  (a sample needs no secrecy)
    drawn = []
    for number, file in enumerate(FILES):
        rows = texts(data, file)
        hits = [(row, skill_id) for row, found in enumerate(skills_of(rows)) for skill_id in found]
        for row, skill_id in sorted(dice.sample(hits, DRAWN // 3 + (number < DRAWN % 3))):
            text = prepared_text(rows[row])
            start, end = next((s, e) for name, s, e in skill_mentions(rows[row]) if name == skill_id)
            around = f"{text[max(0, start - 70) : start]}[[{text[start:end]}]]{text[end : end + 50]}"
            drawn.append((file, row, skill_id, around.replace("\n", " / ")))
    return drawn


def measure(data: Path) -> list[dict[str, object]]:
    """One row a file: postings with a skill, skills a posting, postings a second, and the hits read by hand."""
    read: dict[str, list[bool]] = {file: [] for file in FILES}
    if JUDGEMENTS.exists():
        with JUDGEMENTS.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                read[row["file"]].append(row["right"] == "yes")
    table: list[dict[str, object]] = []
    find_skills("")  # the tables are read once, before the clock starts
    for file, (language, _) in FILES.items():
        rows = texts(data, file)
        started = time.process_time()
        found = skills_of(rows)
        took = time.process_time() - started
        some = sum(map(bool, found))
        right = read[file]
        table.append(
            {
                "field": "skills",
                "file": file,
                "language": language,
                "stated": len(rows),
                "parsed": some,
                "share parsed": f"{some / len(rows):.1%}",
                "read by hand": len(right),
                "right": sum(right),
                "share right": f"{sum(right) / len(right):.1%}" if right else "",
                "skills a posting": f"{sum(map(len, found)) / len(rows):.1f}",
                "characters": f"{sum(map(len, rows)) / len(rows):.0f}",
                "postings a second": f"{len(rows) / took:,.0f}",
            }
        )
    return table


def main() -> None:
    if "--draw" in sys.argv:
        for file, row, skill_id, around in draw(DATA, int(sys.argv[-1])):
            print(f"{file[:4]} {row:5} {skill_id:34} {around}")
        return
    print(f"{len(skills())} skills")
    rows = measure(DATA)
    print(" | ".join(rows[0]))
    for row in rows:
        print(" | ".join(map(str, row.values())))


if __name__ == "__main__":
    main()
