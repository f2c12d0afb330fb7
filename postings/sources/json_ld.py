"""schema.org JobPosting objects in a web page.

What belongs here: finding them, in whatever JSON-LD surrounds them. What does not: what their properties mean
(`postings.sources.layouts.job_posting`).
"""

from __future__ import annotations

import codecs
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

PAGE_LIMIT_BYTES = 8_000_000
"""A page is read up to this size; a career page has some hundred kB."""

_NODES = 20_000
_SCRIPTS = 200
_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)")
_UNWRAPPING = re.compile(r"(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)?[\s;]*$")
_TAIL = 64


@dataclass(frozen=True)
class Found:
    """One JobPosting, or a script that is no JSON (`record` is None; `detail` says why, `text` is its beginning)."""

    record: Mapping[str, Any] | None
    detail: str = ""
    text: str = ""


def is_job_posting(value: Any) -> bool:
    """Whether an object's @type is JobPosting, alone or among others, with or without a prefix."""
    if not isinstance(value, Mapping):
        return False
    kinds = value.get("@type", value.get("type"))
    return any(
        isinstance(kind, str)
        and kind[-60:].replace("#", "/").replace(":", "/").split("/")[-1] == "JobPosting"
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def job_postings_in(document: Any) -> Iterator[Mapping[str, Any]]:
    """The JobPosting objects of a JSON-LD document, in its order: alone, in lists, @graph, ItemList or any property."""
    waiting = [document]
    looked_at = 0
    while waiting and looked_at < _NODES:
        node = waiting.pop()
        looked_at += 1
        if is_job_posting(node):
            yield node
        elif isinstance(node, Mapping):
            waiting.extend(reversed([value for value in node.values() if isinstance(value, Mapping | list)]))
        elif isinstance(node, list):
            waiting.extend(reversed(node[:_NODES]))


def _parsed(text: str) -> Any:
    """The JSON of a script. Raises ValueError where there is none."""
    # Line ends inside strings are common, hence not strict.
    body = _WRAPPING.sub("", text, count=1)
    body = body[:-_TAIL] + _UNWRAPPING.sub("", body[-_TAIL:])
    try:
        return json.loads(body, strict=False)
    except ValueError:
        if "&quot;" not in body and "&#34;" not in body:
            raise
        return json.loads(html.unescape(body), strict=False)


def job_postings_of_page(page: bytes | str) -> list[Found]:
    """What the page's `application/ld+json` scripts hold, in the page's order; scripts without JobPosting are left out.

    A script that is no JSON is reported when it names JobPosting. Reads the first 8 MB of the page.
    """
    found: list[Found] = []
    tree = LexborHTMLParser(page[:PAGE_LIMIT_BYTES])
    for script in tree.css('script[type*="ld+json" i]')[:_SCRIPTS]:
        text = script.text()
        try:
            document = _parsed(text)
        except (ValueError, RecursionError) as error:
            if "JobPosting" in text:
                found.append(Found(None, str(error)[:100], text.strip()[:500]))
            continue
        found.extend(Found(record) for record in job_postings_in(document))
    return found


_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}charset\s{0,5}=\s{0,5}["']?([A-Za-z0-9_\-]{2,40})""", re.IGNORECASE
)


def decoded_page(page: bytes, declared: str = "") -> str:
    """The text of a page: by its byte order mark, UTF-8 if it is, else as declared by the answer or the page itself.

    Never raises: what is no text becomes U+FFFD.
    """
    page = page[:PAGE_LIMIT_BYTES]
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return page.decode("utf-16", errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(page, final=len(page) < PAGE_LIMIT_BYTES)
    except UnicodeDecodeError:
        meta = _DECLARED.search(page[:4096])
        named = declared or (meta[1].decode("ascii") if meta else "")
    try:
        codec = codecs.lookup({"gb2312": "gb18030", "gbk": "gb18030"}.get(named.lower(), named)).name
    except LookupError:
        codec = "cp1252"  # what browsers take where nothing is said
    try:
        return page.decode(codec, errors="replace")
    except (LookupError, UnicodeError):  # a codec of Python's that is none of text
        return page.decode("cp1252", errors="replace")
