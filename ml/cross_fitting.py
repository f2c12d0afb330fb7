"""Cross-fitting: each posting is scored by a model that never saw its employer.

What belongs here: which fold a posting belongs to, and the models of all folds as one classifier. What does not:
training them (`training`).

The fold is a hash of the employer, so it is known for every posting, labelled or not, now and later. So labelled and
unlabelled postings meet the same instrument, and what the labels say of its errors holds for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.classification import Classified, TitleModel

FOLDS_FOLDER = "folds"
UNNAMED = (None, "", "unknown")

Integers = npt.NDArray[np.int64]


def hashed_folds(employers: Sequence[str | None], postings: Sequence[str], folds: int) -> Integers:
    """A fold number per posting, by its employer; a posting whose employer is not known goes by its own id."""
    known: dict[str, int] = {}
    found = np.empty(len(employers), dtype=np.int64)
    for row, (employer, posting) in enumerate(zip(employers, postings, strict=True)):
        if employer in UNNAMED:
            found[row] = _fold(f"posting {posting}", folds)
        else:
            if (fold := known.get(str(employer))) is None:
                fold = known[str(employer)] = _fold(f"employer {employer}", folds)
            found[row] = fold
    return found


def fold_folder(model_folder: Path, fold: int) -> Path:
    """Where the model of one fold stands, in the folder of a cross-fitted model."""
    return model_folder / FOLDS_FOLDER / str(fold)


@dataclass(frozen=True)
class CrossFitted:
    """The models of all folds. Made by `CrossFitted.load`."""

    models: tuple[TitleModel, ...]

    @classmethod
    def load(cls, folder: Path, device: str | None = None) -> CrossFitted:
        """Open a folder that `train_title_model` wrote with cross-fitting.

        Raises FileNotFoundError where there are no folds, and as TitleModel.load does.
        """
        folds = len(list((folder / FOLDS_FOLDER).iterdir()))
        return cls(tuple(TitleModel.load(fold_folder(folder, fold), device) for fold in range(folds)))

    @property
    def dimensions(self) -> int:
        """Dimensions of the embeddings; they are alike for all folds."""
        return int(self.models[0].encoder.get_embedding_dimension())

    def classify(
        self, texts: Sequence[str], employers: Sequence[str | None], postings: Sequence[str]
    ) -> Classified:
        """Classify texts, each by the model of its fold. Embeddings of different folds lie in different spaces."""
        folds = hashed_folds(employers, postings, len(self.models))
        parts: list[Classified] = []
        rows: list[Integers] = []
        for fold, model in enumerate(self.models):
            chosen = np.flatnonzero(folds == fold)
            if len(chosen):
                parts.append(model.classify([texts[row] for row in chosen.tolist()]))
                rows.append(chosen)
        if not parts:
            return self.models[0].classify([])
        order = np.argsort(np.concatenate(rows))

        def column(name: str) -> Any:
            return pa.concat_arrays([getattr(part, name) for part in parts]).take(pa.array(order))

        return Classified(
            best_title_id=column("best_title_id"),
            probability=column("probability"),
            second_title_id=column("second_title_id"),
            second_probability=column("second_probability"),
            embeddings=np.concatenate([part.embeddings for part in parts])[order],
        )


def _fold(key: str, folds: int) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8"), digest_size=8).digest(), "little") % folds
