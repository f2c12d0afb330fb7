"""What the texts of a posting mean: a few telling cases of every field, and what no text may ever do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postings.canonical import Given, canonical_columns
from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.company_size import parse_company_size
from postings.normalise.conversion import converted_monthly, read_rates
from postings.normalise.education import LEVELS, education_of, parse_education
from postings.normalise.employment import parse_employment_type
from postings.normalise.experience import experience_of, parse_experience
from postings.normalise.industries import industries, parse_industry
from postings.normalise.pay import pay_of
from postings.normalise.places import place_of
from postings.normalise.seniority import parse_seniority
from postings.normalise.skills import find_skills, skills
from postings.schema import RAW, RAW_FIELDS

RATES = Path(__file__).parents[1] / "dbt_project" / "seeds" / "currency_rates.csv"
FOREIGN = st.text(max_size=300) | st.text(
    alphabet="0123456789-–~/.,kK千万元薪年月$€£ to以上至人本科硕士", max_size=80
)


def _pay(text: str) -> tuple[object, ...]:
    pay = pay_of(text, None, None, None, None, chinese=any("一" <= sign <= "鿿" for sign in text))
    return pay.minimum, pay.maximum, pay.currency, pay.period


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        ("$80k - $100k DOE plus bonus", 80_000, 100_000, "USD", "year"),
        ("$25/hr", 25, 25, "USD", "hour"),
        ("100k-80k USD", 80_000, 100_000, "USD", "year"),
        ("£31,049 to £37,796 a year pro rata", 31_049, 37_796, "GBP", "year"),
        ("12 LPA", 1_200_000, 1_200_000, "INR", "year"),
        ("60,000 ETB Monthly", 60_000, 60_000, "ETB", "month"),
        ("1-1.5万/月", 10_000, 15_000, "CNY", "month"),
        ("8千-1.2万·13薪", 8_000, 12_000, "CNY", "month"),
        ("6-8千", 6_000, 8_000, "CNY", "month"),
        ("46-90万/年", 460_000, 900_000, "CNY", "year"),
        ("150元/天", 150, 150, "CNY", "day"),
    ],
)
def test_pay_is_read_in_its_own_currency_and_period(
    text: str, low: int, high: int, currency: str, period: str
) -> None:
    assert _pay(text) == (low, high, currency, period)


def test_pay_that_names_no_amount_has_none_and_says_why() -> None:
    for text, reason in (("面议", "negotiable"), ("Competitive", "competitive")):
        pay = pay_of(text, None, None, None, None)
        assert (pay.minimum, pay.maximum, pay.monthly_minimum, pay.reason) == (None, None, None, reason)
    assert pay_of("8千-1.2万·13薪", None, None, None, None, chinese=True).months == 13
    assert pay_of("100k-80k USD", None, None, None, None).swapped


def test_pay_is_converted_at_the_rate_of_the_postings_own_month() -> None:
    pay = pay_of("1-1.5万/月", None, None, None, None, chinese=True)
    rates = {("2024-03", "CNY"): Decimal("7.2")}
    assert converted_monthly(pay, dt.date(2024, 3, 9), rates) == Decimal("1736.11")
    assert converted_monthly(pay, dt.date(2024, 4, 9), rates) is None
    assert converted_monthly(pay, None, rates) is None
    seeded = read_rates(RATES)
    assert {month for month, _ in seeded} >= {"2023-01", "2024-06", "2025-12"}
    assert 6 < seeded["2024-06", "CNY"] < 8


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("本科及以上", "bachelor"),
        ("大专", "college"),
        ("Bachelor's or Master's", "bachelor"),
        ("BA/BS", "bachelor"),
        ("PhD", "doctor"),
        ("TVET", "vocational"),
        ("学历不限", "none"),
        ("High School", "school"),
        ("???", None),
    ],
)
def test_the_education_floor_is_the_least_that_is_asked_for(text: str, floor: str | None) -> None:
    assert parse_education(text).floor == floor


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3-5年", 3, 5),
        ("5+ years", 5, None),
        ("at least two years", 2, None),
        ("经验不限", 0, None),
        ("1年以下", None, 1),
        ("10年以上", 10, None),
        ("???", None, None),
    ],
)
def test_experience_is_read_in_years(text: str, low: int | None, high: int | None) -> None:
    found = parse_experience(text)
    assert (found.minimum, found.maximum) == (low, high)


def test_a_requirement_that_has_no_field_is_read_from_the_text() -> None:
    text = "Requirements: Bachelor's degree in nursing. At least 3 years of experience in a clinic."
    assert education_of(None, text).floor == "bachelor"
    assert experience_of(None, text).minimum == 3


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("少于15人", "<20"),
        ("20-99人", "20-99"),
        ("100-299人", "100-299"),
        ("1001-5000", "1000-9999"),
        ("10000人以上", ">=10000"),
        ("51-200 employees", None),  # half in one band, half in the next
    ],
)
def test_a_company_size_has_a_band_where_it_lies_mostly_in_one(text: str, band: str | None) -> None:
    assert parse_company_size(text).band == band


def test_an_industry_is_known_by_the_names_that_boards_use() -> None:
    found = {
        name: parse_industry(name).id
        for name in ("互联网/电子商务", "计算机软件", "Health Care", "Banking", "???")
    }
    assert found == {
        "互联网/电子商务": "internet",
        "计算机软件": "computer-software",
        "Health Care": "healthcare",
        "Banking": "banking",
        "???": None,
    }
    table = industries()
    assert len(table) >= 45
    assert all(entry.name_en and entry.name_zh and len(entry.nace_section) == 1 for entry in table.values())


def test_employment_types_and_seniority_are_told_in_both_languages_and_traps_do_not_fire() -> None:
    assert parse_employment_type("Onsite - Full Time").types == ("full_time",)
    assert parse_employment_type("兼职").types == ("part_time",)
    levels = {
        "Senior Software Engineer": "senior",
        "高级工程师": "senior",
        "Director of Sales": "director",
        "CEO": "c_level",
        "实习生": "intern",
        "Lead Generation Specialist": "mid",
        "Senior Living Aide": "mid",
        "Executive Assistant to the Director": "mid",
    }
    assert {title: parse_seniority(title).level for title in levels} == levels


@pytest.mark.parametrize(
    ("given_place", "city", "country"),
    [
        (("San Francisco, CA", None, None, None), "San Francisco", "US"),
        ((None, "NYC", None, "USA"), "New York City", "US"),
        ((None, "Bangalore", None, "India"), "Bengaluru", "IN"),
        ((None, "München", None, "Deutschland"), "Munich", "DE"),
        ((None, "上海-浦东新区", None, None), "Shanghai", "CN"),
        ((None, "深圳市南山区", None, None), "Shenzhen", "CN"),
        ((None, "远程", None, "中国"), None, "CN"),
        ((None, "Dallas-Fort Worth", None, "US"), "Dallas", "US"),
        (("Paris, TX", None, None, None), "Paris", "US"),
        (("asdkfj", None, None, None), None, None),
    ],
)
def test_a_place_has_one_name_however_it_is_written(
    given_place: tuple[str | None, ...], city: str | None, country: str | None
) -> None:
    place = place_of(*given_place)
    assert (place.city, place.country) == (city, country)


def test_several_places_and_remote_work_are_kept_apart_from_the_first_place() -> None:
    both = place_of("London or Manchester", None, None, None)
    assert [one.city for one in both.places] == ["London", "Manchester"]
    assert place_of(None, "Remote", None, "US").remote == "remote"


def test_words_that_only_look_like_skills_are_none() -> None:
    text = "You will go the rest of the way and excel at your work. Swift response expected."
    assert find_skills(text) == ()
    assert find_skills("Experience with Python, C++ and Microsoft Excel; knowledge of SQL") == (
        "c-plus-plus",
        "microsoft-excel",
        "python",
        "sql",
    )
    assert find_skills("熟悉Java和Spring Boot，掌握机器学习") == ("java", "machine-learning", "spring-boot")
    assert find_skills("JavaScript developer") == ("javascript",)
    assert len(skills()) >= 1_500


def test_the_core_of_a_text_is_duties_and_needs_in_both_languages() -> None:
    english = (
        "About us:\nWe are a great firm since 1952.\n\nResponsibilities:\n- Weld steel pipes and check every seam\n"
        "- Train apprentices in the shop\n\nBenefits:\n- 401k\n- Free coffee\n\nWe are an equal opportunity employer."
    )
    core = without_boilerplate(english, "en")
    assert "Weld steel pipes" in core
    assert not any(word in core for word in ("401k", "1952", "equal opportunity"))
    chinese = (
        "公司简介：我们是一家高新技术企业。\n岗位职责：\n1、负责系统开发与维护\n2、编写技术文档\n"
        "福利待遇：\n五险一金\n带薪年假"
    )
    core = without_boilerplate(chinese, "zh")
    assert "系统开发" in core
    assert "五险一金" not in core
    assert without_boilerplate("Free coffee.", "en") == "Free coffee."


@pytest.mark.parametrize(
    ("text", "years"),
    [
        (
            "Preferred Qualifications • A degree in law • 2 years of experience in sales. How to apply: call us.",
            None,
        ),
        ("Preferred Qualifications: French. Requirements: 2 years of experience in sales.", 2),
        ("We would welcome applications from newly qualified nurses.", 0),
        ("You will support and mentor newly qualified nurses on the ward.", None),
        ("You have 6 months' experience in a similar role held within the last 2 years.", 0.5),
        ("A service with experience for people aged 16 years and over.", None),
        ("An exciting 12-month secondment for an experienced nurse.", None),
        ("Experience in design is desirable but not essential.", 0),
        ("Extensive management experience. Experience in design is desirable but not essential.", None),
    ],
)
def test_years_in_a_text_are_asked_for_only_where_they_are_a_demand(text: str, years: float | None) -> None:
    least = experience_of(None, text).minimum
    assert (None if least is None else float(least)) == years


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("You must hold a Pg. Diploma in ultrasound.", "master"),
        ("You hold a nursing degree or equivalent, or be willing to work towards this.", None),
        ("A bachelor's degree in law, management or a related field is often preferred.", None),
        ("Although no formal qualifications are required, you like to learn.", "none"),
        ("The successful candidate will undertake an NVQ in pharmacy services.", None),
    ],
)
def test_a_degree_in_a_text_is_asked_for_only_where_it_is_a_demand(text: str, floor: str | None) -> None:
    assert education_of(None, text).floor == floor


def test_a_run_reads_requirements_from_the_whole_text_and_not_from_what_is_left_for_embedding() -> None:
    demand = (
        "In order to apply for this post you must have a bachelor's degree and a minimum of 6 months' experience in a "
        "similar role."
    )
    text = (
        f"The nurse will plan care on the ward and lead a small team of carers.\n{demand}\nThe ward is busy."
    )
    assert "6 months" not in without_boilerplate(text, "en"), (
        "the remover takes the demand for an instruction"
    )
    record = {name: [None] for name in RAW_FIELDS} | {"title": ["Nurse"], "description": [text]}
    rows = pa.Table.from_pydict(
        {**record, "batch": ["1"], "source": ["s"], "file": ["f"], "row": [1]}, schema=RAW
    )
    columns = canonical_columns(Given(rows, [None], {}))
    assert columns["experience_min"] == [Decimal("0.5")]
    assert columns["education_floor"] == ["bachelor"]


@given(FOREIGN)
@settings(deadline=None, max_examples=150)
def test_no_text_breaks_a_parser_or_makes_anything_negative(text: str) -> None:
    pay = pay_of(text, None, None, None, None)
    bounds = [bound for bound in (pay.minimum, pay.maximum) if bound is not None]
    assert bounds == sorted(bounds)
    assert all(bound > 0 for bound in bounds)
    years = [
        year for year in (parse_experience(text).minimum, parse_experience(text).maximum) if year is not None
    ]
    assert years == sorted(years)
    assert all(0 <= year <= 40 for year in years)
    assert parse_education(text).floor in {None, "none", *LEVELS}
    size = parse_company_size(text)
    assert size.minimum is None or size.minimum >= 0
    parse_industry(text)
    parse_employment_type(text)
    parse_seniority(text)
    place_of(text, None, None, None)
    find_skills(text, text)
    core = without_boilerplate(text, "en")
    assert bool(core.strip()) == bool(text.strip())
    assert without_boilerplate(core, "en") == core


def test_every_record_gets_every_column_whatever_it_holds() -> None:
    odd: dict[str, list[str | None]] = {
        name: [None, "", "???", "x" * 50_000, "<b>1-1.5万</b>"] for name in RAW_FIELDS
    }
    rows = pa.Table.from_pydict(
        {**odd, "batch": ["1"] * 5, "source": ["s"] * 5, "file": ["f"] * 5, "row": list(range(1, 6))},
        schema=RAW,
    )
    columns = canonical_columns(Given(rows, [None] * 5))
    assert {len(values) for values in columns.values()} == {5}
    for name in ("place_status", "pay_status", "education_status", "experience_status", "industry_status"):
        assert set(columns[name]) <= {"given", "parsed", "missing", "unparsed"}
        assert columns[name][0] == "missing"


@pytest.mark.parametrize(
    ("stated", "places"),
    [
        # A column of continents or countries beside a finer text: the text is read.
        (("Paris, France", None, "eu", None), ["Paris, Île-de-France, FR"]),
        (("Chicago; London", None, "eu", None), ["Chicago, Illinois, US", "London, England, GB"]),
        (("Remote - CA", None, "us", None), ["California, US"]),
        (("United States & Canada", None, "us", None), ["US", "CA"]),
        (("Bulgaria, Georgia, Poland", None, "eu", None), ["BG", "GE", "PL"]),
        (("EMEA", None, "eu", None), ["EMEA"]),
        (("Republic of Ireland (Remote)", None, None, None), ["IE"]),
        # British towns, counties, districts and postcodes.
        (("Lewisham, SE13 6LH, GB", "Lewisham", None, "GB"), ["London, England, GB"]),
        (("Marble Arch, W1H, GB", "Marble Arch", None, "GB"), ["London, England, GB"]),
        (("Cambridge, SE1 8UG, GB", "Cambridge", None, "GB"), ["Cambridge, England, GB"]),
        (("Swindon/Wiltshire, SN1 1SQ, GB", "Swindon/Wiltshire", None, "GB"), ["Swindon, England, GB"]),
        (("Herts, AL6 9PW, GB", "Herts", None, "GB"), ["England, GB"]),
        (("TBC, SA31 3BB, GB", "TBC", None, "GB"), ["Wales, GB"]),
        (("England, Scotland and Wales, B16 9RG", "England, Scotland and Wales", None, "GB"), ["England, GB"]),
        (("Maidstone Hospital, ME16 9QQ, GB", "Maidstone Hospital", None, "GB"), ["Maidstone, England, GB"]),
        (("Regatta Place, Liverpool / Manchester, M1, GB", "Regatta Place, Liverpool / Manchester", None, "GB"),
         ["Liverpool, England, GB", "Manchester, England, GB"]),
        (("Building B2, Springfield", None, None, None), ["Springfield, Missouri, US"]),
    ],
)  # fmt: skip
def test_a_place_is_as_fine_as_all_that_is_said_of_it(
    stated: tuple[str | None, str | None, str | None, str | None], places: list[str]
) -> None:
    found = place_of(*stated).places
    assert [", ".join(part for part in one if part) for one in found] == places


@pytest.mark.parametrize(
    ("text", "industry"),
    [
        ("专业服务(咨询、人力资源、财会)", "consulting-services"),
        ("奢侈品/收藏品/工艺品/珠宝", "consumer-goods"),
        ("Multimedia Content Production", "media"),
        ("Psychiatry, Psychology & Social Work", "healthcare"),
        ("Woodwork & Carpentry", None),
        ("Environmental, Mining & Energy Engineering", None),
    ],
)
def test_an_industry_is_told_from_a_kind_of_work(text: str, industry: str | None) -> None:
    found = parse_industry(text)
    assert (found.id, found.field_of_work) == (industry, industry is None)
