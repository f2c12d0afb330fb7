"""A dataset: immutable Parquet shards and, per partition, one small manifest that names them.

Readers take the list of files from the manifest, never from a glob, so a half-written shard is invisible. A
partition changes in one step, when its manifest is replaced. Shard names carry the fingerprint of the inputs
they were made from: a writer that dies between its shards and its manifest leaves the old partition intact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from storage.atomic import publish, remove_leftovers, write_json_atomically
from storage.fingerprint import content_fingerprint
from storage.lock import exclusive_lock

MANIFEST = "manifest.json"
SHARD_ROWS = 500_000
ROW_GROUP_BYTES = 8 << 20


class DatasetError(RuntimeError):
    """A dataset on disk is not what its manifest or its schema says."""


@dataclass(frozen=True)
class Shard:
    """One Parquet file of a partition."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a partition consists of.

    `fingerprint` identifies the inputs it was made from: equal means nothing has to be done again. `content`
    identifies the rows themselves, in any order and however they are cut into shards: a later stage takes this as
    its input, so that a partition that was made again and came out the same sets nothing in motion.
    """

    partition: str | None
    fingerprint: str
    content: str
    rows: int
    shards: tuple[Shard, ...]


class Dataset:
    """A table on disk, either in one piece or partitioned by posting month.

    Layout: `<root>/month=<partition>/manifest.json` beside its shards; unpartitioned, `<root>/manifest.json`.
    """

    def __init__(self, root: Path, schema: pa.Schema, *, partitioned: bool) -> None:
        self.root = root
        self.schema = schema
        self.partitioned = partitioned

    def folder(self, partition: str | None) -> Path:
        """The folder of one partition. Raises DatasetError where the key does not fit the dataset."""
        if self.partitioned != (partition is not None):
            wanted = "a month" if self.partitioned else "no partition"
            raise DatasetError(f"{self.root}: {wanted} is needed, got {partition!r}")
        return self.root / f"month={partition}" if partition is not None else self.root

    def partitions(self) -> list[str]:
        """The months that have a manifest, sorted; empty for a dataset without partitions."""
        if not self.partitioned or not self.root.is_dir():
            return []
        return sorted(
            path.parent.name.removeprefix("month=") for path in self.root.glob(f"month=*/{MANIFEST}")
        )

    def manifest(self, partition: str | None = None) -> Manifest | None:
        """The partition's manifest, or None where it was never written. Raises DatasetError if it is damaged."""
        path = self.folder(partition) / MANIFEST
        try:
            content = json.loads(path.read_text("utf-8"))
            return Manifest(
                partition=content["partition"],
                fingerprint=content["fingerprint"],
                content=content["content"],
                rows=content["rows"],
                shards=tuple(Shard(f["name"], f["rows"], f["bytes"]) for f in content["files"]),
            )
        except FileNotFoundError:
            return None
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DatasetError(
                f"{path}: not a manifest ({error}); delete it and run the stage again"
            ) from error

    def is_current(self, partition: str | None, fingerprint: str) -> bool:
        """Whether the partition was made from inputs with this fingerprint."""
        manifest = self.manifest(partition)
        return manifest is not None and manifest.fingerprint == fingerprint

    def exists(self) -> bool:
        """Whether anything was ever committed."""
        return bool(self.partitions()) if self.partitioned else self.manifest() is not None

    def version(self, partitions: Sequence[str] | None = None) -> list[list[str]]:
        """[[partition, content], ...] of what stands on disk: what a later stage fingerprints as its input."""
        if not self.partitioned:
            manifest = self.manifest()
            return [["", manifest.content]] if manifest else []
        found = [(name, self.manifest(name)) for name in self._chosen(partitions)]
        return [[name, manifest.content] for name, manifest in found if manifest]

    def rows(self, partitions: Sequence[str] | None = None) -> int:
        """Rows by the manifests, without opening a Parquet file."""
        return sum(manifest.rows for manifest in self._manifests(partitions))

    def files(self, partitions: Sequence[str] | None = None) -> list[str]:
        """Absolute paths of the committed shards. Raises DatasetError where the dataset was never written."""
        manifests = self._manifests(partitions)
        if not manifests:
            raise DatasetError(f"{self.root}: nothing was written here yet; run the stage that makes it")
        return [
            str((self.folder(manifest.partition) / shard.name).resolve())
            for manifest in manifests
            for shard in manifest.shards
        ]

    def batches(
        self,
        columns: Sequence[str] | None = None,
        partitions: Sequence[str] | None = None,
        batch_rows: int = 16_384,
    ) -> Iterator[pa.RecordBatch]:
        """Stream the committed rows in file order; memory is bounded by `batch_rows` and one row group."""
        for path in self.files(partitions):
            with pq.ParquetFile(path) as parquet:
                yield from parquet.iter_batches(
                    batch_size=batch_rows, columns=list(columns) if columns else None
                )

    def table(
        self, columns: Sequence[str] | None = None, partitions: Sequence[str] | None = None
    ) -> pa.Table:
        """All committed rows in memory: for small tables (labels, taxonomies, estimates) only."""
        names = list(columns) if columns else self.schema.names
        schema = pa.schema([self.schema.field(name) for name in names])
        return pa.Table.from_batches(self.batches(names, partitions), schema)

    def writer(
        self, partition: str | None, fingerprint: str, shard_rows: int = SHARD_ROWS
    ) -> PartitionWriter:
        """A writer that replaces one partition when its `with` block ends without an exception."""
        return PartitionWriter(self, partition, fingerprint, shard_rows)

    def write_table(self, table: pa.Table, fingerprint: str, partition: str | None = None) -> None:
        """Replace one partition by a table in memory."""
        with self.writer(partition, fingerprint) as writer:
            writer.write(table)

    def _chosen(self, partitions: Sequence[str] | None) -> list[str]:
        return self.partitions() if partitions is None else sorted(partitions)

    def _manifests(self, partitions: Sequence[str] | None) -> list[Manifest]:
        if not self.partitioned:
            manifest = self.manifest()
            return [manifest] if manifest else []
        return [manifest for name in self._chosen(partitions) if (manifest := self.manifest(name))]


