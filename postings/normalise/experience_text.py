"""Years of experience that a running text asks for.

What belongs here: the numbers of years in a description, and which of them count. What does not: what a clause makes
of its years (`postings.normalise.experience_clause`), who is welcome without any (`postings.normalise.newcomers`), and
a field of its own (`postings.normalise.experience`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from postings.normalise.experience_clause import clause_around
from postings.normalise.experience_years import (
    AND_LESS,
    AND_MORE,
    AT_LEAST,
    NOT_ASKED,
    NUMBER,
    SPELT,
    UNDER,
    UNIT,
    Experience,
    in_years,
)
from postings.normalise.newcomers import no_experience_needed
from postings.normalise.wording import number_of, places_of
from postings.schema import PARSED

MOST_YEARS_IN_TEXT = Decimal(20)
"""In running text, more than this is an employer's own story."""

DESCRIPTION_CHARACTERS = 20_000

# In running text: first the unit, which is rare, then what stands around it. Everything is bounded by the window.
_UNIT_ANCHORS = ("year", "yr", "month", "年", "个月")
_UNIT_IN_TEXT = re.compile(r"(?<![a-z])(?:years?|yrs?|months?)\b|年|个月")
_QUANTITY_AT_END = re.compile(
    rf"(?:(?P<under>{UNDER})\s?(?:of\s)?)?(?<![a-z£$€])(?P<low>{NUMBER}){SPELT}\s?(?P<plus>\+|plus|or more)?\s?"
    rf"(?:(?P<unit1>{UNIT})\s?)?(?:(?:-|up to|to|至|到|/|and|or)\s?(?P<high>{NUMBER}){SPELT}\s?(?P<plus2>\+|plus)?)?"
    r"\s?-?\s?$"
)
_WRAPPED = re.compile(r"\n(?<=[a-z,]\n)(?=[a-z])")
"""The end of a line within a sentence, on pages that were wrapped by hand."""
_PLAIN = (("–", "-"), ("—", "-"), ("～", "-"), ("~", "-"), ("’", "'"), ("[", " "), ("]", " "))


@dataclass(frozen=True)
class _Statement:
    """Years that a text asks for.

    `by_degree`: they go with a degree, as one of several ways in. `instead`: they are another way in than those that
    the text states before ("2 years in a theatre or 3 years in a ward").
    """

    minimum: Decimal | None
    maximum: Decimal | None
    by_degree: bool
    instead: bool


def _least_years(statement: _Statement) -> Decimal:
    return statement.minimum or Decimal(0)


def _most_asked(statement: _Statement) -> tuple[Decimal, bool]:
    return _least_years(statement), statement.maximum is not None


def _number_in_text(digits: str, clause_before: str) -> Decimal | None:
    """ "2.3年" at the beginning of a clause is item 2, three years; elsewhere only halves are decimals."""
    item, point, rest = digits.partition(".")
    if point and (not clause_before.strip() or rest.rstrip("0") not in ("", "5")) and item.isdecimal():
        return number_of(rest)
    return number_of(digits)


def _statement(text: str, unit: re.Match[str]) -> _Statement | None:
    """The requirement that a year in a text belongs to, or None where it is about something else."""
    window_start = max(0, unit.start() - 40)
    quantity = _QUANTITY_AT_END.search(text[window_start : unit.start()])
    if quantity is None or quantity["under"] == "within":
        return None
    start = window_start + quantity.start()
    clause = clause_around(text, start, unit.end(), chinese=unit[0] in ("年", "个月"))
    demanded = quantity["plus"] or quantity["plus2"] or clause.demanded
    if not (clause.about_work or (demanded and clause.as_work)):
        return None
    if clause.of_other_things or clause.a_story or clause.wished or clause.in_a_wished_list(text, start):
        return None
    low = in_years(_number_in_text(quantity["low"], clause.before), quantity["unit1"] or unit[0])
    high = in_years(number_of(quantity["high"] or ""), unit[0])
    if low is None or low > MOST_YEARS_IN_TEXT or (high is not None and high > MOST_YEARS_IN_TEXT):
        return None
    if high is None:
        at_most = quantity["under"] or AND_LESS.match(clause.after)
        least, most = (None, low) if at_most else (low, None)
    else:
        bounded = not (quantity["plus2"] or AND_MORE.match(clause.after) or AT_LEAST.search(clause.before))
        least, most = min(low, high), max(low, high) if bounded else None
    return _Statement(least, most, clause.by_degree, clause.instead)


def _asked_for(found: list[_Statement]) -> _Statement:
    """Of several ways in the least, of several demands the most."""
    demands: list[_Statement] = []
    for statement in found:
        if statement.by_degree:
            continue
        if statement.instead and demands:
            demands.append(min(demands.pop(), statement, key=_least_years))
        else:
            demands.append(statement)
    if by_degree := [statement for statement in found if statement.by_degree]:
        demands.append(min(by_degree, key=_least_years))
    # "5 with 3 years of experience and 5 with 0 years": some of the posts ask for none.
    none_asked = [one for one in demands if one.minimum == 0 and one.maximum is None]
    return none_asked[0] if none_asked else max(demands, key=_most_asked)


def _units(text: str) -> Iterator[re.Match[str]]:
    for at in places_of(_UNIT_ANCHORS, text):
        if (unit := _UNIT_IN_TEXT.match(text, at)) is not None:
            yield unit


def experience_in_text(description: str | None) -> Experience:
    """The requirement that a description states: parsed, or missing where none is found.

    Reads the first 20,000 characters. Years count when the clause is about experience and neither a wish ("preferred",
    优先) nor the employer's story. Of several, the largest minimum: who has that has the others too. "No experience
    needed" and 应届生亦可 count only where no years are asked for.
    """
    if not description:
        return NOT_ASKED
    text = _WRAPPED.sub(" ", description[:DESCRIPTION_CHARACTERS]).lower()
    # Several times as fast as one translation.
    for written, plain in _PLAIN:
        text = text.replace(written, plain)
    found = [statement for unit in _units(text) if (statement := _statement(text, unit)) is not None]
    if found:
        most = _asked_for(found)
        return Experience(most.minimum, most.maximum, None, PARSED)
    return Experience(Decimal(0), None, None, PARSED) if no_experience_needed(text) else NOT_ASKED
