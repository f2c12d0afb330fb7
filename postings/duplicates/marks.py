"""The marks of all postings, on disk: what later steps compare, found in one pass over the postings' files.

What belongs here: reading postings, and the two files of marks. What does not: comparing.

Position is the number of a posting in the order of the sorted files. `marks.parquet` has a row per posting in that
order (schema MARKS); `signatures.bin` the lower half of every value of its MinHash signature, 256 bytes a posting: two
values that differ seem equal once in 65,536 times, which estimates of similarity do not notice.
"""

from __future__ import annotations

import hashlib
import mmap
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postings.duplicates.signatures import PERMUTATIONS, Hashes, Signatures, fold, mix, sign
from postings.schema import UNKNOWN

Progress = Callable[[int, int | None], None]

WITHIN_ROWS, WITHIN_BANDS = 4, 24
"""Ads of one employer are compared that have a band of so many values in common: of pairs of similarity 0.6, 97 %; of
0.8, all; of 0.3, 18 %."""

ACROSS_ROWS, ACROSS_BANDS = 6, 16
"""The same across employers: of pairs of similarity 0.7, 87 %; of 0.8, 99 %; of 0.3, 1 %."""

WITHIN_KEYS = [f"within{band:02d}" for band in range(WITHIN_BANDS)]
ACROSS_KEYS = [f"across{band:02d}" for band in range(ACROSS_BANDS)]

WORDS_ACROSS = 40
"""Ads of fewer words are not held to be the same job for their words alone where the employer is another, or unknown:
"Now hiring, no experience needed" is written by many."""

BATCH_ROWS = 8_192
_THREADS = 2

NO_PLACE = frozenset("remote anywhere worldwide hybrid 远程 全国 不限 居家".split())
"""Cities that name no city, folded."""

COLUMNS = [
    "posting_id",
    "posting_month",
    "posted_date",
    "employer_id",
    "title",
    "description",
    "city",
    "pay_monthly_min",
    "pay_monthly_max",
    "pay_currency",
]
"""The columns of postings that decide what is a duplicate."""

MARKS = pa.schema(
    [
        ("position", pa.int64()),
        ("posting_id", pa.string()),
        ("posting_month", pa.string()),
        ("day", pa.date32()),
        ("employer", pa.uint64()),
        ("city", pa.uint64()),
        ("pay", pa.uint64()),
        ("same", pa.uint64()),
        ("same_too", pa.uint64()),
        ("exact", pa.bool_()),
        ("title", pa.list_(pa.uint64())),
        ("rank", pa.uint64()),
        *((name, pa.uint64()) for name in (*WITHIN_KEYS, *ACROSS_KEYS)),
    ]
)
"""employer, city, pay: hashes, null where unknown. same, same_too: of what title and text say. exact: whether equal
words make two ads of one employer the same. Band keys are null where there is nothing to compare."""


def write_marks(
    files: Sequence[str], marks: Path, signatures: Path, seed: int, progress: Progress | None
) -> int:
    """Mark all postings of `files`, and return how many there are. Memory: five batches of 8,192 postings."""
    total = sum(pq.read_metadata(file).num_rows for file in files)
    position = 0
    with (
        pq.ParquetWriter(marks, MARKS, compression="none", use_dictionary=False) as writer,
        signatures.open("wb") as out,
    ):
        for table, signed in _marked(files, seed):
            numbers = pa.array(np.arange(position, position + table.num_rows))
            writer.write_table(
                table.add_column(0, MARKS.field("position"), numbers), row_group_size=BATCH_ROWS
            )
            out.write(signed.astype("<u2").tobytes())
            position += table.num_rows
            if progress is not None:
                progress(position, total)
    return position


def _marked(files: Sequence[str], seed: int) -> Iterator[tuple[pa.Table, npt.NDArray[np.uint32]]]:
    """Marks less positions, and signatures, in order; two threads, since most of the work is NumPy's and Arrow's."""

    def work(batch: pa.RecordBatch) -> tuple[pa.Table, npt.NDArray[np.uint32]]:
        signed = sign(batch["title"].to_pylist(), batch["description"].to_pylist(), seed)
        return _marks(batch, signed), signed.signature

    waiting: deque[Future[tuple[pa.Table, npt.NDArray[np.uint32]]]] = deque()
    with ThreadPoolExecutor(_THREADS) as threads:
        for batch in _batches(files):
            waiting.append(threads.submit(work, batch))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class SignatureFile:
    """The (rows, PERMUTATIONS) signatures of a file, paged in as they are asked for; `forget` gives the pages back."""

    def __init__(self, path: Path, rows: int) -> None:
        self._pages: mmap.mmap | None = None
        self.values: npt.NDArray[np.uint16] = np.zeros((0, PERMUTATIONS), dtype=np.uint16)
        if rows:
            with path.open("rb") as stream:
                self._pages = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            self.values = np.frombuffer(self._pages, dtype="<u2").reshape(rows, PERMUTATIONS)

    def forget(self) -> None:
        """Let the system have the pages that were read; the next look at them reads them again."""
        # Elsewhere than on Linux and macOS the pages stay until the system wants them.
        if self._pages is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._pages.madvise(mmap.MADV_DONTNEED)


