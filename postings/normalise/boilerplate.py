"""What an advertisement says beside the job: benefits, the employer's story, how to apply, equal opportunity, privacy.

What belongs here: which parts of a plain text are about the job. What does not: the phrases by which they are told,
which are data (postings/data/boilerplate.csv), and markup, which is gone by now.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters
from typing import NamedTuple

import ahocorasick_rs as aho

from postings.normalise.language import CHINESE
from postings.normalise.tables import data_rows
from postings.normalise.wording import occurrences

KEEP, OTHER = "keep", "other"
"""Kinds of headings under which the text stays: duties and needs; hours, place and the like. All others go."""

_STAYS = (KEEP, OTHER)

LEAST_SHARE = 0.25
"""A text of which less is left is returned whole: a heading was misread, or it is nearly all boilerplate."""

_HEADING_LINE_CHARACTERS = 60
_LEAD = 8
"""How many bullets, digits, brackets and spaces may stand before and after a heading's words."""
_HEADING, _INLINE, _SENTENCE, _STORY, _OPENING_WORDS = (
    "heading",
    "inline heading",
    "sentence",
    "story",
    "opening",
)
"""Roles of phrases. A heading begins a section; an inline one does so inside a line too, in title case. A `sentence`
goes wherever it stands, a `story` outside sections on duties and needs. An `opening` speaks of the job again, which
ends a section on the employer or on benefits, and saves a sentence from the story it tells.
"""

_ENDED_BY_OPENING = frozenset({"employer", "benefits"})

# Both begin with a set of characters, which the scanner skips to; a choice of beginnings is tried at every character.
_BREAK = re.compile(r"[\n.!?。！？；;•·●▪➢✓◆](?:(?<![.!?])|(?<=[.!?]) (?=[A-Z*\d(\"'-]))")
# Chinese boards flatten lists to one line, where an item's number is the only sign of its start: "...学历2、熟悉..."
_ITEM = re.compile(r"\d(?<=[\u4e00-\u9fff）)]\d)(?=\d?[、．.][^\d])")
_BULLETS = frozenset("•·●▪➢✓◆")
_OPENING = " \t\n•·●▪*#-–—>【[（(《「.、0123456789一二三四五六七八九十➢✓◆，,"
_CLOSING = " \t】]）)》」*?？'’"
_COLON = ":："
_DASHES = frozenset({"- ", "– ", "— "})
_LETTERS = frozenset(ascii_letters)
_INLINE_NEXT = re.compile(r"\s*$|[ ]*\n|[ ]+[A-Z•·●▪*\d➢✓◆(-]")
_SMALL_WORDS = frozenset(
    "& a an and are at by do for how i in is it of on or our the to us we with you your".split()
)


@dataclass(frozen=True)
class _Phrases:
    """One automaton over all phrases; role and kind of each. `one_word` headings need a colon, or their own line."""

    automaton: aho.AhoCorasick
    roles: list[str]
    kinds: list[str]
    latin: list[bool]
    inline: list[bool]


class _Mark(NamedTuple):
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
        aho.AhoCorasick(
            phrases,
            matchkind=aho.MatchKind.Standard,
            store_patterns=False,
            implementation=aho.Implementation.DFA,
        ),
        [_HEADING if row["role"] == _INLINE else row["role"] for row in rows],
        [row["kind"] for row in rows],
        [row["language"] == "en" for row in rows],
        [row["role"] == _INLINE for row in rows],
    )


def _folded(text: str) -> str:
    lower = text.lower().replace("’", "'")
    return (
        lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    )


def _is_word(letter: str) -> bool:
    return letter.isalnum() and letter < "\u2e80"


def _titled(words: str) -> bool:
    """Whether it is written as titles are: How to Apply, WHAT WE OFFER."""
    return all(word[:1].isupper() or word.lower() in _SMALL_WORDS for word in words.split()) and (
        words[:1].isupper()
    )


def _after_heading(text: str, end: int) -> int:
    """Where the brackets, spaces and the colon after a heading's words end; a line end stays outside."""
    right, most = end, min(len(text), end + _LEAD)
    while right < most and text[right] in _CLOSING:
        right += 1
    return right + 1 if right < len(text) and text[right] in _COLON else right


def _is_heading(
    text: str, start: int, end: int, breaks: list[int], headed: set[int], *, latin: bool, inline: bool
) -> bool:
    """Whether the phrase stands as a heading: a line or sentence of its own, before a colon, or in title case.

    `breaks`: where lines and sentences start; `headed`: where headings further on start, which end this one too.
    """
    left, least = start, max(0, start - _LEAD)
    while left > least and text[left - 1] in _OPENING:
        left -= 1
    at_start = breaks[bisect_right(breaks, start) - 1] >= left
    right = _after_heading(text, end)
    colon = right > end and text[right - 1] in _COLON
    at_end = right == len(text) or text[right] == "\n" or right in headed
    if not latin:
        bracketed = start > 0 and text[start - 1] in "【[" and text[end : end + 1] in ("】", "]")
        return colon or bracketed or (at_start and at_end)
    # "About you - skills and experience"
    if at_start and (colon or at_end or text[right : right + 2] in _DASHES):
        return True
    return _titled(text[start:end]) and (colon or (inline and _INLINE_NEXT.match(text, end) is not None))


