"""The marts leave the warehouse: one Parquet file each, and a description for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from orchestration.dbt import MANIFEST
from orchestration.home import StudyPlaces
from storage import write_json_atomically
from storage.atomic import temporary_beside


def export_marts(places: StudyPlaces, marts: Sequence[str]) -> list[dict[str, Any]]:
    """Write `marts/<mart>.parquet`, ordered by all columns, and `datapackage.json`; returns name and rows.

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
    write_json_atomically(places.marts / "datapackage.json", _data_package(marts))
    return written


def _data_package(marts: Sequence[str]) -> dict[str, Any]:
    """A data package description, from the one source of descriptions: dbt's YAML."""
    nodes = json.loads(MANIFEST.read_text("utf-8"))["nodes"]
    by_name = {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}
    return {
        "profile": "tabular-data-package",
        "name": "jobtide-marts",
        "resources": [
            {
                "name": mart,
                "path": f"{mart}.parquet",
                "format": "parquet",
                "description": by_name[mart]["description"].strip(),
                "schema": {
                    "fields": [
                        {
                            "name": column["name"],
                            "type": column["data_type"],
                            "description": column["description"].strip(),
                        }
                        for column in by_name[mart]["columns"].values()
                    ]
                },
            }
            for mart in marts
        ],
    }
