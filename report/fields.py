"""Fields in depth: which roles and scopes a study has, and their rows in the marts.

What belongs here: finding and ordering rows, for the pages and for `jobtide show --role` alike. What does not: wording,
drawing.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from report import wording
from report.facts import UnknownRoleError
from report.marts import OPTIONAL, Marts
from report.search import folded

ALL = "all"
EVERY_INDUSTRY = "all_industries"
MARTS = tuple(mart for mart in OPTIONAL if mart.startswith(("mart_role_", "mart_applicants_")))

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Role:
    """A role with its names, the roles that contain it and its page, relative to the report folder."""

    role_id: str
    english: str
    chinese: str
    inside: tuple[str, ...]
    page: str


@dataclass(frozen=True)
class Scope:
    """All industries, or those that the study names under this id."""

    scope_id: str
    english: str
    chinese: str


@dataclass(frozen=True)
class Fields:
    """All rows of the fields in depth, mart by mart, with the roles and scopes in the study's order."""

    roles: tuple[Role, ...]
    scopes: tuple[Scope, ...]
    pairs: tuple[str, ...]
    rows: Mapping[str, Sequence[Row]]

    def of(self, mart: str, role: str, scope: str, pair: str | None = None) -> list[Row]:
        """The rows of one role and scope, in the mart's order; all pairs without `pair`."""
        found = self._by_role.get((mart, role, scope), [])
        return [row for row in found if pair is None or row["pair"] == pair]

    def newest(self, mart: str, role: str, scope: str) -> str:
        """The first pair for which the mart has rows of the role in the scope: people are not counted in every pair."""
        with_rows = {row["pair"] for row in self.of(mart, role, scope)}
        return next((pair for pair in self.pairs if pair in with_rows), self.pairs[0] if self.pairs else "")

    def beside(self, mart: str, scope: str, pair: str) -> list[Row]:
        """The rows of all roles in one scope and pair."""
        return self._by_scope.get((mart, scope, pair), [])

    @cached_property
    def _by_role(self) -> dict[tuple[str, str, str], list[Row]]:
        return self._grouped("role_id", "scope_id")

    @cached_property
    def _by_scope(self) -> dict[tuple[str, str, str], list[Row]]:
        return self._grouped("scope_id", "pair")

    def _grouped(self, one: str, two: str) -> dict[tuple[str, str, str], list[Row]]:
        """The rows by mart and two columns: a study of many roles asks for them thousands of times."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for mart, rows in self.rows.items():
            for row in rows:
                found[(mart, row[one], row[two])].append(row)
        return dict(found)


def read_fields(marts: Marts, pairs: Sequence[str]) -> Fields:
    """Read every mart of the fields in depth; `pairs` in the order in which they are shown."""
    rows = {mart: marts.rows_if_any(mart) for mart in MARTS}
    roles: dict[str, Role] = {}
    scopes: dict[str, Scope] = {}
    for row in rows["mart_role_demand"]:
        role, scope = row["role_id"], row["scope_id"]
        inside = tuple(part for part in wording.plain(row["inside"]).split(",") if part)
        roles.setdefault(
            role,
            Role(
                role,
                wording.plain(row["role_en"]),
                wording.plain(row["role_zh"]),
                inside,
                page_of(role, len(roles)),
            ),
        )
        scopes.setdefault(scope, Scope(scope, wording.plain(row["scope_en"]), wording.plain(row["scope_zh"])))
    every = sorted(scopes.values(), key=lambda scope: scope.scope_id != EVERY_INDUSTRY)
    ordered = sorted(roles.values(), key=lambda role: role.role_id == ALL)
    return Fields(tuple(ordered), tuple(every), tuple(pairs), rows)


def page_of(role_id: str, number: int) -> str:
    """A role's file; an id that is no plain name gives a numbered one, so that no id leads out of the folder."""
    plain = re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,80}", role_id)
    return f"roles/{role_id}.html" if plain else f"roles/role-{number}.html"


def find_role(fields: Fields, wanted: str) -> Role:
    """The role with this id, English or Chinese name, however it is written.

    Raises UnknownRoleError with the nearest names where there is none.
    """
    names: dict[str, Role] = {}
    for role in fields.roles:
        for name in (role.role_id, role.english, role.chinese):
            names.setdefault(_key(name), role)
    found = names.get(_key(wanted))
    if found is not None:
        return found
    if not fields.roles:
        raise UnknownRoleError(
            "the study has no roles in depth; name some under `roles` in its file and run it"
        )
    close = difflib.get_close_matches(_key(wanted), list(names), n=3, cutoff=0.45)
    close += [key for key in names if _key(wanted) and _key(wanted) in key and key not in close]
    chosen = list(dict.fromkeys(names[key].role_id for key in close)) or [
        role.role_id for role in fields.roles
    ]
    shown = [
        f"{role.role_id} ({role.english}, {role.chinese})" for role in fields.roles if role.role_id in chosen
    ]
    words = "did you mean" if close else "it has"
    raise UnknownRoleError(f"no role {wanted!r} in this study; {words} {'; '.join(shown)}")


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", folded(name)).strip()
