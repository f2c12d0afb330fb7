"""How long work shows where it stands: bars with rates in a terminal, log lines in a run of the UI."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

ProgressCallback = Callable[[str, int, int], None]


class ProgressSink(Protocol):
    """Takes (task, done, total); total 0 means unknown."""

    def __call__(self, task: str, done: int, total: int) -> None:
        """Show that `done` of `total` pieces of `task` are finished."""


def of_task(sink: ProgressSink, task: str) -> Callable[[int, int | None], None]:
    """The sink as a callback of one task, for functions that report (done, total)."""
    return lambda done, total: sink(task, done, total or 0)


class LoggedProgress:
    """Writes a line at most every `seconds`, with the rate; for runs that nobody watches in a terminal."""

    def __init__(self, log: Callable[[str], None], seconds: float = 10.0) -> None:
        self._log = log
        self._seconds = seconds
        self._started: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def __call__(self, task: str, done: int, total: int) -> None:
        """Log the state of `task`, unless it was logged a moment ago."""
        now = time.monotonic()
        started = self._started.setdefault(task, now)
        if now - self._last.get(task, started) < self._seconds and done != total:
            return
        self._last[task] = now
        rate = done / (now - started) if now > started else 0.0
        self._log(
            f"{task}: {done:,} of {total:,} ({rate:,.0f}/s)" if total else f"{task}: {done:,} ({rate:,.0f}/s)"
        )


class TerminalProgress:
    """Rich bars with rate and remaining time, one a task; a context manager."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        self.console = Console(stderr=True)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            console=self.console,
        )
        self._tasks: dict[str, tuple[int, float]] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, task: str, done: int, total: int) -> None:
        """Move the bar of `task`."""
        now = time.monotonic()
        if task not in self._tasks:
            identity = self._bars.add_task(task, total=total or None, rate="")
            self._tasks[task] = (int(identity), now)
        identity_of_task, started = self._tasks[task]
        rate = f"{done / (now - started):,.0f}/s" if now - started > 0.2 else ""
        self._bars.update(identity_of_task, completed=done, total=total or None, rate=rate)  # type: ignore[arg-type]
