"""Stage one, beside the postings: how long they lived, and how many opened, closed and stood open a month."""

import json
from pathlib import Path

import dagster as dg

from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata

STAGE = "postings"


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets and the check of the lives of postings; both tables are empty where the study names no sightings."""
    return dg.Definitions(assets=[_lives(assets)], asset_checks=[_consistent(assets)])


def _lives(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    deps = ["coverage", *(["synthetic_market"] if study.market else [])]
    specs = [
        assets.spec(
            "lifecycle",
            STAGE,
            "One row per posting: first seen, last seen, removed, and how often it was seen. A poll that failed closes "
            "nothing.",
            deps=deps,
        ),
        assets.spec(
            "flow_and_stock",
            STAGE,
            "One row per month and source: postings that opened and closed, and how many stood open on its mean day.",
            deps=deps,
        ),
    ]

    @dg.multi_asset(name=assets.op("lifecycle"), specs=specs)
    def lifecycle(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from orchestration.side_tables import read_lives

        places = home.places(study)
        report = read_lives(study, places, Path(home.path), progress.sink(context))
        lives = places.lifecycle.rows()
        yield dg.MaterializeResult(
            asset_key=assets.key("lifecycle"),
            metadata={
                "dagster/row_count": lives,
                "sightings": report.taken,
                "of_a_known_posting": max(0, report.taken - lives),
                "set_aside": report.set_aside,
                "unreadable_files": table_metadata([{"file": line} for line in report.unreadable]),
            },
        )
        monthly = places.flow_and_stock.table()
        yield dg.MaterializeResult(
            asset_key=assets.key("flow_and_stock"),
            metadata={
                "dagster/row_count": monthly.num_rows,
                "by_month": table_metadata([row for row in monthly.to_pylist()[:60] if row["days"]]),
            },
        )

    return lifecycle


def _consistent(assets: StudyAssets) -> dg.AssetChecksDefinition:
    study = assets.study

    @dg.asset_check(
        name="lives_are_in_order",
        asset=assets.key("lifecycle"),
        blocking=True,
        description="Each posting lives once, first seen, last seen and removed in this order; no more sightings than "
        "were read.",
    )
    def lives_are_in_order(context: dg.AssetCheckExecutionContext, home: JobtideHome) -> dg.AssetCheckResult:
        from postings.lifecycle import faults_of_lives

        places = home.places(study)
        report = json.loads(places.side_report("lifecycle").read_text("utf-8"))
        faults = faults_of_lives(places.lifecycle.table(), report["taken"])
        return dg.AssetCheckResult(
            passed=not any(faults.values()), metadata={**faults, "read": report["read"]}
        )

    return lives_are_in_order
