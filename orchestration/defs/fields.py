"""Stage five, for the fields in depth: figures of roles with the classifier's errors allowed for."""

import dagster as dg

from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata


def build(assets: StudyAssets) -> dg.Definitions:
    """The asset of the corrected figures of one study's roles."""
    study = assets.study
    spec = assets.spec(
        "role_estimates",
        "estimates",
        "One row per pair of windows, scope, role, measure, value and method: demand, shares and mean pay of the "
        "study's roles with the classifier's errors allowed for and 95 % intervals; empty where nothing is corrected.",
        deps=["postings", "classifications", "labels", "taxonomy", "coverage", "applications"],
    )

    @dg.multi_asset(name=assets.op("role_estimates"), specs=[spec])
    def role_estimates(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from orchestration.estimating_fields import estimate_roles

        table = estimate_roles(study, home.places(study), progress.sink(context))
        shown = ("pair", "scope_id", "role_id", "method", "estimate", "low", "high")
        demand = [
            {name: row[name] for name in shown} for row in table.to_pylist() if row["measure"] == "demand"
        ]
        return dg.MaterializeResult(
            metadata={"dagster/row_count": table.num_rows, "demand": table_metadata(demand)}
        )

    return dg.Definitions(assets=[role_estimates])
