"""Training and classifying, end to end on a tiny encoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ml.training
from ml.classification import TitleModel, assign_titles
from ml.contrastive import ContrastiveSettings
from ml.encoder import EncoderSpec
from ml.folders import temporary_folder_beside
from ml.forest import ForestSettings
from ml.training import (
    ModelCard,
    employer_folds,
    employer_groups,
    read_model_card,
    stratified_folds,
    train_title_model,
)
from tests.tiny_encoder import WORDS, tiny_static_encoder, tiny_texts


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> EncoderSpec:
    return EncoderSpec(name=str(tiny_static_encoder(tmp_path_factory.mktemp("encoder") / "tiny")))


def train(encoder: EncoderSpec, out: Path, **changes: Any) -> ModelCard:
    texts, labels = tiny_texts(20)
    settings: dict[str, Any] = {
        "texts": texts,
        "labels": labels,
        "employers": [f"employer {row % 9}" for row in range(len(texts))],
        "encoder": encoder,
        "contrastive": ContrastiveSettings(steps=40, classes_per_batch=3, learning_rate=0.2),
        "forest": ForestSettings(trees=12, components=None),
        "grid": [],
        "folds": 3,
        "seed": 0,
        "cache": out.parent / "cache",
        "out": out,
        "versions": {"label_version": "l1", "taxonomy_version": "t1"},
    }
    settings |= changes
    return train_title_model(
        settings.pop("texts"), settings.pop("labels"), settings.pop("employers"), **settings
    )


@pytest.fixture(scope="module")
def model(encoder: EncoderSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "m1"
    train(encoder, out, grid=[{}, {"forest": {"max_features": 3}}, {"contrastive": {"steps": 10}}], families={
        "nurse": "care", "teacher": "care", "welder": "craft",
    })  # fmt: skip
    return out


def test_a_trained_model_is_a_folder_of_named_files_without_pickles(model: Path) -> None:
    found = sorted(str(path.relative_to(model)) for path in model.rglob("*") if path.is_file())
    assert {"forest.skops", "leaves.safetensors", "model_card.json", "out_of_fold.parquet"} <= set(found)
    assert "encoder/model.safetensors" in found
    assert not [name for name in found if name.endswith((".bin", ".pkl", ".joblib", ".pt"))]


def test_the_card_tells_data_choice_and_quality(model: Path) -> None:
    card = read_model_card(model)
    assert card.versions == {"label_version": "l1", "taxonomy_version": "t1"}
    assert card.label_counts == dict.fromkeys(WORDS, 20)
    assert (card.labels, card.titles, card.employers, card.seed, card.folds) == (60, 3, 9, 0, 3)
    assert len(card.candidates) == 3
    best = max(card.candidates, key=lambda candidate: candidate.accuracy)
    assert (card.forest, card.contrastive) == (best.forest, best.contrastive)
    assert card.random.accuracy == best.accuracy > 0.8
    assert card.by_employer is not None
    assert card.by_employer.accuracy > 0.7
    assert card.random.families is not None
    assert card.contrastive_effect is not None
    assert card.contrastive_effect.after["nearest"] > card.contrastive_effect.before["nearest"]
    assert json.loads((model / "model_card.json").read_text())["random"]["top_5"] > 0.9


def test_every_labelled_text_has_one_out_of_fold_prediction(model: Path) -> None:
    table = pq.read_table(model / "out_of_fold.parquet")
    assert table.column("row").to_pylist() == list(range(60))
    assert table.column("title_id").to_pylist() == tiny_texts(20)[1]
    right = [
        t == p
        for t, p in zip(*(table.column(c).to_pylist() for c in ("title_id", "best_title_id")), strict=True)
    ]
    assert np.mean(right) == pytest.approx(read_model_card(model).random.accuracy)
    assert table.schema.field("probability").type == pa.float32()
    assert table.column("by_employer_best_title_id").null_count == 0


def test_labels_drawn_by_chance_are_not_predicted_out_of_fold(encoder: EncoderSpec, tmp_path: Path) -> None:
    """Were the encoder tuned on all labels before the folds, these would come out far above chance."""
    random = np.random.default_rng(5)
    texts = tiny_texts(60)[0]
    labels = random.choice(list(WORDS), size=len(texts)).tolist()
    card = train(
        encoder, tmp_path / "m", texts=texts, labels=labels, employers=[None] * len(texts),
        contrastive=ContrastiveSettings(steps=100, classes_per_batch=3, learning_rate=0.2), folds=2,
    )  # fmt: skip
    assert card.random.accuracy < 0.45
    assert card.by_employer is not None
    assert card.by_employer.accuracy < 0.45


def test_a_stored_model_classifies_texts_it_has_not_seen(model: Path) -> None:
    texts, labels = tiny_texts(30, seed=8)
    title_model = TitleModel.load(model, "cpu")
    found = title_model.classify(texts, batch_size=7)
    assert np.mean([t == p for t, p in zip(labels, found.best_title_id.to_pylist(), strict=True)]) > 0.8
    assert found.embeddings.dtype == np.float32
    assert found.embeddings.shape == (90, 16)
    assert found.probability.type == pa.float32()
    for first, second in zip(
        found.probability.to_pylist(), found.second_probability.to_pylist(), strict=True
    ):
        assert second is None or second <= first
    alone = title_model.classify([texts[5]])
    assert alone.best_title_id[0] == found.best_title_id[5]
    assert alone.probability[0].as_py() == pytest.approx(found.probability[5].as_py(), abs=1e-6)
    assert len(title_model.classify([]).best_title_id) == 0


def test_the_same_seed_gives_the_same_model(encoder: EncoderSpec, tmp_path: Path) -> None:
    first, second = (train(encoder, tmp_path / name, folds=2) for name in "ab")
    assert first.model_copy(update={"duration_seconds": 0}) == second.model_copy(
        update={"duration_seconds": 0}
    )
    for name in ("leaves.safetensors", "out_of_fold.parquet", "encoder/model.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_untuned_encoder_and_few_employers_are_reported_as_such(
    encoder: EncoderSpec, tmp_path: Path
) -> None:
    card = train(encoder, tmp_path / "m", contrastive=None, employers=["one", "two"] * 30)
    assert card.contrastive is None
    assert card.contrastive_effect is None
    assert card.by_employer is None
    assert (
        pq.read_table(tmp_path / "m" / "out_of_fold.parquet").column("by_employer_probability").null_count
        == 60
    )


def test_a_training_that_fails_leaves_the_older_model_untouched(
    encoder: EncoderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(encoder, tmp_path / "models" / "m", contrastive=None)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "models" / "m").iterdir()}

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ml.training, "save_encoder", fail)
    with pytest.raises(OSError, match="disk full"):
        train(encoder, tmp_path / "models" / "m", contrastive=None, seed=1)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "models" / "m").iterdir()} == before
    assert {path.name for path in (tmp_path / "models").iterdir()} <= {"m", "cache"}


def test_a_model_that_cannot_take_its_place_leaves_the_older_one_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "m"
    final.mkdir()
    (final / "card").write_text("older")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if (self / "card").exists() and (self / "card").read_text() == "newer":
            raise OSError("no space")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no space"), temporary_folder_beside(final, replace=True) as folder:
        (folder / "card").write_text("newer")
    assert (final / "card").read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_doubtful_labels_weigh_less_in_the_forest(encoder: EncoderSpec, tmp_path: Path) -> None:
    texts = ["nurse day"] * 30
    labels = ["nurse"] * 10 + ["welder"] * 20
    settings = {"texts": texts, "labels": labels, "employers": [None] * 30, "contrastive": None}
    confidences = [1.0] * 10 + [0.05] * 20
    plain = train(encoder, tmp_path / "plain", **settings)
    weighted = train(encoder, tmp_path / "weighted", **settings, confidences=confidences)
    assert (plain.random.accuracy, weighted.random.accuracy) == (pytest.approx(2 / 3), pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ["nurse"] * 60}, "at least two titles"),
        ({"labels": ["nurse"] * 59}, "same length"),
        ({"folds": 61}, "at least 2 folds"),
        ({"grid": [{"encoder": {}}]}, "not encoder"),
    ],
)
def test_impossible_training_is_refused_before_any_work(
    encoder: EncoderSpec, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        train(encoder, tmp_path / "m", **changes)
    assert not (tmp_path / "m").exists()


@given(
    labels=st.lists(st.sampled_from("abcd"), min_size=6, max_size=60),
    folds=st.integers(2, 6),
    seed=st.integers(0, 9),
)
def test_folds_are_even_in_all_and_within_each_title(labels: list[str], folds: int, seed: int) -> None:
    found = stratified_folds(labels, folds, seed)
    sizes = np.bincount(found, minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    for title in set(labels):
        own = np.bincount(found[np.array(labels) == title], minlength=folds)
        assert own.max() - own.min() <= 1


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e", None, "unknown"]), min_size=8, max_size=60))
def test_an_employer_is_never_in_two_folds_and_unknown_ones_are_not_lumped_together(
    employers: list[str | None],
) -> None:
    groups = employer_groups(employers)
    folds = employer_folds(groups, 3, 0)
    known = {e for e in employers if e not in (None, "unknown")}
    unknown = sum(e in (None, "unknown") for e in employers)
    assert len(set(groups.tolist())) == len(known) + unknown
    if len(known) + unknown < 3:
        assert folds is None
        return
    assert folds is not None
    for employer in known:
        assert len({fold for fold, e in zip(folds.tolist(), employers, strict=True) if e == employer}) == 1


def test_a_posting_under_the_threshold_is_unassigned() -> None:
    best = pa.array(["a", "b", "c"])
    probability = pa.array(np.array([0.3, 0.29, 0.9], dtype=np.float32))
    assert assign_titles(best, probability, 0.3).to_pylist() == ["a", "unassigned", "c"]
    assert assign_titles(best, probability, 0.0).to_pylist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="between 0 and 1"):
        assign_titles(best, probability, 30)
