"""A market on disk: deterministic, streamed, broken in the stated share, with its truth kept apart."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from typer.testing import CliRunner

from market import GeneratedMarket, MarketSpec, MarketSpecError, generate_market
from market.content import load_content
from market.markets import plan_market
from market.planted import FIGURES_HEADER
from market.records import BATCH, BROKEN, MISSING_DATE, SOURCE, TRUTH, Recorder
from orchestration.cli import app
from storage import LockedError, exclusive_lock
from tests.markets import file_bytes, query, read_shards
from tests.studies import write_tiny_study

SPEC = MarketSpec(postings=45_000, labelled=100, seed=7, shard_postings=20_000)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, GeneratedMarket]:
    home = tmp_path_factory.mktemp("market")
    made = generate_market(SPEC, home / "source", home / "truth")
    return home / "source", home / "truth", made


def test_equal_specifications_give_equal_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    spec = MarketSpec(postings=3_000, labelled=200, seed=1)
    for name in ("first", "second"):
        generate_market(spec, tmp_path / name / "source", tmp_path / name / "truth")
    generate_market(
        MarketSpec(postings=3_000, labelled=200, seed=2), tmp_path / "other", tmp_path / "other_truth"
    )

    assert file_bytes(tmp_path / "first" / "source") == file_bytes(tmp_path / "second" / "source")
    assert file_bytes(tmp_path / "first" / "truth") == file_bytes(tmp_path / "second" / "truth")
    assert not read_shards(tmp_path / "first" / "source").equals(read_shards(tmp_path / "other"))


def test_the_size_of_a_shard_does_not_change_what_is_in_the_market(tmp_path: Path) -> None:
    shards = {}
    for size in (8_192, 100_000):
        spec = MarketSpec(postings=18_000, labelled=20, shard_postings=size)
        made = generate_market(spec, tmp_path / f"source{size}", tmp_path / f"truth{size}")
        shards[size] = [name for name in made.files if name.startswith("postings-")]

    assert {size: len(names) for size, names in shards.items()} == {8_192: 3, 100_000: 1}
    assert read_shards(tmp_path / "source8192").equals(read_shards(tmp_path / "source100000"))
    assert read_shards(tmp_path / "truth8192").equals(read_shards(tmp_path / "truth100000"))


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
    assert file_bytes(source) == file_bytes(tmp_path / "undisturbed")
    assert file_bytes(truth) == file_bytes(tmp_path / "undisturbed_truth")


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


def test_a_batch_of_a_market_of_a_hundred_million_is_no_larger_than_one_of_two_million() -> None:
    held = []
    for postings in (2_000_000, 100_000_000):
        # Fewer employers than either market would have, because their number is capped and only takes time here.
        spec = MarketSpec(postings=postings, employers=2_000)
        batch = Recorder(spec, plan_market(spec)).draw(100)
        held.append((batch.truth.num_rows, batch.records.nbytes + batch.truth.nbytes))
    assert held[0][0] == held[1][0] == BATCH
    assert held[1][1] < 1.2 * held[0][1]


def test_progress_reaches_the_whole_market(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    generate_market(
        MarketSpec(postings=10_000, labelled=10),
        tmp_path / "s",
        tmp_path / "t",
        lambda *step: seen.append(step),
    )
    assert seen == [(8_192, 10_000), (10_000, 10_000)]


def test_broken_records_are_there_in_the_stated_share_and_truly_broken(
    market: tuple[Path, Path, GeneratedMarket],
) -> None:
    source, truth, made = market
    kinds = read_shards(truth).column("broken").to_pylist()
    broken = sum(kind != "" for kind in kinds)
    assert broken / SPEC.postings == pytest.approx(SPEC.broken, abs=4 * np.sqrt(SPEC.broken / SPEC.postings))
    assert broken <= made.broken <= broken * 1.2
    assert set(kinds) == {"", *BROKEN}

    texts = {
        row["id"]: row
        for row in read_shards(source).select(["id", "title", "description", "posted_at"]).to_pylist()
    }
    for row in read_shards(truth).select(["id", "broken"]).to_pylist():
        record = texts[row["id"]]
        assert (record["title"] is None and record["description"] is None) == (row["broken"] == "no_text")
        assert (record["posted_at"] == "03/04/2024") == (row["broken"] == "ambiguous_date")


def test_some_postings_are_observed_twice_word_for_word(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, _, made = market
    records = read_shards(source)
    assert records.num_rows == made.records
    by_id = records.group_by("id").aggregate([([], "count_all")])
    times = by_id.column("count_all")
    assert by_id.num_rows == SPEC.postings
    assert pc.max(times).as_py() == 2
    again = made.records - SPEC.postings
    assert again / SPEC.postings == pytest.approx(SPEC.reobserved, rel=0.15)
    assert len({tuple(row.items()) for row in records.to_pylist()}) == SPEC.postings


def test_a_few_whole_records_have_no_date(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, truth, _ = market
    [(missing, broken)] = query(
        """
        with dated as (select distinct id, posted_at from read_parquet($source))
        select avg((posted_at is null)::int), count(*) filter (posted_at is null and broken <> '')
        from read_parquet($truth) join dated using (id)
        """,
        source=source / "postings-*.parquet",
        truth=truth / "postings-*.parquet",
    )
    assert missing == pytest.approx(MISSING_DATE, abs=4 * (MISSING_DATE / SPEC.postings) ** 0.5)
    assert broken == 0


def test_dates_in_the_source_are_the_true_ones(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, truth, _ = market
    [(read, wrong)] = query(
        """
        with dated as (select distinct id, try_cast(left(posted_at, 10) as date) as day from read_parquet($source)
                       where regexp_matches(posted_at, '^20[0-9]{2}-[0-9]{2}-[0-9]{2}'))
        select count(*), count(*) filter (day <> posted_on or strftime(posted_on, '%Y-%m') <> month)
        from read_parquet($truth) join dated using (id) where broken <> 'bad_date'
        """,
        source=source / "postings-*.parquet",
        truth=truth / "postings-*.parquet",
    )
    assert read > 0.5 * SPEC.postings
    assert wrong == 0


def test_the_source_holds_nothing_of_the_truth(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, truth, _ = market
    assert read_shards(source).schema.equals(SOURCE)
    assert read_shards(truth).schema.equals(TRUTH)
    assert set(SOURCE.names) & set(TRUTH.names) == {"id", "industry"}
    ids = {title.title_id for title in load_content().titles if "-" in title.title_id}
    for name, content in file_bytes(source).items():
        assert not (name.endswith((".csv", ".json")) and any(word.encode() in content for word in ids)), name
    every_cell = {cell for column in read_shards(source).columns for cell in column.unique().to_pylist()}
    assert not ids & every_cell
    # In the column of industries only: a skill may happen to be called as an industry's id is ("logistics").
    industries = set(read_shards(source).column("industry").unique().to_pylist())
    assert not {industry.industry_id for industry in load_content().industries} & industries


def test_records_look_like_those_of_real_sources(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, _, _ = market
    [(share, html, english, chinese, dates, missing_pay, employers, largest)] = query(
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
    assert 0.04 <= share <= 0.10
    assert 0.15 <= html <= 0.35
    assert 700 <= english <= 1_700
    assert chinese >= 120
    assert dates >= 8
    assert 0.35 <= missing_pay <= 0.6
    assert employers > 3_000
    assert 0.002 < largest < 0.05


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"postings": 5}, "postings"),
        ({"seed": -1}, "seed"),
        ({"first_month": "2023-13"}, "2023-13"),
        ({"first_month": "2025-11", "last_month": "2025-10"}, "after"),
        ({"difficulty": 1.5}, "difficulty"),
        ({"broken": 0.9}, "broken"),
        ({"name": "../x"}, "worldwide and china_ai"),
        ({"first_month": "2022-06"}, "2023-01 to 2025-12"),
        ({"last_month": "2026-01"}, "2023-01 to 2025-12"),
        ({"reposts": 0.5}, "reposts"),
        ({"spread": 1.0}, "spread"),
        ({"coverage_drift": 2.0}, "coverage_drift"),
        ({"employers": 3}, "employers"),
        ({"workers": 3}, "workers"),
    ],
)
def test_an_impossible_market_is_refused_with_the_setting_at_fault(
    settings: dict[str, object], word: str
) -> None:
    with pytest.raises(MarketSpecError, match=re.escape(word)):
        MarketSpec(**settings)  # type: ignore[arg-type]


def test_the_manifest_states_what_was_made(market: tuple[Path, Path, GeneratedMarket]) -> None:
    source, _, made = market
    manifest = json.loads((source / "market.json").read_text("utf-8"))
    assert manifest["spec"] == SPEC.as_json()
    assert manifest["records"] == made.records == read_shards(source).num_rows
    assert all((source / name).is_file() for name in manifest["files"])


def test_the_figures_beside_the_truth_say_for_each_title_what_is_planted_and_what_the_crawl_makes_of_it(
    market: tuple[Path, Path, GeneratedMarket],
) -> None:
    _, truth, _ = market
    with (truth / "figures.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == list(FIGURES_HEADER)
    titles = {title.title_id for title in load_content().titles}
    for year in (2024, 2025):
        planted, crawled = (
            {
                row["subject"]: float(row["value"])
                for row in rows
                if (row["table"], row["window"]) == (table, f"{year}-01..{year}-10")
            }
            for table in ("title_yoy", "title_yoy_crawled")
        )
        assert set(planted) == set(crawled) == titles
        assert np.mean([crawled[title] - planted[title] for title in titles]) > 0.015
    with (truth / "titles.csv").open(encoding="utf-8", newline="") as stream:
        listed = {row["title_id"]: row["in_taxonomy"] for row in csv.DictReader(stream)}
    assert set(listed) == titles
    assert list(listed.values()).count("true") == 650


# -- the command line -----------------------------------------------------------------------------------------------


def test_the_command_writes_a_market_and_says_what_it_wrote(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["market", "worldwide", "--postings", "2_000", "--labelled", "100", str(tmp_path / "made")]
    )
    assert done.exit_code == 0, done.output
    assert "2,000 postings" in done.output
    assert read_shards(tmp_path / "made" / "truth").num_rows == 2_000
    assert read_shards(tmp_path / "made" / "source").num_rows >= 2_000
    assert (tmp_path / "made" / "source" / "mturk_batch_results.csv").stat().st_size > 0


def test_the_command_answers_an_unknown_market_with_those_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["market", "mars", "--postings", "2_000", str(tmp_path / "made")])
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert "there is no market 'mars'; there are worldwide and china_ai" in said
    assert not (tmp_path / "made").exists()


def test_a_study_over_months_without_a_planted_truth_is_refused_before_any_work(tmp_path: Path) -> None:
    path = write_tiny_study(tmp_path)
    study = yaml.safe_load(path.read_text("utf-8"))
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 0
    study["months"]["from"] = "2022-01"
    path.write_text(yaml.safe_dump(study), "utf-8")
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert "the truth of worldwide is planted for 2023-01 to 2025-12, not 2022-01 to 2025-04" in said
