"""How good predictions are: the figures of the model card.

What belongs here: measures of predicted against true titles. What does not: making predictions, or saying what
is good enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.forest import top_two

if TYPE_CHECKING:
    import scipy.sparse as sp

CALIBRATION_BINS = 10


class ClassMeasures(BaseModel):
    """One title: labels held, times predicted, precision, recall, F1 (null where a denominator is 0)."""

    model_config = ConfigDict(frozen=True)

    title_id: str
    labels: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float


class CalibrationBin(BaseModel):
    """Predictions whose probability lies in [low, high): how many, what they promised, how many held."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float
    predictions: int
    mean_probability: float | None
    accuracy: float | None


class FamilyMeasures(BaseModel):
    """One family of titles: labels, accuracy of the title, and of the family (any title of it counts)."""

    model_config = ConfigDict(frozen=True)

    family: str
    labels: int
    accuracy: float
    family_accuracy: float


class Evaluation(BaseModel):
    """Measures of one set of predictions.

    accuracy: share of best titles that are true; macro_f1: mean F1 over the true titles; top_5: share of rows
    whose truth is among the five most probable; calibration_error: mean |accuracy - probability| over the bins,
    weighted by predictions (expected calibration error; Naeini et al. 2015).
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    accuracy: float
    macro_f1: float
    top_5: float
    calibration_error: float
    calibration: list[CalibrationBin]
    per_class: list[ClassMeasures]
    families: list[FamilyMeasures] | None = None


def evaluate(
    truth: Sequence[str],
    probabilities: sp.csr_matrix,
    classes: Sequence[str],
    families: Mapping[str, str] | None = None,
) -> Evaluation:
    """Measure class probabilities of shape (n, classes) against n true titles.

    families: title id -> family; titles without one are left out of the table of families. A truth that is no
    class counts as an error. Raises ValueError for no rows, or a number of rows other than n.
    """
    if not truth or probabilities.shape[0] != len(truth):
        raise ValueError(f"{len(truth)} true titles for {probabilities.shape[0]} predictions")
    best, probability, _, _ = top_two(probabilities)
    names = np.array([*classes, None], dtype=object)  # index -1, no prediction, is no title
    predicted, true = names[best].tolist(), list(truth)
    right = np.array([p == t for p, t in zip(predicted, true, strict=True)])
    per_class = _per_class(true, predicted)
    held = [measures for measures in per_class if measures.labels]
    bins, error = _calibration(probability, right)
    return Evaluation(
        rows=len(true),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean([measures.f1 for measures in held])),
        top_5=_top_k(true, probabilities, classes, 5),
        calibration_error=error,
        calibration=bins,
        per_class=per_class,
        families=_families(true, predicted, families) if families else None,
    )


def _per_class(true: Sequence[str], predicted: Sequence[str | None]) -> list[ClassMeasures]:
    labels, guesses = Counter(true), Counter(p for p in predicted if p is not None)
    hits = Counter(t for t, p in zip(true, predicted, strict=True) if t == p)
    return [
        ClassMeasures(
            title_id=title,
            labels=labels[title],
            predicted=guesses[title],
            precision=hits[title] / guesses[title] if guesses[title] else None,
            recall=hits[title] / labels[title] if labels[title] else None,
            f1=2 * hits[title] / (labels[title] + guesses[title]),
        )
        for title in sorted({*labels, *guesses})
    ]


def _top_k(true: Sequence[str], probabilities: sp.csr_matrix, classes: Sequence[str], k: int) -> float:
    place = {title: column for column, title in enumerate(classes)}
    row = np.repeat(np.arange(len(true)), np.diff(probabilities.indptr))
    order = np.lexsort((probabilities.indices, -np.round(probabilities.data, 6), row))
    rank = np.arange(len(row)) - probabilities.indptr[:-1][row]
    wanted = np.array([place.get(title, -1) for title in true])
    hit = (probabilities.indices[order] == wanted[row]) & (rank < k)
    return float(hit.sum() / len(true))


def _calibration(probability: Any, right: Any) -> tuple[list[CalibrationBin], float]:
    place = np.clip((probability * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    bins, error = [], 0.0
    for number in range(CALIBRATION_BINS):
        inside = place == number
        count = int(inside.sum())
        mean = float(probability[inside].mean()) if count else None
        accuracy = float(right[inside].mean()) if count else None
        if mean is not None and accuracy is not None:
            error += count / len(right) * abs(accuracy - mean)
        low, high = number / CALIBRATION_BINS, (number + 1) / CALIBRATION_BINS
        bins.append(
            CalibrationBin(low=low, high=high, predictions=count, mean_probability=mean, accuracy=accuracy)
        )
    return bins, error


def _families(
    true: Sequence[str], predicted: Sequence[str | None], families: Mapping[str, str]
) -> list[FamilyMeasures]:
    rows: dict[str, list[tuple[bool, bool]]] = {}
    for t, p in zip(true, predicted, strict=True):
        if t in families:
            same_family = p is not None and families.get(p) == families[t]
            rows.setdefault(families[t], []).append((t == p, same_family))
    return [
        FamilyMeasures(
            family=family,
            labels=len(pairs),
            accuracy=float(np.mean([title for title, _ in pairs])),
            family_accuracy=float(np.mean([same for _, same in pairs])),
        )
        for family, pairs in sorted(rows.items())
    ]
