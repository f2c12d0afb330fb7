"""The public boards that can be asked: those whose layout says where (`postings.sources.layouts`)."""

from __future__ import annotations

from postings.sources.layouts import LAYOUTS, Objects
from postings.sources.layouts.board import Board, ChangedSchemaError, Page, Query

BOARDS: dict[str, Board] = {
    layout.board.name: layout.board
    for layout in LAYOUTS.values()
    if isinstance(layout, Objects) and layout.board is not None
}
"""By name."""

__all__ = ["BOARDS", "Board", "ChangedSchemaError", "Page", "Query"]
