"""Numbers, months, windows and flags as a reader sees them.

What belongs here: pure formatting from a value to a short text. What does not: HTML (templates escape),
choosing what to show, arithmetic on measurements.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

MINUS = "\u2212"
NO_BREAK = "\u00a0"
ABSENT = "\u2013"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Characters that reorder or hide neighbouring text: a hostile title could make a number beside it read wrong.
_REORDERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF}

# What dbt_project/models/columns.md says of each flag, in a reader's words.
FLAG_MEANINGS = {
    "few_postings": ("few postings", "Fewer postings than the study's minimum stand behind this figure."),
    "few_employers": (
        "few employers",
        "Few effective employers stand behind this figure: one of them can move it.",
    ),
    "no_base": ("no base", "No posting in the earlier window, so there is no change to state."),
    "missing_months": (
        "missing months",
        "A month of the windows has no posting at all: the windows are not comparable.",
    ),
    "not_stated": ("not stated", "The postings that do not state this."),
    "unassigned": ("unassigned", "The postings whose best title stayed under the probability threshold."),
    "withheld": (
        "withheld",
        "A count of people that is small, or would give a small one away, is not shown.",
    ),
    "unknown_month": ("month unknown", "The postings whose date is missing or could not be read."),
}

Number = int | float | Decimal


def plain(text: object) -> str:
    """One line of harmless text: control and text-reordering characters out, white space folded.

    Markup is left as it is (escaping is the template's work); None gives "".
    """
    if text is None:
        return ""
    kept = []
    for character in str(text):
        category = unicodedata.category(character)
        if category in ("Zl", "Zp", "Zs") or character in "\t\n\r\v\f":
            kept.append(" ")
        elif category in ("Cc", "Cs", "Cn") or ord(character) in _REORDERING:
            continue
        else:
            kept.append(character)
    return " ".join("".join(kept).split())


def shortened(text: str, columns: int) -> str:
    """`text` cut to `columns` character cells, wide (Chinese) characters counting two, with an ellipsis."""
    used = 0
    for position, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
        if used > columns:
            return text[: max(position - 1, 1)].rstrip() + "\u2026"
    return text


def count(number: Number | None) -> str:
    """12345 -> "12,345"."""
    return ABSENT if number is None else f"{int(number):,}".replace("-", MINUS)


def employers(number: Number | None) -> str:
    """An effective number of employers: 8.4 -> "8.4", 1234.5 -> "1,234"."""
    if number is None:
        return ABSENT
    return decimal_number(number, 1) if float(number) < 20 else count(round(float(number)))


def decimal_number(number: Number | None, digits: int = 1) -> str:
    """12345.678 -> "12,345.7"."""
    return ABSENT if number is None else _signless_zero(f"{number:,.{digits}f}").replace("-", MINUS)


def signed_percent(fraction: Number | None, digits: int = 1) -> str:
    """-0.0731 -> "−7.3 %", 0.5 -> "+50.0 %" (a true minus sign and a no-break space)."""
    if fraction is None:
        return ABSENT
    return _signed(float(fraction) * 100, digits) + NO_BREAK + "%"


def percent(fraction: Number | None, digits: int = 1) -> str:
    """A share: 0.1234 -> "12.3 %"."""
    if fraction is None:
        return ABSENT
    return decimal_number(float(fraction) * 100, digits) + NO_BREAK + "%"


def signed_points(fraction: Number | None, digits: int = 1) -> str:
    """A distance in percentage points: 0.031 -> "+3.1"."""
    return ABSENT if fraction is None else _signed(float(fraction) * 100, digits)


def interval(low: Number | None, high: Number | None) -> str:
    """ "−9.1 % to −5.2 %", or "none" when the marts withhold it."""
    if low is None or high is None:
        return "none"
    return f"{signed_percent(low)} to {signed_percent(high)}"


def month(value: str) -> str:
    """ "2025-10" -> "Oct 2025"; anything else (`unknown`) -> "month unknown"."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
        return "month unknown"
    return f"{MONTHS[int(value[5:]) - 1]} {value[:4]}"


def window(first: str, last: str) -> str:
    """ "2025-01", "2025-10" -> "Jan–Oct 2025"."""
    if first == last:
        return month(first)
    if first[:4] == last[:4]:
        return f"{MONTHS[int(first[5:]) - 1]}\u2013{month(last)}"
    return f"{month(first)}\u2013{month(last)}"


def pair(value: str) -> str:
    """ "2025-01..2025-10 / 2024-01..2024-10" -> "Jan–Oct 2025 against Jan–Oct 2024"."""
    sides = [re.findall(r"\d{4}-\d{2}", side) for side in value.split("/")]
    if len(sides) != 2 or any(len(side) != 2 for side in sides):
        return plain(value)
    return " against ".join(window(*side) for side in sides)


def flags(value: str | None) -> tuple[str, ...]:
    """A mart's comma-joined flags as a tuple, empty ones dropped."""
    return tuple(flag for flag in (plain(part) for part in (value or "").split(",")) if flag)


def flag_words(flag: str) -> tuple[str, str]:
    """A flag's short words and what it means to the reader."""
    words = flag.replace("_", " ")
    return FLAG_MEANINGS.get(flag, (words, words))


VERDICTS = {
    "above": "above the market",
    "below": "below the market",
    "not_distinguishable": "not distinguishable",
    "too_few": "too few",
}


def verdict(value: str) -> str:
    """A verdict as a reader sees it; empty where none is given."""
    return VERDICTS.get(value, value.replace("_", " "))


def q_value(value: Number | None) -> str:
    """ "q = 0.012", or "q < 0.001"; empty where there is none."""
    if value is None:
        return ""
    words = probability(value)
    return f"q{NO_BREAK}<{NO_BREAK}{words[1:]}" if words.startswith("<") else f"q{NO_BREAK}={NO_BREAK}{words}"


def probability(value: Number | None) -> str:
    """A p- or q-value: 0.0123 -> "0.012", 0.00001 -> "<0.001"."""
    if value is None:
        return ABSENT
    return "<0.001" if float(value) < 0.001 else f"{float(value):.3f}"


def readable(identifier: object) -> str:
    """An identifier as words: "data-and-ai" -> "Data and AI"; other texts are left alone."""
    words = plain(identifier)
    if not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)+|[a-z]+", words):
        return words
    words = re.sub(r"\bai\b", "AI", words.replace("-", " ").replace("_", " "))
    return words[:1].upper() + words[1:]


def month_range(first: str, last: str) -> list[str]:
    """Every month from `first` to `last`, both included, in order."""
    start, stop = (int(value[:4]) * 12 + int(value[5:]) - 1 for value in (first, last))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, stop + 1)]


def _signed(number: float, digits: int) -> str:
    text = _signless_zero(f"{number:+,.{digits}f}")
    return text.replace("-", MINUS)


def _signless_zero(text: str) -> str:
    return text.lstrip("+-") if not re.search(r"[1-9]", text) else text
