"""How long dbt needs for all marts, and how much memory, at the size of the first study.

    python -m bench.marts_scale FOLDER [--postings N] [--ids hash|number] [--employers N] [--memory 12GB] [--keep]
    python -m bench.marts_scale FOLDER --postings N --write    # and keep the figures in docs/quality/marts.csv and .md

Makes N classified postings of 34 months (ids and dimensions, no text) as the pipeline's datasets, with DuckDB; then
runs `dbt build` of every mart with all its tests, and once more after one month was written anew. The baseline is what
nobody can do without: seven bare group-bys of the same files. Seconds are by the clock; memory is dbt's peak. The
wanted limits for 180 million postings on two cores with 16 GB are 10 minutes, and 1 minute for a month. `--ids hash`:
posting ids as the pipeline makes them, 32 random hexadecimal digits, most of the bytes; `number`: ids that count.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa

from ml.schema import DRIFT, ESTIMATES, LABELS
from orchestration.dbt import dbt_executable
from orchestration.home import DBT_PROJECT, REPOSITORY, StudyPlaces
from orchestration.roles import role_vars, scope_vars
from orchestration.study import read_study
from orchestration.taxonomies import jobtide_seeds
from postings.months import months_between
from postings.schema import CONSERVATION, QUARANTINE, REOBSERVATIONS
from storage import write_json_atomically, write_text_atomically

TABLE = REPOSITORY / "docs" / "quality" / "marts.csv"
PAGE = TABLE.with_suffix(".md")
LARGEST, MOST_SECONDS, MOST_OF_A_MONTH = 180_000_000, 600, 60
MODEL = "bench"
MONTHS = months_between("2023-01", "2025-10")
WINDOWS = [
    {
        "pair": f"{year}-01..{year}-10 / {year - 1}-01..{year - 1}-10",
        "base_from": f"{year - 1}-01",
        "base_to": f"{year - 1}-10",
        "current_from": f"{year}-01",
        "current_to": f"{year}-10",
    }
    for year in (2025, 2024)
]

# Uneven as real boards are: a few titles, cities and employers have much of the market.
_DRAWN = """
    select
        {ids} as posting_id,
        {first} + i as number,
        cast(floor(len(t) * power(random(), 1.6)) as integer) + 1 as title,
        cast(floor({employers} * power(random(), 3)) as bigint) as employer,
        cast(floor(400 * power(random(), 2.5)) as integer) as place,
        random() as u1, random() as u2, random() as u3, random() as u4, random() as u5
    from range({rows}) as r(i), titles
"""
_POSTINGS = """
    select
        posting_id,
        case when u5 < 0.7 then 'careers' else 'boards' end as source,
        cast(number as varchar) as source_id,
        '{month}' as posting_month,
        cast('{month}-15' as date) as posted_date,
        md5(cast(employer as varchar))[:16] as employer_id,
        'company' as employer_kind,
        case when employer % 9 = 0 then null else sizes[employer % 7 + 1] end as employer_size_band,
        case when employer % 5 = 0 then null else industries[employer % len(industries) + 1] end as industry_id,
        case when u1 < 0.1 then null else 'city ' || cast(place as varchar) end as city,
        cast(null as varchar) as region,
        case when u1 < 0.02 then null else 'C' || cast(place % 40 as varchar) end as country,
        'mid' as seniority,
        'en' as language,
        case when u2 < 0.35 then null else educations[cast(floor(u2 * 7) as integer) + 1] end as education_floor,
        case when u3 < 0.4 then null else cast(floor(u3 * 12) as decimal(5, 2)) end as experience_min,
        cast(null as decimal(5, 2)) as experience_max,
        [skills[cast(floor(u * len(skills)) as integer) + 1] for u in [u1, u2 * u3, u4, u5 * u5]] as skill_ids,
        case when u4 < 0.5 then null when place % 40 = 0 then 'EUR' else 'USD' end as pay_currency,
        case when u4 < 0.5 then null else cast(round(2000 + 6000 * u1 * u5, -1) as decimal(14, 2)) end
            as pay_monthly_min,
        case when u4 < 0.5 then null else cast(round(2500 + 9000 * u1 * u5, -1) as decimal(14, 2)) end
            as pay_monthly_max,
        'given' as employer_size_status, 'given' as industry_status, 'given' as place_status,
        'given' as pay_status, 'given' as education_status, 'given' as experience_status
    from drawn, lists
"""
_CLASSIFICATIONS = """
    select posting_id, '{month}' as posting_month, t[title] as title_id, t[title] as best_title_id,
        cast(round(u1, 2) as float) as probability, 'model' as evaluation, '{model}' as model_version
    from drawn, titles
