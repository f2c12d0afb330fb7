"""What the ads of a market say: hard enough to read, in their employer's manner, with HTML that still closes."""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import MarketSpec, generate_market
from market.advertisements import Clarity, misspell
from market.content import BANDS, DATA, LANGUAGES, expand, load_content
from market.pay import dialects, write_pay
from tests.markets import read_shards

FAMILY = {title.title_id: title.family_id for title in load_content().titles}


def originals(home: Path, spec: MarketSpec) -> list[dict]:
    """What is true of each readable posting that repeats no other, with its texts."""
    generate_market(spec, home / "source", home / "truth")
    given_texts = read_shards(home / "source", ["id", "title", "description"]).to_pylist()
    texts = {row["id"]: row for row in given_texts}
    rows = read_shards(home / "truth").to_pylist()
    return [
        {**row, **texts[row["id"]]} for row in rows if row["copy_of"] is None and row["broken"] != "no_text"
    ]


@pytest.fixture(scope="module")
def ads(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """Ads of few employers, so that each has many."""
    spec = MarketSpec(postings=12_000, labelled=10, seed=11, employers=300)
    return originals(tmp_path_factory.mktemp("ads"), spec)


# -- how hard they are to read --------------------------------------------------------------------------------------


def read_titles(rows: list[dict]) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]]:
    """Titles of every second ad, read by naive Bayes (a quick stand-in for the pipeline); and the true ones."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB

    texts = [f"{row['title']} {row['description']}" for row in rows]
    titles = np.array([row["title_id"] for row in rows])
    either = r"[a-zA-Z]{2,}|[一-鿿]"
    words = TfidfVectorizer(min_df=2, sublinear_tf=True, token_pattern=either).fit(texts[::2])
    model = ComplementNB(alpha=0.1).fit(words.transform(texts[::2]), titles[::2])
    return model.predict(words.transform(texts[1::2])), titles[1::2]


@pytest.fixture(scope="module")
def accuracy(tmp_path_factory: pytest.TempPathFactory) -> dict[float, tuple[float, float]]:
    """By difficulty, the share of ads read right, and the share of errors that stay in the family."""
    found = {}
    for difficulty in (0.1, 0.5, 0.9):
        spec = MarketSpec(postings=14_000, labelled=10, seed=11, difficulty=difficulty)
        said, true = read_titles(originals(tmp_path_factory.mktemp("text"), spec))
        wrong = said != true
        family = [FAMILY[a] == FAMILY[b] for a, b in zip(said[wrong], true[wrong], strict=True)]
        found[difficulty] = (1 - float(wrong.mean()), float(np.mean(family)))
    return found


def test_the_default_market_is_neither_a_toy_nor_hopeless_and_errs_inside_families(
    accuracy: dict[float, tuple[float, float]],
) -> None:
    right, in_family = accuracy[0.5]
    assert 0.58 < right < 0.80
    assert in_family > 0.45  # a guess among 44 families would be in the right one once in 40 times


def test_difficulty_makes_ads_harder_to_read(accuracy: dict[float, tuple[float, float]]) -> None:
    assert accuracy[0.1][0] > accuracy[0.5][0] + 0.06
    assert accuracy[0.9][0] < accuracy[0.5][0] - 0.08


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def own_words(row: dict) -> str:
    """The wording of its own title that an ad's title holds, or nothing."""
    title = next(t for t in load_content().titles if t.title_id == row["title_id"])
    said = plain(row["title"])
    return max(
        (w for w in map(plain, title.speech[row["language"]].titles) if w in said), key=len, default=""
    )


def test_a_share_of_ads_is_titled_vaguely_or_like_a_neighbour_and_the_truth_says_which(
    ads: list[dict],
) -> None:
    clarity = Clarity.at(0.5)
    hidden = [row for row in ads if row["obscured"]]
    assert len(hidden) / len(ads) == pytest.approx(clarity.vague + clarity.near, abs=0.015)
    some = [row for row in ads if not row["obscured"]][:1_500]
    assert np.mean([own_words(row) != "" for row in some]) > 0.95
    assert np.mean([own_words(row) != "" for row in hidden]) < 0.05

    vague = {family.family_id: family.speech for family in load_content().families}
    named = [
        any(plain(w) in plain(row["title"]) for w in vague[FAMILY[row["title_id"]]][row["language"]].titles)
        for row in hidden
    ]
    assert np.mean(named) == pytest.approx(clarity.vague / (clarity.vague + clarity.near), abs=0.08)


# -- an employer's manner -------------------------------------------------------------------------------------------


def test_employers_lay_out_their_ads_alike(ads: list[dict]) -> None:
    markup = defaultdict(list)
    for row in ads:
        markup[row["employer"]].append("<" in row["description"])
    shares = np.array([np.mean(found) for found in markup.values() if len(found) >= 20])
    assert len(shares) > 60
    assert np.mean((shares < 0.2) | (shares > 0.7)) > 0.97
    assert 0.15 < np.mean(shares > 0.7) < 0.4


def test_employers_usually_title_a_job_in_their_own_way(ads: list[dict]) -> None:
    by_title = defaultdict(list)
    for row in ads:
        if not row["obscured"] and row["language"] == "en":
            by_title[row["title_id"]].append((row["employer"], own_words(row)))
    same, other = [], []
    for found in by_title.values():
        for (one, said), (two, also) in itertools.combinations(found[:40], 2):
            (same if one == two else other).append(said == also)
    assert len(same) > 1_000
    assert np.mean(same) > 0.3
    assert np.mean(same) > 2 * np.mean(other)