def _breaks(text: str) -> list[int]:
    """Where lines, sentences and the items of lists start."""
    if text.isascii():  # no bullet, and only a bracket that an item's number could stand behind
        breaks = [0, *[match.end() for match in _BREAK.finditer(text)]]
        if ")" not in text:
            return breaks
    else:
        breaks = [0]
        for match in _BREAK.finditer(text):
            breaks.append(match.start() if match[0] in _BULLETS else match.end())
    items = [match.start() for match in _ITEM.finditer(text)]
    return sorted([*breaks, *items]) if items else breaks


def _marks(text: str, phrases: _Phrases, breaks: list[int]) -> list[_Mark]:
    """Headings, brackets and colon included, and telling phrases, by start."""
    folded = _folded(text)
    found = []
    latin, roles, last = phrases.latin, phrases.roles, len(folded)
    for number, start, end in occurrences(phrases.automaton, folded):
        if latin[number]:
            # Most headings' words stand in the middle of a sentence, in small letters: no need to look closer.
            if (
                roles[number] == _HEADING
                and start > 1
                and text[start - 1] == " "
                and text[start].islower()
                and text[start - 2] in _LETTERS
            ):
                continue
            # Beside most phrases stands a space, which the first question settles.
            if (
                start
                and folded[start - 1].isalnum()
                and _is_word(folded[start - 1])
                and _is_word(folded[start])
            ):
                continue
            if end < last and folded[end].isalnum() and _is_word(folded[end]) and _is_word(folded[end - 1]):
                continue
        found.append((start, end, number))
    found.sort(reverse=True)
    marks: list[_Mark] = []
    headed: set[int] = set()
    for start, end, number in found:  # from the end: a heading may end where the next begins
        role, kind = phrases.roles[number], phrases.kinds[number]
        if role != _HEADING:
            marks.append(_Mark(start, end, role, kind))
        elif _is_heading(
            text, start, end, breaks, headed, latin=phrases.latin[number], inline=phrases.inline[number]
        ):
            end = _after_heading(text, end)
            # A heading holds no other: "duties and responsibilities:" is not "responsibilities:".
            while marks and marks[-1].role == _HEADING and marks[-1].start < end:
                headed.discard(marks.pop().start)
            headed.add(start)
            marks.append(_Mark(start, end, role, kind))
    return marks[::-1]


def _unnamed_heading(unit: str) -> bool:
    """A short line that ends in a colon or shouts: the start of a section that no list knows."""
    line = unit.strip()
    return 2 < len(line) <= _HEADING_LINE_CHARACTERS and (
        line[-1] in _COLON or (line.isupper() and line.isascii())
    )


def without_boilerplate(text: str, language: str) -> str:
    """`text` less what it says beside the job; the whole text where less than a quarter would be left.

    Text under a heading for benefits, the employer, equal opportunity, applying or privacy goes, until the next
    heading, known or not, or a sentence that speaks of the job ("we are looking for"). Elsewhere single sentences go
    that hold a telling phrase; in sections on duties and needs only those on equal opportunity, applying and privacy.
    `language` as of `language_of`: "zh" reads Chinese and English phrases, anything else English ones. What was on both
    sides of a gap stands on lines of its own. Linear in the length of the text; applying it again changes nothing.
    """
    breaks = _breaks(text)
    marks = _marks(text, _phrases(language == CHINESE), breaks)
    if not marks:
        return text
    cuts = sorted(
        {*breaks, *(place for mark in marks if mark.role == _HEADING for place in (mark.start, mark.end))}
    )
    if cuts[-1] == len(text):
        cuts.pop()
    ends = [*cuts[1:], len(text)]
    kept: list[str] = []
    section, place, count, unit = OTHER, 0, len(marks), 0
    while unit < len(cuts):
        if section in _STAYS:
            # Up to the next mark all stays: one piece, whatever lines and sentences it has.
            marked = bisect_right(cuts, marks[place].start) - 1 if place < count else len(cuts)
            if marked > unit:
                kept.append(text[cuts[unit] : ends[marked - 1]])
                unit = marked
                continue
        start, end = cuts[unit], ends[unit]
        unit += 1
        telling: tuple[str, ...] = ()
        headed = False
        while place < count and marks[place].start < end:
            mark = marks[place]
            if mark.role == _HEADING:
                section, headed = mark.kind, True
            elif mark.end <= end:
                telling += (mark.role,)
            place += 1
        if (
            not headed
            and section not in _STAYS
            and (
                _unnamed_heading(text[start:end])
                or (section in _ENDED_BY_OPENING and _OPENING_WORDS in telling)
            )
        ):
            section = OTHER
        goes = section not in _STAYS or _SENTENCE in telling or (section == OTHER and _STORY in telling)
        if not goes:
            kept.append(text[start:end])
        elif kept and not kept[-1].endswith("\n"):
            kept.append("\n")  # what follows begins a line, as it began a sentence
    left = "".join(kept).strip()
    return left if left and len(left) >= LEAST_SHARE * len(text) else text
