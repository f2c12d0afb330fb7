"""The versions that every figure names, and which model is the promoted one."""

from __future__ import annotations

import json

import pyarrow as pa

from orchestration.home import StudyPlaces
from orchestration.study import Study
from storage import Dataset, fingerprint, write_json_atomically

TRAINING_CODE = "3"
"""Raise it when a change of code changes what a training gives."""


def training_version(study: Study, corpus: pa.Table, unlabelled: list[str] | None = None) -> str:
    """The model version: everything that the training reads, so equal inputs are trained once.

    `corpus` holds the labelled postings with their texts, `unlabelled` the texts that an encoder of the study's own is
    made from. Other postings do not matter: a new month of them leaves the model as it is.
    """
    return fingerprint(
        "model",
        *([] if unlabelled is None else [unlabelled]),
        TRAINING_CODE,
        corpus.to_pylist(),
        study.encoder.model_dump(mode="json"),
        study.contrastive.model_dump(mode="json") if study.contrastive else None,
        study.forest.model_dump(mode="json"),
        study.evaluation.model_dump(mode="json"),
        study.seed,
    )


def promote(places: StudyPlaces, version: str) -> None:
    """Make `version` the one that later stages read."""
    write_json_atomically(places.models / "promoted.json", {"model_version": version})


def promoted_version(places: StudyPlaces) -> str:
    """The promoted model version. Raises FileNotFoundError where no model was trained yet."""
    path = places.models / "promoted.json"
    if not path.exists():
        raise FileNotFoundError(f"{path}: no model is promoted yet; materialise title_model first")
    return str(json.loads(path.read_text("utf-8"))["model_version"])


def study_versions(places: StudyPlaces) -> dict[str, str]:
    """Model, label, taxonomy and data version of what stands on disk; `none` for what does not yet."""
    promoted = places.models / "promoted.json"
    return {
        "model_version": promoted_version(places) if promoted.exists() else "none",
        "label_version": _written_as(places.labels),
        "taxonomy_version": taxonomy_version(places),
        "data_version": fingerprint(places.postings.version()),
    }


def taxonomy_version(places: StudyPlaces) -> str:
    """The version of the study's list of titles."""
    return _written_as(places.taxonomy)


def _written_as(dataset: Dataset) -> str:
    """The version that a labels or taxonomy table carries in its own column."""
    manifest = dataset.manifest()
    return manifest.fingerprint if manifest else "none"
