"""The 650 titles: what a person who cites the list may rely on, and what the pipeline does with it."""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ml.titles import TaxonomyError, TitleCard, build_cards
from orchestration.home import TAXONOMY, StudyPlaces
from orchestration.taxonomies import (
    SEEDS,
    TaxonomySeeds,
    accepted_wordings,
    jobtide_seeds,
    jobtide_taxonomy,
)
from storage import Dataset

SHARED = Path(__file__).resolve().parents[2] / "shared"
BANDS = {"individual_contributor", "middle_management", "senior_leadership"}

STUDY_TITLES = {
    # A study's wording -> our title, where the two are not the same words.
    "corporate compliance specialist": "corporate-compliance-specialist",
    "research / applied scientist (technology)": "research-scientist-technology",
    "go-to-market (GTM) engineer": "go-to-market-engineer",
    "software engineer (all)": "software-engineer",
    # Zhaopin's roles and previous occupations.
    "data_annotator": "data-annotator",
    "ai_engineer": "ai-engineer",
    "algorithm_engineer": "algorithm-engineer",
    "ai_product_manager": "ai-product-manager",
    "frontend_developer": "frontend-engineer",
    "test_engineer": "software-test-engineer",
    "operations_engineer": "it-operations-engineer",
    "secretary / clerk": "office-clerk",
    "customer service specialist": "customer-service-representative",
    "content reviewer": "content-moderator",
    "project manager / supervisor": "project-manager",
    "Java engineer": "java-developer",
}
STUDY_FAMILIES = {"marketing": "marketing", "sales": "sales"}
COMPOSED = {
    "computer-graphics-artist": {"technical-artist", "3d-artist", "visual-effects-artist"},
    "writer": {"copywriter", "editor", "technical-writer"},
    "ai-engineer": {"algorithm-engineer", "machine-learning-engineer"},
}


@pytest.fixture(scope="module")
def seeds() -> TaxonomySeeds:
    return jobtide_seeds()


@pytest.fixture(scope="module")
def cards(seeds: TaxonomySeeds) -> dict[str, TitleCard]:
    return seeds.cards()


def at_hand(path: str) -> Path:
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"../shared/{path} is not at hand")
    return file


