"""The marts over months that are larger than what DuckDB writes in one piece.

Real dbt and DuckDB. How long it takes belongs to bench/marts_scale.py, which makes the postings here too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator

import duckdb
import pytest

from bench.marts_scale import MONTHS, write_month, write_rest
from orchestration.dbt import dbt_executable
from orchestration.home import DBT_PROJECT, StudyPlaces

EACH = 150_000


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("large months")
    places = StudyPlaces(folder / "study")
    given = argparse.Namespace(ids="number", employers=1000, postings=3 * EACH)
    for number, month in enumerate(MONTHS[:3]):
        write_month(places, month, EACH, number * EACH, given)
    write_rest(places)
    values = {
        "study_home": str(places.root),
        "warehouse": str(places.warehouse),
        "windows": [
            {
                "pair": "p",
                "base_from": MONTHS[0],
                "base_to": MONTHS[0],
                "current_from": MONTHS[1],
                "current_to": MONTHS[2],
            }
        ],
        "roles": [{"role_id": "r", "role_en": "R", "role_zh": "R", "titles": ["software-engineer"]}],
    }
    command = [str(dbt_executable()), "build", "--vars", json.dumps(values)]
    command += ["--select", "+int_title_month_cube", "+mart_salary", "+int_role_pay_quantiles"]
    command += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(places.warehouse), read_only=True) as connection:
        yield connection


def test_a_first_build_counts_every_posting_of_large_months(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = warehouse.execute(
        "select posting_month, sum(postings) from int_title_month_cube group by all order by all"
    ).fetchall()
    assert counted == [(month, EACH) for month in MONTHS[:3]]


PAID = """
    select *, coalesce(pay_currency, 'not stated') as currency from int_counted_postings
    where pay_monthly is not null and posting_month in (?, ?)
"""
QUARTILES = "[round(q, 2)::double for q in quantile_cont(pay_monthly::decimal(18, 6), [0.25, 0.5, 0.75])]"


def test_quartiles_from_counts_month_by_month_are_those_of_the_postings(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    said = warehouse.execute(
        """select title_id, currency, stating_pay, [p25_monthly, median_monthly, p75_monthly] from mart_salary
        order by all"""
    ).fetchall()
    direct = warehouse.execute(
        f"select title_id, currency, count(*), {QUARTILES} from ({PAID}) group by all order by all",  # noqa: S608
        MONTHS[1:3],
    ).fetchall()
    assert len(said) > 1000
    assert said == direct


def test_a_roles_quartiles_by_city_are_those_of_its_postings(warehouse: duckdb.DuckDBPyConnection) -> None:
    said = warehouse.execute(
        """select role_id, currency, city, country, [p25_monthly, median_monthly, p75_monthly]
        from int_role_pay_quantiles where scope_id = 'all_industries' order by all"""
    ).fetchall()
    place = (
        "coalesce(city, 'not stated') as place, if(city is null, '', coalesce(country, 'not stated')) as land"
    )
    of_role = "unnest(if(title_id = 'software-engineer', ['all', 'r'], ['all'])) as role"
    direct = warehouse.execute(
        f"""with paid as (select *, {place}, {of_role} from ({PAID}))
        select role, currency, '' as place, '' as land, {QUARTILES} from paid group by all
        union all select role, currency, place, land, {QUARTILES} from paid group by all order by all""",  # noqa: S608
        MONTHS[1:3],
    ).fetchall()
    assert len(said) > 500
    assert said == direct
