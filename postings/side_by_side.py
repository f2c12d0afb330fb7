"""A pure function over batches in several processes, results in the order of the batches.

What belongs here: that, and when it is worth the start of the processes. What does not: what is computed.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

Batch = TypeVar("Batch")
Result = TypeVar("Result")

MOST_PROCESSES = 8
AHEAD = 2
"""Batches handed out per process beyond the one whose result is awaited: keeps all busy and memory bounded."""


WORTH_PROCESSES = 8
"""Fewer batches are done sooner than other processes have started and read their tables: two or three seconds."""


def processes_for(batches: int) -> int:
    """How many processes pay for so many batches: one (none beside this one) for few, else one a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if batches < WORTH_PROCESSES else min(cores, MOST_PROCESSES)


def _collect_seldom() -> None:
    """Look for garbage in cycles once in 100,000 objects, not in 700: parsers make many objects and hardly a cycle, and
    the search took one eighth of the time."""
    gc.set_threshold(100_000, 20, 100)


def in_order(
    function: Callable[[Batch], Result], batches: Iterable[Batch], processes: int
) -> Iterator[tuple[Batch, Result]]:
    """Each batch with its result, in order. `function` is importable, or a partial of such; its errors arrive here.

    New interpreters are started rather than this one copied: a copy of a process with threads may hang.
    """
    if processes <= 1:
        for batch in batches:
            yield batch, function(batch)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_collect_seldom) as pool:
        waiting: deque[tuple[Batch, Future[Result]]] = deque()
        try:
            for batch in batches:
                waiting.append((batch, pool.submit(function, batch)))
                if len(waiting) >= processes * AHEAD:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
