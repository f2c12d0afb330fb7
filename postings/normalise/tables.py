"""The small tables in postings/data.

What belongs here: reading them. What does not: what they mean.
"""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


def data_rows(name: str) -> list[dict[str, str]]:
    """The rows of postings/data/`name`, a CSV file in UTF-8 with a header."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names_in(cell: str) -> list[str]:
    """The names that a cell of a table holds, separated by bars."""
    return [name for name in cell.split("|") if name]
