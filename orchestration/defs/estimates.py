"""Stage five: changes between windows, with their intervals."""

import dagster as dg

from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import StudyAssets, table_metadata


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets of the estimates stage of one study."""
    return dg.Definitions(assets=[_estimates(assets)])


def _estimates(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    deps = ["postings", "classifications", "labels", "taxonomy", "coverage"]
    specs = [
        assets.spec(
            "estimates",
            "estimates",
            "One row per pair of windows, group of titles, method and estimand: raw, corrected and polled-panel "
            "changes with 95 % intervals from one bootstrap over employers, and verdicts beside the market.",
            deps=deps,
        ),
        assets.spec(
            "drift",
            "estimates",
            "Whether the classifier errs in both windows alike, which the corrected changes assume: tested on the "
            "labelled postings.",
            deps=deps,
        ),
    ]

    @dg.multi_asset(name=assets.op("estimates"), specs=specs)
    def estimates(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from orchestration.estimating import estimate_study

        places = home.places(study)
        table = estimate_study(study, places, progress.sink(context))
        shown = ("pair", "method", "estimand", "change", "change_low", "change_high", "employers_effective")
        market = [
            {name: row[name] for name in shown} for row in table.to_pylist() if row["level"] == "market"
        ]
        yield dg.MaterializeResult(
            asset_key=assets.key("estimates"),
            metadata={"dagster/row_count": table.num_rows, "market": table_metadata(market)},
        )
        drift = places.drift.table()
        tested = [row for row in drift.to_pylist() if row["level"] == "market"]
        yield dg.MaterializeResult(
            asset_key=assets.key("drift"),
            metadata={"dagster/row_count": drift.num_rows, "market": table_metadata(tested)},
        )

    return estimates
