"""The tables of people of the synthetic market `china_ai`, from its files to the marts, under an attacker's eyes."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from bench.postings_stage import canonical, reading
from market.generate import generate_market
from orchestration.dbt import study_vars
from orchestration.home import BUILT_IN_STUDIES, StudyPlaces
from orchestration.side_tables import read_applications
from orchestration.study import Study, read_study
from tests.disclosure_attack import ATTRIBUTES, Attack, published_people
from tests.test_dbt_project import CLASSIFICATIONS, MODEL, NO_TESTS, Run, dbt
from tests.test_dbt_project import Study as Datasets

POSTINGS = 1_200


def _silent(task: str, done: int, total: int) -> None:
    """No progress is shown."""


def _with_true_titles(datasets: Datasets, places: StudyPlaces) -> None:
    """What a classifier without fault would have said."""
    rows = duckdb.sql(
        """
        SELECT p.posting_id, p.posting_month, t.title_id
        FROM read_parquet(?, hive_partitioning = false) p JOIN read_parquet(?) t ON t.id = p.source_id
        ORDER BY ALL
        """,
        params=[
            places.postings.files(),
            [str(path) for path in sorted(places.truth.glob("postings-*.parquet"))],
        ],
    ).fetchall()
    months: dict[str, list[dict[str, object]]] = {}
    for posting, month, title in rows:
        row = {"posting_id": posting, "posting_month": month, "title_id": title, "model_version": MODEL}
        months.setdefault(month, []).append(row)
    for month, classified in months.items():
        datasets.write(f"classifications/model={MODEL}", CLASSIFICATIONS, classified, month)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Run]:
    home = tmp_path_factory.mktemp("china_ai")
    study = read_study(BUILT_IN_STUDIES / "china_ai.yaml")
    assert study.market is not None
    study = study.model_copy(update={"market": study.market.model_copy(update={"postings": POSTINGS})})
    places = StudyPlaces(home / study.name)
    generate_market(study.market.spec(study.months), places.source, places.truth)
    reading(study, home, places)
    canonical(study, home, places)
    read_applications(study, places, home, b"a key of sixteen bytes or more", _silent)
    datasets = Datasets(places.root, {})
    _with_true_titles(datasets, places)
    marts = ["mart_role_supply", "mart_role_competition", *(f"mart_applicants_{name}" for name in ATTRIBUTES)]
    command = ["build", "--select", *(f"+{mart}" for mart in marts), *NO_TESTS, "--no-use-colors"]
    command += ["--vars", study_vars(study, places, {"data_version": "d1"})]
    command += ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
    command += ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    run = dbt(datasets, command)
    assert run.code == 0, run.said
    return study, run


def _attack(published: tuple[Study, Run]) -> Attack:
    study, run = published
    titles: dict[str, frozenset[str]] = {}
    for role, title in run.rows("select role_id, title_id from int_role_titles"):
        titles[role] = titles.get(role, frozenset()) | {title}
    industries: Mapping[str, frozenset[str] | None] = {
        scope: None if inside is None else frozenset(inside)
        for scope, inside in run.rows("select scope_id, industries from int_scopes")
    }
    windows = {
        window.pair: {"base": frozenset(window.base.keys()), "current": frozenset(window.current.keys())}
        for window in study.windows
    }
    assert (len(windows), len(industries), len(titles)) == (2, 2, 8)
    return published_people(run.rows, titles, industries, windows)


def test_a_linear_program_over_all_published_tables_of_people_leaves_each_withheld_count_a_width_of_ten(
    published: tuple[Study, Run],
) -> None:
    attack = _attack(published)
    withheld = sum(count is None for count in attack.counts.values())
    assert withheld > 200, "a market as small as this has many small counts"
    assert sum(count is not None and count >= 10 for count in attack.counts.values()) > 200
    assert all(count is None or count == 0 or count >= 10 for count in attack.counts.values())
    assert attack.narrow() == []


def test_were_the_small_counts_alone_withheld_the_program_would_find_many(
    published: tuple[Study, Run],
) -> None:
    attack = _attack(published)
    query = "select attribute, pair, scope_id, role_id, value, applicants from int_applicant_cells"
    beside = {tuple(key): people for *key, people in published[1].rows(query) if people >= 10}
    revealed = {key: beside[key] for key, count in attack.counts.items() if count is None and key in beside}
    assert len(revealed) > 10, "counts of ten and more are hidden to protect the others"
    attack.counts |= revealed
    assert len(attack.narrow()) > 10
