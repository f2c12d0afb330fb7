"""The Poisson bootstrap over employers: replicate counts of every title from one sparse product.

What belongs here: the matrices of counts, the weights, the replicates. What does not: intervals and reasons
for withholding (see `bootstrap`).

The employer is the unit that is drawn, because an employer's postings come and go together: treating postings
as independent makes intervals far too narrow. Each employer gets an independent Poisson(1) weight in each
replicate (Hanley and MacGibbon 2006; Chamandy, Muralidharan, Najmi and Naidu 2012), the limit of drawing
employers with replacement, without having to know their number.

The weight is a pure function of (seed, employer, replicate). So it depends neither on the order of the rows,
nor on which other employers, titles or windows are in the table: the same employer carries the same weight in
every pair of windows, and an audit row can later be given its employer's weight.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml.estimation.tables import BASE, CURRENT, EMPLOYER_COUNTS
from ml.schema import MARKET, UNASSIGNED

if TYPE_CHECKING:
    from scipy.sparse import csr_array

WEIGHT_BLOCK_BYTES = 64 << 20
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class CountMatrices:
    """Postings by title and employer in both windows.

    `base` and `current` are sparse, titles x employers, float64 holding whole numbers; their first row is the
    market (all postings, unassigned ones included). `title_ids` names the rows (MARKET first, then sorted),
    `employer_ids` the columns (sorted).
    """

    title_ids: tuple[str, ...]
    employer_ids: tuple[str, ...]
    base: csr_array
    current: csr_array


def count_matrices(
    counts: pa.Table, title_ids: tuple[str, ...] = (), employer_ids: tuple[str, ...] = ()
) -> CountMatrices:
    """Arrange a table of EMPLOYER_COUNTS (any row order; equal keys add up) as sparse matrices.

    `title_ids` and `employer_ids` name titles and employers that get a row or a column even without a posting. Raises
    ValueError for another schema, a window other than "base" and "current", or a negative count.
    """
    columns = _checked_columns(counts)
    titles, title_codes = _sorted_codes(columns["title_id"])
    employers, employer_codes = _sorted_codes(columns["employer_id"])
    if strangers := set(employer_ids) - set(employers):
        everyone = sorted({*employers, *strangers})
        place = {employer: number for number, employer in enumerate(everyone)}
        employer_codes = np.array([place[e] for e in employers], dtype=np.int32)[employer_codes]
        employers = everyone
    named = sorted((set(titles) | set(title_ids)) - {MARKET, UNASSIGNED})
    row_of = {title: row for row, title in enumerate(named, start=1)}
    # -1: an unassigned posting is in the market's row only.
    rows = np.array([row_of.get(title, -1) for title in titles], dtype=np.int32)[title_codes]
    is_base = pc.equal(columns["window"], BASE).to_numpy(zero_copy_only=False)
    postings = columns["postings"].to_numpy().astype(np.float64)
    shape = (len(named) + 1, len(employers))
    return CountMatrices(
        title_ids=(MARKET, *named),
        employer_ids=tuple(employers),
        base=_matrix(rows[is_base], employer_codes[is_base], postings[is_base], shape),
        current=_matrix(rows[~is_base], employer_codes[~is_base], postings[~is_base], shape),
    )


@dataclass(frozen=True)
class ClassMatrices:
    """Postings by class of predictions and employer in both windows: sparse, (K * bands + 1) x employers.

    A class is a predicted title and a band of how sure the classifier was (row title * bands + band); the last is
    postings without any predicted title. `unassigned`: how many bands, from 0 on, lie under the probability threshold.
    """

    base: csr_array
    current: csr_array
    bands: int
    unassigned: int

    def as_classified(self, classes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(K, R): postings of each title over the threshold, of counts by class (K * bands + 1, R)."""
        by_band = classes[:-1].reshape(-1, self.bands, classes.shape[1])
        return np.asarray(by_band[:, self.unassigned :].sum(axis=1))


def class_matrices(
    counts: pa.Table, title_ids: tuple[str, ...], employer_ids: tuple[str, ...], bands: int
) -> ClassMatrices:
    """Arrange counts (EMPLOYER_COUNTS or BANDED_COUNTS) by class, over sorted lists that hold all their titles (but
    `unassigned`) and employers."""
    from scipy.sparse import coo_array

    is_banded = "band" in counts.column_names
    titles, title_codes = _sorted_codes(
        _one_array(counts.column("best_title_id" if is_banded else "title_id"))
    )
    employers, employer_codes = _sorted_codes(_one_array(counts.column("employer_id")))
    row_of = {title: number for number, title in enumerate(title_ids)}
    column_of = {employer: number for number, employer in enumerate(employer_ids)}
    last = len(title_ids) * bands
    first_rows = np.array([row_of[t] * bands if t in row_of else last for t in titles], dtype=np.int64)
    rows = first_rows[title_codes]
    if is_banded:
        rows = np.where(rows == last, last, rows + counts.column("band").to_numpy())
    columns = np.array([column_of[e] for e in employers], dtype=np.int64)[employer_codes]
    is_base = pc.equal(counts.column("window"), BASE).to_numpy(zero_copy_only=False)
    postings = counts.column("postings").to_numpy().astype(np.float64)
    base, current = (
        coo_array((postings[side], (rows[side], columns[side])), shape=(last + 1, len(employer_ids))).tocsr()
        for side in (is_base, ~is_base)
    )
    return ClassMatrices(base, current, bands, int(is_banded))


