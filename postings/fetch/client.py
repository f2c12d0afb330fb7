"""One polite HTTP client: it waits, retries, asks whether anything changed, and never takes more than agreed.

What belongs here: single requests and their faults. What does not: which requests make up a board (`boards`), or
what becomes of the answers (`run`).

Requests are asynchronous because only that gives each of them an end: a timeout between two bytes never comes when a
server sends one every second.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

USER_AGENT = "Jobtide/0.1 (labour-market statistics)"

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_FIRST_WAIT_S, _LONGEST_OWN_WAIT_S = 1.0, 60.0


class Clock:
    """The time, and waiting. Tests give another one."""

    def now(self) -> dt.datetime:
        """The present moment, with its time zone."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Limits:
    """How hard a source may be asked, and how much it may answer. Times in seconds, sizes in bytes after unpacking."""

    interval_s: float = 0.5
    """Between two requests to one host, which never gets two at a time; pages of web sites wait `page_interval_s`."""
    page_interval_s: float = 2.0
    hosts_at_once: int = 4
    attempts: int = 5
    idle_s: float = 30.0
    answer_s: float = 180.0
    """For one whole answer, however steadily it drips."""
    longest_wait_s: float = 300.0
    """A host that asks for a longer pause is left alone for the rest of the run."""
    body_bytes: int = 100_000_000
    page_bytes: int = 8_000_000
    pages: int = 2_000
    """Of one board; and web pages of one site, times 25."""


