"""The exam of the estimates at the level of counts: its markets, and the page that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.estimates_exam import (
    SETTINGS,
    Setting,
    hold,
    mean_and_error,
    misses,
    page,
    ratio_and_error,
    read,
    replicate,
)
from bench.estimates_judging import slope, verdict_counts
from bench.estimates_market import Model, Size, audit, draw, evidence, read_model
from bench.estimates_runs import Known, judge
from ml.estimation.changes import estimate_changes

SMALL = Size(60_000, 800, 30)


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model()


def test_the_measured_confusion_holds_650_titles_and_its_nulls_move_exactly_with_the_market(model):
    assert len(model.title_ids) == 650
    assert model.is_null.sum() > 200
    np.testing.assert_allclose(model.growth[model.is_null], model.market)
    np.testing.assert_allclose(model.odds.sum(axis=1), 1)


def test_a_drawn_market_has_the_planted_growth_and_the_measured_accuracy(model):
    market = draw(model, Size(2_000_000, 4_000, 40), np.random.default_rng(0))
    true = market.true(market.counts)
    assert true.sum() == pytest.approx(2_000_000, rel=0.03)
    ratio = true[:, 1] / true[:, 0]
    # Employers hire in bursts, so a title's own change scatters around the planted one.
    assert np.corrcoef(np.log(ratio), np.log(model.growth))[0, 1] > 0.5
    right = market.counts[market.title == market.prediction].sum() / market.counts.sum()
    assert right == pytest.approx(0.77, abs=0.02)


def test_errors_that_are_alike_are_drawn_alike(model):
    def spread(alike: float) -> float:
        market = draw(model, SMALL, np.random.default_rng(1), alike)
        pair = market.employer * 650 + market.title
        right = market.counts.sum(axis=1) * (market.title == market.prediction)
        hits, postings = np.bincount(pair, right), np.bincount(pair, market.counts.sum(axis=1))
        many = postings >= 20
        return float(np.std(hits[many] / postings[many]))

    assert spread(0.3) > 1.5 * spread(0.0)


def test_a_drifting_crawl_reads_more_boards_later_and_the_panel_only_those_of_both_windows(model):
    market = draw(model, SMALL, np.random.default_rng(2), drifts=True)
    before, after = market.reached.mean(axis=0)
    assert before < after
    assert (market.crawled <= market.counts).all()


def test_an_audit_is_a_sample_without_replacement_of_the_postings(model):
    market = draw(model, SMALL, np.random.default_rng(3))
    found = audit(market, market.counts, 5_000, np.random.default_rng(4))
    assert found.sum() == 5_000
    assert (found <= market.counts).all()
    everything = audit(market, market.counts, 10**9, np.random.default_rng(4))
    assert (everything == market.counts).all()


def test_one_replicate_judges_intervals_verdicts_and_methods(model):
    setting = Setting("small", "60,000 postings", SMALL, compares=1)
    found = replicate(model, setting, 0)
    assert found == replicate(model, setting, 0)
    held, shown = found["bands"]["all"]["crawled"]
    assert 0 < held <= shown == found["bands"]["200"]["crawled"][1] + found["bands"]["500"]["crawled"][1]
    assert found["verdicts"]["employers"]["nulls"] > 100
    within_held, within_shown = found["within"]
    assert 0.8 * within_shown < within_held <= within_shown == shown
    assert found["verdicts"]["within"]["nulls"] > 100
    assert found["verdicts"]["known"]["far"] == found["verdicts"]["employers"]["far"]
    # The plain difference estimator is the worst of all, whatever the draw.
    assert found["methods"]["plain difference"][0] > 1.5 * found["error_corrected"]


def test_replicates_that_were_kept_are_not_held_again_and_the_page_is_made_of_them(
    tmp_path: Path, monkeypatch
):
    setting = Setting("100k", "60,000 postings", SMALL, compares=2)
    monkeypatch.setattr("bench.estimates_exam.SETTINGS", (setting,))
    hold((setting,), 2, tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    hold((setting,), 2, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")} == kept
    text = page(read(tmp_path))
    assert "Replicates: 2 at 60,000 postings" in text
    assert "pooled, smoothed, tilted" in text
    assert "nan" not in text


def test_the_true_change_of_a_titles_part_is_what_many_draws_of_the_titles_have(model):
    """Employers keep how many they post in either window; only which titles these are is drawn again."""
    market = draw(model, Size(200_000, 300, 10), np.random.default_rng(6))
    employers = len(market.reached)
    totals = [np.bincount(market.employer, market.counts[:, side], employers) for side in (0, 1)]
    weight = totals[0] * totals[1] / np.maximum(totals[0] + totals[1], 1)
    employer, title, mean = market.hires
    sums = np.zeros((2, len(model.title_ids)))
    random = np.random.default_rng(7)
    for side, expected in ((0, mean), (1, mean * model.growth[title])):
        for one in range(employers):
            own = employer == one
            if not own.any() or not totals[side][one]:
                continue
            drawn = random.multinomial(int(totals[side][one]) * 200, expected[own] / expected[own].sum())
            np.add.at(sums[side], title[own], drawn * weight[one] / totals[side][one])
    large = sums[0] > np.quantile(sums[0], 0.9)
    assert np.allclose(sums[1][large] / sums[0][large], market.within(market.counts)[large], rtol=0.03)


def test_the_settings_are_those_that_are_asked_for():
    assert [setting.size.postings for setting in SETTINGS[:3]] == [100_000, 1_000_000, 10_000_000]


def test_monte_carlo_errors_are_those_of_means_and_of_ratios():
    assert mean_and_error([1.0, 2.0, 3.0]) == (2.0, pytest.approx(1 / np.sqrt(3)))
    assert ratio_and_error([1, 3], [2, 4])[0] == pytest.approx(4 / 6)
    assert np.isnan(ratio_and_error([0], [0])[0])


def test_a_slope_below_one_is_what_leakage_does_to_changes():
    true = np.array([-0.5, -0.2, 0.0, 0.5])
    assert slope(true, true, np.ones(4)) == pytest.approx(1)
    assert slope(true, np.expm1(0.8 * np.log1p(true)), np.ones(4)) == pytest.approx(0.8)
    # A title without weight does not count, whatever is published of it.
    assert slope(np.append(true, 9.0), np.append(true, -0.9), np.array([1, 1, 1, 1, 0.0])) == pytest.approx(1)


def test_verdicts_are_counted_as_right_wrong_opposite_and_missed():
    verdict = np.array(["above", "below", "above", "not_distinguishable", "too_few", "above"])
    distance = np.array([0.2, 0.2, 0.0, -0.2, 0.3, np.nan])
    assert verdict_counts(verdict, distance, np.full(6, 1000.0)) == {
        "called": 3,
        "wrong": 2,
        "opposite": 1,
        "nulls": 1,
        "nulls_called": 1,
        "far": 3,
        "far_found": 1,
    }


def test_a_figure_outside_what_is_good_stands_out():
    assert [misses("93 to 97", cell) for cell in ("92.9 ± 0.1", "93.0 ± 0.1", "97.1 ± 0.1", "–")] == [
        True,
        False,
        True,
        False,
    ]
    assert misses("at most 0.8", "0.916 ± 0.005")
    assert misses("at least 80", "44.8 ± 1.0")
    assert not misses("at least 80", "97.6 ± 0.3 of 500")
    assert not misses("", "12")


def test_a_whole_run_is_judged_by_the_titles_that_are_true(model):
    market = draw(model, SMALL, np.random.default_rng(5))
    audited = audit(market, market.counts, 5_000, np.random.default_rng(6))
    estimates = estimate_changes(evidence(market, market.counts, audited), "pair", 100, 0)
    counts = {
        title: (int(base), int(current))
        for title, (base, current) in zip(model.title_ids, market.true(market.counts), strict=True)
    }
    planted = dict(zip(model.title_ids, model.growth - 1, strict=True))
    nulls = frozenset(np.array(model.title_ids)[model.is_null].tolist())
    found = judge(estimates, "pair", Known(counts, planted, model.market - 1, nulls), 200)
    assert json.loads(json.dumps(found)) == found
    assert found["judged"] == found["titles"] > 3
    held, shown = found["held_crawled"]
    assert 0.5 * shown < held <= shown == found["titles"]
    assert found["employers"]["nulls"] > 100
    assert found["held_panel_planted"] == [0, 0]
    with pytest.raises(ValueError, match="nothing can be judged"):
        judge(estimates, "pair", Known(counts, {}, None, frozenset()), 10**9)
