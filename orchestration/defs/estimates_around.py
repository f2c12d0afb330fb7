"""Stage five, second half: what stands around the estimates."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa

from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata

STAGE = "estimates"
SHOWN = 20


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets around the estimates of one study."""
    return dg.Definitions(assets=[_emerging(assets), _market(assets), _watching(assets), _headlines(assets)])


def _emerging(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "emerging_titles",
        STAGE,
        "One row per pair of windows and concept: wordings that no standard title holds, whose postings read alike, "
        "with examples, counts, growth with a 95 % interval, and a test of growth beyond that of the titles they are "
        "taken for.",
        deps=["postings", "classifications", "taxonomy"],
    )

    @dg.multi_asset(name=assets.op("emerging_titles"), specs=[spec])
    def emerging_titles(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from orchestration.estimating_around import find_emerging_titles

        made = find_emerging_titles(study, home.places(study), progress.sink(context))
        found = [row for row in made.table.to_pylist() if row["is_emerging"]]
        names = (
            "pair",
            "wording",
            "base_postings",
            "current_postings",
            "change",
            "change_low",
            "change_high",
        )
        yield from _results(
            assets, context, {"emerging_titles": (made.table, made.messages, _some(found, names))}
        )

    return emerging_titles


def _market(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    specs = [
        assets.spec(
            "decomposition",
            STAGE,
            "One row per pair of windows, axis and component: the market's change taken apart into the crawl's entries "
            "and exits, births and deaths of employers, repeats, countries, industries; every axis adds up to it.",
            deps=["postings", "duplicates", "coverage"],
        ),
        assets.spec(
            "benchmark",
            STAGE,
            "One row per pair of windows, country and series of an outside index (Indeed Hiring Lab, CC BY 4.0) beside "
            "the study's own change; empty where the study names none.",
            deps=["postings", "duplicates", "coverage"],
        ),
    ]

    @dg.multi_asset(name=assets.op("market_around"), specs=specs)
    def market_around(context: dg.AssetExecutionContext, home: JobtideHome):  # type: ignore[no-untyped-def]
        from orchestration.estimating_around import decompose_market

        decomposition, benchmark = decompose_market(study, home.places(study), Path(home.path))
        employers = [row for row in decomposition.table.to_pylist() if row["axis"] == "employers"]
        shown = ("pair", "component", "base_postings", "current_postings", "contribution")
        beside = (
            "pair",
            "country",
            "series",
            "benchmark_change",
            "change",
            "explained_by_mix",
            "unexplained",
        )
        yield from _results(
            assets,
            context,
            {
                "decomposition": (decomposition.table, decomposition.messages, _some(employers, shown)),
                "benchmark": (
                    benchmark.table,
                    benchmark.messages,
                    _some(benchmark.table.to_pylist(), beside),
                ),
            },
        )

    return market_around


def _watching(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    specs = [
        assets.spec(
            "watch_list",
            STAGE,
            "One row per pair of windows, title and reason to watch it: a new fall, or one while its neighbours hold.",
            deps=["estimates", "taxonomy"],
        ),
        assets.spec(
            "near_contrasts",
            STAGE,
            "One row per pair of windows and pair of near titles: the relative difference in differences, tested.",
            deps=["estimates", "taxonomy"],
        ),
    ]

    @dg.multi_asset(name=assets.op("watching"), specs=specs)
    def watching(context: dg.AssetExecutionContext, home: JobtideHome):  # type: ignore[no-untyped-def]
        from orchestration.estimating_around import watch_titles

        watched, contrasts = watch_titles(study, home.places(study))
        shown = ("pair", "title_id", "reason", "change", "previous_change", "neighbours_change")
        near = ("pair", "title_id", "neighbour_id", "difference_in_differences", "q_value")
        yield from _results(
            assets,
            context,
            {
                "watch_list": (watched.table, watched.messages, _some(watched.table.to_pylist(), shown)),
                "near_contrasts": (
                    contrasts.table,
                    contrasts.messages,
                    _some(contrasts.table.to_pylist(), near),
                ),
            },
        )

    return watching


def _headlines(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    specs = [
        assets.spec(
            "sensitivity",
            STAGE,
            "One row per pair of windows, headline and other way to count it: duplicates, thresholds, panels, methods, "
            "label aggregators; with the difference it makes and its interval.",
            deps=["postings", "classifications", "duplicates", "labels", "coverage", "estimates"],
        ),
        assets.spec(
            "seasonal",
            STAGE,
            "One row per month of the market and of the headline titles: adjusted for the season where 36 months "
            "stand, else beside the same month of the year before; flow and stock where the life of postings is known.",
            deps=["classifications", "estimates", "lifecycle"],
        ),
    ]

    @dg.multi_asset(name=assets.op("headlines"), specs=specs)
    def headlines(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from orchestration.estimating_around import recount_headlines

        recounted, months = recount_headlines(study, home.places(study), progress.sink(context))
        market = [row for row in recounted.table.to_pylist() if row["level"] == "market"]
        shown = ("pair", "dimension", "variant", "change", "difference", "difference_low", "difference_high")
        yield from _results(
            assets,
            context,
            {
                "sensitivity": (recounted.table, recounted.messages, _some(market, shown)),
                "seasonal": (months.table, months.messages, []),
            },
        )

    return headlines


def _some(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names} for row in rows[:SHOWN]]


def _results(
    assets: StudyAssets,
    context: dg.AssetExecutionContext,
    made: dict[str, tuple[pa.Table, Sequence[str], Sequence[dict[str, Any]]]],
) -> Iterator[dg.MaterializeResult]:
    for name, (table, messages, shown) in made.items():
        for message in messages:
            context.log.warning(f"{name}: {message}")
        yield dg.MaterializeResult(
            asset_key=assets.key(name),
            metadata={
                "dagster/row_count": table.num_rows,
                "rows": table_metadata(shown),
                "messages": "\n".join(messages) or "none",
            },
        )
