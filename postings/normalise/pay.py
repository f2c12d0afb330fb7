"""Pay: number columns and free text become bounds, currency, period, months a year and a monthly range.

What belongs here: how columns and text go together, the default period, and what cannot be anybody's pay. What does
not: how a text is read (`postings.normalise.pay_text`) and conversion between currencies (`conversion`).

A pay that is not understood is `unparsed` and has no numbers; it is never zero. The monthly range takes 2,080 hours,
260 days, 52 weeks and 12 months to a year; a thirteenth salary stands in `months` and is not spread over the twelve.
A shift counts as a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from postings.normalise.currencies import currency_of, magnitudes, meant_currency
from postings.normalise.numbers import parse_decimal
from postings.normalise.pay_text import (
    COMMISSION_ONLY,
    COMPETITIVE,
    NEGOTIABLE,
    NO_AMOUNT,
    NOT_DISCLOSED,
    OTHER_PERIOD,
    PAY_SCALE,
    SIDE_PAYMENT,
    UNPAID,
    Reading,
    read_pay,
)
from postings.normalise.pay_words import PAY_CHARACTERS, tokens
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

__all__ = ["PERIODS", "Pay", "currency_of", "parse_pay", "pay_of", "period_of"]

PERIODS = ("hour", "day", "week", "month", "year")

UNSTATED = frozenset({NEGOTIABLE, COMPETITIVE, NOT_DISCLOSED, UNPAID, COMMISSION_ONLY})
"""Reasons of a `missing` pay whose text says something, but no amount."""

ZERO, ABSURD_AMOUNT, FAR_APART, IMPLAUSIBLE = (
    "zero",
    "absurd_amount",
    "bounds_far_apart",
    "implausible_for_period",
)
BARE_NUMBER, NO_MONTHLY, COLUMNS_DISAGREE = "bare_number", "period_not_convertible", "columns_disagree"
UNREADABLE = frozenset(
    {ZERO, ABSURD_AMOUNT, FAR_APART, IMPLAUSIBLE, BARE_NUMBER, PAY_SCALE, SIDE_PAYMENT, NO_AMOUNT}
)
"""Reasons of an `unparsed` pay. At a parsed one `absurd_amount` says that one of two bounds was set aside, and
`implausible_for_period` that the period said cannot be right and another was inferred."""

_A_YEAR = {"hour": 2080, "day": 260, "week": 52, "month": 12, "year": 1}
_WIDEST_RANGE = 100
"""A maximum above a hundred times the minimum mixes two units."""

_STRONG = frozenset({"USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"})
_PLAUSIBLE_STRONG = (Decimal(100), Decimal(500_000))
_PLAUSIBLE_DOLLARS = (Decimal(4), Decimal(280_000))
"""Monthly pay between which a period can be believed: in the currency where it is strong, else in dollars' worth."""

_POSSIBLE_AMOUNT = (Decimal("0.01"), Decimal(10_000_000_000))
_POSSIBLE_MONTHLY = (Decimal(1), Decimal(10_000_000_000))
_POSSIBLE_DOLLARS = Decimal("0.1")
_CENT = Decimal("0.01")
_HOURS_A_YEAR = (1_500, 2_200)
_SCALE_POINT = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_PERIOD_CHARACTERS = 60


@dataclass(frozen=True)
class Pay:
    """What a posting pays. Bounds in `currency` per `period`; the monthly bounds in the same currency.

    `months`: salaries a year where stated. `swapped`: the bounds stood in the wrong order and were put right.
    `commission`: commission, bonus or other pay by results is named beside or instead of the amount.
    `period_inferred`: no period is stated; the one given follows from currency and size. `reason`: why there is no
    amount (UNSTATED, UNREADABLE), why a bound was set aside (`absurd_amount`), or why there is no monthly range
    although a period is stated (`period_not_convertible`: a lesson, a task, a fortnight).
    """

    minimum: Decimal | None
    maximum: Decimal | None
    currency: str | None
    period: str | None
    months: Decimal | None
    monthly_minimum: Decimal | None
    monthly_maximum: Decimal | None
    status: str
    swapped: bool = False
    commission: bool = False
    period_inferred: bool = False
    reason: str | None = None


def _without_numbers(status: str, reason: str | None = None, commission: bool = False) -> Pay:
    return Pay(None, None, None, None, None, None, None, status, commission=commission, reason=reason)


NOT_STATED = _without_numbers(MISSING)


