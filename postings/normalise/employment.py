"""Employment types: full time, part time, contract and the like, several at once.

What belongs here: a field such as "Onsite - Full Time", 全职 or ["FULL_TIME", "CONTRACTOR"]. What does not: where the
work is done (`postings.normalise.places`), and shifts.

The types are schema.org's, and `permanent`: it says how long, not how many hours, so it is not full time. A fixed
term counts as temporary, a freelancer as contract, "casual", "bank", "zero hours" and per diem as per_diem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from postings.normalise.wording import NOT_STATED, folded
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

TYPES = (
    "full_time",
    "part_time",
    "permanent",
    "contract",
    "temporary",
    "internship",
    "volunteer",
    "per_diem",
    "other",
)


@dataclass(frozen=True)
class EmploymentType:
    """The types named, in the order of TYPES, without repetition; empty where none is."""

    types: tuple[str, ...]
    status: str

    @property
    def text(self) -> str | None:
        """The types joined by ", ", which `parse_employment_type` reads back; None for none."""
        return ", ".join(self.types) or None


_MISSING = EmploymentType((), MISSING)
_UNPARSED = EmploymentType((), UNPARSED)

# Read from the top; what is recognised is taken out, so that "non-permanent" leaves no permanent.
_WORDS = {
    "temporary": r"non[- ]?permanent|temporary promotion|temp(?:orary)?[- ]to[- ]perm\w*|\btemp(?:orary|oraire|s)?\b"
    r"|fixed[- ]?term|limited[- ]?term|\bterm\b|seasonal|\bsummer\b|\bcdd\b|\bbefristet|locum|interim|\bcover\b"
    r"|time[- ]limited|\bdetail\b|\bagency\b(?! employees)|secondment|临时|短期|派遣|劳务|季节",
    "per_diem": r"per[- ]?diem|\bprn\b|casual|zero[- ]?hours?|\bbank\b|sessional|as[- ]needed|on[- ]?call|intermittent"
    r"|\bdaily\b|hourly|variable hours|小时工|钟点|日结|零工",
    "internship": r"intern(?:ship)?s?\b|\bstage\b|praktik\w*|placement|\bco-?op\b|student|trainee|实习|见习",
    "volunteer": r"volunt(?:eer|ary)(?:ing)?|unpaid|志愿|义工",
    "part_time": r"part[- ]?time|\bpt\b|half[- ]?time|teilzeit|temps partiel|tiempo parcial"
    r"|job[- ]?shar\w+|兼职|非全日制",
    "full_time": r"full[- ]?time|\bft\b|\bfte\b|vollzeit|temps plein|tiempo completo|whole[- ]?time|全职|全日制",
    "contract": r"sub-?contract\w*|contract(?:or|ors|ual|ing)?\b|free[- ]?lanc\w*|\bb2b\b|\bc2c\b|\bw-?2\b|\b1099\b"
    r"|self[- ]employed|consultan(?:t|cy)|\bgig\b|合同|外包|自由职业|承包|项目制",
    "permanent": r"permanent|\bperm\b|\bregular\b|\bcdi\b|\b(?:un)?befristet|indefinite|festanstellung|open[- ]ended"
    r"|正式|长期|在编",
    "other": r"\bother\b|apprentice\w*|graduate\w*|fellows?\b|fellowship|\bmultiple\b|employees only|commission"
    r"|其他|其它|学徒|校招|不限",
}
_PATTERNS = {kind: re.compile(words) for kind, words in _WORDS.items()}


@lru_cache(maxsize=16_384)
def parse_employment_type(text: str | None) -> EmploymentType:
    """The types that a field names: "Full-time", "FULL_TIME, PART_TIME", "Onsite - Contract", 兼职, "Permanent".

    "other" only where nothing else is named. Status: given (names of TYPES only), parsed, missing, unparsed.
    """
    line = folded(text)
    if line in NOT_STATED:
        return _MISSING
    if all(part in TYPES for part in line.split(", ")):
        named = set(line.split(", "))
        return EmploymentType(tuple(kind for kind in TYPES if kind in named), GIVEN)
    line = line.replace("_", " ")
    found = set()
    for kind, words in _PATTERNS.items():
        line, times = words.subn(" | ", line)
        if times:
            found.add(kind)
    if len(found) > 1:
        found.discard("other")
    return EmploymentType(tuple(kind for kind in TYPES if kind in found), PARSED) if found else _UNPARSED
