"""What the ads of a market say: hard enough to read, never twice the same point, misspelt without breaking HTML."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import MarketSpec, generate_market
from market.advertisements import misspell
from market.content import expand, load_content
from market.pay import dialects, write_pay


def _market(home: Path, difficulty: float) -> tuple[list[str], np.ndarray, list[str]]:
    """Texts, titles and families of a market's postings."""
    spec = MarketSpec(postings=5_000, labelled=10, seed=11, difficulty=difficulty)
    generate_market(spec, home / "source", home / "truth")
    texts = pa.concat_tables(pq.read_table(p) for p in sorted((home / "source").glob("postings-*.parquet")))
    truth = pa.concat_tables(pq.read_table(p) for p in sorted((home / "truth").glob("postings-*.parquet")))
    by_id = {row["id"]: f"{row['title'] or ''} {row['description'] or ''}" for row in texts.to_pylist()}
    family = {title.title_id: title.family_id for title in load_content().titles}
    titles = truth.column("title_id").to_pylist()
    return (
        [by_id[posting] for posting in truth.column("id").to_pylist()],
        np.array(titles),
        [family[title] for title in titles],
    )


def _read(texts: list[str], titles: np.ndarray) -> np.ndarray:
    """Titles of every second text, by naive Bayes learned on the others: a quick stand-in for the pipeline."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB

    either = r"[a-zA-Z]{2,}|[一-鿿]"
    words = TfidfVectorizer(min_df=2, sublinear_tf=True, token_pattern=either).fit(texts[::2])
    return (
        ComplementNB(alpha=0.1)
        .fit(words.transform(texts[::2]), titles[::2])
        .predict(words.transform(texts[1::2]))
    )


def test_the_default_market_is_neither_a_toy_nor_hopeless_and_errs_inside_families(tmp_path: Path) -> None:
    texts, titles, families = _market(tmp_path / "default", 0.5)
    predicted, true = _read(texts, titles), titles[1::2]
    accuracy = (predicted == true).mean()
    assert 0.70 < accuracy < 0.93

    family = {title.title_id: title.family_id for title in load_content().titles}
    wrong = [family[p] == f for p, t, f in zip(predicted, true, families[1::2], strict=True) if p != t]
    assert np.mean(wrong) > 0.5

    easy_texts, easy_titles, _ = _market(tmp_path / "easy", 0.1)
    hard_texts, hard_titles, _ = _market(tmp_path / "hard", 0.9)
    assert (_read(easy_texts, easy_titles) == easy_titles[1::2]).mean() > accuracy + 0.03
    assert (_read(hard_texts, hard_titles) == hard_titles[1::2]).mean() < accuracy - 0.08


def test_no_ad_makes_the_same_point_twice(tmp_path: Path) -> None:
    generate_market(MarketSpec(postings=2_000, labelled=10), tmp_path / "source", tmp_path / "truth")
    repeated = read = 0
    for path in sorted((tmp_path / "source").glob("postings-*.parquet")):
        for text in pq.read_table(path, columns=["description"]).column(0).to_pylist():
            points = re.findall(r"<li>(.*?)</li>", text or "")
            read += len(points) > 3
            repeated += len(set(points)) < len(points)
    assert read > 200
    assert repeated < 0.02 * read  # two topics may happen to share a phrase ("team leadership")


def test_every_title_has_several_wordings_in_both_languages_and_every_duty_reads_plainly() -> None:
    content = load_content()
    assert len({title.family_id for title in content.titles}) >= 12
    assert {title.band for title in content.titles} == {
        "individual_contributor",
        "middle_management",
        "senior_leadership",
    }
    for title in content.titles:
        assert len(title.speech["en"].titles) >= 4, title.title_id
        assert len(title.speech["zh"].titles) >= 2, title.title_id
        for language in ("en", "zh"):
            for duty in title.speech[language].duties:
                assert not re.search(r"[|()]", " ".join(expand(duty, 6))), duty


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.broken = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.broken |= not self.open or self.open.pop() != tag


@given(st.integers(0, 10**9), st.integers(0, 12))
def test_misspelling_leaves_html_intact(seed: int, times: int) -> None:
    text = "<p><b>Requirements:</b></p>\n<li>Experience with Python</li><p><strong>任职要求：</strong></p><li>SQL</li>"
    parser = _Balance()
    parser.feed(misspell(text, times, random.Random(seed)))
    assert not parser.broken
    assert not parser.open


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
