"""The wording of a raw title: what is left when seniority, terms of the job, places and numbers are taken off.

What belongs here: one normal form a raw title, and the forms that the standard titles hold. What does not: which
wordings are new (`concepts`) or grow (`emerging`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ml.titles.vocabulary import CHINESE_LEVELS, CHINESE_TERMS
from ml.titles.words import plain, words_of

SAYS_ENOUGH = 0.4
"""Words that weigh less in `ml.titles.words` (degrees of seniority, terms of the job) are not part of a wording."""

_BESIDE = frozenset("lead staff principal associate trainee apprentice deputy contract ftc".split())
"""Seniority and terms of the contract, where they begin or end a wording of several words."""

_LETTERS_THAT_NAME = frozenset("cr")
_CHINESE = re.compile(r"[㐀-鿿]+")
_SAYS_LITTLE = re.compile("|".join(sorted((*CHINESE_LEVELS, *CHINESE_TERMS), key=len, reverse=True)))
_NUMBERED = re.compile(r"[a-z]*\d{3,}")
LONGEST = 120
"""Characters of a wording that are kept."""


@dataclass(frozen=True)
class HeldWordings:
    """What the standard titles say. titles: wording -> the titles that hold it; words: all their words."""

    titles: Mapping[str, frozenset[str]]
    words: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, wordings: Mapping[str, Iterable[str]]) -> HeldWordings:
        """From title id -> all its wordings (names and aliases)."""
        held: dict[str, set[str]] = {}
        for title_id, spoken in wordings.items():
            for wording in spoken:
                if form := normal_wording(wording):
                    held.setdefault(form, set()).add(title_id)
        return cls(
            {form: frozenset(titles) for form, titles in held.items()},
            frozenset(word for form in held for word in form.split()),
        )


def normal_wording(title: str, places: frozenset[str] = frozenset()) -> str:
    """Words in their order, one space between; "" where nothing is left. Never raises.

    `places`: words that name a place, dropped behind the first part of the title ("Nurse - Berlin").
    """
    words = [
        word
        for word, weight in words_of(title).weights.items()
        if weight >= SAYS_ENOUGH
        and not _CHINESE.search(word)
        and not (len(word) == 1 and word not in _LETTERS_THAT_NAME)
        and not _NUMBERED.fullmatch(word)
        and not (weight < 1 and word in places)
    ]
    while len(words) > 1 and words[0] in _BESIDE:
        words = words[1:]
    while len(words) > 1 and words[-1] in _BESIDE:
        words = words[:-1]
    for run in () if title.isascii() else _CHINESE.findall(plain(title)):
        words += [piece for piece in _SAYS_LITTLE.sub(" ", run).split() if len(piece) > 1]
    return " ".join(dict.fromkeys(words))[:LONGEST]


def place_words(names: Iterable[str | None], held: HeldWordings) -> frozenset[str]:
    """The words of the names of places that are no word of a standard title."""
    words = (word for name in names if name for word in plain(name).split())
    return frozenset(word for word in words if len(word) > 1 and word not in held.words)
