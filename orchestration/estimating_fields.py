"""The corrected figures of a study's roles: where their input lies, and when they have to be made again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from orchestration.estimating import _named, _poll_files
from orchestration.home import StudyPlaces
from orchestration.progress import ProgressSink
from orchestration.roles import ALL_INDUSTRIES, role_vars, scope_vars
from orchestration.study import Study
from orchestration.versions import promoted_version
from storage import file_fingerprint, fingerprint

FIELDS_CODE = "3"
"""Raise it when a change of code changes what stands in the table."""


def estimate_roles(study: Study, places: StudyPlaces, progress: ProgressSink) -> pa.Table:
    """Write the estimates of all roles and scopes, of every pair of windows; empty without roles or cross-fitting."""
    from ml.estimation.fields import FieldQuestions, estimate_fields
    from ml.schema import ROLE_ESTIMATES
    from ml.training import read_model_card

    version = promoted_version(places)
    classified, polls = places.classifications(version), _poll_files(places)
    applied = places.applications.files() if places.applications.exists() else []
    roles, scopes = role_vars(study.roles), scope_vars(study.scopes)
    mark = fingerprint(
        "role estimates",
        FIELDS_CODE,
        classified.version(),
        places.postings.version(),
        places.labels.version(),
        places.taxonomy.version(),
        [file_fingerprint(Path(path)) for path in polls],
        places.applications.version() if applied else "none",
        [window.pair for window in study.windows],
        [[role["role_id"], role["titles"]] for role in roles],
        [[scope["scope_id"], scope["industries"]] for scope in scopes],
        study.seed,
    )
    if not places.role_estimates.is_current(None, mark):
        tables = [ROLE_ESTIMATES.empty_table()]
        if roles and read_model_card(places.models / version).cross_fitted:
            titles = places.taxonomy.table(["title_id", "family"]).to_pylist()
            questions = FieldQuestions(
                roles={role["role_id"]: role["titles"] for role in roles},
                scopes={ALL_INDUSTRIES: None} | {scope["scope_id"]: scope["industries"] for scope in scopes},
                families=_named(titles, "family"),
            )
            labels = places.labels.table(["posting_id", "title_id"])
            files = places.postings.files(), classified.files()
            for number, window in enumerate(study.windows, start=1):
                tables.append(estimate_fields(*files, labels, window, questions, polls, applied, study.seed))
                progress("fields in depth", number, len(study.windows))
        places.role_estimates.write_table(pa.concat_tables(tables), mark)
    return places.role_estimates.table()
