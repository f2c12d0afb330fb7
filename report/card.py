"""The model card as the report reads it: every field may be missing, and then it is said so.

What belongs here: finding values in `model_card.json`. What does not: computing any of them (ml does),
wording.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report.facts import ReportError

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class ModelCard:
    """A parsed model card; absent files give an empty one."""

    content: Mapping[str, Any]

    def at(self, path: str) -> Any:
        """The value at a dotted path, else None."""
        value: Any = self.content
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def number(self, path: str) -> float | None:
        """The finite number at a dotted path, else None."""
        return finite(self.at(path))

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """The list of objects at a dotted path, else an empty list."""
        value = self.at(path)
        return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

    def text(self, path: str) -> str:
        """The text or number at a dotted path, as text, else "not recorded"."""
        value = self.at(path)
        return NOT_RECORDED if not isinstance(value, str | int | float) or value == "" else str(value)


def read_model_card(path: Path) -> ModelCard:
    """Read the card; a missing file is an empty card.

    Raises ReportError when the file is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ModelCard({})
    except ValueError as error:
        raise ReportError(f"{path}: not readable as JSON ({error}); train the model again") from error
    if not isinstance(content, dict):
        raise ReportError(f"{path}: a model card is a JSON object, this is a {type(content).__name__}")
    return ModelCard(content)


def finite(value: object) -> float | None:
    """`value` if it is a finite number, else None."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
