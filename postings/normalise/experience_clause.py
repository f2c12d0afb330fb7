"""What stands around a number of years in a running text, and what that makes of the years.

What belongs here: whether a clause is about work, tells a story, only wishes, or gives an age or a contract's length.
What does not: which of several statements counts (`postings.normalise.experience_text`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postings.normalise.wording import in_a_wished_list, soft_clause

# Where a clause ends.
# "Experience - 0-2 years" and a heading "Experience:" go on.
_ENGLISH_BREAK = re.compile(
    r"(?<!\bexperience:)(?<!\bexperience)\n|[;；。!！?？•●▪◦·✓➢*]|\.(?=\s|$)|(?<!\bexperience) - "
)
_CHINESE_BREAK = re.compile(r"[\n;；。!！?？•●▪◦·✓➢*,，]|(?<!\d)\d{1,2}[、.)）．](?!\d)|\d[、)）．]")

# Years of work.
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
# "experience in a renal setting (2 years)", "experience working in a workshop for at least 6 months"
_FAR_FROM_ITS_NOUN = re.compile(
    r"[(（]\s?(?:(?:minimum|min\.?|at least|more than|over)(?: of)? )?$|,\s(?:typically|usually|generally)\s?$"
    r"|\b(?:looking for|seeking|hiring)\b[^.;]{0,70}\bwith (?:over |more than )?$"
    r"|\bfor(?: at least| a minimum of| more than| over)?\s?$"
)
_ENDS_AN_ITEM = re.compile(r"\W*(?:min\.?|minimum|at least)(?: of)? ?$")
_A_CONTRACTS = re.compile(r"\b(?:contract|duration|term|commit\w*|lease|stay|warranty|period|placement)\b")
_UNDER_EXPERIENCE = re.compile(r"\bexperience(?: required)?\s?[:\n](?:[^\n]{0,120}\n){0,3}\W*$")
"""What stands before an item of a list of experience, which need not say the word again."""

# Ways in.
# "硕士3年、本科5年": the years of a degree are alternatives to those of the next.
_WITH_DEGREE = re.compile(
    r"(?:博士|硕士|研究生|本科|大专|专科)(?:学历|生|毕业)?(?:需|要求|具有|至少|须|，|,)?\s?$"
    r"|\b(?:ph\.?d|b\.?sc|m\.?sc|mba|(?:bachelor|master)(?:'?s)?)(?: degree)?(?: in [\w ]{1,30}?)? (?:with|and|plus)"
    r" (?:at least |a minimum of |minimum )?$"
    r"|\bwith (?:an? )?(?:phd|doctorate|master'?s?|bachelor'?s?|b\.?a|b\.?sc|m\.?a|m\.?sc|diploma)\b[^.;]{0,24}$"
)
_THEN_A_DEGREE = re.compile(
    r"[^,.;]{0,60}?\bwith (?:an? )?(?:ph\.?d|doctorate|master|bachelor|b\.?a\b|b\.?sc?\b|m\.?sc?\b)"
)
_INSTEAD = re.compile(r"\bor (?:an? |at least |a minimum of |minimum |with )*$")

# Wishes.
_SOFT_BREAK = re.compile(r"[,，;；。\n•●]|[(（](?!prefer)|\.(?=\s|$)")
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
_INSISTED = re.compile(r"\b(?:mandatory|required|essential|a must)\b")

# Other years.
# "I lived or worked abroad for 6 months" is about a police check.
_ABROAD = re.compile(
    r"\b(?:lived|resided|residing|living|worked|been) (?:or \w+ )?(?:abroad|overseas|outside)\b"
)
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
# "less than 2 years experience - £17,524"
_PAID_BY_YEARS = re.compile(r"'?s?'? experience\)?\s?[-:]?\s?[£$€]")
_NOT_YEARS_OF_WORK = re.compile(
    r"'?s?\s?(?:old|of age|ago|contract|fixed|secondment|degree|college|program|course|student|warranty|leave"
    r"|plan|term|service\b|golden|history|period|placement|training|in business"
    r"|maternity|paternity|pilot\b|renewable|extend|\W?out of programme|onwards?\b"
    r"|(?:\w+ ){0,2}(?:internship|apprenticeship|traineeship|preceptorship))|\s?(?:before|commencing|starting)\b"
    r"|[-\s]?(?:end|round|long|on[ -]year)\b"
    r"|(?:底|终|会|度|初|龄|级|后|前(?!端)|内|来|间|轻|薪|\d|月|成立|的?历史|[一二三四五六两]次)"
)
_STORY = re.compile(
    r"\b(?:we|we've|our|us|company|firm|founded|established|since|past|last|next|history|ago|heritage|leader|partner"
    r"|combined|collective|contract|fixed|term|every|each|per|serving|celebrat\w*|warranty)\b"
    r"|\bgroup with\b|成立|创立|创办|历史|(?:公司|集团|企业)(?:已|有|拥有|专注|深耕|经过|在).{0,6}$|我们|过去"
    r"|近$|合同|未来|年龄|岁"
    r"|团队成员|顾问团|第$|签|每$|满$|试用期|毕业.?$|入职|在职|离职|稳定"
)
# "With over 20 years of experience, Example & Sons ..." begins a story; "... - min 6 years" ends an item.
_BEGINS_A_STORY = re.compile(r"\W*with (?:over |more than |nearly |almost |around |about )$")
_CANDIDATE = re.compile(
    r"\b(?:you|candidates?|applicants?|must|should|minimum|at ?least|required?|requirements?"
    r"|looking for|seeking|who ha(?:s|ve))\b|要求|至少|具有|具备"
)
_BRACKETED = re.compile(r"[（(][^（()）]{0,40}[，,、][^（()）]{0,40}[）)]")
"""A list in brackets, whose commas end no clause."""


@dataclass(frozen=True)
class Clause:
    """The years' clause: at most 80 characters `before` the number, 70 `after` the unit.

    `above`: the 200 characters of the text before the number, whatever clauses they are in; `rest`: the 150 after the
    unit. All in lower case.
    """

    before: str
    after: str
    above: str
    rest: str
    chinese: bool

    @property
    def about_work(self) -> bool:
        """Whether the years are of work: by a word such as experience near by, or as an item of a list of such."""
        words = _CHINESE_WORK if self.chinese else _WORK
        far = _FAR_FROM_ITS_NOUN.search(self.before) or self.by_degree
        near = self.before if far else self.before[-30:]
        if words.search(self.after) or words.search(near):
            return True
        if self.chinese:
            return False
        return bool(
            _SINCE_QUALIFIED.search(self.after) or _REQUIRED_BEHIND.match(self.after) or self._of_an_item
        )

    @property
    def _of_an_item(self) -> bool:
        if _ENDS_AN_ITEM.fullmatch(self.before) and not self.after.strip():
            return not _A_CONTRACTS.search(self.above[-60:])
        under = not self.before.strip() and _UNDER_EXPERIENCE.search(self.above)
        return bool(under and _AS_WORK.match(self.after))

    @property
    def demanded(self) -> bool:
        """Whether the number is put as a demand: "minimum of", "must have"."""
        return _DEMANDED.search(self.before) is not None

    @property
    def as_work(self) -> bool:
        """Whether the clause goes on as years of work do: "6 years building bridges"."""
        return _AS_WORK.match(self.after) is not None

    @property
    def by_degree(self) -> bool:
        """Whether the years go with a degree, as one of several ways in."""
        return bool(_WITH_DEGREE.search(self.before) or _THEN_A_DEGREE.match(self.after))

    @property
    def instead(self) -> bool:
        """Whether the years are another way in than those that the text states before."""
        return _INSTEAD.search(self.before) is not None

    @property
    def of_other_things(self) -> bool:
        """Whether the years are an age, a contract's or a course's length, a step of pay, or lie behind."""
        before = (_FRESH_OR, _AGED, _LATELY, _ABROAD, _LASTS)
        return any(words.search(self.before) for words in before) or bool(
            _NOT_YEARS_OF_WORK.match(self.after) or _PAID_BY_YEARS.match(self.rest)
        )

    @property
    def a_story(self) -> bool:
        """Whether the years are the employer's own."""
        if _BEGINS_A_STORY.fullmatch(self.before) and not _CANDIDATE.search(self.after):
            return True
        return bool(_STORY.search(self.before[-30:]) and not _CANDIDATE.search(self.before))

    @property
    def wished(self) -> bool:
        """Whether the years are only preferred: by the clause, or by what the text goes on to say."""
        wish = _WISHED_KIND.split(_SOFT_BREAK.split(self.after, maxsplit=1)[0], maxsplit=1)[0]
        return soft_clause(wish) or bool(
            _WISHED.search(self.before)
            or _LIST_IS_WISHED.match(self.after)
            or _SENTENCE_IS_WISHED.match(self.rest)
            or _NOT_MANDATORY.match(self.rest)
        )

    def in_a_wished_list(self, text: str, start: int) -> bool:
        """Whether the number, at `start` of the text, stands in a list of wishes and is not insisted on."""
        return not self.chinese and not _INSISTED.search(self.after) and in_a_wished_list(text, start)


def clause_around(text: str, start: int, end: int, chinese: bool) -> Clause:
    """The clause of the years whose number begins at `start` and whose unit ends at `end`."""
    ends = _CHINESE_BREAK if chinese else _ENGLISH_BREAK
    before, after = text[max(0, start - 80) : start], _BRACKETED.sub("", text[end : end + 90])[:70]
    if cuts := [cut.end() for cut in ends.finditer(before)]:
        before = before[cuts[-1] :]
    if cut := ends.search(after):
        after = after[: cut.start()]
    return Clause(before, after, text[max(0, start - 200) : start], text[end : end + 150], chinese)
