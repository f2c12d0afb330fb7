"""The estimates stage: from postings and classifications to changes with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.home import StudyPlaces
from orchestration.progress import ProgressSink
from orchestration.study import Study
from orchestration.versions import promoted_version
from storage import Dataset, file_fingerprint, fingerprint

if TYPE_CHECKING:
    from ml.estimation.changes import Evidence
    from ml.estimation.counts import PairOfWindows

ESTIMATES_CODE = "5"


def estimate_study(study: Study, places: StudyPlaces, progress: ProgressSink) -> pa.Table:
    """Write the estimates of every pair of windows, and the drift of the confusion; returns the estimates."""
    from ml.estimation.changes import estimate_changes
    from ml.estimation.drift import confusion_drift

    classified = places.classifications(promoted_version(places))
    polls = _poll_files(places)
    mark = fingerprint(
        "estimates",
        ESTIMATES_CODE,
        classified.version(),
        places.postings.version(),
        places.labels.version(),
        places.taxonomy.version(),
        [file_fingerprint(Path(path)) for path in polls],
        [window.pair for window in study.windows],
        study.estimates.model_dump(),
        study.seed,
    )
    if not (places.estimates.is_current(None, mark) and places.drift.is_current(None, mark)):
        changes, drifts = [], []
        for number, window in enumerate(study.windows, start=1):
            evidence = _evidence(places, classified, polls, window)
            drifts.append(confusion_drift(evidence, window.pair))
            changes.append(estimate_changes(evidence, window.pair, study.estimates.replicates, study.seed))
            progress("estimates", number, len(study.windows))
        places.drift.write_table(pa.concat_tables(drifts), mark)
        places.estimates.write_table(pa.concat_tables(changes), mark)
    return places.estimates.table()


def _evidence(
    places: StudyPlaces, classified: Dataset, polls: Sequence[str], window: PairOfWindows
) -> Evidence:
    from ml.estimation.changes import Evidence
    from ml.estimation.counts import audit_rows, band_edges, employer_counts
    from ml.training import read_model_card

    files = places.postings.files(), classified.files()
    audit, edges = None, None
    if read_model_card(places.models / promoted_version(places)).cross_fitted:
        labels = places.labels.table(["posting_id", "title_id"])
        edges = band_edges(classified.files(), labels)
        audit = audit_rows(*files, labels, window, edges=edges)
    counted = employer_counts(*files, window, polls, edges=edges)
    titles = places.taxonomy.table(["title_id", "family", "seniority_band"]).to_pylist()
    return Evidence(
        everyone=counted.everyone,
        panel=counted.panel,
        audit=audit,
        families=_named(titles, "family"),
        bands=_named(titles, "seniority_band"),
    )


def _poll_files(places: StudyPlaces) -> list[str]:
    """Files of polls; none for a study that does not know when its employers were polled."""
    return places.coverage.files() if places.coverage.exists() and places.coverage.rows() else []


def _named(titles: Sequence[dict[str, str | None]], column: str) -> dict[str, str]:
    return {str(row["title_id"]): str(row[column]) for row in titles if row[column]}
