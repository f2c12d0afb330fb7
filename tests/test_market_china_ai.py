"""The market `china_ai`: what the study publishes is true of it, and people apply as planted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from market.applications import APPLICATIONS, ATTRIBUTES, LATEST, Applications, Posted, expected_postings
from market.china_ai import plan_china_ai
from market.china_ai_study import ALL_MONTHS, EDUCATION, read_study
from market.content import EDUCATION_LEVELS
from market.plan import Applicants, Figure, Plan
from market.spec import CHINA_AI, MARKETS, MarketSpec, MarketSpecError

REAL = Path(__file__).parents[2] / "shared" / "studies" / "zhaopin_2025.csv"
SPEC = MarketSpec(name=CHINA_AI, seed=3)
WINDOWS = {"q1q3": "2025-01..2025-09", "q3": "2025-07..2025-09"}
SHARES = {
    "company_size_share",
    "industry_share",
    "city_share",
    "education_required_share",
    "experience_required_share",
    "applicant_city_share",
    "applicant_age_share",
    "applicant_education_share",
}
Row = dict[str, str]


@cache
def plan() -> Plan:
    return plan_china_ai(SPEC)


def who() -> Applicants:
    applicants = plan().applicants
    assert applicants is not None
    return applicants


@cache
def figures() -> dict[tuple[str, str, str, str, str], Figure]:
    return {(f.table, f.scope, f.subject, f.key, f.window): f for f in plan().figures}


def value(row: Row, table: str | None = None, key: str | None = None) -> float:
    """The planted figure that a row of the study is about, in the row's unit."""
    place = (table or row["table"], row["scope"], row["role"], key or row["key"], WINDOWS[row["window"]])
    planted = figures()[place].value
    return planted * 100 if row["unit"] == "percent" else planted


def study(*relations: str) -> list[Row]:
    if not REAL.is_file():
        pytest.skip(f"{REAL} is not there")
    with REAL.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(line for line in stream if not line.startswith("#"))
        return [row for row in rows if row["relation"] in relations]


def titles_of(role: str) -> np.ndarray:
    return np.ones(len(plan().content.titles), dtype=bool) if role == "all" else read_study().roles[role]


def cells(scope: str, role: str) -> np.ndarray:
    """(C,): the cells of a role in a scope."""
    inside = who().scope[plan().cell_segment] == 1
    return titles_of(role)[plan().cell_title] & (inside if scope == "ai_industry" else True)


def postings(window: str, back: int = 0) -> np.ndarray:
    """(C, M of the window): the volume in a window, `back` years earlier."""
    first, last = (f"{int(month[:4]) - back}{month[4:]}" for month in window.split(".."))
    return plan().volume[:, [n for n, month in enumerate(plan().months) if first <= month <= last]]


def applications(window: str, back: int = 0) -> np.ndarray:
    first, last = (f"{int(month[:4]) - back}{month[4:]}" for month in window.split(".."))
    shown = [n for n, month in enumerate(plan().months) if first <= month <= last]
    each = who().per_posting[plan().cell_title, who().scope[plan().cell_segment]]
    return plan().volume[:, shown] * each[:, shown]


def share(of_cell: np.ndarray, value: int, scope: str, role: str) -> float:
    own, volume = cells(scope, role), postings(WINDOWS["q1q3"]).sum(axis=1)
    return 100 * float(volume[own & (of_cell == value)].sum() / volume[own].sum())


def mean(by_title: np.ndarray, role: str) -> np.ndarray:
    """Values by title, (T, ...), in the mean over a role's postings."""
    own, volume = cells("all_industries", role), postings(WINDOWS["q1q3"]).sum(axis=1)
    weight = np.bincount(plan().cell_title[own], volume[own], minlength=len(by_title))
    return np.tensordot(weight / weight.sum(), by_title, axes=1)


def shares(cdf: np.ndarray) -> np.ndarray:
    return np.diff(cdf, axis=1, prepend=0.0)


def _change(row: Row, count: Callable[..., np.ndarray]) -> float:
    own, window = cells(row["scope"], row["role"]), WINDOWS[row["window"]]
    return 100 * float(count(window)[own].sum() / count(window, 1)[own].sum() - 1)


def _level(cdf: np.ndarray, names: list[str], wanted: tuple[str, ...], role: str) -> float:
    found = mean(shares(cdf), role)
    return 100 * float(sum(found[names.index(name)] for name in wanted))


