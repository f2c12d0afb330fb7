"""Which study a user means, and the copy that makes it known to the Dagster UI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from orchestration.factory import load_studies, registered_studies
from orchestration.home import BUILT_IN_STUDIES
from orchestration.study import Study, StudyError, read_study, study_from
from storage import write_text_atomically

HEADER = (
    "# A copy made by `jobtide run`, so that the UI knows the study. Change the original and run it again.\n"
)


def find_study(given: str, home: Path, seed: int | None = None) -> Study:
    """The study of a file, or the known study of that name; with `seed`, its variant `<name>_seed<N>`.

    Raises StudyError where there is no such file or name, or where the file has faults.
    """
    path = Path(given)
    if path.suffix in {".yaml", ".yml"} or path.exists():
        study = read_study(path)
    else:
        loaded = load_studies(home)
        known = {candidate.name: candidate for candidate in loaded.studies}
        if given not in known:
            raise StudyError(
                f"{given!r} is neither a study file nor a known study ({', '.join(sorted(known))})"
            )
        study = known[given]
    return study if seed is None else variant(study, f"seed{seed}", {"seed": seed})


def variant(study: Study, suffix: str, changes: dict[str, Any]) -> Study:
    """The study under the name `<name>_<suffix>` with some keys changed; its data lies apart."""
    content = {**_content(study), **changes, "name": f"{study.name}_{suffix}"}
    return study_from(content, study.origin / f"{study.name}.yaml")


def register(study: Study, home: Path) -> None:
    """Put a copy of the study where the factory finds it.

    A study that stands in the repository as it is needs no copy, and an older copy of it would hide it.
    """
    copy = registered_studies(home) / f"{study.name}.yaml"
    built_in = BUILT_IN_STUDIES / f"{study.name}.yaml"
    if built_in.exists() and study.origin == BUILT_IN_STUDIES and read_study(built_in) == study:
        copy.unlink(missing_ok=True)
        return
    text = HEADER + yaml.safe_dump(_content(study), allow_unicode=True, sort_keys=False)
    write_text_atomically(copy, text)


def _content(study: Study) -> dict[str, Any]:
    """The study as the YAML file says it, with the folder that relative paths start from."""
    return study.model_dump(mode="json", by_alias=True)