class PartitionWriter(AbstractContextManager["PartitionWriter"]):
    """Streams rows into shards and commits them together. Made by `Dataset.writer`.

    Memory: at most about `ROW_GROUP_BYTES` of rows wait for the disk, whatever the size of the partition.
    Raises LockedError when another process writes the same partition, DatasetError when rows do not fit the schema.
    """

    def __init__(self, dataset: Dataset, partition: str | None, fingerprint: str, shard_rows: int) -> None:
        self._dataset = dataset
        self._partition = partition
        self._fingerprint = fingerprint
        self._shard_rows = shard_rows
        self._folder = dataset.folder(partition)
        self._shards: list[Shard] = []
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_bytes = 0
        self._open: pq.ParquetWriter | None = None
        self._open_rows = 0
        self._stack = ExitStack()

    def __enter__(self) -> PartitionWriter:
        self._stack.enter_context(exclusive_lock(self._folder / ".lock"))
        remove_leftovers(self._folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if error is None:
                self._commit()
            elif self._open is not None:
                self._open.close()
                remove_leftovers(self._folder)

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return (
            sum(shard.rows for shard in self._shards)
            + self._open_rows
            + sum(batch.num_rows for batch in self._waiting)
        )

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows; columns are taken by name. Raises DatasetError for a missing or ill-typed column."""
        try:
            fitted = pa.table({name: rows.column(name) for name in self._dataset.schema.names}).cast(
                self._dataset.schema
            )
        except (KeyError, pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
            raise DatasetError(f"{self._dataset.root}: rows do not fit the schema: {error}") from error
        for batch in fitted.to_batches(max_chunksize=65_536):
            self._waiting.append(batch)
            self._waiting_bytes += batch.nbytes
            if self._waiting_bytes >= ROW_GROUP_BYTES:
                self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        group = pa.Table.from_batches(self._waiting, self._dataset.schema)
        self._waiting, self._waiting_bytes = [], 0
        if self._open is None:
            self._open = pq.ParquetWriter(self._temporary, self._dataset.schema, compression="zstd")
        self._open.write_table(group, row_group_size=max(1, group.num_rows))
        self._open_rows += group.num_rows
        if self._open_rows >= self._shard_rows:
            self._finish_shard()

    @property
    def _temporary(self) -> Path:
        return self._folder / f".tmp-{self._fingerprint}-{len(self._shards):05d}.parquet"

    def _finish_shard(self) -> None:
        assert self._open is not None  # noqa: S101  (narrowing; callers have just opened it)
        self._open.close()
        final = self._folder / f"{self._fingerprint}-{len(self._shards):05d}.parquet"
        size = self._temporary.stat().st_size
        publish(self._temporary, final)
        self._shards.append(Shard(final.name, self._open_rows, size))
        self._open, self._open_rows = None, 0

    def _commit(self) -> None:
        self._flush()
        if self._open is not None:
            self._finish_shard()
        if not self._shards:
            self._open = pq.ParquetWriter(self._temporary, self._dataset.schema, compression="zstd")
            self._finish_shard()
        files = [{"name": s.name, "rows": s.rows, "bytes": s.bytes} for s in self._shards]
        write_json_atomically(
            self._folder / MANIFEST,
            {
                "partition": self._partition,
                "fingerprint": self._fingerprint,
                "content": content_fingerprint([str(self._folder / shard.name) for shard in self._shards]),
                "rows": sum(s.rows for s in self._shards),
                "files": files,
            },
        )
        self._remove_superseded()

    def _remove_superseded(self) -> None:
        """Delete shards that no manifest names: those just replaced, and those of a writer that was killed."""
        named = {shard.name for shard in self._shards}
        for path in self._folder.glob("*.parquet"):
            if path.name not in named:
                path.unlink(missing_ok=True)
