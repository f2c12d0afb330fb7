"""What an advertisement says beside the job: benefits, the employer's story, how to apply, equal opportunity, privacy.

What belongs here: which parts of a plain text are about the job. What does not: the phrases by which they are told,
which are data (postings/data/boilerplate.csv), and markup, which is gone by now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs as aho

from postings.normalise.language import CHINESE
from postings.normalise.tables import data_rows

KEEP, OTHER = "keep", "other"
"""Kinds of headings under which the text stays: duties and needs; hours, place and the like. All others go."""

LEAST_CHARACTERS, LEAST_SHARE = 60, 0.1
"""A text of which less is left than both is returned whole: its headings were misread, or it is all boilerplate."""

_HEADING_LINE_CHARACTERS = 60
_HEADING, _SENTENCE = "heading", "sentence"

_BREAK = re.compile(r"\n|(?<=[.!?])[ ](?=[A-Z•·●▪*\d(\"'-])|(?<=[。！？；;])|[ ](?=[•·●▪➢✓◆])")
_OPENING = " \t\n•·●▪*#-–—>【[（(《「.、0123456789一二三四五六七八九十➢✓◆，,"
_CLOSING = " \t】]）)》」*?？'’"
_COLON = ":：\uff1a"
_INLINE_NEXT = re.compile(r"[ ]+(?:[A-Z•·●▪*\d➢✓◆(-]|$)")
_SMALL_WORDS = frozenset(
    "a an and are at by do for how i in is it of on or our the to us we with you your".split()
)


@dataclass(frozen=True)
class _Phrases:
    """One automaton over all phrases; role and kind of each. `one_word` headings need a colon, or their own line."""

    automaton: aho.AhoCorasick
    roles: list[str]
    kinds: list[str]
    latin: list[bool]
    one_word: list[bool]


@dataclass(frozen=True)
class _Mark:
    """A phrase in the text."""

    start: int
    end: int
    role: str
    kind: str


@lru_cache(maxsize=2)
def _phrases(chinese: bool) -> _Phrases:
    rows = [row for row in data_rows("boilerplate.csv") if chinese or row["language"] == "en"]
    phrases = [row["phrase"] for row in rows]
    return _Phrases(
        aho.AhoCorasick(phrases, matchkind=aho.MatchKind.Standard, store_patterns=False),
        [row["role"] for row in rows],
        [row["kind"] for row in rows],
        [row["language"] == "en" for row in rows],
        [" " not in phrase for phrase in phrases],
    )


def _folded(text: str) -> str:
    lower = text.lower().replace("’", "'")
    return (
        lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    )


def _is_word(letter: str) -> bool:
    return letter.isalnum() and letter < "\u2e80"


def _line_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    left = text.rfind("\n", 0, start) + 1
    right = text.find("\n", end)
    return left, len(text) if right < 0 else right


def _titled(words: str) -> bool:
    """Whether it is written as titles are: How to Apply, WHAT WE OFFER."""
    return all(word[:1].isupper() or word.lower() in _SMALL_WORDS for word in words.split()) and (
        words[:1].isupper()
    )


def _is_heading(text: str, start: int, end: int, *, latin: bool, one_word: bool) -> bool:
    """Whether the phrase stands as a heading: a line of its own, before a colon, or in title case inside a line."""
    left = start
    while left and text[left - 1] in _OPENING and text[left - 1] != "\n" and start - left < _LEAD:
        left -= 1
    at_start = left == 0 or text[left - 1] == "\n"
    right = end
    while right < len(text) and text[right] in _CLOSING and right - end < _LEAD:
        right += 1
    colon = right < len(text) and text[right] in _COLON
    bracketed = start > 0 and text[start - 1] in "【[" and text[end : end + 1] in "】]"
    at_end = right == len(text) or text[right] == "\n"
    if not latin:
        return colon or bracketed or (at_start and at_end)
    if at_start:
        return colon or at_end or (not one_word and _inline(text, start, end))
    return (colon and _titled(text[start:end])) or (not one_word and _inline(text, start, end))


_LEAD = 8
"""How many bullets, digits, brackets and spaces may stand around a heading."""


def _inline(text: str, start: int, end: int) -> bool:
    return _titled(text[start:end]) and _INLINE_NEXT.match(text, end) is not None


def _marks(text: str, phrases: _Phrases) -> list[_Mark]:
    """Headings and telling phrases, by start; of headings that overlap the longest."""
    folded = _folded(text)
    found: list[_Mark] = []
    for number, start, end in phrases.automaton.find_matches_as_indexes(folded, overlapping=True):
        latin = phrases.latin[number]
        if latin and (
            (start and _is_word(folded[start - 1]) and _is_word(folded[start]))
            or (end < len(folded) and _is_word(folded[end]) and _is_word(folded[end - 1]))
        ):
            continue
        role = phrases.roles[number]
        if role == _HEADING and not _is_heading(
            text, start, end, latin=latin, one_word=phrases.one_word[number]
        ):
            continue
        found.append(_Mark(start, end, role, phrases.kinds[number]))
    found.sort(key=lambda mark: (mark.start, -mark.end))
    marks, headed_to = [], 0
    for mark in found:
        if mark.role == _HEADING:
            if mark.start < headed_to:
                continue
            headed_to = mark.end
        marks.append(mark)
    return marks


def _unnamed_heading(unit: str) -> bool:
    """A short line that ends in a colon or shouts: the start of a section that no list knows."""
    line = unit.strip()
    return 2 < len(line) <= _HEADING_LINE_CHARACTERS and (
        line[-1] in _COLON or (line.isupper() and line.isascii())
    )


def _cuts(text: str, marks: list[_Mark]) -> list[int]:
    """Where units start: lines, sentences, headings."""
    starts = {0, *(match.end() for match in _BREAK.finditer(text))}
    starts |= {mark.start for mark in marks if mark.role == _HEADING}
    starts.discard(len(text))
    return sorted(starts)


def without_boilerplate(text: str, language: str) -> str:
    """`text` less what it says beside the job; the whole text where hardly anything would be left.

    Text under a heading for benefits, the employer, equal opportunity, applying or privacy goes, until the next
    heading, known or not. Elsewhere single sentences go that hold a telling phrase; in sections on duties and needs
    only those on equal opportunity, applying and privacy. `language` as of `language_of`: "zh" reads Chinese and
    English phrases, anything else English ones. Linear in the length of the text; applying it again changes nothing.
    """
    marks = _marks(text, _phrases(language == CHINESE))
    if not marks:
        return text
    cuts = _cuts(text, marks)
    kept: list[str] = []
    section, place = OTHER, 0
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        unit = text[start:end]
        telling: set[str] = set()
        headed = False
        while place < len(marks) and marks[place].start < end:
            mark = marks[place]
            if mark.role == _HEADING:
                section, headed = mark.kind, True
            elif mark.end <= end:
                telling.add(mark.role)
            place += 1
        if not headed and section != KEEP and _unnamed_heading(unit):
            section = OTHER
        goes = section not in (KEEP, OTHER) or _SENTENCE in telling or (section == OTHER and bool(telling))
        if not goes:
            kept.append(unit)
        elif unit.endswith("\n") and kept and not kept[-1].endswith("\n"):
            kept.append("\n")  # what follows still begins a line
    left = "".join(kept).strip()
    return (
        left
        if len(left) >= min(LEAST_CHARACTERS, len(text)) or len(left) >= LEAST_SHARE * len(text) > 0
        else text
    )
