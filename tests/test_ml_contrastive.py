"""Contrastive tuning: one pair per class, better neighbours, the same result for a seed, nothing left behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.contrastive import ContrastiveSettings, FineTuned, draw_pairs, fine_tune
from ml.encoder import EncoderSpec, encode, load_encoder, static_module
from tests.tiny_encoder import NEUTRAL, tiny_static_encoder, tiny_texts

QUICK = ContrastiveSettings(steps=60, classes_per_batch=3, learning_rate=0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_static_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


def tune(folder: Path, seed: int = 0) -> FineTuned:
    texts, labels = tiny_texts(20)
    model = load_encoder(EncoderSpec(name=str(folder)), folder, "cpu")
    return fine_tune(model, texts, labels, QUICK, seed, held_out=tiny_texts(20, seed=9))


@settings(max_examples=60, deadline=None)
@given(
    labels=st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=40).filter(
        lambda names: len(set(names)) > 1
    ),
    width=st.integers(2, 10),
    seed=st.integers(0, 99),
)
def test_a_batch_never_holds_two_pairs_of_one_class(labels: list[str], width: int, seed: int) -> None:
    texts = [f"text {number % 5}" for number in range(len(labels))]
    pairs = draw_pairs(texts, labels, ContrastiveSettings(steps=4, classes_per_batch=width), seed)
    assert pairs.shape == (4, min(width, len(set(labels))), 2)
    for batch in pairs:
        classes = [labels[anchor] for anchor, _ in batch]
        assert len(set(classes)) == len(classes)
        for anchor, positive in batch:
            assert labels[anchor] == labels[positive]
            wordings = {text for text, label in zip(texts, labels, strict=True) if label == labels[anchor]}
            assert texts[anchor] != texts[positive] or len(wordings) == 1


def test_tuning_makes_neighbours_of_texts_with_the_same_title(folder: Path) -> None:
    tuned = tune(folder)
    assert tuned.before is not None
    assert tuned.after is not None
    assert tuned.after["nearest"] > tuned.before["nearest"] + 0.1
    assert tuned.after["nearest"] > 0.9
    assert tuned.losses[-1] < tuned.losses[0]


def test_the_same_seed_gives_the_same_encoder_and_another_seed_another(folder: Path) -> None:
    texts, _ = tiny_texts(5, seed=4)
    first, again, other = (encode(tune(folder, seed).model, texts) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_words_that_no_text_holds_stay_where_they_were(folder: Path) -> None:
    model = load_encoder(EncoderSpec(name=str(folder)), folder, "cpu")
    module = static_module(model)
    assert module is not None
    before = module.embedding.weight.detach().clone()
    fine_tune(model, ["nurse day", "nurse", "welder", "welder day"], ["n", "n", "w", "w"], QUICK, 0)
    moved = (module.embedding.weight.detach() != before).any(dim=1).numpy()
    words = module.tokenizer.get_vocab()
    assert {word for word, number in words.items() if moved[number]} == {"nurse", "welder", "day"}
    assert set(NEUTRAL) - {"day"} <= set(words)


def test_tuning_leaves_no_folder_and_no_word_in_the_terminal(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[tuple[str, int, int]] = []
    texts, labels = tiny_texts(4)
    model = load_encoder(EncoderSpec(name=str(folder)), folder, "cpu")
    capfd.readouterr()
    fine_tune(model, texts, labels, QUICK, 0, lambda task, done, total: seen.append((task, done, total)))
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert seen[-1] == ("contrastive", 60, 60)
    assert "WANDB_PROJECT" not in os.environ


def test_a_transformer_is_tuned_by_the_same_path(tmp_path: Path) -> None:
    from tests.test_ml_encoder import tiny_transformer

    model = load_encoder(EncoderSpec(name=str(tiny_transformer(tmp_path / "t"))), tmp_path, "cpu")
    texts = ["aaa b", "aaa c", "zzz b", "zzz c"] * 3
    before = encode(model, texts)
    tuned = fine_tune(
        model, texts, ["a", "a", "z", "z"] * 3, ContrastiveSettings(steps=8, learning_rate=1e-3), 0
    )
    assert np.abs(encode(tuned.model, texts) - before).max() > 1e-4
    assert len(tuned.losses) == 8


def test_a_single_title_cannot_be_tuned_on(folder: Path) -> None:
    model = load_encoder(EncoderSpec(name=str(folder)), folder, "cpu")
    with pytest.raises(ValueError, match="at least two titles"):
        fine_tune(model, ["nurse", "care"], ["n", "n"], QUICK, 0)
