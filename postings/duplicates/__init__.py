"""Duplicates are facts, not deletions: each posting gets a class and the id of the first ad of its job."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from postings.duplicates.candidates import mark_views, near_pairs
from postings.duplicates.classes import classify
from postings.duplicates.clusters import clusters
from postings.duplicates.marks import Progress, SignatureFile, write_marks
from postings.duplicates.schema import CLASSES, DUPLICATES
from postings.reobservations import bounded_duckdb
from storage import Dataset, exclusive_lock, file_fingerprint, fingerprint

__all__ = ["CLASSES", "DUPLICATES", "DuplicatesReport", "find_duplicates"]


@dataclass(frozen=True)
class DuplicatesReport:
    """Postings by class, all of CLASSES. `skipped`: everything was current and nothing was done."""

    fingerprint: str
    classes: dict[str, int]
    skipped: bool = False

    @property
    def postings(self) -> int:
        """Postings that were looked at: as many as rows were written."""
        return sum(self.classes.values())


def find_duplicates(
    files: Sequence[str],
    out: Dataset,
    scratch: Path,
    progress: Progress | None = None,
    *,
    seed: int = 0,
) -> DuplicatesReport:
    """Write to `out` (schema DUPLICATES, unpartitioned) one row for each posting of the Parquet `files` (POSTINGS).

    Two ads of one employer are one job where they say the same, or where the titles agree and an estimated 60 % of all
    three-word sequences are in both; two ads of different employers at 70 % and 40 words, within 31 days, unless pay or
    city differ. Ads that are linked through others are one job too. `seed` picks the hash functions of the estimate.

    Does nothing when files, seed and code are those of the last run. The same files give the same rows, in whatever
    order they are named. Memory: DuckDB's 1 GB, some batches, and 60 bytes a posting that repeats another; `scratch`, a
    folder for temporary files, takes 800 bytes a posting. Raises LockedError when another run uses `scratch`.
    """
    files = sorted(set(files))
    mark = fingerprint("duplicates", _code(), seed, [file_fingerprint(Path(file)) for file in files])
    if out.is_current(None, mark):
        return DuplicatesReport(mark, _counted(out), skipped=True)
    with exclusive_lock(scratch / ".lock"):
        for leftover in scratch.iterdir():  # of a run that was killed
            if leftover.is_dir():
                shutil.rmtree(leftover)
        with TemporaryDirectory(dir=scratch) as folder, bounded_duckdb(Path(folder)) as connection:
            _find(files, out, Path(folder), connection, mark, seed, progress)
    return DuplicatesReport(mark, _counted(out))


def _find(
    files: Sequence[str],
    out: Dataset,
    folder: Path,
    connection: duckdb.DuckDBPyConnection,
    mark: str,
    seed: int,
    progress: Callable[[int, int | None], None] | None,
) -> None:
    marks, signed = folder / "marks.parquet", folder / "signatures.bin"
    rows = write_marks(files, marks, signed, seed, progress)
    signatures = SignatureFile(signed, rows)
    mark_views(connection, marks)
    pairs = near_pairs(connection, signatures)
    repeats = connection.execute("SELECT position, first FROM repeats").fetchnumpy()
    copies = np.asarray(repeats["first"], np.int64), np.asarray(repeats["position"], np.int64)
    jobs = clusters([copies, (pairs.first, pairs.second)])
    with out.writer(None, mark) as writer:
        for table in classify(connection, jobs, signatures):
            writer.write(table)


def _code() -> list[str]:
    """What decides the result besides the input: this package, and the library that makes signatures."""
    here = Path(__file__).parent
    return [version("rensa"), *(file_fingerprint(path) for path in sorted(here.glob("*.py")))]


def _counted(out: Dataset) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for batch in out.batches(["class"]):
        for entry in batch["class"].value_counts().to_pylist():
            counts[entry["values"]] += entry["counts"]
    return {name: counts[name] for name in CLASSES}
