"""Ads that repeat another: how many there are of each kind, and what each kind keeps and changes."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from market import MarketSpec, generate_market
from market.copies import LATER
from tests.markets import query, read_shards

SPEC = MarketSpec(postings=45_000, labelled=20, seed=7)
KINDS = ("exact", "near", "repost", "location", "agency")
UNUSABLE = "no_text"


@dataclass(frozen=True)
class Pair:
    """A copy and what it repeats: what is true of each, and what the source gives of them."""

    copy: dict
    original: dict
    given: dict
    given_original: dict

    @property
    def readable(self) -> bool:
        return UNUSABLE not in (self.copy["broken"], self.original["broken"])

    @property
    def days(self) -> int:
        return (self.copy["posted_on"] - self.original["posted_on"]).days


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("copies")
    generate_market(SPEC, home / "source", home / "truth")
    return home


@pytest.fixture(scope="module")
def pairs(home: Path) -> dict[str, list[Pair]]:
    truth = {row["id"]: row for row in read_shards(home / "truth").to_pylist()}
    copies = [row for row in truth.values() if row["copy_of"]]
    wanted = {row["id"] for row in copies} | {row["copy_of"] for row in copies}
    given = {row["id"]: row for row in read_shards(home / "source").to_pylist() if row["id"] in wanted}
    found: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    for row in copies:
        found[row["copy_kind"]].append(
            Pair(row, truth[row["copy_of"]], given[row["id"]], given[row["copy_of"]])
        )
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-zA-Z]+|[一-鿿]", text))


@pytest.mark.parametrize(
    ("kind", "share", "least"),
    [
        ("exact", SPEC.exact_copies, 0.9),
        ("near", SPEC.near_copies, 0.9),
        ("location", SPEC.locations, 0.85),  # a country with one city offers no other
        ("agency", SPEC.agency_copies, 0.85),
        ("repost", SPEC.reposts, 0.7),  # not each finds an ad that is old enough
    ],
)
def test_each_kind_of_copy_has_about_its_stated_share(
    pairs: dict[str, list[Pair]], kind: str, share: float, least: float
) -> None:
    assert least * share < len(pairs[kind]) / SPEC.postings < 1.15 * share


def test_a_market_without_copies_can_be_had(tmp_path: Path) -> None:
    none = dict.fromkeys(("exact_copies", "near_copies", "reposts", "locations", "agency_copies"), 0.0)
    generate_market(MarketSpec(postings=2_000, labelled=10, **none), tmp_path / "s", tmp_path / "t")  # type: ignore[arg-type]
    assert query(
        "select count(copy_of), count(*) filter (copy_kind <> '') from read_parquet($f)",
        f=tmp_path / "t" / "postings-*.parquet",
    ) == [(0, 0)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_has_the_title_of_what_it_repeats_which_is_an_original_and_came_first(
    pairs: dict[str, list[Pair]], kind: str
) -> None:
    for pair in pairs[kind]:
        assert pair.original["copy_of"] is None
        assert pair.copy["id"] != pair.original["id"]
        assert pair.copy["title_id"] == pair.original["title_id"]
        assert pair.days >= 0
        assert not pair.copy["ghost"]
        for fact in ("language", "education_level", "experience_level", "true_country", "obscured"):
            assert pair.copy[fact] == pair.original[fact]


def test_originals_are_marked_by_neither_kind_nor_original(home: Path) -> None:
    assert query(
        "select count(*) from read_parquet($f) where (copy_of is null) <> (copy_kind = '')",
        f=home / "truth" / "postings-*.parquet",
    ) == [(0,)]


@pytest.mark.parametrize("kind", ["exact", "repost", "location"])
def test_exact_copies_reposts_and_location_copies_say_the_same_word_for_word(
    pairs: dict[str, list[Pair]], kind: str
) -> None:
    for pair in pairs[kind]:
        if pair.readable:
            for name in ("title", "description", "company", "salary", "skills"):
                assert pair.given[name] == pair.given_original[name]
            assert pair.copy["employer"] == pair.original["employer"]


def test_reposts_come_a_week_or_more_later_some_of_them_in_another_month(
    pairs: dict[str, list[Pair]],
) -> None:
    days = [pair.days for pair in pairs["repost"]]
    assert min(days) >= LATER == 7
    assert max(days) > 60
    assert sum(pair.copy["month"] != pair.original["month"] for pair in pairs["repost"]) > 0.5 * len(days)


@pytest.mark.parametrize("kind", ["exact", "near", "location", "agency"])
def test_other_copies_appear_within_days_in_the_same_month(pairs: dict[str, list[Pair]], kind: str) -> None:
    assert max(pair.days for pair in pairs[kind]) == 3
    assert all(pair.copy["month"] == pair.original["month"] for pair in pairs[kind])


def test_location_copies_name_another_city_of_the_same_country_and_no_other_copy_does(
    pairs: dict[str, list[Pair]],
) -> None:
    for kind, found in pairs.items():
        for pair in found:
            assert (pair.copy["true_city"] != pair.original["true_city"]) == (kind == "location")


@pytest.mark.parametrize("kind", ["near", "agency"])
def test_near_and_agency_copies_differ_in_a_few_words(pairs: dict[str, list[Pair]], kind: str) -> None:
    alike = []
    for pair in pairs[kind]:
        if pair.readable:
            own, other = pair.given["description"], pair.given_original["description"]
            assert own != other
            alike.append(len(words(own) & words(other)) / len(words(own) | words(other)))
    alike.sort()
    assert alike[len(alike) // 50] > 0.55
    assert alike[len(alike) // 20] > 0.7
    assert alike[len(alike) // 2] > 0.85
    same = [pair.given["title"] == pair.given_original["title"] for pair in pairs[kind] if pair.readable]
    assert 0.6 < sum(same) / len(same) < 0.95


def test_agency_copies_are_placed_by_an_agency_that_does_not_always_say_so(
    pairs: dict[str, list[Pair]],
) -> None:
    found = pairs["agency"]
    assert all(pair.copy["industry"] == "staffing" for pair in found)
    assert sum(pair.copy["employer"] != pair.original["employer"] for pair in found) > 0.98 * len(found)
    assert 0.2 < sum(pair.given["company"] is None for pair in found) / len(found) < 0.45
    assert not any(
        pair.given["company"] and pair.given["company"] == pair.given_original["company"]
        for pair in found
        if pair.copy["employer"] != pair.original["employer"]
    )


def test_ghost_ads_are_reposted_again_and_again(home: Path) -> None:
    reposts = dict(
        query(
            """
            with originals as (select id, ghost from read_parquet($f) where copy_of is null),
                 again as (select copy_of, count(*) as n from read_parquet($f) where copy_kind = 'repost' group by 1)
            select ghost, avg(coalesce(n, 0)) from originals left join again on copy_of = id group by 1
            """,
            f=home / "truth" / "postings-*.parquet",
        )
    )
    assert reposts[True] > 20 * reposts[False] > 0
    [(share,)] = query(
        "select avg(ghost::int) from read_parquet($f) where copy_of is null",
        f=home / "truth" / "postings-*.parquet",
    )
    assert 0.007 < share < 0.013


def test_copies_change_no_growth_because_every_month_has_as_many(home: Path) -> None:
    shares = query(
        """
        select left(month, 4), avg((copy_of is not null)::int), count(*)
        from read_parquet($f) group by 1 order by 1
        """,
        f=home / "truth" / "postings-*.parquet",
    )
    overall = sum(share * number for _, share, number in shares) / SPEC.postings
    for _, share, number in shares:
        assert share == pytest.approx(overall, abs=4 * (overall / number) ** 0.5)
