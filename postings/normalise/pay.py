"""Pay: numbers given in columns, and the commonest free texts in English and Chinese.

What belongs here: bounds, currency, period, months a year, and the monthly range in local currency. What does not:
conversion between currencies.

A pay that is not understood is `unparsed` and has no numbers; it is never zero. The monthly range takes 2,080 hours,
260 days, 52 weeks and 12 months to a year; a thirteenth salary stands in `months` and is not spread over the twelve.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from postings.normalise.numbers import parse_decimal
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

PAY_CHARACTERS = 200
PERIODS = ("hour", "day", "week", "month", "year")

_A_YEAR = {"hour": 2080, "day": 260, "week": 52, "month": 12, "year": 1}
_WIDEST_RANGE = 100
"""A maximum above a hundred times the minimum mixes two units."""

_STRONG = frozenset({"USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"})
_PLAUSIBLE_MONTHLY = {
    **{currency: (Decimal(50), Decimal(500_000)) for currency in _STRONG},
    "CNY": (Decimal(100), Decimal(2_000_000)),
    "HKD": (Decimal(100), Decimal(2_000_000)),
}
_POSSIBLE_AMOUNT = (Decimal(1), Decimal(10_000_000_000))
_YEARLY_FROM = Decimal(12_000)

_SYMBOLS = {
    "us$": "USD", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "s$": "SGD", "hk$": "HKD",
    "r$": "BRL", "$": "USD", "£": "GBP", "€": "EUR", "¥": "CNY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₦": "NGN",
    "₱": "PHP", "zł": "PLN", "rmb": "CNY", "元": "CNY", "人民币": "CNY", "rs": "INR", "birr": "ETB", "br": "ETB",
    "ksh": "KES", "rm": "MYR", "dollars": "USD", "dollar": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP",
}  # fmt: skip
_CODES = frozenset(
    "AED ARS AUD BDT BGN BRL CAD CHF CLP CNY COP CZK DKK EGP ETB EUR GBP GHS HKD HUF IDR ILS INR JPY KES KRW MAD MXN"
    " MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR".split()
)
_CURRENCY = "|".join(
    [
        *(re.escape(symbol) for symbol in sorted(_SYMBOLS, key=len, reverse=True) if not symbol.isalpha()),
        "元|人民币",
        rf"(?<![a-z])(?:{'|'.join(s for s in _SYMBOLS if s.isascii() and s.isalpha())})(?![a-z])\.?",
        rf"(?<![a-z])(?:{'|'.join(sorted(_CODES)).lower()})(?![a-z])",
    ]
)
_NUMBER = (
    r"\d{1,3}(?:[, ' ]\d{2,3})*[, ' ]\d{3}(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?![\d])(?:,\d{1,2})?|\d+(?:\.\d+)?"
)
_MULTIPLIERS = {
    "k": 1_000, "千": 1_000, "thousand": 1_000, "w": 10_000, "万": 10_000, "萬": 10_000, "m": 1_000_000,
    "million": 1_000_000, "百万": 1_000_000, "lakh": 100_000, "lakhs": 100_000, "lpa": 100_000,
}  # fmt: skip
_AMOUNT = (
    rf"(?P<currency{{n}}>{_CURRENCY})?\s{{{{0,3}}}}(?<![\d.,])(?P<number{{n}}>{_NUMBER})(?![\d%])"
    r"\s{{0,2}}(?P<times{n}>(?:thousand|million|lakhs?|lpa|[kmw])(?![a-z])|百万|[千万萬])?"
    rf"\s{{{{0,2}}}}(?P<after{{n}}>{_CURRENCY})?"
)


def _amount(n: str) -> str:
    # `_NUMBER` holds braces of its own, so the names are put in by replacement, not by str.format.
    return _AMOUNT.replace("{n}", n).replace("{{", "{").replace("}}", "}")


_UNIT = (
    r"(?:\s{0,2}(?:/|per|a|an|每)?\s{0,2}"
    r"(?:hour|hr|h|day|week|wk|month|mo|year|yr|annum|小时|天|日|周|月|年)(?![a-z])\.?)?"
)
_RANGE = re.compile(
    rf"{_amount('1')}{_UNIT}\s{{0,3}}(?:-|–|—|~|～|to|至|到|and|/)\s{{0,3}}(?:up to\s)?{_amount('2')}"
)
_SINGLE = re.compile(_amount("1"))
_PERIOD_WORDS = re.compile(
    r"(?P<hour>hourly|(?:/|per|an?|each|每)\s?(?:hour|hr|h)(?![a-z])|(?:hours?|hr)(?![a-z])|p\.?h\.?(?![a-z])|小时|时薪|/时)"
    r"|(?P<day>daily|(?:/|per|a|each)\s?(?:day|d)(?![a-z])|per diem|p\.?d\.?(?![a-z])|[/每]?[天日](?!期)|日薪)"
    r"|(?P<week>weekly|(?:/|per|a|each)\s?(?:week|wk)(?![a-z])|p\.?w\.?(?![a-z])|[/每]?周(?!末)|星期|周薪)"
    r"|(?P<month>monthly|(?:/|per|a|each)?\s?(?:month|mo|mth)(?![a-z])|p\.?m\.?(?![a-z])|p\.?c\.?m\.?(?![a-z])|[/每]?月)"
    r"|(?P<year>yearly|annual(?:ly)?|(?:/|per|a|each)?\s?(?:year|yr|annum)(?![a-z])|p\.?a\.?(?![a-z])|lpa|[/每]?年(?!终))"
)
_MONTHS_A_YEAR = re.compile(r"[·*xX×,，\s]{0,3}(\d{2}(?:\.\d)?)\s?(?:薪|个月)")
_NO_AMOUNT = re.compile(
    r"(?:negotiable|competitive|attractive|market|commensurate|d\.?o\.?e\b|depends|depending|commission|unpaid|volunt"
    r"|tb[adc]\b|to be (?:agreed|discussed|confirmed)|not (?:disclosed|specified|stated|available)|undisclosed"
    r"|confidential|n/?a\b|none\b|null\b|nan\b|面议|面談|面谈|不限|保密|薪资open|待遇优|^\s*[无無]\s*$)"
)
_RETIREMENT_PLAN = re.compile(r"\b401\s?\(?k\)?")
_AT_LEAST = re.compile(
    r"^\s?(?:\+|以上|起|and above|or more|and up)|(?:from|starting(?: at)?|at least|min(?:imum)?\.?:?)\s?$"
)
_AT_MOST = re.compile(r"^\s?(?:以下|以内|or less)|(?:up to|max(?:imum)?\.?:?|不超过)\s?$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Pay:
    """What a posting pays. Bounds in `currency` per `period`; the monthly bounds in the same currency."""

    minimum: Decimal | None
    maximum: Decimal | None
    currency: str | None
    period: str | None
    months: Decimal | None
    monthly_minimum: Decimal | None
    monthly_maximum: Decimal | None
    status: str


def _without_numbers(status: str) -> Pay:
    return Pay(None, None, None, None, None, None, None, status)


NOT_STATED = _without_numbers(MISSING)
NOT_UNDERSTOOD = _without_numbers(UNPARSED)


@lru_cache(maxsize=4096)
def currency_of(text: str | None) -> str | None:
    """The ISO 4217 code that a currency column states by code, sign or name; None where it states none.

    A bare $ is USD and a bare ¥ is CNY.
    """
    if not text:
        return None
    stripped = text.strip()[:20]
    if stripped.upper() in _CODES:
        return stripped.upper()
    return _SYMBOLS.get(stripped.lower().rstrip(".").replace("￥", "¥"))


@lru_cache(maxsize=4096)
def period_of(text: str | None) -> str | None:
    """hour, day, week, month or year, from "YEAR", "Per Hour", "monthly", 年; None for anything else."""
    if not text:
        return None
    stripped = text.strip().lower()[:40]
    if stripped in {"h", "hr", "hour", "hours", "ph", "时"}:
        return "hour"
    if stripped in {"d", "day", "days", "pd", "天", "日"}:
        return "day"
    if stripped in {"w", "wk", "week", "weeks", "pw", "周"}:
        return "week"
    return _first_period(stripped)


def _first_period(text: str) -> str | None:
    match = _PERIOD_WORDS.search(text)
    return match.lastgroup if match else None


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_CENT, rounding=ROUND_HALF_EVEN)


def _monthly(amount: Decimal | None, period: str | None) -> Decimal | None:
    if amount is None or period is None:
        return None
    return _cents(amount * _A_YEAR[period] / 12)


def _checked(
    minimum: Decimal | None,
    maximum: Decimal | None,
    currency: str | None,
    period: str | None,
    months: Decimal | None,
    status: str,
) -> Pay:
    """A Pay with bounds in order, or NOT_UNDERSTOOD where the amounts cannot be anybody's pay."""
    possible = [
        _POSSIBLE_AMOUNT[0] <= amount <= _POSSIBLE_AMOUNT[1]
        for amount in (minimum, maximum)
        if amount is not None
    ]
    if not possible or not all(possible):
        return NOT_UNDERSTOOD
    minimum, maximum = _cents(minimum), _cents(maximum)
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum, maximum = maximum, minimum
    amounts = [amount for amount in (minimum, maximum) if amount is not None]
    if amounts[-1] > _WIDEST_RANGE * amounts[0]:
        return NOT_UNDERSTOOD
    if period is None and currency in _STRONG and amounts[0] >= _YEARLY_FROM:
        period = "year"  # nobody earns 12,000 dollars an hour, a day or a week, and hardly anybody a month
    monthly = _monthly(minimum, period), _monthly(maximum, period)
    lowest, highest = _PLAUSIBLE_MONTHLY.get(currency or "", _POSSIBLE_AMOUNT)
    if any(amount is not None and not lowest <= amount <= highest for amount in monthly):
        return NOT_UNDERSTOOD
    return Pay(minimum, maximum, currency, period, months, *monthly, status)


