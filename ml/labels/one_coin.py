"""crowd-kit's one-coin Dawid-Skene with one step in array form.

What belongs here: only that step. What does not: the model, its initialisation and its stopping rule, which stay
crowd-kit's.

Why: crowd-kit 1.4.2 fills the error table cell by cell in Python, 8 s an iteration for 7,700 answers over 71
titles. The same table as an array takes milliseconds; a test holds the two against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from crowdkit.aggregation import OneCoinDawidSkene

SMALLEST = float(np.float_power(10, -10))
"""crowd-kit keeps error rates this far from 0 and 1, so that no logarithm is infinite."""


class FastOneCoinDawidSkene(OneCoinDawidSkene):
    """`crowdkit.aggregation.OneCoinDawidSkene`, several hundred times faster, with the same result."""

    @staticmethod
    def _process_skills_to_errors(
        data: pd.DataFrame, probas: pd.DataFrame, skills: pd.Series[Any]
    ) -> pd.DataFrame:
        """P(answer | true title) of each (worker, answer): the skill where they agree, else an even share."""
        pairs = data[["worker", "label"]].drop_duplicates().sort_values(["worker", "label"])
        skill = skills.reindex(pairs["worker"]).to_numpy(dtype=float)
        titles = len(probas.columns)
        errors = np.repeat(((1.0 - skill) / max(titles - 1, 1))[:, None], titles, axis=1)
        errors[np.arange(len(pairs)), probas.columns.get_indexer(pd.Index(pairs["label"]))] = skill
        index = pd.MultiIndex.from_frame(pairs)
        return pd.DataFrame(errors, index=index, columns=probas.columns).clip(SMALLEST, 1.0 - SMALLEST)
