"""The code location: `defs` is what `dagster dev -w workspace.yaml` loads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.dbt import dbt_executable, prepare_manifest
from orchestration.factory import load_studies, study_definitions
from orchestration.home import DBT_PROJECT, jobtide_home
from orchestration.resources import JobtideHome, ProgressReporter


def build_defs(
    home: Path | None = None, resource_overrides: Mapping[str, Any] | None = None
) -> dg.Definitions:
    """The definitions of all studies; tests and the command line swap resources by name."""
    home = home or jobtide_home()
    prepare_manifest()
    resources: dict[str, Any] = {
        "home": JobtideHome(path=str(home)),
        "progress": ProgressReporter(),
        "dbt": DbtCliResource(
            project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(dbt_executable())
        ),
        **(resource_overrides or {}),
    }
    loaded = load_studies(home)
    return dg.Definitions.merge(
        *(study_definitions(study) for study in loaded.studies), dg.Definitions(resources=resources)
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Built when Dagster asks, so that importing this module costs nothing."""
    return build_defs()
