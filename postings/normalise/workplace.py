"""Whether work is done at the employer's, at home, or both.

What belongs here: the words for it, in English, Chinese and some other languages. What does not: where the place is.
"""

from __future__ import annotations

import re
from functools import lru_cache

ONSITE, HYBRID, REMOTE, UNKNOWN_WORKPLACE = "onsite", "hybrid", "remote", "unknown"

_CHARACTERS = 2_000
_HYBRID = re.compile(r"\bhybrid\w*|\bhíbrid\w*|混合(?:式)?(?:办公|工作|模式)*|部分远程", re.IGNORECASE)
_REMOTE = re.compile(
    r"\b(?:(?:fully|100%|mostly)[ -])?remote(?:ly)?"
    r"(?:[ -](?:friendly|first|only|ok|eligible|within|in|work|working|based|position|role|job|possible|optional)\b)*"
    r"|\bwork(?:ing)?[ -]from[ -](?:home|anywhere)\b|\bwfh\b|\bhome[ -]?(?:based|office|working)\b"
    r"|\btele(?:work|commut)\w*|\bdistributed\b|\bvirtual\b|\btélétravail\b|\bremot[oa]\b|\bmobiles arbeiten\b"
    r"|(?:全职|完全)?远程(?:办公|工作|岗位)?|居家(?:办公|工作)?|在家(?:办公|工作)|线上办公",
    re.IGNORECASE,
)
_ONSITE = re.compile(
    r"\bon[ -]?site\b|\bin[ -](?:office|person)\b|\boffice[ -]based\b|\bvor ort\b|\bprésentiel\b|\bpresencial\b"
    r"|现场办公|驻场|坐班|到岗",
    re.IGNORECASE,
)
_TRAVEL = re.compile(r"\(?\btravel[ -]required\b\)?", re.IGNORECASE)
_OR_NOTHING = re.compile(r"\s(?:or|and|OR|AND)\s{1,3},")


@lru_cache(maxsize=4096)
def workplace_of(text: str | None) -> str:
    """onsite, hybrid, remote or unknown, as a text says: "Hybrid - Full Time", "TELECOMMUTE", 远程办公.

    Where a text names several, hybrid wins over remote, and remote over onsite: what is said is what may be done.
    """
    if not text:
        return UNKNOWN_WORKPLACE
    text = text[:_CHARACTERS]
    for pattern, kind in ((_HYBRID, HYBRID), (_REMOTE, REMOTE), (_ONSITE, ONSITE)):
        if pattern.search(text):
            return kind
    return UNKNOWN_WORKPLACE


def without_workplace(text: str) -> str:
    """`text` with a comma in place of each word for where work is done, a semicolon where an "or" stands before it."""
    for pattern in (_TRAVEL, _HYBRID, _REMOTE, _ONSITE):
        text = pattern.sub(",", text)
    return _OR_NOTHING.sub(";", text)