def bands_of(*tables: pa.Table | None) -> int:
    """How many bands some tables of counts or audit rows have together; 1 where none is banded."""
    found = [
        pc.max(table.column("band")).as_py() or 0
        for table in tables
        if table is not None and "band" in table.column_names
    ]
    return max(found, default=0) + 1


def poisson_weights(employer_ids: tuple[str, ...], seed: int, replicates: range) -> npt.NDArray[np.uint8]:
    """Poisson(1) weights, employers x replicates, by inversion of a counter-based uniform number.

    The uniform number of replicate r is the r-th output of SplitMix64 (Steele, Lea and Flood 2014) started at
    a 64-bit BLAKE2b hash of the seed and the employer.
    """
    return _weights(_starts(employer_ids, seed), replicates)


def replicate_totals(
    matrices: CountMatrices, seed: int, replicates: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The replicates' counts in the base and the current window, each titles x replicates.

    Weights are made and used in blocks of replicates of at most WEIGHT_BLOCK_BYTES, so memory does not grow
    with their number times that of the employers. All sums are of whole numbers and so exact: the result does
    not depend on the block size or the order of summation.
    """
    rows, employers = matrices.base.shape
    base = np.empty((rows, replicates))
    current = np.empty((rows, replicates))
    block = max(1, WEIGHT_BLOCK_BYTES // (8 * max(1, employers)))
    for chosen, weights in weight_blocks(matrices.employer_ids, seed, replicates, block):
        base[:, chosen] = matrices.base @ weights
        current[:, chosen] = matrices.current @ weights
    return base, current


def weight_blocks(
    employer_ids: tuple[str, ...], seed: int, replicates: int, block: int
) -> Iterator[tuple[slice, npt.NDArray[np.float64]]]:
    """The weights of all replicates, `block` of them at a time: which ones, and their weights, employers x block."""
    starts = _starts(employer_ids, seed)
    for first in range(0, replicates, block):
        chosen = range(first, min(first + block, replicates))
        yield slice(chosen.start, chosen.stop), _weights(starts, chosen).astype(np.float64)


def _starts(employer_ids: tuple[str, ...], seed: int) -> npt.NDArray[np.uint64]:
    salt = seed.to_bytes(8, "little", signed=True)
    digests = (
        hashlib.blake2b(employer.encode("utf-8"), digest_size=8, key=salt).digest()
        for employer in employer_ids
    )
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _weights(starts: npt.NDArray[np.uint64], replicates: range) -> npt.NDArray[np.uint8]:
    steps = np.arange(replicates.start + 1, replicates.stop + 1, dtype=np.uint64) * GOLDEN
    mixed = starts[:, np.newaxis] + steps[np.newaxis, :]
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    weights = np.zeros(mixed.shape, dtype=np.uint8)
    for threshold in _POISSON_THRESHOLDS:
        reached = mixed >= threshold
        if not reached.any():  # nor will a higher one be
            break
        weights += reached
    return weights


def _poisson_thresholds() -> list[np.uint64]:
    """P(weight <= k) for k = 0, 1, ... as 64-bit integers, up to the last one below 1 in 64 bits."""
    thresholds, cumulative = [], 0
    scale = math.e**-1 * 2.0**64
    for k in range(20):
        cumulative += int(scale / math.factorial(k))
        if cumulative < 2**64:
            thresholds.append(np.uint64(cumulative))
    return thresholds


_POISSON_THRESHOLDS = _poisson_thresholds()


def _checked_columns(counts: pa.Table) -> dict[str, pa.Array]:
    missing = sorted(set(EMPLOYER_COUNTS.names) - set(counts.column_names))
    if missing:
        raise ValueError(f"employer counts need the columns {EMPLOYER_COUNTS.names}; missing: {missing}")
    columns: dict[str, pa.Array] = {name: _one_array(counts.column(name)) for name in EMPLOYER_COUNTS.names}
    empty = sorted(name for name, column in columns.items() if column.null_count)
    if empty:
        raise ValueError(f"employer counts must not have empty cells; found some in {empty}")
    strange = set(pc.unique(columns["window"]).to_pylist()) - {BASE, CURRENT}
    if strange:
        raise ValueError(f"window must be {BASE!r} or {CURRENT!r}, found {sorted(map(repr, strange))[:3]}")
    if counts.num_rows and pc.min(columns["postings"]).as_py() < 0:
        raise ValueError("postings must not be negative")
    return columns


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined


def _sorted_codes(column: pa.Array) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The distinct values in order, and for each row the position of its value."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    position = np.empty(len(values), dtype=np.int32)
    position[order] = np.arange(len(values), dtype=np.int32)
    return [values[i] for i in order], position[encoded.indices.to_numpy()]


def _matrix(rows: Any, employers: Any, postings: Any, shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import coo_array, csr_array, vstack

    market = csr_array(np.bincount(employers, weights=postings, minlength=shape[1])[np.newaxis, : shape[1]])
    of_title = rows > 0
    titles = coo_array(
        (postings[of_title], (rows[of_title] - 1, employers[of_title])), shape=(shape[0] - 1, shape[1])
    ).tocsr()
    return vstack([market, titles], format="csr")