"""


def write_month(places: StudyPlaces, month: str, rows: int, first: int, given: argparse.Namespace) -> None:
    """One month of postings and classifications, with their manifests."""
    engine = duckdb.connect()
    engine.execute("set threads = 2; set preserve_insertion_order = true")
    engine.execute("select setseed(?)", [(first % 9973) / 9973])
    engine.execute(
        "create table titles as select list(title_id) as t from read_csv(?)",
        [str(DBT_PROJECT / "seeds" / "titles.csv")],
    )
    seeds = {
        name: f"(select list({column} order by {column}) from read_csv('{DBT_PROJECT}/seeds/{name}.csv'))"  # noqa: S608
        for name, column in (
            ("company_size_bands", "band"),
            ("industries", "industry_id"),
            ("education_levels", "level"),
            ("skills", "skill_id"),
        )
    }
    engine.execute(
        f"create table lists as select {seeds['company_size_bands']} as sizes, {seeds['industries']} as industries, "
        f"{seeds['education_levels']} as educations, {seeds['skills']} as skills"
    )
    ids = f"md5(cast({first} + i as varchar))" if given.ids == "hash" else f"printf('%012d', {first} + i)"
    drawn = _DRAWN.format(ids=ids, first=first, employers=given.employers, rows=rows)
    engine.execute(f"create temp table drawn as {drawn}")
    for folder, query in (
        (places.postings.folder(month), _POSTINGS.format(month=month)),
        (places.classifications(MODEL).folder(month), _CLASSIFICATIONS.format(month=month, model=MODEL)),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        shard = folder / f"bench-{first}-00000.parquet"
        engine.execute(f"copy ({query}) to '{shard}' (compression zstd)")
        write_json_atomically(
            folder / "manifest.json",
            {
                "partition": month,
                "fingerprint": shard.name,
                "content": f"{given.postings}-{first}",
                "rows": rows,
                "files": [{"name": shard.name, "rows": rows, "bytes": shard.stat().st_size}],
            },
        )
        for other in folder.glob("*.parquet"):
            if other != shard:
                other.unlink()
    engine.close()


def write_rest(places: StudyPlaces) -> None:
    """The small datasets that the marts also read."""
    from orchestration.home import TAXONOMY

    write_json_atomically(places.models / "promoted.json", {"model_version": MODEL})
    seeds = jobtide_seeds()
    families = {row["family_id"]: row["family_en"] for row in seeds.families}
    titles = [
        {**row, "family": families[row["family_id"]], "taxonomy_version": seeds.version}
        for row in seeds.titles
    ]
    places.taxonomy.write_table(
        pa.Table.from_pylist([{n: t[n] for n in TAXONOMY.names} for t in titles], TAXONOMY), "bench"
    )
    for dataset, schema in ((places.labels, LABELS), (places.estimates, ESTIMATES), (places.drift, DRIFT)):
        dataset.write_table(schema.empty_table(), "bench")
    for month in MONTHS:
        places.quarantine.write_table(QUARANTINE.empty_table(), "bench", month)
        places.reobservations.write_table(REOBSERVATIONS.empty_table(), "bench", month)
    counted = duckdb.sql(
        "select source, posting_month, count(*) as n from read_parquet(?, hive_partitioning = false) group by all",
        params=[places.postings.files()],
    ).fetchall()
    law = [(s, m, n, n, 0, 0, 0) for s, m, n in counted]
    table = pa.Table.from_pylist(
        [dict(zip(CONSERVATION.names, row, strict=True)) for row in law], CONSERVATION
    )
    places.conservation.write_table(table, "bench")


def build(places: StudyPlaces, given: argparse.Namespace) -> tuple[float, float, bool]:
    """Run dbt; seconds, the peak of its memory in GB, and whether it succeeded."""
    study = read_study(DBT_PROJECT.parent / "studies" / "demo.yaml")
    values = {
        "study_home": str(places.root),
        "warehouse": str(places.warehouse),
        "windows": WINDOWS,
        "roles": role_vars(study.roles),
        "scopes": scope_vars(study.scopes),
    }
    command = [str(dbt_executable()), "build", "--vars", json.dumps(values), "--no-use-colors"]
    # Unit tests are of the code, whatever the size of the data.
    command += ["--exclude-resource-type", "unit_test"]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(places.root / "target"), "--log-path", str(places.root / "logs")]
    log = (places.root / f"dbt-{time.time_ns()}.log").open("w")
    started = time.perf_counter()
    environment = {"JOBTIDE_WAREHOUSE_MEMORY": given.memory, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    took = time.perf_counter() - started
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20, done.returncode == 0


def bare_group_bys(places: StudyPlaces, memory: str) -> float:
    """Seconds that DuckDB needs to count the same files, by month and each of seven dimensions."""
    engine = duckdb.connect()
    engine.execute("set threads = 2")
    engine.execute(f"set memory_limit = '{memory}'")
    paths = {"postings": places.postings.files(), "classifications": places.classifications(MODEL).files()}
    started = time.perf_counter()
    for dimension in (
        "country",
        "industry_id",
        "city",
        "employer_size_band",
        "education_floor",
        "pay_currency",
    ):
        engine.execute(
            f"create or replace temp table counted as select posting_month, {dimension}, count(*) as postings "  # noqa: S608
            "from read_parquet($postings, hive_partitioning = false) group by all",
            {"postings": paths["postings"]},
        )
    engine.execute(
        "create or replace temp table counted as select posting_month, title_id, count(*) as postings "
        "from read_parquet($classifications, hive_partitioning = false) group by all",
        {"classifications": paths["classifications"]},
    )
    took = time.perf_counter() - started
    engine.close()
    return took


def keep(measured: dict[str, str]) -> None:
    """Put one size's figures among those kept, in place of older ones, and write the page."""
    rows = {}
    if TABLE.exists():
        rows = {row["postings"]: row for row in csv.DictReader(TABLE.read_text("utf-8").splitlines())}
    rows[measured["postings"]] = measured
    ordered = sorted(rows.values(), key=lambda row: int(row["postings"]))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(measured), lineterminator="\n")
    writer.writeheader()
    writer.writerows(ordered)
    write_text_atomically(TABLE, text.getvalue())
    write_text_atomically(PAGE, page(ordered))


