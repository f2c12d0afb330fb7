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

BAND_COLUMNS = (
    pa.field("best_title_id", pa.string(), nullable=False),
    pa.field("band", pa.int8(), nullable=False),
)
"""What the tables below have besides where the classifier said how sure it was (`counts.band_edges`).

best_title_id: the most probable title, of postings under the probability threshold too. band: 0 for these, then 1, 2,
... the surer the higher. A table without the two is one where all that is known of a prediction is its title.
"""

BANDED_COUNTS = pa.schema([*EMPLOYER_COUNTS, *BAND_COLUMNS])
"""EMPLOYER_COUNTS with a row per employer, title, best title, band and window."""

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

BANDED_AUDIT = pa.schema([*AUDIT_ROWS, *BAND_COLUMNS])
"""AUDIT_ROWS with a row per employer, window, label, prediction, best title and band."""
