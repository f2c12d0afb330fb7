"""Cross-fitting: which model scores a posting, and that it never saw the posting's employer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import ml.training
from ml.contrastive import ContrastiveSettings
from ml.cross_fitting import CrossFitted, hashed_folds
from ml.encoder import EncoderSpec
from ml.forest import ForestSettings
from ml.training import ModelCard, read_model_card, train_title_model
from tests.tiny_encoder import tiny_static_encoder, tiny_texts

TEXTS, LABELS = tiny_texts(20)
EMPLOYERS = [f"employer {row % 9}" if row % 10 else "unknown" for row in range(len(TEXTS))]
KEYS = [f"posting {row}" for row in range(len(TEXTS))]
FOLDS = 3


def train(encoder: EncoderSpec, out: Path, employers: list[str]) -> ModelCard:
    return train_title_model(
        TEXTS,
        LABELS,
        employers,
        encoder=encoder,
        contrastive=ContrastiveSettings(steps=20, classes_per_batch=3, learning_rate=0.2),
        forest=ForestSettings(trees=12, components=None),
        grid=[],
        folds=FOLDS,
        seed=0,
        cache=out.parent / "cache",
        out=out,
        versions={},
        keys=KEYS,
        cross_fit=True,
    )


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> EncoderSpec:
    return EncoderSpec(name=str(tiny_static_encoder(tmp_path_factory.mktemp("encoder") / "tiny")))


@pytest.fixture(scope="module")
def folder(encoder: EncoderSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "crossed"
    train(encoder, out, EMPLOYERS)
    return out


def test_a_cross_fitted_model_is_one_model_a_fold_and_none_of_all_labels(folder: Path) -> None:
    assert read_model_card(folder).cross_fitted
    assert sorted(path.name for path in (folder / "folds").iterdir()) == ["0", "1", "2"]
    assert not (folder / "encoder").exists()
    assert len(CrossFitted.load(folder, "cpu").models) == FOLDS


def test_a_labelled_posting_is_classified_as_its_out_of_fold_prediction_says(folder: Path) -> None:
    """So it meets the same instrument as an unlabelled posting of its employer."""
    found = CrossFitted.load(folder, "cpu").classify(TEXTS, EMPLOYERS, KEYS)
    table = pq.read_table(folder / "out_of_fold.parquet")
    assert found.best_title_id.to_pylist() == table["by_employer_best_title_id"].to_pylist()
    np.testing.assert_allclose(
        found.probability.to_numpy(), table["by_employer_probability"].to_numpy(), atol=1e-6
    )


def test_the_model_of_a_fold_learned_from_no_label_of_its_employers(
    encoder: EncoderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[list[str]] = []
    fit = ml.training.fit_forest

    def watched(x: object, labels: list[str], *rest: object) -> object:
        learned.append(labels)
        return fit(x, labels, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ml.training, "fit_forest", watched)
    train(encoder, tmp_path / "m", EMPLOYERS)
    folds = hashed_folds(EMPLOYERS, KEYS, FOLDS)
    for fold, labels in enumerate(learned[-FOLDS:]):
        assert labels == [label for label, own in zip(LABELS, folds, strict=True) if own != fold]


def test_the_fold_of_an_employer_is_the_same_whatever_else_is_classified() -> None:
    together = hashed_folds(["acme", "bolt", "acme"], ["1", "2", "3"], 5)
    assert together[0] == together[2]
    assert hashed_folds(["acme"], ["9"], 5)[0] == together[0]


def test_postings_without_an_employer_are_spread_by_their_own_ids() -> None:
    folds = hashed_folds(["unknown"] * 300, [str(row) for row in range(300)], 3)
    assert min(np.bincount(folds)) > 60


def test_with_fewer_employers_than_folds_one_model_is_fitted_and_the_card_says_so(
    encoder: EncoderSpec, tmp_path: Path
) -> None:
    card = train(encoder, tmp_path / "m", ["one", "two"] * (len(TEXTS) // 2))
    assert not card.cross_fitted
    assert (tmp_path / "m" / "encoder").exists()


def test_an_order_of_postings_gives_each_its_own_title(folder: Path) -> None:
    model = CrossFitted.load(folder, "cpu")
    forth = model.classify(TEXTS, EMPLOYERS, KEYS).best_title_id.to_pylist()
    back = model.classify(TEXTS[::-1], EMPLOYERS[::-1], KEYS[::-1]).best_title_id.to_pylist()
    assert back[::-1] == forth
