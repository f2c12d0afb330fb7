"""What to ask and as whom, and what came of it.

What belongs here: the description of a retrieval, its report, whether it can be done. What does not: doing it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from postings.fetch.boards import BOARDS
from postings.fetch.client import USER_AGENT, Limits
from postings.fetch.coverage import FAILED
from postings.fetch.downloads import safe_name
from postings.fetch.pages import by_site

PAGES = "pages"


@dataclass(frozen=True)
class FetchSpec:
    """What to ask, and as whom.

    `board` is one of `BOARDS`, with the `employers`' names there, or `pages`, with `urls` and `sitemaps` of career
    pages (`matching`: a wildcard for a sitemap's addresses). `batch` names the retrieval, usually the day; a batch
    that is done is not asked again. `since` and `until` bound opening dates where a board keeps history. `details`:
    also ask for each posting's own answer where the list has no text. `user_agent` should name whoever asks and an
    address. `base_url` replaces the board's scheme and host (a mirror, a proxy, a test).
    """

    source: str
    board: str
    batch: str
    employers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    matching: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    details: bool = True
    user_agent: str = USER_AGENT
    limits: Limits = field(default_factory=Limits)
    base_url: str = ""


@dataclass
class FetchReport:
    """Results by employer (or site), those already done in this batch, and the files that were written."""

    results: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    already_done: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    postings: int = 0
    requests: int = 0

    @property
    def failed(self) -> list[str]:
        """Employers or sites whose poll failed."""
        return [employer for employer, result in self.results.items() if result == FAILED]


class SpecError(ValueError):
    """A FetchSpec that cannot be carried out; the message says how to mend it."""


def check_spec(source: FetchSpec) -> None:
    """Raises SpecError where `source` cannot be carried out."""
    kinds = [*BOARDS, PAGES]
    if source.board not in kinds:
        raise SpecError(f"board: {source.board!r} is not known; the boards are {', '.join(kinds)}")
    if source.board == PAGES and not (source.urls or source.sitemaps):
        raise SpecError("pages: give `urls` or `sitemaps`")
    if source.board != PAGES and not source.employers:
        raise SpecError(f"{source.board}: give the names of `employers` at this board")
    if not source.batch or safe_name(source.batch) != source.batch:
        raise SpecError(f"batch: {source.batch!r} names a folder; use letters, digits, - . _")
    try:
        by_site([*source.urls, *source.sitemaps])
    except ValueError as error:
        raise SpecError(f"pages: {error}") from error