def test_no_ad_makes_the_same_point_twice(ads: list[dict]) -> None:
    lists = [re.findall(r"<li>(.*?)</li>", row["description"]) for row in ads]
    long = [points for points in lists if len(points) > 3]
    assert len(long) > 500
    # Two topics may happen to share a phrase ("team leadership").
    assert np.mean([len(set(points)) < len(points) for points in long]) < 0.02


# -- the authored words ---------------------------------------------------------------------------------------------


def test_every_standard_title_has_words_of_its_own_in_both_languages() -> None:
    content = load_content()
    standard = [title for title in content.titles if title.in_taxonomy]
    assert len(standard) == 650
    for title in content.titles:
        least = {"en": 6, "zh": 4 if title.in_taxonomy else 3}
        for language in LANGUAGES:
            speech = title.speech[language]
            for words in (speech.titles, speech.duties, speech.skills):
                assert len(set(words)) == len(words), (title.title_id, words)
            assert len(speech.titles) >= least[language], title.title_id
            assert len(speech.duties) >= least[language], title.title_id
            assert len(speech.skills) >= 3, title.title_id
    assert {title.band for title in content.titles} == set(BANDS)
    assert {title.family_id for title in content.titles} == {family.family_id for family in content.families}


def test_every_duty_reads_plainly() -> None:
    content = load_content()
    for speech in itertools.chain.from_iterable(
        entry.speech.values() for entry in (*content.titles, *content.families)
    ):
        for duty in speech.duties:
            for reading in expand(duty, 6):
                assert "|" not in reading, duty
                assert reading.count("(") == reading.count(")"), duty
                assert not re.search(r"\([^()]*(\(|$)", reading), duty


def test_emerging_titles_are_no_standard_titles_though_they_resemble_some() -> None:
    content = load_content()
    emerging = [title for title in content.titles if not title.in_taxonomy]
    standard = {title.title_id for title in content.titles if title.in_taxonomy}
    assert len(emerging) == 5
    assert not {title.title_id for title in emerging} & standard
    said = {plain(t.en) for t in content.titles if t.in_taxonomy} | {
        t.zh for t in content.titles if t.in_taxonomy
    }
    for title in emerging:
        assert plain(title.en) not in said
        assert title.zh not in said
        assert len(title.near) >= 2
        assert set(title.near) <= standard


def test_every_title_has_neighbours_that_it_may_be_taken_for() -> None:
    for title in load_content().titles:
        assert title.title_id not in title.near
        assert len(set(title.near)) == len(title.near) >= 2


def test_the_authored_files_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 2_000_000


# -- markup and pay -------------------------------------------------------------------------------------------------


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.broken = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.broken |= not self.open or self.open.pop() != tag


def balanced(text: str) -> bool:
    parser = _Balance()
    parser.feed(text)
    parser.close()
    return not parser.broken and not parser.open


def test_html_closes_in_every_ad_and_in_every_reworded_copy(tmp_path: Path) -> None:
    spec = MarketSpec(postings=6_000, labelled=10, seed=3, near_copies=0.2, agency_copies=0.1)
    generate_market(spec, tmp_path / "source", tmp_path / "truth")
    texts = read_shards(tmp_path / "source", ["description"]).column(0).unique().to_pylist()
    markup = [text for text in texts if text and "<" in text]
    assert len(markup) > 800
    assert [text for text in markup if not balanced(text)] == []


@given(st.integers(0, 10**9), st.integers(0, 12))
def test_misspelling_leaves_html_intact(seed: int, times: int) -> None:
    text = "<p><b>Requirements:</b></p>\n<li>Experience with Python</li><p><strong>任职要求：</strong></p><li>SQL</li>"
    assert balanced(misspell(text, times, random.Random(seed)))


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4), max_size=4), st.integers(1, 8))
def test_expanding_gives_only_readings_of_the_pattern(choices: list[list[str]], limit: int) -> None:
    pattern = " and ".join(f"({'|'.join(choice)})" if len(choice) > 1 else choice[0] for choice in choices)
    readings = expand(pattern, limit)
    assert 1 <= len(readings) <= limit
    for reading in readings:
        words = reading.split(" and ") if reading else []
        assert all(word in choice for word, choice in zip(words, choices, strict=True))


def test_pay_is_written_in_dozens_of_ways() -> None:
    assert dialects() >= 50
    dice = random.Random(0)
    shapes = {
        re.sub(r"[\d.,]+", "0", write_pay(code, low, low * 1.2, dollars, dice))
        for code, low in (
            ("USD", 60_000.0),
            ("CNY", 130_000.0),
            ("EUR", 40_000.0),
            ("INR", 900_000.0),
            ("GBP", 30_000.0),
        )
        for dollars in (40_000, 120_000)
        for _ in range(200)
    }
    assert len(shapes) >= 40


@pytest.mark.parametrize("code", ["USD", "CNY", "EUR", "INR", "GBP", "CAD", "AUD", "SGD", "ETB", "BRL"])
def test_pay_ranges_never_stand_upside_down(code: str) -> None:
    dice = random.Random(1)
    ranges = 0
    for _ in range(300):
        text = write_pay(code, 250_000.0, 310_000.0, 90_000.0, dice).replace(",", "")
        if found := re.search(r"([\d.]*\d)\D{0,12}?[-–]\D{0,4}?(\d[\d.]*)", text):
            ranges += 1
            assert float(found[1].replace(".", "")) <= float(found[2].replace(".", "")), text
    assert ranges > 30
