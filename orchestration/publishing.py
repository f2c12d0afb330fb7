"""The publication stage: which pure function makes which page, and where it goes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.dbt import dbt_executable, study_vars
from orchestration.home import DBT_PROJECT, StudyPlaces
from orchestration.study import Study
from orchestration.versions import study_versions
from storage.atomic import temporary_beside

if TYPE_CHECKING:
    from report.facts import ReportResult, StudyFacts


def study_facts(study: Study, places: StudyPlaces) -> StudyFacts:
    """What the pages and the terminal say of a study."""
    from report.facts import StudyFacts

    return StudyFacts(
        name=study.name,
        title=study.title,
        windows=tuple(window.pair for window in study.windows),
        taxonomy=study.taxonomy.kind,
        description=study.about,
        sources=tuple(source.name for source in study.sources),
        synthetic=study.market is not None,
        versions=study_versions(places),
        links={
            "data dictionary": "../marts/data_dictionary.html",
            "dbt documentation": "../dbt_docs/index.html",
            "Data Docs": "../data_docs/index.html",
        },
    )


def publish_report(study: Study, places: StudyPlaces) -> ReportResult:
    """Build the static report of a study from its mart files, its model card and, where there is one, its scorecard."""
    from report.build import build_report

    facts = study_facts(study, places)
    return build_report(facts, places.marts, places.model_card, places.report, scorecard_file(study, places))


def scorecard_file(study: Study, places: StudyPlaces) -> Path | None:
    """The scorecard's one file, or None where the study has none."""
    if study.market is None or not places.scorecard.exists():
        return None
    (file,) = places.scorecard.files()
    return Path(file)


def publish_dbt_docs(study: Study, places: StudyPlaces) -> Path:
    """Generate the dbt documentation and publish its one page. Raises RuntimeError with dbt's own words."""
    target = places.root / "dbt_target" / "docs"
    variables = study_vars(study, places, study_versions(places))
    command = [str(dbt_executable()), "--quiet", "docs", "generate", "--static", "--vars", variables]
    command += [
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(target),
    ]
    _take_over_parsing(places.root / "dbt_target", target)
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    page = target / "static_index.html"
    if done.returncode != 0 or not page.exists():
        raise RuntimeError(f"dbt docs generate failed:\n{done.stdout}\n{done.stderr}")
    published = places.dbt_docs / "index.html"
    with temporary_beside(published) as temporary:
        shutil.copyfile(page, temporary)
    return published


def _take_over_parsing(targets: Path, target: Path) -> None:
    """Give dbt what the last run of the models has parsed: with the same vars it need not parse the project again."""
    target.mkdir(parents=True, exist_ok=True)
    parsed = [path for path in targets.glob("*/partial_parse.msgpack") if path.parent != target]
    if parsed:
        newest = max(parsed, key=lambda path: path.stat().st_mtime)
        # dbt looks at the vars, the profile and every file before it believes what it finds here.
        with temporary_beside(target / newest.name) as temporary:
            shutil.copyfile(newest, temporary)
