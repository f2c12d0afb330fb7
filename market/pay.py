"""Pay as sources write it: dozens of dialects, by country.

What belongs here: turning a yearly amount in local currency into the free text of an advertisement. What does not:
reading such text again, which is the pipeline's business and must not learn from here.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Writer = Callable[[float, float, random.Random], str]
"""(lowest, highest) pay a year in local currency -> text."""


def _round(amount: float, step: int) -> int:
    return max(step, round(amount / step) * step)


def _k(amount: float) -> str:
    return f"{max(1, round(amount / 1000))}k"


def _thousands(amount: float, separator: str) -> str:
    return f"{_round(amount, 500):,}".replace(",", separator)


def _hourly(amount: float) -> float:
    return amount / 2080


def _indian(amount: float) -> str:
    """1234567 -> 12,34,567."""
    digits = str(_round(amount, 10_000))
    head, tail = digits[:-3], digits[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail])


def _wan(amount: float) -> str:
    return f"{amount / 10_000:.1f}".removesuffix(".0")


def _months_of_pay(dice: random.Random) -> int:
    return dice.choice((13, 13, 14, 15, 16))


def _western(sign: str, code: str) -> list[Writer]:
    """The dialects of dollars, pounds and their relatives; `sign` stands before the number."""
    return [
        lambda low, high, _: f"{sign}{_round(low, 500):,} - {sign}{_round(high, 500):,}",
        lambda low, high, _: f"{sign}{_round(low, 1000):,} - {sign}{_round(high, 1000):,} per year",
        lambda low, high, _: f"{sign}{_round(low, 1000):,}.00 - {sign}{_round(high, 1000):,}.00 annually",
        lambda low, high, _: f"{sign}{_k(low)}–{sign}{_k(high)}",
        lambda low, high, _: f"{sign}{_k(low)} - {_k(high)} a year",
        lambda low, high, _: f"{code} {_round(low, 1000)}-{_round(high, 1000)} per annum",
        lambda low, high, _: f"{_round(low, 1000):,} - {_round(high, 1000):,} {code}",
        lambda low, high, _: f"Up to {sign}{_round(high, 1000):,}",
        lambda low, high, _: f"From {sign}{_round(low, 1000):,} a year",
        lambda low, high, _: f"{sign}{_round((low + high) / 2, 1000):,}/yr",
        lambda low, high, _: f"{sign}{_round(low / 12, 50):,} - {sign}{_round(high / 12, 50):,} monthly",
        lambda low, high, _: f"{sign}{_round(high / 12, 50):,} per month",
    ]


def _wages(sign: str) -> list[Writer]:
    """The dialects of hourly and daily pay."""
    return [
        lambda low, high, _: f"{sign}{_hourly(low):.2f} - {sign}{_hourly(high):.2f} per hour",
        lambda low, high, _: f"{sign}{_hourly(low):.0f}-{sign}{_hourly(high):.0f}/hr",
        lambda low, high, _: f"{sign}{_hourly((low + high) / 2):.2f}/hour",
        lambda low, high, _: f"Starting at {sign}{_hourly(low):.2f} an hour",
        lambda low, high, _: f"{sign}{_hourly(low):.2f} to {sign}{_hourly(high):.2f} hourly",
        lambda low, high, _: f"{sign}{_round(_hourly((low + high) / 2) * 8, 5)} per day",
    ]


def _qian_and_wan(low: float, high: float) -> str:
    """A month's pay as boards in China write it: in thousands, in ten thousands, or from the one to the other."""
    low, high = low / 12, high / 12
    if high < 9_950:
        return f"{_round(low, 500) / 1000:g}-{_round(high, 500) / 1000:g}千"
    if low < 9_950:
        return f"{_round(low, 500) / 1000:g}千-{_wan(high)}万"
    return f"{_wan(low)}-{_wan(high)}万"


_CHINESE_SHARES: list[tuple[int, Writer]] = [
    (130, lambda low, high, _: _qian_and_wan(low, high)),
    (40, lambda low, high, dice: f"{_qian_and_wan(low, high)}·{_months_of_pay(dice)}薪"),
    (10, lambda low, high, _: f"{_wan(low)}-{_wan(high)}万/年"),
    (10, lambda low, high, _: f"{_round(low / 12, 500)}-{_round(high / 12, 500)}元/月"),
    (8, lambda low, high, dice: f"{round(low / 12_000)}-{round(high / 12_000)}K·{_months_of_pay(dice)}薪"),
    (5, lambda low, high, _: f"{_wan(low / 12)}-{_wan(high / 12)}万/月"),
    (4, lambda low, high, _: f"{round(low / 12_000)}k-{round(high / 12_000)}k"),
    (3, lambda low, high, _: f"年薪{_wan(low)}-{_wan(high)}万"),
    (2, lambda low, high, _: f"月薪{_round((low + high) / 24, 500)}元"),
    (1, lambda low, high, _: f"{_round(low / 260, 10)}元/天"),
]
"""The dialects of Chinese boards, by how often they are met; the first two are most of what a large board shows."""

