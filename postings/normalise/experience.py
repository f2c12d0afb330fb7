"""Years of experience that a posting asks for.

What belongs here: a field such as "3-5年" or "at least two years", and, where the field says nothing, the requirement
that the description states. What does not: seniority by title (`postings.normalise.seniority`).

Years are years as stated. "5+", "5年以上" and a bare "5 years" are a minimum of five without maximum; "no experience
needed", 经验不限, 应届生 and "entry level" are a minimum of 0, which is not the same as a field that says nothing. A
word such as "Senior" states a level but no years: status missing, with the word's level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from postings.normalise.wording import (
    CHINESE_NUMBER,
    ENGLISH_NUMBER,
    NOT_STATED,
    folded,
    number_of,
    plain_number,
    soft_clause,
)
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

MOST_YEARS = Decimal(40)
"""More is a life, an age or a company's history, not a requirement."""

MOST_YEARS_IN_TEXT = Decimal(20)
"""In running text, more than this is an employer's own story."""

DESCRIPTION_CHARACTERS = 20_000
BANDS = ("no requirement", "under 1 year", "1-3 years", "3-5 years", "5-10 years", "over 10 years")
"""The studies' bands, by the least that is asked for."""

_MOST_STATEMENTS = 40
_LIST_CHARACTERS = 400
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Experience:
    """Years asked for, 0 <= minimum <= maximum <= 40; None where not stated. `level` is a level named instead of years.

    Levels: entry, junior, mid, senior, expert, manager, director, executive.
    """

    minimum: Decimal | None
    maximum: Decimal | None
    level: str | None
    status: str

    @property
    def band(self) -> str | None:
        """The study's band that the minimum falls in (3-5 years: 3 <= minimum < 5), or under 1 year; else None."""
        if self.minimum is None:
            return BANDS[1] if self.maximum is not None and self.maximum <= 1 else None
        limits = (Decimal(0), Decimal(1), Decimal(3), Decimal(5), Decimal(10))
        return BANDS[sum(self.minimum >= limit for limit in limits) if self.minimum else 0]

    @property
    def text(self) -> str:
        """The years in a form that `parse_experience` reads back: "3-5 years", "5+ years", "up to 2 years" or ""."""
        if self.minimum is None:
            return "" if self.maximum is None else f"up to {plain_number(self.maximum)} years"
        if self.maximum is None:
            return f"{plain_number(self.minimum)}+ years"
        return f"{plain_number(self.minimum)}-{plain_number(self.maximum)} years"


_MISSING = Experience(None, None, None, MISSING)
_UNPARSED = Experience(None, None, None, UNPARSED)

