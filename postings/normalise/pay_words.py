"""The words of pay: a text becomes tokens that say what each piece may mean.

What belongs here: cutting a text into numbers, words and signs, and looking them up in
`postings/data/pay_words.csv` and among the currencies. What does not: which number is the pay
(`postings.normalise.pay_text`).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from html import unescape
from typing import NamedTuple

from postings.normalise.currencies import DATA, currency_words

PAY_CHARACTERS = 400
"""How much of a text is read. Pay strings are short; what lies behind is an advertisement."""

NUMBER = "number"

_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af"
_PIECES = re.compile(
    rf"""
      (?P<number>
          \d{{1,3}}(?:[ \u00a0]\d{{3}})+(?!\d)(?:[.,]\d{{1,2}}(?!\d))?
        | \d{{1,3}},\s\d{{3}}(?![\d,])
        | \d+(?:[.,'’]\d+)*
      )
    | (?P<initials>[^\W\d_](?:\.[^\W\d_])+(?![^\W\d_])\.?)
    | (?P<money>[^\W\d_{_EAST_ASIAN}]{{1,3}}[$£€¥])
    | (?P<east>[{_EAST_ASIAN}])
    | (?P<word>[^\W\d_{_EAST_ASIAN}]+(?:['’][^\W\d_{_EAST_ASIAN}]+)?)
    | (?P<newline>\n)
    | (?P<sign>\.\.\.?|\.[-–—]{{1,2}}|\S)
    """,
    re.VERBOSE,
)
_RETIREMENT_PLAN = re.compile(r"401\s?\(?[kK]\)?(?![a-zA-Z])")
_NOT_PAY = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?|(?<!\d)\d{1,4}/\d{1,2}/\d{1,4}(?!\d)|(?<!\d)\d{4}-\d{1,2}-\d{1,2}(?!\d)"
    r"|(?<!\d)24\s?/\s?7(?!\d)"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_CHINESE_NUMERAL = re.compile(r"[一二两三四五六七八九十百千万半]{2,8}")
_LONGEST_EAST = 8
_LONGEST_PHRASE = 4
_ONLY_IN_CAPITALS = frozenset(
    "ALL AMD ANG BAM BOB CAD CUP GEL LAK MAD MOP MUR PEN RON RUB SAR SOS STN TOP TRY TMT WST".split()
)
"""Codes that are also words or names: "top 5,000" states no paʻanga."""

Kinds = Mapping[str, str | tuple[str, ...]]


class Token(NamedTuple):
    """A piece of the text: what it may mean (kind -> value), how it is written, and where it stands."""

    kinds: Kinds
    text: str
    start: int
    end: int


_UNKNOWN: Kinds = {}
_NUMBER_KIND: Kinds = {NUMBER: ""}
_BREAK: Kinds = {"break": ""}
_BREAKS = frozenset(";,，、；。()[]{}:：|\n")


def _raw(text: str) -> list[tuple[str, str, int, int]]:
    return [
        (match.lastgroup or "", match.group(), match.start(), match.end()) for match in _PIECES.finditer(text)
    ]


def _spelled(kind: str, piece: str) -> str:
    return piece.replace(".", "") if kind == "initials" else piece.replace("’", "'")


class Vocabulary(NamedTuple):
    """Phrases by their first word, the longest first; East Asian words, which need no spaces, by themselves."""

    phrases: Mapping[str, list[tuple[tuple[str, ...], Kinds]]]
    east: Mapping[str, Kinds]


@cache
def vocabulary() -> Vocabulary:
    """The words of pay, read once."""
    meanings: dict[str, dict[str, str | tuple[str, ...]]] = {}
    with (DATA / "pay_words.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["kind"] != "currency":
                for word in row["words"].split("|"):
                    meanings.setdefault(word, {})[row["kind"]] = row["value"]
    for word, codes in currency_words().items():
        meanings.setdefault(word, {})["currency"] = codes
    phrases: dict[str, list[tuple[tuple[str, ...], Kinds]]] = {}
    east: dict[str, Kinds] = {}
    for word, kinds in meanings.items():
        pieces = _raw(unicodedata.normalize("NFKC", word))
        if not pieces:
            continue
        if pieces[0][0] == "east":
            east[word] = kinds
        else:
            spelled = tuple(_spelled(kind, piece) for kind, piece, _, _ in pieces)
            phrases.setdefault(spelled[0], []).append((spelled, kinds))
    for known in phrases.values():
        known.sort(key=lambda phrase: -len(phrase[0]))
    return Vocabulary(phrases, east)


def readable(text: str) -> str:
    """The part of `text` that is read: at most PAY_CHARACTERS, compatibility forms folded, no dates, no times.

    A number that the cut would halve is left out whole.
    """
    cut = text[: PAY_CHARACTERS + 1]
    if "&" in cut:
        cut = unescape(cut)
    if not cut.isascii():
        cut = unicodedata.normalize("NFKC", cut)
        cut = _FOREIGN_DIGIT.sub(lambda digit: str(int(digit.group())), cut)
    if len(cut) > PAY_CHARACTERS:
        cut = cut[:PAY_CHARACTERS].rstrip("0123456789.,' ")
    return _NOT_PAY.sub(" ; ", _RETIREMENT_PLAN.sub(" ", cut))


def _chinese_numeral(text: str) -> int | None:
    """五千 -> 5000, 一万五 -> 15000, 十三 -> 13; None for what is no numeral."""
    digits = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "半": 5}
    units = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
    total = section = digit = 0
    last_unit = 1
    for character in text:
        if character in digits:
            if digit:
                return None
            digit = digits[character]
        elif character == "万":
            total, section, digit = (total + section + digit or 1) * 10_000, 0, 0
            last_unit = 10_000
        else:
            section += (digit or 1) * units[character]
            digit, last_unit = 0, units[character]
    return total + section + (digit * last_unit // 10 if last_unit >= 100 else digit)


def _east_token(text: str, start: int, known: Mapping[str, Kinds], after_number: bool) -> Token:
    lowered = text[start : start + _LONGEST_EAST].lower()
    if not after_number and (numeral := _CHINESE_NUMERAL.match(text, start)):
        value = _chinese_numeral(numeral.group())
        if value is not None and value >= 10:
            return Token({NUMBER: str(value)}, numeral.group(), start, numeral.end())
    for length in range(len(lowered), 0, -1):
        if kinds := known.get(lowered[:length]):
            return Token(kinds, lowered[:length], start, start + length)
    return Token(_UNKNOWN, text[start], start, start + 1)


def _phrase_token(
    pieces: list[tuple[str, str, int, int]],
    at: int,
    phrases: Mapping[str, list[tuple[tuple[str, ...], Kinds]]],
) -> tuple[Token, int] | None:
    kind, piece, start, end = pieces[at]
    for spelled, kinds in phrases.get(_spelled(kind, piece).lower(), ()):
        length = len(spelled)
        if length > 1:
            if at + length > len(pieces):
                continue
            following = pieces[at + 1 : at + length]
            if any(
                _spelled(k, p).lower() != want
                for (k, p, _, _), want in zip(following, spelled[1:], strict=True)
            ):
                continue
            end = following[-1][3]
        if length == 1 and piece.upper() in _ONLY_IN_CAPITALS and not piece.isupper() and "currency" in kinds:
            kinds = {name: value for name, value in kinds.items() if name != "currency"}
        return Token(kinds, " ".join(spelled), start, end), length
    return None


def tokens(text: str) -> list[Token]:
    """The tokens of a `readable` text, in order."""
    known = vocabulary()
    pieces = _raw(text)
    found: list[Token] = []
    at = 0
    while at < len(pieces):
        kind, piece, start, end = pieces[at]
        if found and start < found[-1].end:  # inside an East Asian word that took it along
            at += 1
            continue
        if kind == "number":
            found.append(Token(_NUMBER_KIND, piece, start, end))
        elif kind == "east":
            after_number = bool(found) and NUMBER in found[-1].kinds and found[-1].end == start
            found.append(_east_token(text, start, known.east, after_number))
        elif matched := _phrase_token(pieces, at, known.phrases):
            token, length = matched
            found.append(token)
            at += length
            continue
        elif kind == "money":
            # A sign behind unknown letters: "to$500" is "to" and "$".
            for part, begin in ((piece[:-1], start), (piece[-1], end - 1)):
                inner = _phrase_token([("word", part, begin, begin + len(part))], 0, known.phrases)
                found.append(inner[0] if inner else Token(_UNKNOWN, part.lower(), begin, begin + len(part)))
        elif (
            kind == "word"
            and piece[0] in "kK"
            and found
            and NUMBER in found[-1].kinds
            and found[-1].end == start
        ):
            # "45kpa" is 45 thousand a year.
            found.append(Token({"times": "1000"}, "k", start, start + 1))
            rest = _phrase_token([("word", piece[1:], start + 1, end)], 0, known.phrases)
            found.append(rest[0] if rest else Token(_UNKNOWN, piece[1:].lower(), start + 1, end))
        else:
            found.append(Token(_BREAK if piece in _BREAKS else _UNKNOWN, piece.lower(), start, end))
        at += 1
    return found
