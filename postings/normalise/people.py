"""What an applicant's profile says, in the categories that tables of people use.

What belongs here: age, education, major and occupation of a person. What does not: what a posting asks for
(`education`, `experience`), and whether a count may be shown.

Tables of people are coarse on purpose: an exact age beside a city and a major would point at somebody.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from postings.normalise.education import LEVELS, parse_education
from postings.normalise.tables import data_rows, names_in
from postings.normalise.wording import NOT_STATED, folded

AGE_BANDS = ("<=25", "26-35", "36-45", ">45")
"""The age bands of the Zhaopin study, in years completed."""

EDUCATION_BANDS = ("senior high school or below", "junior college", "bachelor", "master or above")
"""The bands of education of the Zhaopin study."""

YOUNGEST, OLDEST = 14, 99
"""Ages beyond are taken for slips."""

AS_GIVEN_CHARACTERS = 100

_BAND_OF_LEVEL = {
    "none": 0,
    "school": 0,
    "vocational": 0,
    "college": 1,
    "bachelor": 2,
    "master": 3,
    "doctor": 3,
}
_AGE = re.compile(r"(\d{1,3})(?:\.0)? ?(?:岁|周岁|years?(?: old)?|yrs?|y)?")
_RANGE = re.compile(r"(\d{1,2}) ?(?:岁)? ?(?:-|到|至|to) ?(\d{1,2}) ?(?:岁|周岁|years?)?")
_UP_TO = re.compile(
    r"(?:<=|≤|不超过|up to )(\d{1,2})岁?|(\d{1,2})岁?(?:及以下|以下\(含\))"
    r"|(?:<|under )(\d{1,2})岁?|(\d{1,2})岁?以下"
)
_FROM = re.compile(r"(?:>=|≥)(\d{1,2})岁?|(\d{1,2})岁?(?:及以上|\+)|(?:>|over )(\d{1,2})岁?|(\d{1,2})岁?以上")


def age_band(text: str | None) -> str | None:
    """The band of AGE_BANDS that an age (26, 26岁, "26 years") or a range that lies in one (26-35岁, <=25, 46+) means.

    None where nothing is stated, no number is read, a range reaches over a bound, or the age is below 14 or above 99.
    """
    line = folded(text)
    if match := _AGE.fullmatch(line):
        return _band(int(match[1]))
    if match := _RANGE.fullmatch(line):
        low, high = _band(int(match[1])), _band(int(match[2]))
        return low if low == high else None
    if match := _UP_TO.fullmatch(line):
        highest = int(match[1] or match[2] or int(match[3] or match[4]) - 1)
        return AGE_BANDS[0] if YOUNGEST <= highest <= 25 else None
    if match := _FROM.fullmatch(line):
        lowest = int(match[1] or match[2] or int(match[3] or match[4]) + 1)
        return AGE_BANDS[3] if 45 < lowest <= OLDEST else None
    return None


def _band(age: int) -> str | None:
    if not YOUNGEST <= age <= OLDEST:
        return None
    return AGE_BANDS[(age > 25) + (age > 35) + (age > 45)]


@lru_cache(maxsize=4_096)
def education_band(text: str | None) -> str | None:
    """The band of EDUCATION_BANDS of a person's highest education: 大专, 硕士研究生, "Bachelor's", 初中及以下."""
    if (line := folded(text)) in EDUCATION_BANDS:
        return line
    floor = parse_education(text).floor
    assert floor is None or floor in LEVELS  # noqa: S101  (narrowing of a table's key)
    return None if floor is None else EDUCATION_BANDS[_BAND_OF_LEVEL[floor]]


@cache
def _names(table: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for row in data_rows(table):
        for name in (row["name_en"], row["name_zh"], *names_in(row["aliases"])):
            if names.setdefault(folded(name), row["name_en"]) != row["name_en"]:
                raise ValueError(f"{table}: {name!r} is a name of two rows")
    return names


def major(text: str | None) -> str | None:
    """The field of study by the names of `postings/data/majors.csv`; one that is not there as it was given."""
    return _named(text, "majors.csv", ("专业", "方向", " major"))


def occupation(text: str | None) -> str | None:
    """The occupation by the names of `postings/data/occupations.csv`; one that is not there as it was given."""
    return _named(text, "occupations.csv", ("岗位", "职位"))


def _named(text: str | None, table: str, endings: tuple[str, ...]) -> str | None:
    line = folded(text)
    if text is None or line in NOT_STATED:
        return None
    names = _names(table)
    if found := names.get(line):
        return found
    for ending in endings:
        if line.endswith(ending) and (found := names.get(line.removesuffix(ending).strip())):
            return found
    return " ".join(text[:AS_GIVEN_CHARACTERS].split())
