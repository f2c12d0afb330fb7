"""The report folder as its reader gets it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from report import ReportError, ReportResult, StudyFacts, build_report
from report.swap import replaced_folder
from storage import LockedError, exclusive_lock
from tests.report_marts import PAIR, SCRIPT, TITLES, fixture_rows, write_card, write_marts

STUDY = StudyFacts("demo", "Demo market", windows=(PAIR,), synthetic=True)


class Elements(HTMLParser):
    """Collects every element with its attributes, and the text outside of markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("study")
    write_marts(home / "marts")
    write_card(home / "model_card.json")
    return home


@pytest.fixture(scope="module")
def report(home: Path) -> ReportResult:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("report.figures.VALIDATE", True)
        return build_report(STUDY, home / "marts", home / "model_card.json", home / "report")


@pytest.fixture(scope="module")
def html(report: ReportResult) -> str:
    return report.index.read_text("utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Elements:
    return Elements(html)


def test_no_file_of_the_report_refers_to_anything_outside_it(report: ReportResult) -> None:
    for file in report.files:
        if not file.startswith("data/"):
            text = (report.folder / file).read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
            assert not re.search(r"(?i)https?://|//cdn|@import|url\((?!#)", text), file


def test_every_local_address_on_the_page_exists(report: ReportResult, page: Elements) -> None:
    addresses = [
        attributes.get("href") or attributes.get("src") for attributes in page.named("a", "link", "script")
    ]
    identifiers = {attributes.get("id") for _, attributes in page.elements}
    assert len(addresses) > 20
    for address in addresses:
        assert address is not None
        if address.startswith("#"):
            assert address[1:] in identifiers
        elif not address.startswith("data:"):
            assert (report.folder / address).is_file(), address


def test_hostile_text_is_shown_and_never_run(html: str, page: Elements) -> None:
    assert SCRIPT in page.text
    assert SCRIPT not in html
    assert {attributes.get("src") for attributes in page.named("script")} == {
        "search-index.js",
        "title-months.js",
        "report.js",
    }
    assert page.named("img") == []
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert page.named("style", "foreignobject", "iframe", "object", "embed") == []


def test_a_policy_forbids_inline_scripts_and_every_connection(page: Elements) -> None:
    policy = next(
        attributes["content"]
        for attributes in page.named("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'self' file:;")
    assert "unsafe" not in policy


def test_the_headline_states_change_interval_n_and_windows(page: Elements) -> None:
    text = page.text.replace("\u00a0", " ")
    for words in (
        "−7.3 %",
        "95 % interval −9.4 % to −5.4 %",
        "n = 28,822 postings",
        "n = 31,092 postings",
        "Jan–Oct 2025",
    ):
        assert words in text


def test_where_a_panel_was_polled_its_change_is_the_headline_and_that_of_all_postings_stands_beside_it(
    tmp_path: Path,
) -> None:
    rows = fixture_rows()
    rows["mart_market_yoy"][0] |= {
        "panel_change": -0.1234,
        "panel_change_low": -0.151,
        "panel_change_high": -0.094,
    }
    built = build_report(STUDY, write_marts(tmp_path / "marts", rows), tmp_path / "none", tmp_path / "report")
    text = Elements(built.index.read_text("utf-8")).text.replace("\u00a0", " ")
    head = " ".join(text[: text.index("Effective number of employers")].split())
    assert "at employers polled in both windows −12.3 % 95 % interval −15.1 % to −9.4 %" in head
    assert "Change of all postings, whoever was polled−7.3 % (−9.4 % to −5.4 %)" in head


def test_every_figure_is_drawn_for_both_widths_and_can_be_heard(page: Elements) -> None:
    charts = page.named("svg")
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert len(charts) >= 2 * 6 + 10
    for chart in charts:
        assert chart["role"] == "img"
        assert set((chart["aria-labelledby"] or "").split()) <= set(identifiers)


def test_every_title_is_in_the_search_index_and_in_the_table(report: ReportResult, page: Elements) -> None:
    script = (report.folder / "search-index.js").read_text("utf-8")
    assert re.search(r"[<>&\u2028\u2029]", script) is None
    entries = json.loads(script.removeprefix("window.JOBTIDE_TITLES = ").removesuffix(";\n"))
    wanted = {title[0] for title in TITLES}
    assert {entry["id"] for entry in entries} == wanted
    rows = {attributes.get("data-title") for attributes in page.named("tr")} - {None}
    assert rows == wanted
    engineers = [entry["id"] for entry in entries if "工程师" in entry["text"]]
    assert "machine-learning-engineer" in engineers
    assert "data-engineer" in engineers


def test_equal_marts_give_equal_bytes(home: Path, report: ReportResult, tmp_path: Path) -> None:
    again = build_report(STUDY, home / "marts", home / "model_card.json", tmp_path / "report")
    assert again.files == report.files
    for file in report.files:
        assert (again.folder / file).read_bytes() == (report.folder / file).read_bytes(), file


def test_marts_without_rows_give_a_page_that_says_so(tmp_path: Path) -> None:
    write_marts(tmp_path / "marts", {})
    result = build_report(STUDY, tmp_path / "marts", tmp_path / "none.json", tmp_path / "report")
    text = Elements(result.index.read_text("utf-8")).text
    assert "no change to state" in text
    assert "No model card was recorded" in text
    assert result.titles == 0


@pytest.fixture(scope="module")
def odd_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a study with gaps: no industry, city, pay or interval, two models, a card that lacks fields."""
    home = tmp_path_factory.mktemp("odd")
    rows = fixture_rows() | {"mart_salary": []}
    for mart, column in (("mart_industry", "industry"), ("mart_city", "city")):
        for row in rows[mart]:
            row[column] = "not stated"
    rows["mart_market_yoy"][0] |= {"change_low": None, "change_high": None, "flags": "few_employers"}
    rows["mart_title_yoy"][0]["model_version"] = "m-other"
    write_marts(home / "marts", rows)
    card = write_card(
        home / "card.json", {"labels": 12, "random": {"accuracy": 0.5, "calibration": "broken"}}
    )
    result = build_report(STUDY, home / "marts", card, home / "report")
    return Elements(result.index.read_text("utf-8")).text.replace("\u00a0", " ")


def test_a_study_whose_sources_state_no_industry_city_or_pay_says_so(odd_text: str) -> None:
    for words in ("do not state the industry", "do not state the city", "do not state pay"):
        assert words in odd_text


def test_what_the_model_card_lacks_is_not_recorded(odd_text: str) -> None:
    assert "50.0 %" in odd_text
    assert "Calibration: not recorded." in odd_text
    assert odd_text.count("not recorded") > 8


def test_a_withheld_interval_is_said_to_be_none_and_its_flag_is_shown(odd_text: str) -> None:
    assert "95 % interval none" in odd_text
    assert "few employers" in odd_text


def test_marts_of_two_model_versions_carry_a_warning(odd_text: str) -> None:
    assert "mix 2 values of model version" in odd_text


def test_a_missing_mart_a_missing_column_and_an_unknown_window_are_named(home: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    def build(study: StudyFacts = STUDY) -> None:
        build_report(study, marts, home / "model_card.json", tmp_path / "report")

    marts = write_marts(tmp_path / "marts")
    with pytest.raises(ReportError, match="no pair '2020-01"):
        build(StudyFacts("demo", "Demo", windows=("2020-01..2020-02 / 2019-01..2019-02",)))
    path = marts / "mart_salary.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["median_monthly"]), path)
    with pytest.raises(ReportError, match=r"mart_salary.parquet: lacks the column\(s\) median_monthly"):
        build()
    path.unlink()
    with pytest.raises(ReportError, match="no mart_salary here"):
        build()
    assert not (tmp_path / "report").exists()


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def test_a_new_report_replaces_the_old_one_and_leaves_nothing_beside_it(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    out.mkdir()
    (out / "stale.html").write_text("old")
    (tmp_path / ".tmp-0123-report").mkdir()  # a killed build left it
    build_report(STUDY, write_marts(tmp_path / "marts", {}), home / "model_card.json", out)
    assert not (out / "stale.html").exists()
    assert (out / "index.html").exists()
    assert beside(out) == [".lock-report", "marts", "report"]


def test_a_failing_build_leaves_the_old_report_alone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    out.mkdir()
    (out / "index.html").write_text("old")

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("report.build.write_csv", full_disk)
    write_marts(tmp_path / "empty" / "marts", {})
    with pytest.raises(OSError, match="no space"):
        build_report(STUDY, tmp_path / "empty" / "marts", home / "model_card.json", out)
    assert (out / "index.html").read_text() == "old"
    assert beside(out) == [".lock-report", "empty", "report"]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_is_replaced_with_and_without_an_exchange_of_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr("report.swap._exchanged", lambda one, other: False)
    out = tmp_path / "report"
    for text in ("old", "new"):
        with replaced_folder(out) as folder:
            (folder / "index.html").write_text(text)
    assert (out / "index.html").read_text() == "new"
    assert beside(out) == [".lock-report", "report"]


def test_an_old_report_renamed_away_by_a_killed_build_comes_back_before_the_next(tmp_path: Path) -> None:
    old = tmp_path / ".tmp-0123-report-old"
    old.mkdir()
    (old / "index.html").write_text("old")
    with pytest.raises(ReportError), replaced_folder(tmp_path / "report"):
        raise ReportError("stopped")
    assert (tmp_path / "report" / "index.html").read_text() == "old"


def test_two_builds_of_one_report_do_not_run_at_once(tmp_path: Path) -> None:
    marts = write_marts(tmp_path / "marts", {})
    with exclusive_lock(tmp_path / ".lock-report"), pytest.raises(LockedError):
        build_report(STUDY, marts, tmp_path / "none.json", tmp_path / "report")