_DIGITS = r"(?<!\d)(?<!\d[.,])\d{1,3}(?:\.\d{1,2})?"
_N = rf"(?:{_DIGITS}|(?<![a-z]){ENGLISH_NUMBER}(?![a-z])|{CHINESE_NUMBER})"
_YEARS = r"(?:years?|yrs?|y(?![a-z])|年)"
_MONTHS = r"(?:months?|mos?(?![a-z])|mths?|个月|月)"
_UNIT = rf"(?:{_YEARS}|{_MONTHS})"
# "five (5)" says its number twice.
_SPELT = rf"(?:\s?\(\s?(?:\d{{1,2}}|{ENGLISH_NUMBER})\s?\))?"
_OVER = (
    r"(?:at ?least|minimum|min\.?|more than|over|above|greater than|from|>=?|≥|不少于|不低于|至少|最少|最低|超过|大于"
    r"|满)"
)
_UNDER = (
    r"(?:up ?to|less than|fewer than|under|below|maximum|max\.?|at most|within|not more than|<=?|≤|不超过|最多|少于"
    r"|低于|小于)"
)
_QUANTITY = re.compile(
    rf"(?P<before>{_OVER}|(?P<under>{_UNDER}))?\s?(?:of\s|period of\s|:\s?)?(?:an?\s)?(?:at least\s|minimum\s)?"
    rf"(?<![a-z])(?P<low>{_N}){_SPELT}\s?(?P<plus>\+|plus\s|以上|or more\s|and above\s)?\s?(?P<unit1>{_UNIT})?'?"
    rf"(?:\s?(?:-|to\b|至|到|/|and\b|or\b|、)\s?(?:(?:up to|at least)\s)?(?P<high>{_N}){_SPELT}\s?(?P<plus2>\+|plus\s)?"
    rf"\s?(?P<unit2>{_UNIT})?)?"
)
# "At least 3-5 years" bounds nothing from above.
_AT_LEAST = re.compile(
    r"(?:at ?least|minim(?:um|al)|min\.?|不少于|不低于|至少|最少|最低)(?: of)?(?: an?)?\s{0,2}$"
)
_AND_MORE = re.compile(
    r"'?s?\s?\)?\s?(?:\+|及?或?以上|或更多|起(?!步)|(?:and|or|&) (?:above|more|over|up|longer|greater)"
    r"|plus\b|minimum|min\b|at least)"
)
_AND_LESS = re.compile(r"\s?(?:之内|及?或?以[下内]|or less|or below|and below|maximum|max\b)")
_NONE = re.compile(
    r"(?:no|without|zero) (?:(?:prior|previous|work|working|relevant) )*experience"
    r"|(?:experience )?(?:is )?not (?:required|necessary|needed)|^(?:none|any|no)(?: required)?$|no requirements?|^0$"
    r"|freshers?\b|fresh graduate|new grad|recent graduate|无(?:需|须|要求)?(?:工作)?经验|(?:工作)?经验不限"
    r"|不限(?:工作)?(?:经验|年限)?|年限不限|无要求|不要求|没有要求|零经验|无限制"
)
_ENTRY = re.compile(
    r"\bentry\b|\bintern(?:ship)?s?\b|\btrainee|\bgraduates?\b|\bstudents?\b|应届|在校|实习|毕业生|初级入门"
)
_LEVELS = (
    ("executive", re.compile(r"\bexecutive|c-level|高管")),
    ("director", re.compile(r"\bdirector|总监")),
    ("manager", re.compile(r"\bmanag|经理")),
    ("expert", re.compile(r"\bexpert|\bprincipal|\bstaff\b|\blead\b|专家")),
    ("mid", re.compile(r"\bmid\b|mid-|middle|intermediate|中级|experienced|有经验|professional")),
    ("senior", re.compile(r"\bsenior|\bsr\b|高级|资深|advanced")),
    ("junior", re.compile(r"\bjunior|\bjr\b|associate|初级|beginner")),
)


def _stated(match: re.Match[str], bare_unit: str | None) -> tuple[Decimal | None, Decimal | None] | None:
    """Minimum and maximum in years, or None where the numbers are no years."""
    unit = match["unit2"] or match["unit1"] or bare_unit
    low, high = number_of(match["low"]), number_of(match["high"]) if match["high"] else None
    if unit is None or low is None:
        return None
    low_unit = match["unit1"] or unit

    def years(number: Decimal | None, of: str) -> Decimal | None:
        if number is None:
            return None
        month = re.fullmatch(_MONTHS, of)
        return (number / 12).quantize(_CENT).normalize() + 0 if month else number

    minimum, maximum = years(low, low_unit), years(high, unit)
    after = match.string[match.end() :]
    if maximum is None:
        if match["under"] or _AND_LESS.match(after):
            minimum, maximum = None, minimum
    elif match["plus2"] or _AND_MORE.match(after) or _AT_LEAST.match(match["before"] or ""):
        maximum = None  # "3-5年以上", "3-5+ years": the upper number is no bound
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum, maximum = maximum, minimum
    if any(bound is not None and bound > MOST_YEARS for bound in (minimum, maximum)):
        return None
    return minimum, maximum


def _level(text: str) -> str | None:
    return next((level for level, words in _LEVELS if words.search(text)), None)


@lru_cache(maxsize=16_384)
def parse_experience(text: str | None) -> Experience:
    """What a field says about experience: "3-5年", "5+ years", "at least two years", 经验不限, "entry level", "0".

    A bare number or range is in years; months are converted. Status: given (a plain number), parsed, missing (nothing,
    or a level without years), unparsed (a text that states neither). Several statements: the largest minimum.
    """
    line = folded(text)
    if line in NOT_STATED:
        return _MISSING
    if re.fullmatch(r"\d{1,2}(?:\.\d{1,2})?", line):
        return Experience(Decimal(line), None, None, GIVEN) if Decimal(line) <= MOST_YEARS else _UNPARSED
    found: list[tuple[Decimal | None, Decimal | None]] = []
    start = 0
    bare = "years" if re.fullmatch(rf"[\s\d.\-+<>=≥≤]+|{_N}", line) else None
    while len(found) < _MOST_STATEMENTS and (match := _QUANTITY.search(line, start)):
        start = max(match.end(), start + 1)
        if (years := _stated(match, bare)) is not None:
            found.append(years)
    level = "entry" if _ENTRY.search(line) else _level(line)
    if found:
        minimum, maximum = max(found, key=lambda pair: pair[0] or Decimal(0))
        return Experience(minimum, maximum, level, PARSED)
    if level == "entry" or _NONE.search(line):
        return Experience(Decimal(0), None, level, PARSED)
    if level is not None:
        return Experience(None, None, level, MISSING)
    return _UNPARSED


