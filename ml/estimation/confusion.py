"""Which titles hide behind which predictions, learned from the audit, and counts that allow for it.

What belongs here: the smoothed confusion and the tilt, for one or for many replicates at a time. What does not:
drawing replicates (`replicates`), how often a class of predictions is right (`rightness`), and intervals (`changes`).
Formulas and sources stand in docs/method.md.

The confusion is pooled over the windows. A class of predictions is a predicted title j in a band b of how sure the
classifier was. The audit says what share r(j, b) of a class is right, and how the wrong ones of j divide among the
true titles k: w(k | j), smoothed towards what is usual in the family of j. Over the windows together this gives the
number of postings of k in every class: T(k, jb) = r(j, b) M(j, b) where k is j, w(k | j) (1 - r(j, b)) M(j, b) from
errors; and so P(jb | k) = T(k, jb) / N(k), which is taken to be the same in every window. A window's counts M_w then
tilt N: `TILTS` steps of the EM algorithm for the mixture M_w = sum over k of N_w(k) P(. | k), begun where the title's
own predictions are, and held back by a weak belief that titles grow like the market.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.rightness import Rightness, usual_rightness
from ml.estimation.tables import AUDIT_ROWS
from ml.schema import UNASSIGNED

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TILTS, HELD = 2, 12.0
"""Steps of the tilt, and how many postings the belief weighs, at most, that a title grows as the market does. More
steps and a weaker belief remove the last of the pull towards the market and add noise; decisions/0015 compares."""

HELD_IN_REPLICATES = 4.0
"""The same in the replicates for the employers. A belief as strong as HELD would quiet the replicates of titles with
few postings, and make their standard errors too small for a test."""

FURTHER_TILTS = 8
"""Steps in the replicates for the crawled postings. What stopping early leaves of the pull is an error that no
replicate shows; the greater noise of a tilt that is carried further stands in for it."""

WIDER = 2.5
"""How much wider the shifts of titles are drawn in replicates than their variance as it is learned. A shift's likeliest
value hangs on it too, and shifts have longer tails than a normal's: with 1, intervals at 10 million postings hold 93 of
100 times."""

LEAST_EXPECTED, SPREAD_STEPS = 0.5, 20
"""Titles with fewer right predictions, were they to move as the market does, say nothing of how titles spread; and the
steps of finding it, which leave less than 1e-4."""

WRONG_ROWS, UNASSIGNED_ROWS = 4.0, 400.0
"""Audit rows that the usual of the family weighs in where errors come from, and in what postings without any predicted
title truly are."""

MISSED_BY_SIZE, LEAST_SPREAD = 0.5, 0.05
"""How what is missed of a title grows with its size, by a power; and the least relative variance around that."""

TINY = 1e-12


@dataclass(frozen=True)
class Confusion:
    """Audit rows arranged for the estimates.

    K titles, B bands, C cells (true title, predicted title): those with audit rows, all pairs within a family, and the
    diagonal. A predicted title is a number: 0 to K - 1, and K where not even a best title is known. A class of
    predictions is j * B + b, and K * B for K.
    true, predicted: (C,) true and predicted title of each cell, ordered by predicted. rows: (C + 2 * K * B, E) sparse,
    audit rows by employer: of each cell, then the right ones of each class, then all of each class. family: (K,) number
    of each title's family; a title without one is alone in its own. predictions: (K,) postings of all windows by
    predicted title, audited or not; None where they say nothing of how often it is right.
    """

    title_ids: tuple[str, ...]
    bands: int
    true: Integers
    predicted: Integers
    rows: csr_array
    family: Integers
    predictions: Floats | None = None

    @property
    def titles(self) -> int:
        """How many titles there are."""
        return len(self.title_ids)

    @property
    def classes(self) -> int:
        """How many classes of predictions there are, the last without a predicted title."""
        return self.titles * self.bands + 1

    @cached_property
    def counted(self) -> Floats:
        """(C + 2 * K * B,) audit rows as in `rows`."""
        return np.asarray(self.rows.sum(axis=1), dtype=np.float64).ravel()

    @cached_property
    def labels(self) -> Integers:
        """(K,) audit rows by true title."""
        cells = self.counted[: len(self.true)]
        return np.bincount(self.true, cells, self.titles).astype(np.int64)

    @cached_property
    def usual(self) -> Usual:
        """What is usual, from all audit rows."""
        return _usual(self)

    def of_rows(self, audited: Floats) -> tuple[Floats, Floats, Floats]:
        """Audit rows (C + 2 * K * B, R): of the cells (C, R), the right ones and all of each class (K, B, R)."""
        cells, classes = len(self.true), self.titles * self.bands
        shape = (self.titles, self.bands, audited.shape[1])
        right, seen = audited[cells : cells + classes], audited[cells + classes :]
        return audited[:cells], right.reshape(shape), seen.reshape(shape)

    def by_title(self, classes: Floats) -> Floats:
        """(K + 1, R): sums of (K * B + 1, R) over the bands of each predicted title."""
        shape = (self.titles, self.bands, classes.shape[1])
        return np.concatenate([classes[:-1].reshape(shape).sum(axis=1), classes[-1:]])


@dataclass(frozen=True)
class Usual:
    """What the audit says of families, taken as known in every replicate.

    right: how sure a class is to be right before its title's own rows are seen. inside: (K,) share of a prediction's
    errors that come from the same family. share: (K,) of all postings. cell: (C,) where errors inside the family come
    from; 0 on the diagonal and across families.
    """

    right: Rightness
    inside: Floats
    share: Floats
    cell: Floats


@dataclass(frozen=True)
class Mixture:
    """The pooled joint counts T, for R replicates at a time.

    right, wrong: (K, B, R) postings of each class whose predicted title is right, and is not. nameless: (R,) postings
    without a predicted title. shares: (C, R), what part of a predicted title's wrong postings is of each true title;
    anywhere: (K + 1, R), what part comes from any title, in proportion to `share` (K,). Of one predicted title both
    sum to 1.
    """

    confusion: Confusion
    right: Floats
    wrong: Floats
    nameless: Floats
    shares: Floats
    anywhere: Floats
    share: Floats

    @cached_property
    def totals(self) -> Floats:
        """(K, R) the pooled count of every true title."""
        return self.right.sum(axis=1) + self._spread(self.errors)

    @cached_property
    def errors(self) -> Floats:
        """(K + 1, R) wrong postings of every predicted title, with those without any."""
        return np.concatenate([self.wrong.sum(axis=1), self.nameless[None]])

    def titles_of(self, window: Floats, tilts: int = TILTS, held: float = 0.0) -> Floats:
        """(K, R) counts of the true titles in a window with counts `window` by class, (K * B + 1, R).

        held: postings that the belief weighs that each title's part of the window is what it is of all windows.
        """
        confusion = self.confusion
        shape = (confusion.titles, confusion.bands, window.shape[1])
        market = window.sum(axis=0)[None] / np.maximum(self.totals.sum(axis=0), TINY)
        tilt = self._own(window, market, held) if held else np.repeat(market, confusion.titles, 0)
        for _ in range(tilts):
            ratio = window / np.maximum(self.predictions_of(tilt), TINY)
            of_class = ratio[:-1].reshape(shape)
            wrong = np.concatenate([(self.wrong * of_class).sum(axis=1), self.nameless[None] * ratio[-1:]])
            found = (self.right * of_class).sum(axis=1) + self._spread(wrong)
            tilt = tilt * found / np.maximum(self.totals, TINY)
            tilt = self._held_back(tilt, market, held) if held else tilt
        return tilt * self.totals

    def nearness(self, window: Floats) -> float:
        """Part of HELD, 0 to 1, that is to hold titles near the market in a window with counts (K * B + 1, 1); R = 1.

        Where titles spread around the market by a relative variance v, a belief in the market weighs 1 / v postings.
        v by moments: of the squared distances of the titles' own predictions, less what Poisson counts have, each
        weighing as little as both make it uncertain (as in empirical Bayes; Paule and Mandel 1982).
        """
        classes = window[:-1].reshape(self.right.shape)
        share = self.right / np.maximum(self.right + self.wrong, TINY)
        found = (classes * share).sum(axis=(1, 2))
        market = float(window.sum() / max(float(self.totals.sum()), TINY))
        expected = market * self.right.sum(axis=(1, 2))
        found, expected = found[expected > LEAST_EXPECTED], expected[expected > LEAST_EXPECTED]
        spread = 1.0 / HELD
        for _ in range(SPREAD_STEPS):
            weight = (1.0 / expected + spread) ** -2
            beyond = weight * ((found / expected - 1.0) ** 2 - 1.0 / expected)
            spread = max(float(beyond.sum() / max(float(weight.sum()), TINY)), 0.0)
        return min(1.0, 1.0 / (HELD * max(spread, TINY)))

    def _own(self, window: Floats, market: Floats, held: float) -> Floats:
        """(K, R): the part that a window has of each title's own predictions, each class weighing as often as it is
        right, held back as in every step. A title of which most is missed, whose steps of EM are short, has not far to
        go from there.
        """
        classes = window[:-1].reshape(self.right.shape)
        share = self.right / np.maximum(self.right + self.wrong, TINY)
        found = (classes * share).sum(axis=1)
        return (found + held) / (self.right.sum(axis=1) + held / np.maximum(market, TINY))

    def _held_back(self, tilt: Floats, market: Floats, held: float) -> Floats:
        """(K, R): the mean of a part of N postings, of which tilt * N were found, believed before to be gamma-
        distributed around the market's with shape `held`; scaled, as EM is, to as many postings as the window has.
        """
        count = self.totals
        found = (count * tilt + held) / (count + held / np.maximum(market, TINY))
        return found * (market * count.sum(axis=0) / np.maximum((count * found).sum(axis=0), TINY))

    def predictions_of(self, tilt: Floats) -> Floats:
        """(K * B + 1, R) counts by class of a window that holds `tilt` (K, R) times the pooled count of every title."""
        mixed = self.by_prediction(self.shares * tilt[self.confusion.true])
        mixed += self.anywhere * (self.share @ tilt)
        expected = self.right * tilt[:, None] + self.wrong * mixed[:-1, None]
        last = self.nameless[None] * mixed[-1:]
        return np.concatenate([expected.reshape(-1, tilt.shape[1]), last])

    def _spread(self, errors: Floats) -> Floats:
        """(K, R): errors (K + 1, R) of predicted titles, given to the true titles they come from."""
        found = self.by_title(self.shares * errors[self.confusion.predicted])
        return found + self.share[:, None] * (self.anywhere * errors).sum(axis=0)

    def by_prediction(self, cells: Floats) -> Floats:
        """(K + 1, R): sums over the cells of each predicted title."""
        return _sum_by(cells, *_starts(self.confusion.predicted), self.confusion.titles + 1)

    def by_title(self, cells: Floats) -> Floats:
        """(K, R): sums over the cells of each true title."""
        order, starts = self._order
        return _sum_by(cells[order], *starts, self.confusion.titles)

    @cached_property
    def _order(self) -> tuple[Integers, tuple[Integers, Integers]]:
        order = np.argsort(self.confusion.true, kind="stable")
        return order, _starts(self.confusion.true[order])


def arrange(
    audit: pa.Table,
    title_ids: Sequence[str],
    employer_ids: Sequence[str],
    families: Mapping[str, str],
    bands: int | None = None,
    predictions: Floats | None = None,
) -> Confusion:
    """Arrange audit rows (AUDIT_ROWS or BANDED_AUDIT, any order) over `title_ids` and `employer_ids`, both sorted.

    `bands` is the number of bands, where there may be more than the audit rows show; `predictions` as in `Confusion`.
    Rows whose label is none of the titles are left out, as are those of employers that are not in the list: these have
    no posting in either window. Raises ValueError for another schema.
    """
    from scipy.sparse import coo_array

    if missing := sorted(set(AUDIT_ROWS.names) - set(audit.column_names)):
        raise ValueError(f"audit rows need the columns {AUDIT_ROWS.names}; missing: {missing}")
    best, band = banded(audit, "predicted")
    count = bands or int(band.max(initial=0)) + 1
    titles = len(title_ids)
    numbers = {title: number for number, title in enumerate(title_ids)}
    true = _numbers(audit.column("title_id").to_pylist(), numbers)
    predicted = _numbers(best, {**numbers, UNASSIGNED: titles})
    employer = _numbers(
        audit.column("employer_id").to_pylist(), {name: number for number, name in enumerate(employer_ids)}
    )
    known = (true >= 0) & (predicted >= 0) & (employer >= 0)
    true, predicted, employer, band = true[known], predicted[known], employer[known], band[known]
    postings = audit.column("postings").to_numpy().astype(np.float64)[known]
    family = _family_numbers(title_ids, families)
    keys = np.unique(np.concatenate([predicted * titles + true, _family_cells(family)]))
    classes = titles * count
    place = [np.searchsorted(keys, predicted * titles + true)]
    named = predicted < titles
    of_class = len(keys) + predicted * count + band
    place += [of_class[named & (true == predicted)], classes + of_class[named]]
    chosen = [np.ones(len(true), dtype=bool), named & (true == predicted), named]
    rows = coo_array(
        (
            np.concatenate([postings[one] for one in chosen]),
            (np.concatenate(place), np.concatenate([employer[one] for one in chosen])),
        ),
        shape=(len(keys) + 2 * classes, len(employer_ids)),
    ).tocsr()
    rows.sum_duplicates()
    return Confusion(tuple(title_ids), count, keys % titles, keys // titles, rows, family, predictions)


def banded(table: pa.Table, title: str) -> tuple[list[str], Integers]:
    """The best title and the band of every row; of a table without bands, the column `title` and band 0."""
    if "band" not in table.column_names:
        return table.column(title).to_pylist(), np.zeros(table.num_rows, dtype=np.int64)
    return table.column("best_title_id").to_pylist(), table.column("band").to_numpy().astype(np.int64)


@dataclass(frozen=True)
class Belief:
    """What is believed of the confusion before the audit.

    right: (K, R), where the shift of each title is believed to lie. wrong: (C, R), rows added to those of the cells.
    """

    right: Floats
    wrong: Floats


def usual_belief(confusion: Confusion) -> Belief:
    """What is usual in the family, weighing as much as its variance and WRONG_ROWS say; R = 1."""
    return Belief(np.zeros((confusion.titles, 1)), WRONG_ROWS * confusion.usual.cell[:, None])


def drawn_belief(confusion: Confusion, random: np.random.Generator, replicates: int) -> Belief:
    """The same, drawn: with rows under Poisson weights it gives draws near those of the posterior.

    Weights alone would take what is usual for certain, and say of a title with few audit rows that it is known well.
    """
    usual = confusion.usual
    inner = np.flatnonzero(usual.cell)
    cell = np.zeros((len(confusion.true), replicates))
    cell[inner] = random.standard_gamma(WRONG_ROWS * usual.cell[inner, None], (len(inner), replicates))
    shift = (
        random.standard_normal((confusion.titles, replicates))
        * np.sqrt(WIDER * usual.right.variance)[:, None]
    )
    return Belief(shift, cell)


def mixture(confusion: Confusion, audited: Floats, pooled: Floats, belief: Belief) -> Mixture:
    """T for R replicates, from `audited` (C + 2 * K * B, R), audit rows as in `Confusion.rows`, and `pooled`
    (K * B + 1, R), counts of all windows by class."""
    usual, titles = confusion.usual, confusion.titles
    cells, hits, seen = confusion.of_rows(audited)
    right = usual.right.shares(hits, seen, belief.right)
    of_class = pooled[:-1].reshape(titles, confusion.bands, -1)
    wrong_cells = np.where((confusion.true == confusion.predicted)[:, None], 0.0, cells)
    elsewhere = (WRONG_ROWS * (1.0 - usual.inside))[:, None]
    starts = _starts(confusion.predicted)
    column = _sum_by(wrong_cells + belief.wrong, *starts, titles + 1)
    weight = np.concatenate(
        [1.0 / np.maximum(column[:titles] + elsewhere, TINY), 1.0 / (column[titles:] + UNASSIGNED_ROWS)]
    )
    anywhere = np.concatenate([elsewhere * weight[:titles], UNASSIGNED_ROWS * weight[titles:]])
    shares = (wrong_cells + belief.wrong) * weight[confusion.predicted]
    return Mixture(
        confusion, right * of_class, (1.0 - right) * of_class, pooled[-1], shares, anywhere, usual.share
    )


def _usual(confusion: Confusion) -> Usual:
    titles, family = confusion.titles, confusion.family
    true, predicted = confusion.true, confusion.predicted
    counted, hits, seen = (one[..., 0] for one in confusion.of_rows(confusion.counted[:, None]))
    assigned = predicted < titles
    of_family = family[np.where(assigned, predicted, 0)]
    families = int(family.max(initial=-1)) + 1
    wrong = assigned & (true != predicted)
    inner = wrong & (family[true] == of_family)

    def by_family(chosen: npt.NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(of_family[chosen], counted[chosen], families), dtype=np.float64)

    inside = (by_family(inner) + 1.0) / (by_family(wrong) + 2.0)
    inside[np.bincount(family, minlength=families) < 2] = 0.0
    share = (confusion.labels + 0.5) / (confusion.labels.sum() + 0.5 * titles)
    # Inside a family errors come from its other titles in proportion to what is missed of each.
    rows = np.asarray(np.bincount(true[wrong], counted[wrong], titles), dtype=np.float64)
    missed = _missed(rows, share)
    others = np.bincount(family, missed, families)[family] - missed
    column = np.where(assigned, predicted, 0)
    cell = np.where(inner, inside[of_family] * missed[true] / np.maximum(others[column], TINY), 0.0)
    return Usual(usual_rightness(hits, seen, family, confusion.predictions), inside[family], share, cell)


def _missed(rows: Floats, share: Floats) -> Floats:
    """(K,): rows of each title that were predicted as another, drawn towards what is usual of a title of its size.

    Counts with a gamma-distributed rate, whose spread is found by moments (as in empirical Bayes; Marshall 1991).
    """
    usual = np.maximum(rows.sum() * share**MISSED_BY_SIZE / (share**MISSED_BY_SIZE).sum(), TINY)
    spread = max(float(((rows - usual) ** 2 - usual).sum() / (usual**2).sum()), LEAST_SPREAD)
    return usual * (rows * spread + 1.0) / (usual * spread + 1.0)


def _numbers(values: Sequence[str], numbers: Mapping[str, int]) -> Integers:
    """The number of every value, -1 where it has none."""
    return np.array([numbers.get(value, -1) for value in values], dtype=np.int64)


def _family_numbers(title_ids: Sequence[str], families: Mapping[str, str]) -> Integers:
    numbers: dict[str, int] = {}
    return np.array(
        [
            numbers.setdefault(f"family {families[t]}" if families.get(t) else f"title {t}", len(numbers))
            for t in title_ids
        ],
        dtype=np.int64,
    )


def _family_cells(family: Integers) -> Integers:
    """Keys (column * K + true title) of all pairs within a family, the diagonal among them."""
    titles = len(family)
    order = np.argsort(family, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(family[order])) + 1) if titles else []
    pairs = [(group[:, None] * titles + group[None, :]).ravel() for group in groups]
    return np.concatenate(pairs) if pairs else np.empty(0, dtype=np.int64)


def _starts(sorted_numbers: Integers) -> tuple[Integers, Integers]:
    """The distinct numbers, and where each begins."""
    numbers, starts = np.unique(sorted_numbers, return_index=True)
    return numbers, starts.astype(np.int64)


def _sum_by(values: Floats, numbers: Integers, starts: Integers, size: int) -> Floats:
    """(size, R) sums of the rows of `values`, which are ordered by number."""
    summed = np.zeros((size, values.shape[1]))
    if len(starts):
        summed[numbers] = np.add.reduceat(values, starts, axis=0)
    return summed
