"""A random sample of the labels that sources give themselves; the rest stays hidden."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ml.schema import LABELS


def sample_labels(
    gold_files: Sequence[str], size: int, seed: int, label_version: str, taxonomy_version: str
) -> pa.Table:
    """A simple random sample of `size` postings with a given label, in the labels schema.

    The draw orders the postings by a hash of seed and posting id, so it depends on neither the order of the files
    nor the reader. Raises ValueError where fewer than `size` postings have a label.
    """
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            """
            select posting_id, title_id from read_parquet($files)
            order by md5($seed || '|' || posting_id), posting_id limit $size
            """,
            {"files": list(gold_files), "seed": str(seed), "size": size},
        ).to_arrow_table()
    if found.num_rows < size:
        raise ValueError(
            f"the study samples {size:,} labels, but only {found.num_rows:,} postings have one; lower labels.sample"
        )
    rows = found.num_rows
    return pa.table(
        {
            "posting_id": found.column("posting_id"),
            "title_id": found.column("title_id"),
            "confidence": pa.array([1.0] * rows, pa.float64()),
            "answers": pa.array([1] * rows, pa.int32()),
            "agreement": pa.array([1.0] * rows, pa.float64()),
            "method": pa.array(["given by the source"] * rows),
            "label_version": pa.array([label_version] * rows),
            "taxonomy_version": pa.array([taxonomy_version] * rows),
        }
    ).cast(LABELS)
