"""Headlines counted in other ways, and months beside the year before or without their season."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.estimation.seasonal import SAME_MONTH, STL_METHOD, month_counts, seasonal_series
from ml.estimation.sensitivity import HALVES, SELECTS, Files, headlines, sensitivity
from ml.schema import ESTIMATES
from orchestration.study import Window

WINDOW = Window.model_validate(
    {"current": {"from": "2025-01", "to": "2025-02"}, "base": {"from": "2024-01", "to": "2024-02"}}
)


def _estimate(group: str, base: float, change: float, method: str = "raw") -> dict[str, Any]:
    return {
        "pair": WINDOW.pair,
        "level": "market" if group == "*" else "title",
        "group_id": group,
        "method": method,
        "estimand": "employers",
        "base_postings": base,
        "current_postings": base * (1 + change),
        "change": change,
        "change_low": change - 0.1,
        "change_high": change + 0.1,
        "employers_effective": 50.0,
        "replicates": 100,
        "seed": 0,
        "notes": "said",
    }


@pytest.fixture
def files(tmp_path: Path) -> Files:
    rows = []
    for employer in range(30):
        name = f"e{employer}"
        # Nurses: two jobs each year, one of them repeated this year, and a doubtful one this year.
        for month, postings in (("2024-01", 2), ("2025-01", 2)):
            rows += [(name, month, "nurse", 0.9, "unique")] * postings
        rows += [(name, "2025-02", "nurse", 0.9, "repost"), (name, "2025-02", "nurse", 0.05, "unique")]
        if employer < 15:
            rows.append((name, "2024-02", "cook", 0.4, "near"))
    rows += [(f"new{n}", "2025-01", "cook", 0.4, "unique") for n in range(15)]
    employers, months, titles, probabilities, classes = zip(*rows, strict=True)
    ids = [f"{n:04}" for n in range(len(rows))]
    pq.write_table(
        pa.table({"posting_id": ids, "posting_month": months, "employer_id": employers}),
        tmp_path / "p.parquet",
    )
    classified = pa.table(
        {
            "posting_id": ids,
            "posting_month": months,
            "best_title_id": titles,
            "title_id": [
                title if probability >= 0.1 else "unassigned"
                for title, probability in zip(titles, probabilities, strict=True)
            ],
            "probability": pa.array(probabilities, pa.float32()),
        }
    )
    pq.write_table(classified, tmp_path / "c.parquet")
    pq.write_table(pa.table({"posting_id": ids, "class": classes}), tmp_path / "d.parquet")
    polls = [(f"e{n}", month) for n in range(30) for month in ("2024-01", "2024-02", "2025-01", "2025-02")]
    polls = [poll for poll in polls if poll != ("e0", "2024-02")]
    names, polled = zip(*polls, strict=True)
    pq.write_table(
        pa.table({"employer_id": names, "month": polled, "result": ["ok"] * len(polls)}),
        tmp_path / "o.parquet",
    )
    return Files(*([str(tmp_path / f"{letter}.parquet")] for letter in "pcdo"))


def _counts(table: pa.Table, group: str) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (row["dimension"], row["variant"]): (row["base_postings"], row["current_postings"])
        for row in table.to_pylist()
        if row["group_id"] == group
    }


def test_another_model_of_the_same_postings_is_a_variant_with_its_own_counts(
    files: Files, tmp_path: Path
) -> None:
    classified = pq.read_table(files.classifications[0])
    cooks = [
        "cook" if number % 3 else title
        for number, title in enumerate(classified["best_title_id"].to_pylist())
    ]
    place = classified.schema.get_field_index("best_title_id")
    pq.write_table(classified.set_column(place, "best_title_id", pa.array(cooks)), tmp_path / "other.parquet")
    arguments = (files, WINDOW, ["nurse", "cook"], ESTIMATES.empty_table(), 0.1)
    table = sensitivity(*arguments, models={"minilm 01ab": [str(tmp_path / "other.parquet")]}, replicates=100)
    plain = sensitivity(*arguments, replicates=100)
    (row,) = [r for r in table.to_pylist() if r["dimension"] == "encoder" and r["group_id"] == "nurse"]
    assert row["variant"] == "minilm 01ab"
    sure = [p >= 0.1 for p in classified["probability"].to_pylist()]
    months = pq.read_table(files.postings[0])["posting_month"].to_pylist()
    for side, year in (("base_postings", "2024"), ("current_postings", "2025")):
        found = zip(cooks, sure, months, strict=True)
        assert row[side] == sum(t == "nurse" and s and m.startswith(year) for t, s, m in found)
    assert row["difference"] is not None
    # Nothing else changes; and of the market there is no such row, because every model counts all postings.
    rest = [r for r in table.to_pylist() if r["dimension"] != "encoder"]
    assert rest == plain.to_pylist()
    assert {r["level"] for r in table.to_pylist() if r["dimension"] == "encoder"} == {"title"}


def test_each_way_of_counting_counts_what_it_says(files: Files) -> None:
    table = sensitivity(files, WINDOW, ["nurse", "cook"], ESTIMATES.empty_table(), 0.1, replicates=100)
    assert _counts(table, "nurse") == {
        ("headline", "headline"): (60, 90),
        ("duplicates", "jobs_only"): (60, 60),
        ("duplicates", "without_reposts"): (60, 60),
        ("duplicates", "without_copies"): (60, 90),
        ("threshold", "0"): (60, 120),
        ("threshold", "0.2"): (60, 90),
        ("threshold", "0.3"): (60, 90),
        ("threshold", "0.5"): (60, 90),
        # e0 was not polled in February 2024: its postings of both Februaries do not count, or none of its do.
        ("panel", "polled_in_both_months"): (60, 89),
        ("panel", "polled_in_all_months"): (58, 87),
        ("panel", "posted_in_both"): (60, 90),
        # Two nurses an employer in the base window: 12 employers in one half, 18 in the other.
        ("placebo", HALVES): (24, 36),
    }
    assert _counts(table, "cook")["panel", "posted_in_both"] == (15, 0)
    assert _counts(table, "cook")["duplicates", "without_copies"] == (0, 15)
    assert _counts(table, "cook")["threshold", "0.5"] == (0, 0)
    market = _counts(table, "*")
    assert market["headline", "headline"] == (75, 135)
    assert market["duplicates", "jobs_only"] == (60, 105)
    assert not [way for way in market if way[0] == "threshold"]


def test_the_difference_a_choice_makes_has_an_interval_of_its_own(files: Files) -> None:
    table = sensitivity(files, WINDOW, ["nurse"], ESTIMATES.empty_table(), 0.1, replicates=100)
    rows = {row["variant"]: row for row in table.to_pylist() if row["group_id"] == "nurse"}
    assert rows["headline"]["difference"] is None
    assert rows["jobs_only"]["difference"] == pytest.approx(0 - 0.5)
    # Every employer repeats exactly one of its jobs, so that no draw of employers changes the difference.
    assert rows["jobs_only"]["difference_low"] == pytest.approx(-0.5, abs=0.02)
    assert rows["posted_in_both"]["notes"] == SELECTS


def test_the_labels_alone_stand_beside_what_the_classifier_makes_of_all(files: Files) -> None:
    # Of the nurses of each month every fourth posting is labelled, and one of them is a cook after all.
    postings = pq.read_table(files.postings[0]).to_pylist()
    labelled = [row["posting_id"] for row in postings if row["posting_month"] in ("2024-01", "2025-01")][::4]
    titles = ["cook", *["nurse"] * (len(labelled) - 1)]
    labels = pa.table({"posting_id": labelled, "title_id": titles})
    nothing = ESTIMATES.empty_table()
    table = sensitivity(files, WINDOW, ["nurse"], nothing, 0.1, labels=labels, replicates=100)
    months = {row["posting_id"]: row["posting_month"] for row in postings}
    base = sum(months[one] == "2024-01" for one in labelled)
    counts = _counts(table, "nurse")
    assert counts["encoder", "none"] == (base - 1, len(labelled) - base)
    assert counts["headline", "headline"] == (60, 90)
    assert ("encoder", "none") not in _counts(table, "*")


def test_a_placebo_finds_no_change_where_there_is_none(tmp_path: Path) -> None:
    """40 titles whose employers differ in nothing but luck: 95 % of the placebo's intervals hold 0."""
    rng = np.random.default_rng(5)
    employers = [f"e{n}" for n in range(400)]
    rows = [
        (employer, month, f"t{title}")
        for employer in employers
        for title in range(40)
        for month in ("2024-01", "2025-01")
        for _ in range(rng.poisson(0.3 * rng.lognormal(0, 1)))
    ]
    ids = [f"{n:05}" for n in range(len(rows))]
    names, months, titles = zip(*rows, strict=True)
    pq.write_table(
        pa.table({"posting_id": ids, "posting_month": months, "employer_id": names}), tmp_path / "p.parquet"
    )
    classified = {
        "posting_id": ids,
        "posting_month": months,
        "best_title_id": titles,
        "title_id": titles,
        "probability": pa.array([0.9] * len(ids), pa.float32()),
    }
    pq.write_table(pa.table(classified), tmp_path / "c.parquet")
    files = Files([str(tmp_path / "p.parquet")], [str(tmp_path / "c.parquet")])
    table = sensitivity(files, WINDOW, sorted(set(titles)), ESTIMATES.empty_table(), 0.1, replicates=200)
    placebo = [row for row in table.to_pylist() if row["dimension"] == "placebo"]
    assert len(placebo) == 41
    assert all(row["difference"] is None for row in placebo)
    missed = sum(not row["change_low"] <= 0 <= row["change_high"] for row in placebo)
    assert missed <= 6  # of 41, at 5 % each: more comes by chance once in a hundred times