def _batches(files: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as parquet:
            yield from parquet.iter_batches(batch_size=BATCH_ROWS, columns=COLUMNS)


def _marks(batch: pa.RecordBatch, signed: Signatures) -> pa.Table:
    rows = batch.num_rows
    employer, known = _hashed(batch["employer_id"], frozenset({UNKNOWN}))
    city, has_city = _hashed(batch["city"], NO_PLACE)
    pay, has_pay = _hashed(_pay(batch), frozenset())
    day = batch["posted_date"]
    long = signed.words >= WORDS_ACROSS
    same, same_too = signed.same[:, 0], signed.same[:, 1]
    # A title alone is the name of a kind of job, not of one job: without a text, all else has to agree.
    else_ = mix(np.where(has_city, city, 0) ^ mix(np.where(has_pay, pay, 0) ^ mix(_days(day))))
    same = np.where(signed.has_text, same, mix(same ^ else_))
    columns: dict[str, pa.Array] = {
        "posting_id": batch["posting_id"],
        "posting_month": batch["posting_month"],
        "day": day,
        "employer": pa.array(employer, mask=~known),
        "city": pa.array(city, mask=~has_city),
        "pay": pa.array(pay, mask=~has_pay),
        "same": pa.array(same),
        "same_too": pa.array(same_too),
        "exact": pa.array((known | long) & (signed.words > 0)),
        "title": pa.ListArray.from_arrays(pa.array(signed.title_offsets, pa.int32()), pa.array(signed.title)),
        "rank": pa.array(signed.rank),
    }
    within = _band_keys(signed, WITHIN_BANDS, WITHIN_ROWS, employer)
    across = _band_keys(signed, ACROSS_BANDS, ACROSS_ROWS, np.zeros(rows, dtype=np.uint64))
    without = ~(known & signed.has_text)
    short = ~(long & signed.has_text)
    columns |= {name: pa.array(within[:, band], mask=without) for band, name in enumerate(WITHIN_KEYS)}
    columns |= {name: pa.array(across[:, band], mask=short) for band, name in enumerate(ACROSS_KEYS)}
    return pa.table(columns, schema=MARKS.remove(0))


def _band_keys(signed: Signatures, bands: int, rows: int, salt: Hashes) -> Hashes:
    """(n, bands): equal where all `rows` values of a band and the salt are."""
    values = signed.signature[:, : bands * rows].astype(np.uint64).reshape(-1, bands, rows)
    keys = mix(values[:, :, 0] + np.uint64(1))
    for row in range(1, rows):
        keys = mix(keys ^ values[:, :, row])
    return mix(keys ^ salt[:, None])


def _pay(batch: pa.RecordBatch) -> pa.Array:
    least, most, currency = (
        pc.cast(batch[name], pa.string()) for name in ("pay_monthly_min", "pay_monthly_max", "pay_currency")
    )
    stated = pc.or_(pc.is_valid(least), pc.is_valid(most))
    text = pc.binary_join_element_wise(
        least, most, currency, "|", null_handling="replace", null_replacement=""
    )
    return pc.if_else(stated, text, pa.scalar(None, pa.string()))


def _days(day: pa.Array) -> Hashes:
    return pc.fill_null(pc.cast(day, pa.int32()), -1).to_numpy(zero_copy_only=False).astype(np.uint64)


def _hashed(values: pa.Array, unknown: frozenset[str]) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """64-bit hashes of folded strings, and whether each says something; `unknown` are values that do not."""
    encoded = values.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    folded = [fold(name, 500).strip() for name in names]
    hashes = np.array([_hash(name) for name in folded] or [0], dtype=np.uint64)
    known = np.array([bool(name) and name not in unknown for name in folded] or [False], dtype=bool)
    index = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
    present = pc.is_valid(values).to_numpy(zero_copy_only=False)
    return hashes[index], known[index] & present


@lru_cache(maxsize=65_536)
def _hash(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")
