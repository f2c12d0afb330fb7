"""An attacker with a solver: what the published tables of people give away together.

Written apart from `ml.people` and `ml.disclosure`, from what a reader of the tables knows: counts are no negative whole
numbers, the parts of a table add up to its total, and who is in a part is in the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

ATTRIBUTES = ("city", "age", "education", "major", "previous_industry", "previous_occupation")
PEOPLE = ("base_applicants", "current_applicants")
KINDS = (*PEOPLE, "submissions", "answered_postings")

Key = tuple[str, str, str, str, str]
"""Table (one of KINDS, or an attribute), pair, scope, role, and value (empty for a total)."""

Rows = Callable[[str], list[tuple]]
"""Runs a query over the marts."""

FAR = 1e9
SAMPLES = 60


@dataclass
class Attack:
    """Everything that is published, None where it is withheld, and all that relates the counts to each other."""

    counts: dict[Key, int | None]
    equal: list[dict[Key, float]] = field(default_factory=list)
    at_most: list[dict[Key, float]] = field(default_factory=list)

    def below(self, part: Key, whole: Key) -> None:
        """The attacker knows that `part` is at most `whole`; a count that no table has is none of their business."""
        if part != whole and part in self.counts and whole in self.counts:
            self.at_most.append({part: 1.0, whole: -1.0})

    def narrow(self, least: int = 10) -> list[tuple[Key, float, float]]:
        """The withheld counts whose bounds are closer than `least`, with the bounds.

        Every vertex that the solver visits is a world that fits the tables, so that a few of them with random aims
        already show most counts to be free; only the others are bounded one by one.
        """
        keys = list(self.counts)
        place = {key: number for number, key in enumerate(keys)}
        known = [self.counts[key] for key in keys]
        bounds = [(0, FAR) if count is None else (count, count) for count in known]
        given = {
            **_matrix("eq", self.equal, place),
            **_matrix("ub", self.at_most, place),
            "bounds": bounds,
            "method": "highs",
        }
        hidden = np.array([number for number, count in enumerate(known) if count is None], dtype=int)
        lowest, highest = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)

        def visit(aim: np.ndarray) -> None:
            found = linprog(aim, **given)
            assert found.status == 0, found.message
            np.minimum(lowest, found.x, out=lowest)
            np.maximum(highest, found.x, out=highest)

        rng = np.random.default_rng(1)
        for _ in range(SAMPLES if len(hidden) else 0):
            aim = np.zeros(len(keys))
            aim[hidden] = rng.normal(size=len(hidden)) * (rng.random(len(hidden)) < 0.3)
            visit(aim)
        for number in hidden[highest[hidden] - lowest[hidden] < least - 1e-6]:
            for sign in (1.0, -1.0):
                aim = np.zeros(len(keys))
                aim[number] = sign
                visit(aim)
        return [
            (keys[number], float(lowest[number]), float(highest[number]))
            for number in hidden
            if highest[number] - lowest[number] < least - 1e-6
        ]


def published_people(
    rows: Rows,
    titles: Mapping[str, frozenset[str]],
    industries: Mapping[str, frozenset[str] | None],
    windows: Mapping[str, Mapping[str, frozenset[str]]],
) -> Attack:
    """What all marts of people say. titles: of each role. industries: of each scope, None for all.

    windows: by pair, the months of `base` and `current`.
    """
    counts: dict[Key, int | None] = {}
    for pair, scope, role, *both in rows(
        "select pair, scope_id, role_id, base_applicants, current_applicants from mart_role_supply"
    ):
        counts |= {(kind, pair, scope, role, ""): n for kind, n in zip(PEOPLE, both, strict=True)}
    for pair, scope, role, *both in rows(
        "select pair, scope_id, role_id, submissions, answered_postings from mart_role_competition"
    ):
        counts |= {(kind, pair, scope, role, ""): n for kind, n in zip(KINDS[2:], both, strict=True)}
    attack = Attack(counts)
    for attribute in ATTRIBUTES:
        for pair, scope, role, value, people in rows(
            f"select pair, scope_id, role_id, {attribute}, applicants from mart_applicants_{attribute}"  # noqa: S608
        ):
            counts[attribute, pair, scope, role, value] = people
    _tables_add_up(attack)
    _parts_are_in_wholes(attack, titles, industries, windows)
    return attack


def _tables_add_up(attack: Attack) -> None:
    parts: dict[Key, list[Key]] = {}
    for key in attack.counts:
        if key[0] in ATTRIBUTES:
            parts.setdefault((*key[:4], ""), []).append(key)
    for (_, pair, scope, role, _), members in parts.items():
        total = ("current_applicants", pair, scope, role, "")
        attack.equal.append({**dict.fromkeys(members, 1.0), total: -1.0})


def _parts_are_in_wholes(
    attack: Attack,
    titles: Mapping[str, frozenset[str]],
    industries: Mapping[str, frozenset[str] | None],
    windows: Mapping[str, Mapping[str, frozenset[str]]],
) -> None:
    for key in list(attack.counts):
        table, pair, scope, role, value = key
        for other in titles:
            if titles[role] <= titles[other]:
                attack.below(key, (table, pair, scope, other, value))
        for other in industries:
            mine, theirs = industries[scope], industries[other]
            if theirs is None or (mine is not None and mine <= theirs):
                attack.below(key, (table, pair, other, role, value))
        if table in PEOPLE:
            side = table.removesuffix("_applicants")
            for longer in windows:
                if windows[pair][side] <= windows[longer][side]:
                    attack.below(key, (table, longer, scope, role, value))
        of_same = {kind: (kind, pair, scope, role, "") for kind in KINDS}
        attack.below(of_same["answered_postings"], of_same["submissions"])


def _matrix(
    name: str, relations: Iterable[Mapping[Key, float]], place: Mapping[Key, int]
) -> dict[str, object]:
    relations = list(relations)
    if not relations:
        return {}
    entries = [
        (row, place[key], weight)
        for row, relation in enumerate(relations)
        for key, weight in relation.items()
    ]
    rows, columns, weights = (np.array(part) for part in zip(*entries, strict=True))
    matrix = sp.csr_array((weights, (rows, columns)), shape=(len(relations), len(place)))
    return {f"A_{name}": matrix, f"b_{name}": np.zeros(len(relations))}
