"""Years of experience that a running text asks for.

What belongs here: the clauses of a description that require years, and those that only seem to (the employer's story,
a contract's length, a wish). What does not: those that say that none are needed (`postings.normalise.newcomers`), and
a field of its own (`postings.normalise.experience`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

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
from postings.normalise.wording import in_a_wished_list, number_of, places_of, soft_clause
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
# "Experience - 0-2 years" and a heading "Experience:" go on.
_ENGLISH_BREAK = re.compile(
    r"(?<!\bexperience:)(?<!\bexperience)\n|[;；。!！?？•●▪◦·✓➢*]|\.(?=\s|$)|(?<!\bexperience) - "
)
_CHINESE_BREAK = re.compile(r"[\n;；。!！?？•●▪◦·✓➢*,，]|(?<!\d)\d{1,2}[、.)）．](?!\d)|\d[、)）．]")
_SOFT_BREAK = re.compile(r"[,，;；。\n•●]|[(（](?!prefer)|\.(?=\s|$)")
_WORK = re.compile(
    r"\bexper(?!ts?\b|tise\b)\w*|\bexp\b|\bworking\b|\bworked\b|\blevel\b|\bin (?:a|an) (?:similar|related)\b"
    r"|\bbackground\b"
)
_SINCE_QUALIFIED = re.compile(r"\bpost[- ]?(?:registration|qualif(?:ication|ying|ied)|graduation)\b")
_CHINESE_WORK = re.compile(
    r"经验|经历|从业|工作|开发|实践|任职|岗位|背景|研发|测试|管理|分析|设计|使用|运维|销售"
)
# "6+ years building ..." needs no "experience" when it is put as a demand.
_DEMANDED = re.compile(r"(?:\bminimum|\bmin\.?|\bat ?least|\brequires?|\bmust have)(?: of)?\s?$")
_AS_WORK = re.compile(r"'?s?'?\s(?:of|in|as|with|practice\b|\w+ing\b|\w+ \w+ing\b)")
# "Healthcare (preferably a surgery): 1 year (required)"
_REQUIRED_BEHIND = re.compile(r"\s?\(required\)")
# "4 years experience preferred in manufacturing" wishes for the branch, not for the years.
_WISHED_KIND = re.compile(r"\bpreferabl[ey] |\bpreferred (?=in\b|with\b|within\b|from\b)")
_WISHED = re.compile(
    r"\bwe (?:do |would |strongly )?prefer\W{0,3}(?:\w+ ){0,5}$"
    r"|preferabl[ey]\W{0,3}(?:\w+ ){0,4}$|ideally\W{0,3}(?:\w+ ){0,8}$"
    r"|\bpreference (?:is|was|would be|will be)\b[\w ]{0,30}$"
    r"|(?:preferred|desirable|desired|nice to have)\s?[:(]\W*(?:\w+ ){0,2}$"
    r"|(?:preferred|desirable|desired|nice to have) (?:qualifications?|skills?|experience|requirements?)"
    r"[^a-z0-9)]{0,6}(?:\w+ ){0,2}$"
)
# "2 years in care, catering, or cleaning preferred" wishes for the whole list.
_LIST_IS_WISHED = re.compile(
    r"[^.;\n()]{0,150}?, or [\w /&-]{1,50}? (?:is |are |would be |will be )?(?:strongly |highly )?"
    r"(?:preferred|preferable|desirable|desired|a plus|an advantage)\s*(?:[.;\n]|$)"
)
# "4 years of experience in sales, trading or banking is preferred", but not "4 years in sales, knowledge of Excel is"
_SENTENCE_IS_WISHED = re.compile(
    r"'?s?'?(?: of)? (?:(?!experience)[\w/-]+ ){0,6}?experience\b"
    r"(?:(?!experience|knowledge|familiar|degree|certificat|abilit|background|exposure|understanding|skill|proficien"
    r"|fluen|required|must)[^.;\n()]){0,110}?"
    r"\b(?:is|are|would be|will be) (?:strongly |highly )?"
    r"(?:preferred|preferable|desirable|desired|a plus|an advantage|favou?rable)\b"
)
# "1+ years of experience in B2B sales (ERP or SaaS). But not mandatory"
_NOT_MANDATORY = re.compile(
    r"(?:(?!knowledge|qualification|degree|certificat|licen[cs]|skill|desirable|preferred|ideally|advantage)[^;\n]){0,120}?"
    r"\bbut (?:it is |it's |is |this is )?not (?:mandatory|required|necessary|essential|a must)\b"
)
# "I lived or worked abroad for 6 months" is about a police check.
_ABROAD = re.compile(
    r"\b(?:lived|resided|residing|living|worked|been) (?:or \w+ )?(?:abroad|overseas|outside)\b"
)
# "experience in a renal setting (2 years)", "experience working in a workshop for at least 6 months"
_FAR_FROM_ITS_NOUN = re.compile(
    r"[(（]\s?(?:(?:minimum|min\.?|at least|more than|over)(?: of)? )?$|,\s(?:typically|usually|generally)\s?$"
    r"|\b(?:looking for|seeking|hiring)\b[^.;]{0,70}\bwith (?:over |more than )?$"
    r"|\bfor(?: at least| a minimum of| more than| over)?\s?$"
)
# "With over 20 years of experience, Example & Sons ..." begins a story; "... - min 6 years" ends an item.
_BEGINS_A_STORY = re.compile(r"\W*with (?:over |more than |nearly |almost |around |about )$")
_ENDS_AN_ITEM = re.compile(r"\W*(?:min\.?|minimum|at least)(?: of)? ?$")
_A_CONTRACTS = re.compile(r"\b(?:contract|duration|term|commit\w*|lease|stay|warranty|period|placement)\b")
_AGED = re.compile(
    r"\b(?:child|children|infants?|babies|people|persons?|adults?|pupils?|aged?|clients|families)"
    r"(?: from| for)?\s?$"
)
# "a contract for 12 months", "posts that rotate, 6 months in each", "29 days of leave if you have worked for us for 5"
_LASTS = re.compile(
    r"\b(?:contract|secondment|fixed[- ]term|posts?|posted|cover|placement|available|opportunity)\b[^.;]{0,60}\bfor"
    r" (?:an? )?(?:initial )?(?:period of )?(?:at least |up to )?$"
    r"|\b(?:contract|rotat\w+|secondment)\b(?:(?!experien)[^.;]){0,60}$|\bduration\W{0,3}$"
    r"|\bto spend\s?$|\breferences?\b[^.;]{0,60}$"
    r"|\bannual leave\b[^.;]{0,80}$|\d if you (?:have|'ve) [^.;]{0,60}$"
    r"|\bafter (?:working|completing) $"
)
_LATELY = re.compile(r"\b(?:first|last|past|previous|preceding)\s?$")
_FRESH_OR = re.compile(
    r"\bfresh graduates? or (?:candidates |those |applicants |people )?(?:with )?(?:up to )?$"
)
# "硕士3年、本科5年": the years of a degree are alternatives to those of the next.
_PAID_BY_YEARS = re.compile(r"'?s?'? experience\)?\s?[-:]?\s?[£$€]")
_INSISTED = re.compile(r"\b(?:mandatory|required|essential|a must)\b")
_INSTEAD = re.compile(r"\bor (?:an? |at least |a minimum of |minimum |with )*$")
_WITH_DEGREE = re.compile(
    r"(?:博士|硕士|研究生|本科|大专|专科)(?:学历|生|毕业)?(?:需|要求|具有|至少|须|，|,)?\s?$"
    r"|\bwith (?:an? )?(?:phd|doctorate|master'?s?|bachelor'?s?|b\.?a|b\.?sc|m\.?a|m\.?sc|diploma)\b[^.;]{0,24}$"
)
_STORY = re.compile(
    r"\b(?:we|we've|our|us|company|firm|founded|established|since|past|last|next|history|ago|heritage|leader|partner"
    r"|combined|collective|contract|fixed|term|every|each|per|serving|celebrat\w*|warranty)\b"
    r"|\bgroup with\b|成立|创立|创办|历史|(?:公司|集团|企业)(?:已|有|拥有|专注|深耕|经过|在).{0,6}$|我们|过去"
    r"|近$|合同|未来|年龄|岁"
    r"|团队成员|顾问团|第$|签|每$|满$|试用期|毕业.?$|入职|在职|离职|稳定"
)
_CANDIDATE = re.compile(
    r"\b(?:you|candidates?|applicants?|must|should|minimum|at ?least|required?|requirements?"
    r"|looking for|seeking|who ha(?:s|ve))\b|要求|至少|具有|具备"
)
_NOT_YEARS_OF_WORK = re.compile(
    r"'?s?\s?(?:old|of age|ago|contract|fixed|secondment|degree|college|program|course|student|warranty|leave"
    r"|plan|term|service\b|golden|history|period|placement|training|in business"
    r"|maternity|paternity|pilot\b|renewable|extend|\W?out of programme|onwards?\b"
    r"|(?:\w+ ){0,2}(?:internship|apprenticeship|traineeship|preceptorship))|\s?(?:before|commencing|starting)\b"
    r"|[-\s]?(?:end|round|long|on[ -]year)\b"
    r"|(?:底|终|会|度|初|龄|级|后|前(?!端)|内|来|间|轻|薪|\d|月|成立|的?历史|[一二三四五六两]次)"
)
_WRAPPED = re.compile(r"(?<=[a-z,])\n(?=[a-z])")
"""The end of a line within a sentence, on pages that were wrapped by hand."""
_PLAIN = str.maketrans("–—～~’[]", "----'  ")
_BRACKETED = re.compile(r"[（(][^（()）]{0,40}[，,、][^（()）]{0,40}[）)]")
"""A list in brackets, whose commas end no clause."""


def _clause(text: str, start: int, end: int, ends: re.Pattern[str]) -> tuple[str, str]:
    """What stands before `start` and after `end` in the same clause, at most 80 and 70 characters."""
    before, after = text[max(0, start - 80) : start], _BRACKETED.sub("", text[end : end + 90])[:70]
    cuts = [cut.end() for cut in ends.finditer(before)]
    if cuts:
        before = before[cuts[-1] :]
    if cut := ends.search(after):
        after = after[: cut.start()]
    return before, after


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


def _no_years_of_work(before: str, after: str, rest: str) -> bool:
    """Whether the clause's years are an age, a contract's or a course's length, a step of pay, or lie behind."""
    return any(words.search(before) for words in (_FRESH_OR, _AGED, _LATELY, _ABROAD, _LASTS)) or any(
        (_NOT_YEARS_OF_WORK.match(after), _PAID_BY_YEARS.match(rest))
    )