@dataclass(frozen=True)
class Validators:
    """What a server gave to recognise its answer by: the next request asks only for something newer."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True)
class Answer:
    """An answer that arrived whole: `document` is what `parse` made of the body, None for 204, 304, 404 and 410."""

    url: str
    status: int
    document: Any = None
    validators: Validators = field(default_factory=Validators)


class FetchError(Exception):
    """A request that failed for good. `host_closed`: the host wants no more requests for now."""

    def __init__(self, message: str, status: int | None = None, *, host_closed: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.host_closed = host_closed


class _TryAgainError(Exception):
    def __init__(self, message: str, status: int | None = None, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.wait_s = wait_s


def json_document(body: bytes, content_type: str) -> Any:
    """A body as JSON. Raises ValueError where it is none, cut off for instance."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def host_of(url: str) -> str:
    """Scheme, host and port: what one host's patience is counted by."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1].lower()}"


class _Unpacking:
    """gzip and deflate, never beyond a limit: a small answer can unpack to any size."""

    def __init__(self, coding: str, limit: int) -> None:
        self._unpack = None if coding in {"", "identity"} else zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise FetchError(f"the answer is packed as {coding[:40]!r}, which was not asked for")

    def take(self, piece: bytes) -> None:
        if self._unpack is not None:
            try:
                piece = self._unpack.decompress(piece, self._limit + 1 - self._size)
            except zlib.error as error:
                raise _TryAgainError(f"the answer cannot be unpacked ({error})") from error
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._limit:
            raise FetchError(f"the answer is larger than {self._limit:,} bytes")

    def body(self) -> bytes:
        if self._unpack is not None and self._size and not self._unpack.eof:
            raise _TryAgainError("the packed answer is cut off")
        return b"".join(self._pieces)


class Client:
    """Requests to many hosts, each served in its turn; use it as an asynchronous context."""

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        limits: Limits | None = None,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """`secrets`: request headers that go to the first host of a request only, and never into a message."""
        self.limits = limits or Limits()
        self.clock = clock or Clock()
        self.user_agent = user_agent
        self.requests = 0
        self._secrets = dict(secrets or {})
        self._last: dict[str, float] = {}
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=self.limits.idle_s,
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip"},
        )

    async def __aenter__(self) -> Client:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *fault: Any) -> None:
        await self._http.__aexit__(*fault)

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets.values():
            text = text.replace(secret, "***") if secret else text
        return text[:500]

    async def _my_turn(self, host: str, interval_s: float) -> None:
        last = self._last.get(host)
        if last is not None and (wait := last + interval_s - self.clock.monotonic()) > 0:
            await self.clock.sleep(wait)
        self._last[host] = self.clock.monotonic()

    async def get(
        self,
        url: str,
        *,
        parse: Callable[[bytes, str], Any] = json_document,
        known: Validators | None = None,
        interval_s: float | None = None,
        body_bytes: int | None = None,
        permitted: Callable[[str], Awaitable[bool]] | None = None,
    ) -> Answer:
        """The answer to GET `url`, after as many attempts and waits as the limits allow.

        `parse` gets the unpacked body and its content type; a ValueError of it counts as an answer cut off, and is
        tried again. `permitted` is asked before each redirection is followed. Raises FetchError.
        """
        fault = _TryAgainError("no attempt")
        for attempt in range(self.limits.attempts):
            if attempt:
                await self.clock.sleep(self._pause(url, attempt, fault))
            try:
                return await self._attempt(
                    url,
                    parse,
                    known or Validators(),
                    self.limits.interval_s if interval_s is None else interval_s,
                    body_bytes or self.limits.body_bytes,
                    permitted,
                )
            except _TryAgainError as again:
                fault = again
                if again.wait_s is not None and again.wait_s > self.limits.longest_wait_s:
                    message = f"{again}: asks for a pause of {again.wait_s:,.0f} s"
                    raise FetchError(
                        self._without_secrets(message), again.status, host_closed=True
                    ) from again
        message = self._without_secrets(f"{fault} ({self.limits.attempts} attempts)")
        raise FetchError(message, fault.status, host_closed=fault.status == httpx.codes.TOO_MANY_REQUESTS)

    def _pause(self, url: str, attempt: int, fault: _TryAgainError) -> float:
        """What the server asked for, else 1, 2, 4 ... seconds, spread so that clients do not march in step."""
        if fault.wait_s is not None:
            return fault.wait_s
        own = min(_LONGEST_OWN_WAIT_S, _FIRST_WAIT_S * 2.0 ** (attempt - 1))
        spread = hashlib.blake2b(f"{url} {attempt}".encode("utf-8", "replace"), digest_size=2).digest()
        return own * (0.75 + 0.5 * int.from_bytes(spread, "big") / 65535)

    async def _attempt(
        self,
        url: str,
        parse: Callable[[bytes, str], Any],
        known: Validators,
        interval_s: float,
        body_bytes: int,
        permitted: Callable[[str], Awaitable[bool]] | None,
    ) -> Answer:
        asked = url
        for _ in range(_MOST_REDIRECTS + 1):
            await self._my_turn(host_of(asked), interval_s)
            headers = known.headers() | (self._secrets if host_of(asked) == host_of(url) else {})
            try:
                async with asyncio.timeout(self.limits.answer_s):
                    answer = await self._once(asked, headers, body_bytes, parse)
            except TimeoutError as error:
                raise _TryAgainError(f"no whole answer within {self.limits.answer_s:g} s") from error
            except httpx.TransportError as error:
                raise _TryAgainError(f"{type(error).__name__}: {error}") from error
            except (httpx.InvalidURL, ValueError) as error:
                raise FetchError(f"not a usable address: {asked[:200]!r} ({type(error).__name__})") from error
            if isinstance(answer, Answer):
                return answer
            asked = urljoin(asked, answer)
            if not asked.startswith(("http://", "https://")):
                raise FetchError(f"redirected to {asked[:100]!r}")
            if permitted is not None and not await permitted(asked):
                raise FetchError(f"redirected to {asked[:200]!r}, where robots.txt denies")
        raise FetchError(f"redirected more than {_MOST_REDIRECTS} times")

    async def _once(
        self, url: str, headers: Mapping[str, str], body_bytes: int, parse: Callable[[bytes, str], Any]
    ) -> Answer | str:
        """One request: its answer, or where it is redirected to."""
        self.requests += 1
        async with self._http.stream("GET", url, headers=dict(headers)) as got:
            status = got.status_code
            if status in _RETRIED:
                raise _TryAgainError(
                    f"HTTP {status}", status, self._asked_pause(got.headers.get("Retry-After"))
                )
            if status in _REDIRECTS and got.headers.get("Location"):
                return str(got.headers["Location"])
            tags = Validators(got.headers.get("ETag"), got.headers.get("Last-Modified"))
            if status in {204, 304, 404, 410}:
                return Answer(url, status, None, tags)
            if status != httpx.codes.OK:
                raise FetchError(f"HTTP {status}", status)
            unpacking = _Unpacking(got.headers.get("Content-Encoding", "").strip().lower(), body_bytes)
            async for piece in got.aiter_raw():
                unpacking.take(piece)
            body = unpacking.body()
            try:
                document = parse(body, got.headers.get("Content-Type", ""))
            except ValueError as error:
                fault = f"the answer cannot be read ({error})"
                raise _TryAgainError(fault, status) from error
            return Answer(url, status, document, tags)

    def _asked_pause(self, retry_after: str | None) -> float | None:
        """Seconds that a Retry-After header asks for: a number, or a date. None where it says neither."""
        if not retry_after:
            return None
        text = retry_after.strip()[:64]
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            then = parsedate_to_datetime(text)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=dt.UTC)
        return max(0.0, (then - self.clock.now()).total_seconds())