# In running text: first the unit, which is rare, then what stands around it. Everything is bounded by the window.
_UNIT_ANCHORS = ("year", "yr", "month", "年", "个月")
_UNIT_IN_TEXT = re.compile(r"(?<![a-z])(?:years?|yrs?|months?)\b|年|个月")
_NONE_ANCHORS = ("experience", "fresh", "newly", "about to qualify", "经验", "应届", "应往届", "基础", "在校")
_QUANTITY_AT_END = re.compile(
    rf"(?:(?P<under>{_UNDER})\s?(?:of\s)?)?(?<![a-z£$€])(?P<low>{_N}){_SPELT}\s?(?P<plus>\+|plus|or more)?\s?"
    rf"(?:(?P<unit1>{_UNIT})\s?)?(?:(?:-|up to|to|至|到|/|and|or)\s?(?P<high>{_N}){_SPELT}\s?(?P<plus2>\+|plus)?)?"
    r"\s?-?\s?$"
)
_ENGLISH_BREAK = re.compile(r"[\n;；。!！?？•●▪◦·✓➢*]|\.(?=\s|$)| - ")
_CHINESE_BREAK = re.compile(r"[\n;；。!！?？•●▪◦·✓➢*,，]|(?<!\d)\d{1,2}[、.)）．](?!\d)|\d[、)）．]")
_SOFT_BREAK = re.compile(r"[,，;；。\n•●]|[(（](?!prefer)|\.(?=\s|$)")
_WORK = re.compile(
    r"\bexper\w*|\bexp\b|\bworking\b|\bworked\b|\blevel\b|\bin (?:a|an) (?:similar|related)\b|\bbackground\b"
)
_CHINESE_WORK = re.compile(
    r"经验|经历|从业|工作|开发|实践|任职|岗位|背景|研发|测试|管理|分析|设计|使用|运维|销售"
)
# "6+ years building ..." needs no "experience" when it is put as a demand.
_DEMANDED = re.compile(r"(?:\bminimum|\bmin\.?|\bat ?least|\brequires?|\bmust have)(?: of)?\s?$")
_AS_WORK = re.compile(r"'?s?'?\s(?:of|in|as|with|\w+ing\b|\w+ \w+ing\b)")
# "4 years experience preferred in manufacturing" wishes for the branch, not for the years.
_WISHED_KIND = re.compile(r"\bpreferabl[ey] |\bpreferred (?=in\b|with\b|within\b|from\b)")
_WISHED = re.compile(
    r"(?:preferabl[ey]|ideally)\W{0,3}(?:\w+ ){0,4}$|(?:preferred|desirable|desired|nice to have)\s?[:(]\W*(?:\w+ )?$"
    r"|(?:preferred|desirable|desired|nice to have) (?:qualifications?|skills?|experience|requirements?)"
    r"[^a-z0-9)]{0,6}(?:\w+ ){0,2}$"
)
# A list under "Preferred qualifications" wishes to its end, which is the next heading.
_LIST_HEADING = re.compile(
    r"\b(?P<wished>(?:preferred|preferable|desirable|desired|nice[- ]to[- ]have) (?:qualifications?|skills?|experience"
    r"|requirements?|criteria))\b"
    r"|\b(?:requirements?|qualifications?|responsibilities|duties|benefits|compensation|salary|how to apply)\b"
    r"|\b(?:essential|required)\s?[:\n]"
)
# "experience in a renal setting (2 years)", "experience working in a workshop for at least 6 months"
_FAR_FROM_ITS_NOUN = re.compile(
    r"[(（](?:(?:minimum|min\.?|at least)(?: of)? )?$|\bfor(?: at least| a minimum of| more than| over)?\s?$"
)
_AGED = re.compile(r"\b(?:child|children|infants?|babies|people|persons?|adults?|pupils?|aged?)\s?$")
_LATELY = re.compile(r"\b(?:last|past|previous|preceding)\s?$")
_FRESH_OR = re.compile(r"\bfresh graduates? or\s?$")
# "硕士3年、本科5年": the years of a degree are alternatives to those of the next.
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
    r"|plan|term|service\b|golden|history|period|placement|training|in business)|\s?before\b"
    r"|[-\s]?(?:end|round|long|on[ -]year)\b"
    r"|(?:底|终|会|度|初|龄|级|后|前(?!端)|内|来|间|轻|薪|\d|月|成立|的?历史|[一二三四五六两]次)"
)
# "Experience in design is desirable but not essential" says that none is needed where no other is asked for.
_NOT_ESSENTIAL = re.compile(
    r"experience\b[^.;]{0,90}?\b(?:is|are|be|but|though|although|experience) (?:absolutely )?"
    r"not (?:absolutely )?(?:required|necessary|essential|needed|mandatory)"
    r"(?![,.;]? (?:however|but)\b[^.]{0,60}\bexperience)"
)
_ASKED_ELSEWHERE = re.compile(
    r"\b(?:extensive|proven|significant|demonstrable|substantial|considerable) (?:[\w-]+ ){0,5}experience\b"
    r"|\bexperience (?:is )?(?:required|essential)\b"
)
_NONE_IN_TEXT = re.compile(
    r"no (?:(?:prior|previous|work|working|relevant) )*experience (?:is |was )?(?:required|necessary|needed)"
    r"|fresh graduates?\b(?! (?:are |is |will )?not)"
    r"|(?:do not|don't) need (?:to have )?(?:any )?(?:\w+ )?experience"
    r"|(?:experienced (?:and|or|/|&) |from (?:both )?|are you an? |for an? )newly[- ]qualified"
    r"|(?:looking for|also take|accept|if you are) (?:an? )?(?:\w+,? ){0,3}newly[- ]qualified"
    r"|newly[- ]qualified (?:or|and) experienced"
    r"|(?:opportunit\w+|arisen) [^.;]{0,60}newly[- ]qualified"
    r"|welcom\w+ (?:applications from )?(?:\w+ ){0,3}newly[- ]qualified"
    r"|newly[- ]qualified[^.;]{0,60}\b(?:welcome|considered|encouraged)|students?\b[^.;]{0,30}\babout to qualify"
    r"|(?:工作)?经验不限|不限(?:工作)?经验|无需(?:相关|工作)*经验|无(?:相关|工作)*经验(?:者)?(?:也|亦|均)?(?:可|能)"
    r"|无(?:相关|工作)*经验要求|经验(?:不做?|不作|无)要求|应(?:届)?、?往届|应届生?[^。；，\n]{0,4}选择"
    r"|接受[^。；，\n]{0,6}(?:入门|零|0)基础|(?:零|0)基础(?:者|学员|人员)?(?:也|亦|均|都)?可"
    r"|的在校(?:大?学)?生|在校(?:大?学)?生(?:优先|也|亦|均|都|可)|无经验(?=微信|[，。；、\s]|$)"
    r"|应届(?:毕业)?生?/[^。；，\n]{0,12}优先"
    r"|(?:接受|欢迎|招收|可招)[^。；\n]{0,6}(?:应届|无经验)|(?<!非)应届(?:毕业)?生?(?:也|亦|均|都)?(?:可|能|优先|欢迎)(?!能)"
    r"|(?<!非)应届(?:毕业)?生(?:[（(，,、；;。\d\n]|微信|实习|$|[^。；\n]{0,10}招聘)"
    r"|(?:岗位|职位)为实习|接受[^。；，\n]{0,4}(?:大一|大二|大三|大四|在校|实习)|无经验者?有"
)


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
    """Years that a text asks for; `by_degree` where they go with a degree, as one of several ways in."""

    minimum: Decimal | None
    maximum: Decimal | None
    by_degree: bool


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


