"""What a public board is: where its answers are, and how they go on.

What belongs here: the form of a description, and reading an answer by it. What does not: any one board.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Posting = dict[str, Any]


class ChangedSchemaError(ValueError):
    """An answer is JSON, but not of the form that this board's module describes."""


@dataclass(frozen=True)
class Query:
    """What is asked of a board: an employer's name at the board, and for boards that keep history the opening dates."""

    employer: str
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Page:
    """One answer: its postings, the address of the next one, what it states as the total, and the employer's name."""

    postings: list[Posting]
    next: str | None = None
    total: int | None = None
    employer_name: str | None = None


@dataclass(frozen=True)
class Board:
    """A public board.

    `start` gives the first address. In an answer, `postings` is the dotted path of the list ("" where the answer is
    the list), `identity` and `title` are keys of each posting, `total` and `employer_name` dotted paths that may be
    absent. `following` gives the address after this one (answer, its address, postings so far, postings in this
    answer), None at the end; without it one answer holds everything, and conditional requests are made. `detail`
    gives the address of a posting's own answer, which is added to it as `_detail`. `secrets` gives headers from the
    environment.
    """

    name: str
    start: Callable[[Query], str]
    identity: str
    title: str
    postings: str = ""
    total: str = ""
    employer_name: str = ""
    following: Callable[[Any, str, int, int], str | None] | None = None
    detail: Callable[[Posting, str], str | None] | None = None
    secrets: Callable[[], Mapping[str, str]] = dict

    def page(self, document: Any, url: str, before: int) -> Page:
        """Read an answer; `before` postings came before it. Raises ChangedSchemaError where it is of another form."""
        listed = at(document, self.postings)
        if not isinstance(listed, list):
            raise ChangedSchemaError(
                f"the answer has no list {self.postings or 'of postings'!r}; it is {_described(document)}"
            )
        found = [posting for posting in listed if isinstance(posting, dict)]
        if listed and not any(posting.get(self.identity) and posting.get(self.title) for posting in found):
            raise ChangedSchemaError(
                f"none of the {len(listed)} postings has {self.identity!r} and {self.title!r}; the first is"
                f" {_described(listed[0])}"
            )
        total = at(document, self.total) if self.total else None
        name = at(document, self.employer_name) if self.employer_name else None
        following = self.following
        return Page(
            found,
            None if following is None else following(document, url, before + len(found), len(found)),
            total if isinstance(total, int) and not isinstance(total, bool) else None,
            name.strip() if isinstance(name, str) else None,
        )

    def identity_of(self, posting: Posting) -> str:
        """The board's id of a posting, "" where it has none."""
        value = posting.get(self.identity)
        return str(value) if isinstance(value, str | int) else ""


def at(document: Any, path: str) -> Any:
    """The value at a dotted path; the document itself for ""; None where there is none."""
    for key in path.split(".") if path else []:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(str, list(value)[:12])) or 'nothing'}"[:200]
    return f"a {type(value).__name__}"
