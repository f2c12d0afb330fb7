"""Years of experience that a posting asks for.

What belongs here: a field such as "3-5年" or "at least two years", and, where the field says nothing, the requirement
that the description states. What does not: seniority by title (`postings.normalise.seniority`).

Years are years as stated. "5+", "5年以上" and a bare "5 years" are a minimum of five without maximum; "no experience
needed", 经验不限, 应届生 and "entry level" are a minimum of 0, which is not the same as a field that says nothing. A
word such as "Senior" states a level but no years: status missing, with the word's level.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from postings.normalise.experience_text import experience_in_text
from postings.normalise.experience_years import (
    AND_LESS,
    AND_MORE,
    AT_LEAST,
    MOST_STATEMENTS,
    MOST_YEARS,
    NOT_ASKED,
    NUMBER,
    OVER,
    SPELT,
    UNDER,
    UNIT,
    Experience,
    in_years,
)
from postings.normalise.wording import NOT_STATED, folded, number_of
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

_UNPARSED = Experience(None, None, None, UNPARSED)
_QUANTITY = re.compile(
    rf"(?P<before>{OVER}|(?P<under>{UNDER}))?\s?(?:of\s|period of\s|:\s?)?(?:an?\s)?(?:at least\s|minimum\s)?"
    rf"(?<![a-z])(?P<low>{NUMBER}){SPELT}\s?(?P<plus>\+|plus\s|以上|or more\s|and above\s)?\s?(?P<unit1>{UNIT})?'?"
    rf"(?:\s?(?:-|to\b|至|到|/|and\b|or\b|、)\s?(?:(?:up to|at least)\s)?(?P<high>{NUMBER}){SPELT}\s?"
    rf"(?P<plus2>\+|plus\s)?\s?(?P<unit2>{UNIT})?)?"
)
_NONE = re.compile(
    r"(?:no|without|zero) (?:(?:prior|previous|work|working|relevant) )*experience"
    r"|(?:experience )?(?:is )?not (?:required|necessary|needed)|^(?:none|any|no)(?: required)?$|no requirements?|^0$"
    r"|freshers?\b|fresh graduate|new grad|recent graduate|无(?:需|须|要求)?(?:工作)?经验|(?:工作)?经验不限"
    r"|不限(?:工作)?(?:经验|年限)?|年限不限|无要求|不要求|没有要求|零经验|无限制"
)
_ENTRY = re.compile(
    r"\bentry\b|\bintern(?:ship)?s?\b|\btrainee|\bgraduates?\b|\bstudents?\b|应届|在校|实习|毕业生|初级入门"
)
_LEVELS = (
    ("executive", re.compile(r"\bexecutive|c-level|高管")),
    ("director", re.compile(r"\bdirector|总监")),
    ("manager", re.compile(r"\bmanag|经理")),
    ("expert", re.compile(r"\bexpert|\bprincipal|\bstaff\b|\blead\b|专家")),
    ("mid", re.compile(r"\bmid\b|mid-|middle|intermediate|中级|experienced|有经验|professional")),
    ("senior", re.compile(r"\bsenior|\bsr\b|高级|资深|advanced")),
    ("junior", re.compile(r"\bjunior|\bjr\b|associate|初级|beginner")),
)


def _stated(match: re.Match[str], bare_unit: str | None) -> tuple[Decimal | None, Decimal | None] | None:
    """Minimum and maximum in years, or None where the numbers are no years."""
    unit = match["unit2"] or match["unit1"] or bare_unit
    low, high = number_of(match["low"]), number_of(match["high"]) if match["high"] else None
    if unit is None or low is None:
        return None
    low_unit = match["unit1"] or unit

    minimum, maximum = in_years(low, low_unit), in_years(high, unit)
    after = match.string[match.end() :]
    if maximum is None:
        if match["under"] or AND_LESS.match(after):
            minimum, maximum = None, minimum
    elif match["plus2"] or AND_MORE.match(after) or AT_LEAST.match(match["before"] or ""):
        maximum = None  # "3-5年以上", "3-5+ years": the upper number is no bound
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum, maximum = maximum, minimum
    if any(bound is not None and bound > MOST_YEARS for bound in (minimum, maximum)):
        return None
    return minimum, maximum


def _level(text: str) -> str | None:
    return next((level for level, words in _LEVELS if words.search(text)), None)


@lru_cache(maxsize=16_384)
def parse_experience(text: str | None) -> Experience:
    """What a field says about experience: "3-5年", "5+ years", "at least two years", 经验不限, "entry level", "0".

    A bare number or range is in years; months are converted. Status: given (a plain number), parsed, missing (nothing,
    or a level without years), unparsed (a text that states neither). Several statements: the largest minimum.
    """
    line = folded(text)
    if line in NOT_STATED:
        return NOT_ASKED
    if re.fullmatch(r"\d{1,2}(?:\.\d{1,2})?", line):
        return Experience(Decimal(line), None, None, GIVEN) if Decimal(line) <= MOST_YEARS else _UNPARSED
    found: list[tuple[Decimal | None, Decimal | None]] = []
    start = 0
    bare = "years" if re.fullmatch(rf"[\s\d.\-+<>=≥≤]+|{NUMBER}", line) else None
    while len(found) < MOST_STATEMENTS and (match := _QUANTITY.search(line, start)):
        start = max(match.end(), start + 1)
        if (years := _stated(match, bare)) is not None:
            found.append(years)
    level = "entry" if _ENTRY.search(line) else _level(line)
    if found:
        minimum, maximum = max(found, key=lambda pair: pair[0] or Decimal(0))
        return Experience(minimum, maximum, level, PARSED)
    if level == "entry" or _NONE.search(line):
        return Experience(Decimal(0), None, level, PARSED)
    if level is not None:
        return Experience(None, None, level, MISSING)
    return _UNPARSED


def experience_of(field: str | None, description: str | None = None) -> Experience:
    """What the field says; where it states no years, what the description requires (the field's level is kept)."""
    stated = parse_experience(field)
    if stated.minimum is not None or stated.maximum is not None or description is None:
        return stated
    read = experience_in_text(description)
    if read.status == MISSING:
        return stated
    return Experience(read.minimum, read.maximum, stated.level, PARSED)
