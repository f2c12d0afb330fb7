"""The sections around the headline figures and the pages of the roles, as their reader gets them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from report import ReportError, ReportResult, StudyFacts, build_report, role_tables
from report.facts import UnknownRoleError
from tests.report_depth_marts import ROLES, around_rows, role_rows, write_depth
from tests.report_marts import EARLIER_PAIR, PAIR, SCRIPT, write_card, write_marts
from tests.test_report_page import Elements

STUDY = StudyFacts("demo", "Demo market", windows=(PAIR, EARLIER_PAIR), synthetic=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("study")
    write_marts(home / "marts")
    write_depth(home / "marts", around_rows() | role_rows())
    write_card(home / "model_card.json")
    return home


@pytest.fixture(scope="module")
def report(home: Path) -> ReportResult:
    return build_report(STUDY, home / "marts", home / "model_card.json", home / "report")


@pytest.fixture(scope="module")
def pages(report: ReportResult) -> dict[str, Elements]:
    found = {
        file: (report.folder / file).read_text("utf-8") for file in report.files if file.endswith(".html")
    }
    return {file: Elements(text) for file, text in found.items()}


@pytest.fixture(scope="module")
def main(pages: dict[str, Elements]) -> str:
    return pages["index.html"].text.replace("\u00a0", " ")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The main page of a study that has none of the optional marts."""
    home = tmp_path_factory.mktemp("bare")
    result = build_report(STUDY, write_marts(home / "marts"), home / "none.json", home / "report")
    assert [file for file in result.files if file.startswith("roles/")] == []
    return Elements(result.index.read_text("utf-8")).text.replace("\u00a0", " ")


def test_every_role_has_a_page_whatever_its_id(pages: dict[str, Elements]) -> None:
    roles = {file for file in pages if file != "index.html"}
    assert len(roles) == len(ROLES)
    assert {"roles/ai_product_manager.html", "roles/product.html", "roles/all.html"} <= roles
    assert all(re.fullmatch(r"roles/[a-z0-9_-]+\.html", file) for file in roles)


def test_every_address_on_every_page_exists_and_none_leads_out_of_the_folder(
    report: ReportResult, pages: dict[str, Elements]
) -> None:
    for file, page in pages.items():
        identifiers = [attributes.get("id") for _, attributes in page.elements if "id" in attributes]
        assert len(identifiers) == len(set(identifiers)), file
        for attributes in page.named("a", "link", "script"):
            address = attributes.get("href") or attributes.get("src") or ""
            if address.startswith("#"):
                assert address[1:] in identifiers
            elif not address.startswith("data:"):
                assert not re.match(r"(?i)[a-z]+:|/", address), address
                target = Path(os.path.normpath(report.folder / Path(file).parent / address))
                assert target.is_file(), (file, address)
                assert target.is_relative_to(report.folder), (file, address)


def test_the_main_page_leads_to_every_role(pages: dict[str, Elements]) -> None:
    links = {attributes.get("href") for attributes in pages["index.html"].named("a")}
    assert {file for file in pages if file.startswith("roles/")} <= links


