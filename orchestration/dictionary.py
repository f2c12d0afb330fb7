"""The data dictionary of the marts, from the one source of descriptions: dbt's YAML.

What belongs here: its three forms, for programs (a Data Package), spreadsheets (CSV) and readers (HTML). What does not:
the descriptions, and when it is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

PROFILE, NAME = "tabular-data-package", "jobtide-marts"
COLUMNS = ("mart", "column", "type", "description")

Node = Mapping[str, Any]
"""A model of dbt's manifest."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
ul a, td:last-child { overflow-wrap: anywhere; }
table { display: block; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .5rem; text-align: left; vertical-align: top; }
h2 { margin-top: 2.5rem; }
ul { columns: 16rem; list-style: none; padding: 0; }
"""


def data_package(marts: Sequence[Node]) -> dict[str, Any]:
    """The dictionary as a Data Package: one resource a mart, one field a column."""
    resources = [
        {
            "name": mart["name"],
            "path": f"{mart['name']}.parquet",
            "format": "parquet",
            "description": mart["description"].strip(),
            "schema": {
                "fields": [
                    {"name": name, "type": kind, "description": words} for name, kind, words in _columns(mart)
                ]
            },
        }
        for mart in marts
    ]
    return {"profile": PROFILE, "name": NAME, "resources": resources}


def dictionary_csv(marts: Sequence[Node]) -> str:
    """The dictionary as CSV: one row a column, in the order of the marts and of their columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((mart["name"], *column) for mart in marts for column in _columns(mart))
    return text.getvalue()


def dictionary_page(marts: Sequence[Node]) -> str:
    """The dictionary as one page that opens from disk: what a row of each mart is, and its columns."""
    names = "".join(
        f'<li><a href="#{escape(mart["name"])}">{escape(mart["name"])}</a></li>' for mart in marts
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Data dictionary</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Data dictionary</h1>\n<p>{len(marts)} tables, each a Parquet file beside this page.</p>\n"
        f"<ul>{names}</ul>\n" + "\n".join(map(_section, marts)) + "\n</body></html>\n"
    )


def _section(mart: Node) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td><td>{escape(words)}</td></tr>"
        for name, kind, words in _columns(mart)
    )
    name = escape(mart["name"])
    return (
        f'<h2 id="{name}">{name}</h2>\n<p>{escape(mart["description"].strip())}</p>\n'
        f"<table><thead><tr><th>column</th><th>type</th><th>meaning</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _columns(mart: Node) -> list[tuple[str, str, str]]:
    return [
        (column["name"], column["data_type"], " ".join(column["description"].split()))
        for column in mart["columns"].values()
    ]
