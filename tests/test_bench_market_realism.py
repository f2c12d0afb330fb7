"""The measures that hold a synthetic market against real files, on inputs small enough to count by hand."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bench.market_difficulty import Exam, Judged, tally
from bench.market_measures import (
    near_duplicates,
    pay_pattern,
    quantiles,
    rank_size_slope,
    rarefied,
    relative,
    repeats,
    script,
    shingles,
    shown_pattern,
    similarity,
    text_key,
    top_share,
    wordings_per_occupation,
)
from bench.market_realism import ABSENT, difficulty_page, real_data, requirement, wrapped
from bench.market_samples import make_sample
from bench.market_tables import between, percent, table

AD = "We look for a person who keeps the books of a small firm, answers letters and likes order. " * 3


def judged(accuracy: float, inside: float = 0.8) -> Judged:
    return Judged(
        100,
        accuracy,
        0.04,
        0.95,
        inside,
        accuracy,
        None,
        accuracy,
        0.4,
        Counter({("a", "b"): 3, ("b", "a"): 5}),
    )


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("£24,907 - £30,615 per annum", "£0 - £0 per annum"),
        ("$45k–$60k", "$0k–$0k"),
        ("1.5-2.5万·15薪", "0-0万·0薪"),
        ("9千-1.3万", "0千-0万"),
        ("32 000 €  par an", "0 € par an"),
        ("R$ 4.500,00 por mês", "R$ 0 por mês"),
        ("面议", "面议"),
    ],
)
def test_two_pay_strings_of_one_form_have_one_pattern(text: str, pattern: str) -> None:
    assert pay_pattern(text) == pattern


def test_a_pattern_that_is_a_sentence_is_not_shown() -> None:
    assert shown_pattern("£0 - £0 per annum pro rata") == "£0 - £0 per annum pro rata"
    assert shown_pattern("£0 for those who have worked here before") == "(a sentence)"


def test_a_sample_as_large_as_the_whole_is_the_whole() -> None:
    assert rarefied([3, 1, 1], 5) == (3.0, 2.0)
    assert rarefied([3, 1, 1], 50) == (3.0, 2.0)


def test_rarefying_gives_the_mean_over_all_samples() -> None:
    # Of the 6 pairs of {a, a, b, c} one is (a, a), with one value and none that is single; the others have two.
    distinct, once = rarefied([2, 1, 1], 2)
    assert distinct == pytest.approx((1 + 5 * 2) / 6)
    assert once == pytest.approx(5 * 2 / 6)


def test_rarefying_a_large_file_agrees_with_drawing_from_it() -> None:
    counts = [1 + 2_000 // rank for rank in range(1, 2_001)]
    whole = np.repeat(np.arange(len(counts)), counts)
    random = np.random.default_rng(0)
    draws = [np.bincount(random.choice(whole, 500, replace=False)) for _ in range(200)]
    distinct, once = rarefied(counts, 500)
    assert distinct == pytest.approx(np.mean([(drawn > 0).sum() for drawn in draws]), rel=0.01)
    assert once == pytest.approx(np.mean([(drawn == 1).sum() for drawn in draws]), rel=0.01)


def test_the_top_share_counts_at_least_one_employer() -> None:
    assert top_share([6, 3, 1], 0.01) == 0.6
    assert top_share([5, 3, 1, 1], 0.5) == 0.8


def test_sizes_by_zipfs_law_have_the_slope_minus_one() -> None:
    assert rank_size_slope([12_000 // rank for rank in range(1, 101)]) == pytest.approx(-1.0, abs=0.02)


def test_a_file_with_few_large_employers_has_no_slope() -> None:
    assert rank_size_slope([9] * 9 + [4] * 100) is None


def test_wordings_are_counted_inside_of_large_occupations() -> None:
    pairs = [("nurse", f"nurse {number % 4}") for number in range(100)] + [("cook", "cook")] * 99
    assert wordings_per_occupation(pairs) == (pytest.approx(4.0), 1)
    assert wordings_per_occupation(pairs[100:]) is None


def test_repeats_are_those_after_the_first() -> None:
    assert repeats(["a", "b", "a", "a"]) == 0.5
    assert repeats([]) == 0.0


def test_case_and_white_space_make_no_other_text() -> None:
    assert text_key("  The\nAd ") == text_key("the ad")


def test_an_ad_in_slightly_other_words_is_a_near_duplicate() -> None:
    others = [f"Quite another text, number {number}: {chr(97 + number) * 40}" for number in range(10)]
    assert near_duplicates([AD, *others]) == 0.0
    assert near_duplicates([AD, *others, AD + " Apply now."]) == pytest.approx(1 / 12)
    assert near_duplicates([AD, *others, AD.upper()]) == pytest.approx(1 / 12)


def test_similarity_is_the_share_of_common_runs() -> None:
    assert similarity(shingles("abcdef"), shingles("abcdef")) == 1.0
    assert similarity(shingles("abcdef"), shingles("bcdefg")) == pytest.approx(1 / 3)
    assert similarity(shingles("abc"), shingles("xyz")) == 0.0


def test_the_script_is_that_of_most_letters() -> None:
    assert script("Python开发工程师") == "Chinese"
    assert script("Nurse (m/w/d)") == "Latin"
    assert script("የሥራ መግለጫ PLC") == "other"


def test_monthly_rates_are_held_against_their_mean() -> None:
    assert relative({"2024-02": 1.0, "2024-03": 3.0}) == {"2024-02": 0.5, "2024-03": 1.5}


def test_quantiles_are_of_the_lengths() -> None:
    assert quantiles(range(101)) == (10, 50, 90)


def test_a_sample_counts_what_is_missing_and_leaves_out_names_of_nobody() -> None:
    sample = make_sample(
        "test",
        {
            "title": ["Cook", " Cook ", None],
            "employer": ["ACME, Inc.", "Acme Inc", "Private Client"],
            "industry": ["无", "", "Food"],
            "pay": ["5 a day", None, "6 a day"],
        },
        ["<p>We cook</p>", "We cook", None],
        ["cook", None, "cook"],
    )
    assert sample.rows == 3
    assert sample.titles == Counter({"Cook": 2})
    assert list(sample.employers.values()) == [2]
    assert sample.missing["industry"] == pytest.approx(2 / 3)
    assert sample.texts == ["We cook", "We cook"]
    assert sample.markup == 0.5
    assert sample.keys == [("Cook", "We cook"), ("Cook", "We cook")]
    assert sample.wordings == [("cook", "Cook")]
    assert sample.pay == ["5 a day", None, "6 a day"]


def test_errors_are_counted_by_group_family_and_pair() -> None:
    families = {"a": "one", "b": "one", "c": "two"}
    found = tally(
        ["a", "a", "b", "c"],
        ["a", "b", "c", "c"],
        1.0,
        families,
        ["x", "x", "y", "z"],
        np.array([False, False, True, True]),
        np.array([False, True, False, False]),
    )
    assert (found.rows, found.accuracy, found.inside) == (4, 0.5, 0.5)
    assert (found.english, found.chinese) == (0.5, 0.5)
    assert (found.plain, found.obscured) == (pytest.approx(2 / 3), 0.0)
    # The ads of x stray by +0.5 and -0.5, that of y by -0.5, that of z by +0.5.
    assert found.error == pytest.approx(0.5**0.5 / 4)
    assert found.confused == Counter({("a", "b"): 1, ("b", "c"): 1})


def test_a_group_without_ads_has_no_accuracy() -> None:
    found = tally(["a"], ["a"], 1.0, {"a": "one"}, ["x"], np.array([False]), np.array([False]))
    assert found.chinese is None
    assert found.obscured is None
    assert found.inside == 1.0


@pytest.mark.parametrize(
    ("accuracy", "inside", "holds"),
    [
        (0.80, 0.8, [True, True]),
        (0.91, 0.8, [False, True]),
        (0.74, 0.5, [False, False]),
    ],
)
def test_the_page_says_whether_the_requirement_holds(
    accuracy: float, inside: float, holds: list[bool]
) -> None:
    lines = requirement(judged(accuracy, inside))
    assert ["**Holds**" in line for line in lines] == holds
    assert ["**Does not hold**" in line for line in lines] == [not held for held in holds]


def test_the_page_of_difficulty_has_a_row_for_each_exam_and_the_confused_pairs_in_order() -> None:
    exams = [
        Exam("worldwide", 0.5, 9_000, 0.9, 0.0, judged(0.8), judged(0.85), 1.0),
        Exam("china_ai", 0.6, 6_000, 0.9, 0.02, judged(0.7), judged(0.75), 1.0),
    ]
    page = "\n".join(difficulty_page(exams, {"a": "Baker", "b": "Cook"}))
    assert "| `worldwide` | 0.5 | 90.0 % | 80.0 % ± 4.0 | 85.0 % |" in page
    assert "| `china_ai` | 0.6 |" in page
    assert page.index("| Cook | Baker | 5 | 62.5 % |") < page.index("| Baker | Cook | 3 | 37.5 % |")


def test_figures_that_print_alike_are_no_range() -> None:
    assert between([1.0, 1.04], 1) == "1.0"
    assert between([1, 2_000]) == "1 to 2,000"
    assert percent(None) == "-"


def test_a_table_has_as_many_columns_in_each_line() -> None:
    assert {line.count("|") for line in table(["a", "b"], [[1, 2]]) if line} == {3}


def test_paragraphs_are_wrapped_and_tables_are_not() -> None:
    page = wrapped(["word " * 60, "", "| " + "cell " * 60 + "|"])
    lines = page.rstrip().split("\n")
    assert max(len(line) for line in lines if not line.startswith("|")) <= 120
    assert sum(line.startswith("|") for line in lines) == 1


def test_without_the_real_files_the_command_says_what_to_set_and_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOBTIDE_REAL_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit) as exit_:
        real_data()
    assert exit_.value.code == ABSENT == 2
    assert "JOBTIDE_REAL_DATA" in capsys.readouterr().err
