"""Career pages: what robots.txt allows, which pages a sitemap lists, and which site they belong to.

What belongs here: reading robots.txt and sitemaps. What does not: JobPosting objects (`postings.sources.json_ld`).
"""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import urljoin, urlsplit

from protego import Protego

from postings.fetch.client import Client, FetchError, host_of

ROBOTS_BYTES = 512_000
"""RFC 9309 asks for at least 500 KiB."""

SITEMAP_BYTES = 52_428_800
"""The limit of the sitemap protocol."""

_SITEMAPS = 200
_LOCATION = re.compile(r"<(?:\w{1,20}:)?loc>\s{0,100}(?:<!\[CDATA\[)?\s{0,100}([^<\]\s]{1,2000})")
_LONGEST_DELAY_S = 60.0


class Robots:
    """The robots.txt of each site that is visited, fetched once a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rules: dict[str, Protego | None] = {}

    async def _of(self, site: str) -> Protego | None:
        """The rules; None where the site cannot say (then nothing is allowed, as RFC 9309 has it)."""
        if site not in self._rules:
            try:
                answer = await self._client.get(
                    f"{site}/robots.txt",
                    parse=lambda body, kind: body.decode("utf-8", errors="replace"),
                    body_bytes=ROBOTS_BYTES,
                )
                self._rules[site] = Protego.parse(answer.document or "")
            except FetchError as error:
                refused = error.status is not None and 400 <= error.status < 500 and error.status != 429
                self._rules[site] = Protego.parse("") if refused else None
        return self._rules[site]

    async def allows(self, url: str) -> bool:
        """Whether a page may be fetched."""
        rules = await self._of(host_of(url))
        return rules is not None and bool(rules.can_fetch(url, self._client.user_agent))

    async def interval_s(self, site: str, at_least: float) -> float:
        """Seconds between two pages: ours, or what the site asks for, up to a minute."""
        rules = await self._of(site)
        asked = rules.crawl_delay(self._client.user_agent) if rules is not None else None
        return max(at_least, min(float(asked or 0), _LONGEST_DELAY_S))


def _sitemap_text(body: bytes, kind: str) -> str:
    if body[:2] == b"\x1f\x8b":
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = unpack.decompress(body, SITEMAP_BYTES)
        except zlib.error as error:
            raise ValueError(f"damaged gzip ({error})") from error
    return body.decode("utf-8", errors="replace")


async def pages_of_sitemap(client: Client, robots: Robots, sitemap: str, matching: str) -> list[str]:
    """The pages that a sitemap, or an index of sitemaps, lists on its own host, in its order, each once.

    `matching` is a wildcard for addresses, "" for all. Pages of other hosts are left out, as the protocol has it.
    Raises FetchError where the sitemap cannot be had.
    """
    waiting, seen, pages = [sitemap], {sitemap}, dict[str, None]()
    while waiting and len(seen) <= _SITEMAPS:
        url = waiting.pop(0)
        if not await robots.allows(url):
            raise FetchError(f"robots.txt denies the sitemap {url[:200]}")
        answer = await client.get(url, parse=_sitemap_text, body_bytes=SITEMAP_BYTES)
        if answer.document is None:
            raise FetchError(f"no sitemap at {url[:200]}", answer.status)
        found = [urljoin(url, html.unescape(match[1])) for match in _LOCATION.finditer(answer.document)]
        found = [page for page in found if host_of(page) == host_of(sitemap)]
        if "<sitemapindex" in answer.document[:5000]:
            inner = [page for page in dict.fromkeys(found) if page not in seen]
            waiting += inner
            seen.update(inner)
        else:
            pages.update(dict.fromkeys(page for page in found if not matching or fnmatchcase(page, matching)))
    return list(pages)


def by_site(urls: Iterable[str]) -> dict[str, list[str]]:
    """Addresses grouped by their site, each once, in order. Raises ValueError for what is no http(s) address."""
    sites: dict[str, list[str]] = {}
    for url in dict.fromkeys(urls):
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
            raise ValueError(f"{url[:200]!r} is no address of a web page")
        sites.setdefault(host_of(url), []).append(url)
    return sites
