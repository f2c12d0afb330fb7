"""Each list stands in one place: a seed and the table that the parsers use say the same."""

from __future__ import annotations

import csv
from decimal import Decimal
from importlib import resources

import duckdb
import pytest

from ml.estimation.fields import _BAND
from orchestration.home import DBT_PROJECT
from postings.normalise import company_size, education, experience_years, people


def _seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("postings").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_the_seed_of_industries_is_the_parsers_table() -> None:
    assert [list(row.values()) for row in _seed("industries")] == [
        [row[n] for n in ("id", "name_en", "name_zh", "nace_section", "gbt4754_section")]
        for row in _table("industries.csv")
    ]


def test_the_seed_of_skills_is_the_parsers_table() -> None:
    assert [list(row.values()) for row in _seed("skills")] == [
        [row[n] for n in ("skill_id", "name_en", "name_zh", "kind")] for row in _table("skills.csv")
    ]


def test_the_bands_and_levels_are_the_parsers_own_in_their_order() -> None:
    assert tuple(row["band"] for row in _seed("company_size_bands")) == company_size.BANDS
    assert tuple(row["level"] for row in _seed("education_levels")) == education.LEVELS
    assert tuple(row["band"] for row in _seed("experience_bands")) == experience_years.BANDS


@pytest.mark.parametrize("row", _seed("company_size_bands"), ids=lambda row: row["band"])
def test_a_band_of_sizes_holds_the_employers_that_the_parser_puts_in_it(row: dict[str, str]) -> None:
    last = row["employees_to"] or "50000"
    for employees in (row["employees_from"], last):
        assert company_size.parse_company_size(f"{employees} employees").band == row["band"]


@pytest.mark.parametrize("row", _seed("experience_bands")[1:], ids=lambda row: row["band"])
def test_a_band_of_experience_holds_the_years_that_the_parser_puts_in_it(row: dict[str, str]) -> None:
    least = Decimal(row["years_from"]) or Decimal("0.5")
    assert experience_years.Experience(least, None, None, "given").band == row["band"]
    if row["years_below"]:
        assert (
            experience_years.Experience(Decimal(row["years_below"]), None, None, "given").band != row["band"]
        )


def test_the_corrected_shares_of_experience_use_the_bands_of_the_marts() -> None:
    halves = [None, *(Decimal(half) / 2 for half in range(41))]
    asked = [
        (least, most) for least in halves for most in halves if least is None or most is None or least <= most
    ]
    values = ", ".join(
        f"({'NULL' if least is None else least}::DECIMAL(4, 1), {'NULL' if most is None else most}::DECIMAL(4, 1))"
        for least, most in asked
    )
    found = duckdb.sql(f"SELECT {_BAND} FROM (VALUES {values}) AS asked (experience_min, experience_max)")  # noqa: S608
    assert [band for (band,) in found.fetchall()] == [
        experience_years.Experience(least, most, None, "parsed").band for least, most in asked
    ]


def test_the_chinese_names_are_those_of_the_parsers_tables_and_of_the_taxonomy() -> None:
    names: dict[str, dict[str, str]] = {}
    for row in _seed("names_zh"):
        names.setdefault(row["kind"], {})[row["name"]] = row["name_zh"]
    cities: dict[str, list[str]] = {}
    for row in _table("china_cities.csv"):
        cities.setdefault(row["name"], []).append(row["short"])
    beyond = {"Hong Kong": "香港", "Macau": "澳门", "Taipei": "台北"}
    assert names["city"] == {name: "/".join(chinese) for name, chinese in cities.items()} | beyond
    assert names["city"]["Suzhou"] == "苏州/宿州"
    for kind, table in (
        ("industry", "industries.csv"),
        ("major", "majors.csv"),
        ("occupation", "occupations.csv"),
    ):
        assert names[kind] == {row["name_en"]: row["name_zh"] for row in _table(table)}
    assert names["family"] == {row["family_id"]: row["family_zh"] for row in _seed("title_families")}
    assert set(names["seniority"]) == {row["seniority_band"] for row in _seed("titles")}
    assert tuple(names["age"]) == people.AGE_BANDS
    assert tuple(names["education"]) == people.EDUCATION_BANDS
