"""The exam: each measure on cases computed by hand, and a perfect pipeline that gets every mark."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from market import MarketSpec, generate_market
from market.exam import changes, classification, crowd, pay, records, shares
from market.exam.changes import Change
from market.exam.marts import EXAMINERS
from market.exam.postings import LABELLED, NEW, SEEN, UNNAMED, Counted, PostingFiles, count_postings
from market.exam.scorecard import (
    CRAWLED,
    NOT_EXAMINED,
    PLANTED,
    SCORECARD,
    ExamError,
    Score,
    refused,
    scorecard_table,
)
from market.exam.sitting import Crowd, Papers, sit
from market.exam.truth import TrueTitle, Worker, names_of_categories, read_truth
from market.exam.windows import windows_of
from market.markets import plan_market
from market.records import TRUTH
from market.spec import MARKETS
from orchestration.cli import app
from orchestration.definitions import build_defs
from postings.normalise.industries import industries, parse_industry
from report.scorecard import read_scorecard
from report.sections.exam import exam_section
from report.show import exam_tables

PAIR = "2025-01..2025-10 / 2024-01..2024-10"
WINDOW = windows_of(PAIR)


def value(scores: Iterable[Score], measure: str, subset: str = "", against: str = "") -> float | None:
    (found,) = [
        score
        for score in scores
        if (score.measure.name, score.subset, score.against) == (measure, subset, against)
    ]
    return found.value


def change(subject: str, published: float | None, planted: float | None, **more: Any) -> Change:
    return Change(
        subject, **{"base": 100, "current": 110, "published": published, "planted": planted, **more}
    )


# Windows


def test_a_planted_window_needs_a_base_of_the_same_months_a_year_before() -> None:
    assert WINDOW.planted == "2025-01..2025-10"
    assert WINDOW.base == ("2024-01", "2024-10")
    assert windows_of("2025-01..2025-04 / 2024-09..2024-12").planted == ""
    with pytest.raises(ExamError, match="no pair of windows"):
        windows_of("2025")


# Changes


def test_errors_and_bias_are_means_of_published_minus_true() -> None:
    scores = changes.errors(
        [change("a", 0.30, 0.20), change("b", -0.10, 0.10), change("c", None, 0.5)], "s", PAIR
    )
    assert value(scores, "mean absolute error of changes", "s", PLANTED) == pytest.approx((0.1 + 0.2) / 2)
    assert value(scores, "bias of changes", "s", PLANTED) == pytest.approx((0.1 - 0.2) / 2)
    # Against the crawled truth, 110 / 100 - 1.
    assert value(scores, "bias of changes", "s", CRAWLED) == pytest.approx((0.2 - 0.2) / 2)


def test_the_slope_is_that_of_a_line_weighted_by_the_precision_of_log_ratios() -> None:
    true = [-0.2, 0.0, 0.3, 0.5]
    pulled = [change(str(k), math.expm1(0.8 * math.log1p(x) - 0.01), x) for k, x in enumerate(true)]
    assert value(changes.errors(pulled, "s", PAIR), "slope of changes", "s", PLANTED) == pytest.approx(0.8)

    points = [(0.1, 0.3, 10, 30), (0.2, 0.1, 50, 40), (0.6, 0.9, 20, 20)]
    noisy = [change("t", y, x, base=b, current=c) for x, y, b, c in points]
    weight = np.array([1 / (1 / b + 1 / c) for _, _, b, c in points])
    x, y = (np.log1p([point[k] for point in points]) for k in (0, 1))
    expected = np.polyfit(x, y, 1, w=np.sqrt(weight))[0]
    assert value(changes.errors(noisy, "s", PAIR), "slope of changes", "s", PLANTED) == pytest.approx(
        expected
    )


def test_a_slope_needs_three_subjects_that_differ_and_did_not_vanish() -> None:
    two = [change("a", 0.1, 0.2), change("b", 0.2, 0.3), change("c", -1.0, 0.4)]
    assert value(changes.errors(two, "s", PAIR), "slope of changes", "s", PLANTED) is None
    equal = [change(name, 0.1, 0.2) for name in "abc"]
    assert value(changes.errors(equal, "s", PAIR), "slope of changes", "s", PLANTED) is None


def test_coverage_sampling_and_classification_add_up_to_the_bias() -> None:
    found = [
        change("a", 0.30, 0.00, expected=0.04),
        change("b", 0.10, -0.10, expected=0.02, base=200, current=190),
        change("c", 0.20, 0.10),
    ]
    scores = changes.parts(found, "s", PAIR)
    assert value(scores, "effect of coverage: mean", "s") == pytest.approx((0.04 + 0.12) / 2)
    assert value(scores, "effect of sampling: mean", "s") == pytest.approx((0.06 - 0.07) / 2)
    assert value(scores, "effect of sampling: size", "s") == pytest.approx((0.06 + 0.07) / 2)
    assert value(scores, "effect of classification: mean", "s") == pytest.approx((0.20 + 0.15) / 2)
    effects = ("coverage", "sampling", "classification")
    means = [value(scores, f"effect of {part}: mean", "s") or 0 for part in effects]
    assert sum(means) == pytest.approx((0.3 + 0.2) / 2)
    assert all(score.n == 2 for score in scores)


def test_titles_are_grouped_by_their_true_postings_and_missing_ones_are_counted() -> None:
    found = [change("a", 0.1, 0.1, base=29), change("b", 0.1, 0.1, base=30), change("c", None, 0.1, base=300)]
    scores = changes.title_errors(found, PAIR, headline=True)
    assert value(scores, "titles with a change", "titles, base ≥ 30") == 0.5
    assert value(scores, "titles with a change", "titles, base ≥ 300") == 0.0


def test_members_in_common_at_both_ends_and_the_rank_correlation() -> None:
    found = [change(f"t{k:02}", k / 100, k / 100, ranked=True) for k in range(30)]
    scores = changes.ranks(found, PAIR, headline=True)
    for measure, wanted in (("top 10 in common", 10), ("bottom 10 in common", 10), ("rank correlation", 1.0)):
        assert value(scores, measure, "ranked titles", PLANTED) == pytest.approx(wanted)
    # The truly best title is published as the worst: it leaves the top, and pushes one out of the bottom.
    found[29] = change("t29", -1.0, 0.29, ranked=True)
    scores = changes.ranks(found, PAIR, headline=True)
    assert value(scores, "top 10 in common", "ranked titles", PLANTED) == 9
    assert value(scores, "bottom 10 in common", "ranked titles", PLANTED) == 9
    unranked = [replace(one, ranked=False) for one in found]
    assert changes.ranks(unranked, PAIR, headline=True) == []


def test_spearmans_correlation_takes_mean_ranks_of_ties() -> None:
    # Ranks 1.5, 1.5, 3 against 1, 2, 3.
    assert changes.rank_correlation([0, 0, 5], [1, 2, 9]) == pytest.approx(1.5 / math.sqrt(1.5 * 2))
    assert changes.rank_correlation([1, 1, 1], [1, 2, 3]) is None


def test_intervals_hold_the_truth_by_size_band_and_withheld_ones_do_not_count() -> None:
    found = [
        change("a", 0.1, 0.15, low=0.0, high=0.2, base=50, current=55),
        change("b", 0.1, 0.25, low=0.0, high=0.2, base=150, current=165),
        change("c", 0.1, 0.25),
    ]
    scores = changes.intervals(found, PAIR, headline=True)
    held = "intervals that hold the truth"
    assert value(scores, held, "all titles", PLANTED) == 0.5
    assert value(scores, held, "all titles", CRAWLED) == 1.0
    assert value(scores, held, "titles, base 30 to 99", PLANTED) == 1.0
    assert value(scores, held, "titles, base 100 to 299", PLANTED) == 0.0
    assert value(scores, "width of the intervals", "all titles") == pytest.approx(0.2)


MARKET = -0.1


def verdict_cases() -> list[Change]:
    """A right call, a wrong side, a null called different, a null left alone, a miss, and one that is too small."""
    return [
        change("right", 0.3, 0.2, low=0.1, high=0.5),
        change("opposite", 0.3, -0.3, low=0.1, high=0.5),
        change("false", 0.3, MARKET, low=0.1, high=0.5, is_null=True),
        change("quiet", 0.0, MARKET, low=-0.3, high=0.3, is_null=True),
        change("missed", 0.0, 0.2, low=-0.3, high=0.3),
        change("small", 0.0, 0.2),
    ]


def test_verdicts_read_off_the_intervals_are_judged_until_the_table_gives_its_own() -> None:
    scores = changes.verdicts(verdict_cases(), MARKET, MARKET, PAIR, headline=True)
    naive = "read off the intervals"
    assert value(scores, "wrong verdicts", naive, PLANTED) == pytest.approx(2 / 3)
    assert value(scores, "sign errors", naive, PLANTED) == pytest.approx(1 / 3)
    assert value(scores, "exact nulls called different", naive, PLANTED) == 0.5
    assert value(scores, "differences found", naive, PLANTED) == pytest.approx(1 / 3)
    (none_yet,) = [score for score in scores if score.measure.name == "verdicts"]
    assert none_yet.value is None
    assert "No verdict column yet" in none_yet.note


def test_the_tables_own_verdicts_are_judged_as_soon_as_there_are_some() -> None:
    words = {
        "right": "above",
        "opposite": "not_distinguishable",
        "false": "not_distinguishable",
        "missed": "below",
    }
    own = [replace(one, verdict=words.get(one.subject, "too_few")) for one in verdict_cases()]
    scores = changes.verdicts(own, MARKET, MARKET, PAIR, headline=True)
    table = "the table's verdicts"
    assert value(scores, "wrong verdicts", table, PLANTED) == 0.5
    assert value(scores, "sign errors", table, PLANTED) == 0.5
    assert value(scores, "exact nulls called different", table, PLANTED) == 0.0
    assert not any(score.measure.name == "verdicts" for score in scores)


def test_there_is_no_verdict_on_a_market_whose_change_is_not_planted() -> None:
    assert changes.verdicts(verdict_cases(), None, -0.1, PAIR, headline=True) == []


# Shares


def test_the_distance_of_two_distributions_is_the_mass_that_would_have_to_move() -> None:
    assert shares.distance({"a": 5, "b": 5}, {"a": 50, "b": 50}) == 0
    assert shares.distance({"a": 1}, {"b": 1}) == 1
    assert shares.distance({"a": 8, "b": 2}, {"a": 5, "b": 3, "c": 2}) == pytest.approx(0.3)
    assert shares.distance({}, {"a": 1}) == 1


SPELLINGS = {"NYC": "New York", "New York": "New York", "上海": "Shanghai", "Remote": ""}


def published_cities() -> shares.Published:
    published = shares.Published(SPELLINGS)
    for name, postings in (("NYC", 30), ("New York", 30), ("上海", 20), ("Remote", 9), ("not stated", 99)):
        published.add("nurse", name, postings)
    published.add("nurse", "Shanghai", 20)
    return published


def test_spellings_are_joined_and_unknown_names_are_not_taken_for_a_true_category() -> None:
    published = published_cities()
    scores = published.names("city", PAIR)
    assert value(scores, "names a category", "city", CRAWLED) == pytest.approx((2 + 1) / 2)
    assert value(scores, "unknown names", "city", CRAWLED) == pytest.approx(20 / 100)
    true = {"nurse": {"New York": 60, "Shanghai": 40}, "small": {"Shanghai": 29}}
    (score, _) = shares.title_distances(published, true, "city", PAIR, headline=True)
    assert (score.n, score.value) == (1, pytest.approx(0.2))


def test_planted_shares_are_compared_cell_by_cell_over_the_titles_of_a_role() -> None:
    published = shares.Published({})
    spelt = shares.Published({"a": "a", "b": "b"})
    for title, name, postings in (("one", "a", 6), ("two", "b", 4), ("other", "b", 100)):
        spelt.add(title, name, postings)
    whole = {"role": {"a": 0.5, "b": 0.5}, "part": {"a": 0.5}}
    members = {"role": {"one", "two"}, "part": {"one"}}
    scores = shares.planted_shares(spelt, whole, members, {}, "x", PAIR)
    assert value(scores, "error of shares", "x of role", PLANTED) == pytest.approx(0.1)
    assert value(scores, "distance of shares", "x of role", PLANTED) == pytest.approx(0.1)
    # Shares that are only some of all say nothing of the distance.
    assert value(scores, "error of shares", "x of part", PLANTED) == pytest.approx(0.5)
    assert len(scores) == 3
    assert shares.planted_shares(published, whole, members, {}, "x", PAIR) == []


def test_a_months_mix_of_titles_leaves_emerging_ones_and_unassigned_postings_out() -> None:
    published = {"a": {"2025-01": 9, "unknown": 5}, "b": {"2025-01": 1}, "unassigned": {"2025-01": 50}}
    true = {"a": {"2025-01": 5}, "b": {"2025-01": 5}, "emerging": {"2025-01": 7}}
    (score,) = shares.monthly(published, true, {"a", "b"})
    assert (score.n, score.value) == (1, pytest.approx(0.4))


# Pay


def test_pay_is_compared_relatively_cell_by_cell() -> None:
    cells = [
        pay.Cell(50, {"mean": 110.0, "median": 90.0}, {"mean": 100.0, "median": 100.0}),
        pay.Cell(40, {"mean": 100.0, "median": 100.0}, {"mean": 125.0, "median": 100.0}),
        pay.Cell(9, {"mean": 900.0, "median": 900.0}, {"mean": 1.0, "median": 1.0}),
    ]
    scores = pay.cell_errors(cells, PAIR, headline=True)
    assert value(scores, "relative error of pay", "mean, cells of ≥ 30", CRAWLED) == pytest.approx(0.15)
    assert value(scores, "relative bias of pay", "mean, cells of ≥ 30", CRAWLED) == pytest.approx(-0.05)
    assert value(scores, "relative bias of pay", "median, cells of ≥ 10", CRAWLED) == pytest.approx(-0.05)


def test_a_roles_mean_pay_weighs_its_titles_by_the_postings_that_state_it() -> None:
    published = {"one": (30, 100.0), "two": (10, 200.0)}
    (score,) = pay.planted_means(published, {"role": 100.0, "absent": 5.0}, {"role": {"one", "two"}}, PAIR)
    assert (score.n, score.value) == (40, pytest.approx(0.25))


# Classification


TITLES = {
    name: TrueTitle(name, name.upper(), family, "individual_contributor", "", standard)
    for name, family, standard in (
        ("nurse", "health", True),
        ("surgeon", "health", True),
        ("cook", "food", True),
        ("robot-minder", "food", False),
    )
}


def outcomes(*rows: tuple[str, str, int, str]) -> pa.Table:
    return pa.table(
        {
            "truth": [row[0] for row in rows],
            "predicted": [row[1] for row in rows],
            "language": ["en" if row[3] == LABELLED else "zh" for row in rows],
            "obscured": [False] * len(rows),
            "who": [row[3] for row in rows],
            "postings": pa.array([row[2] for row in rows], pa.int64()),
        }
    )


def test_accuracy_counts_unassigned_postings_as_wrong_and_emerging_titles_apart() -> None:
    found = classification.classification_scores(
        outcomes(
            ("nurse", "nurse", 60, LABELLED),
            ("nurse", "surgeon", 20, NEW),
            ("nurse", "unassigned", 10, NEW),
            ("cook", "nurse", 10, SEEN),
            ("robot-minder", "cook", 6, UNNAMED),
            ("robot-minder", "unassigned", 4, UNNAMED),
        ),
        TITLES,
    )
    assert value(found, "accuracy", "all postings", "true") == 0.6
    assert value(found, "accuracy where assigned", "all postings", "true") == pytest.approx(60 / 96)
    assert value(found, "unassigned", "all postings", "true") == 0.1
    assert value(found, "accuracy", "in en", "true") == 1.0
    assert value(found, "accuracy", "employers without a label", "true") == 0.0
    assert value(found, "errors within the family", "wrong titles", "true") == pytest.approx(20 / 30)
    # nurse: 2 * 60 / (90 true + 70 given); cook: nothing right; surgeon has no posting and no say.
    assert value(found, "macro F1", "titles", "true") == pytest.approx((120 / 160) / 2)
    worst = [score for score in found if score.measure.name == "confusion"]
    assert [(score.subset, score.n) for score in worst] == [("nurse → surgeon", 20), ("cook → nurse", 10)]
    assert worst[0].value == pytest.approx(20 / 90)
    assert value(found, "emerging title", "robot-minder → unassigned", "true") == 0.4
    assert value(found, "emerging title", "robot-minder → cook", "true") == 0.6


# The crowd


def test_labels_are_judged_where_the_taxonomy_has_a_right_answer() -> None:
    true = {"1": "nurse", "2": "cook", "3": "robot-minder", "4": "cook"}
    labels = {"1": ("nurse", 0.9), "2": ("nurse", 0.8), "3": ("cook", 1.0), "stranger": ("cook", 1.0)}
    scores = crowd.label_scores(labels, true, {"nurse", "cook"})
    assert value(scores, "consensus right", "labels", "true") == 0.5
    assert value(scores, "overconfidence", "labels", "true") == pytest.approx(0.85 - 0.5)
    assert value(scores, "labels without a right answer", "labels", "true") == pytest.approx(1 / 3)
    titles = {posting: title for posting, (title, _) in labels.items()}
    scores = crowd.majority_scores(titles, {"1": "cook", "2": "nurse"}, true, {"nurse", "cook"})
    assert value(scores, "majority vote right", "labels", "true") == 0.0
    assert value(scores, "consensus − majority", "labels", "true") == 0.5


def test_workers_are_judged_by_kind_and_their_skill_is_found_again() -> None:
    true = {str(k): "nurse" for k in range(40)}
    workers = {
        "w0": Worker("A", "spammer", 0.0),
        "w1": Worker("B", "careless", 0.5),
        "w2": Worker("C", "careful", 0.9),
    }
    answers = [
        (task, worker, "nurse" if int(task) < right else "cook")
        for worker, right in (("w0", 2), ("w1", 20), ("w2", 36))
        for task in true
    ]
    scores = crowd.answer_scores(answers, true, true, {"nurse", "cook"}, workers)
    assert value(scores, "answers right", "all answers", "true") == pytest.approx(58 / 120)
    assert value(scores, "answers right", "workers of kind careful", "true") == 0.9
    assert value(scores, "skill found again", "workers", "true") == pytest.approx(1.0)
    assert value(scores, "agreement of spammers with the consensus", "workers without skill", "true") == 0.05
    unknown = crowd.answer_scores(answers, true, true, {"nurse", "cook"}, {})
    assert [score.subset for score in unknown] == ["all answers"]


def test_known_questions_are_judged_by_their_true_titles() -> None:
    (score,) = crowd.gold_scores(
        [("R1", "nurse"), ("R2", "cook"), ("gone", "cook")], {"R1": "nurse", "R2": "nurse"}
    )
    assert (score.n, score.value) == (2, 0.5)


# Counting


def write_parquet(path: Path, rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return str(path)


TEXTS = "posting_id source_id posting_month employer_id language pay_currency".split()
POSTING = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS),
        ("pay_monthly_min", pa.decimal128(14, 2)),
        ("pay_monthly_max", pa.decimal128(14, 2)),
    ]
)
CLASSIFIED = pa.schema([("posting_id", pa.string()), ("title_id", pa.string())])


def true_row(number: int, month: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": f"R{number}",
        "title_id": "nurse",
        "month": month,
        "industry": "health",
        "true_city": "Paris",
        "language": "en",
        "currency": "USD",
        "pay_monthly": 1000.0,
        "pay_stated": False,
        "obscured": False,
        "broken": "",
        "copy_kind": "",
    }
    return {**usual, **more}


def published_row(number: int, month: str, **more: Any) -> dict[str, Any]:
    usual = {
        "posting_id": f"p{number}",
        "source_id": f"R{number}",
        "posting_month": month,
        "employer_id": "e1",
        "language": "en",
    }
    return {**usual, **more}


Rows = list[dict[str, Any]]


def counted(tmp_path: Path, true: Rows, published: Rows, labelled: list[str]) -> Counted:
    halves = [true[: len(true) // 2], true[len(true) // 2 :]]
    shards = [write_parquet(tmp_path / f"truth{k}.parquet", rows, TRUTH) for k, rows in enumerate(halves)]
    postings, classified = {}, {}
    for month in sorted({row["posting_month"] for row in published}):
        rows = [row for row in published if row["posting_month"] == month]
        postings[month] = [write_parquet(tmp_path / f"p{month}.parquet", rows, POSTING)]
        titles = [{"posting_id": row["posting_id"], "title_id": row.get("title", "nurse")} for row in rows]
        classified[month] = [write_parquet(tmp_path / f"c{month}.parquet", titles, CLASSIFIED)]
    return count_postings(PostingFiles(postings, classified, labelled, labelled), shards, [WINDOW])


def test_postings_are_counted_as_the_pipeline_may_count_them(tmp_path: Path) -> None:
    found = counted(
        tmp_path,
        true=[
            true_row(1, "2025-01", true_city="Lyon"),
            true_row(2, "2025-01", broken="bad_date"),
            true_row(3, "2025-01"),
            true_row(4, "2025-02", title_id="cook"),
            true_row(5, "2025-02", copy_kind="near"),
            true_row(6, "2024-05"),
            true_row(7, "2023-05"),
        ],
        published=[
            published_row(1, "2025-01"),
            published_row(3, "unknown", employer_id="unknown"),
            # The date was misread: it stands in another month than the truth's.
            published_row(4, "2025-01", employer_id="e2", language="other", title="nurse"),
            published_row(5, "2025-02"),
            published_row(6, "2024-05", employer_id="e2"),
            published_row(99, "2024-05"),
        ],
        labelled=["p1"],
    )
    # The broken one and the one that nobody can date are left out; the lost one (7) is not.
    assert found.by_month == {
        "nurse": {"2025-01": 1, "2025-02": 1, "2024-05": 1, "2023-05": 1},
        "cook": {"2025-02": 1},
    }
    assert (found.window("nurse", WINDOW.current), found.window("nurse", WINDOW.base)) == (2, 1)
    assert found.shares["city"] == {(PAIR, "nurse"): {"Lyon": 1, "Paris": 1}, (PAIR, "cook"): {"Paris": 1}}
    who = {
        (row["truth"], row["predicted"], row["who"]): row["postings"] for row in found.outcomes.to_pylist()
    }
    assert who == {
        ("nurse", "nurse", LABELLED): 1,
        ("nurse", "nurse", SEEN): 1,
        ("nurse", "nurse", NEW): 1,
        ("nurse", "nurse", UNNAMED): 1,
        ("cook", "nurse", NEW): 1,
    }
    assert found.titles_asked == {"p1": "nurse"}
    assert found.sources_asked == {"R1": "nurse"}
    assert found.copies == {"": 5, "near": 1}

    scores = records.record_scores(found.records)
    assert value(scores, "sound postings kept", "", "true") == pytest.approx(5 / 6)
    assert value(scores, "broken records let through", "", "true") == 0.0
    assert value(scores, "month right", "", "true") == pytest.approx(3 / 4)
    assert value(scores, "language right", "", "true") == pytest.approx(4 / 5)
    assert value(scores, "postings the market does not know", "", "true") == 1
    (copies,) = records.copy_scores(found.copies)
    assert (copies.subset, copies.n, copies.value) == ("near", 1, pytest.approx(1 / 6))


def test_pay_counts_where_it_is_stated_and_is_read_right_within_the_width_of_a_range(tmp_path: Path) -> None:
    from decimal import Decimal

    def read(low: int, high: int | None, currency: str = "USD") -> dict[str, Any]:
        return {
            "pay_monthly_min": Decimal(low),
            "pay_monthly_max": None if high is None else Decimal(high),
            "pay_currency": currency,
        }

    true = [true_row(k, "2025-01", pay_stated=k < 4, pay_monthly=1000.0 * (k + 1)) for k in range(5)]
    rows = [read(900, 1100), read(2000 * 12, 2000 * 12), read(2700, None), read(4000, 4000, "EUR")]
    published = [published_row(k, "2025-01", **row) for k, row in enumerate(rows)]
    found = counted(tmp_path, true, [*published, published_row(4, "2025-01")], [])
    scores = records.record_scores(found.records)
    assert value(scores, "stated pay read", "", "true") == 1.0
    # The second is a year's pay taken for a month's, the fourth in another currency.
    assert value(scores, "pay right", "", "true") == 0.5
    stated = found.pay[(PAIR, "nurse", "USD")]
    assert (stated.postings, stated.mean, stated.median) == (4, 2500.0, 2500.0)


def test_postings_without_a_classification_end_the_exam(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "truth.parquet", [true_row(1, "2025-01")], TRUTH)
    postings = write_parquet(tmp_path / "p.parquet", [published_row(1, "2025-01")], POSTING)
    none = write_parquet(tmp_path / "c.parquet", [], CLASSIFIED)
    with pytest.raises(ExamError, match="1 postings meet 0 classifications"):
        count_postings(PostingFiles({"2025-01": [postings]}, {"2025-01": [none]}, []), [shard], [WINDOW])
    with pytest.raises(ExamError, match="without classifications"):
        count_postings(PostingFiles({"2025-01": [postings]}, {}, []), [shard], [WINDOW])


# A perfect pipeline


MARTS = {
    "mart_title_yoy": """
        select $pair as pair, title_id, b as base_postings, c as current_postings, c / nullif(b, 0) - 1 as change,
            (c - 9) / b - 1 as change_low, (c + 9) / b - 1 as change_high,
            case when b >= 5 and title_id <> 'unassigned' then rank() over (order by c / b desc) end as rank
        from (select given as title_id, count(*) filter (month < '2025') as b, count(*) filter (month >= '2025') as c
            from windowed group by 1)
    """,
    "mart_market_yoy": """
        select $pair as pair, c / b - 1 as change, c / b - 1.01 as change_low, c / b - 0.99 as change_high
        from (select count(*) filter (month < '2025') as b, count(*) filter (month >= '2025') as c from windowed)
    """,
    "mart_title_month": """
        select given as title_id, month as posting_month, count(*) as postings from sound group by all
    """,
    "mart_volume": "select month as posting_month, count(*) as postings from sound group by all",
    "mart_industry": """
        select $pair as pair, given as title_id, industry, count(*) as current_postings
        from windowed where month >= '2025' group by all
    """,
    "mart_city": """
        select $pair as pair, given as title_id, true_city as city, count(*) as current_postings
        from windowed where month >= '2025' group by all
    """,
    "mart_salary": """
        select $pair as pair, given as title_id, currency, count(*) as stating_pay,
            avg(pay_monthly) as mean_monthly, median(pay_monthly) as median_monthly
        from windowed where month >= '2025' and pay_stated group by all
    """,
    "mart_new": "select 1 as anything",
}


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """What a pipeline would hand in that makes no mistake on a tiny market; January to October of two years."""
    home = tmp_path_factory.mktemp("perfect")
    spec = MarketSpec(postings=40_000, labelled=300, seed=5, first_month="2024-01", last_month="2025-10")
    generate_market(spec, home / "source", home / "truth")
    with duckdb.connect() as engine:
        engine.execute(
            """
            create table sound as
            select
                t.*, 'p' || t.id as posting_id,
                case when n.in_taxonomy then t.title_id else 'unassigned' end as given
            from read_parquet($shards) as t join read_csv($titles) as n using (title_id)
            where broken = ''
            """,
            {
                "shards": [str(path) for path in sorted((home / "truth").glob("postings-*.parquet"))],
                "titles": str(home / "truth" / "titles.csv"),
            },
        )
        engine.execute(f"create macro pair() as '{PAIR}'")
        engine.execute("create view windowed as select * from sound where month[6:] <= '10'")
        for mart, query in MARTS.items():
            path = home / "marts" / f"{mart}.parquet"
            path.parent.mkdir(exist_ok=True)
            engine.sql(query.replace("$pair", "pair()")).write_parquet(str(path))
        postings, classified = {}, {}
        for (month,) in engine.sql("select distinct month from sound order by 1").fetchall():
            postings[month] = [str(home / f"p{month}.parquet")]
            classified[month] = [str(home / f"c{month}.parquet")]
            engine.sql(
                f"""
                select posting_id, id as source_id, month as posting_month, employer as employer_id, language,
                    currency as pay_currency, pay_monthly::decimal(14, 2) as pay_monthly_min,
                    pay_monthly::decimal(14, 2) as pay_monthly_max from sound where month = '{month}'
                """  # noqa: S608
            ).write_parquet(postings[month][0])
            engine.sql(
                f"select posting_id, given as title_id from sound where month = '{month}'"  # noqa: S608
            ).write_parquet(classified[month][0])
        labels = engine.sql(
            "select posting_id, title_id, 1.0::double as confidence from sound where given <> 'unassigned' limit 200"
        ).to_arrow_table()
    worker = next(csv.DictReader((home / "truth" / "workers.csv").open()))["worker_id"]
    answers = pa.table(
        {
            "task_id": labels.column("posting_id"),
            "worker": ["pseudonym"] * labels.num_rows,
            "title_id": labels.column("title_id"),
        }
    )
    return Papers(
        home / "source",
        home / "truth",
        home / "marts",
        [PAIR],
        postings,
        classified,
        labels,
        Crowd(answers, labels, {worker: "pseudonym"}),
    )


@pytest.fixture(scope="module")
def perfect_scores(perfect: Papers) -> list[Score]:
    return sit(perfect)


def test_a_perfect_pipeline_makes_no_error_of_its_own(perfect_scores: list[Score]) -> None:
    nothing = {
        *(
            "mean absolute error of changes",
            "bias of changes",
            "distance of shares",
            "distance of a month's titles",
        ),
        *("unknown names", "relative error of pay", "relative bias of pay", "unassigned", "overconfidence"),
        *("error of the monthly volume", "broken records let through", "postings the market does not know"),
    }
    everything = {
        *("slope of changes", "rank correlation", "intervals that hold the truth", "titles with a change"),
        *(
            "accuracy",
            "macro F1",
            "consensus right",
            "answers right",
            "month right",
            "language right",
            "sound postings kept",
        ),
        *("names a category", "pay right", "stated pay read"),
    }
    groups = {"seniority bands", "families", "titles that contain others"}
    seen = set()
    for score in perfect_scores:
        if score.against in (PLANTED, "expected of the crawl") or score.subset in groups:
            continue
        name = score.measure.name
        if name in nothing | everything:
            seen.add(name)
            assert score.value == pytest.approx(float(name in everything), abs=1e-3), (name, score.subset)
    assert seen == nothing | everything


def test_what_is_left_of_a_perfect_pipelines_error_is_coverage_and_sampling(
    perfect_scores: list[Score],
) -> None:
    subset = "titles, base ≥ 30"
    assert value(perfect_scores, "effect of classification: size", subset) == pytest.approx(0, abs=1e-9)
    assert value(perfect_scores, "effect of coverage: size", subset) > 0.005  # type: ignore[operator]
    parts = [
        value(perfect_scores, f"effect of {part}: mean", subset) or 0 for part in ("coverage", "sampling")
    ]
    assert sum(parts) == pytest.approx(value(perfect_scores, "bias of changes", subset, PLANTED))


def test_emerging_titles_are_seen_to_stay_unassigned(perfect_scores: list[Score]) -> None:
    emerging = [score for score in perfect_scores if score.measure.name == "emerging title"]
    assert emerging
    assert all(score.subset.endswith("→ unassigned") and score.value == 1 for score in emerging)


def test_marts_and_planted_tables_that_are_not_examined_are_named(perfect: Papers, tmp_path: Path) -> None:
    for mart in ("mart_title_yoy", "mart_new"):
        (tmp_path / f"{mart}.parquet").write_bytes((perfect.marts / f"{mart}.parquet").read_bytes())
    scores = sit(replace(perfect, marts=tmp_path))
    named = {score.subset: score.note for score in scores if score.section == NOT_EXAMINED}
    assert named.keys() == {
        *(EXAMINERS.keys() - {"mart_title_yoy"}),
        *("mart_new", "planted market_yoy", "planted market_yoy_crawled"),
    }
    assert "Nothing is planted" in named["mart_new"]
    assert "does not publish" in named["mart_city"]


def test_windows_without_a_planted_figure_are_scored_against_the_crawled_truth_alone(perfect: Papers) -> None:
    scores = sit(replace(perfect, pairs=["2025-01..2025-04 / 2024-01..2024-04"]))
    assert not any(score.against == PLANTED for score in scores)


def test_workers_whose_pseudonyms_nobody_knows_are_not_judged_one_by_one(perfect: Papers) -> None:
    assert perfect.crowd is not None
    scores = sit(replace(perfect, crowd=replace(perfect.crowd, pseudonyms={})))
    assert any(score.subset == "workers one by one" for score in scores if score.section == NOT_EXAMINED)
    assert not any(score.subset.startswith("workers of kind") for score in scores)


def test_a_mart_that_lacks_a_column_or_a_truth_that_is_gone_ends_the_exam(
    perfect: Papers, tmp_path: Path
) -> None:
    write_parquet(tmp_path / "mart_volume.parquet", [{"posting_month": "2025-01"}])
    with pytest.raises(ExamError, match=r"mart_volume.*postings"):
        sit(replace(perfect, marts=tmp_path))
    with pytest.raises(ExamError, match="run the study again"):
        sit(replace(perfect, truth=tmp_path / "nowhere"))


def test_the_truth_knows_nulls_members_and_spellings(perfect: Papers) -> None:
    truth = read_truth(perfect.source, perfect.truth)
    with (perfect.truth / "figures.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["table"] == "title_yoy"]
    nulls = {row["subject"] for row in rows if row["source"] == "null" and row["window"] == WINDOW.planted}
    assert {title for title in truth.titles if truth.is_null(title, WINDOW.planted)} == nulls
    market = truth.planted("market_yoy", WINDOW.planted)["*"].value
    assert all(
        truth.planted("title_yoy", WINDOW.planted)[title].value == pytest.approx(market, abs=1e-6)
        for title in nulls
    )
    contained = next(title for title in truth.titles.values() if title.parent_id)
    assert contained.title_id in truth.members[contained.parent_id]
    assert truth.spellings["city"]["NYC"] == "New York"
    assert truth.spellings["city"]["Remote"] == ""
    assert truth.spellings["industry"]["银行"] == "finance"


def test_the_market_of_ai_roles_has_roles_that_nest(tmp_path: Path) -> None:
    generate_market(MarketSpec(name="china_ai", postings=400, labelled=20), tmp_path / "s", tmp_path / "t")
    truth = read_truth(tmp_path / "s", tmp_path / "t")
    assert truth.roles["algorithm_engineer"] < truth.roles["ai_engineer"]
    assert truth.spellings["city"]["北京-海淀区"] == "Beijing"
    cells = truth.planted_cells("city_share", "2025-01..2025-09")
    assert sum(cells["ai_engineer"].values()) == pytest.approx(1, abs=1e-6)
    known = set(truth.spellings["industry"])
    assert set(truth.planted_cells("industry_share", "2025-01..2025-09")["ai_engineer"]) <= known


@pytest.mark.parametrize("name", MARKETS)
def test_what_a_source_calls_an_industry_is_scored_as_that_industry_under_the_name_of_the_marts(
    name: str,
) -> None:
    spec = MarketSpec(name=name)
    names, wrong = industries(), []
    known = names_of_categories(spec)["industry"]
    for industry in plan_market(spec).content.industries:
        for word in (word for group in industry.names.values() for word in group):
            read = parse_industry(word).id
            published = names[read].name_en if read else ""
            if known.get(published) != industry.industry_id:
                wrong.append((industry.industry_id, word, published))
    # Services that a firm of two industries offers; each stands with the one whose main business they are.
    assert {(one, word) for one, word, _ in wrong} <= {
        ("construction", "Building Services"),
        ("consulting", "Staffing and Recruiting"),
        ("consulting", "人力资源服务"),
    }


# The scorecard, and how it is shown


VERSIONS = {f"{kind}_version": "v1" for kind in ("model", "label", "taxonomy", "data")}


@pytest.fixture(scope="module")
def scorecard(perfect_scores: list[Score], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scorecard") / "scorecard.parquet"
    pq.write_table(scorecard_table(perfect_scores, VERSIONS), path)
    return path


def test_every_score_is_finite_and_says_what_it_is(scorecard: Path) -> None:
    table = pq.read_table(scorecard)
    assert table.schema.equals(SCORECARD)
    for row in table.to_pylist():
        assert row["note"], row
        assert row["value"] is None or math.isfinite(row["value"]), row
        assert row["n"] > 0 or not row["value"], row
        assert row["model_version"] == "v1"
    key = ("section", "measure", "subset", "against", "pair")
    keys = [tuple(row[name] for name in key) for row in table.to_pylist()]
    assert len(set(keys)) == len(keys)


def test_the_scorecard_reads_the_same_twice(perfect: Papers, scorecard: Path) -> None:
    assert scorecard_table(sit(perfect), VERSIONS).equals(pq.read_table(scorecard))


def test_the_short_form_is_one_table_and_the_long_one_has_a_table_a_section(scorecard: Path) -> None:
    (short,) = exam_tables(scorecard, short=True)
    assert 15 < len(short.rows) < 30
    assert "Jan–Oct 2025" in short.title
    measures = {row[0] for row in short.rows}
    assert {"slope of changes", "top 10 in common", "accuracy", "exact nulls called different"} <= measures
    sections = [table.title for table in exam_tables(scorecard, short=False)]
    assert sections[0] == "The exam: changes"
    assert sections[-1] == "The exam: not examined"


def test_the_report_shows_the_exam_and_warns_where_it_is_an_older_one(scorecard: Path) -> None:
    from report.blocks import Numbering

    rows = read_scorecard(scorecard)
    assert rows is not None
    same = {kind: {"v1"} for kind in VERSIONS}
    section = exam_section(rows, same, Numbering())
    tables = [block.table for block in section.blocks if block.kind == "table"]
    assert len(tables[0].rows) == sum(row.headline for row in rows)
    assert sum(len(table.rows) for table in tables[1:]) == len(rows)
    older = exam_section(rows, {**same, "model_version": {"v2"}}, Numbering())
    words = [block.text for block in older.blocks if block.kind == "paragraph"]
    assert any("earlier run" in text for text in words)
    assert len(older.blocks) == len(section.blocks) + 1


def test_an_exam_that_could_not_be_held_is_shown_as_that(tmp_path: Path) -> None:
    from report.blocks import Numbering

    path = tmp_path / "scorecard.parquet"
    pq.write_table(scorecard_table(refused("the truth is gone"), VERSIONS), path)
    rows = read_scorecard(path)
    assert rows is not None
    (paragraph,) = exam_section(rows, {}, Numbering()).blocks
    assert "could not be held: the truth is gone" in paragraph.text
    assert read_scorecard(None) is None


# In Dagster and on the command line


def test_only_a_study_with_a_market_sits_the_exam_and_its_report_waits_for_it(
    manifest: Path, tmp_path: Path
) -> None:
    graph = build_defs(tmp_path).resolve_asset_graph()
    keys = {tuple(key.path) for key in graph.get_all_asset_keys()}
    assert ("demo", "scorecard") in keys
    assert ("usajobs", "scorecard") not in keys
    above = dg.AssetSelection.assets(dg.AssetKey(["demo", "report"])).upstream(depth=1).resolve(graph)
    assert dg.AssetKey(["demo", "scorecard"]) in above
    (check,) = graph.get_check_keys_for_assets({dg.AssetKey(["demo", "scorecard"])})
    assert check.name == "exam_held"
    assert not graph.get(check).blocking


def test_no_stage_that_makes_figures_waits_for_the_exam(manifest: Path, tmp_path: Path) -> None:
    graph = build_defs(tmp_path).resolve_asset_graph()
    below = dg.AssetSelection.assets(dg.AssetKey(["demo", "scorecard"])).downstream().resolve(graph)
    assert {key.path[-1] for key in below} == {"scorecard", "report"}


def test_the_command_tells_a_study_without_a_market_from_a_run_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JOBTIDE_HOME", str(tmp_path))
    real = CliRunner().invoke(app, ["score", "usajobs"])
    assert real.exit_code == 2
    assert "no synthetic market" in real.stderr
    early = CliRunner().invoke(app, ["score", "demo"])
    assert early.exit_code == 1
    assert "no finished run yet" in early.stderr
    assert not list(tmp_path.glob("demo/scorecard/*.json"))


def test_the_worker_key_is_not_made_by_an_exam_of_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JOBTIDE_HOME", str(tmp_path))
    CliRunner().invoke(app, ["score", "demo"])
    assert not (tmp_path / ".worker_key").exists()


def test_the_manifest_of_a_market_names_the_files_of_its_truth(perfect: Papers) -> None:
    made = json.loads((perfect.source / "market.json").read_text("utf-8"))
    names = [Path(path).name for path in read_truth(perfect.source, perfect.truth).shards]
    assert names == [name for name in made["files"] if name.startswith("postings-")]
