"""The least education that a posting asks for.

What belongs here: a field such as 本科及以上 or "BA/BSc", and, where the field says nothing, the requirement that the
description states. What does not: applicants' own education, licences and certificates of a trade.

The floor is the least that is accepted: "Bachelor's or Master's" and 大专/本科 ask for the lower one, 高中以下 and
不限 for nothing. Levels follow ISCED 2011 (UNESCO Institute for Statistics): 大专 and "diploma" are short-cycle
tertiary (5), 中专 is upper secondary vocational (3), certificates and TVET are post-secondary (4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import ahocorasick_rs as aho
import yaml

from postings.normalise.wording import NOT_STATED, folded, in_a_wished_list, occurrences, soft_clause
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

LEVELS = ("none", "school", "vocational", "college", "bachelor", "master", "doctor")
"""From the least to the most: school is general, vocational is 中专, TVET, certificates, college is 大专, associate."""

DESCRIPTION_CHARACTERS = 20_000


@dataclass(frozen=True)
class Education:
    """`floor`: one of LEVELS, "none" where nothing is asked; `isced`: its ISCED level, None for none; or both None."""

    floor: str | None
    isced: int | None
    status: str


_MISSING = Education(None, None, MISSING)
_UNPARSED = Education(None, None, UNPARSED)

_Table = tuple[tuple[str, int | None, re.Pattern[str]], ...]


@dataclass(frozen=True)
class _Words:
    """The tables of `postings/data/education_words.yaml`, compiled once."""

    field: _Table
    english_text: _Table
    chinese_text: _Table
    anchors: tuple[str, ...]
    not_a_degree: re.Pattern[str]
    not_a_requirement: re.Pattern[str]


@cache
def _words() -> _Words:
    text = resources.files("postings").joinpath("data", "education_words.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)

    def table(name: str) -> _Table:
        return tuple(
            (row["level"], row["isced"], re.compile(f"(?:{'|'.join(row['words'])})(?: degrees?\\b)?"))
            for row in data[name]
        )

    phrases = [phrase for group in data["not_a_requirement"].values() for phrase in group]
    return _Words(
        table("field"),
        table("english_text"),
        table("chinese_text"),
        tuple(data["anchors"]),
        re.compile("|".join(data["not_a_degree"])),
        re.compile("|".join(phrases).replace("LEVEL", data["any_level"])),
    )


_ORDER = {level: position for position, level in enumerate(LEVELS)}


def _least(found: list[tuple[str, int | None]], status: str) -> Education:
    level, isced = min(found, key=lambda pair: (_ORDER[pair[0]], pair[1] or 0))
    return Education(level, isced, status)


def _levels_in(line: str, table: _Table) -> list[tuple[str, int | None]]:
    """All levels named; what is recognised is taken out, so that "high school diploma" leaves no diploma."""
    found = []
    for level, isced, words in table:
        line, times = words.subn("|", line)
        if times:
            found.append((level, isced))
    return found


@lru_cache(maxsize=16_384)
def parse_education(text: str | None) -> Education:
    """The floor that a field states: 本科及以上, "Bachelor's or Master's", "TVET", "BA/BSc", "Not Required", 不限.

    What is only preferred ("Bachelor's, Master's preferred") does not count unless there is nothing else. Status: given
    (a name of LEVELS), parsed, missing, unparsed.
    """
    line = folded(text)
    if line in NOT_STATED:
        return _MISSING
    if line in _ORDER:
        found = _levels_in(line, _words().field) or [(line, None)]
        return Education(line, found[0][1], GIVEN)
    required = " | ".join(part for part in re.split(r"[,;，；。(（]", line) if not soft_clause(part))
    found = _levels_in(required, _words().field) or _levels_in(line, _words().field)
    return _least(found, PARSED) if found else _UNPARSED


_SENTENCE_END = re.compile(
    r"[\n;•●▪◦·✓*!?]|\.(?=\s)(?<!b\.)(?<!h\.d\.)(?<!sc\.)(?<!\ba\.)(?<!\bs\.)(?<!\bpg\.)"
)

_CHINESE_LEVEL = (
    "(?:大学专科|大专|专科|高职|本专科?(?=[及或]?其?以上)|大学本科|本科|学士|博士|硕士"
    "|研究生|中专|中技|技校|职高|中职|高中|初中)"
)
_CHINESE_LEVELS = rf"{_CHINESE_LEVEL}(?:\s?(?:[/、,，|]|或者?|和|及)\s?{_CHINESE_LEVEL}){{0,3}}"
_CHINESE_REQUIREMENT = re.compile(
    "(?:学历|文凭)(?:要求)?[:：]?不限|不限(?:制)?学历|无学历要求|学历不做?要求"
    rf"|(?P<levels>{_CHINESE_LEVELS})\s?(?:生|文凭|学位)?\s?(?:[（(][一二三]本[）)])?"
    r"(?:[（(]?(?:含|(?:及|或|和|及其)?其?以上|及?以下)|[^。；;\n，,、]{0,4}(?:学历|学位|毕业|文凭|在校|在读)"
    r"|[^。；;\n，,、]{0,10}专业)"
    rf"|(?:学历|教育背景|统招|全日制|文化程度)[^。；;\n，,]{{0,6}}?(?P<levels2>{_CHINESE_LEVELS})"
    rf"|专业\s?(?P<levels3>{_CHINESE_LEVEL})"
    # A clause that is nothing but a level, or a level with its years: "要求：1、本科，..."; "本科3年、大专5年以上".
    rf"|(?:^|[:：，,；;、\s]|\d[.．)）])\s?(?P<levels4>{_CHINESE_LEVELS})\s?(?=[，,；;。]|\d年|[一二两三四五]年)"
)
_CHINESE_CLAUSE_END = re.compile(r"[。；;\n，,、!！]")
_CHINESE_ANCHORS = tuple("学历 本科 专 硕士 博士 研究生 高中 初中 高职 职高 技校 中技 中职 文凭".split())
_MOST_CLAUSES = 60
_MOST_OF_A_WORD = 12
# Boards flatten lists to one line, hence the words that begin the next item.
_NEXT_ITEM = (
    r"(?<!\bno )\b(?:minimum|at least|proven|strong|excellent|good|previous|experience in|ability to"
    r"|\d{1,2}\+? ?[-–]? ?\d{0,2} years)\b"
)
_PARTS = re.compile(
    rf"[,()]|(?={_NEXT_ITEM})|(?=\b(?:and |but )?(?:ideally|preferably)\b)"
    r"|(?=\bbut (?:shall|must|should)\b)|(?<=required)\s?/"
)
_ITEM = re.compile(_NEXT_ITEM)
_ABBREVIATED = re.compile(r"\s?\([a-z.]{1,5}(?:\s?/\s?[a-z.]{1,5})?\)")
"""The degree's short name behind its long one: \"Medical Doctor (MD) degree\"."""
_WISH_WITH_BRACKET = re.compile(r"\b(?:ideally|preferably)\b[^,.;()]{0,80}\([^()]{0,80}\)")
_WISHED_SENTENCE = re.compile(r"\W*ideally\b(?:(?!\bbut (?:shall|must|should)\b).)*", re.DOTALL)
_BESIDE_A_DEGREE = re.compile(
    r"\b(?:degree|b\.?sc)\b(?:(?!\bor\b|/)[^.;]){0,60}?\b(?:and|plus) (?=(?:have |hold )?(?:an? )?(?:\w+ )?"
    r"(?:masters?(?:'s)? (?:degree|level|qual)|post[- ]?grad(?:uate)? (?:\w+ )?(?:diploma|qual|cert|award)))"
)
"""Whoever asks for "a degree and a master's" asks for the master's."""
_UNDER_WAY = re.compile(
    r"\band (?:(?:have )?(?:achieved|completed|obtained|gained)?,? ?(?:or|/)? ?)?(?:are |be |will be )?"
    r"(?:(?:eager|keen|willing|happy|expected) to )?work(?:ing)? towards[^,.;]*"
)
"""What comes after a degree that is asked for: "a degree and working towards a master's"."""
_WISHED_HEADING = re.compile(r"prefer\w+ (?:qualifications?|skills?|requirements?|education)[^a-z0-9.]*$")
_LIST_IS_WISHED = re.compile(
    r"\s*or (?:be |an? |have an? )?willing(?:ness)? to (?:undertake|works?|study|complete|obtain|achieve)|"
    r"\s*(?:although|though|but)\b[\w ]{0,50}\b(?:this|it) is not (?:an? )?"
    r"(?:essential|required|necessary|mandatory|must)\b|"
    r"\s*(?:highly |strongly )?"
    r"(?:recommended but not \w+|preferred|desirable|optional|advantageous|an advantage|a plus)\s*$"
    r"|[\w ]{0,40}?\bor (?:an?y? |another |other |closely )*(?:related|similar|relevant|equivalent) (?:\w+ )?"
    r"(?:is|are|would be|will be) "
    r"(?:an? |highly |often |usually |generally )?(?:advantage|plus|asset|preferred|desirable|desired|bonus)"
)