def _years(number: Decimal | None, unit: str) -> Decimal | None:
    if number is None or not re.fullmatch(_MONTHS, unit):
        return number
    return (number / 12).quantize(_CENT).normalize() + 0


def _in_a_wished_list(before: str) -> bool:
    headings = [heading["wished"] for heading in _LIST_HEADING.finditer(before)]
    return bool(headings) and headings[-1] is not None


def _statement(text: str, unit: re.Match[str]) -> _Statement | None:
    """The requirement that a year in a text belongs to, or None where it is about something else."""
    window_start = max(0, unit.start() - 40)
    quantity = _QUANTITY_AT_END.search(text[window_start : unit.start()])
    if quantity is None:
        return None
    chinese = unit[0] in ("年", "个月")
    start = window_start + quantity.start()
    before, after = _clause(text, start, unit.end(), _CHINESE_BREAK if chinese else _ENGLISH_BREAK)
    if (
        quantity["under"] == "within"
        or _FRESH_OR.search(before)
        or _AGED.search(before)
        or _LATELY.search(before)
    ):
        return None
    wish = _WISHED_KIND.split(_SOFT_BREAK.split(after, maxsplit=1)[0], maxsplit=1)[0]
    if _NOT_YEARS_OF_WORK.match(after) or _WISHED.search(before) or soft_clause(wish):
        return None
    about_work = _CHINESE_WORK if chinese else _WORK
    demanded = quantity["plus"] or quantity["plus2"] or _DEMANDED.search(before)
    near = before if _FAR_FROM_ITS_NOUN.search(before) else before[-30:]
    if not (about_work.search(after) or about_work.search(near) or (demanded and _AS_WORK.match(after))):
        return None
    if _STORY.search(before[-30:]) and not _CANDIDATE.search(before):
        return None
    if not chinese and _in_a_wished_list(text[max(0, start - _LIST_CHARACTERS) : start]):
        return None
    low = _years(_number_in_text(quantity["low"], before), quantity["unit1"] or unit[0])
    high = _years(number_of(quantity["high"] or ""), unit[0])
    if low is None or low > MOST_YEARS_IN_TEXT or (high is not None and high > MOST_YEARS_IN_TEXT):
        return None
    by_degree = _WITH_DEGREE.search(before) is not None
    if high is None:
        at_most = quantity["under"] or _AND_LESS.match(after)
        return _Statement(None, low, by_degree) if at_most else _Statement(low, None, by_degree)
    bounded = not (quantity["plus2"] or _AND_MORE.match(after) or _AT_LEAST.search(before))
    return _Statement(min(low, high), max(low, high) if bounded else None, by_degree)


