"""HTML and raw text become plain, bounded text.

What belongs here: markup, entities, control characters, white space, length. What does not: what a text means.

The standard library's HTMLParser is not used: on Python 3.11.7 an 80 kB text of `<a <a <a ...` kept it busy for 84
seconds, and well-formed text went through at 2,500 postings a second. The scanner here consumes what it has
looked at, so its time is linear, and it keeps text only: nothing of a tag or a script survives.
"""

from __future__ import annotations

import html
import re

DESCRIPTION_CHARACTERS = 20_000
FIELD_CHARACTERS = 500
URL_CHARACTERS = 2_000

_MARKUP_OVERHEAD = 5
"""HTML is read up to this many times the wanted length: markup takes most of some descriptions."""

_MAX_ESCAPE_LEVELS = 6

# Controls but tab and line ends, soft hyphen, zero-width and bidirectional controls (they make text read other
# than it is written), byte-order marks, lone surrogates, noncharacters. Joiners (200C, 200D) carry meaning.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]+"
)
_ENTITY = re.compile(r"&(?:#[0-9]|#[xX][0-9a-fA-F]|[a-zA-Z])")
_LAYERED_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#[xX]0*26;)+(?=[#a-zA-Z])", re.IGNORECASE)
_TAG_START = re.compile(r"<[a-zA-Z/!?]")
_DROPPED = "script|style|template|noscript|iframe|object|svg|head"
# Every alternative either consumes what it scanned or, as `rest`, everything: that keeps it linear.
_MARKUP = re.compile(
    rf"""<!--.*?(?:-->|\Z)
    | <(?P<dropped>{_DROPPED})\b[^>]*>.*?(?:</(?P=dropped)\b[^>]*(?:>|\Z)|\Z)
    | </?(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?:[^>"']++|"[^"]*+"|'[^']*+')*+>
    | <[!?/][^>]*+>
    | (?P<rest><[a-zA-Z/!?].*\Z)
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_SIMPLE_TAG = re.compile(r"<[!?/]?(?P<name>[a-zA-Z]?[a-zA-Z0-9]*)[^<>]*>")
_BLOCKS = frozenset(
    "address article aside blockquote br caption dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " header hr li main nav ol option p pre section table tbody td tfoot th thead tr ul".split()
)
_BARE_BLOCK = re.compile(r"</?(?:p|li|ul|ol|div|br|h[1-6]|tr|td|table)\s?/?>", re.IGNORECASE)
_BARE_INLINE = re.compile(r"</?(?:b|i|u|a|em|span|strong|font)>", re.IGNORECASE)


def _replacement(match: re.Match[str]) -> str:
    rest = match.groupdict().get("rest")
    if rest is not None:
        return _SIMPLE_TAG.sub(_replacement, rest)
    return "\n" if (match["name"] or "").lower() in _BLOCKS else ""


def _without_markup(text: str) -> str:
    # Most tags are short and bare; two plain substitutions are several times as fast as asking for each what it is.
    text = _BARE_INLINE.sub("", _BARE_BLOCK.sub("\n", text))
    return _MARKUP.sub(_replacement, text) if _TAG_START.search(text) else text


def _tidy(text: str) -> str:
    """Without invisible characters, with single spaces and single line ends."""
    if text.isprintable() and "  " not in text:  # one line, as most fields are: no line end is printable
        return text.strip()
    tidy = []
    for line in text.splitlines():
        if not line:
            continue
        if not line.isprintable():
            line = " ".join(_INVISIBLE.sub("", line).split())
        elif "  " in line or line[0] == " " or line[-1] == " ":
            line = " ".join(line.split())
        if line:
            tidy.append(line)
    return "\n".join(tidy)


def _decoded(text: str) -> str:
    """Tags removed and entities resolved, as often as the text was escaped."""
    text = _INVISIBLE.sub("", text)  # before any tag is looked for: they may stand inside its name
    for _ in range(_MAX_ESCAPE_LEVELS):
        before = text
        text = _without_markup(text)
        if _ENTITY.search(text):
            text = html.unescape(_LAYERED_AMPERSAND.sub("&", text))
        text = _tidy(text)
        if text == before or not (_TAG_START.search(text) or _ENTITY.search(text)):
            return text
    # Escaped deeper than any honest source: what is left of the markup goes, letter by letter.
    return _tidy(text.replace("&", " ").replace("<", " "))


def plain_text(text: str | None, limit: int = DESCRIPTION_CHARACTERS) -> str | None:
    """`text` without markup, at most `limit` characters, lines separated by one line end; None where nothing is left.

    Scripts, styles and comments are dropped with what they hold. Entities are resolved also where a source escaped
    them twice. Applying it again changes nothing.
    """
    if not text:
        return None
    if "<" in text or "&" in text:
        plain = _decoded(text[: limit * _MARKUP_OVERHEAD])
    else:
        plain = _tidy(text[: limit * _MARKUP_OVERHEAD])
    return plain[:limit].rstrip() or None


def single_line(text: str | None, limit: int = FIELD_CHARACTERS) -> str | None:
    """`plain_text` on one line: for titles, names and short fields."""
    plain = plain_text(text, limit)
    return plain.replace("\n", " ") if plain and "\n" in plain else plain


_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def web_address(text: str | None) -> str | None:
    """The text when it is an http(s) address; None for anything else, `javascript:` above all."""
    if not text:
        return None
    stripped = text.strip()
    return stripped if len(stripped) <= URL_CHARACTERS and _WEB_ADDRESS.fullmatch(stripped) else None
