"""The Dagster code location: what the UI shows, how fast it loads, and how resources are swapped."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.stage import EXAM, STAGES
from tests.studies import write_tiny_study


@pytest.fixture(scope="module")
def defs(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("home")
    (home / "studies").mkdir()
    write_tiny_study(home / "studies")
    return build_defs(home)


def test_each_study_has_one_job_and_one_monthly_schedule(defs: dg.Definitions):
    jobs = {job.name for job in defs.resolve_all_job_defs()}
    assert {"study__demo", "study__usajobs", "study__tiny"} <= jobs
    assert defs.resolve_schedule_def("monthly__demo").cron_schedule == "0 6 3 * *"


def test_every_stage_is_a_group_of_each_study(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    for study in ("demo", "usajobs", "tiny"):
        groups = {graph.get(key).group_name for key in graph.get_all_asset_keys() if key.path[0] == study}
        # Only a made-up market has a truth that an exam can be held against.
        stages = STAGES if study == "usajobs" else (*STAGES, EXAM)
        assert groups == {f"{study}__{stage}" for stage in stages}


def test_the_lineage_is_unbroken_from_raw_postings_to_the_report(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    above = dg.AssetSelection.assets(dg.AssetKey(["demo", "report"])).upstream().resolve(graph)
    names = {key.path[-1] for key in above}
    assert {
        "raw_postings",
        "postings",
        "labels",
        "encoder",
        "title_model",
        "classifications",
        "estimates",
    } <= names
    assert {"stg_postings", "int_title_month_cube", "mart_title_yoy", "mart_files"} <= names


def test_no_asset_is_a_source_that_nobody_makes(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    assert [key for key in graph.get_all_asset_keys() if not graph.get(key).is_materializable] == []


def test_every_asset_tells_a_person_what_it_is_and_who_owns_it(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners == ["team:jobtide"], key
        assert node.kinds or node.metadata, key


def test_months_partition_postings_embeddings_and_classifications_only(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    partitioned = {
        key.path[-1]
        for key in graph.get_all_asset_keys()
        if key.path[0] == "demo" and graph.get(key).partitions_def is not None
    }
    assert partitioned == {"postings", "quarantine", "reobservations", "embeddings", "classifications"}


def test_a_resource_can_be_swapped(manifest: Path, tmp_path: Path):
    from orchestration.resources import JobtideHome

    other = JobtideHome(path=str(tmp_path / "elsewhere"))
    swapped = build_defs(tmp_path, {"home": other})
    assert swapped.resources is not None
    assert swapped.resources["home"] is other


def test_loading_the_code_location_imports_no_heavy_library(manifest: Path, tmp_path: Path):
    heavy = [
        "torch",
        "transformers",
        "sentence_transformers",
        "great_expectations",
        "sklearn",
        "crowdkit",
        "altair",
    ]
    code = (
        "import sys; from pathlib import Path; from orchestration.definitions import build_defs; "
        f"build_defs(Path({str(tmp_path)!r})); print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_whose_process_is_gone_is_ended_and_its_pool_is_free_again(tmp_path: Path, monkeypatch):
    from orchestration.home import dagster_home
    from orchestration.runs import PROCESS_TAG, end_dead_runs

    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(tmp_path)))
    import socket

    with dg.DagsterInstance.get() as instance:
        dead = instance.create_run_for_job(
            _empty_job(),
            tags={PROCESS_TAG: f"{socket.gethostname()}:999999999:1"},
            status=dg.DagsterRunStatus.STARTED,
        )
        alive = instance.create_run_for_job(_empty_job(), status=dg.DagsterRunStatus.STARTED)
        storage = instance.event_log_storage
        storage.initialize_concurrency_limit_to_default("warehouse")
        assert storage.claim_concurrency_slot("warehouse", dead.run_id, "step").is_claimed
        assert not storage.claim_concurrency_slot("warehouse", alive.run_id, "step").is_claimed
        assert end_dead_runs(instance) == [dead.run_id]
        assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE
        assert instance.get_run_by_id(alive.run_id).status == dg.DagsterRunStatus.STARTED
        assert storage.claim_concurrency_slot("warehouse", alive.run_id, "step").is_claimed


def _empty_job() -> dg.JobDefinition:
    @dg.op
    def nothing() -> None: ...

    @dg.job
    def empty() -> None:
        nothing()

    return empty
