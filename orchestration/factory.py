"""From study files to Dagster definitions: one prefix, one group a stage and one job for each study."""

import logging
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from orchestration.defs import (
    classification,
    estimates,
    estimates_around,
    exam,
    fields,
    labels,
    lifecycle,
    marts,
    model,
    postings,
    publication,
    side_tables,
)
from orchestration.home import BUILT_IN_STUDIES
from orchestration.stage import StudyAssets
from orchestration.study import Study, StudyError, read_study

ASSET_PARTITION_RANGE_START = "dagster/asset_partition_range_start"
ASSET_PARTITION_RANGE_END = "dagster/asset_partition_range_end"
logger = logging.getLogger("jobtide")


@dataclass(frozen=True)
class LoadedStudies:
    """The studies that can be used, and the faults of those that cannot."""

    studies: list[Study]
    faults: list[str]


def registered_studies(home: Path) -> Path:
    """Where `jobtide run PATH` puts a copy of a study that does not come with Jobtide."""
    return home / "studies"


def load_studies(home: Path) -> LoadedStudies:
    """Read all study files; a registered study replaces a built-in one of the same name.

    An invalid file is reported with its fault, and the others still load.
    """
    studies: dict[str, Study] = {}
    faults: list[str] = []
    for path in [*sorted(BUILT_IN_STUDIES.glob("*.yaml")), *sorted(registered_studies(home).glob("*.yaml"))]:
        try:
            study = read_study(path)
        except StudyError as error:
            faults.append(str(error))
            logger.error("study left out: %s", error)
            continue
        studies[study.name] = study
    return LoadedStudies(list(studies.values()), faults)


def range_tags(study: Study) -> dict[str, str]:
    """Run tags that ask for all months of a study in one run."""
    keys = study.partition_keys
    return {ASSET_PARTITION_RANGE_START: keys[0], ASSET_PARTITION_RANGE_END: keys[-1]}


def study_definitions(study: Study) -> dg.Definitions:
    """All assets, checks, the job and the schedule of one study."""
    assets = StudyAssets(study)
    of_postings = (postings, side_tables, lifecycle)
    of_titles = (labels, model, classification, estimates, estimates_around, fields)
    stages = [
        module.build(assets)
        for module in (*of_postings, *(of_titles if study.classified else ()), marts, exam, publication)
    ]
    selection = dg.AssetSelection.key_prefixes([study.name])
    job = dg.define_asset_job(
        study.job_name,
        # The checks of the selected assets run with them.
        selection=selection,
        description=f"{study.title}: from raw postings to the report, for all months.",
        # One process: twelve empty assets cost 38 s in the multiprocess executor and 3 s in one.
        executor_def=dg.in_process_executor,
        tags={"jobtide/study": study.name},
    )

    @dg.schedule(
        name=f"monthly__{study.name}",
        job=job,
        cron_schedule="0 6 3 * *",
        execution_timezone="UTC",
        description="On the third of each month, all months; what is current is skipped, so only new months cost.",
    )
    def monthly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(tags=range_tags(study))

    return dg.Definitions.merge(*stages, dg.Definitions(jobs=[job], schedules=[monthly]))
