"""The tables that stand around the estimates, as Arrow schemas: names and types, nothing else."""

from __future__ import annotations

import pyarrow as pa


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


EMERGING = pa.schema(
    [
        _required("pair", pa.string()),
        _required("concept_id", pa.string()),
        _required("wording", pa.string()),
        _required("wordings", pa.string()),
        _required("examples", pa.list_(pa.string())),
        _required("postings", pa.int64()),
        _required("base_postings", pa.int64()),
        _required("current_postings", pa.int64()),
        _required("employers_effective", pa.float64()),
        pa.field("change", pa.float64()),
        pa.field("change_low", pa.float64()),
        pa.field("change_high", pa.float64()),
        pa.field("withheld", pa.string()),
        pa.field("expected_change", pa.float64()),
        _required("novelty", pa.float64()),
        pa.field("nearest_title_id", pa.string()),
        pa.field("classified_as", pa.string()),
        _required("classified_share", pa.float64()),
        _required("mean_probability", pa.float64()),
        pa.field("trend_z", pa.float64()),
        pa.field("p_value", pa.float64()),
        pa.field("q_value", pa.float64()),
        _required("is_emerging", pa.bool_()),
        _required("replicates", pa.int32()),
        _required("seed", pa.int64()),
    ]
)
"""One row per pair and concept: wordings whose postings read alike and like no standard title's. concept_id: its most
frequent wording in normal form; examples: ids of postings; postings: in all months up to the end of the current window;
expected_change: that of the titles which its postings are classified as."""