def _salary(row: Row) -> float:
    city = shares(plan().cities.cdf)
    if row["key"] == "all cities":
        return float(mean((city * plan().pay).sum(axis=1), row["role"])) / 12
    place = plan().cities.names.index(row["key"])
    paid, jobs = mean(city * plan().pay, row["role"]), mean(city, row["role"])
    return float(paid[place] / jobs[place]) / 12


def _competition(row: Row) -> float:
    own, window = cells(row["scope"], row["role"]), WINDOWS[row["window"]]
    return float(applications(window)[own].sum() / postings(window)[own].sum())


def _applicant(row: Row) -> float:
    name = row["table"].removeprefix("applicant_").removesuffix("_share")
    (group,) = set(who().group[titles_of(row["role"])].tolist())
    return 100 * float(shares(who().cdf[name])[group, who().values[name].index(row["key"])])


def from_the_arrays(row: Row) -> float:
    """What the plan's arrays say of a row with "=", without its list of figures."""
    scope, role, key, p = row["scope"], row["role"], row["key"], plan()
    match row["table"]:
        case "demand_yoy":
            return _change(row, postings)
        case "supply_yoy":
            return _change(row, applications)
        case "industry_share":
            names = [industry.names["en"][0] for industry in p.content.industries]
            return share(p.segments.industry[p.cell_segment], names.index(key), scope, role)
        case "company_size_share":
            return share(
                p.segments.size[p.cell_segment], list(read_study().data["sizes"]).index(key), scope, role
            )
        case "city_share":
            return _level(p.cities.cdf, list(p.cities.names), (key,), role)
        case "education_required_share":
            return _level(p.education_cdf, list(EDUCATION_LEVELS), EDUCATION[key], role)
        case "experience_required_share":
            return _level(p.experience_cdf, list(read_study().data["experience"]), (key,), role)
        case "salary_mean":
            return _salary(row)
        case "competition_index":
            return _competition(row)
        case _:
            return _applicant(row)


def test_every_figure_that_the_study_states_is_true_of_the_market() -> None:
    rows = study("=")
    assert len(rows) == 73
    off = [(row, got) for row in rows if abs((got := from_the_arrays(row)) - float(row["value"])) > 1e-6]
    assert off == []


def test_the_list_of_figures_names_every_stated_figure_as_published_and_with_its_value() -> None:
    for row in study("="):
        figure = figures()[row["table"], row["scope"], row["role"], row["key"], WINDOWS[row["window"]]]
        assert value(row) == pytest.approx(float(row["value"]), abs=1e-6), row
        assert figure.source == "published", figure


def test_the_market_lists_as_many_published_figures_as_the_study_states() -> None:
    published = [
        figure for figure in plan().figures if figure.source == "published" and figure.table != "title_yoy"
    ]
    assert len(published) == 73
    place = ("demand_yoy", "ai_industry", "ai_product_manager", "postings", WINDOWS["q1q3"])
    assert figures()[place].value == pytest.approx(1.78)


def test_the_study_holds_for_other_seeds_spreads_and_shares_of_nulls() -> None:
    wanted = {place: figure.value for place, figure in figures().items() if figure.source == "published"}
    for spec in (
        MarketSpec(name=CHINA_AI, seed=11, spread=0.3, null_share=0.0),
        MarketSpec(name=CHINA_AI, seed=12, null_share=1.0),
        MarketSpec(name=CHINA_AI, seed=13, spread=0.0, first_month="2025-07", last_month="2025-12"),
    ):
        found = {(f.table, f.scope, f.subject, f.key, f.window): f.value for f in plan_china_ai(spec).figures}
        for place, planted in wanted.items():
            assert found[place] == pytest.approx(planted, rel=1e-9), place


def test_what_the_study_says_roughly_or_only_bounds_holds_too() -> None:
    for row in study("~"):
        assert value(row) == pytest.approx(float(row["value"]), abs=2), row
    for row in study(">"):
        assert value(row) > float(row["value"]) + 1, row


def test_cities_rank_as_published_with_gaps_that_can_be_measured() -> None:
    for role in ("ai_engineer", "data_annotator", "ai_product_manager"):
        for table, planted, gap in (
            ("salary_by_city", "salary_mean", 1.03),
            ("city_share", "city_share", 1.01),
        ):
            rows = [row for row in study("rank") if (row["role"], row["table"]) == (role, table)]
            if not rows:
                continue
            ranked = [row["key"] for row in sorted(rows, key=lambda row: float(row["value"]))]
            means = {city: value(rows[0], planted, city) for city in plan().cities.names}
            order = sorted(means, key=lambda city: -means[city])
            assert order[: len(ranked)] == ranked
            if planted == "salary_mean":
                tops = [means[city] for city in order[: len(ranked) + 1]]
                assert all(one > gap * other for one, other in pairwise(tops))
            if "above 20000" in rows[0]["note"]:
                assert all(means[city] > 20_000 for city in ranked)


