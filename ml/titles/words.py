"""A wording becomes the words that are compared, each with how much it says about the title.

What belongs here: cleaning, short forms, English words, Chinese character pairs, and which part of a posting's
title carries the job. What does not: which titles there are, and how well two wordings agree (search.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ml.titles.vocabulary import (
    ABBREVIATIONS,
    CHINESE_LEVELS,
    CHINESE_TERMS,
    DEGREES,
    FORMS,
    HALF_DEGREES,
    JOINING,
    PHRASES,
    RANKS,
    TERMS,
)

LONGEST = 300
"""Characters of a wording that are read. Real titles are shorter; a pasted posting must not slow the search."""

DEGREE_WEIGHT, HALF_DEGREE_WEIGHT, TERM_WEIGHT = 0.3, 0.8, 0.12
LONE_CHARACTER_WEIGHT = 0.4
LATER_PART, BRACKETED, AFTER_COMMA = 0.5, 0.45, 0.75
"""How much a word counts behind a dash or bar, in brackets, and behind a comma."""

_BRACKETS = re.compile(r"[(\[{【《「〔<][^)\]}】》」〕>]*[)\]}】》」〕>]?")
_DOTTED = re.compile(r"\b((?:[a-z]\.){2,})(?![a-z]{2})|\b((?:[a-z]\.)+[a-z])\b")
_PAY = re.compile(
    r"[$€£¥]\s?\d[\d,.]*\s?k?\+?(?:\s?(?:-|–|to)\s?[$€£¥]?\d[\d,.]*\s?k?)?(?:\s?(?:/|per\s|an?\s)\s?[a-z]+)?"
    r"|\d[\d,.]*\s?/\s?(?:hr|hour|wk|week|mo|month|yr|year)\b"
)
_PART = re.compile(
    r"\s[-–—~|:*•/]+\s|\s[-–—~]|[-–—~]\s|[|~•:;*!?—–。，、；：！？]|(?<=[㐀-鿿])[-/+]|[-/+](?=[㐀-鿿])|(,)"
)
_WORD = re.compile(r"c\+\+|[cf]#|\.net\b|[a-z][a-z0-9]*|[0-9]+[a-z]*|[㐀-鿿]+|[^\W\d_a-z㐀-鿿]+")
_CHINESE = re.compile(r"[㐀-鿿]")
_LONGEST_PHRASE = max(len(phrase.split()) for phrase in PHRASES)
_CHINESE_LEVELS = re.compile("|".join(sorted(CHINESE_LEVELS, key=len, reverse=True)))
_CHINESE_TERMS = re.compile("|".join(sorted(CHINESE_TERMS, key=len, reverse=True)))


@dataclass(frozen=True)
class Words:
    """A wording as it is compared.

    `weights`: each word (or Chinese character pair) with its share of the wording's meaning, 0 to 1, in the
    order of the wording. `rank`: the rank that it names (director, vp ...), or "".
    """

    weights: dict[str, float]
    rank: str


def plain(text: str) -> str:
    """One spelling for the many: Unicode NFKC (full-width forms), small letters, no accents, single spaces."""
    bare = text[:LONGEST]
    if bare.isascii():
        bare = bare.lower()  # what the steps below come to, at a tenth of their time
    else:
        folded = unicodedata.normalize("NFKC", bare).casefold()
        bare = "".join(
            mark for mark in unicodedata.normalize("NFD", folded) if not unicodedata.combining(mark)
        )
        bare = unicodedata.normalize("NFC", bare).replace("’", "'")
    bare = bare.replace("'s", "s").replace("'", "")
    bare = _DOTTED.sub(lambda found: found.group().replace(".", ""), bare)
    return " ".join(bare.replace("_", " ").replace("&", " and ").split())


def words_of(text: str, of_title: bool = False) -> Words:
    """The words of a wording. Never raises; a text without letters or digits has none.

    `of_title`: the wording is a title's own, so that words which are terms of the job elsewhere count in full.
    """
    weights: dict[str, float] = {}
    for part, share in _parts(_PAY.sub(" ", plain(text))):
        for word in _english_words(part):
            own = 1.0 if of_title and word in TERMS else _own_weight(word)
            _keep(weights, word, share * own)
        for run in re.findall(r"[㐀-鿿]+", part):
            _keep_chinese(weights, run, share)
    return Words(weights, _rank(weights))


def _keep(weights: dict[str, float], word: str, weight: float) -> None:
    weights[word] = max(weight, weights.get(word, 0.0))


def _parts(text: str) -> list[tuple[str, float]]:
    """The parts of a title with their shares: the first that names anything counts in full."""
    bracketed = [found.strip("()[]{}【】《》「」〔〕<> ") for found in _BRACKETS.findall(text)]
    rest = _BRACKETS.sub(" ", text)
    parts: list[tuple[str, float]] = []
    start, share = 0, 1.0
    for cut in [*_PART.finditer(rest), None]:
        part = rest[start : cut.start() if cut else None]
        if _names_something(part):
            parts.append((part, share if parts else 1.0))
        if cut:
            start = cut.end()
            share = min(share, AFTER_COMMA if cut.group(1) else LATER_PART) if parts else 1.0
    inside = BRACKETED if parts else 1.0
    return [*parts, *((part, inside) for part in bracketed if part)]


def _names_something(part: str) -> bool:
    return any(not word[0].isdigit() and word not in TERMS for word in _WORD.findall(part))


def _english_words(part: str) -> list[str]:
    """Words in one form: short forms spelled out, phrases joined, plurals taken off, joining words gone."""
    spelled = " ".join(
        ABBREVIATIONS.get(word, word) for word in _WORD.findall(part) if not _CHINESE.search(word)
    ).split()
    joined: list[str] = []
    at = 0
    while at < len(spelled):
        for length in range(_LONGEST_PHRASE, 0, -1):
            phrase = " ".join(spelled[at : at + length])
            if phrase in PHRASES:
                joined.extend(PHRASES[phrase].split())
                at += length
                break
        else:
            joined.append(spelled[at])
            at += 1
    return [_form(word) for word in joined if word not in JOINING]


def _form(word: str) -> str:
    if word in FORMS:
        return FORMS[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-3] + "y" if word.endswith("ies") and len(word) > 5 else word[:-1]
    return FORMS.get(word, word)


def _own_weight(word: str) -> float:
    if word in TERMS or word[0].isdigit():
        return TERM_WEIGHT
    if word in DEGREES:
        return DEGREE_WEIGHT
    return HALF_DEGREE_WEIGHT if word in HALF_DEGREES else 1.0


def _keep_chinese(weights: dict[str, float], run: str, share: float) -> None:
    """Pairs of neighbouring characters: Chinese has no spaces, and a pair is nearly a word."""
    for pattern, weight in ((_CHINESE_TERMS, TERM_WEIGHT), (_CHINESE_LEVELS, DEGREE_WEIGHT)):
        for said in pattern.findall(run):
            _keep(weights, said, share * weight)
    rest = _CHINESE_LEVELS.sub(" ", _CHINESE_TERMS.sub(" ", run))
    for piece in rest.split() or [run]:
        for at in range(max(1, len(piece) - 1)):
            _keep(weights, piece[at : at + 2], share)
        for character in piece:
            _keep(weights, character, share * LONE_CHARACTER_WEIGHT)


def _rank(weights: dict[str, float]) -> str:
    """The highest rank among the words that are not aside in a later part."""
    named = {RANKS[word] for word, weight in weights.items() if word in RANKS and weight >= AFTER_COMMA}
    return next((rank for rank in dict.fromkeys(RANKS.values()) if rank in named), "")
