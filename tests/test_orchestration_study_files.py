"""Study files: what a user is told when one is wrong, and what is read when it is right."""

from pathlib import Path

import pytest
import yaml

from orchestration.factory import load_studies
from orchestration.home import BUILT_IN_STUDIES
from orchestration.registration import find_study, register, variant
from orchestration.study import StudyError, read_study, resolve_path
from orchestration.study_sources import check_sources

GOOD = {
    "name": "shops",
    "title": "Shops",
    "months": {"from": "2024-01", "to": "2025-12"},
    "sources": [{"name": "board", "path": "ads.csv", "columns": {"title": "job", "label": "code"}}],
    "taxonomy": {"kind": "found"},
    "labels": {"kind": "column", "sample": 100},
    "windows": [
        {"current": {"from": "2025-01", "to": "2025-12"}, "base": {"from": "2024-01", "to": "2024-12"}}
    ],
}


def written(folder: Path, **changes: object) -> Path:
    path = folder / "shops.yaml"
    path.write_text(yaml.safe_dump({**GOOD, **changes}), "utf-8")
    return path


def test_a_good_study_names_its_pair_of_windows_and_its_months(tmp_path):
    study = read_study(written(tmp_path))
    assert study.windows[0].pair == "2025-01..2025-12 / 2024-01..2024-12"
    assert study.partition_keys[0] == "2024-01"
    assert study.partition_keys[-2:] == ["2025-12", "unknown"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lables": {}}, "lables: there is no such key"),
        ({"months": {"from": "2024-13", "to": "2025-12"}}, "months.from: '2024-13' is not a month"),
        ({"months": {"from": "2025-12", "to": "2024-01"}}, "swap `from` and `to`"),
        ({"months": {"from": "2024-06", "to": "2025-12"}}, "2024-01 is outside the study's months"),
        ({"windows": []}, "windows"),
        ({"sources": [{**GOOD["sources"][0], "columns": {"titel": "job"}}]}, "no such field: titel"),
        ({"labels": {"kind": "guess"}}, "`kind` must be one of"),
        ({"labels": {"kind": "mturk", "files": ["a.csv"], "task_source": "x"}}, "task_source 'x' is none of"),
        ({"forest": {"tree": 3}}, "forest.tree: there is no such key"),
        ({"evaluation": {"grid": [{"forrest": {}}]}}, "forrest is neither forest nor contrastive"),
        ({"evaluation": {"grid": [{"forest": {"tree": 3}}]}}, "tree"),
        ({"name": "Shops & more"}, "small letters"),
    ],
)
def test_each_fault_is_named_with_its_place_and_the_way_to_mend_it(tmp_path, changes, said):
    with pytest.raises(StudyError) as caught:
        read_study(written(tmp_path, **changes))
    assert said in str(caught.value)
    assert "shops.yaml" in str(caught.value)


def test_windows_of_unequal_length_are_refused(tmp_path):
    uneven = [{"current": {"from": "2025-01", "to": "2025-10"}, "base": {"from": "2024-01", "to": "2024-12"}}]
    with pytest.raises(StudyError, match="equal length"):
        read_study(written(tmp_path, windows=uneven))


def test_a_file_that_is_no_yaml_and_a_file_that_is_not_there_say_so(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"name: [\xff")
    with pytest.raises(StudyError, match="not a YAML file"):
        read_study(broken)
    with pytest.raises(StudyError, match="no such study file"):
        read_study(tmp_path / "nowhere.yaml")


def test_a_missing_source_file_and_a_missing_column_are_found_before_any_work(tmp_path):
    study = read_study(written(tmp_path))
    with pytest.raises(StudyError, match="no such file"):
        check_sources(study, tmp_path)
    (tmp_path / "ads.csv").write_text("job,posted\nCook,2025-01-01\n", "utf-8")
    with pytest.raises(StudyError, match="code") as caught:
        check_sources(study, tmp_path)
    assert "job" in str(caught.value), "the columns that are there help to mend it"


def test_an_environment_variable_in_a_path_is_filled_in_or_asked_for(tmp_path, monkeypatch):
    study = read_study(written(tmp_path))
    monkeypatch.setenv("JOBTIDE_TEST_FILE", "/data/ads.csv")
    assert resolve_path("${JOBTIDE_TEST_FILE}", study, tmp_path) == "/data/ads.csv"
    monkeypatch.delenv("JOBTIDE_TEST_FILE")
    assert resolve_path("${JOBTIDE_TEST_FILE:-ads.csv}", study, tmp_path) == str(tmp_path / "ads.csv")
    with pytest.raises(StudyError, match="JOBTIDE_TEST_FILE"):
        resolve_path("${JOBTIDE_TEST_FILE}", study, tmp_path)


def test_one_invalid_study_is_reported_and_the_others_still_load(tmp_path):
    folder = tmp_path / "studies"
    folder.mkdir()
    written(folder)
    (folder / "wrong.yaml").write_text("name: wrong\n", "utf-8")
    loaded = load_studies(tmp_path)
    assert "shops" in {study.name for study in loaded.studies}
    assert len(loaded.faults) == 1
    assert "wrong.yaml" in loaded.faults[0]


def test_a_study_run_from_elsewhere_is_known_afterwards_with_its_paths_intact(tmp_path):
    study = read_study(written(tmp_path))
    home = tmp_path / "home"
    register(study, home)
    again = find_study("shops", home)
    assert again == study
    assert resolve_path("ads.csv", again, home) == str(tmp_path / "ads.csv")


def test_the_studies_that_come_with_jobtide_are_valid_and_need_no_copy(tmp_path):
    assert load_studies(tmp_path).faults == []
    for path in BUILT_IN_STUDIES.glob("*.yaml"):
        register(read_study(path), tmp_path)
    assert not list(tmp_path.rglob("*.yaml"))


def test_a_variant_with_another_seed_lies_apart(tmp_path):
    study = read_study(written(tmp_path))
    other = variant(study, "seed7", {"seed": 7})
    assert (other.name, other.seed, other.origin) == ("shops_seed7", 7, study.origin)
