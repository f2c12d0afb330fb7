"""The marts over months that are larger than what DuckDB writes in one piece.

Real dbt and DuckDB. How long it takes belongs to bench/marts_scale.py, which makes the postings here too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import duckdb

from bench.marts_scale import MONTHS, write_month, write_rest
from orchestration.dbt import dbt_executable
from orchestration.home import DBT_PROJECT, StudyPlaces

EACH = 150_000


def test_a_first_build_counts_every_posting_of_large_months(tmp_path: Path) -> None:
    places = StudyPlaces(tmp_path / "study")
    given = argparse.Namespace(ids="number", employers=1000, postings=3 * EACH)
    for number, month in enumerate(MONTHS[:3]):
        write_month(places, month, EACH, number * EACH, given)
    write_rest(places)
    values = {"study_home": str(places.root), "warehouse": str(places.warehouse)}
    command = [
        str(dbt_executable()),
        "build",
        "--select",
        "+int_title_month_cube",
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        "--vars",
        json.dumps(values),
    ]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(tmp_path / "target")]
    done = subprocess.run(
        [*command, "--log-path", str(tmp_path / "logs")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(places.warehouse), read_only=True) as warehouse:
        counted = warehouse.execute(
            "select posting_month, sum(postings) from int_title_month_cube group by all order by all"
        ).fetchall()
    assert counted == [(month, EACH) for month in MONTHS[:3]]
