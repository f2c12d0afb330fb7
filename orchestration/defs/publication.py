"""Stage seven: the report, the dbt documentation and the Data Docs."""

import dagster as dg

from orchestration.resources import JobtideHome
from orchestration.stage import WAREHOUSE_POOL, StudyAssets


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets of the publication stage of one study."""
    pages = [_report(assets), _dbt_docs(assets)] if assets.study.classified else []
    return dg.Definitions(assets=[*pages, _data_docs(assets)])


def _report(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "report",
        "publication",
        "The pages people read: the market, the titles that grow and fall, the model card, what was set aside; for a "
        "synthetic market, the exam.",
        deps=["mart_files", "title_model", *(["scorecard"] if study.market else [])],
        kinds={"python", "html"},
    )

    @dg.multi_asset(name=assets.op("report"), specs=[spec])
    def report(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from orchestration.publishing import publish_report

        places = home.places(study)
        result = publish_report(study, places)
        return dg.MaterializeResult(
            metadata={
                "page": dg.MetadataValue.path(str(places.report / "index.html")),
                "files": len(result.files),
            }
        )

    return report


def _dbt_docs(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "dbt_docs",
        "publication",
        "The dbt documentation as one self-contained page: every mart, its columns and its lineage.",
        deps=["mart_files"],
        kinds={"dbt", "html"},
    )

    @dg.multi_asset(name=assets.op("dbt_docs"), specs=[spec], pool=WAREHOUSE_POOL)
    def dbt_docs(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from orchestration.publishing import publish_dbt_docs

        page = publish_dbt_docs(study, home.places(study))
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(page))})

    return dbt_docs


def _data_docs(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    spec = assets.spec(
        "data_docs",
        "publication",
        "The Great Expectations Data Docs of the last validation of each table.",
        deps=["raw_postings", "postings", *(["labels", "classifications"] if study.classified else [])],
        kinds={"greatexpectations", "html"},
    )

    @dg.multi_asset(name=assets.op("data_docs"), specs=[spec])
    def data_docs(context: dg.AssetExecutionContext, home: JobtideHome) -> dg.MaterializeResult:
        from expectations.data_docs import build_data_docs

        places = home.places(study)
        page = build_data_docs(places.validations, places.data_docs)
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(page))})

    return data_docs
