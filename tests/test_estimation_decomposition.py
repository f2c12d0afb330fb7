"""The decomposition adds up to the posting, and tells the crawl from the employers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.estimation.around import AXES
from ml.estimation.decomposition import Cells, count_cells, decompose
from orchestration.study import Window

WINDOW = Window.model_validate(
    {"current": {"from": "2025-01", "to": "2025-02"}, "base": {"from": "2024-01", "to": "2024-02"}}
)
POSTINGS = [
    # employer, month, class, polled months of the employer are in POLLS
    *[("steady", "2024-01", "unique")] * 3,
    *[("steady", "2025-01", "unique")] * 2,
    ("steady", "2025-01", "repost"),
    *[("born", "2025-02", "unique")] * 4,
    *[("dead", "2024-02", "unique")] * 5,
    *[("found", "2025-01", "unique")] * 6,
    *[("lost", "2024-01", "near")] * 7,
    *[("unheard", "2025-02", "unique")] * 8,
    # Polled in both Januaries, but only in one February: January counts, February is the crawl's.
    ("half", "2024-01", "unique"),
    *[("half", "2025-02", "unique")] * 2,
]
EVERY = ("2024-01", "2024-02", "2025-01", "2025-02")
POLLS = {
    "steady": EVERY,
    "born": EVERY,
    "dead": EVERY,
    "found": ("2025-01", "2025-02"),
    "lost": ("2024-01", "2024-02"),
    "half": ("2024-01", "2025-01", "2025-02"),
}


def _files(folder: Path) -> tuple[list[str], list[str], list[str]]:
    ids = [f"{number:03}" for number in range(len(POSTINGS))]
    employers, months, classes = zip(*POSTINGS, strict=True)
    pq.write_table(
        pa.table(
            {
                "posting_id": ids,
                "posting_month": months,
                "employer_id": employers,
                "country": pa.array(["DE" if one == "steady" else None for one in employers], pa.string()),
                "industry_id": pa.nulls(len(ids), pa.string()),
            }
        ),
        folder / "p.parquet",
    )
    pq.write_table(pa.table({"posting_id": ids, "class": classes}), folder / "d.parquet")
    polls = [(employer, month) for employer, months_of in POLLS.items() for month in months_of]
    names, polled = zip(*polls, strict=True)
    pq.write_table(
        pa.table({"employer_id": names, "month": polled, "result": ["ok"] * len(polls)}), folder / "c.parquet"
    )
    return [str(folder / "p.parquet")], [str(folder / "d.parquet")], [str(folder / "c.parquet")]


def _found(table: pa.Table, axis: str) -> dict[str, tuple[int, int]]:
    return {
        row["component"]: (row["base_postings"], row["current_postings"])
        for row in table.to_pylist()
        if row["axis"] == axis
    }


def test_every_posting_is_in_the_component_that_its_employers_polls_tell(tmp_path: Path) -> None:
    postings, duplicates, polls = _files(tmp_path)
    table = decompose(count_cells(postings, duplicates, WINDOW, polls), WINDOW.pair, 100)
    assert _found(table, "employers") == {
        "continuing_jobs": (3, 2),
        "continuing_repeats": (0, 1),
        "births": (0, 4),
        "deaths": (6, 0),
        "crawl_entries": (0, 8),
        "crawl_exits": (7, 0),
        "not_polled": (0, 8),
    }
    assert _found(table, "ads") == {"near": (7, 0), "repost": (0, 1), "unique": (9, 22)}
    assert _found(table, "country") == {"DE": (3, 3), "unknown": (13, 20)}


def test_without_polls_an_employer_that_began_is_not_called_a_birth(tmp_path: Path) -> None:
    postings, duplicates, _ = _files(tmp_path)
    table = decompose(count_cells(postings, duplicates, WINDOW), WINDOW.pair, 100)
    assert _found(table, "employers") == {
        "continuing_jobs": (4, 4),
        "continuing_repeats": (0, 1),
        "began": (0, 18),
        "ceased": (12, 0),
    }


def _random_cells(seed: int, postings_of: int = 4) -> Cells:
    random = np.random.default_rng(seed)
    size = 3_000
    rows = {
        "employer_id": [f"e{one}" for one in random.integers(0, 400, size)],
        "side": random.choice(["base", "current"], size),
        "polled": random.choice(["", "base", "current", "base+current"], size, p=[0.1, 0.1, 0.1, 0.7]),
        "class": random.choice(["unique", "repost", "near"], size, p=[0.8, 0.1, 0.1]),
        "country": random.choice(["US", "DE", "unknown"], size),
        "industry": random.choice(["a", "b"], size),
        "postings": random.integers(1, postings_of, size),
    }
    return Cells(pa.table(rows), has_polls=True)


@pytest.mark.parametrize("seed", range(5))
def test_the_components_of_every_axis_add_up_to_the_change(seed: int) -> None:
    cells = _random_cells(seed)
    table = decompose(cells, "pair", 100).to_pylist()
    sides = dict.fromkeys(("base", "current"), 0)
    for row in cells.rows.to_pylist():
        sides[row["side"]] += row["postings"]
    change = sides["current"] / sides["base"] - 1
    for axis in AXES:
        rows = [row for row in table if row["axis"] == axis]
        assert sum(row["difference"] for row in rows) == sides["current"] - sides["base"]
        assert sum(row["contribution"] for row in rows) == pytest.approx(change, abs=1e-8)
        assert sum(row["beyond_market"] for row in rows) == pytest.approx(0, abs=1e-8)
        for row in rows:
            assert row["contribution_low"] <= row["contribution"] <= row["contribution_high"]


def test_an_interval_covers_what_other_employers_of_the_same_kind_would_show() -> None:
    covered = tried = 0
    for seed in range(60):
        rows = {
            row["component"]: row
            for row in decompose(_random_cells(seed), "pair", 100).to_pylist()
            if row["axis"] == "country"
        }
        # Base and current are drawn alike: nothing changes in truth.
        for row in rows.values():
            tried += 1
            covered += row["contribution_low"] <= 0 <= row["contribution_high"]
    assert covered / tried > 0.88
    assert covered / tried < 0.995
