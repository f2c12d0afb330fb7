"""The titles of a study: Jobtide's own seeds, or the labels found in the sources."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ml.titles.cards import TaxonomyError, TitleCard, build_cards
from orchestration.home import DBT_PROJECT, TAXONOMY
from storage import Dataset, fingerprint

SEEDS = DBT_PROJECT / "seeds"

TITLE_COLUMNS = [
    *"title_id title_en title_zh family_id seniority_band parent_id".split(),
    *"onet_soc isco_08 definition_en definition_zh".split(),
]
FAMILY_COLUMNS = "family_id family_en family_zh".split()
ALIAS_COLUMNS = "title_id alias language".split()
NEIGHBOUR_COLUMNS = "title_id neighbour_id difference_en difference_zh".split()


@dataclass(frozen=True)
class TaxonomySeeds:
    """The rows of the four seeds as text, and the version: a hash of what they say.

    The version covers every cell of all four, not the order of rows or the bytes of the files.
    """

    titles: list[dict[str, str]]
    families: list[dict[str, str]]
    aliases: list[dict[str, str]]
    neighbours: list[dict[str, str]]
    version: str

    def cards(self) -> dict[str, TitleCard]:
        """The card of each title, by id. Raises TaxonomyError where the tables do not fit together."""
        return build_cards(self.titles, self.families, self.aliases, self.neighbours)

    def unambiguous_aliases(self) -> dict[str, str]:
        """Aliases as answers are compared, to their title: those of one title only, and no title's own name."""
        from ml.labels.answers import normalised_wording

        meant: dict[str, set[str]] = {}
        for row in self.aliases:
            meant.setdefault(normalised_wording(row["alias"]), set()).add(row["title_id"])
        for row in self.titles:
            for name in (row["title_id"], row["title_en"], row["title_zh"]):
                meant.pop(normalised_wording(name), None)
        return {alias: titles.pop() for alias, titles in meant.items() if len(titles) == 1}


def jobtide_seeds(folder: Path = SEEDS) -> TaxonomySeeds:
    """Titles, families, aliases and neighbours as `folder` holds them; cells stay text ("0110" is a code).

    Raises TaxonomyError, naming the file, where one is absent or lacks a column.
    """
    titles = _rows(folder / "titles.csv", TITLE_COLUMNS)
    families = _rows(folder / "title_families.csv", FAMILY_COLUMNS)
    aliases = _rows(folder / "title_aliases.csv", ALIAS_COLUMNS)
    neighbours = _rows(folder / "title_neighbours.csv", NEIGHBOUR_COLUMNS)
    content = [sorted(list(row.values()) for row in rows) for rows in (titles, families, aliases, neighbours)]
    return TaxonomySeeds(titles, families, aliases, neighbours, fingerprint("jobtide-taxonomy-1", content))


def _rows(path: Path, columns: list[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            lacking = [name for name in columns if name not in (reader.fieldnames or [])]
            if lacking:
                raise TaxonomyError(f"{path}: has no column {', '.join(lacking)}")
            return [{name: row[name] or "" for name in columns} for row in reader]
    except OSError as error:
        raise TaxonomyError(f"{path}: cannot be read ({error.strerror})") from error


def jobtide_taxonomy() -> pa.Table:
    """The seeds as the study's taxonomy, with the version that covers all four of them."""
    seeds = jobtide_seeds()
    rows: list[dict[str, str | None]] = [
        {
            "title_id": card.name.title_id,
            "title_en": card.name.title_en,
            "title_zh": card.name.title_zh,
            "family": card.family_en,
            "seniority_band": card.seniority_band,
        }
        for card in seeds.cards().values()
    ]
    return _table(rows, seeds.version)


def found_taxonomy(gold: Dataset) -> pa.Table:
    """The distinct labels found in the sources, each named by its own code."""
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct title_id from read_parquet($files) order by title_id", {"files": gold.files()}
        ).fetchall()
    rows: list[dict[str, str | None]] = [
        {"title_id": code, "title_en": code, "title_zh": None, "family": None, "seniority_band": None}
        for (code,) in found
    ]
    return _table(rows, fingerprint("taxonomy", rows))


def _table(rows: list[dict[str, str | None]], version: str) -> pa.Table:
    return pa.Table.from_pylist([{**row, "taxonomy_version": version} for row in rows], TAXONOMY)


def accepted_wordings(taxonomy: Dataset) -> dict[str, str]:
    """Every id and name of a title, casefolded, to its id: what a crowd answer may say.

    Where the study's taxonomy is Jobtide's, at the version of the seeds, an alias of one title is accepted too.
    A taxonomy of another version was written before the seeds changed: materialise it anew and aliases count again.
    """
    rows = taxonomy.table(["title_id", "title_en", "title_zh", "taxonomy_version"]).to_pylist()
    seeds = jobtide_seeds()
    aliased = bool(rows) and rows[0]["taxonomy_version"] == seeds.version
    wordings = seeds.unambiguous_aliases() if aliased else {}
    for row in rows:
        for wording in (row["title_id"], row["title_en"], row["title_zh"]):
            if wording:
                wordings[" ".join(wording.casefold().split())] = row["title_id"]
    return wordings