def page(rows: list[dict[str, str]]) -> str:
    """The page as Markdown."""
    lines = [
        "# How long the marts take",
        "",
        "Written by `python -m bench.marts_scale FOLDER --postings N --write`, one size at a time: classified",
        "postings of 34 months, 650 titles, a million employers, without texts; `dbt build` of every mart with all its",
        "data tests, from an empty warehouse, and once more after one month was written anew. Beside it stands what",
        "nobody can do without: bare group-bys of the same files, one for each of seven dimensions. Seconds by the",
        "clock.",
        "",
        "| postings | all marts, s | microseconds a posting | peak, GB | warehouse, GB | a month anew, s | peak, GB "
        "| bare group-bys, s | all marts / bare | machine |",
        "| ---: |" + " ---: |" * 8 + " --- |",
    ]
    for row in rows:
        postings, seconds, bare = int(row["postings"]), float(row["seconds"]), float(row["bare_seconds"])
        lines.append(
            f"| {postings:,} | {seconds:.0f} | {1e6 * seconds / postings:.1f} | {row['peak_gb']} | "
            f"{row['warehouse_gb']} | {float(row['month_seconds']):.0f} | {row['month_peak_gb']} | {bare:.1f} | "
            f"{seconds / bare:.1f} | {row['machine']} |"
        )
    lines += [
        "",
        f"Wanted at {LARGEST:,} postings on two cores with 16 GB: all marts in {MOST_SECONDS} s, a month anew in "
        f"{MOST_OF_A_MONTH} s.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Make, build, add a month, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--postings", type=int, default=LARGEST)
    parser.add_argument("--employers", type=int, default=1_000_000)
    parser.add_argument("--ids", choices=("hash", "number"), default="hash")
    parser.add_argument("--memory", default="12GB", help="what DuckDB may use before it writes to disk")
    parser.add_argument("--keep", action="store_true", help="take the postings that are there already")
    parser.add_argument(
        "--write", action="store_true", help=f"keep the figures in {TABLE.name} and {PAGE.name}"
    )
    given = parser.parse_args()
    places = StudyPlaces(given.folder.resolve())
    each = given.postings // len(MONTHS)
    started = time.perf_counter()
    if not (given.keep and places.conservation.exists()):
        for number, month in enumerate(MONTHS):
            write_month(places, month, each, number * each, given)
        write_rest(places)
    made = time.perf_counter() - started
    places.warehouse.unlink(missing_ok=True)
    size = sum(path.stat().st_size for path in places.root.rglob("*.parquet")) / 1e9
    postings = each * len(MONTHS)
    print(
        f"{postings:,} classified postings, {size:.2f} GB, made in {made:.0f} s (ids: {given.ids})",
        flush=True,
    )
    bare = bare_group_bys(places, given.memory)
    print(f"bare group-bys: {bare:.1f} s", flush=True)
    first, peak, good = build(places, given)
    warehouse = places.warehouse.stat().st_size / 1e9
    print(
        f"dbt build of everything: {first:.0f} s, {postings / first:,.0f} postings/s, peak {peak:.1f} GB, "
        f"warehouse {warehouse:.1f} GB{'' if good else ', FAILED'}",
        flush=True,
    )
    write_month(places, MONTHS[-1], each, len(MONTHS) * each, given)
    write_rest(places)
    again, again_peak, again_good = build(places, given)
    print(f"one month anew: {again:.0f} s, peak {again_peak:.1f} GB{'' if again_good else ', FAILED'}")
    if not (good and again_good):
        return 1
    if given.write:
        keep(
            {
                "postings": str(postings),
                "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
                "gigabytes": f"{size:.2f}",
                "bare_seconds": f"{bare:.1f}",
                "seconds": f"{first:.1f}",
                "peak_gb": f"{peak:.1f}",
                "warehouse_gb": f"{warehouse:.1f}",
                "month_seconds": f"{again:.1f}",
                "month_peak_gb": f"{again_peak:.1f}",
            }
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
