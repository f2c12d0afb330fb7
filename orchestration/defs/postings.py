"""Stage one: raw records are read, and become canonical postings, quarantined records and re-observations."""

from dataclasses import asdict
from pathlib import Path

import dagster as dg

from orchestration.checks import conservation_check, duplicates_check, validation_check
from orchestration.home import CURRENCY_RATES
from orchestration.progress import of_task
from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata, wanted_months
from orchestration.study_sources import source_specs


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets and checks of the postings stage of one study."""
    defined: list[dg.AssetsDefinition] = [_raw_postings(assets), _postings(assets), _conservation(assets)]
    defined.append(_duplicates(assets))
    if assets.study.market:
        defined.append(_synthetic_market(assets))
    checks = [
        validation_check(assets, "raw_postings", table="raw", dataset=lambda places: places.raw),
        validation_check(assets, "postings", table="postings", dataset=lambda places: places.postings),
        conservation_check(assets),
        duplicates_check(assets),
    ]
    return dg.Definitions(assets=defined, asset_checks=checks)


def _synthetic_market(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "synthetic_market",
        "postings",
        "A synthetic labour market whose true growth rates are known: postings as career sites would give them, "
        "and an MTurk batch of crowd answers. Its truth lies apart and no later stage opens it.",
    )

    @dg.multi_asset(name=assets.op("synthetic_market"), specs=[spec])
    def synthetic_market(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from market.generate import generate_market

        assert study.market is not None  # noqa: S101  (the asset exists only where a market is configured)
        places = home.places(study)
        spec = study.market.spec(study.months)
        report = generate_market(
            spec, places.source, places.truth, of_task(progress.sink(context), "synthetic market")
        )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": report.postings,
                "records": report.records,
                "broken_records": report.broken,
                "answers": report.answers,
                "applications": report.applications,
                "files": list(report.files),
            }
        )

    return synthetic_market


def _raw_postings(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "raw_postings",
        "postings",
        "Every record of every source file, as it was found, with its file and row. Unreadable files are listed.",
        deps=["synthetic_market"] if study.market else [],
    )

    @dg.multi_asset(name=assets.op("raw_postings"), specs=[spec])
    def raw_postings(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from postings.ingest import ingest_raw

        places = home.places(study)
        sources = source_specs(study, Path(home.path))
        report = ingest_raw(
            sources,
            places.raw,
            places.unreadable,
            places.quarantine_raw,
            of_task(progress.sink(context), "raw records"),
        )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": report.records,
                "set_aside_while_reading": report.set_aside,
                "files": table_metadata([asdict(file) for file in report.files[:50]]),
                "unreadable_files": table_metadata([asdict(file) for file in report.unreadable[:50]]),
            }
        )

    return raw_postings


def _postings(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    specs = [
        assets.spec(
            "postings",
            "postings",
            "One row per posting: the canonical record by posting month. A field says whether it was given, "
            "parsed, missing or could not be parsed.",
            deps=["raw_postings"],
        ),
        assets.spec(
            "quarantine",
            "postings",
            "One row per record set aside: file, row, field and reason.",
            deps=["raw_postings"],
        ),
        assets.spec(
            "reobservations",
            "postings",
            "One row per further sighting of a posting that was already known.",
            deps=["raw_postings"],
        ),
    ]

    @dg.multi_asset(
        name=assets.op("postings"),
        specs=specs,
        partitions_def=assets.months,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def postings(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from postings.ingest import PostingsDatasets, build_postings
        from postings.normalise.conversion import read_rates

        places = home.places(study)
        months = wanted_months(context)
        out = PostingsDatasets(
            postings=places.postings,
            quarantine=places.quarantine,
            reobservations=places.reobservations,
            gold=places.gold,
        )
        report = build_postings(
            places.raw,
            out,
            months=study.months.keys(),
            wanted=months,
            progress=of_task(progress.sink(context), "postings"),
            quarantine_raw=places.quarantine_raw,
            date_order=study.date_order,
            rates=read_rates(CURRENCY_RATES),
        )
        for name, dataset in (
            ("postings", places.postings),
            ("quarantine", places.quarantine),
            ("reobservations", places.reobservations),
        ):
            yield dg.MaterializeResult(
                asset_key=assets.key(name),
                metadata={
                    "dagster/row_count": dataset.rows(months),
                    "by_month": table_metadata([{"month": m, "rows": dataset.rows([m])} for m in months]),
                    "months_that_were_current": len(report.skipped),
                },
            )

    return postings


def _conservation(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "conservation",
        "postings",
        "Per source and month: raw records against postings, re-observations and quarantined records.",
        deps=["raw_postings", "postings", "quarantine", "reobservations"],
    )

    @dg.multi_asset(name=assets.op("conservation"), specs=[spec])
    def conservation(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from postings.conservation import conservation as balance
        from storage import fingerprint

        places = home.places(study)
        parts = (places.raw, places.postings, places.reobservations, places.quarantine, places.quarantine_raw)
        table = balance(*parts)
        places.conservation.write_table(table, fingerprint([part.version() for part in parts]))
        return dg.MaterializeResult(
            metadata={"dagster/row_count": table.num_rows, "balance": table_metadata(table.to_pylist()[:60])}
        )

    return conservation


def _duplicates(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "duplicates",
        "postings",
        "One row per posting: unique, or an exact copy, a near copy, a repost or another location of an earlier ad, "
        "and which ad that is. Nothing is deleted.",
        deps=["postings"],
    )

    @dg.multi_asset(name=assets.op("duplicates"), specs=[spec])
    def duplicates(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from postings.duplicates import find_duplicates

        places = home.places(study)
        report = find_duplicates(
            places.postings.files(),
            places.duplicates,
            places.root / ".scratch-duplicates",
            of_task(progress.sink(context), "duplicates"),
            seed=study.seed,
        )
        return dg.MaterializeResult(metadata={"dagster/row_count": report.postings, **report.classes})

    return duplicates
