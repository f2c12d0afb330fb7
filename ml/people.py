"""The tables of people of one study, as the problem that `ml.disclosure` solves.

What belongs here: which counts stand in relation to which, table by table. What does not: how they are counted (the
dbt project), and the choice of those to hide (`ml.disclosure`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ml.disclosure import LEAST, DisclosureError, Relation, withheld
from ml.nesting import nested

NOT_STATED = "not stated"
TOTALS = ("base_applicants", "current_applicants", "submissions", "answered_postings")
"""Counts of int_role_people. answered_postings are no people, but each has an applicant at least: few tell of few."""

Row = Mapping[str, Any]
Withheld = tuple[str, str, str, str, str]
"""Table (a name of TOTALS, or an attribute), pair, scope, role, value (empty for a total)."""


def withheld_counts(
    totals: Sequence[Row],
    cells: Sequence[Row],
    role_titles: Iterable[Row],
    scopes: Iterable[Row],
    *,
    least: int = LEAST,
) -> list[Withheld]:
    """The counts to leave out of all tables, in order.

    totals: rows of int_role_people. cells: rows of int_applicant_cells, whose parts add up to the current applicants of
    their pair; every role and scope has a row for every value, 0 where it has nobody: that a value is absent would be
    known otherwise, and people told apart by it. Totals are settled first; the tables of attributes then take those
    that are shown as fixed.
    """
    roles: dict[str, set[str]] = {}
    for row in role_titles:
        roles.setdefault(row["role_id"], set()).add(row["title_id"])
    sets = {role: frozenset(titles) for role, titles in roles.items()}
    industries = {
        row["scope_id"]: None if row["industries"] is None else frozenset(row["industries"]) for row in scopes
    }
    found = set(_totals(totals, sets, industries, least))
    hidden_people = {row[1:4] for row in found if row[0] == "current_applicants"}
    for attribute in sorted({row["attribute"] for row in cells}):
        own = [row for row in cells if row["attribute"] == attribute]
        found.update(_attribute(attribute, own, totals, hidden_people, sets, industries, least))
    return sorted(found)


def _totals(
    totals: Sequence[Row],
    roles: Mapping[str, frozenset[str]],
    scopes: Mapping[str, frozenset[str] | None],
    least: int,
) -> Iterator[Withheld]:
    """Each kind of total by itself, pair by pair: roles and scopes contain one another."""
    for kind in TOTALS:
        for pair in sorted({row["pair"] for row in totals}):
            own = [row for row in totals if row["pair"] == pair and row[kind] > 0]
            place = {(row["scope_id"], row["role_id"]): number for number, row in enumerate(own)}
            relations = list(
                nested(roles, scopes, lambda s, r, p=place: p.get((s, r)), additive=kind not in TOTALS[:2])  # type: ignore[misc]
            )
            hidden = withheld([row[kind] for row in own], relations, least=least)
            for row, is_hidden in zip(own, hidden, strict=True):
                if is_hidden:
                    yield kind, pair, row["scope_id"], row["role_id"], ""


def _attribute(
    attribute: str,
    cells: Sequence[Row],
    totals: Sequence[Row],
    hidden_people: set[tuple[str, str, str]],
    roles: Mapping[str, frozenset[str]],
    scopes: Mapping[str, frozenset[str] | None],
    least: int,
) -> Iterator[Withheld]:
    """The parts of one attribute, with the totals that they add up to."""
    (pair,) = {row["pair"] for row in cells}
    people = {
        (row["scope_id"], row["role_id"]): int(row["current_applicants"])
        for row in totals
        if row["pair"] == pair and row["current_applicants"] > 0
    }
    places = list(people)
    counts = [people[key] for key in places] + [int(row["applicants"]) for row in cells]
    position = {(*key, None): number for number, key in enumerate(places)}
    position |= {
        (row["scope_id"], row["role_id"], row["value"]): len(places) + number
        for number, row in enumerate(cells)
    }
    parts: dict[tuple[str, str], list[int]] = {}
    for (scope, role, value), number in position.items():
        if value is not None:
            parts.setdefault((scope, role), []).append(number)
    relations = [Relation(tuple(inside), (position[(*key, None)],)) for key, inside in parts.items()]
    for value in [None, *sorted({row["value"] for row in cells})]:
        relations += nested(roles, scopes, lambda s, r, v=value: position.get((s, r, v)))  # type: ignore[misc]
    shown = [number for number, key in enumerate(places) if (pair, *key) not in hidden_people]
    last = [len(places) + number for number, row in enumerate(cells) if row["value"] == NOT_STATED]
    try:
        hidden = withheld(counts, relations, shown=shown, last=last, least=least)
    except DisclosureError:
        # With every part hidden, the empty ones too, all people could have any one value: nothing but the totals is
        # known, and those that are shown are no small ones.
        hidden = np.ones(len(counts), dtype=bool)
    for row, is_hidden in zip(cells, hidden[len(places) :], strict=True):
        if is_hidden:
            yield attribute, pair, row["scope_id"], row["role_id"], row["value"]