def test_the_list_has_exactly_650_titles_with_ids_that_are_slugs(seeds: TaxonomySeeds) -> None:
    ids = [row["title_id"] for row in seeds.titles]
    assert (len(ids), len(set(ids))) == (650, 650)
    assert [title for title in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", title)] == []


def test_no_wording_stands_for_two_titles_in_either_language(seeds: TaxonomySeeds) -> None:
    said = [(row[name], row["title_id"]) for row in seeds.titles for name in ("title_en", "title_zh")]
    said += [(row["alias"], row["title_id"]) for row in seeds.aliases]
    times = Counter(wording.casefold() for wording, _ in said)
    assert {wording for wording, count in times.items() if count > 1} == set()


def test_no_alias_is_another_titles_id(seeds: TaxonomySeeds) -> None:
    ids = {row["title_id"] for row in seeds.titles}
    wrong = [row for row in seeds.aliases if row["alias"].casefold() in ids - {row["title_id"]}]
    assert wrong == []


def test_every_title_has_four_english_and_two_chinese_aliases(seeds: TaxonomySeeds) -> None:
    number = Counter((row["title_id"], row["language"]) for row in seeds.aliases)
    assert {language for _, language in number} == {"en", "zh"}
    few = [
        (row["title_id"], language)
        for row in seeds.titles
        for language, least in (("en", 4), ("zh", 2))
        if number[row["title_id"], language] < least
    ]
    assert few == []


def test_every_family_has_at_least_three_titles_and_every_title_a_band(seeds: TaxonomySeeds) -> None:
    sizes = Counter(row["family_id"] for row in seeds.titles)
    assert set(sizes) == {row["family_id"] for row in seeds.families}
    assert min(sizes.values()) >= 3
    assert {row["seniority_band"] for row in seeds.titles} == BANDS
    assert all(row["family_en"] and row["family_zh"] for row in seeds.families)


def test_every_title_is_defined_in_both_languages_in_words_of_its_own(seeds: TaxonomySeeds) -> None:
    for column in ("definition_en", "definition_zh"):
        assert len({row[column] for row in seeds.titles} - {""}) == 650
    assert all(re.search("[一-鿿]", row["title_zh"] + row["definition_zh"]) for row in seeds.titles)


def test_following_parents_always_ends(seeds: TaxonomySeeds) -> None:
    parent = {row["title_id"]: row["parent_id"] for row in seeds.titles}
    for title in parent:
        seen: set[str] = set()
        at = title
        while at:
            assert at not in seen, f"{title} is its own ancestor"
            seen.add(at)
            at = parent[at]


def test_composed_titles_contain_what_the_study_put_into_them(cards: dict[str, TitleCard]) -> None:
    for title, parts in COMPOSED.items():
        assert parts <= {child.title_id for child in cards[title].children}


def test_neighbours_are_titles_of_the_list_told_apart_in_both_languages(seeds: TaxonomySeeds) -> None:
    ids = {row["title_id"] for row in seeds.titles}
    pairs = [frozenset((row["title_id"], row["neighbour_id"])) for row in seeds.neighbours]
    assert all(len(pair) == 2 and pair <= ids for pair in pairs)
    assert len(set(pairs)) == len(pairs)
    assert all(row["difference_en"] and row["difference_zh"] for row in seeds.neighbours)


def test_codes_are_well_formed(seeds: TaxonomySeeds) -> None:
    for row in seeds.titles:
        assert re.fullmatch(r"\d\d-\d{4}\.\d\d", row["onet_soc"]), row
        assert re.fullmatch(r"\d{4}", row["isco_08"]), row


def test_every_onet_code_is_an_occupation_of_onet(seeds: TaxonomySeeds) -> None:
    occupations = pq.read_table(at_hand("data/onet/occupations.parquet"))
    known = set(occupations.column("O*NET-SOC Code").to_pylist())
    assert {row["onet_soc"] for row in seeds.titles} <= known


def test_every_isco_code_is_a_group_of_isco(seeds: TaxonomySeeds) -> None:
    groups = pq.read_table(at_hand("data/esco/isco_groups.parquet"))
    known = {uri.rsplit("/C", 1)[1] for uri in groups.column("ORIGINURI").to_pylist()}
    assert {row["isco_08"] for row in seeds.titles} <= known


def study_rows(path: str) -> list[dict[str, str]]:
    lines = at_hand(path).read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def our_title(wording: str) -> str:
    return STUDY_TITLES.get(wording, re.sub(r"[^a-z0-9]+", "-", wording.casefold()).strip("-"))


def test_every_title_and_family_of_the_title_growth_study_is_in_the_list(seeds: TaxonomySeeds) -> None:
    rows = study_rows("studies/revealera_2025.csv")
    titles = {row["subject"] for row in rows if row["subject_kind"] in {"title", "emerging_title"}}
    families = {row["subject"] for row in rows if row["subject_kind"] == "family"}
    assert len(titles) >= 45
    assert {title for title in titles if our_title(title) not in seeds.cards()} == set()
    assert {STUDY_FAMILIES[family] for family in families} <= {row["family_id"] for row in seeds.families}


def test_every_role_and_previous_occupation_of_the_ai_roles_study_is_in_the_list(
    seeds: TaxonomySeeds,
) -> None:
    rows = study_rows("studies/zhaopin_2025.csv")
    wordings = {row["role"] for row in rows} - {"all"}
    wordings |= {row["key"] for row in rows if row["table"] == "applicant_previous_occupation"}
    assert len(wordings) >= 14
    assert {wording for wording in wordings if our_title(wording) not in seeds.cards()} == set()


def test_codes_keep_their_leading_zeros(seeds: TaxonomySeeds, tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    path = tmp_path / "seeds" / "titles.csv"
    code = seeds.titles[0]["isco_08"]
    path.write_text(path.read_text("utf-8").replace(f",{code},", ",0110,", 1), "utf-8")
    assert jobtide_seeds(tmp_path / "seeds").titles[0]["isco_08"] == "0110"


@pytest.mark.parametrize("file", ["titles", "title_families", "title_aliases", "title_neighbours"])
def test_a_change_in_any_of_the_four_files_is_another_version(
    file: str, seeds: TaxonomySeeds, tmp_path: Path
) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    path = tmp_path / "seeds" / f"{file}.csv"
    header, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n", "utf-8")
    assert jobtide_seeds(tmp_path / "seeds").version == seeds.version, "the order of rows says nothing"
    path.write_text("\n".join([header, *rows[:-1]]) + "\n", "utf-8")
    assert jobtide_seeds(tmp_path / "seeds").version != seeds.version


def test_the_studys_taxonomy_carries_that_version(seeds: TaxonomySeeds) -> None:
    table = jobtide_taxonomy()
    assert table.num_rows == 650
    assert set(table.column("taxonomy_version").to_pylist()) == {seeds.version}


def test_a_seed_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    (tmp_path / "seeds" / "title_aliases.csv").write_text("title_id,alias\n", "utf-8")
    with pytest.raises(TaxonomyError, match=r"title_aliases\.csv.*language"):
        jobtide_seeds(tmp_path / "seeds")


def test_a_row_about_a_title_that_is_not_there_is_refused(seeds: TaxonomySeeds) -> None:
    stray = {"title_id": "time-traveller", "alias": "Time Traveller", "language": "en"}
    with pytest.raises(TaxonomyError, match="time-traveller"):
        build_cards(seeds.titles, seeds.families, [*seeds.aliases, stray], seeds.neighbours)


def stored(folder: Path, version: str | None = None) -> Dataset:
    table = jobtide_taxonomy()
    if version is not None:
        rows = [{**row, "taxonomy_version": version} for row in table.to_pylist()]
        table = table.from_pylist(rows, TAXONOMY)
    places = StudyPlaces(folder)
    places.taxonomy.write_table(table, "t")
    return places.taxonomy


def test_a_crowd_answer_may_use_an_id_a_name_or_an_alias(tmp_path: Path) -> None:
    wordings = accepted_wordings(stored(tmp_path))
    for said in ("machine-learning-engineer", "machine learning engineer", "机器学习工程师", "ml engineer"):
        assert wordings[said] == "machine-learning-engineer"


def test_aliases_do_not_count_for_a_taxonomy_of_another_version(tmp_path: Path) -> None:
    wordings = accepted_wordings(stored(tmp_path, "of-last-year"))
    assert wordings["machine learning engineer"] == "machine-learning-engineer"
    assert "ml engineer" not in wordings


def test_an_alias_of_two_titles_is_no_answer_and_a_title_keeps_its_own_name(seeds: TaxonomySeeds) -> None:
    told = TaxonomySeeds(
        titles=seeds.titles,
        families=seeds.families,
        aliases=[
            {"title_id": "data-analyst", "alias": "Insight Guru", "language": "en"},
            {"title_id": "data-scientist", "alias": "ＩＮＳＩＧＨＴ guru", "language": "en"},
            {"title_id": "data-analyst", "alias": "Data scientist", "language": "en"},
            {"title_id": "data-analyst", "alias": "Numbers Person", "language": "en"},
        ],
        neighbours=[],
        version="v",
    )
    assert told.unambiguous_aliases() == {"numbers person": "data-analyst"}


def test_a_card_shows_both_directions_of_a_pair_and_the_way_up_and_down(cards: dict[str, TitleCard]) -> None:
    card = cards["machine-learning-engineer"]
    assert card.parent is not None
    assert card.parent.title_id == "ai-engineer"
    assert "machine-learning-engineer" in {child.title_id for child in cards["ai-engineer"].children}
    for near in card.neighbours:
        back = {other.title.title_id for other in cards[near.title.title_id].neighbours}
        assert card.name.title_id in back
    assert "ML Engineer" in card.aliases_en
    assert card.wordings[:2] == ("Machine Learning Engineer", "机器学习工程师")