@lru_cache(maxsize=4096)
def _period_of(stripped: str) -> str | None:
    bare = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year", "mon": "month"}
    if stripped in bare:
        return bare[stripped]
    for token in tokens(stripped):
        for kind in ("period", "unit"):
            if (found := token.kinds.get(kind)) in PERIODS:
                return str(found)
    return None


def period_of(text: str | None) -> str | None:
    """hour, day, week, month or year, from "YEAR", "1 YEAR", "per-hour-wage", "monthly", 年; None for anything else."""
    return _period_of(text[:_PERIOD_CHARACTERS].strip().lower().replace("_", " ")) if text else None


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_CENT, rounding=ROUND_HALF_EVEN)


def _monthly(amount: Decimal | None, period: str | None) -> Decimal | None:
    if amount is None or period not in _A_YEAR:
        return None
    return _cents(amount * _A_YEAR[period] / 12)


def _possible(amount: Decimal, currency: str | None) -> bool:
    if not _POSSIBLE_AMOUNT[0] <= amount <= _POSSIBLE_AMOUNT[1]:
        return False
    known = magnitudes().get(currency or "")
    return known is None or currency in _STRONG or amount >= _POSSIBLE_DOLLARS * known.units_per_usd


def _plausible(amounts: Iterable[Decimal], currency: str | None, period: str) -> bool:
    lowest, highest = _POSSIBLE_MONTHLY
    if currency in _STRONG:
        lowest, highest = _PLAUSIBLE_STRONG
    elif known := magnitudes().get(currency or ""):
        lowest, highest = (bound * known.units_per_usd for bound in _PLAUSIBLE_DOLLARS)
    return all(lowest <= amount * _A_YEAR[period] / 12 <= highest for amount in amounts)


def _inferred_period(amounts: list[Decimal], currency: str | None) -> str | None:
    """The period that goes without saying: 24.50 pounds are an hour's, 30,000 a year's, 8,000 yuan a month's."""
    known = magnitudes().get(currency or "")
    if known is None:
        return None
    low, high = amounts[0], amounts[-1]
    if known.yearly_from is not None and low >= known.yearly_from:
        return "year"
    if known.monthly_from is not None and low >= known.monthly_from:
        return "month"
    if known.hourly_from is not None and known.hourly_to is not None:
        return "hour" if known.hourly_from <= low and high <= known.hourly_to else None
    return None


@dataclass(frozen=True)
class _Claim:
    """Amounts with all that was said of them. `period` is said of them directly, `periods` near by, likeliest first."""

    minimum: Decimal | None
    maximum: Decimal | None
    currency: str | None
    status: str
    period: str | None = None
    periods: tuple[str, ...] = ()
    months: Decimal | None = None
    swapped: bool = False
    commission: bool = False
    as_money: bool = True


@dataclass(frozen=True)
class _Term:
    """The period of a claim: found, inferred from the size, not to be had (None), or such that nothing can be right."""

    period: str | None
    inferred: bool = False
    reason: str | None = None
    implausible: bool = False


def _term(amounts: list[Decimal], claim: _Claim) -> _Term:
    if claim.period == OTHER_PERIOD:
        return _Term(None, reason=NO_MONTHLY)
    said = (claim.period,) if claim.period else claim.periods
    for period in said:
        if period != OTHER_PERIOD and _plausible(amounts, claim.currency, period):
            return _Term(period)
    if OTHER_PERIOD in said:
        return _Term(None, reason=NO_MONTHLY)
    inferred = _inferred_period(amounts, claim.currency) if claim.as_money or not said else None
    if inferred is not None and _plausible(amounts, claim.currency, inferred):
        # The period that was said cannot be right; the amount still can.
        return _Term(inferred, inferred=True, reason=IMPLAUSIBLE if claim.period else None)
    return _Term(None, implausible=bool(said))


