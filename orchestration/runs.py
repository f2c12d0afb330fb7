"""A run of a study from the command line: the job that the UI shows, in the persistent Dagster home."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from orchestration.dbt import prepare_manifest
from orchestration.home import REPOSITORY, StudyPlaces, dagster_home
from orchestration.registration import register
from orchestration.study import Study
from storage import LockedError, exclusive_lock

PROCESS_TAG = "jobtide/process"


class RunFailedError(RuntimeError):
    """A stage or a blocking check of the run failed; the message says which."""


@dataclass(frozen=True)
class RunOutcome:
    """What a finished run did: seconds a stage, the checks, and where to look."""

    study: Study
    places: StudyPlaces
    run_id: str
    seconds_by_step: dict[str, float]
    checks: list[tuple[str, str, bool]]


def run_study(study: Study, home: Path, until: str | None = None) -> RunOutcome:
    """Register the study and materialise all its assets in one run, in this process.

    With `until`, only that asset and what it needs.

    Raises RunFailedError where a stage fails, a blocking check fails, or another run of the study is under way.
    """
    register(study, home)
    prepare_manifest()
    os.environ["DAGSTER_HOME"] = str(dagster_home(home))
    try:
        with exclusive_lock(home / study.name / ".run.lock"):
            return _execute(study, home, until)
    except LockedError as error:
        raise RunFailedError(str(error)) from error


def _execute(study: Study, home: Path, until: str | None) -> RunOutcome:
    import dagster as dg

    from orchestration.definitions import build_defs
    from orchestration.factory import range_tags
    from orchestration.progress import TerminalProgress
    from orchestration.resources import ProgressReporter

    class TerminalReporter(ProgressReporter):
        """Shows the bars of this terminal."""

        def sink(self, context: dg.AssetExecutionContext) -> TerminalProgress:
            return bars

    with dg.DagsterInstance.get() as instance, TerminalProgress() as bars:
        end_dead_runs(instance)
        defs = build_defs(home, {"progress": TerminalReporter()})
        log = home / study.name / "run.log"
        # The bars and the summary speak for the run; the full log is in the UI, and what dbt says in run.log.
        with log.open("a", encoding="utf-8") as stream, redirect_stdout(stream):
            result = defs.resolve_job_def(study.job_name).execute_in_process(
                instance=instance,
                tags={**range_tags(study), PROCESS_TAG: _this_process()},
                asset_selection=_needed_for(defs, study, until) if until else None,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        steps = {
            step.step_key: round(step.end_time - step.start_time, 2)
            for step in instance.get_run_step_stats(result.run_id)
            if step.start_time and step.end_time
        }
        checks = [
            (evaluation.asset_key.path[-1], evaluation.check_name, evaluation.passed)
            for evaluation in result.get_asset_check_evaluations()
        ]
        if not result.success:
            raise RunFailedError(_why(result, checks))
    return RunOutcome(study, StudyPlaces(home / study.name), result.run_id, steps, checks)


def _needed_for(defs, study: Study, asset: str):  # type: ignore[no-untyped-def]
    import dagster as dg

    selection = (
        dg.AssetSelection.assets(dg.AssetKey([study.name, asset])).upstream().required_multi_asset_neighbors()
    )
    return list(selection.resolve(defs.resolve_asset_graph()))


def _why(result, checks: list[tuple[str, str, bool]]) -> str:  # type: ignore[no-untyped-def]
    lines = [f"run {result.run_id} failed"]
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            lines.append(f"  {event.step_key}: {cause.message.strip() if cause else 'no message'}")
    lines += [f"  check {name} of {asset} failed" for asset, name, passed in checks if not passed]
    return "\n".join(lines)


def _this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    """The start time of a process in clock ticks, or "" where there is none: a pid alone may be used again."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(")")[2].split()[19]


def end_dead_runs(instance) -> list[str]:  # type: ignore[no-untyped-def]
    """Mark runs of killed `jobtide` processes of this machine as failed and free their pools; returns their ids.

    Without it a run ended by `kill -9` would stay "started" and its pool slot would block the next run for ever.
    """
    import dagster as dg

    ended = []
    active = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=active)):
        host, _, rest = run.tags.get(PROCESS_TAG, "").rpartition(":")[0].rpartition(":")
        started = run.tags.get(PROCESS_TAG, "").rpartition(":")[2]
        if host != socket.gethostname() or not rest.isdigit() or _started(int(rest)) == started:
            continue
        instance.report_run_failed(run, "the process of this run is gone (killed, or the machine restarted)")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        ended.append(run.run_id)
    return ended


def serve_ui(home: Path, host: str, port: int) -> int:
    """Run `dagster dev` on the persistent home until it is stopped; returns its exit code."""
    prepare_manifest()
    instance = dagster_home(home)
    environment = {**os.environ, "DAGSTER_HOME": str(instance), "JOBTIDE_HOME": str(home)}
    command = [str(Path(sys.executable).parent / "dagster"), "dev", "-w", str(REPOSITORY / "workspace.yaml")]
    command += ["--host", host, "--port", str(port)]
    # An empty folder to stand in: Dagster puts it on the import path, where a folder named like one of our packages
    # (Dagster's own `storage`, a study called `market`) would be imported instead, and warns about a dagster.yaml.
    standing = instance / "empty"
    standing.mkdir(exist_ok=True)
    return subprocess.run(command, env=environment, cwd=standing, check=False).returncode
