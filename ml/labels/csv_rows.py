"""CSV from strangers, row by row.

What belongs here: opening a CSV file so that a long cell or a foreign byte costs one row and not the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CELL_LIMIT = 64 << 20


@contextmanager
def csv_rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """Iterate the rows of a UTF-8 CSV file (a byte order mark is skipped), header included.

    Bytes that are not UTF-8 become U+FFFD, so that they spoil their own cell only. Cells up to 64 MiB are
    read: the standard limit of 128 KiB would end the whole file at the first long one.
    Raises OSError and csv.Error.
    """
    before = csv.field_size_limit(CELL_LIMIT)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            yield csv.reader(stream)
    finally:
        csv.field_size_limit(before)
