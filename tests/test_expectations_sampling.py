"""Drawing the rows that are validated, and the exact facts of all rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from expectations.facts import CELL_CHARACTERS
from expectations.parameters import SuiteParameters
from expectations.sampling import sample_for_validation
from expectations.validation import validate_dataset
from storage import Dataset, DatasetError

SCHEMA = pa.schema(
    [
        ("posting_id", pa.string()),
        ("title_id", pa.string()),
        ("confidence", pa.float64()),
        ("answers", pa.int32()),
        ("agreement", pa.float64()),
        ("method", pa.string()),
        ("label_version", pa.string()),
    ]
)


def labels(folder: Path, rows: int, *, twice: int = 0) -> Dataset:
    """`rows` labels in three shards, the first `twice` of them once more at the end."""
    dataset = Dataset(folder / "labels", SCHEMA, partitioned=False)
    ids = [f"{number:032x}" for number in range(rows)]
    ids += ids[:twice]
    table = pa.table(
        {
            "posting_id": ids,
            "title_id": ["cook"] * len(ids),
            "confidence": [0.9] * len(ids),
            "answers": [3] * len(ids),
            "agreement": [1.0] * len(ids),
            "method": ["majority"] * len(ids),
            "label_version": ["l1"] * len(ids),
        }
    )
    with dataset.writer(None, "f1", shard_rows=max(1, len(ids) // 3)) as writer:
        for start in range(0, len(ids), 1000):
            writer.write(table.slice(start, 1000))
    return dataset


def test_a_small_dataset_is_drawn_whole(tmp_path):
    drawn = sample_for_validation("labels", labels(tmp_path, 50), rows=100)
    assert drawn.frame["posting_id"].tolist() == [f"{number:032x}" for number in range(50)]
    assert drawn.facts == {"rows": 50, "keyless_rows": 0, "duplicate_keys": 0, "label_versions": 1}


def test_a_big_dataset_is_drawn_to_about_the_size_asked_for_and_the_same_rows_every_time(tmp_path):
    dataset = labels(tmp_path, 20_000)
    one, other = (sample_for_validation("labels", dataset, rows=2000, seed=7).frame for _ in range(2))
    assert one.equals(other)
    assert 1800 < len(one) < 2200
    different = sample_for_validation("labels", dataset, rows=2000, seed=8).frame
    assert not one["posting_id"].equals(different["posting_id"])


def test_the_draw_does_not_depend_on_how_rows_lie_in_files(tmp_path):
    dataset = labels(tmp_path, 5000)
    turned = Dataset(tmp_path / "turned", SCHEMA, partitioned=False)
    turned.write_table(dataset.table().take(list(range(4999, -1, -1))), "f2")
    drawn = [sample_for_validation("labels", each, rows=500).frame for each in (dataset, turned)]
    assert drawn[0].equals(drawn[1])


def test_a_key_that_stands_twice_is_found_even_where_the_sample_misses_it(tmp_path):
    summary = validate_dataset(
        "labels", labels(tmp_path, 20_000, twice=1), titles=["cook"], months=["2024-01"], rows=100
    )
    assert summary.rows == 20_001
    assert summary.rows_checked < 200
    assert summary.facts["duplicate_keys"] == 1
    assert not summary.success


def test_long_cells_are_cut_in_the_sample_but_measured_exactly(tmp_path):
    schema = pa.schema(
        [("posting_id", pa.string()), ("description", pa.string()), ("pay_min", pa.decimal128(14, 2))]
    )
    dataset = Dataset(tmp_path / "postings", schema, partitioned=False)
    dataset.write_table(
        pa.table({"posting_id": ["a"], "description": ["x" * 300_000], "pay_min": [Decimal("1.50")]}), "f"
    )
    drawn = sample_for_validation("postings", dataset)
    assert len(drawn.frame["description"][0]) == CELL_CHARACTERS
    assert drawn.facts["longest_description"] == 300_000
    assert drawn.frame["pay_min"].dtype == "float64"


def test_a_dataset_that_was_never_written_is_named(tmp_path):
    with pytest.raises(DatasetError, match="nothing was written"):
        sample_for_validation("labels", Dataset(tmp_path / "none", SCHEMA, partitioned=False))


def test_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(KeyError):
        sample_for_validation("salaries", labels(tmp_path, 3))


def test_the_study_s_last_day_is_the_end_of_its_last_month():
    parameters = SuiteParameters(months=("2023-12", "2024-01", "2024-02"))
    assert (str(parameters.first_day()), str(parameters.last_day())) == ("2023-12-01", "2024-02-29")
