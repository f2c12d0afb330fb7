"""Parsers of single fields: what they read, and that no text breaks them."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postings.normalise.dates import parse_date
from postings.normalise.employers import normalised_employer
from postings.normalise.language import language_of
from postings.normalise.numbers import parse_decimal, parse_openings
from postings.normalise.pay import parse_pay, pay_of
from postings.normalise.places import place_of
from postings.normalise.text import plain_text, single_line, web_address

MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<script>",
            "</script",
            "&lt;",
            "&amp;",
            "&amp;amp;",
            "<",
            ">",
            '"',
            "'",
            "&#60;",
            "&#x3c;",
            "<!--",
            "-->",
            "b",
            " ",
            "\n",
            "\x00",
            "\u202e",
            "&nbsp;",
            "&",
            "amp;",
            "lt;",
            "<a href=",
            "<![CDATA[",
            "工",
        ]
    ),
    max_size=40,
).map("".join)
PAYISH = st.lists(
    st.sampled_from(
        [
            "$",
            "€",
            "CNY",
            "15",
            "1.5",
            "25",
            "120,000",
            "K",
            "k",
            "万",
            "千",
            "-",
            " - ",
            "·13薪",
            "/月",
            " a year",
            "面议",
            "0",
            "-5",
            "99999999999999999999",
            "per hour",
            "/",
            "元",
            "以上",
            "up to ",
            "%",
            ".",
            ",",
            "١٢",
            "Ⅻ",
            "²",
        ]
    ),
    max_size=12,
).map("".join)
ANY = st.text(max_size=200)


@pytest.mark.parametrize(
    ("text", "expected", "status"),
    [
        ("2024-02-01", dt.date(2024, 2, 1), "given"),
        ("2023-05-06 12:00", dt.date(2023, 5, 6), "given"),
        ("2024-05-06T10:00:00.000Z", dt.date(2024, 5, 6), "given"),
        ("2020-11-05T16:18:41+0100", dt.date(2020, 11, 5), "given"),
        ("March 19, 2026", dt.date(2026, 3, 19), "parsed"),
        ("19 Mar 2026", dt.date(2026, 3, 19), "parsed"),
        ("Tue, 19 Mar 2024 10:00:00 GMT", dt.date(2024, 3, 19), "parsed"),
        ("2023/5/6 8:00", dt.date(2023, 5, 6), "parsed"),
        ("2023年5月6日", dt.date(2023, 5, 6), "parsed"),
        ("20240506", dt.date(2024, 5, 6), "parsed"),
        ("05/13/2024", dt.date(2024, 5, 13), "parsed"),
        ("1700000000", dt.date(2023, 11, 14), "parsed"),
        ("1700000000000", dt.date(2023, 11, 14), "parsed"),
    ],
)
def test_a_date_is_read_in_the_form_that_boards_write(text: str, expected: dt.date, status: str) -> None:
    parsed = parse_date(text)
    assert (parsed.date, parsed.status, parsed.reason) == (expected, status, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-02-30", "unparseable_date"),
        ("3 days ago", "unparseable_date"),
        ("[phone]T16:18:41+0100", "unparseable_date"),
        ("0001-01-01", "absurd_date"),
        ("9999-12-31", "absurd_date"),
        ("03/04/2024", "ambiguous_date"),
    ],
)
def test_a_date_that_cannot_be_trusted_says_why(text: str, reason: str) -> None:
    assert parse_date(text).date is None
    assert parse_date(text).reason == reason


def test_day_and_month_are_told_apart_where_the_study_says_the_order() -> None:
    assert parse_date("03/04/2024", "dmy").date == dt.date(2024, 4, 3)
    assert parse_date("03/04/2024", "mdy").date == dt.date(2024, 3, 4)


@given(ANY | st.integers(-(10**15), 10**15).map(str) | st.dates().map(str))
@settings(deadline=None)
def test_no_text_breaks_the_date_parser_and_its_own_answer_reads_the_same(text: str) -> None:
    parsed = parse_date(text)
    assert (parsed.date is None) == (parsed.status in {"missing", "unparsed"})
    if parsed.date is not None:
        assert parse_date(parsed.date.isoformat()).date == parsed.date


PAYS = [
    ("$95,000 - $120,000 a year", "USD", "year", "7916.67", "10000.00"),
    ("$25/hr", "USD", "hour", "4333.33", "4333.33"),
    ("15-25K·13薪", "CNY", "month", "15000.00", "25000.00"),
    ("1.5-2万/月", "CNY", "month", "15000.00", "20000.00"),
    ("6千-1万", "CNY", "month", "6000.00", "10000.00"),
    ("46-90万/年", "CNY", "year", "38333.33", "75000.00"),
    ("300元/天", "CNY", "day", "6500.00", "6500.00"),
    ("1万以上/月", "CNY", "month", "10000.00", None),
    ("2千以下", "CNY", "month", None, "2000.00"),
    ("£45k pa", "GBP", "year", "3750.00", "3750.00"),
    ("€50.000 p.a.", "EUR", "year", "4166.67", "4166.67"),
    ("Up to $30 per hour", "USD", "hour", None, "5200.00"),
    ("12,000 ETB Monthly", "ETB", "month", "12000.00", "12000.00"),
    ("₹8,00,000 - ₹10,00,000 PA", "INR", "year", "66666.67", "83333.33"),
    ("$60K–$80K", "USD", "year", "5000.00", "6666.67"),
    ("$120,000 - $95,000 a year", "USD", "year", "7916.67", "10000.00"),
    ("40 hours a week, $20 an hour", "USD", "hour", "3466.67", "3466.67"),
]


@pytest.mark.parametrize(("text", "currency", "period", "low", "high"), PAYS)
def test_pay_in_words_becomes_a_monthly_range_in_local_currency(
    text: str, currency: str, period: str, low: str | None, high: str | None
) -> None:
    pay = parse_pay(text)
    assert (pay.status, pay.currency, pay.period) == ("parsed", currency, period)
    assert pay.monthly_minimum == (low and Decimal(low))
    assert pay.monthly_maximum == (high and Decimal(high))


def test_a_thirteenth_salary_is_noted_and_not_spread() -> None:
    assert parse_pay("15-25K·13薪").months == 13


@pytest.mark.parametrize("text", ["面议", "negotiable", "Competitive", "无", "", "-", None, "DOE"])
def test_words_that_state_no_amount_are_missing(text: str | None) -> None:
    assert parse_pay(text).status == "missing"


@pytest.mark.parametrize(
    "text", ["$0", "Grade 7", "$1,000,000,000 an hour", "5 年", "$1 - $900,000 a year", "abc"]
)
def test_pay_that_is_absurd_or_not_understood_is_unparsed_and_never_zero(text: str) -> None:
    pay = parse_pay(text)
    assert pay.status == "unparsed"
    assert (pay.minimum, pay.maximum, pay.monthly_minimum, pay.monthly_maximum) == (None, None, None, None)


def test_number_columns_win_over_words_and_swapped_bounds_are_put_in_order() -> None:
    pay = pay_of("negotiable", "14000.0", "9000", "cny", "MONTH")
    assert (pay.minimum, pay.maximum, pay.status) == (Decimal(9000), Decimal(14000), "given")
    assert pay_of(None, "0", "0", "CNY", "month").status == "unparsed"
    assert pay_of("negotiable", "0", "0", "CNY", "month").reason == "negotiable"


@pytest.mark.parametrize(
    ("text", "low", "high", "expected"),
    [
        # Hours that a machine turned into years of a part-time post: the text is what people read.
        ("£17.73-£23.39 per hour", "29804", "39318", ("17.73", "23.39", "hour")),
        ("£8.72", "14658", "14658", ("8.72", "8.72", "hour")),
        ("22.50p/h", "37822", "37822", ("22.50", "22.50", "hour")),
        ("£16.65 P/H / £36,461.50 P/A", "27988", "27988", ("16.65", "16.65", "hour")),
        # An open end that number columns cannot hold.
        ("Up to £30,000 per annum (DOE)", "30000", "30000", (None, "30000", "year")),
        ("£25,000 +", "25000", "25000", ("25000", None, "year")),
        # Pence that the columns dropped.
        ("£35,769.37  - £38,992.59 per annum", "35769", "38992", ("35769.37", "38992.59", "year")),
        # The columns say more than the text, or the text says nothing by itself.
        ("From £24,907", "24907", "30615", ("24907", "30615", "year")),
        ("26500 pro rata", "26500", "26500", ("26500", "26500", "year")),
        ("[masked] pa", "31365", "37890", ("31365", "37890", "year")),
        # Columns that are a pay scale's number times the hours of a year.
        ("Band 5/6 depending on Experience", "10086", "10086", (None, None, None)),
        ("Band 5", "24907", "30615", ("24907", "30615", "year")),
    ],
)
def test_a_text_that_says_its_pay_wins_over_columns_made_from_it(
    text: str, low: str, high: str, expected: tuple[str | None, str | None, str | None]
) -> None:
    pay = pay_of(text, low, high, "GBP", "YEAR", country="GB")
    bounds = [None if bound is None else Decimal(bound) for bound in expected[:2]]
    assert [pay.minimum, pay.maximum, pay.period] == [*bounds, expected[2]]
    assert pay.minimum is None or pay.currency == "GBP"


@given(
    PAYISH | ANY,
    st.sampled_from([None, "USD", "CNY"]),
    st.sampled_from([None, "hour", "year"]),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
@example("1" * 200, None, None, False)
def test_no_text_breaks_the_pay_parser_nor_makes_it_negative(
    text: str, currency: str | None, period: str | None, chinese: bool
) -> None:
    pay = parse_pay(text, currency, period, chinese)
    amounts = [pay.minimum, pay.maximum, pay.monthly_minimum, pay.monthly_maximum]
    assert all(amount is None or 0 < amount < 10**12 for amount in amounts)
    if pay.minimum is not None and pay.maximum is not None:
        assert pay.minimum <= pay.maximum
    assert (pay.status == "parsed") == any(amount is not None for amount in amounts)
    if pay.status == "parsed":
        low, high = (str(amount) if amount is not None else None for amount in amounts[:2])
        again = pay_of(None, low, high, pay.currency, pay.period)
        assert (again.minimum, again.maximum, again.monthly_minimum) == (
            pay.minimum,
            pay.maximum,
            pay.monthly_minimum,
        )


@given(
    PAYISH | ANY | st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12).map(str)
)
@settings(deadline=None)
def test_numbers_are_never_negative_and_never_raise(text: str) -> None:
    number = parse_decimal(text)
    assert number is None or number >= 0
    assert number is None or parse_decimal(format(number, "f")[:40]) is not None
    openings = parse_openings(text)
    assert openings is None or 1 <= openings <= 1_000_000
    assert openings is None or parse_openings(str(openings)) == openings


def test_openings_in_words_are_not_a_number() -> None:
    assert [parse_openings(text) for text in ("2", "3.0", "5人", "several", "若干", "0", None)] == [
        2,
        3,
        5,
    ] + [None] * 4


def test_html_becomes_the_text_a_reader_would_see() -> None:
    html = "<p>Hello <b>wor</b>ld &amp;amp; you</p><style>p{}</style><ul><li>one<li>two</ul><!-- no -->"
    assert plain_text(html) == "Hello world & you\none\ntwo"
    assert plain_text("&lt;p&gt;Hi &amp;amp;nbsp;there&lt;/p&gt;") == "Hi there"
    assert plain_text('<a title="x>y">z</a>') == "z"
    assert plain_text("a < b and c > d") == "a < b and c > d"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<scr<b>ipt>alert(1)</scr</b>ipt>",
        "<scr\x00ipt>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
        "<img src=x onerror='alert(1)'>",
        '<svg/onload="alert(1)">alert(1)</svg>',
        "<SCRIPT\n>alert(1)",
        "<style>alert(1)",
    ],
)
def test_nothing_of_a_script_survives_however_it_is_dressed(hostile: str) -> None:
    assert plain_text(f"before {hostile} <p>after") in {"before\nafter", "before", "before after"}


def test_characters_that_make_text_read_otherwise_than_written_are_removed() -> None:
    assert single_line("\u202eSenior\u200b \x07Nurse\ufeff\r\n(m/f)") == "Senior Nurse (m/f)"


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        '<a "',
        "<!--",
        "<script>",
        "&amp;",
        "&lt;",
        "<a '>\"",
        "<![CDATA[",
        "</",
        "<a b=",
        "<p",
        '<a ">',
        " \n",
        "<?",
    ],
)
def test_hostile_html_takes_time_linear_in_its_length(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    started = time.process_time()
    plain_text(text)
    assert time.process_time() - started < 2.0


@given(MARKUP | ANY)
@settings(max_examples=600, deadline=None)
def test_plain_text_of_plain_text_is_itself(text: str) -> None:
    once = plain_text(text)
    assert once is None or (once == once.strip() and "\x00" not in once and "\u202e" not in once)
    assert plain_text(once) == once
    line = single_line(text)
    assert single_line(line) == line
    assert line is None or "\n" not in line


@given(MARKUP, st.integers(1, 60))
@settings(deadline=None)
def test_text_is_bounded_and_a_cut_brings_no_markup_back(text: str, limit: int) -> None:
    once = plain_text(text, limit)
    assert once is None or len(once) <= limit
    assert plain_text(once, limit) == once


def test_only_web_addresses_are_kept_as_addresses() -> None:
    assert web_address(" https://example.org/job?id=1 ") == "https://example.org/job?id=1"
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a b",
        'https://a"onclick=',
        "",
        None,
        "/job/1",
    ):
        assert web_address(bad) is None


def test_spellings_of_one_employer_are_one_name() -> None:
    assert normalised_employer("ACME, Inc.") == normalised_employer("Acme inc") == "acme"
    assert normalised_employer("网思科技股份有限公司") == normalised_employer("网思科技") == "网思科技"
    assert normalised_employer("ＡＣＭＥ Ｌｔｄ") == "acme"
    assert normalised_employer("Company") == "company"
    assert normalised_employer("...") == normalised_employer(None) == ""
    assert normalised_employer("Johnson & Johnson") != normalised_employer("Johnson Controls")


@given(
    ANY
    | st.lists(st.sampled_from(["Inc", "U.S.", "有限公司", "co", " ", "A", "ﬁ", "ß", "İ", "&", "股份"])).map(
        " ".join
    )
)
@settings(deadline=None)
def test_a_normalised_employer_is_its_own_normal_form(name: str) -> None:
    once = normalised_employer(name)
    assert normalised_employer(once) == once


@pytest.mark.parametrize(
    ("title", "description", "language"),
    [
        ("Registered Nurse", None, "en"),
        ("Java开发工程师", "熟悉 Spring Cloud, MySQL, Redis", "zh"),
        ("看護師の仕事です", None, "other"),
        ("Медсестра", None, "other"),
        ("የስራ ማስታወቂያ", None, "other"),
        ("123 / --", None, "und"),
        (None, None, "und"),
        (
            "Koch",
            "Wir suchen einen Koch mit viel Freude an seiner Arbeit und Lust auf ein gutes Team heute",
            "other",
        ),
    ],
)
def test_the_language_is_told_by_script(title: str | None, description: str | None, language: str) -> None:
    assert language_of(title, description) == language


@given(ANY, ANY)
@settings(deadline=None)
def test_language_is_always_one_of_four(title: str, description: str) -> None:
    assert language_of(title, description) in {"en", "zh", "other", "und"}


def test_a_place_says_whether_it_was_given_read_out_of_text_or_not_understood() -> None:
    assert place_of("Berlin, Germany", None, None, None).status == "parsed"
    assert place_of("qwrtz-xyzzy 12", None, None, None).status == "unparsed"
    assert place_of(None, " Berlin ", None, None).status == "given"
    assert place_of(None, " Berlin ", None, None).city == "Berlin"
    assert place_of("  ", None, "", None).status == "missing"
