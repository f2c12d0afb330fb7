"""Counts of people: what is hidden cannot be worked out from what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ml.disclosure import DisclosureError, Relation, withheld
from ml.nesting import nested

ROLES = {
    "all": frozenset("abcdefgh"),
    "engineer": frozenset("abc"),
    "algorithm": frozenset("a"),
    "rest": frozenset("bc"),
    "annotator": frozenset("d"),
}
SCOPES = {"all_industries": None, "ai": frozenset({"ai"})}


def _attacked(counts: list[int], relations: list[Relation], hidden: np.ndarray) -> list[float]:
    """The width of the interval that a linear program leaves to each hidden count: written apart from the code."""
    n = len(counts)
    fixed = [(0, None) if hidden[i] else (counts[i], counts[i]) for i in range(n)]
    rows = {True: [], False: []}
    for relation in relations:
        row = np.zeros(n)
        for i in relation.parts:
            row[i] += 1
        for i in relation.whole:
            row[i] -= 1
        rows[relation.equal].append(row)
    given = {
        "A_eq": np.array(rows[True]) if rows[True] else None,
        "b_eq": np.zeros(len(rows[True])) if rows[True] else None,
        "A_ub": np.array(rows[False]) if rows[False] else None,
        "b_ub": np.zeros(len(rows[False])) if rows[False] else None,
    }
    widths = []
    for i in np.flatnonzero(hidden):
        aim = np.zeros(n)
        aim[i] = 1
        low = linprog(aim, bounds=fixed, **given)
        high = linprog(-aim, bounds=fixed, **given)
        assert low.status == 0
        widths.append(np.inf if high.status == 3 else -high.fun - low.fun)
    return widths


def _market(seed: int, people: int, values: int) -> tuple[list[int], list[Relation], int]:
    """Counts by scope, role and value, totals first, as the tables of one attribute have them."""
    rng = np.random.default_rng(seed)
    value = rng.choice(values, people, p=rng.dirichlet(np.full(values, 0.4)))
    titles = [
        {"abcdefgh"[t] for t in rng.choice(8, rng.integers(1, 4), replace=False)} for _ in range(people)
    ]
    in_ai = rng.random(people) < 0.2
    cells: dict[tuple[str, str, int | None], int] = {}
    for scope, role in ((scope, role) for scope in SCOPES for role in ROLES):
        who = [
            bool(titles[i] & ROLES[role]) and (scope == "all_industries" or bool(in_ai[i]))
            for i in range(people)
        ]
        if any(who):
            cells[scope, role, None] = sum(who)
            for v in set(value[who].tolist()):
                cells[scope, role, v] = int((value[who] == v).sum())
    keys = sorted(cells, key=lambda key: (key[2] is not None, key[0], key[1], key[2] or 0))
    place = {key: number for number, key in enumerate(keys)}
    relations = []
    for key in keys:
        if key[2] is None:
            parts = tuple(place[k] for k in keys if k[:2] == key[:2] and k[2] is not None)
            relations.append(Relation(parts, (place[key],)))
    for v in (None, *range(values)):
        relations += nested(ROLES, SCOPES, lambda scope, role, v=v: place.get((scope, role, v)))
    return [cells[key] for key in keys], relations, sum(key[2] is None for key in keys)


@pytest.mark.parametrize("people", [60, 300, 3000])
def test_a_linear_program_over_all_tables_leaves_every_hidden_count_a_width_of_ten(people: int) -> None:
    for seed in range(3):
        counts, relations, _ = _market(seed, people, 9)
        hidden = withheld(counts, relations)
        assert all(hidden[i] for i, count in enumerate(counts) if 0 < count < 10)
        assert min(_attacked(counts, relations, hidden), default=10) >= 10 - 1e-6


def test_hiding_the_small_counts_alone_would_not_do() -> None:
    counts, relations, _ = _market(1, 300, 9)
    alone = np.array([0 < count < 10 for count in counts])
    assert min(_attacked(counts, relations, alone)) < 10


def test_most_of_a_large_market_is_still_shown() -> None:
    counts, relations, _ = _market(2, 3000, 9)
    hidden = withheld(counts, relations)
    assert sum(c for c, h in zip(counts, hidden, strict=True) if h) < 0.1 * sum(counts)


def test_a_lone_small_count_takes_its_smallest_neighbour_with_it() -> None:
    counts = [100, 3, 40, 20, 37]
    hidden = withheld(counts, [Relation((1, 2, 3, 4), (0,))], shown=[0])
    assert hidden.tolist() == [False, True, False, True, False]


def test_those_who_do_not_state_it_are_hidden_last() -> None:
    counts = [100, 3, 40, 20, 37]
    hidden = withheld(counts, [Relation((1, 2, 3, 4), (0,))], shown=[0], last=[3])
    assert hidden.tolist() == [False, True, False, False, True]


def test_a_zero_is_shown_and_a_table_without_small_counts_hides_nothing() -> None:
    assert not withheld([30, 0, 30], [Relation((1, 2), (0,))]).any()


def test_a_count_that_nothing_can_hide_is_an_error_and_not_a_disclosure() -> None:
    with pytest.raises(DisclosureError, match="3 people"):
        withheld([103, 3, 100], [Relation((1, 2), (0,))], shown=[0, 2])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_any_table_with_its_total_is_safe(parts: list[int]) -> None:
    counts = [sum(parts), *parts]
    relations = [Relation(tuple(range(1, len(counts))), (0,))]
    try:
        hidden = withheld(counts, relations)
    except DisclosureError:
        assert sum(count > 0 for count in parts) == 1 or sum(parts) < 10
        return
    assert min(_attacked(counts, relations, hidden), default=10) >= 10 - 1e-6
