"""Texts become titles, by a trained model.

What belongs here: loading a stored model, classifying texts, the threshold. What does not: training, and reading
or writing postings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.encoder import choose_device, encode, open_encoder
from ml.forest import LeanForest
from ml.schema import UNASSIGNED

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ENCODER_FOLDER = "encoder"


@dataclass(frozen=True)
class Classified:
    """One entry per text: the two most probable titles, and the embeddings (n, d).

    second_title_id and second_probability are null where all trees agree on one title.
    """

    best_title_id: pa.StringArray
    probability: pa.FloatArray
    second_title_id: pa.StringArray
    second_probability: pa.FloatArray
    embeddings: npt.NDArray[np.float32]


@dataclass(frozen=True)
class TitleModel:
    """An encoder and a forest that belong together. Made by `TitleModel.load`."""

    encoder: SentenceTransformer
    forest: LeanForest
    device: str

    @classmethod
    def load(cls, folder: Path, device: str | None = None) -> TitleModel:
        """Open a model folder written by `train_title_model`.

        Raises EncoderError, ForestError or FileNotFoundError where the folder is no such model.
        """
        device = device or choose_device()
        return cls(open_encoder(folder / ENCODER_FOLDER, device), LeanForest.load(folder), device)

    def classify(self, texts: Sequence[str], batch_size: int = 256) -> Classified:
        """Classify texts; memory grows with their number, so give them in pieces (say 16,384).

        The same text gets the same title whatever it is classified together with.
        """
        embeddings = encode(self.encoder, texts, batch_size, self.device)
        return self.classify_embeddings(embeddings)

    def classify_embeddings(self, embeddings: npt.NDArray[np.float32]) -> Classified:
        """Classify embeddings (n, d) of this model's encoder."""
        best, p, second, second_p = self.forest.top2(embeddings)
        return Classified(*top_two_columns(self.forest.classes_, best, p, second, second_p), embeddings)


def top_two_columns(
    classes: npt.NDArray[np.str_],
    best: npt.NDArray[np.int32],
    probability: npt.NDArray[np.float32],
    second: npt.NDArray[np.int32],
    second_probability: npt.NDArray[np.float32],
) -> tuple[pa.StringArray, pa.FloatArray, pa.StringArray, pa.FloatArray]:
    """Class indices and probabilities as Arrow columns; the second of a row without one (index -1) is null."""
    titles = pa.array(classes.tolist(), pa.string())
    none = second < 0
    return (
        titles.take(pa.array(best)),
        pa.array(probability, pa.float32()),
        titles.take(pa.array(np.where(none, 0, second), mask=none)),
        pa.array(second_probability, pa.float32(), mask=none),
    )


def assign_titles(
    best_title_id: pa.StringArray, probability: pa.FloatArray, threshold: float
) -> pa.StringArray:
    """The best title where its probability is at least `threshold` (0 to 1), else `unassigned`."""
    import pyarrow.compute as pc

    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"a threshold is a probability between 0 and 1, not {threshold}")
    # Probabilities are shares of trees in float32; 0.3 must not fail against 0.30000001.
    sure = pc.greater_equal(probability.cast(pa.float64()), threshold - 1e-6)
    return pc.if_else(sure, best_title_id, pa.scalar(UNASSIGNED))
