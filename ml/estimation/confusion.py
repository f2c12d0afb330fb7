"""Which titles hide behind which predictions, learned from the audit, and counts that allow for it.

What belongs here: the smoothed confusion and the tilt, for one or for many replicates at a time. What does not:
drawing replicates (`replicates`), and intervals (`changes`). Formulas and sources stand in docs/method.md.

The confusion is pooled over the windows. For predicted title j the audit says how its postings divide among the true
titles k: q(k | j), smoothed towards what is usual in the family of j. Over the windows together this gives the number
of postings of k that are predicted as j, T(k, j) = q(k | j) M(j), and so P(j | k) = T(k, j) / N(k), which is taken to
be the same in every window. A window's counts M_w then tilt N: `TILTS` steps of the EM algorithm for the mixture
M_w = sum over k of N_w(k) P(. | k), begun where every title grows like the market.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.tables import AUDIT_ROWS
from ml.schema import UNASSIGNED

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TILTS = 3
"""Steps of the tilt. More remove the last of the pull towards the market and add noise; docs/quality/estimates.md
has the comparison."""

FURTHER_TILTS = 8
"""Steps in the replicates for the crawled postings. What stopping early leaves of the pull is an error that no
replicate shows; the greater noise of a tilt that is carried further stands in for it."""

RIGHT_ROWS, WRONG_ROWS, UNASSIGNED_ROWS = 12.0, 4.0, 400.0
"""Audit rows that the usual of the family weighs: in the share that is right, in where errors come from, and in what
the unassigned postings truly are."""

SURE = 0.9
"""Share of right predictions that is assumed before any audit row is seen; it weighs SURE_ROWS rows."""

SURE_ROWS = 5.0


@dataclass(frozen=True)
class Confusion:
    """Audit rows arranged for the estimates.

    K titles, C cells (true title, predicted title): those with audit rows, all pairs within a family, and the
    diagonal. A prediction is a column: 0 to K - 1 the titles, K what is unassigned.
    true, predicted: (C,) title and column of each cell, ordered by column. rows: (C, E) sparse, audit rows by cell and
    employer. family: (K,) number of each title's family; a title without one is alone in its own.
    """

    title_ids: tuple[str, ...]
    true: Integers
    predicted: Integers
    rows: csr_array
    family: Integers

    @property
    def titles(self) -> int:
        """How many titles there are."""
        return len(self.title_ids)

    @cached_property
    def counted(self) -> Floats:
        """(C,) audit rows by cell."""
        return np.asarray(self.rows.sum(axis=1), dtype=np.float64).ravel()

    @cached_property
    def labels(self) -> Integers:
        """(K,) audit rows by true title."""
        return np.bincount(self.true, self.counted, self.titles).astype(np.int64)

    @cached_property
    def usual(self) -> Usual:
        """What is usual, from all audit rows."""
        return _usual(self)


@dataclass(frozen=True)
class Usual:
    """What the audit says of families, taken as known in every replicate.

    right: (K,) share of right predictions of a title of this family. inside: (K,) share of a prediction's errors that
    come from the same family. share: (K,) of all postings. cell: (C,) where errors inside the family come from; 0 on
    the diagonal and across families.
    """

    right: Floats
    inside: Floats
    share: Floats
    cell: Floats


@dataclass(frozen=True)
class Mixture:
    """The pooled joint counts T, for R replicates at a time.

    cells: (C, R). anywhere: (K + 1, R), what of a prediction's postings comes from any title, in proportion to
    `share` (K,). totals: (K, R), the pooled count of every title.
    """

    confusion: Confusion
    cells: Floats
    anywhere: Floats
    share: Floats
    totals: Floats

    def titles_of(self, window: Floats, tilts: int | None = None) -> Floats:
        """(K, R) counts of the true titles in a window with predicted counts `window`, (K + 1, R)."""
        tilt = np.repeat(
            window.sum(axis=0)[None] / np.maximum(self.totals.sum(axis=0), TINY), self.confusion.titles, 0
        )
        for _ in range(tilts or TILTS):
            expected = self.predictions_of(tilt)
            ratio = window / np.maximum(expected, TINY)
            found = self.by_title(self.cells * ratio[self.confusion.predicted])
            found += self.share[:, None] * (self.anywhere * ratio).sum(axis=0)
            tilt = tilt * found / np.maximum(self.totals, TINY)
        return tilt * self.totals

    def predictions_of(self, tilt: Floats) -> Floats:
        """(K + 1, R) predicted counts of a window that holds `tilt` (K, R) times the pooled count of every title."""
        expected = self.by_prediction(self.cells * tilt[self.confusion.true])
        expected += self.anywhere * (self.share @ tilt)
        return expected

    def by_prediction(self, cells: Floats) -> Floats:
        """(K + 1, R): sums over the cells of each prediction."""
        return _sum_by(cells, *_starts(self.confusion.predicted), self.confusion.titles + 1)

    def by_title(self, cells: Floats) -> Floats:
        """(K, R): sums over the cells of each true title."""
        order, starts = self._order
        return _sum_by(cells[order], *starts, self.confusion.titles)

    @cached_property
    def _order(self) -> tuple[Integers, tuple[Integers, Integers]]:
        order = np.argsort(self.confusion.true, kind="stable")
        return order, _starts(self.confusion.true[order])


TINY = 1e-12


def arrange(
    audit: pa.Table, title_ids: Sequence[str], employer_ids: Sequence[str], families: Mapping[str, str]
) -> Confusion:
    """Arrange audit rows (schema AUDIT_ROWS, any order) over `title_ids` and `employer_ids`, both sorted.

    Rows whose label is none of the titles are left out, as are those of employers that are not in the list: these have
    no posting in either window. Raises ValueError for another schema.
    """
    from scipy.sparse import coo_array

    if missing := sorted(set(AUDIT_ROWS.names) - set(audit.column_names)):
        raise ValueError(f"audit rows need the columns {AUDIT_ROWS.names}; missing: {missing}")
    title_of = {title: number for number, title in enumerate(title_ids)}
    employer_of = {employer: number for number, employer in enumerate(employer_ids)}
    column_of = {**title_of, UNASSIGNED: len(title_ids)}
    columns = [
        audit.column(name).to_pylist() for name in ("title_id", "predicted", "employer_id", "postings")
    ]
    known = [
        (title_of[title], column_of[predicted], employer_of[employer], postings)
        for title, predicted, employer, postings in zip(*columns, strict=True)
        if title in title_of and predicted in column_of and employer in employer_of
    ]
    true, predicted, employer, postings = (
        np.array(values, dtype=np.int64)
        for values in (zip(*known, strict=True) if known else ([], [], [], []))
    )
    family = _family_numbers(title_ids, families)
    keys = np.unique(np.concatenate([predicted * len(title_ids) + true, _family_cells(family)]))
    place = np.searchsorted(keys, predicted * len(title_ids) + true)
    rows = coo_array(
        (postings.astype(np.float64), (place, employer)), shape=(len(keys), len(employer_ids))
    ).tocsr()
    rows.sum_duplicates()
    return Confusion(tuple(title_ids), keys % len(title_ids), keys // len(title_ids), rows, family)


@dataclass(frozen=True)
class Belief:
    """What is believed of the confusion before the audit, as rows that are added to the audit's.

    right, wrong: (K, R) for every prediction; cell: (C, R) where errors come from, inside the family.
    """

    right: Floats
    wrong: Floats
    cell: Floats


def usual_belief(confusion: Confusion) -> Belief:
    """What is usual in the family, weighing as much as RIGHT_ROWS and WRONG_ROWS say; R = 1."""
    usual = confusion.usual
    return Belief(
        RIGHT_ROWS * usual.right[:, None],
        RIGHT_ROWS * (1.0 - usual.right)[:, None],
        WRONG_ROWS * usual.cell[:, None],
    )


def drawn_belief(confusion: Confusion, random: np.random.Generator, replicates: int) -> Belief:
    """The same, drawn: added to rows with Poisson weights it gives draws near those of a Dirichlet posterior.

    Weights alone would take what is usual for certain, and say of a title with few audit rows that it is known well.
    """
    usual, titles = confusion.usual, (confusion.titles, replicates)
    inner = np.flatnonzero(usual.cell)
    cell = np.zeros((len(confusion.true), replicates))
    cell[inner] = random.standard_gamma(WRONG_ROWS * usual.cell[inner, None], (len(inner), replicates))
    return Belief(
        random.standard_gamma(RIGHT_ROWS * usual.right[:, None], titles),
        random.standard_gamma(RIGHT_ROWS * (1.0 - usual.right)[:, None], titles),
        cell,
    )


def mixture(confusion: Confusion, audited: Floats, pooled: Floats, belief: Belief) -> Mixture:
    """T for R replicates: `audited` (C, R) audit rows by cell, `pooled` (K + 1, R) predicted counts of all windows."""
    usual, titles = confusion.usual, confusion.titles
    column = _sum_by(audited, *_starts(confusion.predicted), titles + 1)
    diagonal = confusion.true == confusion.predicted
    right_rows = audited[diagonal] + belief.right
    wrong_rows = np.maximum(column[:titles] - audited[diagonal], 0.0)
    right = right_rows / np.maximum(right_rows + wrong_rows + belief.wrong, TINY)
    elsewhere = (WRONG_ROWS * (1.0 - usual.inside))[:, None]
    believed = _sum_by(belief.cell, *_starts(confusion.predicted), titles + 1)[:titles]
    weight = (1.0 - right) / np.maximum(wrong_rows + believed + elsewhere, TINY)
    unassigned = 1.0 / (column[titles:] + UNASSIGNED_ROWS)
    of_column = np.concatenate([weight, unassigned])
    shares = (audited + belief.cell) * of_column[confusion.predicted]
    shares[diagonal] = right
    anywhere = np.concatenate([weight * elsewhere, unassigned * UNASSIGNED_ROWS])
    cells = shares * pooled[confusion.predicted]
    anywhere *= pooled
    empty = Mixture(confusion, cells, anywhere, usual.share, np.empty(0))
    totals = empty.by_title(cells) + usual.share[:, None] * anywhere.sum(axis=0)
    return Mixture(confusion, cells, anywhere, usual.share, totals)


def _usual(confusion: Confusion) -> Usual:
    titles, family = confusion.titles, confusion.family
    true, predicted, counted = confusion.true, confusion.predicted, confusion.counted
    assigned = predicted < titles
    right = assigned & (true == predicted)
    of_family = family[np.where(assigned, predicted, 0)]
    families = int(family.max(initial=-1)) + 1
    same = assigned & ~right & (family[true] == of_family)

    def by_family(chosen: npt.NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(of_family[chosen], counted[chosen], families), dtype=np.float64)

    rows, hits, near = by_family(assigned), by_family(right), by_family(same)
    overall = (hits.sum() + SURE * SURE_ROWS) / (rows.sum() + SURE_ROWS)
    accuracy = (hits + overall * SURE_ROWS) / (rows + SURE_ROWS)
    inside = (near + 1.0) / (rows - hits + 2.0)
    members = np.bincount(family, minlength=families)
    inside[members < 2] = 0.0
    share = (confusion.labels + 0.5) / (confusion.labels.sum() + 0.5 * titles)
    # Inside a family errors come from its other titles in proportion to their share.
    others = np.bincount(family, share, families)[family] - share
    inner = assigned & (true != predicted) & (family[true] == of_family)
    column = np.where(assigned, predicted, 0)
    cell = np.where(inner, inside[of_family] * share[true] / np.maximum(others[column], TINY), 0.0)
    return Usual(accuracy[family], inside[family], share, cell)


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