def _chinese_requirement(text: str) -> Education:
    for count, match in enumerate(_CHINESE_REQUIREMENT.finditer(text)):
        if count >= _MOST_CLAUSES:
            break
        rest = text[match.end() : match.end() + 12]
        if cut := _CHINESE_CLAUSE_END.search(rest):
            rest = rest[: cut.start()]
        if soft_clause(rest) or soft_clause(match[0]):
            continue
        said = match["levels"] or match["levels2"] or match["levels3"] or match["levels4"] or match[0]
        if "以下" in match[0]:
            return Education("none", None, PARSED)
        found = _levels_in(said, _words().chinese_text)
        if found:
            return _least(found, PARSED)
    return _MISSING


def _anchors(text: str) -> list[int]:
    """Where the words begin that a sentence about degrees cannot do without: the first few of each, in order."""
    found: list[int] = []
    times = [0] * len(_words().anchors)
    for number, start, _ in occurrences(_anchor_words(), text):
        times[number] += 1
        if times[number] <= _MOST_OF_A_WORD:
            found.append(start)
    return sorted(found)[:_MOST_CLAUSES]


@cache
def _anchor_words() -> aho.AhoCorasick:
    return aho.AhoCorasick(
        _words().anchors,
        matchkind=aho.MatchKind.Standard,
        store_patterns=False,
        implementation=aho.Implementation.DFA,
    )


