"""Stage three: the encoder is tuned on pairs of labelled postings, and a forest learns the titles."""

import dagster as dg

from orchestration.checks import model_checks
from orchestration.resources import JobtideHome, ProgressReporter
from orchestration.stage import GPU_POOL, StudyAssets, table_metadata


def build(assets: StudyAssets) -> dg.Definitions:
    """The assets and checks of the model stage of one study."""
    return dg.Definitions(assets=[_title_model(assets)], asset_checks=[model_checks(assets)])


def _title_model(assets: StudyAssets) -> dg.AssetsDefinition:
    study = assets.study
    specs = [
        assets.spec(
            "encoder",
            "model",
            f"The sentence encoder `{study.encoder.name}`, fine-tuned contrastively: descriptions of one title move "
            "together, those of different titles apart.",
            deps=["labels", "taxonomy", "postings"],
            kinds={"python", "pytorch"},
        ),
        assets.spec(
            "title_model",
            "model",
            "A random forest on the embeddings, with its model card. The newest version that was trained whole is "
            "promoted; classifications name the version they come from.",
            deps=["encoder", "labels", "taxonomy", "postings"],
            kinds={"python", "scikitlearn"},
        ),
    ]

    @dg.multi_asset(name=assets.op("title_model"), specs=specs, pool=GPU_POOL)
    def title_model(context: dg.AssetExecutionContext, home: JobtideHome, progress: ProgressReporter):  # type: ignore[no-untyped-def]
        from orchestration.modelling import train_study_model

        card = train_study_model(study, home.places(study), home.shared("encoders"), progress.sink(context))
        effect = card["contrastive_effect"] or {}
        yield dg.MaterializeResult(
            asset_key=assets.key("encoder"),
            metadata={
                "dimensions": card["embedding_dimensions"],
                "before_tuning": dg.MetadataValue.json(effect.get("before", {})),
                "after_tuning": dg.MetadataValue.json(effect.get("after", {})),
            },
        )
        by_employer = card["by_employer"] or {}
        yield dg.MaterializeResult(
            asset_key=assets.key("title_model"),
            metadata={
                "model_version": card["versions"]["model_version"],
                "labels": card["labels"],
                "titles": card["titles"],
                "accuracy": card["random"]["accuracy"],
                "accuracy_new_employers": by_employer.get("accuracy"),
                "macro_f1": card["random"]["macro_f1"],
                "hardest_titles": table_metadata(
                    sorted(card["random"]["per_class"], key=lambda row: row["f1"])[:10]
                ),
                "model_card": dg.MetadataValue.json({**card, "random": None, "by_employer": None}),
            },
        )

    return title_model
