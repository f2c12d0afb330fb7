"""Asset checks: Great Expectations suites, the conservation law, and bounds on the model's quality."""

import json
from collections.abc import Callable

import dagster as dg

from orchestration.home import StudyPlaces
from orchestration.resources import JobtideHome
from orchestration.stage import StudyAssets, table_metadata
from storage import Dataset, write_json_atomically


def validation_check(
    assets: StudyAssets, asset: str, *, table: str, dataset: Callable[[StudyPlaces], Dataset]
) -> dg.AssetChecksDefinition:
    """The suite of `table` as one blocking check of `asset`; its result is kept for the Data Docs.

    Only a failed expectation of severity `error` fails the check; failed warnings are shown and let pass.
    """
    study = assets.study

    @dg.asset_check(
        name=f"{table}_expectations",
        asset=assets.key(asset),
        blocking=True,
        description=f"The Great Expectations suite of the {table} table.",
    )
    def expectations_hold(context: dg.AssetCheckExecutionContext, home: JobtideHome) -> dg.AssetCheckResult:
        from expectations.data_docs import build_data_docs
        from expectations.validation import validate_dataset

        places = home.places(study)
        months = study.months.keys()
        summary = validate_dataset(table, dataset(places), months=months, titles=_title_ids(places))
        write_json_atomically(places.validations / f"{table}.json", summary.to_dict())
        if not summary.success:
            # The assets behind a failed check do not run, and this is when somebody needs the page.
            build_data_docs(places.validations, places.data_docs)
        failed = [result for result in summary.results if not result.success]
        return dg.AssetCheckResult(
            passed=summary.success,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={
                "expectations": len(summary.results),
                "failed": table_metadata([result.row() for result in failed]),
                "rows_checked": summary.rows_checked,
                "rows": summary.rows,
            },
        )

    return expectations_hold


def _title_ids(places: StudyPlaces) -> list[str] | None:
    return places.taxonomy.table(["title_id"]).column(0).to_pylist() if places.taxonomy.exists() else None


def conservation_check(assets: StudyAssets) -> dg.AssetChecksDefinition:
    """No record is lost: raw = postings + re-observations + quarantined, to the row, per source and month."""
    study = assets.study

    @dg.asset_check(
        name="conservation_law",
        asset=assets.key("conservation"),
        blocking=True,
        description="Raw records = postings + re-observations + quarantined records, per source and month.",
    )
    def conservation_law(context: dg.AssetCheckExecutionContext, home: JobtideHome) -> dg.AssetCheckResult:
        rows = home.places(study).conservation.table().to_pylist()
        broken = [row for row in rows if row["balance"] != 0]
        return dg.AssetCheckResult(
            passed=not broken,
            metadata={
                "raw_records": sum(row["raw_records"] for row in rows),
                "broken": table_metadata(broken[:50]),
            },
        )

    return conservation_law


def duplicates_check(assets: StudyAssets) -> dg.AssetChecksDefinition:
    """No posting is lost or counted twice among the classes of duplicates."""
    study = assets.study

    @dg.asset_check(
        name="classes_sum_to_postings",
        asset=assets.key("duplicates"),
        blocking=True,
        description="The classes of duplicates together hold every posting once.",
    )
    def classes_sum_to_postings(
        context: dg.AssetCheckExecutionContext, home: JobtideHome
    ) -> dg.AssetCheckResult:
        places = home.places(study)
        postings, classified = places.postings.rows(), places.duplicates.rows()
        return dg.AssetCheckResult(
            passed=postings == classified, metadata={"postings": postings, "classified": classified}
        )

    return classes_sum_to_postings


def model_checks(assets: StudyAssets) -> dg.AssetChecksDefinition:
    """The model is better than always naming the commonest title, and tuning did not make retrieval worse."""
    study = assets.study
    specs = [
        dg.AssetCheckSpec(
            "beats_the_commonest_title",
            asset=assets.key("title_model"),
            blocking=True,
            description="Out-of-fold accuracy is above the share of the commonest title.",
        ),
        dg.AssetCheckSpec(
            "tuning_helps",
            asset=assets.key("title_model"),
            description="Contrastive tuning did not lower the retrieval accuracy on held-out labels.",
        ),
    ]

    @dg.multi_asset_check(name=assets.op("model_quality"), specs=specs)
    def model_quality(context: dg.AssetCheckExecutionContext, home: JobtideHome):  # type: ignore[no-untyped-def]
        card = json.loads(home.places(study).model_card.read_text("utf-8"))
        key = assets.key("title_model")
        accuracy, floor = card["random"]["accuracy"], max(card["label_counts"].values()) / card["labels"]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name="beats_the_commonest_title",
            passed=accuracy > floor,
            metadata={"accuracy": accuracy, "commonest_share": floor},
        )
        effect = card["contrastive_effect"]
        worse = (
            [name for name, value in effect["after"].items() if value < effect["before"][name]]
            if effect
            else []
        )
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name="tuning_helps",
            passed=not worse,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"worse": ", ".join(worse), "effect": dg.MetadataValue.json(effect or {})},
        )

    return model_quality