def _wished(before: str, after: str, rest: str) -> bool:
    """Whether the years are only preferred: by the clause, or by what the text goes on to say (`rest`)."""
    wish = _WISHED_KIND.split(_SOFT_BREAK.split(after, maxsplit=1)[0], maxsplit=1)[0]
    return soft_clause(wish) or any(
        (
            _WISHED.search(before),
            _LIST_IS_WISHED.match(after),
            _SENTENCE_IS_WISHED.match(rest),
            _NOT_MANDATORY.match(rest),
        )
    )


def _statement(text: str, unit: re.Match[str]) -> _Statement | None:
    """The requirement that a year in a text belongs to, or None where it is about something else."""
    window_start = max(0, unit.start() - 40)
    quantity = _QUANTITY_AT_END.search(text[window_start : unit.start()])
    if quantity is None:
        return None
    chinese = unit[0] in ("年", "个月")
    start = window_start + quantity.start()
    before, after = _clause(text, start, unit.end(), _CHINESE_BREAK if chinese else _ENGLISH_BREAK)
    rest = text[unit.end() : unit.end() + 150]
    if quantity["under"] == "within" or _no_years_of_work(before, after, rest):
        return None
    if _wished(before, after, rest):
        return None
    about_work = _CHINESE_WORK if chinese else _WORK
    demanded = quantity["plus"] or quantity["plus2"] or _DEMANDED.search(before)
    far = _FAR_FROM_ITS_NOUN.search(before) or _WITH_DEGREE.search(before)
    near = before if far else before[-30:]
    of_work = not chinese and (_SINCE_QUALIFIED.search(after) or _REQUIRED_BEHIND.match(after))
    of_work = of_work or about_work.search(after) or about_work.search(near)
    of_item = (
        _ENDS_AN_ITEM.fullmatch(before)
        and not after.strip()
        and not _A_CONTRACTS.search(text[max(0, start - 60) : start])
    )
    if not (of_work or of_item or (demanded and _AS_WORK.match(after))):
        return None
    if _BEGINS_A_STORY.fullmatch(before) and not _CANDIDATE.search(after):
        return None
    if _STORY.search(before[-30:]) and not _CANDIDATE.search(before):
        return None
    if not chinese and not _INSISTED.search(after) and in_a_wished_list(text, start):
        return None
    low = in_years(_number_in_text(quantity["low"], before), quantity["unit1"] or unit[0])
    high = in_years(number_of(quantity["high"] or ""), unit[0])
    if low is None or low > MOST_YEARS_IN_TEXT or (high is not None and high > MOST_YEARS_IN_TEXT):
        return None
    by_degree, instead = _WITH_DEGREE.search(before) is not None, _INSTEAD.search(before) is not None
    if high is None:
        at_most = quantity["under"] or AND_LESS.match(after)
        least, most = (None, low) if at_most else (low, None)
        return _Statement(least, most, by_degree, instead)
    bounded = not (quantity["plus2"] or AND_MORE.match(after) or AT_LEAST.search(before))
    return _Statement(min(low, high), max(low, high) if bounded else None, by_degree, instead)


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
    text = _WRAPPED.sub(" ", description[:DESCRIPTION_CHARACTERS]).lower().translate(_PLAIN)
    found = [statement for unit in _units(text) if (statement := _statement(text, unit)) is not None]
    if found:
        most = _asked_for(found)
        return Experience(most.minimum, most.maximum, None, PARSED)
    return Experience(Decimal(0), None, None, PARSED) if no_experience_needed(text) else NOT_ASKED
