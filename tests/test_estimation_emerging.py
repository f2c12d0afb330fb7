"""Emerging titles: what grows, is new and is small is found; what is only new, or only grows, is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.estimation.concepts import group_alike, text_vectors
from ml.estimation.emerging import Concepts, emerging_titles, find_concepts
from ml.estimation.wordings import HeldWordings, normal_wording, place_words
from orchestration.study import Window

WORDINGS = {
    "software-engineer": ("Software Engineer", "Software Developer"),
    "shepherd": ("Shepherd", "Sheep Farm Worker"),
    "ladder-maker": ("Ladder Maker",),
}
DUTIES = {
    "software-engineer": "write code review tests deploy services fix defects in production systems",
    "shepherd": "watch sheep on the hills move flocks repair fences shear wool and help at lambing",
    "ladder-maker": "cut rungs glue rails sand wood and paint the finished rails in the workshop",
    "drone": "pilot quadcopters over flocks read thermal cameras charge batteries log flights daily",
    "tester": "climb every rung measure sway note loads stamp certificates and reject weak steps",
}
MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 11)]
WINDOW = Window.model_validate(
    {"current": {"from": "2025-01", "to": "2025-10"}, "base": {"from": "2024-01", "to": "2024-10"}}
)


def _rows(title: str, job: str, predicted: str, per_year: tuple[int, int, int]) -> list[dict[str, object]]:
    words = DUTIES[job].split()
    random = np.random.default_rng([len(title), *per_year])
    rows = []
    for year, postings in enumerate(per_year):
        for number in range(postings):
            month = MONTHS[10 * year + number % 10]
            rows.append(
                {
                    "posting_month": month,
                    "employer_id": f"{title}-{number % 40}",
                    "title": title,
                    "core_text": " ".join(random.permutation(words)[:11]),
                    "description": None,
                    "city": "Berlin",
                    "region": None,
                    "country": "DE",
                    "best_title_id": predicted,
                    "probability": np.float32(0.3),
                }
            )
    return rows


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Concepts:
    rows = [
        *_rows("Software Engineer", "software-engineer", "software-engineer", (7000, 6900, 6800)),
        *_rows("Shepherd", "shepherd", "shepherd", (300, 300, 300)),
        *_rows("Ladder Maker", "ladder-maker", "ladder-maker", (200, 200, 200)),
        # New and growing, in two wordings and a rare one.
        *_rows("Drone Herder", "drone", "shepherd", (2, 7, 20)),
        *_rows("Senior Flock Pilot (UAV)", "drone", "shepherd", (1, 4, 13)),
        *_rows("Drone Herder - Berlin", "drone", "shepherd", (0, 1, 2)),
        # New and as steady as the ladder makers it is taken for.
        *_rows("Rung Tester", "tester", "ladder-maker", (40, 40, 40)),
        # Growing, in a wording of its own, but the work is a shepherd's.
        *_rows("Hill Guardian", "shepherd", "shepherd", (2, 7, 20)),
    ]
    folder = tmp_path_factory.mktemp("emerging")
    for number, row in enumerate(rows):
        row["posting_id"] = f"{number:06}"
    table = pa.Table.from_pylist(rows)
    table = table.set_column(
        table.schema.get_field_index("description"), "description", pa.nulls(table.num_rows, pa.string())
    ).set_column(table.schema.get_field_index("region"), "region", pa.nulls(table.num_rows, pa.string()))
    pq.write_table(table.drop_columns(["best_title_id", "probability"]), folder / "postings.parquet")
    pq.write_table(
        table.select(["posting_id", "posting_month", "best_title_id", "probability"]), folder / "c.parquet"
    )
    return find_concepts([str(folder / "postings.parquet")], [str(folder / "c.parquet")], WORDINGS)


def test_a_new_job_that_grows_is_found_with_all_its_wordings_and_its_growth(found: Concepts) -> None:
    rows = {row["concept_id"]: row for row in emerging_titles(found, WINDOW, 200).to_pylist()}
    row = rows["drone herder"]
    assert row["is_emerging"]
    assert row["wording"] == "Drone Herder"
    assert "flock pilot" in row["wordings"]
    assert (row["base_postings"], row["current_postings"]) == (12, 35)
    assert row["change_low"] < row["change"] < row["change_high"]
    assert row["expected_change"] < 0.3
    assert row["classified_as"] == "shepherd"
    assert len(row["examples"]) == 3


def test_a_new_job_that_is_steady_is_listed_and_not_called_emerging(found: Concepts) -> None:
    rows = {row["concept_id"]: row for row in emerging_titles(found, WINDOW, 200).to_pylist()}
    assert not rows["rung tester"]["is_emerging"]


def test_a_new_word_for_the_work_of_a_standard_title_is_no_new_job(found: Concepts) -> None:
    assert "hill guardian" not in {name for names in found.names for name in names}


def test_equal_input_gives_equal_rows(found: Concepts) -> None:
    assert emerging_titles(found, WINDOW, 200).equals(emerging_titles(found, WINDOW, 200))


@pytest.mark.parametrize(
    ("title", "wording"),
    [
        ("Sr. Forward Deployed Engineer - Night Shift", "forward deployed engineer"),
        ("LEAD FORWARD DEPLOYED ENGINEER (m/f/d)", "forward deployed engineer"),
        ("Deployment Engineer, Forward - JR10482", "deployment engineer forward"),
        ("高级前线部署工程师（五险一金）", "前线部署工程师"),
        ("$$$ 12345 !!!", ""),
    ],
)
def test_seniority_terms_and_numbers_are_no_part_of_a_wording(title: str, wording: str) -> None:
    assert normal_wording(title) == wording


def test_places_behind_the_title_are_dropped_unless_a_title_uses_the_word() -> None:
    held = HeldWordings.of({"x": ("Paris Operator",)})
    places = place_words(["Berlin", "Paris", None], held)
    assert normal_wording("Nurse - Berlin", places) == "nurse"
    assert normal_wording("Nurse - Paris", places) == "nurse paris"


def test_texts_of_one_job_are_grouped_and_others_are_not() -> None:
    texts = [(0, "steer robots with gloves"), (1, "steer the robots with gloves"), (2, "bake bread at night")]
    assert group_alike(text_vectors(texts, 4), [9, 5, 3, 2]).tolist() == [0, 0, 1, 2]


def test_nothing_new_gives_an_empty_table(tmp_path: Path) -> None:
    rows = _rows("Shepherd", "shepherd", "shepherd", (5, 5, 5))
    table = pa.Table.from_pylist([{**row, "posting_id": str(n)} for n, row in enumerate(rows)])
    pq.write_table(table, tmp_path / "p.parquet")
    files = [str(tmp_path / "p.parquet")]
    assert emerging_titles(find_concepts(files, files, WORDINGS), WINDOW, 100).num_rows == 0
