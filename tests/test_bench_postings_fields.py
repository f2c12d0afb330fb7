"""The bench of pay, place, company size and industry: what counts as stated, the draw, and the committed judgements."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bench.postings_company_size import COMPANY_SIZE
from bench.postings_fields import Cell, Field, distinct_cells, drawn_rows, records
from bench.postings_industry import INDUSTRY
from bench.postings_pay import PAY
from bench.postings_place import PLACE
from bench.postings_requirements import QUALITY

DATA = Path(__file__).parents[2] / "shared" / "data"
FIELDS = (PAY, PLACE, COMPANY_SIZE, INDUSTRY)
EMPTY: Cell = dict.fromkeys(
    "employer_size industry place city region country pay pay_min pay_max pay_currency pay_period language".split()
)


@pytest.mark.parametrize(
    ("field", "cell", "stated"),
    [
        (PAY, {"pay": "£24,907 - £30,615"}, True),
        (PAY, {"pay": "6-8千"}, True),
        (PAY, {"pay": "22.50p/h"}, True),
        (PAY, {"pay_min": "8000"}, True),
        (PAY, {"pay": "Band 5/6", "pay_min": "10086"}, False),  # the text decides where there is one
        (PAY, {"pay": "AfC Band 7 - 8A, competitive"}, False),
        (PAY, {"pay": "面议"}, False),
        (PAY, {"pay_min": "0", "pay_max": "0"}, False),
        (PLACE, {"place": "Remote - Ohio"}, True),
        (PLACE, {"place": "Hybrid or Remote"}, False),
        (PLACE, {"place": "远程办公"}, False),
        (COMPANY_SIZE, {"employer_size": "50-150人"}, True),
        (COMPANY_SIZE, {"employer_size": "无"}, False),
        (INDUSTRY, {"industry": "Healthcare"}, True),
        (INDUSTRY, {"industry": "Others"}, False),
    ],
)
def test_a_cell_states_its_field_only_where_it_says_something(field: Field, cell: Cell, stated: bool) -> None:
    assert field.stated(EMPTY | cell) is stated


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_row_that_was_drawn_was_read(field: Field) -> None:
    with (QUALITY / f"{field.name}.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert all(
        line["expected"] and (line["right"] == "yes") == (line["expected"] == line["found"]) for line in lines
    )
    read = {
        source.name: sorted(int(li["row"]) for li in lines if li["file"] == source.name)
        for source in field.sources
    }
    assert sum(map(len, read.values())) == len(lines)
    if not DATA.is_dir():
        pytest.skip(f"no real files at {DATA}")
    for source in field.sources:
        # The large files take some seconds each to read; the small ones show that the draw is the committed one.
        if source.file.startswith("ats/") or source.file in {"51job_2023_dated", "afriworket"}:
            assert drawn_rows(records(DATA, source.file), field, source) == read[source.name]


def test_samples_of_one_file_share_no_cell() -> None:
    cells = {row: EMPTY | {"pay": f"{row} GBP"} for row in range(1000, 4000)}
    samples = [
        drawn_rows(cells, PAY, source) for source in PAY.sources if source.file == "schema_org_jobposting"
    ]
    drawn = [row for sample in samples for row in sample]
    assert len(drawn) == len(set(drawn)) == 75 + 75 + 70


def test_a_cell_that_many_records_repeat_is_drawn_once() -> None:
    cells = {row: EMPTY | {"pay": "8000 CNY"} for row in range(50)}
    assert list(distinct_cells(cells, PAY)) == [0]
