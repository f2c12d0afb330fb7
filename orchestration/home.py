"""Where Jobtide keeps things: `$JOBTIDE_HOME`, one folder a study, and the Dagster instance beside them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from market.exam.scorecard import SCORECARD
from ml.estimation.around import (
    BENCHMARK,
    CONTRASTS,
    DECOMPOSITION,
    EMERGING,
    SEASONAL,
    SENSITIVITY,
    WATCH_LIST,
)
from ml.schema import (
    ANSWERS,
    CLASSIFICATIONS,
    DRIFT,
    ESTIMATES,
    LABELS,
    REJECTED_ANSWERS,
    ROLE_ESTIMATES,
    WORKERS,
    embeddings_schema,
)
from postings.duplicates.schema import DUPLICATES
from postings.lifecycle import FLOW_AND_STOCK, LIVES
from postings.schema import (
    APPLICATIONS,
    CONSERVATION,
    GOLD,
    POLLS,
    POSTINGS,
    QUARANTINE,
    RAW,
    REOBSERVATIONS,
)
from storage import Dataset

REPOSITORY = Path(__file__).resolve().parent.parent
BUILT_IN_STUDIES = REPOSITORY / "studies"
DBT_PROJECT = REPOSITORY / "dbt_project"
CURRENCY_RATES = DBT_PROJECT / "seeds" / "currency_rates.csv"

TAXONOMY = pa.schema(
    [
        pa.field(name, pa.string())
        for name in ("title_id", "title_en", "title_zh", "family", "seniority_band", "taxonomy_version")
    ]
)


def jobtide_home() -> Path:
    """`$JOBTIDE_HOME`, or ./data."""
    return Path(os.environ.get("JOBTIDE_HOME", "data")).resolve()


def dagster_home(home: Path) -> Path:
    """Prepare `<home>/.dagster` with the instance's settings and return it."""
    folder = home / ".dagster"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPOSITORY / "dagster.yaml", folder / "dagster.yaml")
    return folder


