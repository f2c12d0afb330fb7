"""The truth of a synthetic market stays closed: the kernel is asked which files were opened, whoever opened them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from orchestration.home import StudyPlaces
from orchestration.runs import run_study
from orchestration.study import read_study
from tests.studies import write_tiny_study


class _Opened(FileSystemEventHandler):
    """Notes each opened file, and whether the marts stood already when it was opened."""

    def __init__(self, marts: Path) -> None:
        self._marts = marts
        self.files: set[tuple[str, bool]] = set()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileOpenedEvent) and not event.is_directory:
            published = (self._marts / "mart_title_yoy.parquet").exists()
            self.files.add((Path(str(event.src_path)).name, published))


@contextmanager
def _watched(places: StudyPlaces) -> Iterator[set[tuple[str, bool]]]:
    """The files of the truth that anything opens while the block runs: Python, DuckDB or another process."""
    handler, observer = _Opened(places.marts), Observer()
    observer.schedule(handler, str(places.truth), recursive=True)
    observer.start()
    try:
        yield handler.files
    finally:
        observer.stop()
        observer.join()


@pytest.mark.usefixtures("manifest")
def test_no_stage_from_the_raw_records_to_the_marts_opens_the_truth_and_the_exam_does_so_afterwards(
    tmp_path: Path,
) -> None:
    study = read_study(write_tiny_study(tmp_path))
    home = tmp_path / "home"
    places = StudyPlaces(home / study.name)
    run_study(study, home, until="synthetic_market")
    assert not places.marts.exists()

    with _watched(places) as opened:
        run_study(study, home)
    before = {name for name, published in opened if not published}
    after = {name for name, published in opened if published}
    assert before == set()
    # The watch is worth something: it sees the exam, whose files DuckDB opens.
    assert {path.name for path in places.truth.glob("postings-*.parquet")} <= after
