"""The studies of real files that come with Jobtide: each file goes in by its study, and no record is lost."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bench.postings_conservation import COLUMNS, TABLE, account, kept, missing_files, real_studies
from orchestration.home import CURRENCY_RATES, StudyPlaces
from orchestration.study import UNKNOWN_MONTH, Study, resolve_path
from orchestration.study_sources import source_specs
from postings.conservation import conservation
from postings.ingest import PostingsDatasets, build_postings, ingest_raw
from postings.normalise.conversion import read_rates

ROWS = 200
"""Records of each file that the fast test reads."""

MONTHS = 24
"""Months at the end of each study that it builds: a month costs some writing, empty or not."""

VARIABLE = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?::-(?P<default>[^}]*))?\}")
STUDIES = {study.name: study for study in real_studies()}


def test_there_is_a_study_for_each_set_of_real_postings() -> None:
    assert {"afriworket", "ats", "ats_snapshots", "china_postings", "nhs", "usajobs"} <= set(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_no_study_names_a_place_of_one_machine(name: str) -> None:
    for source in STUDIES[name].sources:
        variable = VARIABLE.match(source.path)
        assert variable is not None, "a user says by an environment variable where the files are"
        assert (variable["default"] or "").startswith("../../shared/data/")


@pytest.fixture(params=STUDIES)
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study whose variables lead to the beginnings of its files."""
    study = STUDIES[request.param]
    if why := missing_files(study, tmp_path):
        pytest.skip(f"{why}: real data stand beside the project, not in it")
    for number, source in enumerate(study.sources):
        variable = VARIABLE.match(source.path)
        assert variable is not None
        whole = Path(resolve_path(variable[0], study, tmp_path))
        if whole.exists():
            part = tmp_path / f"part{number}" / whole.name
            beginning(whole, part)
            monkeypatch.setenv(variable["name"], str(part))
    return study


def beginning(whole: Path, part: Path) -> None:
    """The first records of a file, or of each file of a folder."""
    if whole.is_dir():
        for path in whole.iterdir():
            beginning(path, part / path.name)
        return
    part.parent.mkdir(parents=True, exist_ok=True)
    if whole.suffix == ".parquet":
        pq.write_table(pq.read_table(whole).slice(0, ROWS), part)
    elif whole.suffix == ".gz":
        with gzip.open(whole, "rb") as lines, gzip.open(part, "wb") as out:
            out.writelines(line for line, _ in zip(lines, range(ROWS), strict=False))
    else:
        shutil.copyfile(whole, part)


def test_the_beginning_of_each_file_goes_in_and_no_record_is_lost(small: Study, tmp_path: Path) -> None:
    places = StudyPlaces(tmp_path / small.name)
    report = ingest_raw(source_specs(small, tmp_path), places.raw, places.unreadable, places.quarantine_raw)
    assert report.unreadable == []
    assert report.records > 0
    months = small.months.keys()[-MONTHS:]
    out = PostingsDatasets(places.postings, places.quarantine, places.reobservations, places.gold)
    build_postings(
        places.raw,
        out,
        months=months,
        wanted=[*months, UNKNOWN_MONTH],
        quarantine_raw=places.quarantine_raw,
        date_order=small.date_order,
        rates=read_rates(CURRENCY_RATES),
    )
    parts = (places.raw, places.postings, places.reobservations, places.quarantine, places.quarantine_raw)
    rows = conservation(*parts).to_pylist()
    assert {row["balance"] for row in rows} == {0}
    assert sum(row["raw_records"] for row in rows) == report.records + report.set_aside
    assert places.postings.rows() > report.records / 2


def test_the_table_of_the_last_whole_run_balances() -> None:
    rows = kept()
    assert TABLE.exists()
    assert {row["study"] for row in rows} == set(STUDIES)
    for row in rows:
        assert set(row) == set(COLUMNS)
        parts = sum(int(row[name]) for name in ("postings", "seen_again", "set_aside"))
        assert (int(row["records"]), row["unaccounted_for"]) == (parts, "0"), row


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_each_whole_file_goes_through_the_job_of_its_study_and_no_record_is_lost(
    name: str, tmp_path: Path, manifest: Path
) -> None:
    if why := missing_files(STUDIES[name], tmp_path):
        pytest.skip(f"{why}: real data stand beside the project, not in it")
    for row in account(STUDIES[name], tmp_path):
        parts = sum(int(row[column]) for column in ("postings", "seen_again", "set_aside"))
        assert (int(row["records"]), row["unaccounted_for"]) == (parts, "0")
