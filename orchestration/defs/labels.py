"""Stage two: the study's titles, the crowd's answers, and one consensus label a labelled posting."""

from pathlib import Path

import dagster as dg
import pyarrow as pa

from orchestration.checks import validation_check
from orchestration.resources import JobtideHome
from orchestration.stage import StudyAssets, table_metadata
from orchestration.study import ColumnLabels, CrowdLabels, WordingLabels
from orchestration.versions import taxonomy_version


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets and checks of the labels stage of one study."""
    defined = [_taxonomy(assets)]
    match assets.study.labels:
        case CrowdLabels():
            defined += [_answers(assets, assets.study.labels), _consensus(assets, assets.study.labels)]
        case ColumnLabels():
            defined.append(_sampled(assets, assets.study.labels))
        case WordingLabels():
            defined.append(_worded(assets, assets.study.labels))
    checks = [validation_check(assets, "labels", table="labels", dataset=lambda places: places.labels)]
    return dg.Definitions(assets=defined, asset_checks=checks)


def _taxonomy(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    found = study.taxonomy.kind == "found"
    spec = assets.spec(
        "taxonomy",
        "labels",
        "One row per standard title of the study, with family and seniority band.",
        deps=["postings"] if found else [],
    )

    @dg.multi_asset(name=assets.op("taxonomy"), specs=[spec])
    def taxonomy(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from orchestration.taxonomies import found_taxonomy, jobtide_taxonomy

        places = home.places(study)
        table = found_taxonomy(places.gold) if found else jobtide_taxonomy()
        version = table.column("taxonomy_version")[0].as_py()
        places.taxonomy.write_table(table, version)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": table.num_rows,
                "taxonomy_version": version,
                "sample": table_metadata(table.slice(0, 10).to_pylist()),
            }
        )

    return taxonomy


def _answers(assets: StudyAssets, labels: CrowdLabels) -> dg.AssetsDefinition:
    study = assets.study
    deps = ["taxonomy", "postings", *(["synthetic_market"] if study.market else [])]
    specs = [
        assets.spec(
            "answers",
            "labels",
            "One row per answer of a crowd worker, whatever the provider. Workers are pseudonyms.",
            deps=deps,
        ),
        assets.spec(
            "rejected_answers", "labels", "One row per answer set aside: file, row and reason.", deps=deps
        ),
    ]

    @dg.multi_asset(name=assets.op("answers"), specs=specs)
    def answers(context: dg.AssetExecutionContext, home: JobtideHome):  # type: ignore[no-untyped-def]
        from orchestration.crowd import read_answers

        places = home.places(study)
        taken, rejected = read_answers(study, labels, places, Path(home.path), home.worker_key())
        for name, table in (("answers", taken), ("rejected_answers", rejected)):
            yield dg.MaterializeResult(
                asset_key=assets.key(name), metadata={"dagster/row_count": table.num_rows}
            )

    return answers


def _consensus(assets: StudyAssets, labels: CrowdLabels) -> dg.AssetsDefinition:
    study = assets.study
    deps = ["answers", *(["synthetic_market"] if study.market and labels.gold else [])]
    specs = [
        assets.spec(
            "workers",
            "labels",
            "One row per worker: gold questions met and answered right, and whether the worker's answers count.",
            deps=deps,
        ),
        assets.spec(
            "labels",
            "labels",
            f"One row per labelled posting: the consensus of its answers ({labels.consensus}), with a confidence.",
            deps=deps,
            kinds={"python", "parquet"},
        ),
    ]

    @dg.multi_asset(name=assets.op("labels"), specs=specs)
    def consensus_labels(context: dg.AssetExecutionContext, home: JobtideHome):  # type: ignore[no-untyped-def]
        from ml.labels.consensus import consensus
        from orchestration.crowd import judge_crowd

        places = home.places(study)
        usable, workers = judge_crowd(study, labels, places, Path(home.path))
        unused = [row for row in workers.to_pylist() if not row["used"]]
        yield dg.MaterializeResult(
            asset_key=assets.key("workers"),
            metadata={
                "dagster/row_count": workers.num_rows,
                "workers_not_used": len(unused),
                "answers_not_used": sum(row["answers"] for row in unused),
            },
        )
        table = consensus(usable, labels.consensus, taxonomy_version(places))
        if table.num_rows == 0:
            raise ValueError(
                "no answer could be used, so nothing is labelled; see rejected_answers for the reasons"
            )
        version = table.column("label_version")[0].as_py()
        places.labels.write_table(table, version)
        yield _labels_result(assets, table, version)

    return consensus_labels


def _sampled(assets: StudyAssets, labels: ColumnLabels) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "labels",
        "labels",
        f"One row per labelled posting: a random {labels.sample:,} of the labels that the sources give themselves. "
        "All other given labels stay hidden from every later stage.",
        deps=["postings", "taxonomy"],
    )

    @dg.multi_asset(name=assets.op("labels"), specs=[spec])
    def sampled_labels(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from ml.labels.sampling import sample_labels
        from storage import fingerprint

        places = home.places(study)
        titles = taxonomy_version(places)
        version = fingerprint("sampled", places.gold.version(), titles, labels.sample, study.seed)
        table = sample_labels(places.gold.files(), labels.sample, study.seed, version, titles)
        places.labels.write_table(table, version)
        return _labels_result(assets, table, version)

    return sampled_labels


def _worded(assets: StudyAssets, labels: WordingLabels) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "labels",
        "labels",
        f"One row per posting, of {labels.sample:,}, whose title one of the taxonomy's wordings fits with a score of "
        f"{labels.least_score:g} or more. Nobody checked them.",
        deps=["postings", "taxonomy"],
    )

    @dg.multi_asset(name=assets.op("labels"), specs=[spec])
    def worded_labels(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from ml.labels.wordings import wording_labels
        from ml.titles import TitleSearch
        from orchestration.taxonomies import jobtide_seeds
        from storage import fingerprint

        places = home.places(study)
        titles = taxonomy_version(places)
        version = fingerprint(
            "wordings-1", places.postings.version(), titles, labels.model_dump(), study.seed
        )
        if places.labels.is_current(None, version):
            return _labels_result(assets, places.labels.table(), version)
        table = wording_labels(
            places.postings.files(),
            TitleSearch(jobtide_seeds().cards()).find,
            size=labels.sample,
            least_score=labels.least_score,
            seed=study.seed,
            label_version=version,
            taxonomy_version=titles,
        )
        places.labels.write_table(table, version)
        return _labels_result(assets, table, version)

    return worded_labels


def _labels_result(assets: StudyAssets, table: pa.Table, version: str) -> dg.MaterializeResult:
    import pyarrow.compute as pc

    counts = (
        table.group_by("title_id")
        .aggregate([("posting_id", "count")])
        .sort_by([("posting_id_count", "descending")])
    )
    return dg.MaterializeResult(
        asset_key=assets.key("labels"),
        metadata={
            "dagster/row_count": table.num_rows,
            "label_version": version,
            "titles": counts.num_rows,
            "mean_confidence": float(pc.mean(table.column("confidence")).as_py() or 0.0),
            "commonest": table_metadata(counts.slice(0, 10).to_pylist()),
        },
    )
