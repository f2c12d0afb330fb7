"""The card's figures agree with scikit-learn's and with sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from ml.evaluation import evaluate


def test_the_measures_agree_with_scikit_learn() -> None:
    from sklearn.metrics import f1_score, precision_score, recall_score, top_k_accuracy_score

    random = np.random.default_rng(0)
    classes = [f"t{number}" for number in range(8)]
    truth = random.choice(classes[:7], size=400).tolist()
    table = random.dirichlet(np.ones(8), size=400)
    table[np.arange(400), [classes.index(t) for t in truth]] += 0.2
    table = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    found = evaluate(truth, sp.csr_matrix(table), classes)
    predicted = [classes[column] for column in table.argmax(axis=1)]
    assert found.accuracy == pytest.approx(np.mean(np.array(predicted) == np.array(truth)))
    held = sorted(set(truth))
    assert found.macro_f1 == pytest.approx(f1_score(truth, predicted, labels=held, average="macro"))
    assert found.top_5 == pytest.approx(top_k_accuracy_score(truth, table, k=5, labels=classes))
    for row in found.per_class:
        one = {"labels": [row.title_id], "average": None, "zero_division": np.nan}
        assert (np.nan if row.precision is None else row.precision) == pytest.approx(
            precision_score(truth, predicted, **one)[0], nan_ok=True
        )
        assert (np.nan if row.recall is None else row.recall) == pytest.approx(
            recall_score(truth, predicted, **one)[0], nan_ok=True
        )


def test_calibration_compares_what_was_promised_with_what_held() -> None:
    table = sp.csr_matrix(np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [1.0, 0.0]], dtype=np.float32))
    found = evaluate(["a", "b", "a", "a"], table, ["a", "b"])
    last, sixth = found.calibration[9], found.calibration[6]
    assert (last.predictions, sixth.predictions) == (3, 1)
    assert last.mean_probability == pytest.approx(2.8 / 3)
    assert last.accuracy == pytest.approx(2 / 3)
    assert found.calibration_error == pytest.approx(3 / 4 * (2.8 / 3 - 2 / 3) + 1 / 4 * 0.4)
    assert sum(bin.predictions for bin in found.calibration) == 4


def test_a_mistake_inside_a_family_counts_for_the_family() -> None:
    table = sp.csr_matrix(np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.4, 0.0, 0.6]], dtype=np.float32))
    families = {"a": "letters", "b": "letters", "c": "others"}
    found = evaluate(["a", "a", "c"], table, ["a", "b", "c"], families)
    assert found.families is not None
    letters, others = found.families
    assert (letters.family, letters.labels, letters.accuracy, letters.family_accuracy) == (
        "letters",
        2,
        0.5,
        1.0,
    )
    assert (others.accuracy, others.family_accuracy) == (1.0, 1.0)


def test_a_truth_that_the_model_never_met_is_an_error_and_nothing_to_measure_is_refused() -> None:
    table = sp.csr_matrix(np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32))
    assert evaluate(["a", "new"], table, ["a", "b"]).accuracy == 0.5
    with pytest.raises(ValueError, match="0 true titles"):
        evaluate([], table, ["a", "b"])
