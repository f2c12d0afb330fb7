"""The titles of a study: Jobtide's own seeds, or the labels found in the sources."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv as csv

from orchestration.home import DBT_PROJECT, TAXONOMY
from storage import Dataset, fingerprint

SEEDS = DBT_PROJECT / "seeds"


def jobtide_taxonomy() -> pa.Table:
    """The seeds `titles.csv` and `title_families.csv` as the study's taxonomy, with its version."""
    as_text = csv.ConvertOptions(strings_can_be_null=False)
    titles = csv.read_csv(SEEDS / "titles.csv", convert_options=as_text).to_pylist()
    families = {
        row["family_id"]: row["family_en"] for row in csv.read_csv(SEEDS / "title_families.csv").to_pylist()
    }
    rows = [
        {
            "title_id": row["title_id"],
            "title_en": row["title_en"],
            "title_zh": row["title_zh"],
            "family": families[row["family_id"]],
            "seniority_band": row["seniority_band"],
        }
        for row in titles
    ]
    return _versioned(rows)


def found_taxonomy(gold: Dataset) -> pa.Table:
    """The distinct labels found in the sources, each named by its own code."""
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct title_id from read_parquet($files) order by title_id", {"files": gold.files()}
        ).fetchall()
    rows = [
        {"title_id": code, "title_en": code, "title_zh": None, "family": None, "seniority_band": None}
        for (code,) in found
    ]
    return _versioned(rows)


def _versioned(rows: list[dict[str, str | None]]) -> pa.Table:
    version = fingerprint("taxonomy", rows)
    return pa.Table.from_pylist([{**row, "taxonomy_version": version} for row in rows], TAXONOMY)


def accepted_wordings(taxonomy: Dataset) -> dict[str, str]:
    """Every id and name of a title, casefolded, to its id: what a crowd answer may say."""
    wordings: dict[str, str] = {}
    for row in taxonomy.table(["title_id", "title_en", "title_zh"]).to_pylist():
        for wording in (row["title_id"], row["title_en"], row["title_zh"]):
            if wording:
                wordings[" ".join(wording.casefold().split())] = row["title_id"]
    return wordings
