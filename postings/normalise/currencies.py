"""Currencies: what stands for one in text, which of several is meant, and what pay in it looks like.

What belongs here: codes, signs and names (from CLDR, through Babel, plus `postings/data/pay_words.csv` for what people
say and CLDR does not), and the orders of magnitude in `postings/data/currencies.csv`. What does not: conversion
(`postings.normalise.conversion`), which needs dated rates.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    get_currency_name,
    get_currency_precision,
    get_currency_symbol,
    get_territory_currencies,
)

DATA = Path(__file__).parents[1] / "data"

_NAMING_LOCALES = ("en", "zh")
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Magnitude:
    """What pay in a currency looks like, in that currency.

    `units_per_usd` is its order of magnitude (about 2024), to tell pay from nonsense, never to convert. Where a text
    says no period, an amount from `yearly_from` is a year's, from `monthly_from` a month's, and between `hourly_from`
    and `hourly_to` an hour's; None where nothing can be said.
    """

    units_per_usd: Decimal
    hourly_from: Decimal | None
    hourly_to: Decimal | None
    monthly_from: Decimal | None
    yearly_from: Decimal | None


@cache
def magnitudes() -> Mapping[str, Magnitude]:
    """Every current currency by its ISO 4217 code, the most used first."""
    with (DATA / "currencies.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["code"]: Magnitude(
                Decimal(row["units_per_usd"]),
                *(
                    Decimal(row[name]) if row[name] else None
                    for name in ("hourly_from", "hourly_to", "monthly_from", "yearly_from")
                ),
            )
            for row in csv.DictReader(stream)
        }


def _names_in_cldr(code: str) -> set[str]:
    names = {code}
    for locale in _NAMING_LOCALES:
        names |= {get_currency_name(code, count, locale=locale) for count in (None, 1, 2)}
        names.add(get_currency_symbol(code, locale=locale))
    english = get_currency_name(code, 2, locale="en"), get_currency_name(code, 1, locale="en")
    return names | {name.split()[-1] for name in english}


@cache
def _home_symbols() -> Mapping[str, set[str]]:
    """The sign of each currency where it is at home. Plain letters (R, K, Le) are left to our own list."""
    symbols: dict[str, set[str]] = {}
    for territory in map(str, Locale("en").territories):
        if len(territory) != 2 or not territory.isalpha():
            continue
        try:
            locale = Locale.parse(f"und_{territory}")
        except UnknownLocaleError:
            continue
        for code in get_territory_currencies(territory):
            symbol = get_currency_symbol(code, locale=locale).strip("\u200e\u200f")
            if not (symbol.isascii() and symbol.isalpha()):
                symbols.setdefault(code, set()).add(symbol)
    return symbols


@cache
def currency_words() -> Mapping[str, tuple[str, ...]]:
    """What stands for a currency, in lower case -> the codes it may mean, the likeliest first."""
    meanings: dict[str, set[str]] = {}
    spoken: dict[str, tuple[str, ...]] = {}
    with (DATA / "pay_words.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["kind"] == "currency":
                codes = tuple(row["value"].split())
                spoken |= dict.fromkeys(row["words"].split("|"), codes)
    home = _home_symbols()
    for code in magnitudes():
        for name in _names_in_cldr(code) | home.get(code, set()):
            meanings.setdefault(name.lower().replace("￥", "¥"), set()).add(code)
    ordered = list(magnitudes())
    return {
        word: spoken.get(word, ()) + tuple(sorted(codes - set(spoken.get(word, ())), key=ordered.index))
        for word, codes in meanings.items()
    } | {word: codes for word, codes in spoken.items() if word not in meanings}


@lru_cache(maxsize=4096)
def _currency_of(stripped: str) -> str | None:
    if stripped.upper() in magnitudes():
        return stripped.upper()
    name = stripped.lower().replace("￥", "¥")
    meant = currency_words().get(name) or currency_words().get(name.rstrip("."))
    return meant[0] if meant else None


def currency_of(text: str | None) -> str | None:
    """The ISO 4217 code that a currency column states by code, sign or name; None where it states none.

    A bare $ is USD and a bare ¥ is CNY.
    """
    if not text or len(text) > 10 * _LONGEST_NAME:
        return None
    return _currency_of(text.strip()[:_LONGEST_NAME])


@lru_cache(maxsize=512)
def currency_of_country(country: str | None) -> str | None:
    """The currency of a country given by its ISO 3166 alpha-2 code, or None."""
    if country is None or len(country) != 2 or not country.isalpha():
        return None
    # A fixed day: what a posting says must not depend on when it is read.
    current = get_territory_currencies(country.upper(), dt.date(2024, 1, 1))
    return current[0] if current else None


def meant_currency(candidates: tuple[str, ...], stated: str | None, country: str | None) -> str | None:
    """Which of `candidates` (the likeliest first) is meant beside a currency column and a country's code."""
    if not candidates:
        return stated
    for known in (stated, currency_of_country(country)):
        if known in candidates:
            return known
    return candidates[0]


@cache
def written_with_thousandths() -> frozenset[str]:
    """Currencies of three decimals (Kuwaiti dinars, say): there 450.500 is no half million."""
    return frozenset(code for code in magnitudes() if get_currency_precision(code) == 3)