def _required_parts(sentence: str) -> list[str]:
    """The parts of a sentence that neither wish, nor offer, nor speak of other kinds of degrees."""
    parts: list[str] = []
    for taken_out in (_words().not_a_degree, _ABBREVIATED, _WISH_WITH_BRACKET, _BESIDE_A_DEGREE, _UNDER_WAY):
        sentence = taken_out.sub("", sentence)
    offered = False
    for part in _PARTS.split(sentence):
        # What is offered goes on to the next comma and beyond, until the text turns to the reader.
        offered = bool(_OFFERS.search(part)) or (offered and not _TURNS_TO_THE_READER.search(part))
        if offered:
            continue
        if _LIST_IS_WISHED.match(part):
            _drop_last_level(parts)
        elif not soft_clause(part) and not _words().not_a_requirement.search(part):
            parts.append(part)
    return parts


_OFFERS = re.compile(r"\bable to offer\b|\bwe (?:also )?(?:can )?offer\b")
_TURNS_TO_THE_READER = re.compile(
    r"\b(?:you|must|should|applicants?|candidates?|required|essential|qualified|educated)\b"
)


# "High school diploma, some college, preferred" wishes for what stands last alone.
_NOT_A_DEGREES_FIELD = re.compile(
    r"\s*(?:some|knowledge|experience|familiarity|certification|training|additional|further)\b"
)


def _drop_last_level(parts: list[str]) -> None:
    """Take back the list that turned out to be a wish: "a diploma in design, arts, or related field is a plus"."""
    while parts:
        last = parts.pop()
        if (
            _ITEM.match(last)
            or _NOT_A_DEGREES_FIELD.match(last)
            or _levels_in(last + " , ", _words().english_text)
        ):
            return


def _english_requirement(text: str) -> Education:
    end = 0
    for anchor in _anchors(text):
        if anchor < end:
            continue
        before = text[max(0, anchor - 100) : anchor]
        cuts = [cut.end() for cut in _SENTENCE_END.finditer(before)]
        start = anchor - (len(before) - (cuts[-1] if cuts else 0))
        after = text[anchor : anchor + 200]
        cut = _SENTENCE_END.search(after, 3)
        end = anchor + (cut.start() if cut else len(after))
        parts = _required_parts(_WISHED_SENTENCE.sub("", text[start:end], count=1))
        if not any(parts):
            continue
        required = " , ".join(parts) + " , "
        found = _levels_in(required, _words().english_text)
        if found and not _under_a_wish(text, start):
            return _least(found, PARSED)
    return _MISSING


def _under_a_wish(text: str, start: int) -> bool:
    """Whether a sentence stands in a list of wishes."""
    return _WISHED_HEADING.search(text[max(0, start - 30) : start]) is not None or in_a_wished_list(
        text, start
    )


def education_in_text(description: str | None) -> Education:
    """The floor that a description requires: parsed, or missing where no requirement is found.

    Reads the first 20,000 characters. The first sentence that requires a degree decides, and of its alternatives the
    least; wishes ("preferred", 优先), what the employer offers, and school names do not count.
    """
    if not description:
        return _MISSING
    text = description[:DESCRIPTION_CHARACTERS].lower().replace("’", "'")
    chinese = not text.isascii() and any(word in text for word in _CHINESE_ANCHORS)
    found = _chinese_requirement(text) if chinese else _MISSING
    return found if found.status == PARSED else _english_requirement(text)


def education_of(field: str | None, description: str | None = None) -> Education:
    """What the field says; where it is empty or not understood, what the description requires."""
    stated = parse_education(field)
    if stated.floor is not None or description is None:
        return stated
    read = education_in_text(description)
    return read if read.status == PARSED else stated
