"""The mapping language of a study: how the columns of a file become a canonical raw field.

    title: position_title                                   a column
    employer: subagency else agency                         the first of several that says something
    label: before(first(occupation_series), " - ")          first item of a list, text before a separator
    city: after(location, ", ")                             text after a separator
    pay_currency: constant("ETB")                           the same for every record
    title: column("first(title)")                           a column whose name looks like an expression
    employer: hiringOrganization.name                       a nested value (JSON Lines, Parquet structs)

What belongs here: the language, and turning a source's values into strings. What does not: files.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LIST_SEPARATOR = " | "


class MappingError(ValueError):
    """A mapping that cannot be read; the message says what and how to mend it."""


@dataclass(frozen=True)
class Column:
    """The value of one column."""

    name: str


@dataclass(frozen=True)
class Constant:
    """The same text for every record."""

    text: str


@dataclass(frozen=True)
class First:
    """The first item of a list."""

    of: Expression


@dataclass(frozen=True)
class Split:
    """The text before or after the first occurrence of a separator; the whole text before one that is absent."""

    of: Expression
    separator: str
    before: bool


@dataclass(frozen=True)
class Else:
    """The first of several expressions that says something."""

    options: tuple[Expression, ...]


Expression = Column | Constant | First | Split | Else

_CALL = re.compile(r"(first|before|after|constant|column)\((.*)\)", re.DOTALL)
_QUOTED = re.compile(r'"([^"]*)"')
_SEPARATOR_ARGUMENT = re.compile(r'(.*),\s*"([^"]+)"\s*', re.DOTALL)
_SPLITTING = re.compile(r'"[^"]*"|[()]| else ')


def _options(text: str) -> list[str]:
    """`text` cut at each ` else ` that stands outside quotation marks and brackets."""
    options, start, depth = [], 0, 0
    for match in _SPLITTING.finditer(text):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif match[0] == " else " and depth == 0:
            options.append(text[start : match.start()].strip())
            start = match.end()
    return [*options, text[start:].strip()]


def parse_mapping(text: str, available: Collection[str] = ()) -> Expression:
    """Read one mapping. A text that is the name of an `available` column is that column, whatever it looks like.

    Raises MappingError for an empty text, an unclosed call or a missing separator.
    """
    stripped = text.strip()
    if not stripped:
        raise MappingError("an empty mapping: name a column, or leave the field out")
    if stripped in available:
        return Column(stripped)
    options = _options(stripped)
    if len(options) > 1:
        return Else(tuple(parse_mapping(option, available) for option in options))
    call = _CALL.fullmatch(stripped)
    if call is None:
        if re.match(r"(?:first|before|after|constant|column)\(", stripped):
            raise MappingError(f"{stripped!r}: the bracket is not closed")
        return Column(stripped)
    return _parsed_call(call[1], call[2].strip(), stripped, available)


def _parsed_call(name: str, inner: str, whole: str, available: Collection[str]) -> Expression:
    if name in {"constant", "column"}:
        quoted = _QUOTED.fullmatch(inner)
        if quoted is None:
            raise MappingError(f'{whole!r}: write {name}("..."), with quotation marks')
        return Constant(quoted[1]) if name == "constant" else Column(quoted[1])
    if name == "first":
        return First(parse_mapping(inner, available))
    arguments = _SEPARATOR_ARGUMENT.fullmatch(inner)
    if arguments is None:
        raise MappingError(f'{whole!r}: write {name}(column, "separator")')
    return Split(parse_mapping(arguments[1], available), arguments[2], before=name == "before")


def columns_of(expression: Expression) -> list[str]:
    """The columns that an expression reads, in order of mention, each once."""
    match expression:
        case Column(name):
            return [name]
        case Constant():
            return []
        case First(of) | Split(of):
            return columns_of(of)
        case Else(options):
            return list(dict.fromkeys(name for option in options for name in columns_of(option)))


def text_of(value: Any) -> str | None:
    """A source's value as a string: dates ISO, numbers plain, lists joined by " | ", objects as JSON; None if blank."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
        )
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="surrogateescape") or None
    if isinstance(value, list | tuple):
        return LIST_SEPARATOR.join(text for item in value if (text := text_of(item)) is not None) or None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=text_of)


def _first_item(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return next((item for item in value if text_of(item) is not None), None)
    return value


def _part(text: str | None, separator: str, before: bool) -> str | None:
    if text is None:
        return None
    head, found, tail = text.partition(separator)
    part = head if before else (tail if found else "")
    return part.strip() or None


def _values(expression: Expression, columns: Mapping[str, Sequence[Any]], rows: int) -> Sequence[Any]:
    match expression:
        case Column(name):
            return columns[name]
        case Constant(text):
            return [text or None] * rows
        case First(of):
            return [_first_item(value) for value in _values(of, columns, rows)]
        case Split(of, separator, before):
            return [_part(text_of(value), separator, before) for value in _values(of, columns, rows)]
        case Else(options):
            chosen = list(evaluate(options[0], columns, rows))
            for option in options[1:]:
                if None not in chosen:
                    break
                other = evaluate(option, columns, rows)
                chosen = [new if old is None else old for old, new in zip(chosen, other, strict=True)]
            return chosen


def evaluate(expression: Expression, columns: Mapping[str, Sequence[Any]], rows: int) -> list[str | None]:
    """One string or None a record, from columns of `rows` values each."""
    return [text_of(value) for value in _values(expression, columns, rows)]


def nested(name: str, record: Mapping[str, Any]) -> Any:
    """`record[name]`, or for a dotted name the value inside nested objects; None where there is none."""
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