def _value(match: re.Match[str], n: str, times: str | None) -> Decimal | None:
    digits = match[f"number{n}"]
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", digits) and not times:
        digits = digits.replace(".", "").replace(",", ".")
    number = parse_decimal(re.sub(r"[, ' ]", "", digits))
    return number * _MULTIPLIERS[times] if number is not None and times else number


def _named_currency(match: re.Match[str], groups: tuple[str, ...]) -> str | None:
    for group in groups:
        if named := match[group]:
            return currency_of(named)
    return None


def _read(text: str, currency: str | None, period: str | None, chinese: bool) -> Pay:
    months = None
    if extra := _MONTHS_A_YEAR.search(text):
        if 12 <= Decimal(extra[1]) <= 36:
            months = Decimal(extra[1])
        text = text[: extra.start()] + " " + text[extra.end() :]
    chinese = chinese or months is not None or _HAN.search(text) is not None
    minimum: Decimal | None
    maximum: Decimal | None
    if match := _RANGE.search(text):
        upper_times = match["times2"]
        minimum, maximum = _value(match, "1", match["times1"]), _value(match, "2", upper_times)
        if upper_times and not match["times1"] and minimum is not None and maximum is not None:
            scaled = minimum * _MULTIPLIERS[upper_times]
            minimum = scaled if scaled <= maximum or minimum < 1000 else minimum
        named = _named_currency(match, ("currency1", "currency2", "after1", "after2"))
        multiplied = bool(upper_times)
    else:
        singles = list(_SINGLE.finditer(text))
        match = next((m for m in singles if m["currency1"] or m["after1"] or m["times1"]), None) or (
            singles[0] if singles else None
        )
        if match is None:
            return NOT_UNDERSTOOD
        minimum = maximum = _value(match, "1", match["times1"])
        before, after = text[: match.start()], text[match.end() :]
        if _AT_LEAST.search(after) or _AT_LEAST.search(before):
            maximum = None
        elif _AT_MOST.search(after) or _AT_MOST.search(before):
            minimum = None
        named = _named_currency(match, ("currency1", "after1"))
        multiplied = bool(match["times1"])
    stated = _first_period(text[match.end() :]) or _first_period(text)
    if named is None and "lpa" in (match.groupdict().get("times1"), match.groupdict().get("times2")):
        named = "INR"
    if not (named or currency or multiplied or stated or period or chinese):
        return NOT_UNDERSTOOD  # a number alone: a grade, a count, a year
    currency = named or currency or ("CNY" if chinese else None)
    if currency == "CNY" and chinese and stated is None and period is None:
        stated = "month"
    return _checked(minimum, maximum, currency, stated or period, months, PARSED)


