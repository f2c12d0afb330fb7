"""Seniority, from the title first and from a stated level second.

What belongs here: rank words of titles in English and Chinese (`postings/data/seniority_words.yaml`), and the many
places where the same words are none ("Lead Generation", "Senior Living", "Account Manager", 主管护师, 总经理助理). What
does not: years of experience, and the occupation.

A manager here leads people or a unit. Occupations that only bear the word (account, product, project manager; 产品经理)
are not managers: their other words decide. A title without any word of rank is "mid", with status missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml

from postings.normalise.wording import NOT_STATED, folded
from postings.schema import GIVEN, MISSING, PARSED

LEVELS = ("intern", "entry", "junior", "mid", "senior", "lead", "manager", "director", "vp", "c_level")
"""From the least to the most; lead includes staff, principal and foremen."""

BANDS = {
    **dict.fromkeys(LEVELS[:6], "individual_contributor"),
    "manager": "middle_management",
    **dict.fromkeys(LEVELS[7:], "senior_leadership"),
}
"""The bands of the title-growth study: senior leadership is director, VP and C-suite."""


@dataclass(frozen=True)
class Seniority:
    """`level`: one of LEVELS, None without a title. Status: parsed (title), given (level field), missing."""

    level: str | None
    status: str

    @property
    def band(self) -> str | None:
        """The study's band of the level, or None."""
        return None if self.level is None else BANDS[self.level]


_NO_TITLE = Seniority(None, MISSING)
_ASSUMED = Seniority("mid", MISSING)

_STATED = {
    word: level
    for level, words in {
        "intern": "internship|intern|实习|实习生",
        "entry": "entry level|entry-level|entry_level|entry|graduate|应届|应届生",
        "junior": "associate|junior|junior level|初级",
        "mid": "intermediate|mid|mid level|mid-level|middle|experienced|mid-senior level|mid_senior_level|中级",
        "senior": "senior|senior level|高级|资深",
        "lead": "expert|lead|staff+|principal|专家",
        "manager": "manager|management|supervisor|主管|经理",
        "director": "director|总监",
        "vp": "vp|vice president",
        "c_level": "executive|c-level|c_level|高管",
    }.items()
    for word in words.split("|")
}
"""What level fields say: job boards' own ladders and single words. LinkedIn's "Mid-Senior level" is taken as mid."""


@dataclass(frozen=True)
class _Words:
    """Compiled once. `taken_out`: patterns, each with the substrings without one of which it cannot match."""

    taken_out: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]
    ranks: tuple[tuple[str, re.Pattern[str]], ...]


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(words) + ")"


def _whole(words: Iterable[str]) -> str:
    return rf"(?<!\w){_any(words)}(?!\w)"


@cache
def _words() -> _Words:
    text = resources.files("postings").joinpath("data", "seniority_words.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    bosses, helpers = _any(data["bosses"]), _any(data["helpers"])
    chinese_bosses, chinese_helpers = _any(data["chinese_bosses"]), _any(data["chinese_helpers"])
    taken_out = [
        *(
            ((word,), _whole([rf"{word}(?:'?s'?)?[- ]{_any(after)}"]))
            for word, after in data["before"].items()
        ),
        *(((word,), _whole([rf"{_any(before)} {word}s?"])) for word, before in data["after"].items()),
        (
            (" to ", " for ", " of "),
            _whole([rf"{helpers} (?:to|for|of) (?:the |our |a |all )?(?:\w+ ){{0,3}}?{bosses}"]),
        ),
        (("to ", "for "), _whole([rf"(?:to|for) (?:the |our )?(?:deputy |managing |vice |group )?{bosses}"])),
        (
            ("assistant", "secretary", "aide"),
            _whole([rf"{bosses}(?:'s|s')? (?:(?:personal|executive|office) )?(?:assistant|secretary|aide)"]),
        ),
        (("office of",), _whole([rf"office of the {bosses}"])),
        (
            tuple(data["chinese_helpers"]),
            rf"{chinese_bosses}(?:办公室|室)?\s?的?(?:行政|个人|私人|特别)?{chinese_helpers}",
        ),
        (("经理",), rf"{_any(data['chinese_called_manager'])}经理"),
        *(((first,), words) for first, words in data["no_rank"].items()),
    ]
    return _Words(
        tuple((first, re.compile(pattern)) for first, pattern in taken_out),
        tuple(
            (rank["level"], re.compile(f"{_whole(rank['english'])}|{_any(rank['chinese'])}"))
            for rank in data["ranks"]
        ),
    )


def _rank(line: str) -> str | None:
    return next((level for level, rank in _words().ranks if rank.search(line)), None)


def _without_false_ranks(line: str) -> str:
    for triggers, pattern in _words().taken_out:
        if any(trigger in line for trigger in triggers):
            line = pattern.sub(" | ", line)
    return line


@lru_cache(maxsize=16_384)
def parse_seniority(title: str | None, stated: str | None = None) -> Seniority:
    """The level of a title ("Sr. Software Engineer II" is senior), else that of a level field ("Mid-Senior level").

    Of several words the higher rank decides ("Senior Manager" is a manager, "Associate Director" a director), but an
    intern stays an intern. Nothing said: ("mid", missing).
    """
    line = folded(title)
    if line in LEVELS:
        return Seniority(line, PARSED)
    if line not in NOT_STATED:
        level = _rank(line)
        if level is not None and (level := _rank(_without_false_ranks(line))) is not None:
            return Seniority(level, PARSED)
    field = _STATED.get(folded(stated, 60)) if stated else None
    if field is not None:
        return Seniority(field, GIVEN)
    return _NO_TITLE if line in NOT_STATED else _ASSUMED
