"""The exam of emerging titles, on cases computed by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from market.exam.emerging import MART, Concept, Planted, emerging_scores, example_ids, true_title
from market.exam.scorecard import CRAWLED, PLANTED, TRUE, Score

PAIR = "2025-01..2025-10 / 2024-01..2024-10"
NEW = [Planted("prompt-engineer", 10, 40, 2.0), Planted("robot-host", 10, 20, 1.5)]


def _value(scores: Iterable[Score], measure: str, against: str, subset: str = "") -> tuple[int, float | None]:
    (found,) = [
        score
        for score in scores
        if (score.measure.name, score.against, score.subset) == (measure, against, subset)
    ]
    return found.n, found.value


def _concept(title: str, base: int, current: int, *ends: float, emerging: bool = True) -> Concept:
    low, high = ends or (None, None)
    return Concept(title, emerging, base, current, low, high)


def test_a_title_is_found_where_a_concept_called_emerging_stands_for_it() -> None:
    concepts = [
        _concept("prompt-engineer", 8, 36, 1.0, 5.0),
        _concept("robot-host", 9, 18, emerging=False),
        _concept("nurse", 5, 30, 1.0, 9.0),
        _concept("", 5, 30, 1.0, 9.0),
    ]
    scores = emerging_scores(concepts, NEW, PAIR, headline=True)
    assert _value(scores, "planted emerging titles found", TRUE) == (2, 0.5)
    assert _value(scores, "concepts called emerging that are none", TRUE) == (3, 2 / 3)


def test_the_interval_is_held_against_the_planted_and_the_crawled_change() -> None:
    concepts = [_concept("prompt-engineer", 8, 36, 2.5, 5.0), _concept("robot-host", 9, 18, 0.5, 2.0)]
    scores = emerging_scores(concepts, NEW, PAIR, headline=True)
    # Prompt engineers were planted at +200 %, below the interval, and 10 became 40 among those crawled.
    assert _value(scores, "growth inside the interval", PLANTED) == (2, 0.5)
    assert _value(scores, "growth inside the interval", CRAWLED) == (2, 1.0)
    counted = "postings of the title that its concept counts"
    assert _value(scores, counted, CRAWLED, "prompt-engineer") == (50, 44 / 50)


def test_of_two_concepts_of_one_title_the_larger_is_its_figure_and_neither_is_wrong() -> None:
    concepts = [_concept("robot-host", 9, 18, 0.5, 2.0), _concept("robot-host", 1, 5, 3.0, 9.0)]
    scores = emerging_scores(concepts, NEW[1:], PAIR, headline=True)
    assert _value(scores, "growth inside the interval", PLANTED) == (1, 1.0)
    assert _value(scores, "concepts called emerging that are none", TRUE) == (2, 0.0)


def test_without_a_planted_figure_only_the_crawled_truth_is_asked() -> None:
    scores = emerging_scores([], [Planted("robot-host", 10, 20, None)], PAIR, headline=True)
    assert _value(scores, "planted emerging titles found", TRUE) == (1, 0.0)
    assert not [score for score in scores if score.against == PLANTED]
    assert emerging_scores([], [], PAIR, headline=True) == []


def test_a_concept_is_what_most_of_its_examples_truly_are() -> None:
    titles = {"1": "robot-host", "2": "robot-host", "3": "nurse"}
    assert true_title(["1", "2", "3"], titles) == "robot-host"
    assert true_title(["1", "3"], titles) == ""
    assert true_title(["1", "unknown", "other"], titles) == ""
    assert true_title([], titles) == ""


def test_the_exam_asks_for_the_examples_that_the_table_names(tmp_path: Path) -> None:
    assert example_ids(tmp_path) == []
    pq.write_table(pa.table({"examples": [["b", "a"], ["a", "c"], None]}), tmp_path / f"{MART}.parquet")
    assert example_ids(tmp_path) == ["a", "b", "c"]
