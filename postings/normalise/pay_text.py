"""From a text to the pay it states: which amounts, in what currency, for what time.

What belongs here: which group of amounts is the pay and which words belong to it. What does not: words (`pay_words`),
numbers that count other things (`pay_counts`), amounts and ranges (`pay_amounts`), and whether the result can be
anybody's pay (`pay`).

The order of work: numbers that count something else are set aside; what is left becomes amounts; amounts joined by
a dash or a "to" become groups; the first group that is not a bonus or an allowance is the pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from postings.normalise.pay_amounts import (
    EAST_START,
    Amount,
    amounts_of,
    attached_period,
    codes_of,
    groups_of,
    is_open_ended,
    narrowed,
    period_at,
    with_shared_multipliers,
)
from postings.normalise.pay_counts import Text, set_aside
from postings.normalise.pay_words import NUMBER, readable, tokens

NEGOTIABLE, COMPETITIVE, NOT_DISCLOSED, UNPAID = "negotiable", "competitive", "not_disclosed", "unpaid"
COMMISSION_ONLY = "commission"
PAY_SCALE, SIDE_PAYMENT, NO_AMOUNT = "pay_scale", "side_payment", "not_understood"

OTHER_PERIOD = "other"
"""The period of a lesson, a task, a fortnight: stated, but no month can be made of it."""

_PAY_NOUNS = frozenset("salary salaries wage wages pay compensation rate 薪资 薪酬 工资 薪水 待遇".split())


@dataclass(frozen=True)
class Reading:
    """What a text states. `period` is what stands at the amount, `periods` what stands elsewhere, nearest first.

    `reason` says why there is no amount (None where there is one); `stated` whether the words (a currency, a
    multiplier, a period, the size of the number) say that it is money at all.
    """

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    currency: tuple[str, ...] = ()
    period: str | None = None
    periods: tuple[str, ...] = ()
    months: Decimal | None = None
    swapped: bool = False
    commission: bool = False
    stated: bool = False
    sizeable: bool = False
    reason: str | None = None


def _is_side(text: Text, group: list[Amount], alone: bool) -> bool:
    """Whether an amount is a bonus or an allowance: it is added, or named so right before or right behind it.

    An amount that stands `alone` must be named so without a word between.
    """
    before = group[0].start - 1
    while any(text.kind(before, kind) for kind in ("noise", "from", "upto")) or _is_colon(text, before):
        before -= 1
    added = text.kind(before, "joiner") and text.tokens[before].text != "a"
    if added or text.kind(before, "plus") or text.kind(before, "side"):
        return True
    behind = group[-1].end
    unknown = 0
    while behind < len(text.tokens) and unknown < (1 if alone else 3):
        kinds = text.tokens[behind].kinds
        if "side" in kinds and _labels_next(text, behind):
            return False  # "20,000 a month, allowance: 4,000"
        if "side" in kinds:
            # In Chinese a space ends the clause: 底薪4000 补贴另计.
            return text.glued(behind) or not EAST_START.match(text.tokens[behind].text)
        if any(
            kind in kinds for kind in ("plus", "break", "separator", "with", "commission", "none", NUMBER)
        ):
            return False
        unknown += not kinds
        behind += 1
    return False


def _is_colon(text: Text, index: int) -> bool:
    return 0 <= index < len(text.tokens) and text.tokens[index].text in {":", "-", "="}


def _labels_next(text: Text, index: int) -> bool:
    """Whether the word at `index` names the amount behind it."""
    behind = index + 1
    while any(text.kind(behind, kind) for kind in ("noise", "from", "upto", "currency")) or _is_colon(
        text, behind
    ):
        behind += 1
    return text.number(behind)


def _bound_words(text: Text, group: list[Amount], previous_end: int) -> str | None:
    """ "from" or "upto" where the words at a single amount make it one end of a range."""
    before = group[0].start - 1
    for index in range(before, max(before - 4, previous_end - 1), -1):
        if text.kind(index, "from") or text.kind(index, "upto"):
            return "from" if text.kind(index, "from") else "upto"
        if not any(
            text.kind(index, kind) for kind in ("noise", "currency", "period", "unit", "per", "article")
        ):
            break
    for index in range(group[-1].end, len(text.tokens)):
        if is_open_ended(text, index):
            return "from"
        if text.kind(index, "less"):
            return "upto"
        if (text.kind(index, "upto") or text.kind(index, "separator")) and index == len(text.tokens) - 1:
            return "from"  # "£37,000 up to": the rest was cut off
        if not any(text.kind(index, kind) for kind in ("period", "unit", "per", "article", "noise")):
            break
    return None


def _without_amount(text: Text, commission: bool) -> Reading:
    """Why a text states no amount: the reason of its first telling word."""
    empty = Reading(commission=commission, months=text.months)
    scales = [index for index, token in enumerate(text.tokens) if "scale" in token.kinds]
    if any(index + 1 in text.ignored for index in scales):
        return replace(empty, reason=PAY_SCALE)
    for token in text.tokens:
        if "none" in token.kinds:
            return replace(empty, reason=str(token.kinds["none"]))
    if any(len(text.tokens[index].text) > 1 for index in scales):
        return replace(empty, reason=PAY_SCALE)
    return replace(empty, reason=COMMISSION_ONLY if commission else NO_AMOUNT)


def _chosen(text: Text, groups: list[list[Amount]]) -> int | None:
    """The first group that is pay: written as money rather than as a bare number; None where all are extras."""
    own = [number for number, group in enumerate(groups) if not _is_side(text, group, len(groups) == 1)]
    for wanted in (lambda group: any(a.currency or a.times for a in group), lambda group: True):
        for number in own:
            if wanted(groups[number]):
                return number
    return 0 if len(groups) > 1 else None


def _meant_currency(text: Text, groups: list[list[Amount]], number: int, next_start: int) -> tuple[str, ...]:
    """The codes that the signs at the chosen group may mean, narrowed by those behind it; else any sign's."""
    group = groups[number]
    currency: tuple[str, ...] = ()
    for amount in group:
        currency = narrowed(currency, amount.currency)
    for index in range(group[-1].end, next_start):
        if currency and text.kind(index, "currency"):
            currency = narrowed(currency, codes_of(text.tokens[index]))
    return currency or next((amount.currency for other in groups for amount in other if amount.currency), ())


