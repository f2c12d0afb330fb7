"""Finding a title by any wording: what a person who types one gets."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.titles import TitleSearch, build_cards
from orchestration.taxonomies import jobtide_seeds
from tests.conftest import jobtide


@pytest.fixture(scope="module")
def search() -> TitleSearch:
    return TitleSearch(jobtide_seeds().cards())


def first(search: TitleSearch, wording: str) -> str:
    return search.find(wording)[0].title_id


@pytest.mark.parametrize(
    ("wording", "title"),
    [
        ("sr. ml eng", "machine-learning-engineer"),
        ("Jr SWE", "software-engineer"),
        ("acct mgr", "account-manager"),
        ("VP Eng", "vice-president-of-engineering"),
        ("Sr. VP of Sales", "vice-president-of-sales"),
        ("RN", "registered-nurse"),
        ("R.N.", "registered-nurse"),
        ("CNA", "certified-nursing-assistant"),
        ("hr mgr", "human-resources-manager"),
        ("exec. asst.", "executive-assistant"),
        ("CFO", "chief-financial-officer"),
    ],
)
def test_abbreviations_are_understood(search: TitleSearch, wording: str, title: str) -> None:
    assert first(search, wording) == title


@pytest.mark.parametrize(
    ("wording", "title"),
    [
        ("mashine lerning enginer", "machine-learning-engineer"),
        ("Data Scientsit", "data-scientist"),
        ("regsitered nurse", "registered-nurse"),
        ("acountant", "accountant"),
        ("fullstack enginear", "full-stack-engineer"),
        ("electritian", "electrician"),
    ],
)
def test_typos_are_forgiven(search: TitleSearch, wording: str, title: str) -> None:
    assert first(search, wording) == title


@pytest.mark.parametrize(
    ("wording", "title"),
    [
        ("director of data engineering", "director-of-data-engineering"),
        ("Data Engineering Director", "director-of-data-engineering"),
        ("Director, Data Engineering", "director-of-data-engineering"),
        ("senior data engineer", "data-engineer"),
        ("Data Engineer III", "data-engineer"),
        ("staff software engineer", "software-engineer"),
        ("Sales Manager", "sales-manager"),
        ("Sales Director", "sales-director"),
        ("数据工程总监", "director-of-data-engineering"),
        ("高级数据工程师", "data-engineer"),
        ("财务经理", "finance-manager"),
        ("Data Science Supervisor", "analytics-manager"),
    ],
)
def test_a_rank_makes_a_title_and_a_degree_of_experience_does_not(
    search: TitleSearch, wording: str, title: str
) -> None:
    assert first(search, wording) == title


@pytest.mark.parametrize(
    "wording",
    [
        "Engineer, Machine Learning",
        "MACHINE-LEARNING ENGINEER!!",
        "Ｍａｃｈｉｎｅ　Ｌｅａｒｎｉｎｇ　Ｅｎｇｉｎｅｅｒ",
        "machine-learning-engineer",
        "Machine Learning Engineer (Remote) - Full Time, $120k",
        "11039 - Machine Learning Engineer II - Louisville, KY",
        "机器学习工程师",
        "高级机器学习工程师（双休，五险一金）",
        "【急聘】机器学习 工程师",
    ],
)
def test_order_punctuation_width_and_the_terms_of_the_job_do_not_matter(
    search: TitleSearch, wording: str
) -> None:
    assert first(search, wording) == "machine-learning-engineer"


@pytest.mark.parametrize(
    ("wording", "title"),
    [
        ("资深Java开发工程师", "java-developer"),
        ("诚聘护士", "registered-nurse"),
        ("注册护士", "registered-nurse"),
        ("仓库叉车司机", "forklift-operator"),
        ("人力资源总监", "director-of-human-resources"),
    ],
)
def test_chinese_is_found_without_spaces(search: TitleSearch, wording: str, title: str) -> None:
    assert first(search, wording) == title


def test_every_name_alias_and_id_finds_its_own_title_with_full_score(search: TitleSearch) -> None:
    cards = jobtide_seeds().cards()
    wrong = []
    for title_id, card in list(cards.items())[::13]:
        for wording in (title_id, *card.wordings):
            hit = search.find(wording, 1)[0]
            if (hit.title_id, hit.score) != (title_id, 1.0):
                wrong.append((wording, title_id, hit))
    assert wrong == []


def test_hits_are_ranked_distinct_titles_with_the_wording_that_fitted(search: TitleSearch) -> None:
    hits = search.find("data analyst", 5)
    assert len({hit.title_id for hit in hits}) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    cards = jobtide_seeds().cards()
    assert all(hit.wording in cards[hit.title_id].wordings for hit in hits)
    assert search.find("data analyst", 2) == hits[:2]


@pytest.mark.parametrize("nothing", ["", "   ", "!!!", "（）", "qqqq zzzz", "😀", "12345"])
def test_a_text_that_names_no_job_finds_nothing(search: TitleSearch, nothing: str) -> None:
    assert search.find(nothing) == []


def test_the_same_question_has_the_same_answer_from_a_fresh_index(search: TitleSearch) -> None:
    fresh = TitleSearch(jobtide_seeds().cards())
    for wording in ("nurse", "sr eng", "经理", "warehouse lead night shift"):
        assert fresh.find(wording) == search.find(wording)


def test_a_list_of_no_titles_finds_nothing() -> None:
    assert TitleSearch(build_cards([], [], [], [])).find("data engineer") == []


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=400), st.text(alphabet="()[]（）-/,|+#.&' \t\n1ac工程师高级双休", max_size=60))
)
def test_no_text_makes_the_search_fail(search: TitleSearch, text: str) -> None:
    for hit in search.find(text):
        assert 0 < hit.score <= 1


def test_an_answer_takes_less_than_a_tenth_of_a_second(search: TitleSearch) -> None:
    questions = [
        "Senior Business Development Manager, Community Solar (Boston, MA)",
        "x" * 100_000,
        "机器学习" * 5_000,
        " ".join(f"wrod{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)),
    ]
    taken = []
    for question in questions:
        start = time.process_time()
        search.find(question)
        taken.append(time.process_time() - start)
    assert max(taken) < 0.1


def test_the_command_prints_the_hits_and_the_card_of_the_first(tmp_path: Path) -> None:
    done = jobtide(tmp_path, "titles", "sr. ml eng")
    assert done.returncode == 0, done.stderr
    for said in (
        "machine-learning-engineer",
        "机器学习工程师",
        "15-2051.00",
        "AI Engineer",
        "Data Scientist",
    ):
        assert said in done.stdout


def test_the_command_says_so_where_nothing_fits_and_takes_no_markup_from_a_wording(tmp_path: Path) -> None:
    done = jobtide(tmp_path, "titles", "[/bold] qqqq zzzz")
    assert done.returncode == 1
    assert "no title fits '[/bold] qqqq zzzz'" in done.stderr
