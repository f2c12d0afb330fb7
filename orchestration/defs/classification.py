"""Stage four: every posting is embedded and gets a title, month by month."""

import dagster as dg

from orchestration.checks import validation_check
from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import GPU_POOL, StudyAssets, table_metadata, wanted_months


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets and checks of the classification stage of one study."""
    check = validation_check(
        assets,
        "classifications",
        table="classifications",
        dataset=lambda places: places.promoted_classifications(),
    )
    return dg.Definitions(assets=[_classifications(assets)], asset_checks=[check])


def _classifications(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    specs = [
        assets.spec(
            "embeddings",
            "classification",
            "One row per posting: its embedding. Written where the study asks for it; otherwise embeddings pass "
            "from the encoder to the forest in memory.",
            deps=["postings", "encoder"],
            kinds={"python", "pytorch", "parquet"},
        ),
        assets.spec(
            "classifications",
            "classification",
            "One row per posting: the predicted title, its probability and the runner-up. Below the study's "
            "threshold a posting is `unassigned`, and counted as that.",
            deps=["embeddings", "postings", "title_model"],
            kinds={"python", "scikitlearn", "parquet"},
        ),
    ]

    @dg.multi_asset(
        name=assets.op("classifications"),
        specs=specs,
        partitions_def=assets.months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=GPU_POOL,
    )
    def classifications(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from orchestration.modelling import classify_months

        report = classify_months(study, home.places(study), wanted_months(context), progress.sink(context))
        yield dg.MaterializeResult(
            asset_key=assets.key("embeddings"),
            metadata={"dagster/row_count": report.embedded, "dimensions": report.dimensions},
        )
        yield dg.MaterializeResult(
            asset_key=assets.key("classifications"),
            metadata={
                "dagster/row_count": report.rows,
                "unassigned": report.unassigned,
                "model_version": report.model_version,
                "postings_per_second": report.rate,
                "by_month": table_metadata(report.by_month),
            },
        )

    return classifications
