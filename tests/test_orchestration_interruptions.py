"""Killed without warning, at points drawn by a seed, and started again: the same marts as an undisturbed run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.runs import run_study
from orchestration.study import read_study
from tests.conftest import REPOSITORY
from tests.studies import write_tiny_study

POINTS, SEED = 10, 20251101


def interrupted(study_file: Path, home: Path, point: str) -> subprocess.Popen[str]:
    """A run in a process group of its own, so that dbt dies with it."""
    command = [sys.executable, "-m", "tests.interruption", str(study_file), str(home), point]
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )


def results(home: Path) -> dict[str, bytes]:
    """What must not depend on interruptions: the marts, and the model card but for the time it took."""
    files = {path.name: path.read_bytes() for path in (home / "tiny" / "marts").glob("*")}
    card = json.loads((home / "tiny" / "model_card.json").read_text("utf-8"))
    files["model_card"] = json.dumps({**card, "duration_seconds": None}).encode()
    return files


def kill_while_dbt_writes(process: subprocess.Popen[str], home: Path, delay: float) -> None:
    """Kill the group a moment after the warehouse appears, in the middle of `dbt build`."""
    warehouse = home / "tiny" / "warehouse.duckdb"
    while not warehouse.exists():
        assert process.poll() is None, "the run ended before it was killed"
        time.sleep(0.02)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_ten_runs_killed_at_drawn_points_give_the_marts_of_an_undisturbed_run(tmp_path: Path):
    study_file = write_tiny_study(tmp_path)
    undisturbed = tmp_path / "undisturbed"
    counted = interrupted(study_file, undisturbed, "count")
    output, _ = counted.communicate()
    assert counted.returncode == 0
    points = int(output.split()[-1])
    expected = results(undisturbed)

    draw = random.Random(SEED)
    chosen = sorted(draw.sample(range(points), POINTS - 2))
    # Beside the drawn points: between a shard of the postings and its manifest; and while dbt writes.
    for number, point in enumerate([*chosen, "gap", None]):
        home = tmp_path / f"home{number}"
        process = interrupted(study_file, home, "count" if point is None else str(point))
        if point is None:
            kill_while_dbt_writes(process, home, draw.uniform(0.2, 3.0))
        else:
            process.communicate()
        assert process.returncode == -signal.SIGKILL, f"point {point} did not kill the run"
        run_study(read_study(study_file), home)
        assert results(home) == expected, f"killed at {point}"
