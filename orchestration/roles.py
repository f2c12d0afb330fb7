"""Roles and scopes of a study: which titles a field in depth is about, and in which industries.

What belongs here: their form in a study file, the checks, and the flat lists that dbt gets. What does not: counting.

A role is a set of titles: some named ones, whole families, or other roles, which then lie inside it (an AI engineer
contains an algorithm engineer). A scope is a set of industries. Every table of a field in depth is made for each role
in each scope; the role `all` (every posting) and the scope `all_industries` are always there.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from orchestration.home import DBT_PROJECT
from postings.normalise.industries import industries

ALL_ROLES, ALL_INDUSTRIES = "all", "all_industries"
_ID = re.compile(r"^[a-z][a-z0-9_]{0,59}$")


class _Named(BaseModel):
    """What roles and scopes have in common: an id that every table shows, and a name in two languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name_en: str = ""
    name_zh: str = ""

    @field_validator("id")
    @classmethod
    def _is_id(cls, value: str) -> str:
        if not _ID.match(value):
            raise ValueError(f"{value!r}: use small letters, digits and _, beginning with a letter")
        if value in (ALL_ROLES, ALL_INDUSTRIES):
            raise ValueError(f"{value!r} is always there; leave it out or use another id")
        return value

    @property
    def names(self) -> tuple[str, str]:
        """English and Chinese; the id, with spaces, where the study gives no English one."""
        english = self.name_en or self.id.replace("_", " ")
        return english, self.name_zh or english


class Role(_Named):
    """A set of titles: those named, those of whole families, and those of other roles, which it contains."""

    titles: list[str] = []
    families: list[str] = []
    roles: list[str] = Field([], description="ids of the roles inside this one")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.titles or self.families or self.roles):
            raise ValueError(f"the role {self.id!r} is empty; give it `titles`, `families` or `roles`")
        return self


class Scope(_Named):
    """A set of industries, by their ids in the seed `industries`."""

    industries: list[str] = Field(min_length=1)


@cache
def standard_families() -> dict[str, tuple[str, ...]]:
    """Family -> its titles, of Jobtide's own taxonomy."""
    families: dict[str, list[str]] = {}
    with (DBT_PROJECT / "seeds" / "titles.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            families.setdefault(row["family_id"], []).append(row["title_id"])
    return {family: tuple(titles) for family, titles in families.items()}


def check_roles(roles: Sequence[Role], scopes: Sequence[Scope], *, standard_titles: bool) -> None:
    """Raise ValueError, with the way to mend it, where roles or scopes cannot be used.

    `standard_titles`: the study uses Jobtide's titles, so that their names can be checked before any work; the titles
    of another taxonomy are found in the data, where a test of the dbt project checks them.
    """
    for what, ids in (("roles", [role.id for role in roles]), ("scopes", [scope.id for scope in scopes])):
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"{what}: the id {twice[0]} stands twice; rename one")
    by_id = {role.id: role for role in roles}
    for role in roles:
        for name in role.roles:
            _known("roles", role.id, "role", name, by_id)
        if standard_titles:
            families = standard_families()
            for name in role.families:
                _known("roles", role.id, "family", name, families)
            titles = [title for inside in families.values() for title in inside]
            for name in role.titles:
                _known("roles", role.id, "title", name, titles)
        elif role.families:
            raise ValueError(
                f"roles: {role.id}: titles found in the sources have no families; list its `titles` instead"
            )
        _inside(role.id, by_id, ())
    for scope in scopes:
        for name in scope.industries:
            _known("scopes", scope.id, "industry", name, industries())


def _known(where: str, owner: str, kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see the seeds of the dbt project"
        if kind == "role":
            hint = f"the roles of the study are {', '.join(sorted(known)) or 'none'}"
        raise ValueError(f"{where}: {owner}: there is no {kind} {name!r}; {hint}")


def _inside(name: str, roles: Mapping[str, Role], above: tuple[str, ...]) -> set[str]:
    """A role and all roles inside it. Raises ValueError where it would contain itself."""
    if name in above:
        circle = " > ".join((*above[above.index(name) :], name))
        raise ValueError(f"roles: {circle}: a role cannot contain itself; take one of the links out")
    return {name}.union(*(_inside(child, roles, (*above, name)) for child in roles[name].roles))


def role_vars(roles: Sequence[Role]) -> list[dict[str, Any]]:
    """The roles as dbt gets them: each with all of its titles, those of the roles inside it too."""
    by_id = {role.id: role for role in roles}
    flat = []
    for role in roles:
        titles: set[str] = set()
        for name in _inside(role.id, by_id, ()):
            titles.update(by_id[name].titles)
            for family in by_id[name].families:
                titles.update(standard_families()[family])
        english, chinese = role.names
        parents = sorted(other.id for other in roles if role.id in other.roles)
        flat.append(
            {
                "role_id": role.id,
                "role_en": english,
                "role_zh": chinese,
                "inside": parents,
                "titles": sorted(titles),
            }
        )
    return flat


def scope_vars(scopes: Sequence[Scope]) -> list[dict[str, Any]]:
    """The scopes as dbt gets them."""
    return [
        {
            "scope_id": scope.id,
            "scope_en": scope.names[0],
            "scope_zh": scope.names[1],
            "industries": sorted(set(scope.industries)),
        }
        for scope in scopes
    ]
