"""Stage six: dbt turns classified postings into the marts, and the marts leave as Parquet."""

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration.dbt import MANIFEST, StudyTranslator, study_vars
from orchestration.resources import JobtideHome
from orchestration.stage import WAREHOUSE_POOL, StudyAssets, table_metadata

MARTS_OF_POSTINGS = (
    "mart_conservation",
    "mart_coverage",
    "mart_duplicates",
    "mart_flow_and_stock",
    "mart_freshness",
    "mart_quarantine",
    "mart_volume",
)
"""What a study without labels publishes: what needs no title."""


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets of the marts stage of one study."""
    models = _dbt_models(assets)
    return dg.Definitions(assets=[models, _mart_files(assets, models)])


def _dbt_models(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study

    @dbt_assets(
        manifest=MANIFEST,
        select="fqn:*" if study.classified else " ".join(f"+{mart}" for mart in MARTS_OF_POSTINGS),
        name=assets.op("dbt"),
        dagster_dbt_translator=StudyTranslator(study),
        pool=WAREHOUSE_POOL,
    )
    def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, home: JobtideHome):  # type: ignore[no-untyped-def]
        from orchestration.versions import study_versions

        places = home.places(study)
        variables = study_vars(study, places, study_versions(places))
        # Every run keeps dbt's own logs and compiled SQL beside the study, where an operator looks for them.
        target = places.root / "dbt_target" / context.run_id[:8]
        # Unit tests hold the SQL against made-up rows: they belong to the tests of the project, not to a study's run.
        command = ["build", "--exclude-resource-type", "unit_test", "--vars", variables]
        if not study.classified:
            command += ["--indirect-selection", "buildable"]  # no test that also reads what is not built
        yield from dbt.cli(command, context=context, target_path=target).stream()

    return dbt_models


def _mart_files(assets: StudyAssets, models: dg.AssetsDefinition) -> dg.AssetsDefinition:
    study = assets.study
    marts = sorted(key.path[-1] for key in models.keys if key.path[-1].startswith("mart_"))
    spec = assets.spec(
        "mart_files",
        "marts",
        "Every mart as one Parquet file in `marts/`, for programs that never open the warehouse.",
        deps=marts,
        kinds={"duckdb", "parquet"},
    )

    @dg.multi_asset(name=assets.op("mart_files"), specs=[spec], pool=WAREHOUSE_POOL)
    def mart_files(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from orchestration.exports import export_marts

        written = export_marts(home.places(study), marts)
        return dg.MaterializeResult(
            metadata={"files": table_metadata(written), "dagster/row_count": len(written)}
        )

    return mart_files
