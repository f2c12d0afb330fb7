"""Counting postings by employer, title and window from Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.estimation.counts import MismatchedPostingsError, audit_rows, band_edges, employer_counts
from ml.estimation.tables import AUDIT_ROWS, BANDED_AUDIT, BANDED_COUNTS, EMPLOYER_COUNTS


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


def evaluation(posting: str) -> str:
    return "model" if posting in ("p2", "p7") else "out_of_fold"


def files(folder: Path, titles: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    months = {posting: month for posting, month, _ in POSTINGS}
    return (
        write(folder, "postings", POSTINGS, ["posting_id", "posting_month", "employer_id"]),
        write(
            folder,
            "classifications",
            [(posting, months[posting], title, evaluation(posting)) for posting, title in titles],
            ["posting_id", "posting_month", "title_id", "evaluation"],
        ),
    )


def test_postings_are_counted_by_employer_title_and_window_and_months_outside_are_not(tmp_path):
    counts = employer_counts(*files(tmp_path, list(TITLES.items())), PAIR).everyone
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


def polls(folder: Path, rows: list[tuple[str, str, str]]) -> list[str]:
    return write(folder, "polls", rows, ["employer_id", "month", "result"])


def test_the_panel_counts_an_employer_in_the_months_that_were_read_in_both_windows(tmp_path):
    read = [
        ("acme", "2024-01", "ok"),
        ("acme", "2025-01", "not_modified"),
        ("acme", "2024-02", "ok"),
        ("acme", "2025-02", "failed"),
        ("bolt", "2024-02", "failed"),
        ("bolt", "2025-02", "ok"),
    ]
    counts = employer_counts(*files(tmp_path, list(TITLES.items())), PAIR, polls(tmp_path, read))
    assert counts.panel is not None
    # p2 is acme's in February, which failed a year later; bolt was not read a year before.
    assert [tuple(row.values()) for row in counts.panel.to_pylist()] == [
        ("acme", "cook", "base", 1),
        ("acme", "nurse", "current", 1),
    ]
    assert counts.everyone.num_rows == 4


def test_an_employer_that_was_polled_and_posted_nothing_stays_in_the_panel_as_a_zero(tmp_path):
    read = [("acme", month, "ok") for month in ("2024-01", "2024-02", "2025-01", "2025-02")]
    counts = employer_counts(*files(tmp_path, list(TITLES.items())), PAIR, polls(tmp_path, read))
    assert counts.panel is not None
    cooks = [row for row in counts.panel.to_pylist() if row["title_id"] == "cook"]
    assert [(row["window"], row["postings"]) for row in cooks] == [("base", 2)]


def test_a_study_without_polls_has_no_panel(tmp_path):
    assert employer_counts(*files(tmp_path, list(TITLES.items())), PAIR).panel is None
    failed = polls(tmp_path, [("acme", "2024-01", "failed"), ("acme", "2025-01", "failed")])
    assert employer_counts(*files(tmp_path, list(TITLES.items())), PAIR, failed).panel is None


def test_the_audit_holds_labelled_postings_scored_out_of_fold_and_says_which_window_they_are_of(tmp_path):
    labels = pa.table({"posting_id": ["p1", "p2", "p3", "p5", "p6"], "title_id": ["cook"] * 4 + ["nurse"]})
    rows = audit_rows(*files(tmp_path, list(TITLES.items())), labels, PAIR)
    assert rows.schema.equals(AUDIT_ROWS)
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        ("acme", "base", "cook", "cook", 1),
        ("acme", "other", "nurse", "cook", 1),
        ("bolt", "current", "cook", "cook", 1),
        ("unknown", "base", "cook", "unassigned", 1),
    ]


SURE = {"p1": (0.9, 0.05), "p2": (0.6, 0.3), "p3": (0.2, 0.15), "p4": (0.5, None), "p5": (0.95, 0.01)}


def banded_files(folder: Path) -> tuple[list[str], list[str]]:
    """Postings of which p3 is under the threshold, its best title a nurse."""
    rows = [
        (p, month, TITLES[p], "nurse" if p == "p3" else TITLES[p], *SURE.get(p, (0.9, 0.05)), "out_of_fold")
        for p, month, _ in POSTINGS
    ]
    names = ["posting_id", "posting_month", "title_id", "best_title_id", "probability", "second_probability"]
    return files(folder, list(TITLES.items()))[0], write(
        folder, "classifications", rows, [*names, "evaluation"]
    )


def test_with_cuts_of_the_margin_postings_are_counted_by_best_title_and_how_sure_it_was_too(tmp_path):
    counts = employer_counts(*banded_files(tmp_path), PAIR, edges=(0.4, 0.8)).everyone
    assert counts.schema.equals(BANDED_COUNTS)
    assert [tuple(row.values()) for row in counts.to_pylist()] == [
        ("acme", "cook", "base", 1, "cook", 1),
        ("acme", "cook", "base", 1, "cook", 3),
        ("acme", "nurse", "current", 1, "nurse", 2),
        ("bolt", "cook", "current", 1, "cook", 3),
        # Under the threshold: unassigned for whoever counts titles, its best title kept for the correction.
        ("unknown", "unassigned", "base", 1, "nurse", 0),
    ]


def test_audit_rows_are_banded_by_the_same_cuts(tmp_path):
    labels = pa.table({"posting_id": ["p1", "p3"], "title_id": ["cook", "cook"]})
    rows = audit_rows(*banded_files(tmp_path), labels, PAIR, edges=(0.4, 0.8))
    assert rows.schema.equals(BANDED_AUDIT)
    assert [(row["predicted"], row["best_title_id"], row["band"]) for row in rows.to_pylist()] == [
        ("cook", "cook", 3),
        ("unassigned", "nurse", 0),
    ]


def test_the_cuts_of_the_margin_put_labelled_postings_into_every_band(tmp_path):
    _, classifications = banded_files(tmp_path)
    labels = pa.table({"posting_id": list(TITLES)})
    edges = band_edges(classifications, labels)
    assert list(edges) == sorted(set(edges))
    assert edges[0] == pytest.approx(0.3, abs=1e-6)
    assert edges[-1] < 0.94
    assert band_edges(classifications, pa.table({"posting_id": ["nobody"]})) == ()
