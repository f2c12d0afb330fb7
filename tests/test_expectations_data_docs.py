"""The Data Docs site: it opens from disk, asks nobody for anything, and does nothing that a posting says."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from expectations.data_docs import DataDocsError, build_data_docs
from expectations.parameters import SuiteParameters
from expectations.validation import validate

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> $PARAMETER "quoted"'


class Links(HTMLParser):
    """Collects the tags of a page and every address that a browser would follow or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.fetched: list[str] = []
        self.followed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "src" or (name == "href" and tag == "link"):
                self.fetched.append(value or "")
            elif name == "href":
                self.followed.append(value or "")


def hostile_labels() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "posting_id": [HOSTILE + str(number) for number in range(40)],
            "title_id": HOSTILE,
            "confidence": 2.0,
            "answers": 1,
            "agreement": 1.0,
            "method": "majority",
            "label_version": "l1",
        }
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("study")
    validations = home / "validations"
    validations.mkdir()
    parameters = SuiteParameters(title_ids=("cook", "</code><script>alert(3)</script>"))
    broken = hostile_labels().drop(columns=["answers"])
    for table, frame in (("labels", hostile_labels()), ("raw", broken)):
        summary = validate(table, frame, parameters)
        (validations / f"{table}.json").write_text(json.dumps(summary.to_dict()), "utf-8")
    index = build_data_docs(validations, home / "data_docs")
    assert index == home / "data_docs" / "index.html"
    return home / "data_docs"


def pages(site: Path) -> dict[Path, Links]:
    found = {}
    for path in sorted(site.rglob("*.html")):
        found[path] = Links()
        found[path].feed(path.read_text("utf-8"))
    return found


def test_there_is_a_page_for_each_suite_and_each_result(site):
    names = {"labels", "labels_whole_table", "raw", "raw_whole_table"}
    assert {path.stem for path in (site / "expectations").glob("*.html")} == names
    assert {path.name for path in (site / "validations").iterdir()} == names


def test_nothing_of_a_posting_becomes_markup_and_no_page_runs_a_script(site):
    for path, page in pages(site).items():
        assert not page.tags & {"script", "img", "iframe", "object", "link"}, path
        assert page.handlers == [], path
        assert "default-src 'none'" in path.read_text("utf-8"), path
    result = next((site / "validations" / "labels").rglob("*.html")).read_text("utf-8")
    assert "script\\u003ealert(1)" in result
    suite = (site / "expectations" / "labels.html").read_text("utf-8")
    assert "&lt;script&gt;alert(3)" in suite


def test_a_stored_result_that_was_not_made_harmless_is_escaped_by_the_pages(site, tmp_path):
    stored = (site.parent / "validations" / "labels.json").read_text("utf-8")
    raw_again = stored.replace("\\\\u003c", "<").replace("\\\\u003e", ">").replace("\\\\u0024", "$")
    assert "<script>alert(1)" in raw_again
    (tmp_path / "validations").mkdir()
    (tmp_path / "validations" / "labels.json").write_text(raw_again, "utf-8")
    build_data_docs(tmp_path / "validations", tmp_path / "data_docs")
    result = next((tmp_path / "data_docs" / "validations" / "labels").rglob("*.html"))
    assert "&lt;script&gt;alert(1)" in result.read_text("utf-8")
    for path, page in pages(tmp_path / "data_docs").items():
        assert not page.tags & {"script", "img"}, path
        assert page.handlers == [], path


def test_no_page_asks_another_host_for_anything_or_names_a_folder_of_this_machine(site):
    for path, page in pages(site).items():
        assert page.fetched == [], path
        text = path.read_text("utf-8")
        assert not re.search(r"https?://|url\(|@import", text), path
        assert str(site.parent) not in text
        assert "site-packages" not in text


def test_every_link_leads_to_a_page_of_the_site(site):
    for path, page in pages(site).items():
        assert page.followed, path
        for link in page.followed:
            target = link.split("?")[0].split("#")[0]
            assert target == "" or (path.parent / target).resolve().is_file(), (path, link)


def test_few_and_short_examples_of_what_was_unexpected_are_shown(site):
    result = next((site / "validations" / "labels").rglob("*.html")).read_text("utf-8")
    shown = set(re.findall(r"PARAMETER \\u0022quoted\\u0022(\d*)", result)) - {""}
    assert 1 <= len(shown) <= 5
    assert len(result) < 200_000


def test_the_pages_say_why_an_expectation_is_there_and_what_a_failure_does(site):
    suite = (site / "expectations" / "labels.html").read_text("utf-8")
    assert "Confidence is a probability. A failure stops what comes after." in suite
    assert "labels (blocked)" in (site / "index.html").read_text("utf-8")


def test_building_again_replaces_the_site_and_leaves_nothing_beside_it(site):
    (site / "stale.html").write_text("old")
    build_data_docs(site.parent / "validations", site)
    assert not (site / "stale.html").exists()
    assert sorted(path.name for path in site.parent.iterdir()) == ["data_docs", "validations"]


def test_a_study_without_results_gets_an_empty_index(tmp_path):
    assert build_data_docs(tmp_path / "validations", tmp_path / "data_docs").is_file()


def test_a_damaged_result_is_named_and_the_old_site_stays(tmp_path):
    index = build_data_docs(tmp_path / "validations", tmp_path / "data_docs")
    (tmp_path / "validations").mkdir()
    (tmp_path / "validations" / "raw.json").write_text("{")
    with pytest.raises(DataDocsError, match=r"raw\.json: not a validation result"):
        build_data_docs(tmp_path / "validations", tmp_path / "data_docs")
    assert index.is_file()
