"""Pay in US dollars, by dated rates.

What belongs here: reading the table of rates and one division. What does not: which pay, and how it became monthly.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from postings.normalise.pay import Pay

Rates = Mapping[tuple[str, str], Decimal]
"""(month "YYYY-MM", ISO 4217 code) -> units of the currency that one US dollar buys, above zero."""

_CENT = Decimal("0.01")


def read_rates(path: Path) -> dict[tuple[str, str], Decimal]:
    """The rates in a CSV file with the columns month, currency and units_per_usd, like the seed `currency_rates`.

    Raises ValueError, with the line, for a rate that is not above zero or no number, and for a pair that occurs twice.
    """
    rates: dict[tuple[str, str], Decimal] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            key = row["month"], row["currency"]
            try:
                rate = Decimal(row["units_per_usd"])
            except ArithmeticError:
                rate = Decimal("NaN")
            if not (rate.is_finite() and rate > 0) or key in rates:
                raise ValueError(f"{path.name}, line {number}: {key} needs one rate above zero")
            rates[key] = rate
    return rates


def converted_monthly(pay: Pay, on_date: dt.date | None, rates: Rates) -> Decimal | None:
    """The monthly pay in US dollars, in cents: the middle of the range, or the one end that is stated.

    The rate is that of the month of `on_date`. None without a monthly pay, a currency, a date, or a rate of that very
    month: a neighbouring month's would hide a devaluation.
    """
    ends = [end for end in (pay.monthly_minimum, pay.monthly_maximum) if end is not None]
    if not ends or pay.currency is None or on_date is None:
        return None
    rate = rates.get((f"{on_date.year:04d}-{on_date.month:02d}", pay.currency))
    if rate is None:
        return None
    return (sum(ends, Decimal(0)) / len(ends) / rate).quantize(_CENT, rounding=ROUND_HALF_EVEN)