def test_other_methods_and_aggregators_stand_beside_the_headline(files: Files) -> None:
    estimates = pa.Table.from_pylist(
        [_estimate("nurse", 70, 0.2, "corrected"), _estimate("nurse", 60, 0.5), _estimate("*", 75, 0.8)],
        ESTIMATES,
    )
    table = sensitivity(
        files, WINDOW, ["nurse"], estimates, 0.1, other={"majority": estimates}, replicates=100
    )
    beside = {
        (row["dimension"], row["variant"]): row for row in table.to_pylist() if row["group_id"] == "nurse"
    }
    assert beside["method", "corrected"]["difference"] == pytest.approx(0.2 - 0.5)
    assert beside["aggregator", "majority"]["difference"] == pytest.approx(0.2 - 0.5)


def test_headlines_are_the_fastest_the_steepest_and_the_largest() -> None:
    rows = [_estimate(f"t{n}", 100 + n, n / 100) for n in range(9)] + [_estimate("tiny", 3, 9.0)]
    found = headlines(pa.Table.from_pylist(rows, ESTIMATES), WINDOW.pair, 30, 2)
    assert found == ["t8", "t7", "t0", "t1"]


def _months(number: int) -> list[str]:
    return [f"{2021 + n // 12}-{1 + n % 12:02}" for n in range(number)]


