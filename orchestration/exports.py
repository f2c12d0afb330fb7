"""The marts leave the warehouse: one Parquet file each, and their data dictionary."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from orchestration.dbt import MANIFEST
from orchestration.dictionary import data_package, dictionary_csv, dictionary_page
from orchestration.home import StudyPlaces
from storage import write_json_atomically, write_text_atomically
from storage.atomic import temporary_beside


def export_marts(places: StudyPlaces, marts: Sequence[str]) -> list[dict[str, Any]]:
    """Write `marts/<mart>.parquet`, ordered by all columns, and the data dictionary; returns name and rows.

    Call it inside the warehouse's pool: even a read-only reader makes a `dbt build` of the same file fail.
    """
    import duckdb

    written = []
    with duckdb.connect(str(places.warehouse), read_only=True) as connection:
        for mart in marts:
            relation = connection.sql(f'select * from "{mart}" order by all')  # noqa: S608  (names of dbt models)
            with temporary_beside(places.marts / f"{mart}.parquet") as temporary:
                relation.write_parquet(str(temporary), compression="zstd")
            (rows,) = connection.execute(f'select count(*) from "{mart}"').fetchall()  # noqa: S608
            written.append({"mart": mart, "rows": rows[0]})
    nodes = json.loads(MANIFEST.read_text("utf-8"))["nodes"]
    by_name = {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}
    described = [by_name[mart] for mart in marts]
    write_json_atomically(places.marts / "datapackage.json", data_package(described))
    write_text_atomically(places.marts / "data_dictionary.csv", dictionary_csv(described))
    write_text_atomically(places.marts / "data_dictionary.html", dictionary_page(described))
    return written