def test_what_the_study_names_as_leading_leads() -> None:
    for row in study("in"):
        rivals = [
            f.value
            for f in plan().figures
            if (f.table, f.subject) == (row["table"], row["role"]) and f.key != row["key"]
        ]
        assert sum(rival >= value(row) / (100 if row["unit"] == "percent" else 1) for rival in rivals) < 10, (
            row
        )
    named = [row for row in study("in") if row["table"] == "skill_required"]
    for role in {row["role"] for row in named}:
        keys = {row["key"] for row in named if row["role"] == role}
        planted = sorted(
            (f for f in plan().figures if (f.table, f.subject) == ("skill_required", role)),
            key=lambda f: -f.value,
        )
        assert {figure.key for figure in planted[: len(keys)]} == keys
    engineer = [f.key for f in plan().figures if (f.table, f.subject) == ("skill_required", "ai_engineer")]
    assert engineer[:2] == ["Python", "C/C++"]


def test_nothing_of_a_plan_is_negative_and_all_its_shares_add_up() -> None:
    p, applicants = plan(), who()
    assert p.volume.min() >= 0
    assert p.volume.sum() == pytest.approx(1)
    assert p.pay.min() > 3_000 * 12
    assert applicants.per_posting.min() > 10
    for cdf in (p.cities.cdf, p.education_cdf, p.experience_cdf, *applicants.cdf.values()):
        assert np.diff(cdf, axis=1, prepend=0.0).min() >= -1e-12
        assert cdf[:, -1] == pytest.approx(1)
    assert len(p.asked) == len(p.content.titles)
    assert all(0 < often < 1 for skills in p.asked for _, often in skills)


def test_a_null_title_moves_exactly_with_the_market() -> None:
    changes = [f for f in plan().figures if f.table == "title_yoy"]
    (market,) = [f.value for f in plan().figures if f.table == "market_yoy"]
    nulls = [f.value for f in changes if f.source == "null"]
    assert len(nulls) > 10
    assert nulls == pytest.approx([market] * len(nulls))


def test_the_market_has_its_own_months_and_no_others() -> None:
    assert MARKETS[CHINA_AI] == (ALL_MONTHS[0], ALL_MONTHS[-1])
    assert plan().months[0] == "2024-01"
    assert plan().months[-1] == "2025-09"
    with pytest.raises(MarketSpecError):
        MarketSpec(name=CHINA_AI, first_month="2023-01")


def test_every_spelling_of_a_size_or_an_experience_belongs_to_one_level() -> None:
    attributes = [
        *plan().size_texts.values(),
        *plan().experience_texts.values(),
        *(who().texts[name] for name in ATTRIBUTES),
    ]
    for levels in attributes:
        texts = [text for level in levels for text in set(level)]
        assert len(set(texts)) == len(texts)


MARKET = 300_000
"""Postings of the market that applications are drawn for; the tests draw some of its titles only."""


@cache
def drawn(wanted: str) -> tuple[Posted, pa.Table]:
    """Applications for the postings of one scope or role of a market, from the months of both windows."""
    p, rng = plan(), np.random.default_rng(5)
    everything = p.volume * MARKET
    scope, role = wanted.split("/")
    counts = rng.poisson(everything * cells(scope, role)[:, None])
    cell, month = (
        np.repeat(index, counts.ravel()) for index in np.divmod(np.arange(counts.size), counts.shape[1])
    )
    ids = pa.array([f"p{number}" for number in range(len(cell))])
    day = rng.integers(0, 28, len(cell))
    posted = Posted(ids, p.cell_title[cell], p.cell_segment[cell], month, day)
    desk = Applications(p, SPEC.seed, expected_postings(p, p.volume, MARKET))
    return posted, desk.draw(0, posted)


def _per_posting(posted: Posted, table: pa.Table) -> np.ndarray:
    number = pc.utf8_slice_codeunits(table.column("posting_id"), 1).cast(pa.int64()).to_numpy()
    return np.bincount(number, minlength=len(posted.title))


def test_a_posting_gets_the_planted_number_of_applications_in_the_mean() -> None:
    posted, table = drawn("ai_industry/all")
    count = _per_posting(posted, table)
    wanted = who().per_posting[posted.title, who().scope[posted.segment], posted.month]
    for role in ("ai_engineer", "data_annotator", "ai_product_manager", "all"):
        for year in (2024, 2025):
            of_year = np.array([month.startswith(str(year)) for month in plan().months])[posted.month]
            own = titles_of(role)[posted.title] & of_year
            error = count[own] - wanted[own]
            assert own.sum() > 200
            assert abs(error.mean()) < 4 * error.std() / np.sqrt(own.sum()), (role, year)


