"""What a validation found, as plain data that JSON can hold.

What belongs here: the summary, its checks, and how hostile values are made harmless. What does not: running
Great Expectations (see `validation`) or drawing pages (see `data_docs`).
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

ERROR, WARNING = "error", "warning"
"""A failed error blocks; a failed warning is shown and lets pass."""

EXAMPLES = 5
EXAMPLE_CHARACTERS = 120
ACTIVE = frozenset('<>&"`|\\$\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}')


def harmless(text: str, longest: int = EXAMPLE_CHARACTERS) -> str:
    """Text from a posting that can stand in HTML, Markdown or a terminal without doing anything there.

    Characters that could act (markup, control, invisible and direction-changing ones) are written as their
    backslash-u escape, and text longer than `longest` is cut, ending in an ellipsis.
    """
    shown = "".join(_escaped(character) for character in text[:longest])
    return shown + "…" if len(text) > longest else shown


def _escaped(character: str) -> str:
    # Cc control, Cf invisible or direction-changing, Co private, Cs half a pair, Cn unassigned.
    if character in ACTIVE or unicodedata.category(character).startswith("C"):
        code = ord(character)
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return character


def harmless_value(value: Any, longest: int = EXAMPLE_CHARACTERS, items: int = EXAMPLES) -> Any:
    """A value as JSON can hold it: text harmless, lists cut to `items`, infinities and NaN as None."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {
            harmless(str(key), longest): harmless_value(item, longest, items) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [harmless_value(item, longest, items) for item in value[:items]]
    return harmless(str(value), longest)


@dataclass(frozen=True)
class CheckResult:
    """One expectation: what was expected of which column, and what was seen.

    `severity` is "error" or "warning"; `scope` is "rows" or "whole_table"; `observed` and `examples` are
    harmless text; `unexpected` counts among the rows that were looked at; `fault` is set where the check
    could not run.
    """

    expectation: str
    column: str | None
    severity: str
    scope: str
    success: bool
    because: str
    observed: str | None = None
    unexpected: int | None = None
    examples: tuple[str, ...] = ()
    fault: str | None = None

    def row(self) -> dict[str, str | int | bool]:
        """The check as one row of a small table for a person; no cell is None."""
        seen = self.fault or self.observed or ", ".join(self.examples)
        return {
            "expectation": self.expectation,
            "column": self.column or "",
            "severity": self.severity,
            "success": self.success,
            "unexpected": self.unexpected if self.unexpected is not None else "",
            "seen": seen,
            "because": self.because,
        }


@dataclass(frozen=True)
class ValidationSummary:
    """What the suite of one table found.

    `success` is False when an expectation of severity "error" failed. `rows` counts the whole table,
    `rows_checked` those that were looked at one by one; `facts` are exact over all rows. `documents` holds
    Great Expectations' own results, bounded and harmless, for the Data Docs.
    """

    table: str
    success: bool
    rows: int
    rows_checked: int
    results: tuple[CheckResult, ...]
    facts: dict[str, float | None]
    documents: tuple[dict[str, Any], ...] = ()

    @property
    def errors(self) -> list[CheckResult]:
        """The failed expectations that block."""
        return [result for result in self.results if not result.success and result.severity == ERROR]

    @property
    def warnings(self) -> list[CheckResult]:
        """The failed expectations that let pass."""
        return [result for result in self.results if not result.success and result.severity == WARNING]

    @property
    def statistics(self) -> dict[str, int]:
        """How many expectations there are, and how many failed as error and as warning."""
        return {
            "expectations": len(self.results),
            "errors": len(self.errors),
            "warnings": len(self.warnings),
        }

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON can hold it; `from_dict` gives an equal one back."""
        return asdict(self) | {
            "results": [asdict(result) | {"examples": list(result.examples)} for result in self.results],
            "documents": list(self.documents),
            "statistics": self.statistics,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> ValidationSummary:
        """The summary that `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        return cls(
            table=content["table"],
            success=content["success"],
            rows=content["rows"],
            rows_checked=content["rows_checked"],
            results=tuple(
                CheckResult(**{**result, "examples": tuple(result["examples"])})
                for result in content["results"]
            ),
            facts=content["facts"],
            documents=tuple(content["documents"]),
        )
