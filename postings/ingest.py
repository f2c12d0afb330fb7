"""From files to the raw dataset, and from the raw dataset to postings by month.

What belongs here: streaming, skipping what is current, and reports of what was done. What does not: reading one
format (`postings.sources`), judging one record (`postings.normalisation`), and when it runs (orchestration).

Both steps can be run again at any time: a step whose inputs, mapping and code are what they were does nothing, and
one that was killed starts over without having changed what readers see.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postings.canonical import Rates
from postings.normalisation import Normalised, normalise
from postings.reobservations import find_reobservations
from postings.schema import UNKNOWN
from postings.side_by_side import in_order, processes_for
from postings.sources import FileSourceSpec, RawBatch, SourceError, UnreadableFileError
from postings.sources.files import check_mapping, file_columns, read_file, unmapped_columns
from storage import Dataset, exclusive_lock, file_fingerprint, fingerprint, write_json_atomically
from storage.dataset import PartitionWriter

Progress = Callable[[int, int | None], None]
"""Called with the records done so far, and all of them where that is known."""

_BATCH_ROWS = 4_096


_DECIDING = {".py", ".csv", ".yaml"}


@lru_cache(maxsize=2)
def _code_version(*names: str) -> str:
    """Hash of the modules that decide a step's result, so that changed code makes its old output stale."""
    here = Path(__file__).parent
    files = [
        path for name in names for path in sorted((here / name).rglob("*.*")) if path.suffix in _DECIDING
    ]
    files += [here / name for name in names if name.endswith(".py")]
    return fingerprint([[path.relative_to(here).as_posix(), file_fingerprint(path)] for path in files])


