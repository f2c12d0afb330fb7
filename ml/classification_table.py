"""The table of classifications: predictions of the model, with those of labelled postings made out of fold.

What belongs here: which prediction a posting gets, and its row. What does not: making predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ml.classification import Classified, assign_titles
from ml.schema import BY_MODEL, CLASSIFICATIONS, OUT_OF_FOLD


@dataclass(frozen=True)
class Prediction:
    """One posting's two most probable titles; the second is None where all trees agree."""

    best_title_id: str
    probability: float
    second_title_id: str | None
    second_probability: float | None


def classification_table(
    posting_ids: Sequence[str],
    months: Sequence[str],
    classified: Classified,
    out_of_fold: Mapping[str, Prediction],
    threshold: float,
    model_version: str,
    evaluation_of_known: str = OUT_OF_FOLD,
) -> pa.Table:
    """One row per posting, in the schema CLASSIFICATIONS.

    The promoted model has seen the labelled postings and would flatter itself on them, so these take the
    prediction of `out_of_fold` (posting id -> the prediction of a path that was fitted without it); that is what
    `evaluation_of_known` calls it. Below
    `threshold` the title is `unassigned`. Raises ValueError where lengths differ.
    """
    if not len(posting_ids) == len(months) == len(classified.best_title_id):
        raise ValueError("posting_ids, months and predictions differ in length")
    columns: dict[str, list[object]] = {
        "best_title_id": classified.best_title_id.to_pylist(),
        "probability": classified.probability.to_pylist(),
        "second_title_id": classified.second_title_id.to_pylist(),
        "second_probability": classified.second_probability.to_pylist(),
    }
    evaluation = [BY_MODEL] * len(posting_ids)
    for row, posting in enumerate(posting_ids):
        if (honest := out_of_fold.get(posting)) is not None:
            evaluation[row] = evaluation_of_known
            for name, values in columns.items():
                values[row] = getattr(honest, name)
    best = pa.array(columns["best_title_id"], pa.string())
    probability = pa.array(columns["probability"], pa.float32())
    return pa.table(
        {
            "posting_id": pa.array(posting_ids, pa.string()),
            "posting_month": pa.array(months, pa.string()),
            "title_id": assign_titles(best, probability, threshold),
            "best_title_id": best,
            "probability": probability,
            "second_title_id": pa.array(columns["second_title_id"], pa.string()),
            "second_probability": pa.array(columns["second_probability"], pa.float32()),
            "evaluation": pa.array(evaluation, pa.string()),
            "model_version": pa.array([model_version] * len(posting_ids), pa.string()),
        }
    ).cast(CLASSIFICATIONS)
