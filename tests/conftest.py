"""Shared fixtures: a prepared dbt manifest, and one whole run of a tiny study for the tests that look at results."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.studies import write_tiny_study

REPOSITORY = Path(__file__).resolve().parent.parent

# One thread a test process: xdist runs several, and results must not depend on how threads share a sum.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")


@pytest.fixture(scope="session")
def manifest() -> Path:
    """The dbt manifest that definitions load from; `prepare_if_dev` does nothing outside `dagster dev`."""
    from orchestration.dbt import prepare_manifest

    return prepare_manifest()


def jobtide(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the installed command as a user does."""
    command = [str(Path(sys.executable).parent / "jobtide"), *arguments]
    variables = {**os.environ, "JOBTIDE_HOME": str(home), "COLUMNS": "160", **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=900)


@dataclass(frozen=True)
class TinyRun:
    """A finished run of the tiny study."""

    home: Path
    root: Path
    study_file: Path
    output: str


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """Run the tiny study once, by the command line."""
    folder = tmp_path_factory.mktemp("tiny")
    study_file = write_tiny_study(folder)
    home = folder / "home"
    done = jobtide(home, "run", str(study_file))
    assert done.returncode == 0, done.stdout + done.stderr
    return TinyRun(home, home / "tiny", study_file, done.stdout)
