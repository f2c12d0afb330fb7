"""The tables beside the postings of one study: its files, its key, and where they go."""

from __future__ import annotations

from pathlib import Path

from orchestration.home import StudyPlaces
from orchestration.progress import ProgressSink, of_task
from orchestration.study import Study
from orchestration.study_side import SideTable
from orchestration.study_sources import matching_files
from postings.side_tables import (
    SideFile,
    SideReport,
    ingest_applications,
    ingest_coverage,
    ingest_sightings,
    named_files,
)
from storage import fingerprint, write_json_atomically


def read_coverage(study: Study, places: StudyPlaces, home: Path, sink: ProgressSink) -> SideReport:
    """Polls of the study's boards into `places.coverage`. Raises StudyError or SourceError where none can be read."""
    report = ingest_coverage(
        _files(study.coverage, study, home),
        places.coverage,
        places.set_aside("coverage"),
        date_order=study.date_order,
        progress=of_task(sink, "coverage"),
    )
    _keep(report, places, "coverage")
    return report


def read_applications(
    study: Study, places: StudyPlaces, home: Path, key: bytes, sink: ProgressSink
) -> SideReport:
    """Applications for the study's postings into `places.applications`, by month; people become pseudonyms of `key`."""
    from ml.labels.pseudonyms import worker_pseudonym

    report = ingest_applications(
        _files(study.applications, study, home),
        places.postings,
        places.applications,
        places.set_aside("applications"),
        months=study.months.keys(),
        pseudonym=lambda text: worker_pseudonym(text, key),
        key_version=fingerprint(worker_pseudonym("key version", key)),
        date_order=study.date_order,
        progress=of_task(sink, "applications"),
    )
    _keep(report, places, "applications")
    return report


def read_lives(study: Study, places: StudyPlaces, home: Path, sink: ProgressSink) -> SideReport:
    """Sightings of the study's postings into `places.lifecycle`, and flow and stock a month."""
    report = ingest_sightings(
        _files(study.lifecycle, study, home),
        places.lifecycle,
        places.flow_and_stock,
        places.set_aside("lifecycle"),
        months=study.months.keys(),
        coverage=places.coverage,
        date_order=study.date_order,
        progress=of_task(sink, "sightings"),
    )
    _keep(report, places, "lifecycle")
    return report


def _files(table: SideTable | None, study: Study, home: Path) -> list[SideFile]:
    if table is None:
        return []
    source = table.source_among([one.name for one in study.sources])
    return named_files(source, matching_files(table.path, study, home), table.columns, table.fields)


def _keep(report: SideReport, places: StudyPlaces, table: str) -> None:
    # A run that found all up to date has not opened the files, so the report of the one that did stays.
    if not report.skipped or not places.side_report(table).exists():
        write_json_atomically(places.side_report(table), report.to_dict())