_CHINESE: list[Writer] = [writer for share, writer in _CHINESE_SHARES for _ in range(share)]
_EURO: list[Writer] = [
    lambda low, high, _: f"€{_thousands(low, ',')} - €{_thousands(high, ',')}",
    lambda low, high, _: f"{_thousands(low, '.')} € – {_thousands(high, '.')} € brutto/Jahr",
    lambda low, high, _: f"€{_k(low)} - €{_k(high)}",
    lambda low, high, _: f"{_thousands(low, ' ')} € par an",
    lambda low, high, _: f"EUR {_round(low, 1000)} - {_round(high, 1000)} p.a.",
    lambda low, high, _: f"{_thousands(high / 12, '.')} EUR / Monat",
]
_INDIAN: list[Writer] = [
    lambda low, high, _: f"₹{_indian(low)} - ₹{_indian(high)} a year",
    lambda low, high, _: f"{low / 100_000:.0f}-{max(high, low + 100_000) / 100_000:.0f} LPA",
    lambda low, high, _: f"{low / 100_000:.1f} - {high / 100_000:.1f} Lacs P.A.",
    lambda low, high, _: f"INR {_indian(low)} - {_indian(high)} P.A.",
    lambda low, high, _: f"₹{_round(low / 12, 500):,} - ₹{_round(high / 12, 500):,} per month",
]
_ETHIOPIAN: list[Writer] = [
    lambda low, high, _: f"{_round((low + high) / 24, 500):,} ETB Monthly",
    lambda low, high, _: f"{_round(low / 12, 500):,} - {_round(high / 12, 500):,} ETB per month",
]
_BRAZILIAN: list[Writer] = [
    lambda low, high, _: f"R$ {_thousands(low / 12, '.')},00 por mês",
    lambda low, high, _: f"R$ {_thousands(low / 12, '.')} - R$ {_thousands(high / 12, '.')}",
]
_UNSAID_EN = (
    "Competitive",
    "DOE",
    "Competitive salary",
    "Negotiable",
    "To be discussed",
    "Commensurate with experience",
)
_UNSAID_ZH = ("面议", "薪资面议")

_SALARIES: dict[str, list[Writer]] = {
    "USD": _western("$", "USD"),
    "GBP": _western("£", "GBP"),
    "CAD": [*_western("$", "CAD"), *_western("C$", "CAD")[:2]],
    "AUD": [*_western("$", "AUD"), lambda low, high, _: f"${_k(low)} - ${_k(high)} + super"],
    "SGD": [*_western("S$", "SGD"), *_western("$", "SGD")[-2:]],
    "EUR": _EURO,
    "CNY": _CHINESE,
    "INR": _INDIAN,
    "ETB": _ETHIOPIAN,
    "BRL": _BRAZILIAN,
}
_HOURLY: dict[str, list[Writer]] = {
    "USD": _wages("$"),
    "GBP": _wages("£"),
    "CAD": _wages("$"),
    "AUD": _wages("$"),
    "SGD": _wages("S$"),
}
STATED = {"CNY": 0.98, "USD": 0.52, "GBP": 0.55}
"""Share of ads that say something about pay, by currency; the others are rarer still."""

STATED_ELSEWHERE = 0.4
HOURLY_BELOW = 62_000
"""Dollars a year of pay in the title's data below which jobs are mostly paid by the hour where that is usual."""


def dialects() -> int:
    """How many ways of writing a pay there are, over all currencies."""
    return (
        sum(len(set(writers)) for writers in _SALARIES.values())
        + sum(map(len, _HOURLY.values()))
        + len(_UNSAID_EN)
        + len(_UNSAID_ZH)
    )


def write_pay(currency: str, low: float, high: float, dollars: float, dice: random.Random) -> str:
    """One way of writing pay of `low` to `high` a year in `currency`; `dollars` tells wages from salaries.

    Some 6 % name no figure ("Competitive", "面议"), in China 2 %.
    """
    if dice.random() < (0.02 if currency == "CNY" else 0.06):
        return dice.choice(_UNSAID_ZH if currency == "CNY" else _UNSAID_EN)
    writers = _SALARIES[currency]
    if currency in _HOURLY and dollars < HOURLY_BELOW and dice.random() < 0.6:
        writers = _HOURLY[currency]
    return dice.choice(writers)(low, high, dice)
