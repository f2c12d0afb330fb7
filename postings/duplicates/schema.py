"""The table of duplicates: what stands in it, and what its classes mean."""

from __future__ import annotations

import pyarrow as pa

UNIQUE, EXACT, NEAR, REPOST, MULTI_LOCATION = "unique", "exact", "near", "repost", "multi_location"
CLASSES = (UNIQUE, EXACT, NEAR, REPOST, MULTI_LOCATION)
"""What a posting is to the other ads of the same job.

unique: it repeats nothing; the first of several ads of a job is unique too. exact: the same words again. near: slightly
other words, be it by the employer or by an agency. repost: the same job again a week or more later, in the same or
slightly other words. multi_location: the same job for another city. Counting `unique` counts jobs; counting all counts
ads.
"""

DUPLICATES = pa.schema(
    [
        pa.field("posting_id", pa.string(), nullable=False),
        pa.field("posting_month", pa.string(), nullable=False),
        pa.field("class", pa.string(), nullable=False),
        pa.field("canonical_id", pa.string(), nullable=False),
        pa.field("cluster_id", pa.string(), nullable=False),
        pa.field("similarity", pa.float32()),
    ]
)
"""One row per posting, none left out.

canonical_id: the first ad of the job by date, ties by id; its own id where it is the first or alone. cluster_id: the
smallest posting id among the ads of the job, which a corrected date does not change. similarity: estimated Jaccard
similarity of the three-word sequences to the canonical ad, 0 to 1; 1 for the same words; null for `unique`.
"""