@lru_cache(maxsize=65_536)
def parse_pay(
    text: str | None, currency: str | None = None, period: str | None = None, chinese: bool = False
) -> Pay:
    """The pay that a free text states, for example "$95,000 - $120,000 a year", "15-25K·13薪", "1.5-2万/月".

    `currency` (a code) and `period` are what the source says beside the text; what the text says itself wins. In a
    Chinese posting (`chinese`, or Chinese in the text) the defaults are CNY and a month; elsewhere an amount of 12,000
    and more in a strong currency is taken to be a year's, and any other without a period has no monthly range. Status:
    parsed, missing (no text, or words that state no amount, such as 面议), unparsed (all else, and absurd amounts).
    """
    if text is None:
        return NOT_STATED
    lowered = _RETIREMENT_PLAN.sub(" ", text[:PAY_CHARACTERS].lower().replace("￥", "¥"))
    if not lowered.strip(" -–—.\t\n"):
        return NOT_STATED
    if not any(character.isdecimal() for character in lowered):
        return NOT_STATED if _NO_AMOUNT.search(lowered) else NOT_UNDERSTOOD
    if not lowered.isascii():
        lowered = "".join(str(int(c)) if c.isdecimal() else c for c in lowered)
    return _read(lowered, currency, period, chinese)


def pay_of(
    text: str | None,
    minimum: str | None,
    maximum: str | None,
    currency: str | None,
    period: str | None,
    *,
    chinese: bool = False,
) -> Pay:
    """The pay of a record: its number columns where they hold numbers (status given), else its free text."""
    code, unit = currency_of(currency), period_of(period)
    if minimum is None and maximum is None:
        return parse_pay(text, code, unit, chinese)
    numbers = parse_decimal(minimum), parse_decimal(maximum)
    given = _checked(numbers[0] or None, numbers[1] or None, code, unit, None, GIVEN)
    if given.status == GIVEN:
        return given
    from_text = parse_pay(text, code, unit, chinese)
    return from_text if from_text.status == PARSED else NOT_UNDERSTOOD