def _settled(claim: _Claim) -> Pay:
    """The claim as Pay, with what is absurd in it set aside: one bound, or all where no bound is left."""
    minimum, maximum = claim.minimum, claim.maximum
    reason = None
    if minimum == 0 and maximum == 0:
        return _without_numbers(UNPARSED, ZERO, claim.commission)
    minimum, maximum = minimum or None, maximum or None  # "0 - 8,000" has no lower bound
    if minimum is not None and not _possible(minimum, claim.currency):
        minimum, reason = None, ABSURD_AMOUNT
    if maximum is not None and not _possible(maximum, claim.currency):
        maximum, reason = None, ABSURD_AMOUNT
    minimum, maximum = _cents(minimum), _cents(maximum)
    swapped = claim.swapped
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum, maximum, swapped = maximum, minimum, True
    if minimum is None and maximum is None:
        return _without_numbers(UNPARSED, reason or ZERO, claim.commission)
    if minimum is not None and maximum is not None:
        alone = _term([minimum], claim)
        sure = alone.period is not None and not alone.inferred
        if sure and not _plausible([maximum], claim.currency, str(alone.period)):
            maximum, reason = None, ABSURD_AMOUNT  # 141,000 to 400,000,000 dollars a year
        elif maximum > _WIDEST_RANGE * minimum:
            if not claim.swapped:
                return _without_numbers(UNPARSED, FAR_APART, claim.commission)
            # "£28,000-£35,00": the upper bound has lost digits, the lower one stands.
            minimum, maximum, swapped, reason = maximum, None, False, ABSURD_AMOUNT
    amounts = [amount for amount in (minimum, maximum) if amount is not None]
    term = _term(amounts, claim)
    if term.implausible:
        return _without_numbers(UNPARSED, IMPLAUSIBLE, claim.commission)
    return Pay(
        minimum,
        maximum,
        claim.currency,
        term.period,
        claim.months,
        _monthly(minimum, term.period),
        _monthly(maximum, term.period),
        claim.status,
        swapped=swapped,
        commission=claim.commission,
        period_inferred=term.inferred,
        reason=reason or term.reason,
    )


def _is_east_asian(text: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in text)


def _from_reading(
    reading: Reading, text: str, currency: str | None, period: str | None, chinese: bool, country: str | None
) -> Pay:
    if reading.reason is not None:
        status = MISSING if reading.reason in UNSTATED else UNPARSED
        return _without_numbers(status, reading.reason, reading.commission)
    chinese = chinese or reading.months is not None or _is_east_asian(text)
    if reading.minimum == 0 and reading.maximum == 0:
        return _without_numbers(UNPARSED, ZERO, reading.commission)
    if not reading.stated and not (reading.sizeable and (currency or period or chinese)):
        return _without_numbers(UNPARSED, BARE_NUMBER, reading.commission)  # a grade, a count, a year
    meant = meant_currency(reading.currency, currency, country) or ("CNY" if chinese else None)
    said = reading.period
    near = [*reading.periods, *([period] if period else [])]
    if meant == "CNY" and said is None and not near and reading.months is not None:
        said = "month"  # a 13th salary is a monthly one
    return _settled(
        _Claim(
            reading.minimum,
            reading.maximum,
            meant,
            PARSED,
            said,
            tuple(near),
            reading.months,
            reading.swapped,
            reading.commission,
            as_money=reading.sizeable or bool(reading.currency),
        )
    )


@lru_cache(maxsize=16_384)
def _read(text: str) -> Reading:
    """Apart from `_parsed`: many a text stands beside several countries, and reading is most of the work."""
    return read_pay(text)


@lru_cache(maxsize=16_384)
def _parsed(text: str, currency: str | None, period: str | None, chinese: bool, country: str | None) -> Pay:
    if not text.strip(" -–—.\t\r\n"):
        return NOT_STATED
    return _from_reading(_read(text), text, currency, period, chinese, country)


def parse_pay(
    text: str | None,
    currency: str | None = None,
    period: str | None = None,
    chinese: bool = False,
    country: str | None = None,
) -> Pay:
    """The pay that a free text states, for example "$95,000 - $120,000 a year", "15-25K·13薪", "1.5-2万/月".

    `currency` (a code), `period` and `country` (ISO 3166 alpha-2) are what the source says beside the text; what the
    text says itself wins, and where its sign has several meanings ($, kr) they choose. Chinese text, or text in a
    `chinese` posting, means CNY where no currency is named. A period that is not stated follows from currency and size
    where it goes without saying (`postings/data/currencies.csv`). Status: parsed; missing (no text, or words that
    state no amount: `reason` is one of UNSTATED); unparsed (`reason` is one of UNREADABLE). Never raises.
    """
    if text is None:
        return NOT_STATED
    # Cut before the cache keeps it: a cell may be megabytes. One more, so that the reader sees that it was cut.
    return _parsed(text[: PAY_CHARACTERS + 1], currency, period, chinese, country)


