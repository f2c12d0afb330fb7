"""What comes into the estimates: counts by employer, title and window, and the audit rows.

What belongs here: their columns, types and reserved values. What does not: the tables of estimates, which other
stages read too (`ml.schema`).
"""

from __future__ import annotations

import pyarrow as pa

BASE, CURRENT, OTHER = "base", "current", "other"
"""The values of the column `window`; OTHER, months outside both windows, stands in audit rows only."""

EMPLOYER_COUNTS = pa.schema(
    [
        pa.field("employer_id", pa.string(), nullable=False),
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("window", pa.string(), nullable=False),
        pa.field("postings", pa.int64(), nullable=False),
    ]
)
"""One row per employer, title (or `unassigned`) and window that has postings."""

AUDIT_ROWS = pa.schema(
    [
        pa.field("employer_id", pa.string(), nullable=False),
        pa.field("window", pa.string(), nullable=False),
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("predicted", pa.string(), nullable=False),
        pa.field("postings", pa.int64(), nullable=False),
    ]
)
"""One row per employer, window, title by the labels and title by the classifier (or `unassigned`): audited postings.

An audited posting is a labelled one whose prediction was made by a path that never saw its employer. The audited
postings are a simple random sample of all: each has the same probability of being in it.
"""