@dataclass(frozen=True)
class StudyPlaces:
    """The fixed places of one study. docs/outputs.md describes them for other programs."""

    root: Path

    @property
    def source(self) -> Path:
        """The synthetic market's files, as a source would give them."""
        return self.root / "source"

    @property
    def truth(self) -> Path:
        """The synthetic market's truth; no stage of the pipeline opens it."""
        return self.root / "truth"

    @property
    def raw(self) -> Dataset:
        """Raw records, as they were found."""
        return Dataset(self.root / "raw", RAW, partitioned=False)

    @property
    def quarantine_raw(self) -> Dataset:
        """Records set aside while reading; the postings stage takes them into the quarantine."""
        return Dataset(self.root / "quarantine_raw", QUARANTINE, partitioned=False)

    @property
    def unreadable(self) -> Path:
        """The list of files that could not be read, with the reasons."""
        return self.root / "unreadable_files.json"

    @property
    def postings(self) -> Dataset:
        """Canonical postings by month."""
        return Dataset(self.root / "postings", POSTINGS, partitioned=True)

    @property
    def quarantine(self) -> Dataset:
        """Records set aside, with reasons, by month."""
        return Dataset(self.root / "quarantine", QUARANTINE, partitioned=True)

    @property
    def reobservations(self) -> Dataset:
        """Sightings of postings that were already known, by month."""
        return Dataset(self.root / "reobservations", REOBSERVATIONS, partitioned=True)

    @property
    def duplicates(self) -> Dataset:
        """What each posting is to the other ads of the same job."""
        return Dataset(self.root / "duplicates", DUPLICATES, partitioned=False)

    @property
    def gold(self) -> Dataset:
        """Labels that the sources give themselves; only the label sampler and the scorer open it."""
        return Dataset(self.root / "gold", GOLD, partitioned=False)

    @property
    def conservation(self) -> Dataset:
        """Raw records against what became of them, per source and month."""
        return Dataset(self.root / "conservation", CONSERVATION, partitioned=False)

    @property
    def coverage(self) -> Dataset:
        """Polls of employers' boards; empty where a study knows of none."""
        return Dataset(self.root / "coverage", POLLS, partitioned=False)

    @property
    def applications(self) -> Dataset:
        """Applications for the postings, by month, of pseudonymous people; empty where a study has none."""
        return Dataset(self.root / "applications", APPLICATIONS, partitioned=True)

    @property
    def lifecycle(self) -> Dataset:
        """The life of each posting, from sightings of it; empty where a study has none."""
        return Dataset(self.root / "lifecycle", LIVES, partitioned=False)

    @property
    def flow_and_stock(self) -> Dataset:
        """Postings that opened, closed and were open, a month and source; empty where no lives are known."""
        return Dataset(self.root / "flow_and_stock", FLOW_AND_STOCK, partitioned=False)

    def set_aside(self, table: str) -> Dataset:
        """Rows of `coverage`, `applications` or `lifecycle` that were set aside, with reasons."""
        return Dataset(self.root / f"quarantine_{table}", QUARANTINE, partitioned=False)

    def side_report(self, table: str) -> Path:
        """What became of the rows of `coverage`, `applications` or `lifecycle`."""
        return self.root / f"{table}.json"

    @property
    def taxonomy(self) -> Dataset:
        """The study's titles."""
        return Dataset(self.root / "taxonomy", TAXONOMY, partitioned=False)

    @property
    def answers(self) -> Dataset:
        """Crowd answers, with pseudonymous workers."""
        return Dataset(self.root / "answers", ANSWERS, partitioned=False)

    @property
    def rejected_answers(self) -> Dataset:
        """Crowd answers set aside, with reasons."""
        return Dataset(self.root / "rejected_answers", REJECTED_ANSWERS, partitioned=False)

    @property
    def workers(self) -> Dataset:
        """The crowd's workers, as the gold questions judge them."""
        return Dataset(self.root / "workers", WORKERS, partitioned=False)

    @property
    def labels(self) -> Dataset:
        """One consensus label a labelled posting."""
        return Dataset(self.root / "labels", LABELS, partitioned=False)

    @property
    def models(self) -> Path:
        """One folder a model version, and `promoted.json`."""
        return self.root / "models"

    def classifications(self, model_version: str) -> Dataset:
        """Predicted titles by month, of one model version."""
        return Dataset(
            self.root / "classifications" / f"model={model_version}", CLASSIFICATIONS, partitioned=True
        )

    def promoted_classifications(self) -> Dataset:
        """Classifications by the promoted model."""
        from orchestration.versions import promoted_version

        return self.classifications(promoted_version(self))

    def embeddings(self, model_version: str, dimensions: int) -> Dataset:
        """Embeddings by month, of one model version."""
        return Dataset(
            self.root / "embeddings" / f"model={model_version}",
            embeddings_schema(dimensions),
            partitioned=True,
        )

    @property
    def estimates(self) -> Dataset:
        """Changes with intervals, per pair of windows, group of titles, method and estimand."""
        return Dataset(self.root / "estimates", ESTIMATES, partitioned=False)

    @property
    def role_estimates(self) -> Dataset:
        """Figures of the study's roles with the classifier's errors allowed for, per pair of windows and scope."""
        return Dataset(self.root / "role_estimates", ROLE_ESTIMATES, partitioned=False)

    @property
    def drift(self) -> Dataset:
        """Whether the classifier errs in both windows of a pair alike."""
        return Dataset(self.root / "drift", DRIFT, partitioned=False)

    @property
    def emerging_titles(self) -> Dataset:
        """New wordings whose postings read alike, with their growth and its test, per pair of windows."""
        return Dataset(self.root / "emerging_titles", EMERGING, partitioned=False)

    @property
    def decomposition(self) -> Dataset:
        """The market's change taken apart, per pair of windows, axis and component."""
        return Dataset(self.root / "decomposition", DECOMPOSITION, partitioned=False)

    @property
    def benchmark(self) -> Dataset:
        """An outside index beside the study's own change, per pair of windows, country and series."""
        return Dataset(self.root / "benchmark", BENCHMARK, partitioned=False)

    @property
    def watch_list(self) -> Dataset:
        """Titles to watch, per pair of windows and reason."""
        return Dataset(self.root / "watch_list", WATCH_LIST, partitioned=False)

    @property
    def near_contrasts(self) -> Dataset:
        """Near titles held against each other, per pair of windows."""
        return Dataset(self.root / "near_contrasts", CONTRASTS, partitioned=False)

    @property
    def sensitivity(self) -> Dataset:
        """Headlines counted in other ways, per pair of windows."""
        return Dataset(self.root / "sensitivity", SENSITIVITY, partitioned=False)

    @property
    def seasonal(self) -> Dataset:
        """Monthly series of the market and of headline titles."""
        return Dataset(self.root / "seasonal", SEASONAL, partitioned=False)

    @property
    def validations(self) -> Path:
        """The last validation of each table, as JSON."""
        return self.root / "validations"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file; dbt is its one writer."""
        return self.root / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        """One Parquet file a mart."""
        return self.root / "marts"

    @property
    def scorecard(self) -> Dataset:
        """What was published against what was planted; only studies with a synthetic market have one."""
        return Dataset(self.root / "scorecard", SCORECARD, partitioned=False)

    @property
    def report(self) -> Path:
        """The pages people read."""
        return self.root / "report"

    @property
    def dbt_docs(self) -> Path:
        """The dbt documentation as one page."""
        return self.root / "dbt_docs"

    @property
    def data_docs(self) -> Path:
        """The Great Expectations Data Docs."""
        return self.root / "data_docs"

    @property
    def model_card(self) -> Path:
        """The promoted model's card."""
        return self.root / "model_card.json"