def _places(text: str, words: tuple[str, ...]) -> list[int]:
    """Where any of the words begins, in order, at most a few dozen."""
    # Searching for substrings is several times as fast as searching for their alternation.
    found: list[int] = []
    for word in words:
        at = text.find(word)
        for _ in range(_MOST_STATEMENTS):
            if at < 0:
                break
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)[:_MOST_STATEMENTS]


def _units(text: str) -> Iterator[re.Match[str]]:
    for at in _places(text, _UNIT_ANCHORS):
        if (unit := _UNIT_IN_TEXT.match(text, at)) is not None:
            yield unit


def experience_in_text(description: str | None) -> Experience:
    """The requirement that a description states: parsed, or missing where none is found.

    Reads the first 20,000 characters. Years count when the clause is about experience and neither a wish ("preferred",
    优先) nor the employer's story. Of several, the largest minimum: who has that has the others too. "No experience
    needed" and 应届生亦可 count only where no years are asked for.
    """
    if not description:
        return _MISSING
    text = (
        description[:DESCRIPTION_CHARACTERS]
        .lower()
        .replace("–", "-")
        .replace("—", "-")
        .replace("～", "-")
        .replace("~", "-")
        .replace("’", "'")
        .replace("[", " ")
        .replace("]", " ")
    )
    found = [statement for unit in _units(text) if (statement := _statement(text, unit)) is not None]
    if found:
        by_degree = [statement for statement in found if statement.by_degree]
        demands = [statement for statement in found if not statement.by_degree]
        if by_degree:
            demands.append(min(by_degree, key=_least_years))
        most = max(demands, key=_most_asked)
        return Experience(most.minimum, most.maximum, None, PARSED)
    around = [text[max(0, at - 40) : at + 170] for at in _places(text, _NONE_ANCHORS)]
    none_needed = any(_NONE_IN_TEXT.search(passage) for passage in around) or (
        any(_NOT_ESSENTIAL.search(passage) for passage in around) and not _ASKED_ELSEWHERE.search(text)
    )
    return Experience(Decimal(0), None, None, PARSED) if none_needed else _MISSING


def experience_of(field: str | None, description: str | None = None) -> Experience:
    """What the field says; where it states no years, what the description requires (the field's level is kept)."""
    stated = parse_experience(field)
    if stated.minimum is not None or stated.maximum is not None or description is None:
        return stated
    read = experience_in_text(description)
    if read.status == MISSING:
        return stated
    return Experience(read.minimum, read.maximum, stated.level, PARSED)
