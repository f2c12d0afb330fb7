"""A generated market: deterministic, streamed, broken in the stated share, with its truth kept apart."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market import GeneratedMarket, MarketSpec, MarketSpecError, generate_market
from market.content import load_content
from market.employers import Employers
from market.growth import PUBLISHED, plant_growth
from market.records import BROKEN, SOURCE, TRUTH
from storage import LockedError, exclusive_lock

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"
SPEC = MarketSpec(postings=45_000, labelled=100, seed=7, shard_postings=20_000)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, GeneratedMarket]:
    home = tmp_path_factory.mktemp("market")
    made = generate_market(SPEC, home / "source", home / "truth")
    return home / "source", home / "truth", made


def _table(folder: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("postings-*.parquet")))


def _query(sql: str, **files: Path) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(sql, {name: str(path) for name, path in files.items()}).fetchall()


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


def test_equal_specifications_give_equal_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    spec = MarketSpec(postings=3_000, labelled=200, seed=1)
    for name in ("first", "second"):
        generate_market(spec, tmp_path / name / "source", tmp_path / name / "truth")
    generate_market(
        MarketSpec(postings=3_000, labelled=200, seed=2), tmp_path / "other", tmp_path / "other_truth"
    )

    assert _bytes(tmp_path / "first" / "source") == _bytes(tmp_path / "second" / "source")
    assert _bytes(tmp_path / "first" / "truth") == _bytes(tmp_path / "second" / "truth")
    assert not _table(tmp_path / "first" / "source").equals(_table(tmp_path / "other"))


def test_the_size_of_a_shard_does_not_change_what_is_in_the_market(tmp_path: Path) -> None:
    shards = {}
    for size in (8_192, 100_000):
        spec = MarketSpec(postings=18_000, labelled=20, shard_postings=size)
        made = generate_market(spec, tmp_path / f"source{size}", tmp_path / f"truth{size}")
        shards[size] = [name for name in made.files if name.startswith("postings-")]

    assert {size: len(names) for size, names in shards.items()} == {8_192: 3, 100_000: 1}
    assert _table(tmp_path / "source8192").equals(_table(tmp_path / "source100000"))
    assert _table(tmp_path / "truth8192").equals(_table(tmp_path / "truth100000"))


def test_a_market_that_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    spec = MarketSpec(postings=500, labelled=20)
    source, truth = tmp_path / "source", tmp_path / "truth"
    first = generate_market(spec, source, truth)
    times = {path: path.stat().st_mtime_ns for path in source.iterdir()}
    again = generate_market(spec, source, truth)

    assert (first.already_there, again.already_there) == (False, True)
    assert again.records == first.records
    assert {path: path.stat().st_mtime_ns for path in source.iterdir()} == times

    (truth / "titles.csv").unlink()
    assert not generate_market(spec, source, truth).already_there
    assert not generate_market(MarketSpec(postings=500, labelled=21), source, truth).already_there


def test_an_interrupted_market_is_not_taken_for_a_whole_one_and_the_next_run_completes_it(
    tmp_path: Path,
) -> None:
    spec = MarketSpec(postings=17_000, labelled=50, shard_postings=8_192)
    source, truth = tmp_path / "source", tmp_path / "truth"

    def stop(done: int, total: int) -> None:
        if done > 9_000:
            raise KeyboardInterrupt

    generate_market(MarketSpec(postings=25_000, labelled=50, shard_postings=8_192), source, truth)
    with pytest.raises(KeyboardInterrupt):
        generate_market(spec, source, truth, stop)
    assert not (source / "market.json").exists()
    assert not list(source.glob(".tmp-*"))

    generate_market(spec, source, truth)
    generate_market(spec, tmp_path / "undisturbed", tmp_path / "undisturbed_truth")
    assert _bytes(source) == _bytes(tmp_path / "undisturbed")
    assert _bytes(truth) == _bytes(tmp_path / "undisturbed_truth")


def test_two_processes_cannot_write_the_same_market(tmp_path: Path) -> None:
    with exclusive_lock(tmp_path / "source" / ".lock"), pytest.raises(LockedError):
        generate_market(MarketSpec(postings=200), tmp_path / "source", tmp_path / "truth")


def test_memory_stays_flat_while_a_market_streams_to_its_shards(tmp_path: Path) -> None:
    held: list[int] = []
    generate_market(
        MarketSpec(postings=65_536, labelled=50, shard_postings=65_536),
        tmp_path / "source",
        tmp_path / "truth",
        lambda done, total: held.append(pa.total_allocated_bytes()),
    )
    assert len(held) == 8
    assert max(held[4:]) < 1.5 * max(held[:4])


def test_progress_reaches_the_whole_market(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    generate_market(
        MarketSpec(postings=10_000, labelled=10),
        tmp_path / "s",
        tmp_path / "t",
        lambda *step: seen.append(step),
    )
    assert seen == [(8_192, 10_000), (10_000, 10_000)]


def test_truth_counts_show_the_planted_growth_within_sampling_error(
    market: tuple[Path, Path, GeneratedMarket],
) -> None:
    _, truth, _ = market
    with (truth / "titles.csv").open(encoding="utf-8") as stream:
        planted = {row["title_id"]: row for row in csv.DictReader(stream)}
    counts = _query(
        """
        select title_id, cast(left(month, 4) as integer) as year, count(*) as postings
        from read_parquet($truth) where right(month, 2) <= '10' group by all
        """,
        truth=truth / "postings-*.parquet",
    )
    found = {(title, year): number for title, year, number in counts}

    z = []
    for title, row in planted.items():
        for year in (2024, 2025):
            before, after = found[title, year - 1], found[title, year]
            error = np.log(after / before) - np.log1p(float(row[f"yoy_{year}"]))
            # Reposts repeat a title: 3 % of them widen the Poisson error a little.
            z.append(error / np.sqrt(1.07 * (1 / before + 1 / after)))
    assert np.abs(z).max() < 4
    assert 0.8 < np.std(z) < 1.2
    assert abs(np.mean(z)) < 0.35

    for year, change in ((2024, SPEC.market_2024), (2025, SPEC.market_2025)):
        before, after = (sum(n for (_, y), n in found.items() if y == at) for at in (year - 1, year))
        assert np.log(after / before) == pytest.approx(
            np.log1p(change), abs=4 * np.sqrt(1 / before + 1 / after)
        )


def test_growth_is_the_published_figure_where_there_is_one_and_exactly_the_markets_for_the_nulls() -> None:
    content, spec = load_content(), MarketSpec()
    growth = plant_growth(spec, content)
    number = {title.title_id: n for n, title in enumerate(content.titles)}

    assert growth.yoy[2025][number["machine-learning-engineer"]] == pytest.approx(0.40)
    assert growth.yoy[2024][number["machine-learning-engineer"]] == pytest.approx(0.78)
    assert growth.yoy[2025][number["trade-compliance-specialist"]] == pytest.approx(0.18)
    assert growth.kind[2025].count(PUBLISHED) >= 30
    for year, market in ((2024, spec.market_2024), (2025, spec.market_2025)):
        nulls = [growth.yoy[year][n] for n, kind in enumerate(growth.kind[year]) if kind == "null"]
        unpublished = [kind for kind in growth.kind[year] if kind in ("null", "drawn")]
        assert np.allclose(nulls, market, atol=1e-12)
        assert len(nulls) / len(unpublished) == pytest.approx(spec.null_share, abs=0.03)
        total = growth.title_weight[year].sum() / growth.title_weight[year - 1].sum()
        assert total == pytest.approx(1 + market, abs=1e-12)


def test_broken_records_are_there_in_the_stated_share_and_truly_broken(
    market: tuple[Path, Path, GeneratedMarket],
) -> None:
    source, truth, made = market
    kinds = _table(truth).column("broken").to_pylist()
    broken = sum(kind != "" for kind in kinds)
    assert broken / SPEC.postings == pytest.approx(SPEC.broken, abs=4 * np.sqrt(SPEC.broken / SPEC.postings))
    assert broken <= made.broken <= broken * 1.2
    assert set(kinds) == {"", *BROKEN}

    texts = {
        row["id"]: row
        for row in _table(source).select(["id", "title", "description", "posted_at"]).to_pylist()
    }
    for row in _table(truth).select(["id", "broken"]).to_pylist():
        record = texts[row["id"]]
        assert (record["title"] is None and record["description"] is None) == (row["broken"] == "no_text")
        assert (record["posted_at"] == "03/04/2024") == (row["broken"] == "ambiguous_date")


def test_some_postings_are_observed_twice_and_some_are_advertised_again(
    market: tuple[Path, Path, GeneratedMarket],
) -> None:
    source, truth, made = market
    records = _table(source)
    assert records.num_rows == made.records
    again = made.records - len(set(records.column("id").to_pylist()))
    assert again / SPEC.postings == pytest.approx(SPEC.reobserved, rel=0.15)

    text = dict(zip(records.column("id").to_pylist(), records.column("description").to_pylist(), strict=True))
    reposts = [row for row in _table(truth).to_pylist() if row["repost_of"] and not row["broken"]]
    assert len(reposts) / SPEC.postings == pytest.approx(SPEC.reposted, rel=0.15)
    truth_of = {row["id"]: row for row in _table(truth).to_pylist()}
    for row in reposts:
        original = truth_of[row["repost_of"]]
        assert (row["title_id"], row["month"]) == (original["title_id"], original["month"])
        if not original["broken"]:
            assert text[row["id"]] == text[original["id"]]


def test_the_source_holds_nothing_of_the_truth(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, truth, _ = market
    assert _table(source).schema.equals(SOURCE)
    assert _table(truth).schema.equals(TRUTH)
    assert set(SOURCE.names) & set(TRUTH.names) == {"id"}
    ids = {title.title_id for title in load_content().titles if "-" in title.title_id}
    for name, content in _bytes(source).items():
        assert not (name.endswith((".csv", ".json")) and any(word.encode() in content for word in ids)), name
    every_cell = {cell for column in _table(source).columns for cell in column.unique().to_pylist()}
    assert not ids & every_cell


def test_the_coverage_table_says_that_every_poster_was_polled(
    market: tuple[Path, Path, GeneratedMarket],
) -> None:
    source, truth, _ = market
    polled = _query(
        """
        select count(*) filter (where c.result is distinct from 'ok'), count(*)
        from read_parquet($truth) t left join read_parquet($coverage) c using (employer, month)
        """,
        truth=truth / "postings-*.parquet",
        coverage=source / "coverage.parquet",
    )
    assert polled == [(0, SPEC.postings)]
    results = dict(
        _query(
            "select result, count(*) from read_parquet($file) group by 1", file=source / "coverage.parquet"
        )
    )
    assert set(results) == {"ok", "failed"}
    assert 0.001 < results["failed"] / results["ok"] < 0.05


def test_records_look_like_those_of_real_sources(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, _, _ = market
    [(share, html, english, chinese, dates, missing_pay, employers, largest)] = _query(
        """
        with r as (select *, regexp_matches(coalesce(description, ''), '[一-鿿]{2}') as zh from read_parquet($file))
        select avg(zh::int), avg((description like '%<%')::int),
               median(length(description)) filter (not zh), median(length(description)) filter (zh),
               count(distinct regexp_replace(posted_at, '[0-9]+', '0', 'g')),
               avg((salary is null)::int), count(distinct company),
               (select max(n) from (select count(*) n from r where company is not null group by company)) / count(*)
        from r
        """,
        file=source / "postings-*.parquet",
    )
    assert 0.10 <= share <= 0.15
    assert 0.15 <= html <= 0.35
    assert 700 <= english <= 1_700
    assert chinese >= 120
    assert dates >= 8
    assert 0.35 <= missing_pay <= 0.6
    assert employers > 3_000
    assert 0.002 < largest < 0.05


def test_employers_have_names_of_their_own() -> None:
    employers = Employers(load_content(), 3, 50_000, 34)
    names = [
        name
        for industry, count in enumerate(employers.per_industry.tolist())
        for name in employers.names(np.full(count, industry), np.arange(count)).to_pylist()
    ]
    assert len(set(names)) == len(names) >= 49_000


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"postings": 5}, "postings"),
        ({"seed": -1}, "seed"),
        ({"first_month": "2023-13"}, "2023-13"),
        ({"first_month": "2025-11", "last_month": "2025-10"}, "after"),
        ({"difficulty": 1.5}, "difficulty"),
        ({"broken": 0.9}, "broken"),
        ({"name": "../x"}, "name"),
        ({"market_2025": -2.0}, "market_2025"),
    ],
)
def test_an_impossible_market_is_refused_with_the_setting_at_fault(
    settings: dict[str, object], word: str
) -> None:
    with pytest.raises(MarketSpecError, match=re.escape(word)):
        MarketSpec(**settings)  # type: ignore[arg-type]


def test_the_seeded_taxonomy_holds_every_title_of_the_market_under_the_same_name() -> None:
    with (SEEDS / "titles.csv").open(encoding="utf-8") as stream:
        seeded = {row["title_id"]: row for row in csv.DictReader(stream)}
    with (SEEDS / "title_families.csv").open(encoding="utf-8") as stream:
        families = {row["family_id"] for row in csv.DictReader(stream)}
    assert {row["family_id"] for row in seeded.values()} <= families
    assert {row["parent_id"] for row in seeded.values()} - {""} <= set(seeded)
    for title in load_content().titles:
        row = seeded[title.title_id]
        assert (row["title_en"], row["title_zh"], row["seniority_band"]) == (title.en, title.zh, title.band)


def test_the_manifest_states_what_was_made(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, _, made = market
    manifest = json.loads((source / "market.json").read_text("utf-8"))
    assert manifest["spec"] == SPEC.as_json()
    assert manifest["records"] == made.records == _table(source).num_rows
    assert all((source / name).is_file() for name in manifest["files"])
