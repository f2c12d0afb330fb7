"""Wording, downloads, charts and the terminal's rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import StudyFacts, headline_tables, wording
from report.downloads import neutralised, write_csv
from report.headline import source_balances
from report.search import folded, script_json
from report.svg import UnsafeChartError, cleaned
from tests.report_marts import FORMULA, PAIR, TITLES, write_card, write_marts


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (-0.0731, "−7.3 %"),
        (0.5, "+50.0 %"),
        (0.0, "0.0 %"),
        (-0.0001, "0.0 %"),
        (12.5, "+1,250.0 %"),
        (None, "–"),
    ],
)
def test_a_change_is_a_signed_percentage(fraction: float | None, words: str) -> None:
    assert wording.signed_percent(fraction).replace("\u00a0", " ") == words


def test_months_windows_and_counts_read_as_a_person_writes_them() -> None:
    assert wording.month("2025-10") == "Oct 2025"
    assert wording.month("unknown") == "month unknown"
    assert wording.pair(PAIR) == "Jan–Oct 2025 against Jan–Oct 2024"
    assert wording.pair("2024-11..2025-02 / 2024-06..2024-06") == "Nov 2024–Feb 2025 against Jun 2024"
    assert wording.count(1234567) == "1,234,567"
    assert wording.month_range("2024-11", "2025-02") == ["2024-11", "2024-12", "2025-01", "2025-02"]
    assert wording.readable("data-and-ai") == "Data and AI"


@given(st.text())
def test_shown_text_is_one_line_that_neither_hides_nor_reorders(text: str) -> None:
    shown = wording.plain(f"a{text}b")
    assert not set(shown) & {"\n", "\r", "\t", "\x00", "\x1b", "\u202e", "\u2066"}
    assert shown.startswith("a")
    assert shown.endswith("b")


def test_downloaded_text_is_no_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    dangerous = [FORMULA, "+1", "-1+1", "@SUM(A1)", "\tx", " =1", "＝1", "plain", None]
    table = pa.table(
        {
            "text": dangerous,
            "change": pa.array([-0.08, 0.5, None, 1e-6, -1e-5, 0.1, 2.0, -3.5, 0.0]),
            "n": pa.array([-5, 1, 2, 3, 4, 5, 6, 7, None]),
            "pay": pa.array([None] * 9, pa.decimal128(14, 2)),
        }
    )
    pq.write_table(table, tmp_path / "mart.parquet")
    written = write_csv(tmp_path / "mart.parquet", tmp_path / "mart.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "mart.csv").read_text("utf-8-sig"))))
    assert written.rows == len(rows) == 9
    for row, text in zip(rows, dangerous, strict=True):
        assert row["text"] == ("" if text is None else "plain" if text == "plain" else f"'{text}")
    numbers = [None if row["change"] == "" else float(row["change"]) for row in rows]
    assert numbers == table["change"].to_pylist()
    assert [row["n"] for row in rows] == ["-5", "1", "2", "3", "4", "5", "6", "7", ""]
    assert not any("e" in row["change"] for row in rows)


@given(st.text())
def test_no_neutralised_text_begins_a_formula(text: str) -> None:
    cell = neutralised(text)
    assert cell.lstrip(" ")[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == text


@given(st.text())
def test_the_search_index_can_end_no_script(text: str) -> None:
    assert not set(script_json([text, folded(text)])) & set("<>&\u2028\u2029")


def test_a_chart_lets_only_listed_markup_through() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><image href="http://x"/>'
        '<a href="javascript:x"><path d="M0,0h1" onclick="x" style="fill:url(http://x)" fill="url(http://x)"/></a>'
        '<path d="M0,1.23456h1" aria-label="&lt;b&gt;" fill="#123456" clip-path="url(#clip7)"/>'
        '<defs><clipPath id="clip7"><rect width="1" height="1"/></clipPath></defs></svg>'
    )
    chart = cleaned(svg, "key", "<title>", '"description"')
    for gone in ("<script", "alert", "image", "javascript", "onclick", "style", "http://x", "clip7", "<b>"):
        assert gone not in chart
    for kept in ("M0,1.23h1", "&lt;b&gt;", 'clip-path="url(#key-0)"', 'id="key-0"', "&lt;title&gt;"):
        assert kept in chart


@pytest.mark.parametrize("svg", ['<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "<svg>", "<svg><!-- x --></svg>"])
def test_a_chart_that_is_not_plain_xml_is_refused(svg: str) -> None:
    with pytest.raises(UnsafeChartError):
        cleaned(svg, "key", "title", "description")


def test_a_shortfall_in_one_month_does_not_hide_a_surplus_in_another() -> None:
    row = {"source": "a", "raw_records": 1, "postings": 1, "reobservations": 0, "quarantined": 0}
    balances = source_balances([row | {"balance": 3}, row | {"balance": -3}])
    assert [source.balance for source in balances] == [6]


def test_the_terminal_shows_market_titles_model_and_what_was_set_aside(tmp_path: Path) -> None:
    marts, card = write_marts(tmp_path / "marts"), write_card(tmp_path / "model_card.json")
    tables = {table.key: table for table in headline_tables(StudyFacts("demo", "Demo"), marts, card)}
    assert list(tables) == ["market", "growing", "falling", "model", "aside"]
    for table in tables.values():
        assert all(len(row) == len(table.columns) == len(table.numeric) for row in table.rows)
    assert tables["market"].rows[0][:3] == ("Jan–Oct 2025 against Jan–Oct 2024", "31,092", "28,822")
    ranked = [title for title in TITLES if title[4] >= 30]
    by_change = sorted(ranked, key=lambda title: title[5] or 0)
    assert tables["growing"].rows[0][0] == by_change[-1][1]
    assert tables["falling"].rows[0][0] == by_change[0][1]
    assert {row[0] for row in tables["growing"].rows} & {row[0] for row in tables["falling"].rows} == set()
    assert tables["model"].rows[0] == ("Accuracy", "87.1\u00a0%", "70.2\u00a0%")
    assert tables["aside"].rows[0] == ("posted_date", "bad_date", "41")


def test_the_terminal_shows_empty_marts_without_failing(tmp_path: Path) -> None:
    tables = headline_tables(
        StudyFacts("demo", "Demo"), write_marts(tmp_path / "marts", {}), tmp_path / "none.json"
    )
    assert [len(table.rows) for table in tables][:3] == [0, 0, 0]
