"""Datasets on disk: what a reader sees while a writer works, dies, or meets another."""

import os

import pyarrow as pa
import pytest

import storage.atomic
from storage import Dataset, DatasetError, LockedError, exclusive_lock, fingerprint, write_text_atomically

SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.string())])


def rows(count: int, text: str = "x") -> pa.Table:
    return pa.table({"text": [text] * count, "id": list(range(count))})


def test_what_was_written_is_read_back_in_order_and_by_name(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=True)
    with dataset.writer("2024-01", "one") as writer:
        writer.write(rows(3))
        writer.write(rows(2, "y"))
    assert dataset.partitions() == ["2024-01"]
    assert dataset.rows() == 5
    assert dataset.table().to_pydict() == {"id": [0, 1, 2, 0, 1], "text": ["x", "x", "x", "y", "y"]}


def test_a_writer_that_fails_leaves_the_old_partition_as_it_was(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=False)
    dataset.write_table(rows(3), "old")
    with pytest.raises(DatasetError), dataset.writer(None, "new") as writer:
        for part in (rows(9), rows(9).drop_columns("text")):
            writer.write(part)
    assert dataset.rows() == 3
    assert dataset.is_current(None, "old")


def test_a_shard_without_a_manifest_is_invisible_and_cleared_by_the_next_writer(tmp_path, monkeypatch):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=False)
    dataset.write_table(rows(3), "old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("storage.dataset.write_json_atomically", killed)
        with pytest.raises(KeyboardInterrupt):
            dataset.write_table(rows(9), "new")
    assert len(list((tmp_path / "d").glob("*.parquet"))) == 2
    assert dataset.rows() == 3
    assert [os.path.basename(f) for f in dataset.files()] == ["old-00000.parquet"]  # noqa: PTH119
    dataset.write_table(rows(4), "new")
    assert [f.name for f in (tmp_path / "d").glob("*.parquet")] == ["new-00000.parquet"]


def test_a_partition_without_rows_still_has_its_schema(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=True)
    with dataset.writer("2024-01", "one"):
        pass
    assert dataset.rows() == 0
    assert len(dataset.files()) == 1
    assert dataset.table().schema == SCHEMA


def test_large_partitions_are_split_into_shards(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=False)
    with dataset.writer(None, "one", shard_rows=100) as writer:
        for _ in range(5):
            writer.write(rows(90, "y" * 200_000))
    assert len(dataset.files()) > 1
    assert dataset.rows() == 450


def test_a_second_writer_of_the_same_partition_is_refused(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=False)
    with (
        dataset.writer(None, "one"),
        pytest.raises(LockedError, match="another run"),
        dataset.writer(None, "two"),
    ):
        pass


def test_the_lock_of_a_dead_process_does_not_stay(tmp_path):
    child = os.fork()
    if child == 0:
        context = exclusive_lock(tmp_path / ".lock")
        context.__enter__()
        os._exit(0)
    os.waitpid(child, 0)
    with exclusive_lock(tmp_path / ".lock"):
        pass


def test_rows_that_do_not_fit_the_schema_are_refused(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=False)
    with pytest.raises(DatasetError, match="do not fit"):
        dataset.write_table(pa.table({"id": [1]}), "one")
    with pytest.raises(DatasetError, match="do not fit"):
        dataset.write_table(pa.table({"id": ["a"], "text": ["b"]}), "one")


def test_a_damaged_manifest_is_named_with_the_way_to_mend_it(tmp_path):
    dataset = Dataset(tmp_path / "d", SCHEMA, partitioned=False)
    dataset.write_table(rows(1), "one")
    (tmp_path / "d" / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(DatasetError, match="delete it"):
        dataset.rows()


def test_a_disk_that_refuses_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_text_atomically(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage.atomic.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_text_atomically(path, "new")
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_fingerprints_do_not_depend_on_the_order_of_keys_and_refuse_what_json_cannot_hold():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    with pytest.raises(TypeError):
        fingerprint(object())