def test_people_grow_as_the_study_says_though_each_sends_several_applications() -> None:
    posted, table = drawn("ai_industry/all")
    number = pc.utf8_slice_codeunits(table.column("posting_id"), 1).cast(pa.int64()).to_numpy()
    month = np.array(plan().months)[posted.month][number]
    person = table.column("applicant").to_numpy()

    def people(year: int, first: str, last: str) -> int:
        return len(set(person[(month >= f"{year}-{first}") & (month <= f"{year}-{last}")]))

    for first, percent in (("01", 39), ("07", 23)):
        grown = people(2025, first, "09") / people(2024, first, "09") - 1
        assert grown == pytest.approx(percent / 100, abs=0.035)
    assert len(number) / len(set(person)) == pytest.approx(who().applications_each, rel=0.1)


def test_nobody_applies_twice_for_one_posting() -> None:
    _, table = drawn("ai_industry/all")
    pairs = table.group_by(["applicant", "posting_id"]).aggregate([])
    assert pairs.num_rows == table.num_rows


def test_applications_come_after_the_posting_and_within_its_quarter() -> None:
    posted, table = drawn("all_industries/data_annotator")
    number = pc.utf8_slice_codeunits(table.column("posting_id"), 1).cast(pa.int64()).to_numpy()
    starts = np.array([f"{month}-01" for month in plan().months], dtype="datetime64[D]")
    first = starts[posted.month][number] + posted.day[number]
    applied = table.column("applied_on").to_numpy().astype("datetime64[D]")
    wait = (applied - first).astype(int)
    assert wait.min() == 0
    assert wait.max() <= LATEST
    quarters = [dates.astype("datetime64[M]").astype(int) // 3 for dates in (first, applied)]
    assert (quarters[0] == quarters[1]).all()
    assert 0.3 < (wait > 3).mean() < 0.8


def test_a_person_is_the_same_in_every_application() -> None:
    _, table = drawn("all_industries/data_annotator")
    columns = table.column_names[3:]
    people = table.group_by(["applicant", *columns]).aggregate([]).num_rows
    assert people == len(set(table.column("applicant").to_pylist()))


def test_applicants_are_as_planted() -> None:
    _, table = drawn("all_industries/data_annotator")
    people = table.group_by("applicant").aggregate([(name, "first") for name in table.column_names[3:]])
    (group,) = set(who().group[titles_of("data_annotator")].tolist())
    for name, column in zip(ATTRIBUTES, table.column_names[3:], strict=True):
        texts = people.column(f"{column}_first")
        assert texts.null_count / len(texts) == pytest.approx(who().blank[name], abs=0.006)
        found = dict(
            zip(*(side.to_pylist() for side in texts.drop_null().value_counts().flatten()), strict=True)
        )
        for value_, spellings, planted in zip(
            who().values[name], who().texts[name], shares(who().cdf[name])[group], strict=True
        ):
            seen = sum(found.get(text, 0) for text in set(spellings)) / (len(texts) - texts.null_count)
            error = 4 * np.sqrt(planted * (1 - planted) / len(texts)) + 1e-9
            assert abs(seen - planted) < error, (name, value_)


def test_applications_have_their_schema_and_the_same_seed_gives_the_same_bytes() -> None:
    posted, table = drawn("all_industries/data_annotator")
    p = plan()
    few = Posted(*(getattr(posted, name)[:500] for name in ("ids", "title", "segment", "month", "day")))
    expected = expected_postings(p, p.volume, MARKET)
    again, same = (Applications(p, SPEC.seed, expected).draw(4, few) for _ in range(2))
    assert table.schema == APPLICATIONS
    assert again.equals(same)
    assert not again.equals(Applications(p, SPEC.seed + 1, expected).draw(4, few))
    assert Applications(p, SPEC.seed, expected).draw(5, few).num_rows != again.num_rows


def test_no_postings_give_no_applications() -> None:
    p, nothing = plan(), np.array([], dtype=np.int64)
    desk = Applications(p, SPEC.seed, expected_postings(p, p.volume, 1_000))
    table = desk.draw(0, Posted(pa.array([], pa.string()), nothing, nothing, nothing, nothing))
    assert table.num_rows == 0
    assert table.schema == APPLICATIONS
