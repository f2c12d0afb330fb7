"""What stands around the estimates: where each table's input lies, and when it has to be made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.estimating import ESTIMATES_CODE, _evidence, _poll_files
from orchestration.home import StudyPlaces
from orchestration.progress import ProgressSink
from orchestration.study import CrowdLabels, Study, Window, resolve_path
from orchestration.versions import promoted_version, taxonomy_version
from storage import Dataset, file_fingerprint, fingerprint

if TYPE_CHECKING:
    from ml.estimation.benchmark import Levels

AROUND_CODE = "2"
"""Raise it when a change of code changes what stands in one of these tables."""

AGGREGATOR_REPLICATES = 100


@dataclass
class Made:
    """A finished table, and what an operator should know of how it came about."""

    table: pa.Table
    messages: list[str] = field(default_factory=list)


def _mark(study: Study, name: str, *parts: object) -> str:
    return fingerprint(
        name,
        AROUND_CODE,
        ESTIMATES_CODE,
        [window.pair for window in study.windows],
        study.estimates.replicates,
        study.seed,
        *parts,
    )


def _kept(dataset: Dataset, mark: str, make: Callable[[], pa.Table]) -> pa.Table:
    """The dataset's table, made only where it is not current."""
    if not dataset.is_current(None, mark):
        dataset.write_table(make(), mark)
    return dataset.table()


