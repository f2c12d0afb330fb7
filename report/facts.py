"""What a report is told from outside (the study) and what it gives back (its files).

What belongs here: the types at the package's edge. What does not: reading marts, wording, drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class ReportError(ValueError):
    """The marts cannot be shown as they stand; the message names the file and says how to mend it."""


class UnknownRoleError(ReportError):
    """The study has no role of this name; the message holds the nearest ones."""


@dataclass(frozen=True)
class StudyFacts:
    """The study as its page introduces it.

    `windows` are the pairs as the marts name them ("2025-01..2025-10 / 2024-01..2024-10"), the headline
    pair first; empty means the marts' pairs, latest first. `versions` are further versions to print
    (package, data). `generated_at` is printed as given; left out, the page carries no time and equal marts
    give equal bytes. `links` are addresses relative to the report folder, label to address. `synthetic`
    puts a notice on the page that the market is made up.
    """

    name: str
    title: str
    windows: tuple[str, ...] = ()
    taxonomy: str = ""
    description: str = ""
    sources: tuple[str, ...] = ()
    synthetic: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    generated_at: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportResult:
    """A finished report: folder, first page, its files (relative, sorted) and their size in bytes."""

    folder: Path
    index: Path
    files: tuple[str, ...]
    bytes_written: int
    figures: int
    titles: int
