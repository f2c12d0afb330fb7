"""The language of a posting, by its script.

What belongs here: a cheap, first guess. What does not: a language identifier trained on text.
"""

from __future__ import annotations

import re

ENGLISH, CHINESE, OTHER, UNDETERMINED = "en", "zh", "other", "und"

_LOOKED_AT = 600
_WORDS_TO_JUDGE = 12
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LATIN = re.compile(r"[A-Za-z]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u2c00-\u2dff\ua4d0-\uabff]")
_ENGLISH_WORD = re.compile(
    r"\b(?:the|and|of|to|for|with|you|we|our|your|is|are|will|on|this|that|by|or|be|have|as|from|at)\b",
    re.IGNORECASE,
)


def language_of(title: str | None, description: str | None = None) -> str:
    """ "zh", "en", "other" or "und", from the first 600 characters of title and description.

    What it can do: tell scripts apart. Han characters, one to six Latin letters or more, make "zh" unless kana, hangul
    or another script are more than a tenth of them (Chinese postings are full of English product names). Latin letters
    make "en", unless twelve words or more hold no common English function word: then "other". What it cannot do: short
    German or French text passes as "en", traditional and simplified Chinese are one, and Japanese written in Han alone
    is "zh". Text without letters is "und".
    """
    head = (title or "")[:_LOOKED_AT]
    if description and len(head) < _LOOKED_AT:
        head = f"{head} {description[: _LOOKED_AT - len(head)]}"
    if head.isascii():
        han = foreign = 0
    else:
        han = len(_HAN.findall(head))
        foreign = len(_KANA_OR_HANGUL.findall(head)) + len(_OTHER_SCRIPT.findall(head))
    if han and han >= 10 * foreign and han * 6 >= len(_LATIN.findall(head)):
        return CHINESE
    if not han and not foreign:
        if not _LATIN.search(head):
            return UNDETERMINED
        english = _ENGLISH_WORD.search(head) is not None or head.count(" ") < _WORDS_TO_JUDGE
        return ENGLISH if english else OTHER
    return (
        ENGLISH if len(_LATIN.findall(head)) > 6 * (han + foreign) and _ENGLISH_WORD.search(head) else OTHER
    )
