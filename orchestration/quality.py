"""The exam on real data: a study whose sources state the true titles, with the tuned and the untuned encoder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ml.scoring import Score, score_against_gold
from orchestration.home import StudyPlaces
from orchestration.registration import variant
from orchestration.runs import run_study
from orchestration.study import Study, StudyError
from orchestration.versions import promoted_version
from storage import write_text_atomically

LAST_SCORED = "classifications"


@dataclass(frozen=True)
class Row:
    """One run of the exam: a seed and an encoder, tuned or not."""

    seed: int
    tuned: bool
    score: Score
    out_of_fold: float
    new_employers: float


def write_quality(study: Study, seeds: list[int], home: Path, out: Path) -> list[Row]:
    """Run the study once a seed with the tuned and once with the untuned encoder, and write the table to `out`.

    Raises StudyError where the sources of the study do not state the true titles.
    """
    if study.labels is None or study.labels.kind != "column":
        raise StudyError(f"study {study.name}: its sources state no true titles (labels of kind `column`)")
    rows = [_run(study, seed, tuned, home) for seed in seeds for tuned in (True, False)]
    write_text_atomically(out, _page(study, rows))
    return rows


def _run(study: Study, seed: int, tuned: bool, home: Path) -> Row:
    changes: dict[str, Any] = {"seed": seed} if tuned else {"seed": seed, "contrastive": None}
    chosen = variant(study, f"seed{seed}" + ("" if tuned else "_untuned"), changes)
    run_study(chosen, home, until=LAST_SCORED)
    places = StudyPlaces(home / chosen.name)
    window = chosen.windows[0]
    score = score_against_gold(
        places.gold.files(),
        places.classifications(promoted_version(places)).files(),
        places.labels.table(["posting_id"]).column(0).to_pylist(),
        window.base.keys(),
        window.current.keys(),
    )
    card = json.loads(places.model_card.read_text("utf-8"))
    return Row(seed, tuned, score, card["random"]["accuracy"], card["by_employer"]["accuracy"])


def _page(study: Study, rows: list[Row]) -> str:
    tuned = [row for row in rows if row.tuned]
    untuned = [row for row in rows if not row.tuned]
    lines = [
        f"# {study.title}: how right are the titles?",
        "",
        f"Study `{study.name}`, windows {study.windows[0].pair}. "
        f"Written by `jobtide quality studies/{study.name}.yaml`.",
        "Hidden: postings whose given label no stage but this scorer reads. Out of fold: the labelled sample, each",
        "posting by a path (encoder and forest) fitted without it; new employers: folds that hold whole employers.",
        "Change errors: means over the titles with 100 or more true postings in the base window, counts over all",
        "postings (labelled ones by their out-of-fold prediction), against the changes of the given labels. A title",
        "without a true posting in the current window is left out: the log of its ratio is infinite.",
        "",
        "| encoder | seed | hidden postings | accuracy, hidden | accuracy, out of fold | accuracy, new employers "
        "| titles | error of the log ratio | error of the change, points |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in [*tuned, *untuned]:
        lines.append(
            f"| {'tuned' if row.tuned else 'untuned'} | {row.seed} | {row.score.hidden:,} "
            f"| {row.score.hidden_accuracy:.4f} | {row.out_of_fold:.4f} | {row.new_employers:.4f} "
            f"| {row.score.titles} | {row.score.log_ratio_error:.4f} | {row.score.points_error:.2f} |"
        )
    lines += [
        "",
        "| mean over the seeds | tuned | untuned | tuned against untuned |",
        "| --- | --- | --- | --- |",
    ]
    figures = [
        ("accuracy, hidden", lambda row: row.score.hidden_accuracy, 4),
        ("accuracy, out of fold", lambda row: row.out_of_fold, 4),
        ("accuracy, new employers", lambda row: row.new_employers, 4),
        ("error of the log ratio", lambda row: row.score.log_ratio_error, 4),
        ("error of the change, points", lambda row: row.score.points_error, 2),
    ]
    for name, figure, digits in figures:
        with_tuning, without = mean(map(figure, tuned)), mean(map(figure, untuned))
        lines.append(
            f"| {name} | {with_tuning:.{digits}f} | {without:.{digits}f} | {100 * (with_tuning / without - 1):+.1f} % |"
        )
    return "\n".join(lines) + "\n"
