"""The page on real postings: what it adds up, and that the rows it rests on are the drawn ones and hold no texts."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from bench.postings_fuzz import PARSERS, strings
from bench.postings_quality import FIGURES, FUZZED, MEANING, together
from bench.postings_requirements import EDUCATION, EXPERIENCE, cells, drawn_rows, fields, judgements
from bench.postings_skills import DATA
from postings.normalise.language import language_of

REAL = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real files at {DATA}")


def test_files_of_one_field_and_language_are_added_and_shares_are_of_the_sums() -> None:
    row = {"field": "pay", "language": "zh", "stated": 100, "parsed": 99, "read": 50, "right": 49}
    (added,) = together([row, {**row, "stated": 300, "parsed": 201, "read": 0, "right": 0}])
    assert (added["stated"], added["parsed"], added["parsed_share"]) == (400, 300, "75.0%")
    assert (added["read"], added["right"], added["right_share"]) == (50, 49, "98.0%")
    assert added["language"] == "Chinese"


@pytest.mark.parametrize("name", ["education", "experience", "skills"])
def test_a_table_of_judgements_holds_row_numbers_and_short_values_only(name: str) -> None:
    with (FIGURES / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) >= 200
    assert {"file", "row", "expected", "found", "right"} <= set(rows[0])
    assert {row["right"] for row in rows} <= {"yes", "no"}
    assert all(row["row"].isdecimal() for row in rows)
    assert max(len(value) for row in rows for value in row.values()) < 60


@REAL
@pytest.mark.parametrize(("name", "sources"), [("education", EDUCATION), ("experience", EXPERIENCE)])
def test_the_rows_that_were_read_are_those_that_the_seed_draws(
    name: str, sources: tuple[object, ...]
) -> None:
    read = judgements(FIGURES / f"{name}.csv")
    for source in EDUCATION if sources is EDUCATION else EXPERIENCE:
        found = cells(DATA, source)
        drawn = set(drawn_rows(found, source, fields(DATA, source)))
        mine = set(read[source.name])
        assert mine <= drawn
        if source.sample == 1:
            assert mine == drawn
        # Of later samples, texts that another one holds are left out, and those in another language.
        elsewhere = {row for file, rows in read.items() if file.startswith(source.file) for row in rows}
        unread = [row for row in drawn - mine - elsewhere if language_of(None, found[row]) == source.language]
        assert unread == []


def test_mutated_strings_are_the_same_for_the_same_seed_and_go_through_every_parser() -> None:
    found = ["15-25K·13薪", "at least two years", "<b>London</b>"]
    once = list(strings(found, 300, seed=3))
    assert once == list(strings(found, 300, seed=3))
    assert len(set(once)) > 250
    for text in random.Random(1).sample(once, 100):
        for parser in PARSERS.values():
            assert all(number is None or number >= 0 for number in parser(text))


def test_the_page_says_where_its_figures_come_from() -> None:
    assert "bench.postings_fuzz" in FUZZED
    assert "not a person" in MEANING
    assert Path("docs/quality/postings.md").exists()