def test_a_season_is_taken_out_where_three_years_stand() -> None:
    months = _months(48)
    season = [math.exp(0.3 * math.sin(2 * math.pi * n / 12)) for n in range(48)]
    counts = [round(1000 * 1.01**n * season[n]) for n in range(48)]
    rows = seasonal_series({("market", "*"): counts}, months).to_pylist()
    assert {row["method"] for row in rows} == {STL_METHOD}
    for n, row in enumerate(rows):
        assert row["seasonal_factor"] == pytest.approx(season[n], rel=0.02)
        assert row["adjusted"] == pytest.approx(1000 * 1.01**n, rel=0.02)
    assert rows[13]["change_on_year"] == pytest.approx(1.01**12 - 1, abs=0.005)


def test_with_less_than_three_years_nothing_is_adjusted_and_the_column_says_so() -> None:
    counts = {("market", "*"): list(range(100, 135)), ("title", "x"): [0] * 35}
    rows = seasonal_series(counts, _months(35), {"2021-01": (5, 3, 40.5)}).to_pylist()
    assert {row["method"] for row in rows} == {SAME_MONTH}
    assert all(row["adjusted"] is None for row in rows)
    assert rows[12]["year_before"] == 100
    assert rows[12]["change_on_year"] == pytest.approx(0.12)
    assert (rows[0]["opened"], rows[0]["closed"], rows[0]["stock"]) == (5, 3, 40.5)
    assert rows[35 + 20]["change_on_year"] is None
    assert rows[35]["stock"] is None


def test_months_are_counted_as_published(files: Files) -> None:
    counts = month_counts(files.classifications, ["2024-01", "2025-02", "2025-03"], ["nurse"])
    assert counts == {("market", "*"): [60, 60, 0], ("title", "nurse"): [60, 30, 0]}
