"""Corrected and panel changes, verdicts and drift: what they recover from a market whose truth is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.estimation.changes import Evidence, estimate_changes
from ml.estimation.confusion import arrange, mixture, usual_belief
from ml.estimation.drift import confusion_drift
from ml.estimation.misreading import employers_alike
from ml.estimation.shifting import audited_differences, shift_variance
from ml.estimation.tables import AUDIT_ROWS, EMPLOYER_COUNTS
from ml.estimation.verdicts import p_values, q_values, words
from ml.schema import ESTIMATES

PAIR = "2025-01..2025-10 / 2024-01..2024-10"
TITLES = [f"title-{number:02d}" for number in range(12)]
FAMILIES = {title: f"family-{number // 4}" for number, title in enumerate(TITLES)}
BANDS = {title: "senior" if number % 2 else "junior" for number, title in enumerate(TITLES)}


def market(
    growth: dict[int, float],
    *,
    seed: int,
    employers: int = 400,
    each: float = 8.0,
    audited: float = 0.1,
    right: np.ndarray | None = None,
) -> tuple[Evidence, np.ndarray]:
    """A market where 75 % of predictions are right, 15 % fall on the next title of the family, 10 % on none.

    right: another share of right predictions for each title in the current window, (titles,). Returns what is known of
    it, and the true counts, titles x windows.
    """
    rng = np.random.default_rng(seed)
    titles = len(TITLES)
    ratio = np.array([0.9 * growth.get(number, 1.0) for number in range(titles)])
    size = rng.lognormal(-0.3, 0.8, employers)
    following = [number + 1 if number % 4 < 3 else number - 3 for number in range(titles)]
    counts, audit, true = [], [], np.zeros((titles, 2), dtype=np.int64)
    for side, window in enumerate(("base", "current")):
        mean = size[:, None] * each * (ratio if side else np.ones(titles)) / 2
        postings = rng.poisson(mean)
        true[:, side] = postings.sum(axis=0)
        for title in range(titles):
            hit = right[title] if right is not None and side else 0.75
            split = rng.multinomial(postings[:, title], [hit, 0.6 * (1 - hit), 0.4 * (1 - hit)])
            for predicted, number in zip(
                (TITLES[title], TITLES[following[title]], "unassigned"), split.T, strict=True
            ):
                checked = rng.binomial(number, audited)
                for employer in np.flatnonzero(number):
                    counts.append((f"e{employer:04d}", predicted, window, int(number[employer])))
                for employer in np.flatnonzero(checked):
                    audit.append(
                        (f"e{employer:04d}", window, TITLES[title], predicted, int(checked[employer]))
                    )
    evidence = Evidence(
        pa.table(list(map(list, zip(*counts, strict=True))), EMPLOYER_COUNTS.names).cast(EMPLOYER_COUNTS),
        audit=pa.table(list(map(list, zip(*audit, strict=True))), AUDIT_ROWS.names).cast(AUDIT_ROWS),
        families=FAMILIES,
        bands=BANDS,
    )
    return evidence, true


def rows_of(table: pa.Table, **wanted: str) -> dict[str, dict[str, object]]:
    return {
        row["group_id"]: row
        for row in table.to_pylist()
        if all(row[name] == value for name, value in wanted.items())
    }


@pytest.fixture(scope="module")
def falling() -> tuple[pa.Table, np.ndarray]:
    """One title that falls by half, beside eleven that move with the market."""
    evidence, true = market({0: 0.5}, seed=1)
    return estimate_changes(evidence, PAIR, 200, 0), true


def test_every_group_has_a_row_for_each_method_and_estimand(falling):
    table, _ = falling
    assert table.schema.equals(ESTIMATES)
    levels = {level: len(rows_of(table, level=level)) for level in ("market", "seniority", "family", "title")}
    assert levels == {"market": 1, "seniority": 2, "family": 3, "title": 12}
    # Two methods with two estimands; and within employers, without the market.
    assert table.num_rows == 18 * 2 * 2 + 17


def test_the_corrected_change_undoes_the_pull_towards_the_market_that_the_raw_one_has(falling):
    table, true = falling
    truth = true[:, 1] / true[:, 0] - 1
    raw = rows_of(table, level="title", method="raw", estimand="employers")
    corrected = rows_of(table, level="title", method="corrected", estimand="crawled")
    # A neighbour's postings, which fell by 10 %, make the fall of 55 % look smaller; and drag the next title down.
    assert raw[TITLES[0]]["change"] > truth[0] + 0.04
    assert corrected[TITLES[0]]["change"] == pytest.approx(truth[0], abs=0.02)
    assert raw[TITLES[1]]["change"] < truth[1] - 0.03
    assert corrected[TITLES[1]]["change"] == pytest.approx(truth[1], abs=0.03)


def test_corrected_counts_add_up_to_the_market_and_are_those_of_the_true_titles(falling):
    table, true = falling
    corrected = rows_of(table, level="title", method="corrected", estimand="employers")
    (everyone,) = rows_of(table, level="market", method="corrected", estimand="employers").values()
    assert sum(row["base_postings"] for row in corrected.values()) == pytest.approx(everyone["base_postings"])
    for number, title in enumerate(TITLES):
        assert corrected[title]["base_postings"] == pytest.approx(true[number, 0], rel=0.12)


def test_families_and_bands_are_the_sums_of_their_titles(falling):
    table, _ = falling
    titles = rows_of(table, level="title", method="corrected", estimand="employers")
    for level, of in (("family", FAMILIES), ("seniority", BANDS)):
        for group, row in rows_of(table, level=level, method="corrected", estimand="employers").items():
            inside = [titles[title]["current_postings"] for title in TITLES if of[title] == group]
            assert row["current_postings"] == pytest.approx(sum(inside), abs=1e-4)


def test_among_crawled_postings_the_market_is_exact_and_a_raw_title_has_no_interval(falling):
    table, _ = falling
    (exact,) = rows_of(table, level="market", method="corrected", estimand="crawled").values()
    assert exact["change_low"] == exact["change"] == exact["change_high"]
    assert exact["notes"] == "exact"
    raw = rows_of(table, level="title", method="raw", estimand="crawled").values()
    assert {row["withheld"] for row in raw} == {"not_corrected"}


def test_for_crawled_postings_the_interval_is_narrower_than_for_the_employers_behind_them(falling):
    table, _ = falling
    crawled, employers = (
        rows_of(table, level="title", method="corrected", estimand=estimand)
        for estimand in ("crawled", "employers")
    )
    assert all(crawled[title]["log_ratio_se"] < employers[title]["log_ratio_se"] for title in TITLES)


def test_the_title_that_falls_is_called_below_the_market_and_no_other_is(falling):
    table, _ = falling
    verdicts = {
        title: row["verdict"]
        for title, row in rows_of(table, level="title", method="corrected", estimand="employers").items()
    }
    assert verdicts.pop(TITLES[0]) == "below"
    # The others grow by a few points more than a market that the one title pulls down.
    assert set(verdicts.values()) <= {"not_distinguishable", "above"}


def test_titles_that_move_with_the_market_are_rarely_called_different():
    verdicts = [
        row["verdict"]
        for seed in range(10)
        for row in rows_of(
            estimate_changes(market({}, seed=200 + seed, employers=150)[0], PAIR, 100, seed),
            level="title",
            method="corrected",
            estimand="employers",
        ).values()
    ]
    assert len(verdicts) == 120
    assert sum(verdict != "not_distinguishable" for verdict in verdicts) <= 6


def test_intervals_cover_the_true_titles_of_the_crawled_postings_about_95_percent_of_the_time():
    held = []
    for seed in range(25):
        evidence, true = market({0: 0.6, 5: 1.4}, seed=seed, employers=150, each=6.0)
        table = estimate_changes(evidence, PAIR, 100, seed)
        truth = dict(zip(TITLES, true[:, 1] / true[:, 0] - 1, strict=True))
        for title, row in rows_of(table, level="title", method="corrected", estimand="crawled").items():
            held.append(row["change_low"] <= truth[title] <= row["change_high"])
    assert len(held) == 300
    assert 0.91 <= np.mean(held) <= 0.99


def test_without_an_audit_nothing_is_corrected():
    evidence, _ = market({}, seed=2, employers=40)
    table = estimate_changes(Evidence(evidence.everyone), PAIR, 100, 0)
    assert set(table["method"].to_pylist()) == {"raw", "within"}
    assert set(
        rows_of(table, level="title", method="within", estimand="employers")[TITLES[0]]["notes"].split(",")
    ) == {"as_classified"}


def test_a_panel_is_corrected_too_and_leaves_out_who_was_not_polled():
    evidence, _ = market({}, seed=3, employers=120)
    half = evidence.everyone.filter(pa.compute.less(evidence.everyone["employer_id"], "e0060"))
    with_panel = Evidence(evidence.everyone, half, evidence.audit, FAMILIES, BANDS)
    table = estimate_changes(with_panel, PAIR, 100, 0)
    (panel,) = rows_of(table, level="market", method="panel", estimand="employers").values()
    assert panel["base_postings"] == sum(
        row["postings"] for row in half.to_pylist() if row["window"] == "base"
    )
    titles = rows_of(table, level="title", method="panel", estimand="employers").values()
    assert sum(row["base_postings"] for row in titles) == pytest.approx(panel["base_postings"], abs=1e-3)
    as_classified = estimate_changes(Evidence(evidence.everyone, half), PAIR, 100, 0)
    notes = rows_of(as_classified, level="title", method="panel", estimand="employers")
    assert {row["notes"] for row in notes.values()} == {"as_classified"}


def test_equal_input_and_seed_give_equal_tables_whatever_the_order_of_rows():
    evidence, _ = market({1: 0.7}, seed=4, employers=60)
    shuffled = Evidence(
        *(
            table.take(np.random.default_rng(1).permutation(table.num_rows)) if table is not None else None
            for table in (evidence.everyone, None, evidence.audit)
        ),
        FAMILIES,
        BANDS,
    )
    assert estimate_changes(evidence, PAIR, 100, 7).equals(estimate_changes(shuffled, PAIR, 100, 7))
    assert not estimate_changes(evidence, PAIR, 100, 8).equals(estimate_changes(evidence, PAIR, 100, 7))


def test_a_title_that_no_label_has_says_so_and_still_gets_counts():
    evidence, _ = market({}, seed=5, employers=60)
    assert evidence.audit is not None
    blind = evidence.audit.filter(pa.compute.not_equal(evidence.audit["title_id"], TITLES[3]))
    table = estimate_changes(Evidence(evidence.everyone, None, blind, FAMILIES, BANDS), PAIR, 100, 0)
    row = rows_of(table, level="title", method="corrected", estimand="employers")[TITLES[3]]
    assert row["notes"] == "no_labels"
    assert row["base_postings"] > 0


def test_a_title_that_the_classifier_mostly_misses_gets_no_corrected_change_and_the_reason():
    evidence, _ = market({}, seed=5, employers=200)
    assert evidence.audit is not None
    # Nine in ten of its predictions are its neighbour's in truth: of its own postings hardly any is found.
    lost = [
        {**row, "predicted": "unassigned"}
        if row["title_id"] == row["predicted"] == TITLES[3] and number % 10
        else row
        for number, row in enumerate(evidence.audit.to_pylist())
    ]
    counts = [
        {**row, "title_id": "unassigned"} if row["title_id"] == TITLES[3] and number % 10 else row
        for number, row in enumerate(evidence.everyone.to_pylist())
    ]
    blind = Evidence(
        pa.Table.from_pylist(counts, EMPLOYER_COUNTS),
        None,
        pa.Table.from_pylist(lost, AUDIT_ROWS),
        FAMILIES,
        BANDS,
    )
    table = estimate_changes(blind, PAIR, 100, 0)
    for estimand in ("crawled", "employers"):
        rows = rows_of(table, level="title", method="corrected", estimand=estimand)
        assert rows[TITLES[3]]["withheld"] == "mostly_missed"
        assert rows[TITLES[3]]["change"] is rows[TITLES[3]]["change_low"] is None
        assert rows[TITLES[3]]["verdict"] == "too_few"
        assert rows[TITLES[4]]["withheld"] is None
    raw = rows_of(table, level="title", method="raw", estimand="employers")[TITLES[3]]
    assert raw["change"] is not None


def test_a_perfect_classifier_leaves_the_counts_nearly_as_they_are():
    counts = [
        (f"e{e:03d}", title, w, 5) for e in range(80) for title in TITLES[:4] for w in ("base", "current")
    ]
    audit = [(f"e{e:03d}", "base", title, title, 4) for e in range(80) for title in TITLES[:4]]
    evidence = Evidence(
        pa.table(list(map(list, zip(*counts, strict=True))), EMPLOYER_COUNTS.names).cast(EMPLOYER_COUNTS),
        audit=pa.table(list(map(list, zip(*audit, strict=True))), AUDIT_ROWS.names).cast(AUDIT_ROWS),
        families=FAMILIES,
    )
    rows = rows_of(
        estimate_changes(evidence, PAIR, 100, 0), level="title", method="corrected", estimand="crawled"
    )
    for row in rows.values():
        assert row["base_postings"] == pytest.approx(400, rel=0.02)
        assert row["change"] == pytest.approx(0, abs=1e-6)


def test_the_pooled_mixture_gives_back_the_predicted_counts_it_was_made_from():
    evidence, _ = market({2: 1.5}, seed=6, employers=50)
    assert evidence.audit is not None
    employers = sorted(set(evidence.audit["employer_id"].to_pylist()))
    confusion = arrange(evidence.audit, TITLES, employers, FAMILIES)
    pooled = np.random.default_rng(0).uniform(50, 500, (len(TITLES) + 1, 3))
    model = mixture(
        confusion, np.repeat(confusion.counted[:, None], 3, axis=1), pooled, usual_belief(confusion)
    )
    np.testing.assert_allclose(model.predictions_of(np.ones((len(TITLES), 3))), pooled)
    np.testing.assert_allclose(model.totals.sum(axis=0), pooled.sum(axis=0))


def test_errors_of_one_employer_that_go_together_are_seen():
    rng = np.random.default_rng(0)
    rows = []
    for employer in range(300):
        together = rng.random() < 0.8
        rows += [(f"e{employer}", "base", "title-00", "title-00" if together else "title-01", 3)]
    audit = pa.table(list(map(list, zip(*rows, strict=True))), AUDIT_ROWS.names).cast(AUDIT_ROWS)
    employers = sorted(set(audit["employer_id"].to_pylist()))
    confusion = arrange(audit, TITLES, employers, FAMILIES)
    pooled = np.full((len(TITLES) + 1, 1), 100.0)
    model = mixture(confusion, confusion.counted[:, None], pooled, usual_belief(confusion))
    assert employers_alike(confusion, model, employers) > 0.8
    spread, _ = market({}, seed=7, employers=200)
    assert spread.audit is not None
    employers = sorted(set(spread.audit["employer_id"].to_pylist()))
    confusion = arrange(spread.audit, TITLES, employers, FAMILIES)
    model = mixture(confusion, confusion.counted[:, None], pooled, usual_belief(confusion))
    assert employers_alike(confusion, model, employers) < 0.1


def test_a_classifier_that_got_worse_between_the_windows_is_found_and_an_unchanged_one_is_not():
    evidence, _ = market({0: 0.6}, seed=8)
    (steady,) = rows_of(confusion_drift(evidence, PAIR), level="market").values()
    assert steady["p_value"] > 0.05
    assert evidence.audit is not None
    rng = np.random.default_rng(0)
    worse = [
        {**row, "predicted": "unassigned"} if row["window"] == "current" and rng.random() < 0.15 else row
        for row in evidence.audit.to_pylist()
    ]
    drifted = Evidence(evidence.everyone, audit=pa.Table.from_pylist(worse, AUDIT_ROWS), families=FAMILIES)
    table = confusion_drift(drifted, PAIR)
    (found,) = rows_of(table, level="market").values()
    assert found["p_value"] < 0.001
    assert found["difference"] == pytest.approx(-0.11, abs=0.04)
    assert len(rows_of(table, level="family")) == 3


def test_false_alarms_of_the_drift_test_come_as_often_as_they_should():
    alarms = [
        row["p_value"] < 0.05
        for seed in range(60)
        for row in rows_of(
            confusion_drift(market({0: 0.6}, seed=100 + seed, employers=40)[0], PAIR), level="market"
        ).values()
    ]
    assert sum(alarms) <= 8


def test_intervals_hold_the_true_titles_although_the_errors_of_each_title_shift_between_the_windows():
    held, width = [], []
    for seed in range(6):
        right = np.random.default_rng(seed).uniform(0.55, 0.95, len(TITLES))
        evidence, true = market({0: 0.6}, seed=300 + seed, right=right)
        rows = rows_of(
            estimate_changes(evidence, PAIR, 100, seed), level="title", method="corrected", estimand="crawled"
        )
        for number, title in enumerate(TITLES):
            change = true[number, 1] / true[number, 0] - 1
            held.append(rows[title]["change_low"] <= change <= rows[title]["change_high"])
            width.append(rows[title]["log_ratio_se"])
    assert np.mean(held) >= 0.9
    # The spread of log(right / 0.75): what intervals from the replicates alone do not know of.
    assert 0.1 < np.mean(width) < 0.35


def test_where_the_errors_do_not_shift_next_to_nothing_is_added():
    found = []
    for seed in range(10):
        evidence, _ = market({0: 0.6}, seed=400 + seed)
        corrected = rows_of(
            estimate_changes(evidence, PAIR, 100, 0), level="title", method="corrected", estimand="crawled"
        )
        raw = rows_of(
            estimate_changes(evidence, PAIR, 100, 0), level="title", method="raw", estimand="employers"
        )
        moved = np.array([np.log1p(corrected[t]["change"]) - np.log1p(raw[t]["change"]) for t in TITLES])
        assert evidence.audit is not None
        found.append(shift_variance(*audited_differences(evidence.audit, tuple(TITLES)), moved))
    assert np.mean(np.sqrt(found)) < 0.03


def test_a_title_with_few_audit_rows_says_nothing_about_shifts():
    few = [
        {"employer_id": "e", "window": window, "title_id": "a", "predicted": "a", "postings": 4}
        for window in ("base", "current")
    ]
    difference, variance = audited_differences(pa.Table.from_pylist(few, AUDIT_ROWS), ("a", "b"))
    assert np.isnan(difference).all()
    assert np.isnan(variance).all()
    assert shift_variance(difference, variance, np.zeros(2)) == 0.0


def test_q_values_are_those_of_benjamini_and_hochberg():
    p = np.array([0.01, 0.04, 0.03, 0.5, 0.2])
    q = q_values(p, np.array([True, True, True, False, True]))
    np.testing.assert_allclose(q, [0.04, 4 * 0.04 / 3, 4 * 0.04 / 3, np.nan, 0.2])
    assert words(np.array([1.0, -1.0, -1.0, 1.0]), np.array([0.2, 0.01, np.nan, 0.05])) == [
        "not_distinguishable",
        "below",
        "too_few",
        "above",
    ]


def test_p_values_follow_student_where_employers_are_few():
    np.testing.assert_allclose(
        p_values(np.array([1.96, 1.96]), np.array([np.inf, 5.0])), [0.05, 0.107], atol=0.001
    )


def test_rows_without_the_columns_of_the_audit_are_refused():
    evidence, _ = market({}, seed=9, employers=10)
    assert evidence.audit is not None
    with pytest.raises(ValueError, match="missing: \\['predicted'\\]"):
        estimate_changes(
            Evidence(evidence.everyone, audit=evidence.audit.drop_columns(["predicted"])), PAIR, 100, 0
        )
