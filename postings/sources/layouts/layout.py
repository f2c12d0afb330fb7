"""What a layout is: columns that many files share, and what they mean.

What belongs here: recognising a file by its columns and mapping them. What does not: any one board's names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from postings.sources.layouts.board import Board

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Objects:
    """Records that are objects with fixed keys, such as a board's JSON answers (or the same as Parquet).

    Recognised where all columns of one of `needs` are there. `columns` maps raw fields in the study's mapping
    language. What that language cannot reach, `prepare` adds to the record under names of the form "key.what", where
    `key` is the key it is made from; it must not raise, whatever the record says. `board` says where
    such records can be had, for `postings.fetch`.
    """

    name: str
    about: str
    needs: tuple[frozenset[str], ...]
    columns: Mapping[str, str] = field(hash=False)
    prepare: Callable[[Record], Record] | None = None
    board: Board | None = None

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns is of this layout."""
        there = set(columns)
        return any(need <= there for need in self.needs)

    def mapping(self, columns: Collection[str]) -> dict[str, str]:
        """The mapping, whatever optional columns the file has: those it lacks give nothing."""
        return dict(self.columns)


def _plain(name: str) -> str:
    """A header as it is compared: without case, spaces, underscores and what stands in brackets."""
    return re.sub(r"[(（][^)）]{0,40}[)）]|[\s_\-:：.*#]", "", name[:100]).casefold()


@dataclass(frozen=True)
class Headers:
    """Tables whose header names each field in one of several usual ways.

    Recognised where there is a title and at least `enough` other fields. `names` holds, for each raw field, its usual
    headers in order of preference; of several that a file has, the first that says something counts.
    """

    name: str
    about: str
    names: Mapping[str, tuple[str, ...]] = field(hash=False)
    enough: int = 2
    prepare: None = None

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns is of this layout."""
        found = self.mapping(columns)
        return "title" in found and len(found) > self.enough

    def mapping(self, columns: Collection[str]) -> dict[str, str]:
        """The fields that the file has, in the mapping language."""
        there: dict[str, str] = {}
        for column in columns:
            there.setdefault(_plain(column), column)
        found: dict[str, str] = {}
        taken: set[str] = set()
        for name, headers in self.names.items():
            usual = [there[plain] for header in headers if (plain := _plain(header)) in there]
            usual = [column for column in dict.fromkeys(usual) if column not in taken and '"' not in column]
            taken.update(usual)
            if usual:
                found[name] = " else ".join(f'column("{column}")' for column in usual)
        return found


Layout = Objects | Headers


def texts(value: Any, *keys: str) -> list[str]:
    """What a property says, as a list of texts: strings and numbers as they are, objects by the first of `keys`.

    Properties of JSON-LD and of many boards are now a string, now an object, now a list of either. At most 50.
    """
    found: list[str] = []
    for item in value[:50] if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            inner = next((item[key] for key in keys if item.get(key) not in (None, "", [])), None)
            item = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(item, bool) or not isinstance(item, str | int | float):
            continue
        text = str(item).strip()
        if text:
            found.append(text)
    return found


def joined(parts: list[str], separator: str = " | ") -> str | None:
    """Distinct texts in their order, as one; None for none."""
    return separator.join(dict.fromkeys(part for part in parts if part)) or None


def inside(value: Any, *path: str) -> Any:
    """The value at a path of keys; None where there is none."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
