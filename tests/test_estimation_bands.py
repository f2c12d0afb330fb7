"""Corrections that know how sure the classifier was: what that gains, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.estimation.changes import Evidence, estimate_changes
from ml.estimation.confusion import arrange, mixture, usual_belief
from ml.estimation.rightness import TITLE_VARIANCE, usual_rightness
from ml.estimation.tables import AUDIT_ROWS, BANDED_AUDIT, BANDED_COUNTS, EMPLOYER_COUNTS

PAIR = "2025-01..2025-10 / 2024-01..2024-10"
TITLES = [f"title-{number:02d}" for number in range(12)]
FAMILIES = {title: f"family-{number // 4}" for number, title in enumerate(TITLES)}
# Of a title's postings: the share that falls into each band, and what share of these is right.
BANDS = ((0.1, 0.3), (0.2, 0.55), (0.2, 0.85), (0.5, 0.99))


def market(seed: int, employers: int = 300, each: float = 4.0) -> tuple[Evidence, np.ndarray]:
    """A market of twelve titles; band 0 is unassigned. Wrong ones are of the next title of the family."""
    rng = np.random.default_rng(seed)
    growth = 0.9 * np.exp(rng.normal(0, 0.25, len(TITLES)))
    size = rng.lognormal(-0.3, 0.8, employers)
    outcomes = [share * part for share, right in BANDS for part in (right, 1.0 - right)]
    counts, audit, true = [], [], np.zeros((len(TITLES), 2), dtype=np.int64)
    for side, window in enumerate(("base", "current")):
        postings = rng.poisson(size[:, None] * each / 2 * (growth if side else np.ones(len(TITLES))))
        true[:, side] = postings.sum(axis=0)
        for title in range(len(TITLES)):
            following = title + 1 if title % 4 < 3 else title - 3
            split = rng.multinomial(postings[:, title], outcomes)
            checked = rng.binomial(split, 0.1)
            for outcome in range(len(outcomes)):
                best, band = TITLES[following if outcome % 2 else title], outcome // 2
                shown = best if band else "unassigned"
                for employer in np.flatnonzero(split[:, outcome]):
                    name = f"e{employer:04d}"
                    counts.append((name, shown, window, int(split[employer, outcome]), best, band))
                    if checked[employer, outcome]:
                        n = int(checked[employer, outcome])
                        audit.append((name, window, TITLES[title], shown, n, best, band))
    tables = [
        pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=schema.names).cast(schema)
        for rows, schema in ((counts, BANDED_COUNTS), (audit, BANDED_AUDIT))
    ]
    return Evidence(tables[0], audit=tables[1], families=FAMILIES), true


def without_bands(evidence: Evidence) -> Evidence:
    assert evidence.audit is not None
    return Evidence(
        evidence.everyone.select(EMPLOYER_COUNTS.names),
        audit=evidence.audit.select(AUDIT_ROWS.names),
        families=FAMILIES,
    )


def titles_of(table: pa.Table, method: str, estimand: str) -> pa.Table:
    chosen = pc.and_(pc.equal(table["method"], method), pc.equal(table["estimand"], estimand))
    return table.filter(pc.and_(chosen, pc.equal(table["level"], "title")))


def test_corrections_that_know_how_sure_the_classifier_was_err_less_than_those_that_do_not():
    errors = {"with": [], "without": []}
    for seed in range(12):
        evidence, true = market(seed)
        truth = true[:, 1] / true[:, 0] - 1
        for name, known in (("with", evidence), ("without", without_bands(evidence))):
            rows = titles_of(estimate_changes(known, PAIR, 100, 0), "corrected", "crawled")
            errors[name].append(np.abs(rows["change"].to_numpy() - truth).mean())
    assert np.mean(errors["with"]) < 0.85 * np.mean(errors["without"])


def test_raw_counts_are_the_same_whether_the_bands_are_known_or_not():
    evidence, _ = market(1)
    tables = [estimate_changes(known, PAIR, 100, 0) for known in (evidence, without_bands(evidence))]
    for estimand in ("crawled", "employers"):
        one, other = (titles_of(table, "raw", estimand) for table in tables)
        assert one.equals(other)


def test_intervals_for_the_crawled_postings_hold_their_true_titles():
    held = []
    for seed in range(20, 45):
        evidence, true = market(seed, employers=150)
        rows = titles_of(estimate_changes(evidence, PAIR, 100, seed), "corrected", "crawled")
        truth = true[:, 1] / true[:, 0] - 1
        low, high = rows["change_low"].to_numpy(), rows["change_high"].to_numpy()
        held += list((low <= truth) & (truth <= high))
    assert len(held) == 300
    assert 0.91 <= np.mean(held) <= 0.99


def test_the_pooled_mixture_gives_back_the_counts_by_class_that_it_was_made_from():
    evidence, _ = market(2, employers=60)
    assert evidence.audit is not None
    employers = sorted(set(evidence.audit["employer_id"].to_pylist()))
    confusion = arrange(evidence.audit, TITLES, employers, FAMILIES)
    assert confusion.bands == len(BANDS)
    pooled = np.random.default_rng(0).uniform(50, 500, (confusion.classes, 3))
    rows = np.repeat(confusion.counted[:, None], 3, axis=1)
    model = mixture(confusion, rows, pooled, usual_belief(confusion))
    np.testing.assert_allclose(model.predictions_of(np.ones((len(TITLES), 3))), pooled)
    np.testing.assert_allclose(model.totals.sum(axis=0), pooled.sum(axis=0))


def test_a_title_with_many_audit_rows_has_its_own_share_and_one_without_any_what_is_usual():
    seen = np.array([[[4000.0], [4000.0]], [[0.0], [0.0]], [[4000.0], [4000.0]]])
    right = seen * np.array([[[0.3], [0.9]], [[0.0], [0.0]], [[0.6], [0.97]]])
    usual = usual_rightness(right[..., 0], seen[..., 0], np.zeros(3, dtype=np.int64))
    shares = usual.shares(right, seen, np.zeros((3, 1)))[..., 0]
    # The shift of a title is one for all bands; with rows enough its mean share is the observed one.
    assert shares[0].mean() == pytest.approx(0.6, abs=0.005)
    assert shares[2].mean() == pytest.approx(0.785, abs=0.005)
    np.testing.assert_allclose(shares[1], 1 / (1 + np.exp(-usual.logit[1])))
    assert shares[0, 0] < shares[1, 0] < shares[2, 0]


def test_where_no_row_was_seen_a_drawn_belief_moves_the_share_by_as_much_as_titles_differ():
    nothing = np.zeros((1, 2, 5))
    usual = usual_rightness(nothing[..., 0], nothing[..., 0], np.zeros(1, dtype=np.int64))
    centre = np.sqrt(TITLE_VARIANCE) * np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]])
    shares = usual.shares(nothing, nothing, centre)
    logits = np.log(shares / (1 - shares))
    np.testing.assert_allclose(logits[0, 0] - usual.logit[0, 0], centre[0], atol=1e-6)
