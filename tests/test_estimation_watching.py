"""The watch list and the contrasts of near titles, from hand-written estimates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ml.estimation.around import NEIGHBOURS_HOLD, NEW_FALL
from ml.estimation.watching import near_contrasts, watch_list
from ml.schema import ESTIMATES
from orchestration.study import Window

THIS = Window.model_validate(
    {"current": {"from": "2025-01", "to": "2025-10"}, "base": {"from": "2024-01", "to": "2024-10"}}
)
LAST = Window.model_validate(
    {"current": {"from": "2024-01", "to": "2024-10"}, "base": {"from": "2023-01", "to": "2023-10"}}
)
NEAR = {"typist": ["clerk", "writer"], "clerk": ["typist"], "writer": ["typist"]}


def _row(window: Window, group: str, change: float, se: float = 0.05, method: str = "raw") -> dict[str, Any]:
    return {
        "pair": window.pair,
        "level": "market" if group == "*" else "title",
        "group_id": group,
        "method": method,
        "estimand": "employers",
        "base_postings": 1000.0,
        "current_postings": 1000.0 * (1 + change),
        "change": change,
        "change_low": math.exp(math.log1p(change) - 1.96 * se) - 1,
        "change_high": math.exp(math.log1p(change) + 1.96 * se) - 1,
        "log_ratio_se": se,
        "verdict": "below" if change < -0.1 else "not_distinguishable",
        "employers_effective": 100.0,
        "replicates": 100,
        "seed": 0,
        "notes": "",
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, ESTIMATES)


def _watched(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    table = watch_list(_table(rows), NEAR, [THIS, LAST])
    return {(row["title_id"], row["reason"]) for row in table.to_pylist() if row["pair"] == THIS.pair}


def test_a_fall_this_year_without_one_last_year_is_watched() -> None:
    rows = [_row(THIS, "*", -0.3), _row(THIS, "typist", -0.3), _row(LAST, "typist", 0.02)]
    assert _watched(rows) == {("typist", NEW_FALL)}


def test_a_title_that_falls_every_year_is_no_news() -> None:
    rows = [_row(THIS, "*", -0.3), _row(THIS, "typist", -0.3), _row(LAST, "typist", -0.2)]
    assert _watched(rows) == set()


def test_without_a_year_before_no_fall_is_called_new() -> None:
    assert _watched([_row(THIS, "*", -0.3), _row(THIS, "typist", -0.3)]) == set()


def test_a_fall_while_the_neighbours_hold_is_watched_with_their_change() -> None:
    rows = [_row(THIS, "*", -0.05), _row(THIS, "typist", -0.3), _row(LAST, "typist", -0.2)]
    rows += [_row(THIS, "clerk", 0.0), _row(THIS, "writer", 0.04)]
    table = watch_list(_table(rows), NEAR, [THIS, LAST]).to_pylist()
    assert [(row["title_id"], row["reason"]) for row in table] == [("typist", NEIGHBOURS_HOLD)]
    assert table[0]["neighbours"] == ["clerk", "writer"]
    assert table[0]["neighbours_change"] == pytest.approx(0.02)
    assert table[0]["difference"] == pytest.approx(0.7 / 1.02 - 1)
    assert table[0]["difference_high"] < 0


def test_a_fall_that_the_neighbours_share_is_not() -> None:
    rows = [_row(THIS, "*", -0.05), _row(THIS, "typist", -0.3), _row(LAST, "typist", -0.2)]
    rows += [_row(THIS, "clerk", -0.25), _row(LAST, "clerk", -0.25), _row(THIS, "writer", -0.2)]
    assert not {reason for _, reason in _watched(rows)} & {NEIGHBOURS_HOLD}


def test_a_withheld_figure_is_never_watched() -> None:
    rows = [_row(THIS, "*", -0.3), _row(THIS, "typist", -0.9) | {"withheld": "too_few_employers"}]
    assert _watched([*rows, _row(LAST, "typist", 0.1)]) == set()


def test_the_panel_is_believed_before_the_corrected_and_the_raw_change() -> None:
    rows = [_row(THIS, "*", -0.05, method=method) for method in ("raw", "corrected", "panel")]
    rows += [
        _row(THIS, "typist", change, method=method) for change, method in ((-0.3, "raw"), (0.1, "panel"))
    ]
    rows += [_row(LAST, "typist", 0.1, method="panel")]
    assert _watched(rows) == set()


def test_chance_alone_puts_few_titles_on_the_list() -> None:
    random = np.random.default_rng(1)
    watched = 0
    for _ in range(40):
        titles = {f"t{n}": math.exp(random.normal(0, 0.05)) - 1 for n in range(100)}
        rows = [_row(THIS, "*", 0.0), *(_row(THIS, title, change) for title, change in titles.items())]
        rows += [_row(LAST, title, math.exp(random.normal(0, 0.05)) - 1) for title in titles]
        watched += bool(_watched(rows))
    assert watched <= 6


def test_a_contrast_says_how_much_faster_one_near_title_grew_and_how_it_was_before() -> None:
    rows = [_row(THIS, "typist", -0.2), _row(THIS, "clerk", 0.1), _row(LAST, "typist", 0.0)]
    rows += [_row(LAST, "clerk", 0.05)]
    (first, second) = near_contrasts(_table(rows), NEAR, [THIS, LAST]).to_pylist()
    assert (first["title_id"], first["neighbour_id"]) == ("clerk", "typist")
    assert first["difference_in_differences"] == pytest.approx(1.1 / 0.8 - 1)
    assert first["z"] == pytest.approx(math.log(1.1 / 0.8) / math.hypot(0.05, 0.05))
    assert first["previous_difference"] == pytest.approx(0.05)
    assert first["q_value"] < 0.05 < second["q_value"]
    assert second["previous_difference"] is None


def test_the_errors_of_corrected_near_titles_are_taken_at_their_worst() -> None:
    rows = [
        _row(THIS, title, change, method="corrected") for title, change in (("typist", -0.2), ("clerk", 0.1))
    ]
    (row,) = near_contrasts(_table(rows), NEAR, [THIS]).to_pylist()
    assert row["z"] == pytest.approx(math.log(1.1 / 0.8) / 0.1)


def test_nothing_to_compare_gives_empty_tables() -> None:
    assert watch_list(ESTIMATES.empty_table(), NEAR, [THIS]).num_rows == 0
    assert near_contrasts(ESTIMATES.empty_table(), NEAR, [THIS]).num_rows == 0
