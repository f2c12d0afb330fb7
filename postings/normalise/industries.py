"""Industries: some sixty, with NACE Rev. 2 and GB/T 4754-2017 sections beside each.

What belongs here: what a field calls the employer's industry becomes one id of `postings/data/industries.csv`. What
does not: guessing the industry from an employer's name or an ad's text.

Many boards call the kind of work an industry ("Sales & Promotion", "Accounting & Finance"): that says nothing of the
employer, so such a text has status missing with `field_of_work` set. The names of the Zhaopin study are industries of
their own, so "internet" and "IT services" stay apart.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from postings.normalise.wording import NOT_STATED, folded
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

FIELD_OF_WORK = "field-of-work"
"""Stands in the aliases' `industry_id` for names that are no industry but a kind of work."""

_NOTHING_SAID = NOT_STATED | {
    "other",
    "others",
    "other industries",
    "其他",
    "其它",
    "其他行业",
    "其它行业",
    "misc",
}
_GENERIC_ENGLISH = frozenset(
    "industry industries sector services service companies company manufacturing business group products".split()
)
_GENERIC_CHINESE = re.compile("(?:行业|产业|领域|业|类|服务|公司|企业)$")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_A_WORD = re.compile(r"[^\w+#]+")
_PARTS = re.compile(r"[/,;|、>·\n\\]|\s-\s")
_AND = re.compile(r"\sand\s|&|和|及")
_BRACKETS = re.compile(r"[(\[【]([^)\]】]*)[)\]】]?")
_MOST_PARTS = 12


@dataclass(frozen=True)
class IndustryEntry:
    """One industry of the table: its names and its sections of NACE Rev. 2 and GB/T 4754-2017."""

    id: str
    name_en: str
    name_zh: str
    nace_section: str
    gbt4754_section: str


@dataclass(frozen=True)
class Industry:
    """The id of an industry, or None; `field_of_work` where the text names a kind of work instead."""

    id: str | None
    field_of_work: bool
    status: str


_MISSING = Industry(None, False, MISSING)
_UNPARSED = Industry(None, False, UNPARSED)


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("postings").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def industries() -> dict[str, IndustryEntry]:
    """All industries by id, in the order of the table."""
    return {row["id"]: IndustryEntry(**row) for row in _rows("industries.csv")}


def _key(text: str) -> str:
    """Folded, punctuation to spaces, "&" to "and"; in Chinese text without spaces."""
    words = _NOT_A_WORD.sub(" ", text.replace("&", " and ")).strip()
    return words.replace(" ", "") if _HAN.search(words) else words


@cache
def _aliases() -> dict[str, str]:
    names = {_key(folded(row["alias"])): row["industry_id"] for row in _rows("industry_aliases.csv")}
    for entry in industries().values():
        names |= {_key(folded(name)): entry.id for name in (entry.id, entry.name_en, entry.name_zh)}
    return names


def _known(text: str) -> str | None:
    """The industry of a name, also without the words that all of them share ("... industry", "... services", 行业)."""
    names = _aliases()
    key = _key(text)
    if found := names.get(key):
        return found
    if _HAN.search(key):
        for _ in range(2):
            key = _GENERIC_CHINESE.sub("", key)
            if found := names.get(key):
                return found
        return None
    words = key.split()
    while len(words) > 1 and words[-1] in _GENERIC_ENGLISH:
        words.pop()
        if found := names.get(" ".join(words)):
            return found
    return None


def _nearly(text: str) -> str | None:
    """The longest name that a Chinese text begins or ends with; the first or last word of an English one."""
    names = _aliases()
    key = _key(text)[:40]
    if _HAN.search(key):
        ends = [key[:length] for length in range(len(key), 1, -1)]
        ends += [key[-length:] for length in range(len(key), 1, -1)]
    else:
        words = key.split()
        if not 1 < len(words) <= 6:
            return None
        ends = [" ".join(words[:2]), " ".join(words[-2:]), words[-1], words[0]]
        if words[0] in ("retail", "wholesale"):  # what is traded says less than that it is traded
            ends.insert(0, words[0])
    return next((names[end] for end in ends if end in names), None)


def _resolved(line: str) -> str | None:
    if found := _known(line):
        return found
    outside = _BRACKETS.sub(" ", line).strip()
    inside = [match[1] for match in _BRACKETS.finditer(line)]
    if outside != line and (found := _known(outside)):
        return found
    pieces = [piece for text in (outside, *inside) for piece in _PARTS.split(text) if piece.strip()]
    pieces = pieces[:_MOST_PARTS]
    # A list is read from the left; "and" may join two industries or stand inside a name, so it is cut last.
    for piece in pieces:
        if found := _known(piece) or _first_known(_AND.split(piece)):
            return found
    return next((found for piece in pieces if (found := _nearly(piece))), None)


def _first_known(names: list[str]) -> str | None:
    return next((found for name in names if name.strip() and (found := _known(name))), None)


@lru_cache(maxsize=16_384)
def parse_industry(text: str | None) -> Industry:
    """The industry that a field names, in English or Chinese: "Hospitals and Health Care", 互联网/电子商务, "Software".

    Of a list ("A / B") the first part that is known. Status: given (an id of the table), parsed, missing (nothing,
    "other", or a kind of work), unparsed (a name that is not known).
    """
    line = folded(text)
    if line in _NOTHING_SAID:
        return _MISSING
    if line in industries():
        return Industry(line, False, GIVEN)
    found = _resolved(line)
    if found is None:
        return _UNPARSED
    return Industry(None, True, MISSING) if found == FIELD_OF_WORK else Industry(found, False, PARSED)