def _column_amount(text: str | None, currency: str | None) -> Decimal | None:
    """The amount in a number column, which now and then holds "£24,907" or "15k"."""
    if text is None or (number := parse_decimal(text)) is not None:
        return number if text is not None else None
    pay = parse_pay(text, currency or "USD")
    return pay.minimum if pay.status == PARSED and pay.minimum == pay.maximum else None


def _disagree(given: Pay, written: Pay) -> bool:
    """Whether columns and text are more than twice apart, both a month."""
    return any(
        one and other and not other / 2 <= one <= other * 2
        for one, other in (
            (given.monthly_minimum, written.monthly_minimum),
            (given.monthly_maximum, written.monthly_maximum),
        )
    )


def _rounded_alike(given: Pay, written: Pay) -> bool:
    """Whether the columns hold the text's bounds, to the unit; "up to 30,000" is 30,000 and 30,000 in columns."""
    bounds = [bound for bound in (written.minimum, written.maximum) if bound is not None]
    return given.period == written.period and all(
        column is not None and min(abs(column - bound) for bound in bounds) < 1
        for column in (given.minimum, given.maximum)
    )


def _is_part_of(written: Pay, given: Pay) -> bool:
    """Whether the text states one end of the range that the columns hold: "from 30,000" beside 30,000 and 40,000."""
    one = written.minimum if written.maximum is None else written.maximum
    return (
        None in (written.minimum, written.maximum)
        and given.minimum != given.maximum
        and given.period == written.period
        and one in (given.minimum, given.maximum)
    )


def _from_a_scale(text: str | None, written: Pay, amount: Decimal) -> bool:
    """Whether a column's amount is the text's point of a pay scale times the hours of a year: 10,086 for "Band 5/6"."""
    if text is None or written.reason != PAY_SCALE:
        return False
    points = {int(point) for point in _SCALE_POINT.findall(text[:PAY_CHARACTERS])} - {0}
    return any(
        amount % point == 0 and _HOURS_A_YEAR[0] <= amount / point <= _HOURS_A_YEAR[1] for point in points
    )


def pay_of(
    text: str | None,
    minimum: str | None,
    maximum: str | None,
    currency: str | None,
    period: str | None,
    *,
    chinese: bool = False,
    country: str | None = None,
) -> Pay:
    """The pay of a record: its number columns where they hold numbers (status given), else its free text.

    Columns may be any text or None. Where the columns have amounts but no currency or no believable period and the text
    states the same amounts, currency and period are the text's; months and commission always are. Where a text that
    names amount and period by itself says otherwise than columns in the same currency, the text is taken: people read
    it, and columns made from it by machines turn hours into years and "up to 30,000" into 30,000. Status is then parsed
    (given where the columns hold the same, rounded), the reason `columns_disagree` where a month's pay is more than
    twice apart. Columns that hold no more than a pay scale's number, multiplied, are set aside.
    """
    code, unit = currency_of(currency), period_of(period)
    written = parse_pay(text, code, unit, chinese, country)
    if minimum is None and maximum is None:
        return written
    low, high = _column_amount(minimum, code), _column_amount(maximum, code)
    if all(amount is None or not amount or _from_a_scale(text, written, amount) for amount in (low, high)):
        if written.status == PARSED or written.reason in UNSTATED or low or high:
            return written
        stated = low is not None or high is not None
        return _without_numbers(UNPARSED, ZERO if stated else NO_AMOUNT, written.commission)
    given = _settled(
        _Claim(
            low or None,
            high or None,
            code or ("CNY" if chinese else None),
            GIVEN,
            period=unit,
            months=written.months,
            commission=written.commission,
        )
    )
    if written.status == PARSED:
        if given.status != GIVEN or given.reason == IMPLAUSIBLE:
            return written
        if {given.minimum, given.maximum} == {written.minimum, written.maximum} and None in (code, unit):
            return replace(written, status=GIVEN, swapped=given.swapped or written.swapped)
        alone = parse_pay(text, None, None, chinese, country)
        sure = alone.period is not None  # said, or inferred from a currency that is
        same_currency = given.currency == written.currency
        if same_currency and _rounded_alike(given, written):
            return replace(written, status=GIVEN, swapped=given.swapped or written.swapped)
        if same_currency and not _is_part_of(written, given) and (sure or _disagree(given, written)):
            reason = COLUMNS_DISAGREE if _disagree(given, written) else None
            return replace(written, reason=written.reason or reason)
    return given
