"""The employers of a market: what they are, when they live, and what a crawl that comes and goes makes of counts."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from market import MarketSpec, generate_market
from market.content import load_content
from market.employers import HEAD, KINDS, LONGEST_OUTAGE, SETTLED, Employers
from market.markets import plan_market
from market.spec import MOST_EMPLOYERS
from market.worldwide import YEARS
from tests.markets import change, query, volume_by_employer, window

SPEC = MarketSpec(postings=45_000, labelled=20, seed=7)


def employers_of(spec: MarketSpec) -> Employers:
    return Employers(plan_market(spec), spec.seed, spec.employer_count)


@pytest.fixture(scope="module")
def employers() -> Employers:
    return employers_of(SPEC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("employers")
    generate_market(SPEC, home / "source", home / "truth")
    return home


@pytest.fixture(scope="module")
def polls(employers: Employers) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """By employer and month, the days and results of its polls, in the order of the table."""
    found = defaultdict(list)
    industries = pa.array([industry.names["en"][0] for industry in load_content().industries])
    for batch in employers.coverage(industries):
        columns = [batch.column(name).to_pylist() for name in ("employer", "month", "polled_on", "result")]
        for employer, month, day, result in zip(*columns, strict=True):
            found[employer, month].append((day, result))
    return found


# -- what they are --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 4])
def test_no_two_employers_share_a_name_however_many_there_are(seed: int) -> None:
    employers = employers_of(MarketSpec(employers=50_000, seed=seed))
    assert len(set(employers.names.to_pylist())) == len(employers) >= 49_900


def test_the_table_of_employers_stops_growing_with_the_market() -> None:
    assert MarketSpec(postings=100_000_000).employer_count == MOST_EMPLOYERS
    assert MarketSpec(postings=2_000_000).employer_count == MOST_EMPLOYERS
    assert MarketSpec(postings=80_000).employer_count == 20_000


def test_a_few_employers_place_much_and_many_place_little(home: Path) -> None:
    [(number, most, median, top, once)] = query(
        """
        with e as (select employer, count(*) as n from read_parquet($truth) group by 1)
        select count(*), max(n) / sum(n), median(n),
               sum(n) filter (n >= (select quantile_cont(n, 0.99) from e)) / sum(n), avg((n = 1)::int)
        from e
        """,
        truth=home / "truth" / "postings-*.parquet",
    )
    assert number > 3_000
    assert 0.003 < most < 0.04
    assert median <= 8
    assert 0.12 < top < 0.4
    assert once > 0.08


def test_employers_are_companies_agencies_governments_universities_and_charities(
    employers: Employers,
) -> None:
    kinds = np.bincount(employers.kind, minlength=len(KINDS)) / len(employers)
    assert (kinds > 0.001).all()
    assert kinds[KINDS.index("company")] > 0.6
    staffing = employers._plan.segments.agency[employers.segment]
    assert ((employers.kind == KINDS.index("agency")) == staffing).all()


def test_larger_employers_are_in_larger_size_bands(employers: Employers) -> None:
    head, tail = employers.size[employers.rank < SETTLED], employers.size[employers.rank > 60]
    assert head.mean() > tail.mean() + 3
    assert set(employers.size.tolist()) == set(range(8))


def test_agencies_place_ads_of_all_kinds_of_titles_under_their_own_name(home: Path) -> None:
    [(share, names, titles)] = query(
        """
        select avg((industry = 'staffing')::int),
               count(distinct employer) filter (industry = 'staffing'),
               count(distinct title_id) filter (industry = 'staffing')
        from read_parquet($truth)
        """,
        truth=home / "truth" / "postings-*.parquet",
    )
    assert 0.04 < share < 0.09
    assert names > 50
    assert titles > 400


# -- births and deaths are the market -------------------------------------------------------------------------------


def test_employers_are_born_and_die_in_balance_so_that_the_market_does_not_drift(
    employers: Employers,
) -> None:
    changing = employers.alive.any(axis=1) & ~employers.alive.all(axis=1)
    assert 0.2 < changing.mean() < 0.4
    assert not changing[employers.rank < SETTLED].any()
    born, died = employers.alive[:, -1] & changing, employers.alive[:, 0] & changing
    assert born.sum() == pytest.approx(died.sum(), rel=0.02)
    weight = (employers.alive / (employers.rank + HEAD)[:, None]).sum(axis=0)
    assert weight == pytest.approx(weight.mean(), rel=0.02)


def test_the_dead_and_the_unborn_place_no_ads_and_are_not_polled(
    home: Path, employers: Employers, polls: dict[tuple[str, str], list[tuple[str, str]]]
) -> None:
    months = employers._plan.months
    absent = {
        (name, month)
        for name, alive in zip(employers.names.to_pylist(), employers.alive, strict=True)
        for month, there in zip(months, alive, strict=True)
        if not there
    }
    assert len(absent) > 10_000
    placed = query(
        "select distinct employer, month from read_parquet($truth)",
        truth=home / "truth" / "postings-*.parquet",
    )
    assert not absent & set(placed)
    assert not absent & set(polls)


# -- the crawl is not -----------------------------------------------------------------------------------------------


def test_every_posting_comes_from_a_board_that_was_read_in_its_month(home: Path) -> None:
    polled = query(
        """
        with months as (
            select employer, month, bool_or(result = 'ok') as read from read_parquet($coverage) group by all
        )
        select count(*) filter (read is distinct from true), count(*)
        from read_parquet($truth) left join months using (employer, month)
        """,
        truth=home / "truth" / "postings-*.parquet",
        coverage=home / "source" / "coverage.parquet",
    )
    assert polled == [(0, SPEC.postings)]


def test_the_coverage_table_tells_exactly_when_the_crawl_reached_whom(
    home: Path, employers: Employers, polls: dict[tuple[str, str], list[tuple[str, str]]]
) -> None:
    assert query("select count(*) from read_parquet($f)", f=home / "source" / "coverage.parquet") == [
        (sum(len(days) for days in polls.values()),)
    ]
    for name, crawled, reached in zip(
        employers.names.to_pylist(), employers.crawled & employers.alive, employers.reached, strict=True
    ):
        for month, known, read in zip(employers._plan.months, crawled, reached, strict=True):
            days = polls.get((name, month), [])
            assert len(days) == (4 if known else 0)
            assert any(result == "ok" for _, result in days) == read
            assert [day for day, _ in days] == sorted({day for day, _ in days if day[:7] == month})


def test_single_polls_fail_and_some_boards_cannot_be_read_for_up_to_three_months(
    employers: Employers, polls: dict[tuple[str, str], list[tuple[str, str]]]
) -> None:
    failed = np.mean([result == "failed" for days in polls.values() for _, result in days])
    assert 0.02 < failed < 0.06
    partly = [days for days in polls.values() if len({result for _, result in days}) == 2]
    assert 0.08 < len(partly) / len(polls) < 0.16
    out = employers.crawled & employers.alive & ~employers.reached
    assert 0.02 < out.any(axis=1).mean() < 0.06
    assert 1 <= out.sum(axis=1).max() <= LONGEST_OUTAGE


def test_many_employers_are_never_crawled_and_more_are_found_than_lost(employers: Employers) -> None:
    assert 0.1 < (~employers.crawled.any(axis=1)).mean() < 0.4
    found = ~employers.crawled[:, 0] & employers.crawled[:, -1]
    lost = employers.crawled[:, 0] & ~employers.crawled[:, -1]
    assert found.mean() > 1.3 * lost.mean() > 0.03
    turns = np.diff(employers.crawled.astype(int), axis=1).clip(0).sum(axis=0)
    expansions = [employers._plan.months.index(m) - 1 for m in ("2023-09", "2024-04", "2025-02")]
    assert turns[expansions].min() > 4 * np.median(turns)


def test_without_drift_the_crawl_knows_the_same_boards_in_all_months() -> None:
    employers = employers_of(MarketSpec(postings=10_000, coverage_drift=0.0))
    assert (employers.crawled == employers.crawled[:, :1]).all()


def test_a_drifting_crawl_flatters_the_market_and_employers_read_in_both_years_put_it_right() -> None:
    raw, matched = np.zeros((5, 2)), np.zeros((5, 2))
    for seed in range(5):
        spec = MarketSpec(postings=150_000, seed=seed)
        plan = plan_market(spec)
        employers = Employers(plan, seed, spec.employer_count)
        volume = volume_by_employer(plan, employers)
        for place, year in enumerate(YEARS):
            true, current = change(plan, plan.volume, year), window(plan, year)
            assert change(plan, volume, year) == pytest.approx(true, abs=1e-6)
            raw[seed, place] = change(plan, volume * employers.reached, year) - true
            both = employers.reached[:, current] & employers.reached[:, current - 12]
            panel = (volume[:, current] * both).sum() / (volume[:, current - 12] * both).sum() - 1
            matched[seed, place] = panel - true
    assert raw.min() > 0.015
    # What remains in one market is luck (employers hire in bursts), not a direction.
    assert (np.abs(matched.mean(axis=0)) < 0.2 * raw.mean(axis=0)).all()
    assert np.abs(matched).max() < 0.02


def test_the_share_that_the_crawl_sees_of_a_title_is_that_of_its_employers() -> None:
    spec = MarketSpec(postings=20_000, seed=2)
    plan = plan_market(spec)
    employers = Employers(plan, spec.seed, spec.employer_count)
    volume = volume_by_employer(plan, employers)
    seen = (plan.volume * employers.seen_share).sum(axis=0)
    assert seen == pytest.approx((volume * employers.reached).sum(axis=0), rel=1e-5)
    assert (employers.seen_share >= 0.0).all()
    assert (employers.seen_share <= 1.0 + 1e-6).all()
