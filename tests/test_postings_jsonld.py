"""schema.org JobPosting: out of saved pages and JSON, as careless as sites really write it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postings.normalise.text import plain_text
from postings.schema import RAW_FIELDS
from postings.sources import LAYOUTS, UnreadableFileError, file_columns, layout_of, read_file
from postings.sources.json_ld import decoded_page, job_postings_in, job_postings_of_page
from postings.sources.layouts.job_posting import JOB_POSTING
from postings.sources.layouts.layout import Objects
from postings.sources.mapping import evaluate, nested, parse_mapping

REAL = Path(__file__).parents[2] / "shared" / "data" / "schema_org_jobposting" / "nhs_uk_2020_sample.jsonl.gz"

POSTING: dict[str, Any] = {
    "@context": "https://schema.org/",
    "@type": "JobPosting",
    "title": "Staff nurse",
    "datePosted": "2026-08-01",
    "employmentType": ["FULL_TIME", "TEMPORARY"],
    "hiringOrganization": {"@type": "Organization", "name": "Acme Care", "numberOfEmployees": {"value": 250}},
    "jobLocation": {
        "@type": "Place",
        "address": {
            "addressLocality": "Leeds",
            "addressRegion": "Yorkshire",
            "addressCountry": {"name": "GB"},
        },
    },
    "baseSalary": {
        "@type": "MonetaryAmount",
        "currency": "GBP",
        "value": {"@type": "QuantitativeValue", "minValue": 30000, "maxValue": 35000.5, "unitText": "YEAR"},
    },
    "identifier": {"@type": "PropertyValue", "name": "Acme", "value": "A-17"},
    "description": "&amp;lt;p&amp;gt;We care &amp;amp;amp; cure&amp;lt;/p&amp;gt;",
    "experienceRequirements": {"monthsOfExperience": 24},
    "educationRequirements": [{"credentialCategory": "bachelor degree"}],
    "skills": ["triage", {"name": "phlebotomy"}],
    "industry": "Health care",
    "totalJobOpenings": 3,
    "url": "https://acme.example/jobs/17",
}


def fields(record: dict[str, Any], layout: Objects = JOB_POSTING) -> dict[str, str | None]:
    prepared = layout.prepare(record) if layout.prepare else record
    made = {}
    for name, text in layout.columns.items():
        expression = parse_mapping(text)
        columns = {column: [nested(column, prepared)] for column in _columns(text)}
        made[name] = evaluate(expression, columns, 1)[0]
    return made


def _columns(text: str) -> list[str]:
    from postings.sources.mapping import columns_of

    return columns_of(parse_mapping(text))


def script(document: Any, kind: str = "application/ld+json") -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    return f'<script type="{kind}">{text}</script>'


def titles(page: str) -> list[str]:
    return [str(entry.record["title"]) for entry in job_postings_of_page(page) if entry.record]


def test_every_property_of_a_posting_finds_its_field() -> None:
    assert {name: value for name, value in fields(POSTING).items() if value is not None} == {
        "source_id": "https://acme.example/jobs/17 | A-17",
        "employer": "Acme Care",
        "employer_size": "250",
        "industry": "Health care",
        "title": "Staff nurse",
        "description": POSTING["description"],
        "posted_date": "2026-08-01",
        "place": "Leeds, Yorkshire, GB",
        "city": "Leeds",
        "region": "Yorkshire",
        "country": "GB",
        "employment_type": "FULL_TIME | TEMPORARY",
        "pay_min": "30000",
        "pay_max": "35000.5",
        "pay_currency": "GBP",
        "pay_period": "YEAR",
        "education": "bachelor degree",
        "experience": "24 months",
        "skills": "triage | phlebotomy",
        "openings": "3",
        "url": "https://acme.example/jobs/17",
    }


def test_text_that_was_escaped_twice_comes_out_plain() -> None:
    assert plain_text(fields(POSTING)["description"]) == "We care & cure"


@pytest.mark.parametrize(
    ("salary", "expected"),
    [
        ({"currency": "EUR", "value": 14.5}, ("14.5", "14.5", "EUR", None, None)),
        ({"value": {"value": "2,500", "unitText": "MONTH"}}, ("2,500", "2,500", None, "MONTH", None)),
        ({"currency": "GBP", "value": {"value": "negotiable"}}, (None, None, "GBP", None, "negotiable")),
        ({"minValue": "10", "maxValue": "12", "currency": "USD"}, ("10", "12", "USD", None, None)),
        ("£20k - £25k a year", (None, None, None, None, "£20k - £25k a year")),
        (41000, ("41000", "41000", None, None, None)),
        ([{"currency": "EUR", "value": {"minValue": 10}}], ("10", None, "EUR", None, None)),
        ({"value": {"minValue": 10, "value": 11}}, ("10", None, None, None, None)),
        ({"value": None}, (None, None, None, None, None)),
        (True, (None, None, None, None, None)),
    ],
)
def test_pay_in_the_ways_sites_write_it(salary: Any, expected: tuple[str | None, ...]) -> None:
    made = fields({**POSTING, "baseSalary": salary})
    assert tuple(made[f"pay{part}"] for part in ("_min", "_max", "_currency", "_period", "")) == expected


def test_several_places_and_remote_work_are_one_text_and_no_city() -> None:
    places = [POSTING["jobLocation"], {"address": "York"}]
    made = fields(
        {
            **POSTING,
            "jobLocation": places,
            "jobLocationType": "TELECOMMUTE",
            "applicantLocationRequirements": {"@type": "Country", "name": "UK"},
        }
    )
    assert (made["place"], made["city"]) == ("Leeds, Yorkshire, GB | York | Remote | UK", None)


def test_objects_that_are_texts_are_taken_as_such() -> None:
    made = fields({**POSTING, "hiringOrganization": "Acme", "jobLocation": "Leeds", "identifier": 17})
    assert (made["employer"], made["place"]) == ("Acme", "Leeds")
    assert made["source_id"] == "https://acme.example/jobs/17 | 17"


@pytest.mark.parametrize(
    "document",
    [
        POSTING,
        [POSTING],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, POSTING]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": POSTING}]},
        {"@type": "WebPage", "mainEntity": {**POSTING, "@type": ["JobPosting", "Thing"]}},
        {**POSTING, "@type": "https://schema.org/JobPosting"},
        {**POSTING, "@type": "schema:JobPosting"},
    ],
)
def test_a_posting_is_found_wherever_it_stands(document: Any) -> None:
    assert titles(script(document)) == ["Staff nurse"]


def test_what_is_no_posting_is_not_taken_for_one() -> None:
    other = {"@type": "Organization", "title": "Acme", "about": {"@type": "JobPostingTemplate"}}
    assert titles(script(other) + script(POSTING, "application/json") + "<p>JobPosting</p>") == []


@pytest.mark.parametrize(
    "text",
    [
        f"<!-- {json.dumps(POSTING)} -->",
        f"//<![CDATA[\n{json.dumps(POSTING)}\n//]]>",
        f"/*<![CDATA[*/{json.dumps(POSTING)}/*]]>*/",
        f"{json.dumps(POSTING)};",
        json.dumps(POSTING).replace("We care", "We\n\tcare"),
        json.dumps({**POSTING, "description": "x"}).replace('"', "&quot;"),
    ],
)
def test_careless_scripts_are_still_read(text: str) -> None:
    assert titles(script(text)) == ["Staff nurse"]


def test_pages_are_read_in_the_encoding_they_declare() -> None:
    page = '<html><head><meta charset="gb2312"></head>' + script('{"@type": "JobPosting", "title": "护士"}')
    assert titles(decoded_page(page.encode("gb18030"))) == ["护士"]
    assert titles(decoded_page(page.encode("utf-8"))) == ["护士"]
    assert titles(decoded_page(page.encode("utf-16"))) == ["护士"]
    assert "Café" in decoded_page("Café".encode("cp1252"))
    assert decoded_page(b"\xff\xfe\xfa", "zlib_codec")


def test_a_saved_page_is_a_file_of_postings(tmp_path: Path) -> None:
    path = tmp_path / "jobs.html"
    path.write_text(script([POSTING, {**POSTING, "title": "Cook"}]) + script('{"@type": "JobPosting",'))
    batches = list(read_file(path, source="s", columns={}, batch="1"))
    assert [(r["row"], r["title"]) for b in batches for r in b.records.to_pylist()] == [
        (1, "Staff nurse"),
        (2, "Cook"),
    ]
    (aside,) = [row for batch in batches for row in batch.set_aside.to_pylist()]
    assert (aside["row"], aside["reason"]) == (3, "not_json")


def test_a_page_without_a_posting_is_listed_as_unreadable(tmp_path: Path) -> None:
    (tmp_path / "about.html").write_text("<html><body>About us</body></html>")
    with pytest.raises(
        UnreadableFileError, match=r"about\.html: the page holds no schema\.org JobPosting"
    ) as caught:
        list(read_file(tmp_path / "about.html", source="s", columns={}, batch="1"))
    assert caught.value.reason == "no_job_posting"


def test_real_postings_are_recognised_and_none_is_lost() -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not here")
    assert layout_of(file_columns(REAL)).name == "job_posting"
    records = aside = paid = 0
    for batch in read_file(REAL, source="s", columns={"source_id": "_fileid"}, batch="1", layout="auto"):
        records += batch.records.num_rows
        aside += batch.set_aside.num_rows
        table = batch.records
        assert table.column("title").null_count == table.column("employer").null_count == 0
        assert table.column("source_id").null_count == 0
        paid += sum(
            low is not None or text is not None
            for low, text in zip(
                table.column("pay_min").to_pylist(), table.column("pay").to_pylist(), strict=True
            )
        )
    assert (records, aside) == (4999, 1)  # one line of the file is the torn end of another
    assert paid >= 4950


@pytest.mark.parametrize(
    "unit", ['<script type="application/ld+json">', "<!--", '{"@graph":[', "<script", '"\\']
)
def test_hostile_pages_take_no_more_than_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        page = script("{") + unit * (size // len(unit))
        began = time.perf_counter()
        job_postings_of_page(page)
        return time.perf_counter() - began

    seconds(1_000)
    assert seconds(1_000_000) < 2.0


def test_deep_and_wide_documents_are_bounded() -> None:
    deep: Any = POSTING
    for _ in range(500):
        deep = {"@graph": [deep]}
    assert len(list(job_postings_in(deep))) == 1
    wide = [{"a": 1}] * 1_000_000
    began = time.perf_counter()
    assert list(job_postings_in(wide)) == []
    assert time.perf_counter() - began < 1
    assert job_postings_of_page(script("[" * 100_000)) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "name value address addressLocality minValue maxValue unitText currency @type @id label location city"
                " text interval compensationType summaryComponents postalAddress sections series"
                " PositionRemuneration min_cents".split()
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)

TOP_KEYS = sorted(
    {
        column.split(".")[0]
        for layout in LAYOUTS.values()
        if isinstance(layout, Objects)
        for text in layout.columns.values()
        for column in _columns(text)
    }
    | {
        "metadata",
        "pay_input_ranges",
        "lists",
        "additional",
        "workplaceType",
        "secondaryLocations",
        "isRemote",
    }
    | {"positionLocations", "JobCategories", "telecommuting", "_detail", "jobLocationType", "estimatedSalary"}
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(TOP_KEYS), json_values, max_size=8))
def test_no_record_makes_a_layout_raise(record: dict[str, Any]) -> None:
    for layout in LAYOUTS.values():
        if isinstance(layout, Objects):
            made = fields(record, layout)
            assert set(made) <= set(RAW_FIELDS)
            assert all(value is None or isinstance(value, str) for value in made.values())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")), json_values)
def test_no_page_raises(text: str, document: Any) -> None:
    for found in job_postings_of_page(script(text) + script(document) + text):
        assert found.record is None or isinstance(found.record, dict)
    assert isinstance(decoded_page(text.encode("utf-8", "surrogatepass"), text[:20]), str)
