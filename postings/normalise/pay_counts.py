"""What numbers in a text about pay are not pay: hours a week, days off, pay bands, percentages, years, months a year.

What belongs here: the tokens with what is found out about them, and setting such numbers aside. What does not: what
becomes of the numbers that are left (`pay_amounts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from postings.normalise.numbers import written_amount
from postings.normalise.pay_words import NUMBER, Token

_COUNTED_UNITS, _COUNTED_HOURS, _COUNTED_THINGS = 60, 2400, 500
_SCALE_POINTS = 200
_YEARS = range(1990, 2036)
_LETTER_TIMES = frozenset("mlwt")
_MONTHS_A_YEAR = (Decimal(12), Decimal(36))
_LETTER_END = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]$")
_LIST_MARKS, _LONGEST_LIST = frozenset("、.)"), 20


@dataclass
class Text:
    """The tokens; the indices of those set aside; how many monthly salaries a year has, where that is said."""

    tokens: list[Token]
    ignored: set[int] = field(default_factory=set)
    months: Decimal | None = None

    def kind(self, index: int, kind: str) -> bool:
        """Whether the token at `index`, which may lie outside the text, may be of a kind and was not set aside."""
        return (
            0 <= index < len(self.tokens) and index not in self.ignored and kind in self.tokens[index].kinds
        )

    def number(self, index: int) -> bool:
        """Whether a number stands there that was not set aside."""
        return self.kind(index, NUMBER)

    def glued(self, index: int) -> bool:
        """Whether nothing stands between a token and the one before it."""
        return 0 < index < len(self.tokens) and self.tokens[index].start == self.tokens[index - 1].end

    def unknown(self, index: int) -> bool:
        """Whether a word or sign stands there that no list knows."""
        return 0 <= index < len(self.tokens) and not self.tokens[index].kinds

    def value(self, index: int, exact: bool = False) -> Decimal | None:
        """The number written there; where `exact`, a single dot is a decimal point whatever follows it."""
        token = self.tokens[index]
        spelled_out = token.kinds.get(NUMBER)
        if spelled_out:
            return Decimal(str(spelled_out))
        return written_amount(token.text, grouped=not exact)


def is_money(text: Text, index: int) -> bool:
    """Whether the number at `index` has a currency or a multiplier on it."""
    return (
        text.kind(index - 1, "currency")
        or text.kind(index + 1, "currency")
        or (text.kind(index + 1, "times") and multiplies(text, index + 1))
    )


def multiplies(text: Text, index: int) -> bool:
    """Whether the word at `index` multiplies the number before it: "5m" does, "5 m" does not."""
    return text.glued(index) or text.tokens[index].text not in _LETTER_TIMES


def _set_aside_scale(text: Text, index: int) -> None:
    """Band 5, Band 5/6, SCP 11-18."""
    at = index
    while text.number(at) and not text.kind(at - 1, "currency") and not is_money(text, at):
        value = text.value(at)
        if value is None or value > _SCALE_POINTS:
            return
        following = at + 1
        if text.unknown(following) and text.glued(following):  # 8a
            following += 1
        joined = (
            text.kind(following, "separator") or text.kind(following, "joiner") or text.kind(following, "per")
        )
        if joined and text.number(following + 1) and text.kind(following + 2, "times"):
            return
        text.ignored.add(at)
        if not joined:
            return
        at = following + 1


def _set_aside_range(text: Text, index: int) -> None:
    """Ignore the number at `index`, and the lower end of a range that it closes: 10-15 %, 3-5 years."""
    text.ignored.add(index)
    if text.kind(index - 1, "separator") and text.number(index - 2) and not is_money(text, index - 2):
        text.ignored.add(index - 2)


def _set_aside_count(text: Text, index: int) -> bool:
    """40 hours a week, 25 days, 3 posts, 5年: numbers of other things than money."""
    value, unit = text.value(index), index + 1
    if value is None or text.kind(index - 1, "currency"):
        return False
    if text.kind(unit, "count") and value <= _COUNTED_THINGS:
        _set_aside_range(text, index)
        return True
    if not text.kind(unit, "unit"):
        return False
    hours = text.tokens[unit].kinds.get("unit") == "hour"
    year = text.tokens[unit].kinds.get("unit") == "year" and value in _YEARS
    if value > (_COUNTED_HOURS if hours else _COUNTED_UNITS) and not year:
        return False
    _set_aside_range(text, index)
    text.ignored.add(unit)
    if (text.kind(unit + 1, "per") or text.kind(unit + 1, "article")) and text.kind(unit + 2, "unit"):
        text.ignored.update((unit + 1, unit + 2))
    elif text.kind(unit + 1, "period"):
        text.ignored.add(unit + 1)
    return True


def _note_months(text: Text, index: int) -> bool:
    """13薪, 13-16薪 (the lower), ·14, x13, 14 monthly salaries: how many monthly salaries a year has."""
    value = text.value(index, exact=True)
    if value is None or not _MONTHS_A_YEAR[0] <= value <= _MONTHS_A_YEAR[1]:
        return False
    said = text.kind(index + 1, "months")
    multiplied = text.kind(index - 1, "monthsmark") and (
        index + 1 >= len(text.tokens)
        or text.kind(index + 1, "break")
        or text.tokens[index + 1].kinds.get("unit") == "month"
    )
    if not said and not multiplied:
        return False
    text.ignored.update((index, index + 1) if index + 1 < len(text.tokens) else (index,))
    if said and text.kind(index - 1, "separator") and text.number(index - 2):
        lower = text.value(index - 2, exact=True)
        if lower is not None and _MONTHS_A_YEAR[0] <= lower <= value and not is_money(text, index - 2):
            text.ignored.add(index - 2)
            value = lower
    text.months = text.months or value
    return True


_MEANT_BEHIND = (
    "times",
    "unit",
    "period",
    "currency",
    "months",
    "count",
    "per",
    "monthsmark",
    "separator",
    "joiner",
)


def _glued_to_letters(text: Text, index: int) -> bool:
    """B6, MC46, 3a, 7BR: names, not amounts. 15,000net and 8000起 are amounts."""
    if is_money(text, index):
        return False
    if text.unknown(index - 1) and text.glued(index) and _LETTER_END.search(text.tokens[index - 1].text):
        return True
    if not text.glued(index + 1) or not _LETTER_END.search(text.tokens[index + 1].text):
        return False
    if text.unknown(index + 1):
        return True
    behind = text.tokens[index + 1].text
    if behind == "a":  # 8a, but not "12a day"
        return not text.kind(index + 2, "unit")
    return len(behind) == 1 and not any(text.kind(index + 1, kind) for kind in _MEANT_BEHIND)


def _numbers_a_list(text: Text, index: int) -> bool:
    """The 1 of "1、五险一金" and the 3 of "3.每天下午茶"."""
    value = text.value(index)
    return (
        text.glued(index + 1)
        and text.tokens[index + 1].text in _LIST_MARKS
        and index + 2 < len(text.tokens)
        and value is not None
        and value <= _LONGEST_LIST
        and value == value.to_integral_value()
        and not text.kind(index - 1, "currency")
        and not text.kind(index - 1, "separator")
    )


def _spelled_out_of_place(text: Text, index: int) -> bool:
    """A Chinese numeral among other words (万一, 千万) is an amount only beside a word of pay."""
    if not text.tokens[index].kinds.get(NUMBER):
        return False
    kinds = ("currency", "period", "separator", "from", "upto", "more", "less", "per", "months")
    return not any(text.kind(at, kind) for at in (index - 1, index + 1) for kind in kinds)


def _set_aside_others(text: Text) -> None:
    for index in range(len(text.tokens)):
        if not text.number(index):
            continue
        at_scale = index - 1 if text.kind(index - 1, "scale") else index - 2
        if text.kind(at_scale, "scale") and (at_scale == index - 1 or text.tokens[index - 1].text in "-:–."):
            _set_aside_scale(text, index)
        if index in text.ignored or _note_months(text, index):
            continue
        following = text.tokens[index + 1].text if index + 1 < len(text.tokens) else ""
        if following in {"%", "‰"} or following in {"percent", "pct", "per cent"}:
            _set_aside_range(text, index)
        elif (
            _glued_to_letters(text, index)
            or _numbers_a_list(text, index)
            or _spelled_out_of_place(text, index)
        ):
            text.ignored.add(index)
        else:
            _set_aside_count(text, index)


def _set_aside_years(text: Text) -> None:
    """A bare 2024 or 2019/20 is a year where other numbers stand beside it."""
    numbers = [index for index, token in enumerate(text.tokens) if NUMBER in token.kinds]

    def year(index: int) -> bool:
        return (
            text.number(index)
            and len(text.tokens[index].text) == 4
            and not is_money(text, index)
            and text.value(index) in _YEARS
        )

    for index in numbers if len(numbers) > 1 else ():
        ranged = text.kind(index - 1, "separator") or text.kind(index + 1, "separator")
        if year(index) and (not ranged or year(index - 2) or year(index + 2)):
            text.ignored.add(index)
            if text.kind(index + 1, "separator") and year(index + 2):
                text.ignored.add(index + 2)


def set_aside(text: Text) -> None:
    """Mark every number that is not pay as ignored, and note the months a year."""
    _set_aside_others(text)
    _set_aside_years(text)
