"""What no text may do to a parser: raise, come out negative, or read otherwise when its own answer is read again."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.company_size import BANDS, parse_company_size
from postings.normalise.education import LEVELS, education_in_text, education_of, parse_education
from postings.normalise.employment import TYPES, parse_employment_type
from postings.normalise.experience import experience_in_text, experience_of, parse_experience
from postings.normalise.industries import industries, parse_industry
from postings.normalise.language import language_of
from postings.normalise.pay import pay_of
from postings.normalise.places import place_of
from postings.normalise.seniority import BANDS as SENIORITY_BANDS
from postings.normalise.seniority import parse_seniority
from postings.normalise.skills import find_skills, prepared_text, skill_mentions, skills

_PIECES = (
    "3",
    "5-10",
    "15-25K·13薪",
    "1.5-2万/月",
    "$80,000.00",
    "per hour",
    "99999999999999999999",
    "0",
    "-1",
    "½",
    "years",
    "年",
    "个月",
    "以上",
    "at least",
    "less than",
    "up to",
    "experience",
    "经验",
    "not essential",
    "应届生",
    "本科",
    "大专",
    "及以上学历",
    "Bachelor's degree in",
    "MSc",
    "or",
    "preferred",
    "优先",
    "50-150人",
    "10,001+ employees",
    "互联网/电子商务",
    "Health Care",
    "Full-time",
    "兼职",
    "Senior",
    "总经理助理",
    "VP of",
    "intern",
    "London",
    "上海-浦东新区",
    "Paris, TX",
    "Remote",
    "远程",
    "Python",
    "C++",
    "R",
    "go",
    "Excel",
    "multi-disciplinary team of",
    "specialties including",
    "Responsibilities:\n",
    "Benefits: 401k.",
    "岗位职责：",
    "福利待遇：五险一金",
    "About us:\n",
    "We are an equal opportunity employer.",
    "1、",
    "\ud800",
    "\u202e",
    "İ",
    "ﬁ",
    "𝟙",
    "(",
    "）",
    "[",
    "<",
    "&amp;",
    "/",
    ",",
    "。",
    "\n",
    "•",
    "",
)
TEXT = st.lists(st.sampled_from(_PIECES), max_size=30).map(" ".join) | st.lists(
    st.sampled_from(_PIECES), max_size=30
).map("".join)
ANY = TEXT | st.text(max_size=200)
LANGUAGES = st.sampled_from(["en", "zh", "other", "und"])


def _tested(function: Callable[..., None]) -> Callable[..., None]:
    return settings(deadline=None, max_examples=150)(function)


@given(ANY, st.booleans(), st.sampled_from([None, "US", "CN"]))
@_tested
def test_pay_is_positive_in_order_and_reads_the_same_from_its_own_numbers(
    text: str, chinese: bool, country: str | None
) -> None:
    pay = pay_of(text, None, None, None, None, chinese=chinese, country=country)
    bounds = [bound for bound in (pay.minimum, pay.maximum) if bound is not None]
    assert bounds == sorted(bounds)
    assert all(bound > 0 for bound in bounds)
    assert pay.months is None or pay.months > 0
    if bounds and pay.currency and pay.period:
        low, high = (None if bound is None else format(bound, "f") for bound in (pay.minimum, pay.maximum))
        again = pay_of(None, low, high, pay.currency, pay.period)
        assert (again.minimum, again.maximum, again.period) == (pay.minimum, pay.maximum, pay.period)


@given(ANY, ANY, ANY)
@_tested
def test_a_place_never_breaks_and_its_country_is_a_code(text: str, city: str, country: str) -> None:
    for place in (place_of(text, None, None, None), place_of(None, city, None, country)):
        assert place.country is None or (len(place.country) == 2 and place.country.isupper())
        assert place.city is None or place.city.strip()
        if place.city and place.country and place.region:
            assert place_of(None, place.city, place.region, place.country).country == place.country


@given(ANY)
@_tested
def test_education_is_one_of_the_levels_and_a_level_reads_as_itself(text: str) -> None:
    for found in (parse_education(text), education_in_text(text), education_of(text, text)):
        assert found.floor in {None, *LEVELS}
        assert (found.isced is None) == (found.floor in {None, "none"})
        if found.floor is not None:
            assert parse_education(found.floor).floor == found.floor


@given(ANY)
@example("Minimum [5-10] years of experience")
@_tested
def test_experience_lies_between_0_and_40_years_and_reads_the_same_from_its_own_words(text: str) -> None:
    for found in (parse_experience(text), experience_in_text(text), experience_of(text, text)):
        years = [year for year in (found.minimum, found.maximum) if year is not None]
        assert years == sorted(years)
        assert all(0 <= year <= 40 for year in years)
        again = parse_experience(found.text)
        if found.text:
            assert (again.minimum, again.maximum) == (found.minimum, found.maximum)


@given(ANY)
@example("less than 0")
@_tested
def test_a_company_size_is_never_negative_and_a_band_reads_as_itself(text: str) -> None:
    size = parse_company_size(text)
    ends = [end for end in (size.minimum, size.maximum) if end is not None]
    assert ends == sorted(ends)
    assert all(end >= 0 for end in ends)
    assert size.band in {None, *BANDS}
    if size.band is not None:
        assert parse_company_size(size.band).band == size.band


@given(ANY)
@_tested
def test_an_industry_is_one_of_the_table_and_its_name_reads_as_itself(text: str) -> None:
    found = parse_industry(text).id
    if found is not None:
        entry = industries()[found]
        assert parse_industry(entry.name_en).id == parse_industry(entry.name_zh).id == found


@given(ANY)
@_tested
def test_employment_types_are_of_the_list_and_read_the_same_again(text: str) -> None:
    found = parse_employment_type(text)
    assert set(found.types) <= set(TYPES)
    assert len(set(found.types)) == len(found.types)
    assert parse_employment_type(found.text).types == found.types


@given(ANY, st.none() | ANY)
@_tested
def test_a_seniority_is_one_of_the_levels_and_a_level_reads_as_itself(title: str, stated: str | None) -> None:
    level = parse_seniority(title, stated).level
    assert level in {None, *SENIORITY_BANDS}
    if level is not None:
        assert parse_seniority(level).level == level


@given(ANY, ANY)
@_tested
def test_skills_are_of_the_table_and_stand_where_they_were_found(text: str, listed: str) -> None:
    found = find_skills(text, listed)
    assert found == tuple(sorted(set(found)))
    assert set(found) <= set(skills())
    assert set(find_skills(text)) <= set(found)
    plain = prepared_text(text)
    mentions = skill_mentions(text)
    assert {skill_id for skill_id, _, _ in mentions} == set(find_skills(text))
    assert all(0 <= start < end <= len(plain) for _, start, end in mentions)
    assert find_skills(plain) == find_skills(text)


def test_every_name_of_a_skill_means_something_in_a_list_of_skills() -> None:
    names = [name for skill in skills().values() for name in (skill.name_en, skill.name_zh)]
    nothing = [name for name in names if "(" not in name and not find_skills(None, name)]
    assert nothing == ["Diversity and inclusion"]  # every employer writes that it stands for it


@given(ANY, st.none() | ANY)
@_tested
def test_a_language_is_one_of_four_and_does_not_change_when_asked_again(title: str, text: str | None) -> None:
    language = language_of(title, text)
    assert language in {"en", "zh", "other", "und"}
    assert language_of(title, text) == language


@given(ANY, LANGUAGES)
@_tested
def test_stripping_leaves_something_of_every_text_and_nothing_to_strip(text: str, language: str) -> None:
    core = without_boilerplate(text, language)
    assert bool(core.strip()) == bool(text.strip())
    assert len(core) <= len(text)
    assert without_boilerplate(core, language) == core


@pytest.mark.parametrize(
    "unit",
    [
        "multi-disciplinary team of ",
        "specialties including (",
        "surgery in ",
        "at least 5 years or ",
        "experience is not ",
        "newly qualified ",
        "bachelor's or ",
        "本科/大专、",
        "1、福利",
        "应届生、",
        "三年以上",
        "Benefits: ",
        "- ",
        "((((",
        "\ud800",
    ],
)
def test_a_text_made_of_one_phrase_takes_time_linear_in_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        started = time.process_time()
        find_skills(text, text)
        without_boilerplate(text, "zh")
        education_in_text(text)
        experience_in_text(text)
        return time.process_time() - started

    seconds(1_000)
    assert seconds(20_000) < 0.5


def test_what_hospitals_and_companies_tell_by_the_way_is_no_skill() -> None:
    assert find_skills("Builders Trading PLC is hiring. You join a multi-disciplinary team of nurses.") == ()
    by_the_way = (
        "We are a big hospital in the north, proud of its people and of all that they do each day. " * 4
    )
    assert find_skills(by_the_way + "Our departments are many; urology is next door.") == ()
    assert find_skills(by_the_way + "You need experience in urology.") == ("urology",)
    assert find_skills("负责自动化工程的维护工作，协助产品经理") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Minimum 3-5 years of experience in sales", (3, None)),
        ("Experience is desirable but not essential as training is given", (0, None)),
        ("We welcome applications from newly qualified nurses", (0, None)),
        ("Strong experience in a renal setting (2 years+)", (2, None)),
        ("应届生、往届生均可", (0, None)),
        ("无经验要求，有培训", (0, None)),
        ("for 6 months within the last 2 years we grew", (None, None)),
    ],
)
def test_experience_is_read_as_advertisements_put_it(
    text: str, expected: tuple[int | None, int | None]
) -> None:
    found = experience_in_text(text)
    assert (found.minimum, found.maximum) == tuple(
        None if year is None else Decimal(year) for year in expected
    )


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("本专或以上学历", "college"),
        ("Must have a BA Dgree in Marketing", "bachelor"),
        ("Recent graduate in Computer Science", "bachelor"),
        ("QCF level 3 in Health and Social Care", "vocational"),
        ("the opportunity to gain academic credits towards a BSc or MSc pathway", None),
        ("NVQ level 3 in care or a willingness to undertake it", None),
        ("we file patents, 日本专利申请专业", None),
    ],
)
def test_education_is_read_as_advertisements_put_it(text: str, floor: str | None) -> None:
    assert education_in_text(text).floor == floor
