"""The crowd of a market, and the MTurk batch result file it leaves."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from market import MarketSpec, generate_market
from market.content import Title, load_content
from market.crowd import GOLD_EACH, GOLD_HEADER, HEADER, sample_postings
from tests.markets import read_shards

REAL = (
    Path(__file__).parents[2]
    / "shared"
    / "data"
    / "mturk"
    / "Batch_3180686_bib_number_annotation_results.csv"
)
SPEC = MarketSpec(postings=12_000, labelled=1_500, seed=5)
TIME = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2} P[DS]T 20\d{2}")
BY_NAME = {title.en: title for title in load_content().titles}
BY_ID = {title.title_id: title for title in load_content().titles}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@dataclass(frozen=True)
class Crowd:
    """The files of a crowd's work, and what is true of the postings and the workers."""

    home: Path

    @cached_property
    def cells(self) -> list[list[str]]:
        with (self.home / "source" / "mturk_batch_results.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.reader(stream))

    @cached_property
    def answers(self) -> list[dict[str, str]]:
        return [dict(zip(self.cells[0], row, strict=False)) for row in self.cells[1:]]

    @cached_property
    def gold(self) -> dict[str, str]:
        return {row["source_id"]: row["title"] for row in read_csv(self.home / "source" / "gold.csv")}

    @cached_property
    def truth(self) -> dict[str, dict]:
        return {row["id"]: row for row in read_shards(self.home / "truth").to_pylist()}

    @cached_property
    def workers(self) -> dict[str, dict[str, str]]:
        return {row["worker_id"]: row for row in read_csv(self.home / "truth" / "workers.csv")}

    @cached_property
    def tasks(self) -> dict[str, list[dict[str, str]]]:
        """The answers to each posting that is no gold question."""
        found = defaultdict(list)
        for row in self.answers:
            if row["Input.source_id"] not in self.gold:
                found[row["Input.source_id"]].append(row)
        return found

    def kind(self, row: dict[str, str]) -> str:
        return self.workers[row["WorkerId"]]["kind"]

    def true_title(self, row: dict[str, str]) -> Title:
        return BY_ID[self.truth[row["Input.source_id"]]["title_id"]]

    def right(self, row: dict[str, str]) -> bool:
        return row["Answer.title"] == self.true_title(row).en

    def of(self, kind: str) -> list[dict[str, str]]:
        return [row for row in self.answers if self.kind(row) == kind]

    def pairs(self, kind: str) -> list[tuple[dict[str, str], dict[str, str]]]:
        """Answers of two different workers of a kind to the same posting."""
        found = []
        for rows in self.tasks.values():
            found += itertools.combinations([row for row in rows if self.kind(row) == kind], 2)
        return found


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    home = tmp_path_factory.mktemp("crowd")
    generate_market(SPEC, home / "source", home / "truth")
    return Crowd(home)


# -- the file -------------------------------------------------------------------------------------------------------


def test_the_header_is_that_of_a_real_result_file() -> None:
    if not REAL.is_file():
        pytest.skip(f"{REAL} is not there")
    with REAL.open(encoding="utf-8", newline="") as stream:
        real = next(csv.reader(stream))
    assert len(HEADER) == len(real) == 33
    assert HEADER[:27] == real[:27]
    assert HEADER[-2:] == real[-2:]


def test_rows_are_ragged_as_in_real_files_and_times_cross_the_end_of_daylight_time(
    crowd: Crowd,
) -> None:
    rows = crowd.cells
    lengths = {len(row) for row in rows[1:]}
    assert lengths == {31, 33}
    assert sum(len(row) == 31 for row in rows[1:]) > 0.9 * (len(rows) - 1)
    submitted = [row[HEADER.index("SubmitTime")] for row in rows[1:]]
    assert all(TIME.fullmatch(text) for text in submitted)
    assert {text.split()[4] for text in submitted} == {"PDT", "PST"}
    for text in submitted[:200]:
        weekday, *rest = text.replace(" PDT", "").replace(" PST", "").split(" ", 1)
        assert dt.datetime.strptime(rest[0], "%b %d %H:%M:%S %Y").strftime("%a") == weekday


def test_each_sampled_posting_is_answered_by_three_or_five_different_workers(crowd: Crowd) -> None:
    assert set(crowd.tasks) <= set(crowd.truth)
    assert 0.98 * SPEC.labelled <= len(crowd.tasks) <= SPEC.labelled
    groups = [[row["WorkerId"] for row in rows] for rows in crowd.tasks.values()]
    assert all(len(set(group)) == len(group) for group in groups)
    assert {len(group) for group in groups} == {3, 5}
    assert 0.08 < np.mean([len(group) == 5 for group in groups]) < 0.16
    assert {row["WorkerId"] for row in crowd.answers} == set(crowd.workers)


def test_answers_are_standard_titles_and_rejections_carry_a_reason(crowd: Crowd) -> None:
    standard = {title.en for title in BY_NAME.values() if title.in_taxonomy}
    given = [row["Answer.title"] for row in crowd.answers]
    assert set(given) - standard == {""}
    assert given.count("") < 0.01 * len(given)
    rejected = [row for row in crowd.answers if row["AssignmentStatus"] == "Rejected"]
    assert 0.02 < len(rejected) / len(given) < 0.08
    assert all(
        row["RejectionTime"] and row["RequesterFeedback"] and not row["ApprovalTime"] for row in rejected
    )
    assert {row["AssignmentStatus"] for row in crowd.answers} == {"Approved", "Rejected"}
    assert not any(crowd.right(row) for row in rejected)


# -- the people -----------------------------------------------------------------------------------------------------


def test_a_majority_of_answers_is_mostly_right(crowd: Crowd) -> None:
    right = []
    for rows in crowd.tasks.values():
        votes = [r["Answer.title"] for r in rows if r["AssignmentStatus"] == "Approved" and r["Answer.title"]]
        if votes:
            right.append(max(sorted(set(votes)), key=votes.count) == crowd.true_title(rows[0]).en)
    assert 0.88 < np.mean(right) < 0.97


def test_honest_mistakes_go_mostly_to_neighbours_and_are_rarely_rejected(crowd: Crowd) -> None:
    honest = [*crowd.of("careful"), *crowd.of("careless")]
    wrong = [row for row in honest if row["Answer.title"] and not crowd.right(row)]
    near = [BY_NAME[row["Answer.title"]].title_id in crowd.true_title(row).near for row in wrong]
    assert len(wrong) > 300
    assert np.mean(near) > 0.6
    assert np.mean([row["AssignmentStatus"] == "Rejected" for row in wrong]) < 0.05


def test_careful_people_are_right_more_often_than_careless_ones_and_plain_ads_more_often_than_vague_ones(
    crowd: Crowd,
) -> None:
    rates = {
        kind: np.mean([crowd.right(row) for row in crowd.of(kind)])
        for kind in ("careful", "careless", "spammer")
    }
    assert rates["careful"] > 0.85
    assert 0.5 < rates["careless"] < rates["careful"] - 0.1
    assert rates["spammer"] < 0.05
    by_sight = defaultdict(list)
    for row in crowd.of("careful"):
        by_sight[crowd.truth[row["Input.source_id"]]["obscured"]].append(crowd.right(row))
    assert np.mean(by_sight[False]) > np.mean(by_sight[True]) + 0.05


def test_spammers_are_fast_and_click_at_random_or_their_favourite(crowd: Crowd) -> None:
    spam = crowd.of("spammer")
    assert 0.02 < len(spam) / len(crowd.answers) < 0.1
    seconds = {
        kind: np.median([int(r["WorkTimeInSeconds"]) for r in crowd.of(kind)])
        for kind in ("spammer", "careful")
    }
    assert seconds["spammer"] < 0.4 * seconds["careful"]
    assert np.mean([row["AssignmentStatus"] == "Rejected" for row in spam]) > 0.6
    by_worker = defaultdict(list)
    for row in spam:
        by_worker[row["WorkerId"]].append(row["Answer.title"])
    for said in by_worker.values():
        favourite = max(set(said), key=said.count)
        assert 0.35 < said.count(favourite) / len(said) < 0.65
        assert len(set(said)) > 0.35 * len(said)


def test_the_clique_hands_in_one_answer_where_honest_people_of_its_skill_would_differ(crowd: Crowd) -> None:
    members = {name: row for name, row in crowd.workers.items() if row["kind"] == "clique"}
    assert len(members) >= 3
    (skill,) = {float(row["skill"]) for row in members.values()}
    pairs = crowd.pairs("clique")
    assert len(pairs) > 60
    # Two independent workers of this skill agree at most as often as if all their mistakes were the same one.
    independent = skill**2 + (1 - skill) ** 2
    assert independent < 0.6
    same = [one["Answer.title"] == two["Answer.title"] for one, two in pairs]
    assert np.mean(same) > 0.95

    def same_mistake(kind: str) -> float:
        wrong = [pair for pair in crowd.pairs(kind) if not crowd.right(pair[0])]
        assert len(wrong) >= 8
        return float(np.mean([one["Answer.title"] == two["Answer.title"] for one, two in wrong]))

    assert same_mistake("clique") > 0.9
    assert same_mistake("careless") < 0.4
    assert same_mistake("careful") < 0.2


# -- gold questions and emerging titles -----------------------------------------------------------------------------


def test_gold_questions_are_plain_ads_of_standard_titles_with_the_true_answer(crowd: Crowd) -> None:
    with (crowd.home / "source" / "gold.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.reader(stream)) == GOLD_HEADER
    assert 0.6 * SPEC.gold < len(crowd.gold) <= SPEC.gold
    for source_id, title in crowd.gold.items():
        true = crowd.truth[source_id]
        assert BY_NAME[title].in_taxonomy
        assert BY_NAME[title].title_id == true["title_id"]
        assert not true["obscured"]
        assert true["broken"] != "no_text"


def test_every_worker_meets_a_few_different_gold_questions_and_may_fail_them(crowd: Crowd) -> None:
    met = defaultdict(list)
    for row in crowd.answers:
        if row["Input.source_id"] in crowd.gold:
            met[row["WorkerId"]].append(row)
    assert set(met) == set(crowd.workers)
    right = defaultdict(list)
    for rows in met.values():
        assert len({row["Input.source_id"] for row in rows}) == len(rows) <= GOLD_EACH
        right[crowd.kind(rows[0])] += [
            row["Answer.title"] == crowd.gold[row["Input.source_id"]] for row in rows
        ]
    assert np.mean(right["careful"]) > 0.85
    assert np.mean(right["spammer"]) < 0.1
    assert 0.3 < np.mean(right["clique"]) < 0.85


def test_a_crowd_without_gold_questions_can_be_had(tmp_path: Path) -> None:
    generate_market(MarketSpec(postings=500, labelled=50, gold=0), tmp_path / "source", tmp_path / "truth")
    crowd = Crowd(tmp_path)
    assert crowd.gold == {}
    assert set(map(len, crowd.tasks.values())) <= {3, 5}


def test_ads_of_emerging_titles_get_no_right_answer_but_something_close_or_none(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("emerging")
    generate_market(MarketSpec(postings=8_000, labelled=8_000, seed=2), home / "source", home / "truth")
    crowd = Crowd(home)
    emerging = [
        row
        for row in crowd.answers
        if not crowd.true_title(row).in_taxonomy and crowd.kind(row) in ("careful", "careless")
    ]
    assert len(emerging) > 30
    assert not any(crowd.right(row) for row in emerging)
    named = [row for row in emerging if row["Answer.title"]]
    assert 0.05 < 1 - len(named) / len(emerging) < 0.4
    assert all(BY_NAME[row["Answer.title"]].title_id in crowd.true_title(row).near for row in named)


# -- the sample -----------------------------------------------------------------------------------------------------


def test_the_sample_is_drawn_at_random_over_the_whole_market_and_gold_lies_outside_it() -> None:
    sampled = sample_postings(MarketSpec(postings=100_000, labelled=5_000))
    assert len(set(sampled.drawn.tolist())) == 5_000
    assert sampled.drawn.mean() == pytest.approx(50_000, abs=4 * 100_000 / (12 * 5_000) ** 0.5)
    assert len(sampled.gold) == 60
    assert not set(sampled.drawn.tolist()) & set(sampled.gold.tolist())


def test_a_market_smaller_than_its_sample_is_labelled_whole() -> None:
    sampled = sample_postings(MarketSpec(postings=100, labelled=5_000))
    assert sampled.drawn.tolist() == list(range(100))
    assert sampled.gold.tolist() == []
