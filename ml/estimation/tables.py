"""What comes into the bootstrap: the table of counts by employer, title and window.

What belongs here: its columns, types and reserved values. What does not: the table of estimates, which other
stages read too (`ml.schema`).
"""

from __future__ import annotations

import pyarrow as pa

BASE, CURRENT = "base", "current"
"""The two values of the column `window`."""

EMPLOYER_COUNTS = pa.schema(
    [
        pa.field("employer_id", pa.string(), nullable=False),
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("window", pa.string(), nullable=False),
        pa.field("postings", pa.int64(), nullable=False),
    ]
)
"""One row per employer, title (or `unassigned`) and window that has postings."""
