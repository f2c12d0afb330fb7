"""dbt inside Dagster: one manifest for all studies, keys with the study's prefix, and the vars of one run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from orchestration.home import DBT_PROJECT, StudyPlaces
from orchestration.roles import role_vars, scope_vars
from orchestration.stage import OWNERS
from orchestration.study import CrowdLabels, Study
from storage import exclusive_lock, file_fingerprint, fingerprint, write_text_atomically

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
OF_TITLES = ("taxonomy", "labels")
"""Datasets that views are made on in every study, and that a study without labels does not have."""
OF_CROWDS = ("answers", "rejected_answers", "workers")
"""Those that only a study with a crowd has."""

STAMP = DBT_PROJECT / "target" / "manifest.stamp"


def dbt_executable() -> Path:
    """The `dbt` beside this interpreter, so that a venv need not be on the PATH."""
    return Path(sys.executable).parent / "dbt"


def project_fingerprint() -> str:
    """Identity of the dbt project's own files."""
    files = sorted(
        path
        for pattern in ("*.yml", "models/**/*", "macros/**/*", "tests/**/*", "seeds/**/*")
        for path in DBT_PROJECT.glob(pattern)
        if path.is_file()
    )
    return fingerprint([[str(path.relative_to(DBT_PROJECT)), file_fingerprint(path)] for path in files])


def prepare_manifest() -> Path:
    """Parse the dbt project if its files changed since the last time; returns the manifest.

    Definitions load from the manifest alone, which keeps the code location fast. Raises RuntimeError with dbt's
    own words when the project does not parse.
    """
    # Two processes that parse at once would write the same files; the second finds the work done.
    with exclusive_lock(MANIFEST.parent / ".prepare.lock", wait=True):
        return _parsed_manifest()


def _parsed_manifest() -> Path:
    import subprocess

    current = project_fingerprint()
    if MANIFEST.exists() and STAMP.exists() and STAMP.read_text("utf-8") == current:
        return MANIFEST
    command = [str(dbt_executable()), "--quiet", "parse", "--project-dir", str(DBT_PROJECT)]
    command += ["--profiles-dir", str(DBT_PROJECT), "--no-send-anonymous-usage-stats"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not MANIFEST.exists():
        raise RuntimeError(f"the dbt project does not parse:\n{done.stdout}\n{done.stderr}")
    write_text_atomically(STAMP, current)
    return MANIFEST


def study_vars(
    study: Study, places: StudyPlaces, versions: Mapping[str, str], warehouse: Path | None = None
) -> str:
    """The vars of one dbt invocation, as JSON for `--vars`; `warehouse` stands for the study's own."""
    windows = [
        {
            "pair": window.pair,
            "base_from": window.base.first,
            "base_to": window.base.last,
            "current_from": window.current.first,
            "current_to": window.current.last,
        }
        for window in study.windows
    ]
    values: dict[str, Any] = {
        "study_home": str(places.root),
        "warehouse": str(warehouse.absolute() if warehouse else places.warehouse),
        "classified": study.classified,
        "windows": windows,
        "min_postings": study.estimates.min_postings,
        "min_employers": study.estimates.min_employers,
        "min_people": study.estimates.min_people,
        "roles": role_vars(study.roles),
        "scopes": scope_vars(study.scopes),
        "versions": dict(versions),
    }
    return json.dumps(values)


class StudyTranslator(DagsterDbtTranslator):
    """Gives every dbt node the study's prefix and a group, so that several studies share one manifest."""

    def __init__(self, study: Study) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=False)
        )
        self._study = study

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """[study, name]: for a source the key of the Python asset that writes it, so the lineage joins."""
        return dg.AssetKey([self._study.name, dbt_resource_props["name"]])

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """What the study does not have is nothing to depend on: dbt reads empty tables in its place."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        missing = (
            *(() if self._study.classified else OF_TITLES),
            *(() if isinstance(self._study.labels, CrowdLabels) else OF_CROWDS),
        )
        return spec.replace_attributes(
            deps=[dep for dep in spec.deps if dep.asset_key.path[-1] not in missing]
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """All dbt models stand in the marts stage."""
        return f"{self._study.name}__marts"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that answers for the marts."""
        return OWNERS
