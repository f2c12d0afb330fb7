"""Stage five: changes between windows, with their intervals."""

import dagster as dg

from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets of the estimates stage of one study."""
    return dg.Definitions(assets=[_estimates(assets)])


def _estimates(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "estimates",
        "estimates",
        "One row per pair of windows and title: the raw change and its 95 % interval, from a bootstrap over "
        "employers.",
        deps=["postings", "classifications"],
    )

    @dg.multi_asset(name=assets.op("estimates"), specs=[spec])
    def estimates(
        context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter
    ) -> dg.MaterializeResult:
        from orchestration.estimating import estimate_changes

        table = estimate_changes(study, home.places(study), progress.sink(context))
        market = [row for row in table.to_pylist() if row["title_id"] == "*"]
        return dg.MaterializeResult(
            metadata={"dagster/row_count": table.num_rows, "market": table_metadata(market)}
        )

    return estimates