def test_hostile_names_are_shown_and_never_run(report: ReportResult, pages: dict[str, Elements]) -> None:
    for file, page in pages.items():
        assert SCRIPT not in (report.folder / file).read_text("utf-8")
        assert SCRIPT in page.text
        assert page.named("img", "style", "iframe", "object", "embed") == []
        assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("by-seniority", ("Senior leadership", "高层管理", "+17.2 %", "below the market", "q = 0.002")),
        ("by-family", ("Data and AI", "+29.3 %", "−21.4 %")),
        ("contrasts", ("Data engineer / Software engineer", "数据工程师 / 软件工程师", "+27.4 %", "0.004")),
        (
            "decomposition",
            ("Employers in both windows: jobs", "−5.1 %", "Boards only read earlier", "IT服务"),
        ),
        ("benchmark", ("A job site", "CC-BY-4.0", "−8.7 %", "+1.4", "+1.1")),
        ("emerging", ("Agent wrangler", "+250.0 %", "wrangler of agents", "1 of them grew")),
        (
            "watch",
            ("Photographer", "摄影师", "−39.1 %", "none in the pair of windows before", "do not share"),
        ),
        ("sensitivity", ("One ad a job", "−6.1 %", "Threshold of probability 0.3", "Nurse")),
        ("series", ("2,790", "4,321.4", "812", "790")),
        ("roles", ("AI product manager", "AI产品经理", "+41.1 %", "18,500 CNY", "69.4", "+22.0 %")),
        (
            "quality",
            (
                "demo_board",
                "1,234",
                "99.3 %",
                "310",
                "employers read",
                "the same job later",
                "Dawid skene",
                "88.7 %",
            ),
        ),
    ],
)
def test_each_section_shows_the_figures_of_its_mart(
    report: ReportResult, section: str, words: tuple[str, ...]
) -> None:
    html = report.index.read_text("utf-8")
    start = html.index(f'<section id="{section}-section">')
    text = Elements(html[start : html.index("</section>", start)]).text.replace("\u00a0", " ")
    for word in words:
        assert word in text, word


def test_an_industry_has_the_interval_of_the_fields_in_depth_only_where_both_count_the_same() -> None:
    from report.sections.breakdowns import DimensionRow, _with_interval

    row = DimensionRow("IT services", 400, 550, 0.2, 0.375)
    same = {
        "industry_en": "IT services",
        "industry_zh": "IT服务",
        **{"base_postings": 400, "current_postings": 550},
    }
    same |= {"change_low": 0.3, "change_high": 0.45}
    known = _with_interval(row, "industry", [same])
    assert (known.low, known.high, known.chinese) == (0.3, 0.45, "IT服务")
    assert _with_interval(row, "industry", [same | {"current_postings": 551}]).low is None


@pytest.mark.parametrize(
    "words",
    [
        "no changes by seniority",
        "No two near titles",
        "not taken apart",
        "No outside index",
        "No group of new wordings",
        "No title is on the watch list",
        "not counted in other ways",
        "No monthly series",
        "Flow and stock are not shown",
        "names no roles",
        "The test was not made",
        "Coverage is not shown",
        "Freshness by source is not shown",
    ],
)
def test_what_a_study_lacks_is_said_with_the_reason(bare: str, words: str) -> None:
    assert words in bare


