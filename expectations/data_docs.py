"""The Data Docs: Great Expectations' own static site over the last validation of every table.

What belongs here: reading stored results, building the site, putting it in place in one step. What does not:
how its pages look and what they may not contain (see `data_docs_view`).
"""

from __future__ import annotations

import datetime
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from expectations.results import ValidationSummary
from expectations.validation import quiet_context

SITE = "jobtide"
RUN = "last-run"


class DataDocsError(RuntimeError):
    """The site could not be built from the stored results."""


def build_data_docs(validations: Path, site: Path) -> Path:
    """Build the site from `<validations>/<table>.json` (each a ValidationSummary) and return its index.html.

    The folder `site` is replaced as a whole: readers see the old site or the new one, and in the worst case,
    a kill between two renames, none until the next build. The time shown is that of the newest result. Raises
    DataDocsError where a stored result cannot be read, or where Great Expectations left a page out.
    """
    stored = sorted(validations.glob("*.json")) if validations.is_dir() else []
    summaries = [_stored_summary(path) for path in stored]
    newest = max((path.stat().st_mtime for path in stored), default=0.0)
    site.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-data-docs-", dir=site.parent) as folder:
        built = Path(folder) / "new"
        _build_site(summaries, built, datetime.datetime.fromtimestamp(int(newest), tz=datetime.UTC))
        if site.exists():
            site.rename(Path(folder) / "old")
        built.rename(site)
    return site / "index.html"


def _stored_summary(path: Path) -> ValidationSummary:
    try:
        return ValidationSummary.from_dict(json.loads(path.read_text("utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise DataDocsError(
            f"{path}: not a validation result ({error}); run the checks of this table again"
        ) from error


def _build_site(summaries: Sequence[ValidationSummary], folder: Path, run_time: datetime.datetime) -> None:
    context = quiet_context()
    documents = [(summary, document) for summary in summaries for document in summary.documents]
    for summary, document in documents:
        _store(context, summary, document, run_time)
    view = {"module_name": "expectations.data_docs_view", "class_name": "OfflinePageView"}
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
            "site_section_builders": {
                "expectations": {"class_name": "DefaultSiteSectionBuilder", "view": view},
                "validations": {"class_name": "DefaultSiteSectionBuilder", "view": view},
                "profiling": "None",
            },
            "site_index_builder": {
                "class_name": "DefaultSiteIndexBuilder",
                "view": {**view, "class_name": "OfflineIndexView"},
            },
        },
    )
    context.build_data_docs(site_names=[SITE])
    _refuse_gaps(folder, documents)
    # What Great Expectations copies beside its pages: fonts, images, styles. Ours carry their own style.
    shutil.rmtree(folder / "static", ignore_errors=True)


def _store(
    context: Any, summary: ValidationSummary, document: dict[str, Any], run_time: datetime.datetime
) -> None:
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    name = document["suite_name"]
    run = RunIdentifier(run_name=RUN, run_time=run_time)
    result = expectationSuiteValidationResultSchema.load(
        {
            **document,
            "suite_parameters": {},
            "meta": {"run_id": run.to_json_dict(), "batch_spec": {"data_asset_name": _asset_name(summary)}},
        }
    )
    context.suites.add(
        ExpectationSuite(name, expectations=[item["expectation_config"] for item in document["results"]])
    )
    identifier = ValidationResultIdentifier(
        batch_identifier=summary.table,
        expectation_suite_identifier=ExpectationSuiteIdentifier(name),
        run_id=run,
    )
    context.validation_results_store.set(identifier, result)


def _asset_name(summary: ValidationSummary) -> str:
    """The table, with a word on what its failures mean: Great Expectations' pages know no severity."""
    if not summary.success:
        return f"{summary.table} (blocked)"
    return f"{summary.table} (passed with warnings)" if summary.warnings else summary.table


def _refuse_gaps(folder: Path, documents: Sequence[tuple[ValidationSummary, dict[str, Any]]]) -> None:
    """Great Expectations logs a page that fails to render and goes on: look for each one."""
    index = folder / "index.html"
    missing = [] if index.is_file() and index.stat().st_size else ["index"]
    for _, document in documents:
        name = document["suite_name"]
        if not (folder / "expectations" / f"{name}.html").is_file():
            missing.append(f"suite {name}")
        if not list((folder / "validations" / name).rglob("*.html")):
            missing.append(f"result of {name}")
    if missing:
        raise DataDocsError(f"the Data Docs lack: {', '.join(missing)}; the log says why")