def _joined(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables(tables) if tables else schema.empty_table()


def find_emerging_titles(study: Study, places: StudyPlaces, progress: ProgressSink) -> Made:
    """Write the emerging titles of every pair of windows.

    Standard titles that are only codes (a taxonomy found in the sources) hold no wordings that others could be told
    from, so such a study has none.
    """
    from ml.estimation.around import EMERGING
    from ml.estimation.emerging import emerging_titles, find_concepts
    from orchestration.taxonomies import jobtide_seeds

    classified = places.classifications(promoted_version(places))
    seeds = jobtide_seeds()
    named = study.taxonomy.kind == "jobtide"
    mark = _mark(study, "emerging", places.postings.version(), classified.version(), seeds.version, named)

    def make() -> pa.Table:
        if not named:
            return EMERGING.empty_table()
        wordings = {title_id: card.wordings for title_id, card in seeds.cards().items()}
        progress("emerging titles", 0, len(study.windows) + 1)
        concepts = find_concepts(places.postings.files(), classified.files(), wordings)
        tables = []
        for number, window in enumerate(study.windows, start=1):
            tables.append(emerging_titles(concepts, window, study.estimates.replicates, study.seed))
            progress("emerging titles", number, len(study.windows))
        return _joined(tables, EMERGING)

    messages = (
        []
        if named
        else ["the titles of this study are codes without wordings: nothing can be told to be new"]
    )
    return Made(_kept(places.emerging_titles, mark, make), messages)


def decompose_market(study: Study, places: StudyPlaces, home: Path) -> tuple[Made, Made]:
    """Write the decomposition of every pair, and the benchmark beside it."""
    from ml.estimation.around import BENCHMARK, DECOMPOSITION
    from ml.estimation.benchmark import against_benchmark
    from ml.estimation.decomposition import Cells, count_cells, decompose

    polls = _poll_files(places)
    read = (
        places.postings.version(),
        places.duplicates.version(),
        [file_fingerprint(Path(path)) for path in polls],
    )
    counted: list[Cells] = []

    def cells() -> list[Cells]:
        if not counted:
            files = places.postings.files(), _files(places.duplicates)
            counted.extend(count_cells(*files, window, polls) for window in study.windows)
        return counted

    settings = study.estimates.replicates, study.seed

    def taken_apart() -> pa.Table:
        pairs = zip(cells(), study.windows, strict=True)
        return _joined([decompose(one, window.pair, *settings) for one, window in pairs], DECOMPOSITION)

    levels, files, messages = _benchmark_levels(study, home)

    def compared() -> pa.Table:
        pairs = zip(cells(), study.windows, strict=True) if levels else ()
        return _joined(
            [against_benchmark(levels, one, window, *settings) for one, window in pairs], BENCHMARK
        )

    decomposition = _kept(places.decomposition, _mark(study, "decomposition", *read), taken_apart)
    benchmark = _kept(places.benchmark, _mark(study, "benchmark", *read, files), compared)
    return Made(decomposition), Made(benchmark, messages)


def _benchmark_levels(study: Study, home: Path) -> tuple[Levels, list[str], list[str]]:
    """The index, identities of the files it came from, and messages. A fault of a file is a message, never an end."""
    from ml.estimation.benchmark import BenchmarkError, read_indeed
    from ml.estimation.benchmark_download import ADDRESS, Fetched, download, local_files

    setting = study.benchmark
    if setting is None:
        return {}, [], []
    if setting.path:
        found: Fetched = local_files(Path(resolve_path(setting.path, study, home)), setting.countries)
    else:
        kept = home / ".shared" / "benchmark"
        found = download(kept, setting.countries, setting.url or ADDRESS)
    try:
        levels = read_indeed(found.paths)
    except BenchmarkError as error:
        return {}, [], [*found.messages, f"the benchmark is left out: {error}"]
    wanted = {key: days for key, days in levels.items() if key[0] in setting.countries}
    return wanted, [file_fingerprint(path) for path in found.paths], found.messages


def _files(dataset: Dataset) -> list[str]:
    return dataset.files() if dataset.exists() else []


def watch_titles(study: Study, places: StudyPlaces) -> tuple[Made, Made]:
    """Write the watch list and the contrasts of near titles."""
    from ml.estimation.watching import near_contrasts, watch_list
    from orchestration.taxonomies import jobtide_seeds

    near: dict[str, list[str]] = {}
    if study.taxonomy.kind == "jobtide":
        for row in jobtide_seeds().neighbours:
            near.setdefault(row["title_id"], []).append(row["neighbour_id"])
            near.setdefault(row["neighbour_id"], []).append(row["title_id"])
    mark = _mark(study, "watching", places.estimates.version(), near)
    return (
        Made(
            _kept(places.watch_list, mark, lambda: watch_list(places.estimates.table(), near, study.windows))
        ),
        Made(
            _kept(
                places.near_contrasts,
                mark,
                lambda: near_contrasts(places.estimates.table(), near, study.windows),
            )
        ),
    )


def recount_headlines(study: Study, places: StudyPlaces, progress: ProgressSink) -> tuple[Made, Made]:
    """Write the sensitivity of the headlines, and their monthly series."""
    from ml.estimation.around import SENSITIVITY
    from ml.estimation.seasonal import month_counts, seasonal_series
    from ml.estimation.sensitivity import Files, headlines, sensitivity

    classified = places.classifications(promoted_version(places))
    polls = _poll_files(places)
    setting = study.sensitivity
    chosen = {
        window.pair: headlines(
            places.estimates.table(), window.pair, study.estimates.min_postings, setting.titles
        )
        for window in study.windows
    }
    read = places.postings.version(), classified.version(), places.estimates.version()
    polled = [file_fingerprint(Path(path)) for path in polls]
    answers = places.answers.version() if isinstance(study.labels, CrowdLabels) else []
    marks = (
        _mark(
            study,
            "sensitivity",
            *read,
            places.duplicates.version(),
            polled,
            setting.model_dump(),
            study.estimates.min_postings,
            study.classification.threshold,
            places.labels.version(),
            answers,
            [(name, other.version()) for name, other in sorted(_other_models(places, classified).items())],
        ),
        _mark(study, "seasonal", *read, chosen, study.months.keys(), _lives_version(places)),
    )

    def recounted() -> pa.Table:
        files = Files(places.postings.files(), classified.files(), _files(places.duplicates), polls)
        tables = []
        labelled = _other_labels(study, places)
        models = {name: other.files() for name, other in _other_models(places, classified).items()}
        for number, window in enumerate(study.windows, start=1):
            other = _other_aggregators(study, places, classified, window, labelled)
            tables.append(
                sensitivity(
                    files,
                    window,
                    chosen[window.pair],
                    places.estimates.table(),
                    study.classification.threshold,
                    thresholds=setting.thresholds,
                    labels=places.labels.table(["posting_id", "title_id"]),
                    other=other,
                    models=models,
                    replicates=study.estimates.replicates,
                    seed=study.seed,
                )
            )
            progress("sensitivity", number, len(study.windows))
        return _joined(tables, SENSITIVITY)

    def by_month() -> pa.Table:
        months = study.months.keys()
        titles = list(dict.fromkeys(title for some in chosen.values() for title in some))
        return seasonal_series(
            month_counts(classified.files(), months, titles), months, _flows(places, months)
        )

    return (
        Made(_kept(places.sensitivity, marks[0], recounted)),
        Made(_kept(places.seasonal, marks[1], by_month)),
    )


def _other_models(places: StudyPlaces, classified: Dataset) -> dict[str, Dataset]:
    """Encoder and version of other models -> what they made of the very postings that the study's model classified."""
    from ml.training import read_model_card

    found: dict[str, Dataset] = {}
    for folder in sorted(places.models.iterdir()):
        if not folder.is_dir() or folder.name == promoted_version(places):
            continue
        other = places.classifications(folder.name)
        # Kept from an earlier run: another month or fewer postings, and its counts would differ for that alone.
        same = other.exists() and all(
            other.rows([month]) == classified.rows([month]) for month in classified.partitions()
        )
        if same and other.partitions() == classified.partitions():
            found[f"{read_model_card(folder).encoder.name} {folder.name}"] = other
    return found


def _other_labels(study: Study, places: StudyPlaces) -> dict[str, pa.Table]:
    """Aggregator -> posting_id and title_id of its labels, for those that the study did not choose."""
    from typing import get_args

    from ml.labels.consensus import Method, consensus

    if not (study.sensitivity.aggregators and isinstance(study.labels, CrowdLabels)):
        return {}
    answers = places.answers.table(["task_id", "worker", "title_id", "answered_at"])
    version = taxonomy_version(places)
    return {
        method: consensus(answers, method, version).select(["posting_id", "title_id"])
        for method in get_args(Method)
        if method != study.labels.consensus
    }


def _other_aggregators(
    study: Study, places: StudyPlaces, classified: Dataset, window: Window, labelled: dict[str, pa.Table]
) -> dict[str, pa.Table]:
    """Aggregator -> estimates of the pair corrected by its labels; none where nothing is corrected."""
    from dataclasses import replace

    from ml.estimation.changes import estimate_changes
    from ml.estimation.counts import audit_rows, band_edges

    if not labelled:
        return {}
    evidence = _evidence(places, classified, (), window)
    if evidence.audit is None:
        return {}
    files = places.postings.files(), classified.files()
    edges = band_edges(classified.files(), places.labels.table(["posting_id"]))
    return {
        method: estimate_changes(
            replace(evidence, audit=audit_rows(*files, labels, window, edges=edges)),
            window.pair,
            AGGREGATOR_REPLICATES,
            study.seed,
        )
        for method, labels in labelled.items()
    }


def _lives(places: StudyPlaces) -> Dataset | None:
    lives: Dataset | None = getattr(places, "lifecycle", None)
    return lives if lives is not None and lives.exists() and lives.rows() else None


def _lives_version(places: StudyPlaces) -> list[list[str]]:
    lives = _lives(places)
    return lives.version() if lives else []


def _flows(places: StudyPlaces, months: Sequence[str]) -> dict[str, tuple[int, int, float]]:
    """Month -> postings opened and closed, and the mean stock; empty for a study without lives of postings."""
    from postings.lifecycle import flow_and_stock

    lives = _lives(places)
    if lives is None:
        return {}
    return {
        row["month"]: (row["opened"], row["closed"], row["stock"])
        for row in flow_and_stock(lives.table(), list(months)).to_pylist()
    }
