"""Predicted titles against true ones, posting by posting.

What belongs here: measures over the counted outcomes. What does not: counting them (`postings`), the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from market.exam.postings import LABELLED, NEW, SEEN, UNNAMED
from market.exam.scorecard import (
    CLASSIFICATION,
    HIGHER,
    LOWER,
    NEITHER,
    SHARE,
    TRUE,
    Measure,
    Score,
)
from market.exam.truth import TrueTitle
from market.growth import Booleans
from market.plan import Integers

UNASSIGNED = "unassigned"
WORST = 10
TAKEN_FOR = 3

ACCURACY = Measure(
    "accuracy",
    "Share of the postings of standard titles that are given their true title; unassigned ones count as wrong.",
    "above 85 %",
    SHARE,
    HIGHER,
)
PRECISION = Measure(
    "accuracy where assigned",
    "The same among the postings that are given a title; those of emerging titles count as wrong.",
    "above 90 %",
    SHARE,
    HIGHER,
)
UNASSIGNED_SHARE = Measure(
    "unassigned", "Share of the postings of standard titles that are given none.", "below 10 %", SHARE, LOWER
)
MACRO_F1 = Measure(
    "macro F1",
    "Mean over the standard titles that have postings of the harmonic mean of precision and recall.",
    "above 80 %",
    SHARE,
    HIGHER,
)
WITHIN_FAMILY = Measure(
    "errors within the family",
    "Of the postings that are given another standard title, the share given one of the same family.",
    "most: errors within a family leave the family's figures right",
    SHARE,
    HIGHER,
)
CONFUSION = Measure(
    "confusion",
    "Share of the first title's postings that are given the second; n: such postings.",
    "few",
    SHARE,
    LOWER,
)
EMERGING = Measure(
    "emerging title",
    "Share of the postings of a title outside of the taxonomy that are given the second title; n: such postings.",
    "unassigned, for there is no right title",
    SHARE,
    NEITHER,
)

_GROUPS = {
    LABELLED: "labelled postings (out of fold)",
    SEEN: "other postings of labelled employers",
    NEW: "employers without a label",
    UNNAMED: "employer not named",
}


class Outcomes:
    """The counted outcomes as arrays, one entry a combination; see `postings.Counted`."""

    def __init__(self, outcomes: pa.Table, titles: Mapping[str, TrueTitle]) -> None:
        self.postings: Integers = outcomes.column("postings").to_numpy().astype(np.int64)
        names = sorted({UNASSIGNED, *titles, *outcomes.column("predicted").to_pylist()})
        place = {name: number for number, name in enumerate(names)}
        self.names = names
        self.true, self.predicted = (
            np.array([place[name] for name in outcomes.column(column).to_pylist()], dtype=np.int64)
            for column in ("truth", "predicted")
        )
        self.language, self.who, self.obscured = (
            np.array(outcomes.column(column).to_pylist(), dtype=object)
            for column in ("language", "who", "obscured")
        )
        known = [titles.get(name) for name in names]
        standard = np.array([title is not None and title.in_taxonomy for title in known])
        families = sorted({title.family_id for title in titles.values()})
        family = np.array([families.index(title.family_id) if title else -1 for title in known])
        self.standard: Booleans = standard[self.true]
        self.assigned: Booleans = self.predicted != place[UNASSIGNED]
        self.right: Booleans = self.true == self.predicted
        self.kin: Booleans = family[self.true] == family[self.predicted]

    def count(self, where: Booleans) -> int:
        """Postings of some combinations."""
        return int(self.postings[where].sum())


def classification_scores(
    outcomes: pa.Table, titles: Mapping[str, TrueTitle], *, headline: bool = True
) -> list[Score]:
    """Accuracy by kinds of postings, the titles most often confused, and what became of emerging titles."""
    found = Outcomes(outcomes, titles)
    everything = np.ones(len(found.postings), dtype=bool)
    subsets: list[tuple[str, Booleans]] = [("all postings", everything)]
    subsets += [
        (f"in {name}", found.language == name) for name in sorted(set(found.language.tolist()) - {None})
    ]
    subsets += [(words, found.who == group) for group, words in _GROUPS.items()]
    subsets += [
        ("own title plain", found.obscured == False),  # noqa: E712  (an array)
        ("own title vague or a neighbour's", found.obscured == True),  # noqa: E712
    ]
    scores: list[Score] = []
    for words, where in subsets:
        main = headline and words in ("all postings", _GROUPS[NEW])
        scores += _of_subset(found, where, words, headline=main)
    scores += [_macro_f1(found), _within_family(found)]
    return scores + _confusions(found) + _emerging(found)


def _of_subset(found: Outcomes, where: Booleans, words: str, *, headline: bool) -> list[Score]:
    standard, assigned = where & found.standard, where & found.assigned
    n, given = found.count(standard), found.count(assigned)
    if not n:
        return []
    right = found.count(standard & found.right)
    return [
        _score(ACCURACY, n, right / n, words, headline=headline),
        _score(PRECISION, given, right / given if given else None, words),
        _score(UNASSIGNED_SHARE, n, found.count(standard & ~found.assigned) / n, words),
    ]


def _macro_f1(found: Outcomes) -> Score:
    size = len(found.names)
    true, given, right = (
        np.bincount(index[where], found.postings[where], minlength=size)
        for index, where in (
            (found.true, found.standard),
            (found.predicted, found.assigned),
            (found.true, found.right & found.standard),
        )
    )
    present = true > 0
    # F1 = 2 right / (true + given): the same as the harmonic mean, and 0 where nothing is right.
    score = float((2 * right[present] / (true[present] + given[present])).mean()) if present.any() else None
    return _score(MACRO_F1, int(present.sum()), score, "titles")


def _within_family(found: Outcomes) -> Score:
    wrong = found.standard & found.assigned & ~found.right
    n = found.count(wrong)
    return _score(WITHIN_FAMILY, n, found.count(wrong & found.kin) / n if n else None, "wrong titles")


def _confusions(found: Outcomes) -> list[Score]:
    wrong = found.standard & found.assigned & ~found.right
    true = np.bincount(found.true, found.postings, minlength=len(found.names))
    return [
        _score(CONFUSION, n, n / true[one], f"{found.names[one]} → {found.names[other]}")
        for n, one, other in _commonest(found, wrong)[:WORST]
    ]


def _emerging(found: Outcomes) -> list[Score]:
    """The fates of each emerging title: unassigned, and the titles it is most often taken for."""
    scores: list[Score] = []
    pairs = _commonest(found, ~found.standard)
    for title in sorted({one for _, one, _ in pairs}):
        own = [(n, found.names[other]) for n, one, other in pairs if one == title]
        total = sum(n for n, _ in own)
        unassigned = sum(n for n, name in own if name == UNASSIGNED)
        others = [(n, name) for n, name in own if name != UNASSIGNED][:TAKEN_FOR]
        scores += [
            _score(EMERGING, n, n / total, f"{found.names[title]} → {name}")
            for n, name in [(unassigned, UNASSIGNED), *others]
        ]
    return scores


def _commonest(found: Outcomes, where: Booleans) -> list[tuple[int, int, int]]:
    """(postings, true, predicted) of pairs, the commonest first."""
    size = len(found.names)
    pair = found.true[where] * size + found.predicted[where]
    pairs, place = np.unique(pair, return_inverse=True)
    counts = np.bincount(place, found.postings[where], minlength=len(pairs)).astype(np.int64)
    order: Sequence[int] = np.lexsort((pairs, -counts)).tolist()
    return [(int(counts[k]), int(pairs[k] // size), int(pairs[k] % size)) for k in order]


def _score(measure: Measure, n: int, value: float | None, subset: str, *, headline: bool = False) -> Score:
    return Score(CLASSIFICATION, measure, n, value, subset, TRUE, "", headline)
