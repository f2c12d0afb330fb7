"""The classifier's errors drawn anew, for the intervals of the crawled postings.

What belongs here: draws of what the classifier might have said of the same postings, and how much alike the errors of
one employer are. What does not: the confusion itself (`confusion`), and intervals (`changes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.estimation.bootstrap import influence_moments
from ml.estimation.confusion import HELD, TINY, Confusion, Mixture
from ml.estimation.replicates import CountMatrices
from ml.estimation.within import NOT_ONE_EMPLOYER

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassifierNoise:
    """The classifier's errors in a window of crawled postings, given how many there truly are of each title.

    Of a title's postings, as many as P says go to each class, multinomially; `spread` (K * B + 1, 1) scales the noise
    of each class where an employer's postings err together.
    """

    model: Mixture
    predicted: tuple[Floats, Floats]
    tilts: tuple[Floats, Floats]
    spread: Floats

    @classmethod
    def of(
        cls,
        model: Mixture,
        predicted: tuple[Floats, Floats],
        nearness: tuple[float, float],
        matrices: CountMatrices,
        alike: float,
    ) -> ClassifierNoise:
        """alike: the correlation of errors within employer and title."""
        totals, confusion = np.maximum(model.totals, TINY), model.confusion
        tilts = [
            model.titles_of(window, held=HELD * near) / totals
            for window, near in zip(predicted, nearness, strict=True)
        ]
        base, current = (np.maximum(confusion.by_title(window)[:-1, 0], 1.0) for window in predicted)
        second, _ = influence_moments(matrices.base[1:], matrices.current[1:])
        excess = np.maximum(second / (1.0 / base + 1.0 / current) - 1.0, 0.0)
        of_class = np.append(np.repeat(excess, confusion.bands), 0.0)
        return cls(model, predicted, (tilts[0], tilts[1]), np.sqrt(1.0 + alike * of_class)[:, None])

    def draw(self, random: np.random.Generator, replicates: int) -> tuple[Floats, Floats]:
        """Counts of both windows by class, (K * B + 1, R) each, as the classifier might have given them."""
        base, current = (
            np.maximum(window + self.spread * self._errors(tilt, random, replicates), 0.0)
            for window, tilt in zip(self.predicted, self.tilts, strict=True)
        )
        return base, current

    def _errors(self, tilt: Floats, random: np.random.Generator, replicates: int) -> Floats:
        model, confusion = self.model, self.model.confusion
        wrong = model.errors  # (K + 1, 1), of all windows

        def noise(expected: Floats) -> Floats:
            return np.asarray(
                random.standard_normal((*expected.shape[:-1], replicates)) * np.sqrt(expected),
                dtype=np.float64,
            )

        # Right predictions by class, wrong ones by cell, and those that come from any title.
        right = noise(model.right * tilt[:, None])
        of_cell = model.shares * wrong[confusion.predicted]
        cells = noise(of_cell * tilt[confusion.true])
        from_any = float((model.anywhere * wrong).sum())
        loose = noise(model.share[:, None] * tilt * from_any)
        # A title's errors sum to nothing: what one class gains another loses.
        by_title = right.sum(axis=1) + model.by_title(cells) + loose
        totals = np.maximum(model.totals, TINY)
        chance = model.right / totals[:, None], of_cell / totals[confusion.true]
        right -= chance[0] * by_title[:, None]
        cells -= chance[1] * by_title[confusion.true]
        loose -= (1.0 - chance[0].sum(axis=1) - model.by_title(chance[1])) * by_title
        errors = model.by_prediction(cells)
        # What comes from any title is spread over the predicted titles as `anywhere` is.
        elsewhere = model.anywhere * wrong
        errors += elsewhere / max(from_any, TINY) * loose.sum(axis=0)
        errors += noise(elsewhere * float(model.share @ tilt[:, 0]))
        # A predicted title's wrong postings divide over its bands.
        mixed = model.by_prediction(model.shares * tilt[confusion.true]) + model.anywhere * (
            model.share @ tilt
        )
        of_band = model.wrong / np.maximum(wrong[:-1, None], TINY)
        split = noise(model.wrong * mixed[:-1, None])
        split -= of_band * split.sum(axis=1, keepdims=True)
        found = right + of_band * errors[:-1, None] + split
        return np.concatenate([found.reshape(-1, replicates), errors[-1:]])


def employers_alike(confusion: Confusion, model: Mixture, employer_ids: Sequence[str]) -> float:
    """Correlation, 0 to 1, of being right between two audit rows of one employer and true title.

    The mean of the products of the residuals over all such pairs, against their variance; 0 where there is no pair.
    """
    from scipy.sparse import csr_array

    named = np.array([employer not in NOT_ONE_EMPLOYER for employer in employer_ids])
    titles, cells = confusion.titles, len(confusion.true)
    audited = confusion.rows[:cells]
    of_title = csr_array((np.ones(cells), (confusion.true, np.arange(cells))), shape=(titles, cells))
    diagonal = confusion.true == confusion.predicted
    of_right = csr_array(
        (np.ones(titles), (confusion.true[diagonal], np.flatnonzero(diagonal))), shape=(titles, cells)
    )
    rows = (of_title @ audited).tocoo()
    hits = np.asarray((of_right @ audited).tocsr()[rows.row, rows.col]).ravel()
    right = np.clip((model.right.sum(axis=1) / np.maximum(model.totals, TINY)).ravel(), 0.01, 0.99)[rows.row]
    n, known = rows.data, named[rows.col]
    residual = hits - n * right
    own = hits * (1 - right) ** 2 + (n - hits) * right**2
    pairs = n * (n - 1)
    scale = (pairs * right * (1 - right))[known].sum()
    return float(np.clip((residual**2 - own)[known].sum() / scale, 0.0, 1.0)) if scale > 0 else 0.0