def test_an_optional_mart_without_a_column_is_named(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    marts = write_marts(tmp_path / "marts")
    write_depth(marts, around_rows())
    path = marts / "mart_watch_list.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["reason"]), path)
    with pytest.raises(ReportError, match=r"mart_watch_list.parquet: lacks the column\(s\) reason"):
        build_report(STUDY, marts, tmp_path / "none.json", tmp_path / "report")


def test_a_role_page_shows_every_table_in_both_languages(pages: dict[str, Elements]) -> None:
    text = pages["roles/ai_product_manager.html"].text.replace("\u00a0", " ")
    for words in (
        *("Demand (postings)", "+41.1 %", "Supply (applicants)", "+22.0 %", "n = 400"),
        *("IT services", "IT服务", "64.3 %", "Beijing", "fewer than 20", "本科", "3-5年", "需求文档撰写"),
        *("18,765", "18,500", "69.4", "whole market 50.1", "Applicants by previous occupation"),
        *("北京, CN", "武汉", "25岁及以下"),
        *("Artificial intelligence 人工智能行业", "Is contained in Product manager"),
    ):
        assert words in text, words


def test_bands_stand_in_their_order_and_not_by_size(pages: dict[str, Elements]) -> None:
    text = pages["roles/ai_product_manager.html"].text
    assert text.index("fewer than 20") < text.index("20 to 99")
    ages = text[text.index("Applicants by age band: ") :]
    assert ages.index("<=25") < ages.index("26-35")


def test_a_corrected_share_that_says_nothing_is_left_to_the_table() -> None:
    from report.sections.field.part import best

    raw = ("share", "share_low", "share_high")
    row = {"share": 0.004, "share_low": 0.001, "share_high": 0.011}
    unsure = row | {"corrected_share": 0.14, "corrected_share_low": 0.0, "corrected_share_high": 0.99}
    sure = row | {"corrected_share": 0.005, "corrected_share_low": 0.001, "corrected_share_high": 0.02}
    assert best(unsure, "corrected_share", raw) == (0.004, 0.001, 0.011)
    assert best(sure, "corrected_share", raw) == (0.005, 0.001, 0.02)
    assert best(row, "corrected_share", raw) == (0.004, 0.001, 0.011)


def test_a_withheld_count_of_people_shows_no_figure_at_all(pages: dict[str, Elements]) -> None:
    text = pages["roles/ai_product_manager.html"].text
    assert "withheld" in text
    assert "1 values are withheld" in text.replace("\u00a0", " ")
    assert "0.1\u00a0%" not in text  # the corrected share of the withheld cell


def test_a_role_without_applicants_in_a_scope_says_so(pages: dict[str, Elements]) -> None:
    text = pages["roles/product.html"].text
    assert "no applications for these postings" in text
    assert "no applicants of this role whose major is known" in text


@pytest.mark.parametrize(
    "wanted", ["ai_product_manager", "AI product manager", "ai  Product-Manager", "AI产品经理"]
)
def test_the_terminal_finds_a_role_by_id_and_name_in_both_languages(home: Path, wanted: str) -> None:
    tables = role_tables(STUDY, home / "marts", wanted)
    demand = tables[0]
    assert demand.title == "AI product manager AI产品经理, All industries: Demand and supply"
    assert "+41.1\u00a0% (+31.1..+51.1)" in demand.rows[0]
    assert (
        "+22.0\u00a0% (+12.0..+32.0)" in demand.rows[1]
    )  # supply has no corrected change: the raw one stays
    assert len(tables) == 2 * 16
    for table in tables:
        assert all(len(row) == len(table.columns) == len(table.numeric) for row in table.rows)


def test_an_unknown_role_is_answered_with_the_nearest_names(home: Path) -> None:
    with pytest.raises(
        UnknownRoleError, match=r"no role 'ai produkt manager'.*ai_product_manager \(AI product"
    ):
        role_tables(STUDY, home / "marts", "ai produkt manager")


def test_the_command_shows_a_role_and_an_unknown_one_fails_with_the_nearest_names(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from orchestration.cli import app

    study = home / "demo"
    if not study.exists():
        study.mkdir()
        (study / "marts").symlink_to(home / "marts")
    monkeypatch.setenv("JOBTIDE_HOME", str(home))
    file = str(Path(__file__).parents[1] / "studies" / "demo.yaml")
    shown = CliRunner().invoke(app, ["show", file, "--role", "product manager"])
    assert shown.exit_code == 0, shown.output
    assert "Product manager 产品经理" in shown.output
    unknown = CliRunner().invoke(app, ["show", file, "--role", "plumber of products"])
    assert unknown.exit_code == 2
    assert "Product manager" in unknown.output


def test_a_study_without_roles_says_where_to_name_them(tmp_path: Path) -> None:
    with pytest.raises(UnknownRoleError, match="name some under `roles`"):
        role_tables(STUDY, write_marts(tmp_path / "marts"), "anything")


def test_any_title_can_be_drawn_by_month_and_the_counts_end_no_script(report: ReportResult) -> None:
    script = (report.folder / "title-months.js").read_text("utf-8")
    assert script.startswith("window.JOBTIDE_MONTHS = {")
    assert re.search(r"[<>&\u2028\u2029]", script) is None
    assert '"2024-01"' in script


def test_equal_marts_give_equal_pages(home: Path, report: ReportResult, tmp_path: Path) -> None:
    again = build_report(STUDY, home / "marts", home / "model_card.json", tmp_path / "report")
    for file in (file for file in again.files if file.endswith(".html")):
        assert (again.folder / file).read_bytes() == (report.folder / file).read_bytes(), file
