"""Duplicates: what counts as the same job, what class each ad gets, and that nothing is lost on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postings.duplicates import CLASSES, DUPLICATES, find_duplicates
from postings.duplicates.candidates import similarities
from postings.duplicates.clusters import clusters
from postings.duplicates.signatures import sign
from postings.schema import POSTINGS, employer_id
from storage import Dataset

TEXT = (
    "Goldenrun Works makes pumps for ships and harbours. You will read drawings and weld frames in steel. You will"
    " check seams, keep records and train two apprentices. We ask for three years of experience and a licence."
    " We offer paid holidays, a pension plan, free parking and a canteen. Shifts begin at six in the morning."
)
OTHER = (
    "The harbour clinic looks after sailors of every nation. You will receive patients, take blood and prepare rooms."
    " You speak two languages, write clearly and stay calm in a crowd. A diploma in nursing is required."
    " There is a crèche, a bus from the station and a gym. Nights are shared fairly among all colleagues."
)


def ad(posting_id: str, **given: object) -> dict[str, object]:
    day = given.pop("day", dt.date(2024, 3, 1))
    defaults: dict[str, object] = {
        "posting_id": posting_id,
        "source": "test",
        "posting_month": day.strftime("%Y-%m") if isinstance(day, dt.date) else "unknown",
        "posted_date": day,
        "posted_date_status": "given",
        "employer_id": employer_id("goldenrun works"),
        "title": "Welder",
        "description": TEXT,
        "language": "en",
        "city": "Bergen",
        "employer_size_status": "missing",
        "industry_status": "missing",
        "workplace": "unknown",
        "employment_type_status": "missing",
        "place_status": "given",
        "pay_status": "missing",
        "education_status": "missing",
        "experience_status": "missing",
        "file": "f",
        "row": 1,
        "batch": "b",
    }
    return defaults | given


def found(tmp_path: Path, *ads: dict[str, object], name: str = "ads") -> dict[str, dict[str, object]]:
    file = tmp_path / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(list(ads), schema=POSTINGS), file)
    out = Dataset(tmp_path / f"{name}-duplicates", DUPLICATES, partitioned=False)
    find_duplicates([str(file)], out, tmp_path / "scratch")
    return {str(row["posting_id"]): row for row in out.table().to_pylist()}


def classes(rows: dict[str, dict[str, object]]) -> dict[str, object]:
    return {name: row["class"] for name, row in rows.items()}


def test_every_posting_gets_one_row_and_alone_it_is_unique_and_its_own_canonical(tmp_path: Path) -> None:
    rows = found(
        tmp_path, ad("a"), ad("b", title="Nurse", description=OTHER), ad("c", title="Cook", description=None)
    )
    assert classes(rows) == {"a": "unique", "b": "unique", "c": "unique"}
    for name, row in rows.items():
        assert (row["canonical_id"], row["cluster_id"], row["similarity"]) == (name, name, None)


def test_the_same_words_in_another_case_width_and_punctuation_are_an_exact_copy(tmp_path: Path) -> None:
    shouted = "ＷＥＬＤＥＲ!", TEXT.upper().replace(". ", " -\n")
    rows = found(
        tmp_path, ad("a"), ad("b", title=shouted[0], description=shouted[1], day=dt.date(2024, 3, 3))
    )
    assert classes(rows) == {"a": "unique", "b": "exact"}
    assert (rows["b"]["canonical_id"], rows["b"]["similarity"]) == ("a", 1.0)


def test_a_digit_that_differs_is_not_the_same_words(tmp_path: Path) -> None:
    rows = found(tmp_path, ad("a", description=TEXT + " Ref 1."), ad("b", description=TEXT + " Ref 2."))
    assert classes(rows) == {"a": "unique", "b": "near"}


def test_an_ad_with_a_sentence_less_and_another_more_is_near(tmp_path: Path) -> None:
    reworded = TEXT.replace(" Shifts begin at six in the morning.", " Several openings are available.")
    rows = found(
        tmp_path, ad("a"), ad("b", title="Welder - Urgent", description=reworded, day=dt.date(2024, 3, 2))
    )
    assert classes(rows) == {"a": "unique", "b": "near"}
    assert 0.6 <= float(str(rows["b"]["similarity"])) < 1


def test_chinese_ads_are_compared_character_by_character(tmp_path: Path) -> None:
    text = "负责大模型的指令微调；设计并优化提示词与工作流；搭建检索增强与智能体应用；硕士及以上学历；五险一金，双休。"
    rows = found(
        tmp_path,
        ad("a", title="大语言模型工程师", description=text),
        ad("b", title="大语言模型工程师（急聘）", description=text.replace("五险一金，", "") + "长期有效。"),
        ad("c", title="高级大语言模型工程师", description=text),
    )
    assert classes(rows) == {"a": "unique", "b": "near", "c": "unique"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Welder", "Nurse"),
        ("Engineer II", "Engineer III"),
        ("Welder", "Senior Welder"),
        ("C Developer", "C++ Developer"),
    ],
)
def test_titles_that_name_other_jobs_keep_equal_texts_apart(tmp_path: Path, one: str, other: str) -> None:
    rows = found(tmp_path, ad("a", title=one), ad("b", title=other))
    assert classes(rows) == {"a": "unique", "b": "unique"}


def test_the_same_job_a_week_later_is_a_repost_and_six_days_later_a_copy(tmp_path: Path) -> None:
    rows = found(
        tmp_path,
        ad("a"),
        ad("six", day=dt.date(2024, 3, 7)),
        ad("seven", day=dt.date(2024, 3, 8)),
        ad("year", day=dt.date(2025, 3, 1)),
    )
    assert classes(rows) == {"a": "unique", "six": "exact", "seven": "repost", "year": "repost"}


def test_the_same_job_in_another_city_is_multi_location_and_again_there_later_a_repost(
    tmp_path: Path,
) -> None:
    rows = found(
        tmp_path,
        ad("a"),
        ad("b", city="Oslo", day=dt.date(2024, 3, 20)),
        ad("c", city="Oslo", day=dt.date(2024, 4, 20)),
        ad("d", city=None),
        ad("e", city="Remote"),
        ad("f", city="BERGEN"),
    )
    assert classes(rows) == {
        "a": "unique",
        "b": "multi_location",
        "c": "repost",
        "d": "exact",
        "e": "exact",
        "f": "exact",
    }


def test_the_canonical_ad_is_the_earliest_then_the_one_of_the_smaller_id_and_undated_ones_come_last(
    tmp_path: Path,
) -> None:
    rows = found(
        tmp_path,
        ad("z", day=dt.date(2024, 2, 1)),
        ad("y", day=dt.date(2024, 2, 1)),
        ad("b"),
        ad("a", day=None),
    )
    assert {row["canonical_id"] for row in rows.values()} == {"y"}
    assert {row["cluster_id"] for row in rows.values()} == {"a"}
    assert classes(rows) == {"y": "unique", "z": "exact", "b": "repost", "a": "exact"}


def test_an_agency_s_copy_is_found_and_one_with_other_pay_city_or_month_is_another_job(
    tmp_path: Path,
) -> None:
    agency = {
        "employer_id": employer_id("zenithport recruitment"),
        "description": TEXT + " Start date to be agreed.",
    }
    near = dt.date(2024, 3, 4)
    paid = {"pay_monthly_min": 100, "pay_monthly_max": 200, "pay_currency": "NOK"}
    other = paid | {"pay_monthly_max": 300}
    rows = found(tmp_path, ad("a"), ad("b", **agency, day=near))
    assert classes(rows) == {"a": "unique", "b": "near"}
    for number, changes in enumerate(({"city": "Oslo"}, {"day": dt.date(2024, 6, 4)}, other)):
        rows = found(
            tmp_path, ad("a", **paid), ad("b", **agency | {"day": near} | changes), name=f"other{number}"
        )
        assert classes(rows) == {"a": "unique", "b": "unique"}


def test_short_ads_of_two_employers_that_happen_to_agree_are_two_jobs(tmp_path: Path) -> None:
    short = {"title": "算法岗", "description": "急招算法岗，工作地点就近安排。"}
    other = {"employer_id": employer_id("zenithport")}
    unknown = {"employer_id": "unknown"}
    rows = found(
        tmp_path,
        ad("a", **short),
        ad("b", **short, **other),
        ad("c", **short, **unknown),
        ad("d", **short, **unknown),
    )
    assert set(classes(rows).values()) == {"unique"}


def test_long_ads_without_an_employer_are_recognised_by_their_words(tmp_path: Path) -> None:
    rows = found(
        tmp_path, ad("a", employer_id="unknown"), ad("b", employer_id="unknown", day=dt.date(2024, 9, 1))
    )
    assert classes(rows) == {"a": "unique", "b": "repost"}


def test_a_title_without_text_is_a_kind_of_job_unless_place_pay_and_day_agree_too(tmp_path: Path) -> None:
    rows = found(
        tmp_path,
        ad("a", description=None),
        ad("b", description=None, day=dt.date(2024, 3, 2)),
        ad("c", description=None, city="Oslo"),
        ad("d", description=None),
        ad("e", description="", pay_monthly_min=100),
    )
    assert classes(rows) == {"a": "unique", "b": "unique", "c": "unique", "d": "exact", "e": "unique"}


def test_openings_of_one_employer_that_share_its_story_are_not_duplicates(tmp_path: Path) -> None:
    story = (
        TEXT
        + " Our values are courage, teamwork and respect, and we have been growing every year since we began."
    )
    duties = [
        "You steer the crane and load containers by the plan of the harbour master, day and night.",
        "You answer customers by phone, write offers and follow them up until they are signed.",
    ]
    rows = found(
        tmp_path,
        ad("a", title="Crane Operator", description=duties[0] + story),
        ad("b", title="Sales Assistant", description=duties[1] + story),
    )
    assert set(classes(rows).values()) == {"unique"}


def test_ads_linked_through_a_third_are_one_job(tmp_path: Path) -> None:
    sentences = TEXT.split(". ")
    drift = [". ".join(sentences[n:] + OTHER.split(". ")[:n]) for n in range(3)]
    rows = found(tmp_path, *(ad(f"p{n}", description=text) for n, text in enumerate(drift)))
    assert {row["canonical_id"] for row in rows.values()} == {"p0"}


def test_five_hundred_copies_of_one_ad_are_one_job(tmp_path: Path) -> None:
    many = [
        ad(f"p{n:03d}", description=f"{TEXT} {n}", day=dt.date(2024, 1, 1) + dt.timedelta(n // 4))
        for n in range(500)
    ]
    rows = found(tmp_path, *many)
    assert {row["canonical_id"] for row in rows.values()} == {"p000"}


def test_nothing_is_done_again_until_a_file_or_the_seed_changes(tmp_path: Path) -> None:
    file = tmp_path / "ads.parquet"
    pq.write_table(pa.Table.from_pylist([ad("a"), ad("b")], schema=POSTINGS), file)
    out = Dataset(tmp_path / "duplicates", DUPLICATES, partitioned=False)
    seen: list[tuple[int, int | None]] = []
    first = find_duplicates(
        [str(file)], out, tmp_path / "scratch", lambda done, total: seen.append((done, total))
    )
    assert (first.skipped, first.postings, seen) == (False, 2, [(2, 2)])
    again = find_duplicates([str(file)], out, tmp_path / "scratch")
    assert again.skipped
    assert again.classes == first.classes == {**dict.fromkeys(CLASSES, 0), "unique": 1, "exact": 1}
    assert not find_duplicates([str(file)], out, tmp_path / "scratch", seed=1).skipped
    pq.write_table(pa.Table.from_pylist([ad("a"), ad("b"), ad("c")], schema=POSTINGS), file)
    assert find_duplicates([str(file)], out, tmp_path / "scratch", seed=1).postings == 3
    assert not [path for path in (tmp_path / "scratch").iterdir() if path.is_dir()]


def test_no_postings_give_an_empty_table(tmp_path: Path) -> None:
    assert found(tmp_path) == {}
    out = Dataset(tmp_path / "none", DUPLICATES, partitioned=False)
    assert find_duplicates([], out, tmp_path / "scratch").postings == 0


def test_the_answer_does_not_depend_on_the_order_of_rows_and_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = TEXT.split()
    ads = []
    for n in range(300):
        kept = [word for word in words if rng.random() > 0.04]
        ads.append(
            ad(
                f"p{n:03d}",
                title=f"Welder {n % 20}",
                description=" ".join(kept),
                city=("Oslo", "Bergen")[n % 2],
            )
        )
    straight = found(tmp_path, *ads)
    shuffled = found(tmp_path, *(ads[n] for n in rng.permutation(300)), name="shuffled")
    assert {name: row["class"] for name, row in shuffled.items()} == classes(straight)
    assert len(set(classes(straight).values())) > 2


TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=80)), min_size=1, max_size=6)


@given(TEXTS, TEXTS)
@settings(max_examples=150, deadline=None)
def test_a_signature_does_not_depend_on_what_stands_beside_it(
    titles: list[str | None], texts: list[str | None]
) -> None:
    rows = min(len(titles), len(texts))
    together = sign(titles[:rows], texts[:rows], 0)
    for n in range(rows):
        alone = sign([titles[n]], [texts[n]], 0)
        assert (alone.signature[0] == together.signature[n]).all()
        assert (alone.same[0] == together.same[n]).all()
        assert (alone.rank[0], alone.words[0]) == (together.rank[n], together.words[n])
        begin, end = together.title_offsets[n : n + 2]
        assert alone.title.tolist() == together.title[begin:end].tolist()


@given(st.text(max_size=200))
@example("\U0002f800")  # an ideograph beyond the basic plane that is encoded twice
@settings(max_examples=200, deadline=None)
def test_case_and_width_never_change_what_a_text_says(text: str) -> None:
    import unicodedata

    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    versions = sign(["x", "x", "x"], [text, folded, f" {text}\n"], 0)
    twice = unicodedata.normalize("NFKC", folded.casefold())
    if twice == folded:
        assert (versions.same[0] == versions.same[1]).all()
    assert (versions.same[0] == versions.same[2]).all()


def test_a_signature_estimates_the_share_of_common_word_sequences() -> None:
    words = [f"w{n}" for n in range(1_000)]
    texts = [" ".join(words[:800]), " ".join(words[200:])]  # 598 of about 1,000 sequences in both
    signed = sign(["", ""], texts, 0)
    signatures = signed.signature.astype(np.uint16)
    estimate = similarities(signatures, np.array([0]), np.array([1]))
    assert abs(float(estimate[0]) - 0.6) < 4 * 0.043


def test_megabytes_in_a_cell_are_cut_and_time_stays_in_bounds() -> None:
    import time

    started = time.perf_counter()
    signed = sign(["ﷺ" * 1_000_000, "a " * 1_000_000], ["ﷺ" * 5_000_000, "+#" * 5_000_000], 0)
    assert time.perf_counter() - started < 5
    assert signed.words.max() <= 20_500


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_clusters_are_the_connected_components_of_the_links(links: list[tuple[int, int]]) -> None:
    parent = list(range(31))

    def root(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    table = clusters([_ends(links[:7]), _ends(links[7:])])
    assert table.to_pylist() == [
        {"position": node, "cluster": root(node)} for node in sorted({end for link in links for end in link})
    ]


def _ends(links: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([a for a, _ in links], np.int64), np.array([b for _, b in links], np.int64)
