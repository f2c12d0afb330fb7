"""The amounts in a text about pay, with their multipliers and currencies, and which of them are one range.

What belongs here: from numbers to amounts, from amounts to groups (a range, or the points of a scale), and
the words that make a period. What does not: which group is the pay (`pay_text`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from postings.normalise.currencies import written_with_thousandths
from postings.normalise.pay_counts import Text, multiplies
from postings.normalise.pay_words import Token

EAST_START = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_LARGEST = Decimal(10) ** 12


@dataclass(frozen=True)
class Amount:
    """A number with what is written on it, and the tokens it spans."""

    value: Decimal
    times: Decimal | None
    currency: tuple[str, ...]
    start: int
    end: int
    written_as_money: bool = False

    @property
    def scaled(self) -> Decimal:
        """The amount in units of the currency."""
        return self.value * (self.times or 1)


def period_at(text: Text, index: int, adjacent: bool = False) -> str | None:
    """The period that begins at a token: monthly, per month, a year; a bare unit only right behind an amount."""
    if text.kind(index, "period"):
        return str(text.tokens[index].kinds["period"])
    if text.kind(index, "unit") and (
        adjacent or text.kind(index - 1, "per") or text.kind(index - 1, "article")
    ):
        return str(text.tokens[index].kinds["unit"])
    return None


def attached_period(text: Text, start: int, stop: int, skipped: Sequence[str] = ("plus",)) -> str | None:
    """The first period from a token on: before the next amount, before a plus."""
    for index in range(start, stop):
        if any(text.kind(index, kind) for kind in skipped) and not is_open_ended(text, index):
            return None
        if period := period_at(text, index, adjacent=index == start):
            return period
    return None


def is_open_ended(text: Text, index: int) -> bool:
    """Whether a "+" says "and more" (80k+, £9.21ph+) and adds nothing."""
    if text.tokens[index].text != "+":
        return text.kind(index, "more")
    following = index + 1
    if not text.glued(index):  # "15,000 a month + commission"
        return following >= len(text.tokens)
    if following >= len(text.tokens):
        return True
    return any(
        text.kind(following, kind) for kind in ("break", "per", "period", "none", "unit", "article", "with")
    )


def _currency_behind(text: Text, index: int, taken: bool) -> bool:
    """Whether the currency at `index` belongs to the number before it and not to the one behind it."""
    if not text.kind(index, "currency"):
        return False
    if not text.number(index + 1):
        return True
    before = text.tokens[index].start - text.tokens[index - 1].end
    behind = text.tokens[index + 1].start - text.tokens[index].end
    return before < behind and not taken


def _compound(text: Text, at: int, times: Decimal, value: Decimal) -> tuple[Decimal, int]:
    """1万5 and 1万5千: fifteen thousand, in one amount; gives the value in units of `times` and the next token."""
    if not (text.number(at) and text.glued(at) and EAST_START.match(text.tokens[at - 1].text)):
        return value, at
    rest = text.value(at)
    if rest is None or rest >= 10 or rest != rest.to_integral_value():
        return value, at
    if text.kind(at + 1, "times") and text.glued(at + 1):
        lesser, _ = _multiplier(text.tokens[at + 1])
        return (value + rest * lesser / times, at + 2) if lesser < times else (value, at)
    return value + rest / 10, at + 1


def amounts_of(text: Text) -> list[Amount]:
    """The amounts of a text whose other numbers were set aside, in order."""
    found: list[Amount] = []
    index = 0
    while index < len(text.tokens):
        if not text.number(index):
            index += 1
            continue
        start, end = index, index + 1
        currency: tuple[str, ...] = ()
        implied: tuple[str, ...] = ()
        before = index - 1
        if before > 0 and text.tokens[before].text in {":", "."} and text.kind(before - 1, "currency"):
            before -= 1  # "USD: 5,000", "Rs. 25,000"
        if text.kind(before, "currency") and (not found or before >= found[-1].end):
            currency, start = codes_of(text.tokens[before]), before
        times: Decimal | None = None
        multiplied = text.kind(end, "times") and multiplies(text, end)
        exact = multiplied or bool(currency and set(currency) & written_with_thousandths())
        value = text.value(index, exact)
        if value is None or value > _LARGEST:
            index += 1
            continue
        if multiplied:
            times, implied = _multiplier(text.tokens[end])
            value, end = _compound(text, end + 1, times, value)
        if _currency_behind(text, end, bool(currency)):
            if set(codes_of(text.tokens[end])) & written_with_thousandths() and not exact:
                value = text.value(index, exact=True) or value
            currency, end = narrowed(currency, codes_of(text.tokens[end])), end + 1
        currency = currency or implied
        as_money = bool(currency or times) or bool(re.search(r"[.,]\d\d$|\d,\d{3}", text.tokens[index].text))
        found.append(Amount(value, times, currency, start, end, as_money))
        index = end
    return found


def _multiplier(token: Token) -> tuple[Decimal, tuple[str, ...]]:
    """What a word multiplies by, and the currency it implies: lakhs are rupees, a w is Chinese."""
    factor, *implied = str(token.kinds["times"]).split()
    return Decimal(factor), tuple(implied)


def narrowed(currency: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """ "$50,000 CAD" is one currency named twice: the codes that both names may mean, else the first."""
    return tuple(code for code in currency if code in other) or currency or other


def codes_of(token: Token) -> tuple[str, ...]:
    """The codes that a currency token may mean."""
    codes = token.kinds["currency"]
    return codes if isinstance(codes, tuple) else (codes,)


def _joined(text: Text, one: Amount, other: Amount) -> bool:
    """Whether two neighbouring amounts are the ends of a range (or points of one scale)."""
    between = range(one.end, other.start)
    if not between:
        return False
    separators = periods = 0
    opened = any(text.kind(index, "opener") for index in range(max(0, one.start - 3), one.start))
    for index in between:
        kinds = text.tokens[index].kinds
        written = text.tokens[index].text
        if index in text.ignored or not (kinds or written == "一"):
            return False
        if "separator" in kinds or "upto" in kinds or written in {"一", "a"}:
            separators += 1
        elif "joiner" in kinds:
            separators += opened
        elif written in {"(", ")"}:
            continue
        elif period_at(text, index, adjacent=index == one.end):
            periods += 1
        elif not any(
            kind in kinds for kind in ("per", "unit", "from", "noise", "currency", "more", "months")
        ):
            return False
    slash_only = (
        len(between) == 1 and "per" in text.tokens[one.end].kinds and text.tokens[one.end].text == "/"
    )
    if slash_only:
        low, high = sorted((one.scaled, other.scaled))
        return low > 0 and high <= 5 * low
    if not separators:
        return False
    if periods:  # "£12 per hour - £24,000 per annum" says one pay twice
        inside = next(filter(None, (period_at(text, i, i == one.end) for i in between)), None)
        behind = attached_period(text, other.end, len(text.tokens), ())
        return behind is None or inside == behind
    return True


def groups_of(text: Text, amounts: Sequence[Amount]) -> list[list[Amount]]:
    """The amounts, those of one range or one scale together."""
    groups: list[list[Amount]] = []
    for amount in amounts:
        if groups and _joined(text, groups[-1][-1], amount):
            groups[-1].append(amount)
        else:
            groups.append([amount])
    return groups


def with_shared_multipliers(group: list[Amount]) -> list[Amount]:
    """15-25K is 15K to 25K, £36 - 44,000 is 36,000 to 44,000, 18k-20 is 18k to 20k."""
    first, last = group[0], group[-1]
    if len(group) != 2:
        return [
            replace(amount, times=last.times)
            if last.times and not amount.times and amount.value < 1000
            else amount
            for amount in group
        ]
    if last.times and not first.times:
        scaled = first.value * last.times
        if last.times == 10_000 and last.value < first.value < 10 * last.value:
            return [replace(first, times=Decimal(1000)), last]  # 6-1万 leaves out the 千
        if scaled <= last.scaled or (first.value < 1000 and scaled <= 10 * last.scaled):
            return [replace(first, times=last.times), last]
    elif first.times and not last.times and last.value < 1000 and last.value < first.scaled:
        return [first, replace(last, times=first.times)]
    elif (
        not (first.times or last.times)
        and first.value < 1000 <= first.value * 1000 <= last.value
        and last.value == last.value.to_integral_value()
    ):
        return [replace(first, times=Decimal(1000)), last]
    return group
