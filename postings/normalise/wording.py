"""Short texts in one spelling, and numbers written as words.

What belongs here: what the readers of education, experience, company size, industry, employment type and seniority
share. What does not: what any of those words mean.
"""

from __future__ import annotations

import html
import re
import unicodedata
from decimal import Decimal

import ahocorasick_rs as aho

FIELD_CHARACTERS = 300
"""A short field is read up to here; what stands behind is no longer a short field."""

NOT_STATED = frozenset(
    (
        "|-|--|---|.|/|n/a|na|nan|null|nil|tbd|tba|unknown|unspecified|not given|not stated|not specified"
        "|not available|not applicable|not disclosed|undisclosed|无|暂无|未填写|未知|未注明|不详"
    ).split("|")
)
"""What people and programs write, folded, where a field has nothing to say."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣~∼〜～", "-") | dict.fromkeys("’‘`´ʼ", "'"))
_ENGLISH_NUMBERS = {
    word: Decimal(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split()
    )
} | {
    "a": Decimal(1),
    "an": Decimal(1),
    "half": Decimal("0.5"),
    "half a": Decimal("0.5"),
    "couple": Decimal(2),
}
_CHINESE_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "〇": 0}

ENGLISH_NUMBER = (
    "(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|sixteen|eighteen|twenty)"
)
CHINESE_NUMBER = "(?:[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九半])"


def folded(text: str | None, limit: int = FIELD_CHARACTERS) -> str:
    """The first `limit` characters in one spelling: NFKC, case folded, plain dashes and apostrophes, single spaces.

    "" for None. Entities that a source left in the field (`&amp;`) are resolved. Applying it again changes nothing
    but what a second layer of entities would.
    """
    if not text:
        return ""
    text = text[:limit]
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        # Case folding can undo a composition and the other way round, hence twice.
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(
            _DASHES
        )
    return " ".join(text.casefold().split())[:limit].strip()


def occurrences(automaton: aho.AhoCorasick, text: str) -> list[tuple[int, int, int]]:
    """(pattern, start, end) of all that an automaton finds, overlapping.

    Half of a surrogate pair, which is no character and which the automaton would refuse, stands for itself: nothing.
    """
    try:
        return automaton.find_matches_as_indexes(text, overlapping=True)
    except UnicodeEncodeError:
        return automaton.find_matches_as_indexes(_HALF_A_PAIR.sub("\ufffd", text), overlapping=True)


def number_of(text: str) -> Decimal | None:
    """The number that a folded token states: 3, 1.5, three, 三, 十五, 半; None for anything else."""
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,3})?", text):
        return Decimal(text)
    if text in _ENGLISH_NUMBERS:
        return _ENGLISH_NUMBERS[text]
    if text == "半":
        return Decimal("0.5")
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or any(part and part not in _CHINESE_DIGITS for part in (tens, ones)):
        return None
    if not ten:
        return Decimal(_CHINESE_DIGITS[ones]) if ones else None
    return Decimal((_CHINESE_DIGITS[tens] if tens else 1) * 10 + (_CHINESE_DIGITS[ones] if ones else 0))


def plain_number(number: Decimal) -> str:
    """The number without exponent and trailing zeros: 3, 0.5, 10."""
    return format(number.normalize(), "f")


_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_SOFT = re.compile(
    r"preferred|preferable|preference|^\W*preferably|desirable|desired|advantage|\ba plus\b|nice to have|good to have"
    r"|\bbonus\b|\bfavou?rable\b|\b(?:an|is) asset|ideally|\bhelpful|beneficial"
    r"|优先|更佳|加分(?!项)|为佳|尤佳|最好|者佳"
)


def soft_clause(clause: str) -> bool:
    """Whether a folded clause names a wish rather than a requirement."""
    return _SOFT.search(clause) is not None


_LIST_CHARACTERS = 400
# A list under "Preferred qualifications" wishes to its end, which is the next heading.
_LIST_HEADING = re.compile(
    r"\b(?P<wished>(?:(?:preferred|preferable|desirable|desired|nice[- ]to[- ]have|bonus)"
    r" (?:qualifications?|skills?|experience|requirements?|criteria|extras?|points)"
    r"|(?:(?<=\n)|(?<=\n[ •]))(?:(?:nice|good)[- ]to[- ]haves?|pluses|desirable|preferred|bonus|advantageous)"
    r"(?: extras)?\s?[:\n]"
    r"|preferred \((?:but )?not (?:required|mandatory|essential)\)))"
    r"|\b(?:requirements?|qualifications?|responsibilities|duties|benefits|compensation|salary|how to apply)\b"
    r"|\b(?:essential|required|must[- ]haves?|you must have|you will need)\s?[:\n]"
)


def in_a_wished_list(text: str, start: int) -> bool:
    """Whether the last heading before `start`, in a text in lower case, opens a list of wishes."""
    before = text[max(0, start - _LIST_CHARACTERS) : start]
    if start <= _LIST_CHARACTERS:
        before = "\n" + before
    headings = list(_LIST_HEADING.finditer(before))
    if not headings or headings[-1]["wished"] is None:
        return False
    # Boards flatten lists to one line: "Preferred skills ... Education: a degree in law".
    of_skills = re.search(r"skills?$|extras?$", headings[-1]["wished"])
    since = before[headings[-1].end() :] + text[start : start + 12]
    return not (of_skills and re.search(r"\beducation\s?:", since))


MOST_PLACES = 40


def places_of(words: tuple[str, ...], text: str) -> list[int]:
    """Where any of the words begins, in order: at most MOST_PLACES, the earliest."""
    # Searching for substrings is several times as fast as searching for their alternation.
    found: list[int] = []
    for word in words:
        at = text.find(word)
        for _ in range(MOST_PLACES):
            if at < 0:
                break
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)[:MOST_PLACES]
