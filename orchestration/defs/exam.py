"""The exam: in studies of a synthetic market, what was published is scored against what was planted."""

import dagster as dg

from orchestration.resources import JobtideHome
from orchestration.stage import EXAM, StudyAssets, table_metadata
from orchestration.study import CrowdLabels


def build(assets: StudyAssets) -> dg.Definitions:
    """The asset and the check of the exam; nothing for a study whose market is real."""
    if assets.study.market is None:
        return dg.Definitions()
    return dg.Definitions(assets=[_scorecard(assets)], asset_checks=[_exam_held(assets)])


def _scorecard(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    answers = ["answers"] if isinstance(study.labels, CrowdLabels) else []
    spec = assets.spec(
        "scorecard",
        EXAM,
        "One row per measure: every published table against what was planted in the market, with n, value and what a "
        "good value is. The one asset that reads what the market keeps from the pipeline.",
        deps=["mart_files", "classifications", "postings", "labels", *answers, "synthetic_market"],
        kinds={"python", "duckdb", "parquet"},
    )

    @dg.multi_asset(name=assets.op("scorecard"), specs=[spec])
    def scorecard(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from orchestration.scoring import hold_exam

        table = hold_exam(study, home.places(study), home.worker_key)
        shown = ("section", "measure", "subset", "against", "n", "value", "unit")
        headline = [{name: row[name] for name in shown} for row in table.to_pylist() if row["headline"]]
        return dg.MaterializeResult(
            metadata={"dagster/row_count": table.num_rows, "headline": table_metadata(headline)}
        )

    return scorecard


def _exam_held(assets: StudyAssets) -> dg.AssetChecksDefinition:
    study = assets.study

    @dg.asset_check(
        name="exam_held",
        asset=assets.key("scorecard"),
        description="The run could be scored. How well it did is no condition: the scorecard says it.",
    )
    def exam_held(context: dg.AssetCheckExecutionContext, home: JobtideHome) -> dg.AssetCheckResult:
        from orchestration.scoring import exam_fault

        fault = exam_fault(home.places(study).scorecard.table())
        return dg.AssetCheckResult(
            passed=fault is None,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"fault": fault or "none"},
        )

    return exam_held
