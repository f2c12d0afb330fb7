"""How well pay is read on real postings: `python -m bench.postings_pay`.

What belongs here: when a cell states an amount, and how an answer is put in a word. What does not: files, draw and
count (`bench.postings_fields`), and the parser.

`expected` in docs/quality/postings/pay.csv is what the reader took the cell to pay: "24907-30615 GBP year", one value
once ("6000 ETB month"), "3000+" and "up to 3000" for open ends, " x13" for salaries a year where said, "none stated"
where there is no amount. Where the text says no period but currency and size leave no doubt (24,907 pounds, 8千
yuan), it is that one; else "?". Number columns and text of one record are one cell; where they differ, the text is what
people read. Of several ways to say the pay ("£16.65 an hour / £36,461 a year") the first one counts. Premiums, bonuses
and allowances beside it do not.
"""

import re
from decimal import Decimal
from pathlib import Path

from bench.postings_fields import NOTHING, Cell, Field, Source, measure_field
from bench.postings_requirements import Row, print_table
from bench.postings_skills import DATA
from postings.normalise.language import CHINESE
from postings.normalise.pay import Pay, pay_of
from postings.normalise.places import place_of

_AMOUNT = re.compile(
    r"[£$€¥]\s*\d|\d{3}|\d,\d{3}|\d\.\d\d(?!\d)"
    r"|\d\s*(?:k\b|K\b|千|万|元|ETB|birr)"
)
_SCALE = re.compile(
    r"\b(?:band|grade|level|scp|scale point|point)s?\s*\d+\w?(?:\s*[-/]\s*\d+)?", re.IGNORECASE
)
"""Of a pay scale: "Band 5", "SCP 18-23"."""


def stated(cell: Cell) -> bool:
    """Whether a cell states an amount.

    Its text, without the numbers of pay scales, holds a currency sign before a digit, three digits in a row,
    thousands, pence, or a number with k, 千, 万, 元, ETB or birr. Where there is no text, its number columns hold a
    number above zero.
    """
    if cell["pay"]:
        return _AMOUNT.search(_SCALE.sub(" ", cell["pay"])) is not None
    return any(re.search("[1-9]", number or "") for number in (cell["pay_min"], cell["pay_max"]))


def _pay(cell: Cell) -> Pay:
    country = place_of(cell["place"], cell["city"], cell["region"], cell["country"]).country
    written = [cell[name] for name in ("pay", "pay_min", "pay_max", "pay_currency", "pay_period")]
    return pay_of(*written, chinese=cell["language"] == CHINESE, country=country)


def _plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def reading(cell: Cell) -> str:
    """The pay found in a cell, in a word."""
    pay = _pay(cell)
    if pay.minimum is None and pay.maximum is None:
        return NOTHING
    low, high = (None if end is None else _plain(end) for end in (pay.minimum, pay.maximum))
    amount = (
        f"{low}+"
        if high is None
        else f"up to {high}"
        if low is None
        else low
        if low == high
        else f"{low}-{high}"
    )
    months = f" x{_plain(pay.months)}" if pay.months else ""
    return f"{amount} {pay.currency or '?'} {pay.period or '?'}{months}"


def parsed(cell: Cell) -> bool:
    """Whether an amount is found."""
    pay = _pay(cell)
    return pay.minimum is not None or pay.maximum is not None


PAY = Field(
    name="pay",
    columns=("pay", "pay_min", "pay_max", "pay_currency", "pay_period"),
    sources=(
        Source("schema_org_jobposting", "en", 75),
        Source("afriworket", "en", 10),
        Source("ats_daily_snapshots", "en", 15),
        Source("ats/ashby", "en", 2),
        Source("51job_2022_it_with_text", "zh", 20),
        Source("51job_2023_dated", "zh", 40),
        Source("51job_2024_ten_occupations", "zh", 40),
        Source("schema_org_jobposting", "en", 75, sample=2),
        Source("afriworket", "en", 10, sample=2),
        Source("ats_daily_snapshots", "en", 15, sample=2),
        Source("51job_2022_it_with_text", "zh", 20, sample=2),
        Source("51job_2023_dated", "zh", 40, sample=2),
        Source("51job_2024_ten_occupations", "zh", 40, sample=2),
        Source("schema_org_jobposting", "en", 70, sample=3),
        Source("afriworket", "en", 15, sample=3),
        Source("ats_daily_snapshots", "en", 15, sample=3),
    ),
    stated=stated,
    reading=reading,
    parsed=parsed,
)


def measure(data: Path) -> list[Row]:
    """One row a sample; writes what is found now into the table of judgements."""
    return measure_field(data, PAY)


if __name__ == "__main__":
    print_table(measure(DATA))
