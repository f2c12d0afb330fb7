"""Plain numbers in text: amounts as many countries write them, and the number of openings.

What belongs here: digits, separators, signs. What does not: what the number counts.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

MOST_OPENINGS = 1_000_000

_MAX_CHARACTERS = 40
_THOUSANDS = re.compile(r"\d{1,3}(?:[,'’ \u00a0\u202f]\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")
_EUROPEAN = re.compile(
    r"\d{1,3}(?:[. \u00a0\u202f]\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d+,\d{1,2}"
)
_DOTTED_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_DOTTED_THROUGHOUT = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+\.\d{2}")
_PLAIN = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_OPENINGS = re.compile(
    r"(\d{1,7})(?:\.0+)?\s*(?:人|名|个|positions?|openings?|vacanc(?:y|ies))?", re.IGNORECASE
)


def parse_decimal(text: str | None) -> Decimal | None:
    """The non-negative number that the whole of `text` states, or None.

    Reads 1234.5, 1,234.50, 12,34,567 (India), 1 234, 1 234,50, 1'234, 1.234,50. A single dot is a decimal point (see
    `written_amount` for people's texts). A sign, letters or more than 40 characters give None.
    """
    if text is None or len(text) > _MAX_CHARACTERS:
        return None
    stripped = text.strip()
    if not stripped.isascii():
        stripped = "".join(str(int(c)) if c.isdecimal() else c for c in stripped)
    if _PLAIN.fullmatch(stripped):
        return Decimal(stripped)
    if _THOUSANDS.fullmatch(stripped):
        return Decimal(re.sub(r"[^\d.]", "", stripped))
    if _EUROPEAN.fullmatch(stripped):
        return Decimal(re.sub(r"[^\d,]", "", stripped).replace(",", "."))
    return None


@lru_cache(maxsize=16_384)
def written_amount(text: str, *, grouped: bool = True) -> Decimal | None:
    """The amount that a person wrote: as `parse_decimal`, but 50.000 is fifty thousand where `grouped`; 54.965.00 too.

    `grouped` is False before a multiplier (1.125万) and in currencies of three decimals.
    """
    if grouped and len(text) <= _MAX_CHARACTERS and _DOTTED_THOUSANDS.fullmatch(text.strip()):
        return Decimal(text.strip().replace(".", ""))
    if len(text) <= _MAX_CHARACTERS and _DOTTED_THROUGHOUT.fullmatch(text.strip()):
        whole, _, cents = text.strip().rpartition(".")
        return Decimal(f"{whole.replace('.', '')}.{cents}")
    return parse_decimal(text.replace(", ", ","))


def parse_openings(text: str | None) -> int | None:
    """The number of openings, 1 to 1,000,000, or None: "several" and 若干 state no number."""
    if text is None or len(text) > _MAX_CHARACTERS:
        return None
    match = _OPENINGS.fullmatch(text.strip())
    if match is None:
        return None
    openings = int(match[1])
    return openings if 1 <= openings <= MOST_OPENINGS else None