# ---------------------------------------------------------------------------------------------------- raw records


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be read, or not to its end; `reason` is a stable code."""

    source: str
    batch: str
    file: str
    reason: str
    message: str


@dataclass(frozen=True)
class FileReport:
    """What one file gave: records taken, records set aside while reading, columns that no field is made from."""

    source: str
    batch: str
    file: str
    records: int
    set_aside: int
    columns_unmapped: list[str]


@dataclass(frozen=True)
class RawReport:
    """What reading gave. `skipped` is True where everything was current and nothing was read."""

    fingerprint: str
    files: list[FileReport] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    skipped: bool = False

    @property
    def records(self) -> int:
        """Raw records taken."""
        return sum(file.records for file in self.files)

    @property
    def set_aside(self) -> int:
        """Records set aside while reading."""
        return sum(file.set_aside for file in self.files)


@dataclass(frozen=True)
class _File:
    spec: FileSourceSpec
    path: Path
    name: str


def _named(spec: FileSourceSpec) -> Iterable[_File]:
    """The files of a source in order of name; as many folders as needed tell files of one name apart."""
    paths = sorted(set(spec.paths))
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return (_File(spec, path, "/".join(path.parts[-depth:])) for path in paths)


def _files(sources: Sequence[FileSourceSpec]) -> list[_File]:
    files = [file for spec in sources for file in _named(spec)]
    keys = [(file.spec.batch, file.spec.source, file.name) for file in files]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SourceError(
            f"source {twice[1]!r} reads {twice[2]!r} twice in batch {twice[0]!r}; give it another batch"
        )
    return sorted(files, key=lambda file: (file.spec.batch, file.spec.source, file.name))


def _identity(path: Path) -> str:
    """The content of a file, or that it cannot be read: so that a mended file is read again."""
    try:
        return file_fingerprint(path)
    except OSError as error:
        return f"unreadable: {type(error).__name__}"


def _raw_fingerprint(files: Sequence[_File]) -> str:
    described = [
        [
            f.spec.batch,
            f.spec.source,
            f.name,
            dict(f.spec.columns),
            f.spec.encoding,
            f.spec.delimiter,
            f.spec.layout,
            f.spec.records,
            _identity(f.path),
        ]
        for f in files
    ]
    return fingerprint("raw", _code_version("sources", "schema.py"), described)


def _report_on_disk(path: Path, version: str) -> RawReport | None:
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["fingerprint"] != version:
            return None
        files = [FileReport(**entry) for entry in content["files"]]
        unreadable = [Unreadable(**entry) for entry in content["unreadable"]]
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None
    return RawReport(version, files, unreadable, skipped=True)


def ingest_raw(
    sources: Sequence[FileSourceSpec],
    raw: Dataset,
    unreadable: Path,
    quarantine_raw: Dataset,
    progress: Progress | None = None,
) -> RawReport:
    """Read all files of all sources into `raw` (schema RAW), in the order of batch, source, file and row.

    Records that cannot be taken go to `quarantine_raw` (schema QUARANTINE); both datasets are unpartitioned. Files that
    cannot be read, or lack a mapped column, are listed in the JSON file `unreadable`, and the others still go through.
    Does nothing when the files' contents, the mappings and the code are those of the last run. Raises SourceError where
    no file at all could be read, with every file's fault.
    """
    files = _files(sources)
    version = _raw_fingerprint(files)
    if raw.is_current(None, version) and quarantine_raw.is_current(None, version):
        report = _report_on_disk(unreadable, version)
        if report is not None:
            return report
    report = RawReport(version)
    with quarantine_raw.writer(None, version) as set_aside, raw.writer(None, version) as taken:
        done = 0
        for file in files:
            records = aside = 0
            try:
                for batch in _read(file):
                    taken.write(batch.records)
                    if batch.set_aside.num_rows:
                        set_aside.write(batch.set_aside)
                    records += batch.records.num_rows
                    aside += batch.set_aside.num_rows
                    done += batch.rows
                    if progress is not None:
                        progress(done, None)
            except (UnreadableFileError, SourceError) as error:
                reason = error.reason if isinstance(error, UnreadableFileError) else "mapping"
                fault = Unreadable(file.spec.source, file.spec.batch, file.name, reason, str(error))
                report.unreadable.append(fault)
            report.files.append(_file_report(file, records, aside))
        if (
            report.unreadable
            and len(report.unreadable) == len(files)
            and not (report.records or report.set_aside)
        ):
            faults = "\n".join(f"  {fault.source}: {fault.message}" for fault in report.unreadable)
            raise SourceError(f"no file could be read:\n{faults}")
        content = asdict(report)
        del content["skipped"]
        write_json_atomically(unreadable, content)
    return report


def _read(file: _File) -> Iterator[RawBatch]:
    spec = file.spec
    return read_file(
        file.path,
        source=spec.source,
        columns=spec.columns,
        batch=spec.batch,
        encoding=spec.encoding,
        delimiter=spec.delimiter,
        file=file.name,
        layout=spec.layout,
        records=spec.records,
    )


def _file_report(file: _File, records: int, set_aside: int) -> FileReport:
    spec = file.spec
    try:
        available = file_columns(
            file.path,
            encoding=spec.encoding,
            delimiter=spec.delimiter,
            columns=spec.columns,
            records=spec.records,
        )
        mapping = check_mapping(file.path, spec.columns, available, layout=spec.layout)
        unmapped = unmapped_columns(available, mapping)
    except (UnreadableFileError, SourceError):
        unmapped = []  # the fault is in the report's list of unreadable files
    return FileReport(spec.source, spec.batch, file.name, records, set_aside, unmapped)


# ------------------------------------------------------------------------------------------------------- postings


@dataclass(frozen=True)
class PostingsDatasets:
    """Where postings and their accounts go: the first three by month, gold in one piece."""

    postings: Dataset
    quarantine: Dataset
    reobservations: Dataset
    gold: Dataset


@dataclass
class MonthRows:
    """Rows of one month."""

    postings: int = 0
    reobservations: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class BuildReport:
    """Rows by wanted month, whether written now or current already (`skipped`), and the rows of gold."""

    fingerprint: str
    rows: dict[str, MonthRows]
    skipped: list[str]
    gold: int


def _month_column(name: str) -> str:
    return "posting_month" if name == "postings" else "month"


def _by_month(table: pa.Table, column: str) -> Iterable[tuple[str, pa.Table]]:
    for month in sorted(pc.unique(table.column(column)).to_pylist()):
        yield month, table.filter(pc.equal(table.column(column), month))


def build_postings(
    raw: Dataset,
    out: PostingsDatasets,
    months: Sequence[str],
    wanted: Sequence[str],
    progress: Progress | None = None,
    *,
    quarantine_raw: Dataset | None = None,
    date_order: str | None = None,
    rates: Rates | None = None,
) -> BuildReport:
    """Stream `raw` and write the `wanted` months ("YYYY-MM" or "unknown") of postings, re-observations and quarantine.

    `months` are the study's: a record dated outside them is set aside. `quarantine_raw`, what reading set aside, joins
    the quarantine of `unknown`. Months that are current are skipped; every other wanted month gets its partition, also
    when it is empty. Gold is always made from all months. `date_order`: "dmy" or "mdy" for dates such as 03/04/2024;
    `rates` convert pay to US dollars (`postings.normalise.conversion`). Records are normalised in one process a core.
    Memory: some batches of 4,096 records a process, 8 MB a month, and DuckDB's 1 GB. Raises ValueError for a month
    that the study lacks.
    """
    strange = sorted(set(wanted) - set(months) - {UNKNOWN})
    if strange:
        raise ValueError(f"months that the study does not have: {', '.join(strange)}")
    code = _code_version(
        "normalise", "data", "canonical.py", "normalisation.py", "reobservations.py", "schema.py"
    )
    read_aside = quarantine_raw.version() if quarantine_raw is not None else []
    converted = sorted([*key, str(rate)] for key, rate in (rates or {}).items())
    version = fingerprint(
        "postings", code, raw.version(), read_aside, sorted(set(months)), date_order, converted
    )
    monthly = {"postings": out.postings, "reobservations": out.reobservations, "quarantine": out.quarantine}
    stale = [
        month
        for month in dict.fromkeys(wanted)
        if not all(dataset.is_current(month, version) for dataset in monthly.values())
    ]
    if stale or not out.gold.is_current(None, version):
        scratch = out.postings.root.parent / ".scratch-reobservations"
        with exclusive_lock(scratch / ".lock"), ExitStack() as stack:
            _remove_old_scratch(scratch)
            reobserved = stack.enter_context(
                find_reobservations(raw, months=months, scratch=scratch, date_order=date_order)
            )
            writers = {
                (name, month): stack.enter_context(dataset.writer(month, version))
                for month in stale
                for name, dataset in monthly.items()
            }
            gold = stack.enter_context(out.gold.writer(None, version))
            if quarantine_raw is not None and UNKNOWN in stale:
                for batch in quarantine_raw.batches():
                    writers["quarantine", UNKNOWN].write(batch)
            total, done = raw.rows(), 0
            work = partial(
                _normalised, months=tuple(months), wanted=stale, date_order=date_order, rates=rates or {}
            )
            pieces = (
                (batch, reobserved.flags(batch.num_rows).tolist())
                for batch in raw.batches(batch_rows=_BATCH_ROWS)
            )
            for (batch, _), made in in_order(work, pieces, processes_for(-(-total // _BATCH_ROWS))):
                gold.write(made.gold)
                _write(made, writers)
                done += batch.num_rows
                if progress is not None:
                    progress(done, total)
    rows = {
        month: MonthRows(
            out.postings.rows([month]), out.reobservations.rows([month]), out.quarantine.rows([month])
        )
        for month in dict.fromkeys(wanted)
    }
    return BuildReport(version, rows, [month for month in rows if month not in stale], out.gold.rows())


def _normalised(piece: tuple[pa.RecordBatch, list[bool]], **settings: Any) -> Normalised:
    batch, flags = piece
    return normalise(batch, reobserved=flags, **settings)


def _write(made: Normalised, writers: Mapping[tuple[str, str], PartitionWriter]) -> None:
    for name in ("postings", "reobservations", "quarantine"):
        table: pa.Table = getattr(made, name)
        for month, rows in _by_month(table, _month_column(name)):
            writers[name, month].write(rows)


def _remove_old_scratch(scratch: Path) -> None:
    """What a killed run left. The caller holds the folder's lock."""
    for leftover in scratch.iterdir():
        if leftover.is_dir():
            shutil.rmtree(leftover)
