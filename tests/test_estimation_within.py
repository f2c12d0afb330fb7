"""By how much a title's part of its employers' postings changed: what cancels, what counts, and what can be told."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from ml.estimation.changes import Evidence, estimate_changes
from ml.estimation.tables import AUDIT_ROWS, EMPLOYER_COUNTS
from ml.schema import CORRECTED, EMPLOYERS, RAW, WITHIN

PAIR = "2025-01..2025-10 / 2024-01..2024-10"
TITLES = [f"title-{number:02d}" for number in range(8)]


def counted(postings: np.ndarray, employers: list[str] | None = None) -> pa.Table:
    """Counts of (employers, titles, windows)."""
    names = employers or [f"e{number:04d}" for number in range(len(postings))]
    rows = [
        (names[e], TITLES[t], "current" if side else "base", int(postings[e, t, side]))
        for e, t, side in np.argwhere(postings)
    ]
    return pa.table(dict(zip(EMPLOYER_COUNTS.names, map(list, zip(*rows, strict=True)), strict=True)))


def bursting(
    seed: int, grown: float, employers: int = 400, burst: float = 6.6
) -> tuple[np.ndarray, np.random.Generator]:
    """Employers that hire in bursts for four titles each; of the first title `grown` times as many."""
    rng = np.random.default_rng(seed)
    hires = np.array([rng.permutation(len(TITLES)) < 4 for _ in range(employers)])
    mean = hires * rng.lognormal(1.5, 1.0, employers)[:, None]
    growth = np.ones(len(TITLES))
    growth[0] = grown
    bursts = rng.gamma(burst, 1 / burst, (employers, 2))
    return rng.poisson(np.stack([mean * bursts[:, :1], mean * growth * bursts[:, 1:]], axis=2)), rng


def rows(evidence: Evidence, method: str, estimand: str = EMPLOYERS) -> dict[str, dict]:
    table = estimate_changes(evidence, PAIR, 200, 0)
    return {
        row["group_id"]: row
        for row in table.to_pylist()
        if (row["method"], row["estimand"]) == (method, estimand)
    }


def test_an_employer_that_posts_more_of_everything_moves_no_title_beside_the_others():
    steady, growing = [[60, 60], [40, 40]], [[10, 30], [90, 270]]
    postings = np.zeros((20, len(TITLES), 2), dtype=int)
    postings[:10, :2], postings[10:, :2] = steady, growing
    evidence = Evidence(counted(postings))
    assert rows(evidence, RAW)[TITLES[1]]["change"] > 1.0
    for title in TITLES[:2]:
        assert rows(evidence, WITHIN)[title]["change"] == pytest.approx(0.0, abs=1e-9)


def test_a_title_that_takes_a_larger_part_at_each_employer_has_that_change():
    # From a tenth to a fifth of the postings, at employers that shrink and at employers that grow.
    postings = np.zeros((20, len(TITLES), 2), dtype=int)
    postings[:10, :2], postings[10:, :2] = [[10, 10], [90, 40]], [[10, 80], [90, 320]]
    found = rows(Evidence(counted(postings)), WITHIN)
    assert found[TITLES[0]]["change"] == pytest.approx(1.0)
    assert found[TITLES[1]]["change"] == pytest.approx(8 / 9 - 1)


def test_employers_of_one_window_only_and_postings_without_an_employer_say_nothing():
    postings, _ = bursting(1, 1.4)
    alone = np.zeros((3, len(TITLES), 2), dtype=int)
    alone[0, 2, 1], alone[1, 3, 0], alone[2, 4] = 5_000, 5_000, [100, 4_000]
    names = [*(f"e{number:04d}" for number in range(len(postings))), "late", "lost", "unknown"]
    before = rows(Evidence(counted(postings)), WITHIN)
    after = rows(Evidence(counted(np.concatenate([postings, alone]), names)), WITHIN)
    assert {title: row["change"] for title, row in after.items()} == {
        title: row["change"] for title, row in before.items()
    }


def test_what_bursts_hide_from_the_other_verdicts_is_found_within_employers():
    # In half of all windows an employer posts less than two thirds of what it usually does, or half as much again.
    postings, _ = bursting(2, 1.25, burst=1.0)
    evidence = Evidence(counted(postings))
    raw, within = rows(evidence, RAW), rows(evidence, WITHIN)
    assert raw[TITLES[0]]["verdict"] == "not_distinguishable"
    assert within[TITLES[0]]["verdict"] == "above"
    assert {within[title]["verdict"] for title in TITLES[1:]} == {"not_distinguishable"}


def test_intervals_hold_the_change_of_the_part_in_nineteen_of_twenty_markets():
    held = []
    for seed in range(40):
        postings, _ = bursting(100 + seed, 1.3, employers=150)
        # Of five titles' worth at an employer that hires for the first, it has a part of 1.3 in 4.3 after 1 in 4.
        part = 1.3 / 4.3 * 4 - 1
        row = rows(Evidence(counted(postings)), WITHIN)[TITLES[0]]
        held.append(row["change_low"] <= part <= row["change_high"])
    assert 0.85 <= np.mean(held) <= 1.0


def test_the_classifiers_errors_are_allowed_for():
    postings, rng = bursting(3, 2.0, employers=600)
    seen, audit = postings.copy(), []
    # A fifth of every title's postings are taken for the next one.
    for e, t, side in np.argwhere(postings):
        moved = rng.binomial(postings[e, t, side], 0.2)
        seen[e, t, side] -= moved
        seen[e, (t + 1) % len(TITLES), side] += moved
        for found, number in ((t, postings[e, t, side] - moved), ((t + 1) % len(TITLES), moved)):
            if checked := rng.binomial(number, 0.3):
                window = "current" if side else "base"
                audit.append((f"e{e:04d}", window, TITLES[t], TITLES[found], int(checked)))
    table = pa.table(dict(zip(AUDIT_ROWS.names, map(list, zip(*audit, strict=True)), strict=True)))
    known, uncorrected = (
        rows(Evidence(counted(counts)), WITHIN)[TITLES[0]]["change"] for counts in (postings, seen)
    )
    evidence = Evidence(counted(seen), None, table, dict.fromkeys(TITLES, "family"))
    corrected = rows(evidence, WITHIN)[TITLES[0]]
    assert abs(corrected["change"] - known) < 0.5 * abs(uncorrected - known)
    assert corrected["notes"] == ""
    assert math.isfinite(rows(evidence, CORRECTED)[TITLES[0]]["change"])


def test_of_the_market_and_of_the_crawled_postings_nothing_is_said_and_without_an_audit_it_says_so():
    postings, _ = bursting(4, 1.0, employers=60)
    table = estimate_changes(Evidence(counted(postings)), PAIR, 100, 0)
    found = [row for row in table.to_pylist() if row["method"] == WITHIN]
    assert {row["level"] for row in found} == {"title"}
    assert {row["estimand"] for row in found} == {EMPLOYERS}
    assert {row["notes"] for row in found} == {"as_classified"}


def test_windows_without_a_posting_give_no_row_and_no_error():
    empty = pa.table({name: pa.array([], EMPLOYER_COUNTS.field(name).type) for name in EMPLOYER_COUNTS.names})
    assert WITHIN not in estimate_changes(Evidence(empty), PAIR, 100, 0)["method"].to_pylist()
    (row,) = (
        row
        for row in estimate_changes(Evidence(empty, title_ids=TITLES[:1]), PAIR, 100, 0).to_pylist()
        if row["method"] == WITHIN
    )
    assert row["withheld"] == "no_base"
