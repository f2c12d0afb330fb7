"""The worked example of docs/extending.md does what the page says."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from postings.sources import LAYOUTS
from postings.sources.files import read_file
from postings.sources.layouts import Layout, Objects, recognised
from postings.sources.layouts.board import Query

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
BLOCK = re.compile(r"(?:^    .*\n|^\n(?=\n*    ))+", re.MULTILINE)


@pytest.fixture(scope="module")
def layout() -> Objects:
    """The module that the page shows, run."""
    blocks = [textwrap.dedent(found[0]) for found in BLOCK.finditer(PAGE.read_text("utf-8"))]
    module = next(block for block in blocks if "EXAMPLE_BOARD = " in block)
    names: dict[str, Any] = {}
    exec(compile(module, "example_board.py", "exec"), names)  # noqa: S102  (our own page)
    assert isinstance(names["EXAMPLE_BOARD"], Objects)
    return names["EXAMPLE_BOARD"]


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    """The board's answer that the page shows."""
    said = re.search(r"answers\n\n(    \{\"vacancies\".*?\n)\n", PAGE.read_text("utf-8"), re.DOTALL)
    assert said is not None
    found = json.loads(said[1])
    assert isinstance(found, dict)
    return found


def test_a_saved_answer_is_recognised_and_read_once_the_layout_is_registered(
    layout: Objects, answer: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[str, Layout] = LAYOUTS
    monkeypatch.setitem(known, layout.name, layout)
    saved = tmp_path / "acme.json"
    saved.write_text(json.dumps(answer), "utf-8")
    (batch,) = read_file(saved, source="boards", columns={}, batch="1")
    (record,) = batch.records.to_pylist()
    assert recognised(answer["vacancies"][0]) is layout
    assert {
        name: record[name] for name in ("source_id", "title", "place", "posted_date", "pay_min", "pay_max")
    } == {
        "source_id": "A-7",
        "title": "Welder",
        "place": "Bristol, GB",
        "posted_date": "2026-08-01",
        "pay_min": "30000",
        "pay_max": "35000",
    }


def test_the_board_is_asked_page_by_page_to_the_last(layout: Objects, answer: dict[str, Any]) -> None:
    assert layout.board is not None
    address = layout.board.start(Query("acme & sons"))
    assert address == "https://jobs.example.com/api/v2/acme%20%26%20sons/vacancies?page=1"
    page = layout.board.page(answer, address, 0)
    assert (len(page.postings), page.total) == (1, 207)
    assert str(page.next).endswith("page=2")
    assert layout.board.page(answer, address.replace("page=1", "page=3"), 2).next is None
