"""Polling boards and career pages: from a description of what to ask to files of raw answers and the coverage table.

What belongs here: the order of requests, resuming, and what is written down. What does not: a single request
(`client`), a board's form (`boards`), and what postings mean (`postings.sources`, which reads the files).

One host is asked by one task at a time, so a site never gets two requests at once however many employers use it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from postings.fetch.boards import BOARDS, Board, ChangedSchemaError, Query
from postings.fetch.client import Client, Clock, FetchError, host_of
from postings.fetch.coverage import FAILED, NOT_MODIFIED, OK, append_coverage
from postings.fetch.downloads import Download, EarlierDownloads, safe_name
from postings.fetch.pages import Robots, by_site, pages_of_sitemap
from postings.fetch.spec import PAGES, FetchReport, FetchSpec, check_spec
from postings.fetch.state import Known, Poll, State
from postings.sources.json_ld import decoded_page, job_postings_of_page
from storage import exclusive_lock

_PAGES_A_SITE = 25
"""Times `Limits.pages`: a site's pages hold one posting each, a board's a hundred."""


def fetch(
    source: FetchSpec,
    into: Path,
    state: Path,
    coverage: Path,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FetchReport:
    """Poll every employer or site of `source`; never raises for what a server answers, or does not.

    Postings land under `into`/<batch>/ as JSON Lines, one file an employer or site: each posting as the board gave
    it, with `_fetch` added (source, batch, board, employer, employer_name, url, polled_on, fetched_at). Each poll
    appends a row to the file `coverage` (`postings.fetch.coverage`). `state` is the file that lets a cut run go on
    where it stopped and the next batch ask only for news; where it is lost, everything is asked again. Raises
    SpecError for a source that cannot be asked, LockedError where another process is at it. Not to be called inside a
    running event loop.
    """
    check_spec(source)
    with exclusive_lock(state.with_name(f".{state.name}.lock")):
        known = State(state, f"{source.source}/{source.board}")
        try:
            return asyncio.run(_Run(source, into, known, coverage, clock or Clock(), transport).all())
        finally:
            known.close()


class _PollError(Exception):
    """The end of one poll that did not see everything."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _Run:
    def __init__(
        self,
        source: FetchSpec,
        into: Path,
        state: State,
        coverage: Path,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.source = source
        self.into = into
        self.state = state
        self.coverage = coverage
        self.clock = clock
        self.transport = transport
        self.report = FetchReport()
        self.closed: dict[str, str] = {}
        """Hosts that want no more requests, and what they said."""

    async def all(self) -> FetchReport:
        source = self.source
        secrets = BOARDS[source.board].secrets() if source.board in BOARDS else {}
        async with Client(
            user_agent=source.user_agent,
            limits=source.limits,
            clock=self.clock,
            transport=self.transport,
            secrets=secrets,
        ) as client:
            if source.board == PAGES:
                await self._all_sites(client)
            else:
                for employer in dict.fromkeys(source.employers):
                    await self._poll_board(client, BOARDS[source.board], employer)
            self.report.requests = client.requests
        return self.report

    # ------------------------------------------------------------------------------------------------ what all share

    def _begin(self, target: str) -> tuple[Poll, Download] | None:
        """Where to go on; None where this batch is done with the target."""
        poll = self.state.poll(self.source.batch, target)
        if poll is not None and poll.done:
            self.report.already_done.append(target)
            return None
        name = f"{safe_name(self.source.source)}-{self.source.board}-{safe_name(target)}.jsonl"
        poll = poll or Poll(None)
        file = Download(self.into / self.source.batch / name, poll.bytes)
        return (poll if file.whole else Poll(None, attempt=poll.attempt)), file

    def _end(self, target: str, progress: _Progress, result: str, known: Known | None = None) -> None:
        """Publish the file, write the coverage row, note the end: a kill in between repeats the row, never loses it.

        `known`: where the postings are that the server says are still the same.
        """
        source, poll, file = self.source, progress.poll, progress.file
        written = file.publish()
        if written:
            self.report.files.append(file.final)
        at = (str(file.final.relative_to(self.into)) if written else "") or (known.file if known else "")
        now = self.clock.now()
        row = {
            "source": source.source,
            "batch": source.batch,
            "board": source.board,
            "employer": target,
            "attempt": poll.attempt,
            "polled_on": now.date().isoformat(),
            "polled_at": now.isoformat(),
            "result": result,
            "http_status": progress.status,
            "postings_seen": poll.seen,
            "pages": poll.pages,
            "file": at or None,
            "message": progress.message[:500],
        }
        append_coverage(self.coverage, row)
        if result != FAILED:
            then = replace(poll, next=None, bytes=file.size, done=True)
        elif poll.next or source.board == PAGES:
            then = replace(poll, bytes=file.size, attempt=poll.attempt + 1)
        else:  # nothing to go on from
            then = Poll(None, attempt=poll.attempt + 1)
        with self.state.step():
            self.state.set_poll(source.batch, target, then)
        self.report.results[target] = result
        if progress.message:
            self.report.messages[target] = progress.message[:500]
        self.report.postings += poll.seen

    def _origin(self, target: str, url: str, name: str | None = None) -> dict[str, Any]:
        now = self.clock.now()
        return {
            "source": self.source.source,
            "batch": self.source.batch,
            "board": self.source.board,
            "employer": target,
            "employer_name": name,
            "url": url,
            "polled_on": now.date().isoformat(),
            "fetched_at": now.isoformat(timespec="seconds"),
        }

    def _still_there(self, known: Known | None) -> Known | None:
        """What is known of an address, if the file with its postings is still there."""
        return (
            known
            if known and known.validators and (not known.seen or (self.into / known.file).exists())
            else None
        )

    # ------------------------------------------------------------------------------------------------------- a board

    def _address(self, url: str) -> str:
        if not self.source.base_url:
            return url
        base, parts = urlsplit(self.source.base_url), urlsplit(url)
        return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))

    async def _poll_board(self, client: Client, board: Board, employer: str) -> None:
        begun = self._begin(employer)
        if begun is None:
            return
        poll, file = begun
        query = Query(employer, self.source.since, self.source.until)
        first = self._address(board.start(query))
        progress = _Progress(poll, file)
        try:
            unchanged = await self._board_pages(client, board, employer, first, progress)
        except (FetchError, _PollError, ChangedSchemaError) as error:
            if isinstance(error, FetchError) and error.host_closed:
                self.closed[host_of(first)] = str(error)
            progress.status = httpx.codes.OK if isinstance(error, ChangedSchemaError) else error.status
            progress.message = str(error)
            self._end(employer, progress, FAILED)
        else:
            if progress.without_detail:
                progress.message = f"{progress.without_detail:,} postings without their text"
            self._end(employer, progress, NOT_MODIFIED if unchanged else OK, unchanged)

    async def _board_pages(
        self, client: Client, board: Board, employer: str, first: str, progress: _Progress
    ) -> Known | None:
        """All answers of a board; what was known of it where it says that nothing changed."""
        file = progress.file
        seen = {board.identity_of(posting) for posting in file.postings()} if progress.poll.pages else set()
        url = progress.poll.next or (None if progress.poll.pages else first)
        asked: set[str] = set()
        single = board.following is None
        stated = None
        while url is not None:
            if url in asked or progress.poll.pages >= self.source.limits.pages:
                why = "asks for a page again" if url in asked else f"more than {progress.poll.pages:,} pages"
                raise _PollError(f"an endless loop of pages: {why} ({url[:200]})", progress.status)
            asked.add(url)
            if (said := self.closed.get(host_of(url))) is not None:
                raise _PollError(f"not asked: the host said {said}")
            known = self._still_there(self.state.known(url)) if single else None
            answer = await client.get(url, known=known.validators if known else None)
            progress.status = answer.status
            if answer.status == httpx.codes.NOT_MODIFIED and known is not None:
                progress.poll = Poll(None, 0, 1, known.seen, progress.poll.attempt)
                return known
            if answer.status == httpx.codes.NO_CONTENT:
                return None
            if answer.document is None:
                raise _PollError(f"HTTP {answer.status}: no such board", answer.status)
            page = board.page(answer.document, url, progress.poll.seen)
            identities = {board.identity_of(posting) for posting in page.postings}
            if identities and not single and identities <= seen:
                raise _PollError(f"an endless loop of pages: no posting is new ({url[:200]})", answer.status)
            seen |= identities
            stated = page.total if page.total is not None else stated
            postings = page.postings
            if board.detail is not None and self.source.details:
                postings = [
                    await self._detailed(client, board, posting, url, progress) for posting in postings
                ]
            origin = self._origin(employer, url, page.employer_name)
            file.append({**posting, "_fetch": origin} for posting in postings)
            progress.poll = Poll(
                page.next,
                file.size,
                progress.poll.pages + 1,
                progress.poll.seen + len(postings),
                progress.poll.attempt,
            )
            with self.state.step():
                self.state.set_poll(self.source.batch, employer, progress.poll)
            if stated is not None and page.next is None and len(seen) < stated:
                raise _PollError(f"{len(seen):,} of {stated:,} stated postings were seen", progress.status)
            if single and answer.validators:
                at = str(file.final.relative_to(self.into)) if postings else ""
                with self.state.step():
                    self.state.set_known(url, Known(answer.validators, at, len(postings)))
            url = page.next
        return None

    async def _detailed(
        self, client: Client, board: Board, posting: dict[str, Any], url: str, progress: _Progress
    ) -> dict[str, Any]:
        """The posting with its own answer; without it where that cannot be had, which the coverage row says."""
        address = board.detail(posting, url) if board.detail else None
        if address is None or host_of(url) in self.closed:
            return posting
        try:
            answer = await client.get(address)
        except FetchError as error:
            if error.host_closed:
                self.closed[host_of(url)] = str(error)
            progress.without_detail += 1
            return posting
        if not isinstance(answer.document, dict):
            progress.without_detail += 1
            return posting
        return {**posting, "_detail": answer.document}

    # ----------------------------------------------------------------------------------------------------- web pages

    async def _all_sites(self, client: Client) -> None:
        robots = Robots(client)
        sites = by_site(self.source.urls)
        sitemaps = by_site(self.source.sitemaps)
        some = asyncio.Semaphore(self.source.limits.hosts_at_once)

        async def one(site: str) -> None:
            async with some:
                await self._poll_site(client, robots, site, sites.get(site, []), sitemaps.get(site, []))

        async with asyncio.TaskGroup() as tasks:
            for site in dict.fromkeys([*sites, *sitemaps]):
                tasks.create_task(one(site))

    async def _poll_site(
        self, client: Client, robots: Robots, site: str, urls: list[str], sitemaps: list[str]
    ) -> None:
        begun = self._begin(site)
        if begun is None:
            return
        poll, file = begun
        visits = _Visits(_Progress(poll, file), EarlierDownloads(self.into))
        progress = visits.progress
        try:
            listed = list(urls)
            for sitemap in sitemaps:
                listed += await pages_of_sitemap(client, robots, sitemap, self.source.matching)
            wanted = list(dict.fromkeys(listed))
            most = self.source.limits.pages * _PAGES_A_SITE
            interval_s = await robots.interval_s(site, self.source.limits.page_interval_s)
            done = self.state.visited(self.source.batch, site) if progress.poll.pages else set()
            for url in wanted[:most]:
                if url not in done:
                    await self._visit(client, robots, site, url, interval_s, visits)
            if len(wanted) > most:
                visits.faults.append(f"{len(wanted) - most:,} pages beyond the limit of {most:,}")
        except FetchError as error:
            progress.status = error.status
            visits.faults.append(str(error))
        if visits.denied:
            visits.faults.append(f"robots.txt denies {visits.denied:,} pages")
        progress.message = "; ".join(visits.faults[:5])
        if len(visits.faults) > 5:
            progress.message = f"{progress.message[:400]}; and {len(visits.faults) - 5:,} more"
        unchanged = bool(visits.unchanged) and visits.unchanged == progress.poll.pages
        self._end(site, progress, FAILED if visits.faults else NOT_MODIFIED if unchanged else OK)

    async def _visit(
        self, client: Client, robots: Robots, site: str, url: str, interval_s: float, visits: _Visits
    ) -> None:
        """One page: its postings join the file; what is wrong with it joins the faults."""
        if not await robots.allows(url):
            visits.denied += 1
            return
        known = self._still_there(self.state.known(url))
        try:
            answer = await client.get(
                url,
                parse=_page_text,
                known=known.validators if known else None,
                interval_s=interval_s,
                body_bytes=self.source.limits.page_bytes,
                permitted=robots.allows,
            )
        except FetchError as error:
            if error.host_closed:
                raise
            visits.progress.status = error.status
            visits.faults.append(f"{url[:200]}: {error}")
            return
        progress = visits.progress
        progress.status = answer.status
        origin = self._origin(site, url)
        if answer.status == httpx.codes.NOT_MODIFIED and known is not None:
            visits.unchanged += 1
            postings = [
                {**posting, "_fetch": {**origin, "unchanged_since": posting["_fetch"]["polled_on"]}}
                for posting in visits.earlier.postings(known.file, url)
            ]
            validators = known.validators
        else:
            found = job_postings_of_page(answer.document) if answer.document else []
            postings = [{**entry.record, "_fetch": origin} for entry in found if entry.record]
            visits.faults += [
                f"{url[:200]}: a JobPosting that is no JSON ({entry.detail})"
                for entry in found
                if not entry.record
            ]
            validators = answer.validators
        progress.file.append(postings)
        at = str(progress.file.final.relative_to(self.into)) if postings else ""
        poll = progress.poll
        progress.poll = replace(
            poll, bytes=progress.file.size, pages=poll.pages + 1, seen=poll.seen + len(postings)
        )
        with self.state.step():
            self.state.set_poll(self.source.batch, site, progress.poll)
            self.state.set_visited(self.source.batch, site, url)
            if validators:
                self.state.set_known(url, Known(validators, at, len(postings)))


@dataclass
class _Progress:
    """How far one poll has come, and what its coverage row will say."""

    poll: Poll
    file: Download
    status: int | None = None
    message: str = ""
    without_detail: int = 0


@dataclass
class _Visits:
    """What the pages of a site have given so far."""

    progress: _Progress
    earlier: EarlierDownloads
    faults: list[str] = field(default_factory=list)
    denied: int = 0
    unchanged: int = 0


def _page_text(body: bytes, content_type: str) -> str:
    charset = re.search(r"charset=\"?([\w\-]{2,40})", content_type[:200])
    return decoded_page(body, charset[1] if charset else "")
