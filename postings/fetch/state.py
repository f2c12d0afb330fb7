"""What a run must know to go on after a cut, and what the next one must know to ask only for news.

One small SQLite file: each step is one transaction, so that a kill at any moment leaves the last whole step. (A JSON
file would have to be rewritten for every page of every employer.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from postings.fetch.client import Validators

_TABLES = """
create table if not exists polls (
  batch text, target text, next text, bytes integer, pages integer, seen integer, attempt integer, done integer,
  primary key (batch, target)
);
create table if not exists answers (
  url text primary key, etag text, last_modified text, file text, seen integer
);
create table if not exists visited (batch text, target text, url text, primary key (batch, target, url));
"""


@dataclass(frozen=True)
class Poll:
    """How far a target's poll came: `next` is the address to ask next, `bytes` the size of its file by then."""

    next: str | None
    bytes: int = 0
    pages: int = 0
    seen: int = 0
    attempt: int = 1
    done: bool = False


@dataclass(frozen=True)
class Known:
    """An answer of an earlier batch: how to recognise it, the file its postings are in, and how many they are."""

    validators: Validators
    file: str
    seen: int


class State:
    """The state file, open. Not for two processes at once: `fetch` holds a lock.

    `scope` keeps apart what several sources write to one file.
    """

    def __init__(self, path: Path, scope: str = "") -> None:
        self._scope = scope
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _scoped(self, name: str) -> str:
        return f"{self._scope} {name}"

    @contextmanager
    def step(self) -> Iterator[None]:
        """Everything inside happens, or nothing of it."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def poll(self, batch: str, target: str) -> Poll | None:
        """How far the poll of a target came in this batch; None where it was never begun."""
        row = self._db.execute(
            "select next, bytes, pages, seen, attempt, done from polls where batch = ? and target = ?",
            (batch, self._scoped(target)),
        ).fetchone()
        return None if row is None else Poll(row[0], row[1], row[2], row[3], row[4], bool(row[5]))

    def set_poll(self, batch: str, target: str, poll: Poll) -> None:
        """Remember how far it came."""
        self._db.execute(
            "insert or replace into polls values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                batch,
                self._scoped(target),
                poll.next,
                poll.bytes,
                poll.pages,
                poll.seen,
                poll.attempt,
                poll.done,
            ),
        )

    def known(self, url: str) -> Known | None:
        """What is known of an address from earlier batches."""
        row = self._db.execute(
            "select etag, last_modified, file, seen from answers where url = ?", (self._scoped(url),)
        ).fetchone()
        return None if row is None else Known(Validators(row[0], row[1]), row[2], row[3])

    def set_known(self, url: str, known: Known) -> None:
        """Remember an answer."""
        tags = known.validators
        self._db.execute(
            "insert or replace into answers values (?, ?, ?, ?, ?)",
            (self._scoped(url), tags.etag, tags.last_modified, known.file, known.seen),
        )

    def visited(self, batch: str, target: str) -> set[str]:
        """The pages of a site that this batch has been to."""
        rows = self._db.execute(
            "select url from visited where batch = ? and target = ?", (batch, self._scoped(target))
        )
        return {row[0] for row in rows}

    def set_visited(self, batch: str, target: str, url: str) -> None:
        """Remember that a page was visited."""
        self._db.execute(
            "insert or replace into visited values (?, ?, ?)", (batch, self._scoped(target), url)
        )
