"""Which counts of people may be shown: small ones are withheld, and as many others as it takes to hide them.

What belongs here: the choice of cells (primary and secondary suppression) and the bounds that a reader of the tables
could work out. What does not: how people are counted, and where the tables stand.

A table of people shows its total and its parts, roles contain roles, scopes contain scopes; so a count that is left
out may follow from those that are shown. `withheld` takes these relations and hides further counts until a linear
program over all that is shown bounds no hidden count within a width under `least`: the sliding protection of cell
suppression (Fischetti and Salazar 2001, Management Science 47:1008). The choice is greedy, smallest counts first, and
hides more than the optimum would. A zero says nothing of anybody, and is hidden only where that hides others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

LEAST = 10
_TOLERANCE = 1e-6

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Relation:
    """What every reader knows of some counts, by their positions: the sum of `parts` equals `whole`, or is at most it.

    With several wholes their sum is meant.
    """

    parts: tuple[int, ...]
    whole: tuple[int, ...]
    equal: bool = True


class DisclosureError(ValueError):
    """No choice of cells hides what must be hidden."""


def withheld(
    counts: Sequence[int] | Floats,
    relations: Sequence[Relation],
    *,
    shown: Collection[int] = (),
    last: Collection[int] = (),
    least: int = LEAST,
) -> Booleans:
    """Which counts to leave out, one boolean a count.

    shown: counts that are published elsewhere and cannot be hidden here, unless they are small themselves.
    last: counts to hide only where little else helps, such as the people who do not state the attribute.
    Raises DisclosureError where a small count cannot be hidden.
    """
    values = np.asarray(counts, dtype=float)
    hidden = (values > 0) & (values < least)
    fixed, late = set(shown), set(last)
    _hide_in_sums(values, relations, hidden, fixed, late, least)
    checked: set[frozenset[int]] = set()
    while True:
        narrow = _narrow(values, relations, hidden, least, checked)
        if not len(narrow):
            return hidden
        for cell in narrow:
            _hide_one_more(int(cell), values, relations, hidden, fixed, late)
        _hide_in_sums(values, relations, hidden, fixed, late, least)


def bounds(
    counts: Sequence[int] | Floats, relations: Sequence[Relation], hidden: Booleans, cells: Sequence[int]
) -> Floats:
    """(len(cells), 2): the least and the largest value that each hidden cell can have, given all that is shown."""
    values = np.asarray(counts, dtype=float)
    place = {int(cell): number for number, cell in enumerate(np.flatnonzero(hidden))}
    system = _system(values, relations, place)
    found = [[_end(place[int(cell)], sign, len(place), system) for sign in (1, -1)] for cell in cells]
    return np.array(
        [[ends[0][place[int(c)]], ends[1][place[int(c)]]] for c, ends in zip(cells, found, strict=True)]
    )


_Rows = tuple[csr_array, Floats]
_System = tuple[_Rows | None, _Rows | None]


def _system(values: Floats, relations: Sequence[Relation], place: dict[int, int]) -> _System:
    """The relations among hidden cells, what is shown moved to the right: A x = b, and A x <= b."""
    rows: dict[bool, list[tuple[dict[int, float], float]]] = {True: [], False: []}
    for relation in relations:
        weights: dict[int, float] = {}
        right = 0.0
        for cells, sign in ((relation.parts, 1.0), (relation.whole, -1.0)):
            for cell in cells:
                if cell in place:
                    weights[place[cell]] = weights.get(place[cell], 0.0) + sign
                else:
                    right -= sign * values[cell]
        if weights:
            rows[relation.equal].append((weights, right))

    def matrix(found: list[tuple[dict[int, float], float]]) -> _Rows | None:
        if not found:
            return None
        entries = [(r, c, w) for r, (weights, _) in enumerate(found) for c, w in weights.items()]
        row, column, weight = (np.array(part) for part in zip(*entries, strict=True))
        shape = (len(found), len(place))
        return csr_array(coo_array((weight, (row, column)), shape=shape)), np.array([b for _, b in found])

    return matrix(rows[True]), matrix(rows[False])


def _end(column: int, sign: int, variables: int, system: _System) -> Floats:
    """(variables,): counts that agree with all that is shown, that of `column` the smallest (1) or largest (-1)."""
    equal, at_most = system
    objective = np.zeros(variables)
    objective[column] = sign
    solved = linprog(
        objective,
        A_ub=at_most[0] if at_most else None,
        b_ub=at_most[1] if at_most else None,
        A_eq=equal[0] if equal else None,
        b_eq=equal[1] if equal else None,
        bounds=(0, None),
        method="highs",
    )
    if solved.status == 3:
        return np.full(variables, np.inf * -sign)
    if solved.status != 0:
        raise DisclosureError(f"the counts contradict their relations: {solved.message}")
    return np.asarray(solved.x)


def _narrow(
    values: Floats,
    relations: Sequence[Relation],
    hidden: Booleans,
    least: int,
    checked: set[frozenset[int]],
) -> npt.NDArray[np.int64]:
    """The hidden cells that a reader could bound within a width under `least`, part by part of the system.

    `checked`: the parts that were found safe before, so that only what changed is solved again.
    """
    cells = np.flatnonzero(hidden)
    place = {int(cell): number for number, cell in enumerate(cells)}
    links = [
        (inside[0], other)
        for relation in relations
        if (inside := [place[cell] for cell in (*relation.parts, *relation.whole) if cell in place])
        for other in inside
    ]
    if not links:
        return np.zeros(0, dtype=np.int64)
    row, column = (np.array(part) for part in zip(*links, strict=True))
    graph = coo_array((np.ones(len(links)), (row, column)), shape=(len(cells), len(cells)))
    _, part = connected_components(graph, directed=False)
    of_cell = dict(zip(cells.tolist(), part.tolist(), strict=True))
    by_part: dict[int, list[Relation]] = {}
    for relation in relations:
        for cell in (*relation.parts, *relation.whole):
            if cell in of_cell:
                by_part.setdefault(of_cell[cell], []).append(relation)
                break
    found: list[int] = []
    for number, own in sorted(by_part.items()):
        inside = [int(cell) for cell in cells[part == number]]
        # What is hidden inside a part decides its system: everything around it is shown.
        if frozenset(inside) in checked:
            continue
        tight = _tight(values, own, inside, least)
        if not tight:
            checked.add(frozenset(inside))
        found += tight
    return np.array(found, dtype=np.int64)


def _tight(values: Floats, relations: Sequence[Relation], inside: list[int], least: int) -> list[int]:
    """Those of `inside`, all the hidden cells of one part of the system, whose bounds lie too close together."""
    place = {cell: number for number, cell in enumerate(inside)}
    system = _system(values, relations, place)
    # Every solution is a set of counts that could be the true ones, so it widens the known range of all cells.
    low = high = values[inside]
    tight = []
    for column, cell in enumerate(inside):
        for sign in (1, -1):
            if high[column] - low[column] >= least - _TOLERANCE:
                break
            solution = _end(column, sign, len(inside), system)
            if np.isfinite(solution).all():
                low, high = np.minimum(low, solution), np.maximum(high, solution)
            else:
                high = high.copy()
                high[column] = np.inf
        if high[column] - low[column] < least - _TOLERANCE:
            tight.append(cell)
    return tight


def _hide_in_sums(
    values: Floats,
    relations: Sequence[Relation],
    hidden: Booleans,
    fixed: set[int],
    late: set[int],
    least: int,
) -> None:
    """In every sum that hides something, hide two cells at least, and at least `least` people together."""
    changed = True
    while changed:
        changed = False
        for relation in relations:
            parts = [cell for cell in relation.parts if values[cell] > 0]
            inside = [cell for cell in parts if hidden[cell]]
            if not relation.equal or not inside or any(hidden[cell] for cell in relation.whole):
                continue
            if len(inside) >= 2 and values[inside].sum() >= least:
                continue
            more = _candidates(parts, values, hidden, fixed, late)
            if more:
                hidden[more[0]] = True
                changed = True


def _candidates(
    cells: Collection[int], values: Floats, hidden: Booleans, fixed: set[int], late: set[int]
) -> list[int]:
    """Shown cells that can be hidden: the smallest first, zeros and those that are to come late at the end."""
    free = [cell for cell in set(cells) if not hidden[cell] and cell not in fixed]
    return sorted(free, key=lambda cell: (cell in late, values[cell] == 0, values[cell], cell))


def _hide_one_more(
    cell: int,
    values: Floats,
    relations: Sequence[Relation],
    hidden: Booleans,
    fixed: set[int],
    late: set[int],
) -> None:
    """Hide the smallest shown cell that shares a sum with `cell`; else one that bounds it; else a whole."""
    own = [relation for relation in relations if cell in relation.parts or cell in relation.whole]
    for near in (
        [other for relation in own if relation.equal for other in relation.parts],
        [other for relation in own if not relation.equal for other in (*relation.parts, *relation.whole)],
        [other for relation in own for other in relation.whole],
    ):
        found = _candidates(near, values, hidden, fixed, late)
        if found:
            hidden[found[0]] = True
            return
    # Its own neighbours are all hidden: widen the circle by one step.
    around = {other for relation in own for other in (*relation.parts, *relation.whole)}
    wider = [
        other
        for relation in relations
        if around & {*relation.parts, *relation.whole}
        for other in (*relation.parts, *relation.whole)
    ]
    found = _candidates(wider, values, hidden, fixed, late)
    if not found:
        raise DisclosureError(
            f"a count of {int(values[cell])} people cannot be hidden: everything around it is hidden or fixed"
        )
    hidden[found[0]] = True
