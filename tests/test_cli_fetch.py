"""`jobtide fetch`: from the terminal to files that a study reads, and to the coverage table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from postings.fetch import read_coverage
from postings.sources import read_file
from tests.test_postings_fetch import GREENHOUSE, Server, answer, greenhouse


@pytest.fixture
def board() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def _fetch(board: Server, into: Path, *arguments: str) -> tuple[int, str]:
    options = ["--into", str(into), "--batch", "b1", "--base-url", board.url]
    result = CliRunner().invoke(app, ["fetch", *arguments, *options])
    return result.exit_code, result.output


def test_what_a_board_lists_is_fetched_once_and_read_without_a_mapping(board: Server, tmp_path: Path) -> None:
    board.replies[GREENHOUSE] = [answer(greenhouse(1, 2))]
    code, output = _fetch(board, tmp_path, "greenhouse", "acme")
    assert code == 0, output
    assert "2 postings of 1 polled in 1 requests" in output
    (file,) = (tmp_path / "b1").glob("*.jsonl")
    records = [
        row
        for batch in read_file(file, source="boards", columns={}, batch="b1")
        for row in batch.records.to_pylist()
    ]
    assert [record["title"] for record in records] == ["Nurse 1", "Nurse 2"]
    assert [row["result"] for row in read_coverage(tmp_path / "coverage.jsonl").to_pylist()] == ["ok"]

    code, output = _fetch(board, tmp_path, "greenhouse", "acme")
    assert code == 0
    assert "1 already done" in output
    assert len(board.requests) == 1


def test_a_board_that_is_not_there_ends_with_its_reason_and_a_row_of_coverage(
    board: Server, tmp_path: Path
) -> None:
    code, output = _fetch(board, tmp_path, "greenhouse", "nobody")
    assert code == 1
    assert "nobody" in output
    assert [row["result"] for row in read_coverage(tmp_path / "coverage.jsonl").to_pylist()] == ["failed"]


def test_an_unknown_board_is_refused_with_the_known_ones(board: Server, tmp_path: Path) -> None:
    code, output = _fetch(board, tmp_path, "monster", "acme")
    assert code == 2
    assert "greenhouse" in output
    assert board.requests == []
