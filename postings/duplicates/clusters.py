"""Pairs become clusters: postings that are linked by pairs, however many steps apart, are ads of one job."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from postings.duplicates.signatures import Integers


def clusters(links: Sequence[tuple[Integers, Integers]]) -> pa.Table:
    """The connected components of all links: a table of `position` and `cluster`, the least position in each.

    Holds postings that are linked to another only; memory grows with those, not with all postings.
    """
    none = np.zeros(0, dtype=np.int64)
    first = np.concatenate([none, *(pair[0] for pair in links)])
    second = np.concatenate([none, *(pair[1] for pair in links)])
    positions, nodes = np.unique(np.concatenate([first, second]), return_inverse=True)
    if not len(positions):
        return pa.table({"position": none, "cluster": none})
    ends = nodes[: len(first)], nodes[len(first) :]
    graph = coo_array((np.ones(len(first), dtype=np.int8), ends), shape=(len(positions), len(positions)))
    _, label = connected_components(graph, directed=False)
    _, least = np.unique(
        label, return_index=True
    )  # positions are sorted, so the first of a label is its least
    return pa.table({"position": positions, "cluster": positions[least[label]]})
