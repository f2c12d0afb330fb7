"""The estimates stage: from postings and classifications to changes with intervals."""

from __future__ import annotations

import pyarrow as pa

from orchestration.home import StudyPlaces
from orchestration.progress import ProgressSink
from orchestration.study import Study
from orchestration.versions import promoted_version
from storage import fingerprint

ESTIMATES_CODE = "1"


def estimate_changes(study: Study, places: StudyPlaces, progress: ProgressSink) -> pa.Table:
    """Write and return the estimates of every pair of windows."""
    from ml.estimation.bootstrap import bootstrap_changes
    from ml.estimation.counts import employer_counts

    classified = places.classifications(promoted_version(places))
    mark = fingerprint(
        "estimates",
        ESTIMATES_CODE,
        classified.version(),
        places.postings.version(),
        [window.pair for window in study.windows],
        study.estimates.model_dump(),
        study.seed,
    )
    if not places.estimates.is_current(None, mark):
        tables = []
        for number, window in enumerate(study.windows, start=1):
            counts = employer_counts(places.postings.files(), classified.files(), window)
            tables.append(bootstrap_changes(counts, window.pair, study.estimates.replicates, study.seed))
            progress("estimates", number, len(study.windows))
        places.estimates.write_table(pa.concat_tables(tables), mark)
    return places.estimates.table()