def _own_period(text: Text, group: list[Amount], next_start: int) -> str | None:
    """The period said right behind a group, or inside it: £12 p/h - £14, 12 LPA."""
    stop = next_start
    if text.kind(stop - 1, "period") and EAST_START.match(text.tokens[stop - 1].text):
        stop -= 1  # 年薪 belongs to what follows it
    period = attached_period(text, group[-1].end, stop)
    if period is None and len(group) > 1:
        period = attached_period(text, group[0].end, group[-1].start)
    if period is None and any(
        text.tokens[index].text == "lpa" for index in range(group[0].start, group[-1].end)
    ):
        return "year"
    return period


def _periods_near(text: Text, groups: list[list[Amount]], number: int, previous_end: int) -> tuple[str, ...]:
    """The periods before a group, nearest first, and those behind it that do not belong to quite other amounts."""
    group = groups[number]
    starts = [other[0].start for other in groups[1:]] + [len(text.tokens)]
    others = {
        index
        for other, start in zip(groups, starts, strict=True)
        if other is not group and not _similar(other, group)
        for index in range(other[0].start, start)
    }
    for other in groups[number + 1 :]:  # 年薪 right before other amounts is theirs
        others.update((other[0].start - 1, other[0].start - 2))
    before = range(group[0].start - 1, previous_end - 1, -1)
    behind = (index for index in range(group[-1].end, len(text.tokens)) if index not in others)
    found = (period_at(text, index) for index in (*before, *behind))
    return tuple(dict.fromkeys(period for period in found if period is not None))


def _similar(one: Sequence[Amount], other: Sequence[Amount]) -> bool:
    """Whether two groups of amounts are near enough to be paid for the same time."""
    low, high = sorted(max(amount.scaled for amount in group) for group in (one, other))
    return high <= 3 * low


def read_pay(given: str) -> Reading:
    """What a text states about pay; time linear in its length, of which the first 400 characters are read.

    Amounts are positive or zero and not yet judged. A text without one gives `reason`: negotiable, competitive,
    not_disclosed, unpaid, commission (no amount is stated); pay_scale, side_payment, not_understood (there may be one).
    """
    text = Text(tokens(readable(given)))
    commission = any("commission" in token.kinds for token in text.tokens)
    set_aside(text)
    groups = groups_of(text, amounts_of(text))
    if not groups:
        return _without_amount(text, commission)
    number = _chosen(text, groups)
    if number is None:
        return Reading(reason=SIDE_PAYMENT, commission=commission, months=text.months)
    group = groups[number] = with_shared_multipliers(groups[number])
    previous_end = groups[number - 1][-1].end if number else 0
    next_start = groups[number + 1][0].start if number + 1 < len(groups) else len(text.tokens)

    values = [amount.scaled for amount in group]
    minimum: Decimal | None = min(values)
    maximum: Decimal | None = max(values)
    if len(values) == 1 and (bound := _bound_words(text, group, previous_end)):
        minimum, maximum = (minimum, None) if bound == "from" else (None, maximum)

    currency = _meant_currency(text, groups, number, next_start)
    period = _own_period(text, group, next_start)
    near = _periods_near(text, groups, number, previous_end)
    sizeable = any(amount.written_as_money for amount in group) or max(values) >= 1000
    beside = any(text.kind(group[0].start - back, "period") for back in (1, 2))
    ranged = len(values) > 1 and min(values) >= 1000
    named = any(token.text in _PAY_NOUNS for token in text.tokens)
    return Reading(
        minimum,
        maximum,
        currency,
        period,
        near,
        text.months,
        swapped=len(values) == 2 and values[0] > values[1],
        commission=commission,
        stated=bool(currency or period or beside)
        or any(amount.times for amount in group)
        or (sizeable and bool(near or text.months or named or ranged)),
        sizeable=sizeable,
    )
