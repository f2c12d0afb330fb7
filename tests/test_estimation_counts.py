"""Counting postings by employer, title and window from Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.estimation.counts import MismatchedPostingsError, employer_counts
from ml.estimation.tables import EMPLOYER_COUNTS


@dataclass(frozen=True)
class Window:
    months: list[str]

    def keys(self) -> list[str]:
        return self.months


@dataclass(frozen=True)
class Windows:
    base: Window
    current: Window
    pair: str = "this year / last year"


PAIR = Windows(base=Window(["2024-01", "2024-02"]), current=Window(["2025-01", "2025-02"]))
POSTINGS = [
    ("p1", "2024-01", "acme"),
    ("p2", "2024-02", "acme"),
    ("p3", "2024-02", "unknown"),
    ("p4", "2025-01", "acme"),
    ("p5", "2025-02", "bolt"),
    ("p6", "2024-12", "acme"),
    ("p7", "unknown", "acme"),
]
TITLES = {
    "p1": "cook",
    "p2": "cook",
    "p3": "unassigned",
    "p4": "nurse",
    "p5": "cook",
    "p6": "cook",
    "p7": "cook",
}


def write(folder: Path, name: str, rows: list[tuple[str, ...]], columns: list[str]) -> list[str]:
    """Rows split over two files, as a dataset's shards are."""
    paths = []
    for part, chosen in enumerate((rows[::2], rows[1::2])):
        path = folder / f"{name}-{part}.parquet"
        pq.write_table(pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in chosen]), path)
        paths.append(str(path))
    return paths


def files(folder: Path, titles: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    months = {posting: month for posting, month, _ in POSTINGS}
    return (
        write(folder, "postings", POSTINGS, ["posting_id", "posting_month", "employer_id"]),
        write(
            folder,
            "classifications",
            [(posting, months[posting], title) for posting, title in titles],
            ["posting_id", "posting_month", "title_id"],
        ),
    )


def test_postings_are_counted_by_employer_title_and_window_and_months_outside_are_not(tmp_path):
    counts = employer_counts(*files(tmp_path, list(TITLES.items())), PAIR)
    assert counts.schema.equals(EMPLOYER_COUNTS)
    assert [tuple(row.values()) for row in counts.to_pylist()] == [
        ("acme", "cook", "base", 2),
        ("acme", "nurse", "current", 1),
        ("bolt", "cook", "current", 1),
        ("unknown", "unassigned", "base", 1),
    ]


def test_a_posting_without_a_classification_stops_the_count_and_names_the_month(tmp_path):
    titles = [(posting, title) for posting, title in TITLES.items() if posting != "p2"]
    with pytest.raises(MismatchedPostingsError, match="2024-02: 1 of 2 postings have no classification"):
        employer_counts(*files(tmp_path, titles), PAIR)


def test_a_posting_classified_twice_stops_the_count(tmp_path):
    with pytest.raises(MismatchedPostingsError, match="2025-01: 1 postings meet 2"):
        employer_counts(*files(tmp_path, [*TITLES.items(), ("p4", "cook")]), PAIR)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(MismatchedPostingsError, match="no classification files"):
        employer_counts(files(tmp_path, list(TITLES.items()))[0], [], PAIR)


def test_windows_that_share_a_month_are_refused(tmp_path):
    overlapping = Windows(base=Window(["2024-01", "2024-02"]), current=Window(["2024-02", "2024-03"]))
    with pytest.raises(ValueError, match="both windows hold 2024-02"):
        employer_counts(*files(tmp_path, list(TITLES.items())), overlapping)
