"""A study against its files: which files a pattern means, and whether the mapped columns are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.study import CrowdLabels, Source, Study, StudyError, resolve_path

if TYPE_CHECKING:
    from orchestration.study_around import Benchmark
    from orchestration.study_side import SideTable
    from postings.sources import FileSourceSpec

MADE_BY_THE_RUN = "{source}"


def matching_files(template: str, study: Study, home: Path) -> list[Path]:
    """The files that a path of the study means, sorted; remote ones are brought to the study's spool folder first.

    Raises StudyError where there are none, or a remote one cannot be had.
    """
    from postings.sources import SourceError, UnreadableFileError
    from postings.sources.remote import expand

    pattern = resolve_path(template, study, home)
    try:
        found = expand(pattern, home / study.name / "spool")
    except (SourceError, UnreadableFileError) as error:
        raise StudyError(f"{template}: {error}") from error
    if not found:
        raise StudyError(
            f"{template}: no such file ({pattern}); correct the path in the study, or put the file there"
        )
    return found


def source_specs(study: Study, home: Path) -> list[FileSourceSpec]:
    """The study's sources, with their files found."""
    from postings.sources import FileSourceSpec

    return [
        FileSourceSpec(
            source=source.name,
            paths=tuple(matching_files(source.path, study, home)),
            columns=source.columns,
            batch=source.batch,
            encoding=source.encoding,
            delimiter=source.delimiter,
            layout=source.layout,
            records=source.records,
        )
        for source in study.sources
    ]


def check_sources(study: Study, home: Path) -> list[str]:
    """Open every source file far enough to see its columns; returns what is odd but does not stop a run.

    A damaged file, or one without a mapped column, is such an oddity as long as its source has a sound one: a run
    lists it and reads the others.
    The files of the built-in market are made by the run itself, so there is nothing to open before it. Raises
    StudyError with every fault.
    """
    faults: list[str] = []
    oddities: list[str] = []
    for source in study.sources:
        if MADE_BY_THE_RUN not in source.path:
            _check_source(source, study, home, faults, oddities)
    if isinstance(study.labels, CrowdLabels):
        for template in study.labels.files:
            try:
                if MADE_BY_THE_RUN not in template:
                    matching_files(template, study, home)
            except StudyError as error:
                faults.append(f"labels.files: {error}")
    for key, table in study.side_tables.items():
        if MADE_BY_THE_RUN not in table.path:
            _check_side_table(key, table, study, home, faults, oddities)
    if study.benchmark is not None and study.benchmark.path:
        _check_benchmark(study.benchmark, study, home, faults, oddities)
    if faults:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        raise StudyError(f"study {study.name}: {len(faults)} fault(s)\n{lines}")
    return oddities


def _check_side_table(
    key: str, table: SideTable, study: Study, home: Path, faults: list[str], oddities: list[str]
) -> None:
    """The files of a table beside the postings, opened far enough to see their columns."""
    from postings.side_tables import check_side_file, named_files
    from postings.sources import SourceError, UnreadableFileError

    try:
        paths = matching_files(table.path, study, home)
    except StudyError as error:
        faults.append(f"{key}: {error}")
        return
    found = []
    source = table.source_among([one.name for one in study.sources])
    for file in named_files(source, paths, table.columns, table.fields):
        try:
            check_side_file(file, table.optional)
        except (SourceError, UnreadableFileError) as error:
            found.append(f"{key}: {error}")
    (faults if len(found) == len(paths) else oddities).extend(found)


def _check_benchmark(
    setting: Benchmark, study: Study, home: Path, faults: list[str], oddities: list[str]
) -> None:
    """The files of an outside index at hand, read whole: they are small. What is to be fetched is not asked for."""
    from ml.estimation.benchmark import BenchmarkError, benchmark_file, read_indeed
    from ml.estimation.benchmark_download import local_files

    place = Path(resolve_path(setting.path, study, home))
    found = local_files(place, setting.countries)
    if not found.paths:
        looked_for = "no such file or folder"
        if place.is_dir():
            looked_for = f"the folder holds no {benchmark_file(setting.countries[0])} or the like"
        faults.append(
            f"benchmark.path: {place}: {looked_for}; correct the path, put the files there "
            "(docs/operation.md says where they come from), or leave `path` out to have them fetched"
        )
        return
    try:
        levels = read_indeed(found.paths)
    except BenchmarkError as error:
        faults.append(
            f"benchmark.path: {error}; fetch the file again, or leave `path` out to have it fetched"
        )
        return
    without = sorted(set(setting.countries) - {country for country, _ in levels})
    if len(without) == len(setting.countries):
        faults.append(f"benchmark.countries: {place} says nothing of {', '.join(without)}; name others")
    oddities += [f"benchmark: {message}" for message in found.messages]


def _check_source(source: Source, study: Study, home: Path, faults: list[str], oddities: list[str]) -> None:
    """One source: a file that is damaged or lacks a column is odd; if every file is, the source is at fault."""
    from postings.sources import SourceError, UnreadableFileError, check_mapping, file_columns

    try:
        paths = matching_files(source.path, study, home)
    except StudyError as error:
        faults.append(f"sources.{source.name}: {error}")
        return
    found = []
    for path in paths:
        try:
            available = file_columns(
                path,
                encoding=source.encoding,
                delimiter=source.delimiter,
                columns=source.columns,
                records=source.records,
            )
            check_mapping(path, source.columns, available, layout=source.layout)
        except (SourceError, UnreadableFileError) as error:
            found.append(f"sources.{source.name}: {error}")
    (faults if len(found) == len(paths) else oddities).extend(found)
