"""The crowd of a market, and the MTurk batch result file it leaves."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market import MarketSpec, generate_market
from market.content import load_content
from market.crowd import HEADER, sample_postings

REAL = (
    Path(__file__).parents[2]
    / "shared"
    / "data"
    / "mturk"
    / "Batch_3180686_bib_number_annotation_results.csv"
)
SPEC = MarketSpec(postings=12_000, labelled=1_000, seed=5)
TIME = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2} P[DS]T 20\d{2}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("crowd")
    generate_market(SPEC, home / "source", home / "truth")
    return home


@pytest.fixture(scope="module")
def rows(home: Path) -> list[list[str]]:
    with (home / "source" / "mturk_batch_results.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture(scope="module")
def answers(rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]


@pytest.fixture(scope="module")
def truth(home: Path) -> dict[str, str]:
    table = pa.concat_tables(
        pq.read_table(path) for path in sorted((home / "truth").glob("postings-*.parquet"))
    )
    return dict(zip(table.column("id").to_pylist(), table.column("title_id").to_pylist(), strict=True))


def test_the_header_is_that_of_a_real_result_file() -> None:
    if not REAL.is_file():
        pytest.skip(f"{REAL} is not there")
    with REAL.open(encoding="utf-8", newline="") as stream:
        real = next(csv.reader(stream))
    assert len(HEADER) == len(real) == 33
    assert HEADER[:27] == real[:27]
    assert HEADER[-2:] == real[-2:]


def test_rows_are_ragged_as_in_real_files_and_times_cross_the_end_of_daylight_time(
    rows: list[list[str]],
) -> None:
    lengths = {len(row) for row in rows[1:]}
    assert lengths == {31, 33}
    assert sum(len(row) == 31 for row in rows[1:]) > 0.9 * (len(rows) - 1)
    submitted = [row[HEADER.index("SubmitTime")] for row in rows[1:]]
    assert all(TIME.fullmatch(text) for text in submitted)
    assert {text.split()[4] for text in submitted} == {"PDT", "PST"}
    for text in submitted[:200]:
        weekday, *rest = text.replace(" PDT", "").replace(" PST", "").split(" ", 1)
        assert dt.datetime.strptime(rest[0], "%b %d %H:%M:%S %Y").strftime("%a") == weekday


def test_each_sampled_posting_is_answered_by_three_or_five_different_workers(
    answers: list[dict[str, str]], truth: dict[str, str]
) -> None:
    workers = defaultdict(list)
    for row in answers:
        workers[row["Input.source_id"]].append(row["WorkerId"])
    assert set(workers) <= set(truth)
    assert 0.98 * SPEC.labelled <= len(workers) <= SPEC.labelled
    assert all(len(set(group)) == len(group) for group in workers.values())
    assert {len(group) for group in workers.values()} == {3, 5}


def test_answers_are_standard_titles_and_rejections_carry_a_reason(answers: list[dict[str, str]]) -> None:
    names = {title.en for title in load_content().titles}
    given = {row["Answer.title"] for row in answers}
    assert given - names <= {""}
    rejected = [row for row in answers if row["AssignmentStatus"] == "Rejected"]
    assert 0.02 < len(rejected) / len(answers) < 0.12
    assert all(
        row["RejectionTime"] and row["RequesterFeedback"] and not row["ApprovalTime"] for row in rejected
    )
    assert {row["AssignmentStatus"] for row in answers} == {"Approved", "Rejected"}


def test_a_majority_of_answers_is_mostly_right_and_mistakes_go_to_neighbours(
    home: Path, answers: list[dict[str, str]], truth: dict[str, str]
) -> None:
    content = load_content()
    by_name = {title.en: title for title in content.titles}
    by_id = {title.title_id: title for title in content.titles}
    votes: dict[str, list[str]] = defaultdict(list)
    for row in answers:
        if row["AssignmentStatus"] == "Approved" and row["Answer.title"]:
            votes[row["Input.source_id"]].append(by_name[row["Answer.title"]].title_id)
    right = sum(max(sorted(set(names)), key=names.count) == truth[task] for task, names in votes.items())
    assert 0.88 < right / len(votes) < 0.98

    with (home / "truth" / "workers.csv").open(encoding="utf-8") as stream:
        kind = {row["worker_id"]: row["kind"] for row in csv.DictReader(stream)}
    assert set(kind.values()) == {"careful", "careless", "spammer"}
    wrong = [
        (truth[row["Input.source_id"]], by_name[row["Answer.title"]].title_id)
        for row in answers
        if kind[row["WorkerId"]] != "spammer"
        and row["Answer.title"]
        and by_name[row["Answer.title"]].title_id != truth[row["Input.source_id"]]
    ]
    assert sum(said in by_id[true].near for true, said in wrong) > 0.6 * len(wrong)
    spammed = [row for row in answers if kind[row["WorkerId"]] == "spammer" and row["Answer.title"]]
    hits = sum(by_name[row["Answer.title"]].title_id == truth[row["Input.source_id"]] for row in spammed)
    assert hits < 0.15 * len(spammed)


def test_the_sample_is_drawn_at_random_over_the_whole_market() -> None:
    positions = sample_postings(MarketSpec(postings=100_000, labelled=5_000))
    assert len(set(positions.tolist())) == 5_000
    assert positions.mean() == pytest.approx(50_000, abs=4 * 100_000 / (12 * 5_000) ** 0.5)
    assert len(sample_postings(MarketSpec(postings=100, labelled=5_000))) == 100
