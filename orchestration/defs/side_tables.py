"""Stage one, beside the postings: who was polled, and who applied."""

import json
from pathlib import Path

import dagster as dg

from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata
from postings.side_tables import SideReport

STAGE = "postings"


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets and checks of the tables beside the postings; each is empty where the study names no files."""
    return dg.Definitions(
        assets=[_coverage(assets), _applications(assets)],
        asset_checks=[_conserved(assets, "coverage"), _conserved(assets, "applications")],
    )


def _coverage(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "coverage",
        STAGE,
        "One row per poll of an employer's board: the day, and whether it could be read. With it, employers whose jobs "
        "are gone are told apart from employers that nobody asked.",
        deps=["synthetic_market"] if study.market else [],
    )

    @dg.multi_asset(name=assets.op("coverage"), specs=[spec])
    def coverage(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from orchestration.side_tables import read_coverage

        places = home.places(study)
        return _result(read_coverage(study, places, Path(home.path), progress.sink(context)))

    return coverage


def _applications(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "applications",
        STAGE,
        "One row per application for a known posting: a pseudonymous person, the day, and the profile in coarse "
        "categories. Small counts of people never leave the warehouse.",
        deps=["postings"],
    )

    @dg.multi_asset(name=assets.op("applications"), specs=[spec])
    def applications(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from orchestration.side_tables import read_applications

        places = home.places(study)
        report = read_applications(study, places, Path(home.path), home.worker_key(), progress.sink(context))
        return _result(report)

    return applications


def _result(report: SideReport) -> dg.MaterializeResult:
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": report.taken,
            "rows_read": report.read,
            "set_aside": report.set_aside,
            "was_current": report.skipped,
            "not_understood": table_metadata(
                [{"field": name, "rows": count} for name, count in report.unread.items()]
            ),
            "unreadable_files": table_metadata([{"file": line} for line in report.unreadable]),
        }
    )


def _conserved(assets: StudyAssets, table: str) -> dg.AssetChecksDefinition:
    study = assets.study

    @dg.asset_check(
        name=f"{table}_are_conserved",
        asset=assets.key(table),
        blocking=True,
        description="Rows read = rows taken + rows set aside.",
    )
    def conserved(context: dg.AssetCheckExecutionContext, home: JobtideHome) -> dg.AssetCheckResult:
        places = home.places(study)
        report = json.loads(places.side_report(table).read_text("utf-8"))
        taken = {"coverage": places.coverage, "applications": places.applications}[table].rows()
        aside = places.set_aside(table).rows()
        return dg.AssetCheckResult(
            passed=report["read"] == taken + aside,
            metadata={"read": report["read"], "taken": taken, "set_aside": aside},
        )

    return conserved
