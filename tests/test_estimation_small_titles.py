"""What is believed of titles with few audited postings: from sizes, from what is missed, and of their growth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.estimation.changes import Evidence, estimate_changes
from ml.estimation.confusion import HELD, Confusion, Mixture, arrange, mixture, usual_belief
from ml.estimation.rightness import TITLE_VARIANCE, WIDEST, usual_rightness
from ml.estimation.tables import AUDIT_ROWS, EMPLOYER_COUNTS

TITLES = [f"title-{number:02d}" for number in range(6)]
ONE_FAMILY = dict.fromkeys(TITLES, "family")


def confusion_of(rows: dict[tuple[int, int], int], predictions: np.ndarray | None = None) -> Confusion:
    """Audit rows by (true, predicted) title, all of one employer."""
    table = confusion_rows(rows, "e")
    return arrange(table, TITLES, ["e"], ONE_FAMILY, predictions=predictions)


def confusion_rows(rows: dict[tuple[int, int], int], employer: str) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "employer_id": employer,
                "window": "base",
                "title_id": TITLES[true],
                "predicted": TITLES[found],
                "postings": n,
            }
            for (true, found), n in rows.items()
        ],
        AUDIT_ROWS,
    )


def model_of(confusion: Confusion, predictions: np.ndarray) -> Mixture:
    pooled = np.append(predictions, 0.0)[:, None]
    return mixture(confusion, confusion.counted[:, None], pooled, usual_belief(confusion))


def simulated(seed: int, rows: float = 3.0, size_matters: float = -1.0) -> tuple[np.ndarray, ...]:
    """Audit rows in two bands of titles whose share of right predictions falls with their size; and the true shares."""
    rng = np.random.default_rng(seed)
    predictions = np.exp(rng.normal(7, 1, 200))
    logit = (
        np.array([0.0, 3.0]) + (size_matters * (np.log(predictions) - 7) + rng.normal(0, 0.4, 200))[:, None]
    )
    share = 1 / (1 + np.exp(-logit))
    seen = rng.poisson(rows, (200, 2)).astype(float)
    return rng.binomial(seen.astype(int), share).astype(float), seen, predictions, share


def shares(right: np.ndarray, seen: np.ndarray, predictions: np.ndarray | None) -> np.ndarray:
    usual = usual_rightness(right, seen, np.zeros(len(seen), dtype=np.int64), predictions)
    return usual.shares(right[..., None], seen[..., None], np.zeros((len(seen), 1)))[..., 0]


def test_where_size_tells_how_often_a_title_is_right_few_rows_do_with_it_what_many_do_without():
    right, seen, predictions, truth = simulated(0)
    with_size, without = (shares(right, seen, known) for known in (predictions, None))
    assert np.abs(with_size - truth).mean() < 0.75 * np.abs(without - truth).mean()


def test_where_size_tells_nothing_it_is_not_believed():
    right, seen, predictions, truth = simulated(1, size_matters=0.0)
    with_size, without = (shares(right, seen, known) for known in (predictions, None))
    assert np.abs(with_size - truth).mean() < 1.05 * np.abs(without - truth).mean()


def test_how_much_titles_differ_is_learned_where_there_are_many_and_taken_as_given_where_none_was_seen():
    right, seen, predictions, _ = simulated(2, rows=50.0)
    family = np.zeros(len(seen), dtype=np.int64)
    # Drawn with a standard deviation of 0.4; ten titles with variance 1 are added.
    learned = usual_rightness(right, seen, family, predictions).variance
    assert np.exp(np.log(learned).mean()) == pytest.approx(0.2, abs=0.06)
    assert (usual_rightness(right, seen, family).variance == TITLE_VARIANCE).all()
    nothing = np.zeros((3, 2))
    unseen = usual_rightness(nothing, nothing, family[:3], predictions[:3]).variance
    assert np.exp(np.log(unseen).mean()) == pytest.approx(TITLE_VARIANCE)


def test_a_rare_title_is_believed_to_differ_more_from_what_is_usual_than_a_frequent_one():
    right, seen, predictions, _ = simulated(2)
    variance = usual_rightness(right, seen, np.zeros(200, dtype=np.int64), predictions).variance
    order = np.argsort(predictions)
    assert (np.diff(variance[order]) <= 0).all()
    assert variance[order[0]] > 5 * variance[order[-1]]
    # However rare: no title's belief is so weak that a single row outweighs it.
    rarest = usual_rightness(
        right, seen, np.zeros(200, dtype=np.int64), np.append(predictions[1:] * 1e9, 0.0)
    )
    assert rarest.variance.max() <= WIDEST**2 * rarest.variance.min()


def test_wrong_predictions_without_a_row_of_their_own_come_from_titles_of_which_much_is_missed():
    # Titles 0 and 1 are of one size; of title 1 two thirds are missed, of title 0 nothing. Title 5 has no row.
    rows = {(0, 0): 60, (1, 1): 20, (1, 2): 20, (1, 3): 20, (2, 2): 60, (3, 3): 60, (4, 4): 60}
    confusion = confusion_of(rows)
    cells = {
        (int(true), int(found)): weight
        for true, found, weight in zip(confusion.true, confusion.predicted, confusion.usual.cell, strict=True)
    }
    assert cells[1, 5] > 5 * cells[0, 5] > 0


def test_a_window_as_large_as_its_postings_comes_out_however_weak_the_titles():
    predictions = np.array([400.0, 300.0, 200.0, 9.0, 2.0, 0.0])
    rows = {(0, 0): 50, (1, 0): 9, (1, 1): 40, (2, 2): 30, (3, 2): 5, (3, 3): 2}
    model = model_of(confusion_of(rows, predictions), predictions)
    window = np.array([[100.0, 200.0, 90.0, 0.0, 2.0, 0.0, 0.0]]).T
    assert model.titles_of(window, held=HELD).sum() == pytest.approx(window.sum())


def test_a_title_with_a_handful_of_postings_is_held_near_the_market_and_a_large_one_is_not():
    predictions = np.array([4_000.0, 4_000.0, 4_000.0, 4_000.0, 8.0, 4_000.0])
    model = model_of(confusion_of({(n, n): 400 for n in range(6)}, predictions), predictions)
    base, current = predictions / 2, predictions / 2
    base[[0, 4]] *= 0.5
    current[[0, 4]] *= 1.5
    counts = [model.titles_of(np.append(window, 0.0)[:, None], held=HELD)[:, 0] for window in (base, current)]
    growth = np.log(counts[1] / counts[0])
    market = np.log(current.sum() / base.sum())
    assert growth[0] - market > 0.95 * (np.log(3) - market)
    assert 0 < growth[4] - market < 0.5 * (np.log(3) - market)


def test_a_title_of_which_most_is_missed_is_not_pulled_to_the_market_by_stopping_early():
    # Three quarters of title 1 are predicted as title 0, which grows with the market; title 1 doubles.
    rows = {(0, 0): 4_000, (1, 0): 750, (1, 1): 250, **{(n, n): 1_000 for n in range(2, 6)}}
    true = np.array([[40_000, 10_000, *[10_000] * 4], [40_000, 20_000, *[10_000] * 4]], dtype=float)
    windows = [np.array([t[0] + 0.75 * t[1], 0.25 * t[1], *t[2:]]) for t in true]
    model = model_of(confusion_of(rows, windows[0] + windows[1]), windows[0] + windows[1])
    counts = [model.titles_of(np.append(window, 0.0)[:, None], held=HELD)[:, 0] for window in windows]
    market = np.log(windows[1].sum() / windows[0].sum())
    assert np.log(counts[1][1] / counts[0][1]) - market > 0.9 * (np.log(2) - market)


def test_where_titles_go_their_own_ways_a_title_that_all_but_ends_is_not_held_up_by_the_market():
    # The market falls to a third; one title keeps 2 of its 230 postings, others keep nearly all.
    base = np.array([1_000.0, 230.0, 800.0, 300.0, 500.0, 400.0])
    current = np.array([100.0, 2.0, 700.0, 20.0, 40.0, 200.0])
    model = model_of(confusion_of({(n, n): 400 for n in range(6)}, base + current), base + current)
    near = model.nearness(np.append(current, 0.0)[:, None])
    assert near < 0.2
    window = np.append(current, 0.0)[:, None]
    found, held = (model.titles_of(window, held=HELD * one)[1, 0] for one in (near, 1.0))
    assert found < 5
    assert held > 10


def test_where_titles_keep_to_the_market_but_for_chance_the_belief_in_it_has_its_whole_weight():
    rng = np.random.default_rng(3)
    base, current = rng.poisson(200, 6).astype(float), rng.poisson(100, 6).astype(float)
    model = model_of(confusion_of({(n, n): 400 for n in range(6)}, base + current), base + current)
    assert model.nearness(np.append(current, 0.0)[:, None]) == 1.0


def test_the_estimates_of_a_market_whose_titles_spread_widely_follow_each_title():
    base, current = [50, 12, 40, 15, 25, 20], [5, 0, 35, 1, 2, 10]
    counts = pa.table(
        {
            "employer_id": ["e00", *(f"e{number:02d}" for number in range(20) for _ in range(12))],
            "title_id": [TITLES[1], *[*TITLES, *TITLES] * 20],
            "window": ["current", *[*["base"] * 6, *["current"] * 6] * 20],
            "postings": [2, *[*base, *current] * 20],
        },
        EMPLOYER_COUNTS,
    )
    audit = confusion_rows({(n, n): 400 for n in range(6)}, "e01")
    rows = estimate_changes(Evidence(counts, None, audit, ONE_FAMILY), "pair", 100, 0).to_pylist()
    (found,) = [
        row
        for row in rows
        if (row["group_id"], row["method"], row["estimand"]) == (TITLES[1], "corrected", "crawled")
    ]
    assert found["change"] == pytest.approx(2 / 240 - 1, abs=0.01)
