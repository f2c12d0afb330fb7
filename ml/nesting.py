"""What contains what among the roles and scopes of a study, as relations between their counts of people.

What belongs here: from sets of titles and industries to relations. What does not: counting, and hiding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

from ml.disclosure import Relation


def nested(
    roles: Mapping[str, frozenset[str]],
    scopes: Mapping[str, frozenset[str] | None],
    cell: Callable[[str, str], int | None],
    *,
    additive: bool = False,
) -> Iterator[Relation]:
    """The relations between the counts of scopes and roles; `cell` (scope, role) gives a count's position, or None.

    roles: the titles of each. scopes: the industries of each, None for all. A part has at most the people of its whole;
    and where parts make up a whole, it has at most their sum, exactly their sum where what is counted is `additive`
    (applications, not people) and the parts share no title.
    """
    for scope in scopes:
        yield from _over({role: cell(scope, role) for role in roles}, roles, additive)
    everything = frozenset().union(*(inside for inside in scopes.values() if inside), {""})
    industries = {name: everything if inside is None else inside for name, inside in scopes.items()}
    for role in roles:
        yield from _over({scope: cell(scope, role) for scope in scopes}, industries, additive)


def _over(
    cells: Mapping[str, int | None], sets: Mapping[str, frozenset[str]], additive: bool
) -> Iterator[Relation]:
    present = {name: place for name, place in cells.items() if place is not None}
    for name, place in present.items():
        inside = [other for other in present if sets[other] < sets[name]]
        same = [other for other in present if sets[other] == sets[name] and other > name]
        for other in same:
            yield Relation((place,), (present[other],))
        for other in inside:
            yield Relation((present[other],), (place,), equal=False)
        largest = [other for other in inside if not any(sets[other] < sets[more] for more in inside)]
        largest = [
            other for other in largest if not any(sets[o] == sets[other] and o < other for o in largest)
        ]
        # Parts that have nobody are absent from the tables, and known to be empty.
        empty = [other for other in cells if cells[other] is None and sets[other] < sets[name]]
        covered = frozenset().union(*(sets[other] for other in (*largest, *empty)), frozenset())
        if largest and covered == sets[name]:
            apart = all(not sets[a] & sets[b] for a, b in combinations(largest, 2))
            parts = tuple(present[other] for other in largest)
            if additive and apart and not empty:
                yield Relation(parts, (place,))
            else:
                yield Relation((place,), parts, equal=False)
