"""The whole exam: every measure of one finished run.

What belongs here: which measures there are, and in which order. What does not: any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from market.exam.classification import classification_scores
from market.exam.crowd import answer_scores, gold_scores, label_scores, majority_scores
from market.exam.emerging import example_ids
from market.exam.marts import Ground, examine_marts
from market.exam.postings import Counted, PostingFiles, count_postings
from market.exam.records import copy_scores, record_scores
from market.exam.scorecard import ExamError, Score, not_examined
from market.exam.truth import Truth, Worker, read_truth
from market.exam.windows import windows_of


@dataclass(frozen=True)
class Crowd:
    """What the crowd stage gave. answers: columns task_id, worker, title_id; majority: columns posting_id, title_id.

    pseudonyms: worker id of the platform -> the name that answers carry; empty where it cannot be known.
    """

    answers: pa.Table
    majority: pa.Table
    pseudonyms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Papers:
    """What is handed in. pairs: the study's windows, the headline pair first. labels: columns posting_id, title_id,
    confidence. crowd: None where the labels are not a crowd's.
    """

    source: Path
    truth: Path
    marts: Path
    pairs: Sequence[str]
    postings: Mapping[str, Sequence[str]]
    classifications: Mapping[str, Sequence[str]]
    labels: pa.Table
    crowd: Crowd | None = None


def worker_ids(source: Path, truth: Path) -> list[str]:
    """The platform's ids of all workers, for whoever knows how they are turned into pseudonyms."""
    return [worker.worker_id for worker in read_truth(source, truth).workers]


def sit(papers: Papers, *, memory_limit: str = "2GB", threads: int = 2) -> list[Score]:
    """Hold the exam. Raises ExamError where the truth or a table is missing, damaged or does not fit the others."""
    if not papers.pairs:
        raise ExamError("the study has no windows to compare")
    truth = read_truth(papers.source, papers.truth)
    windows = tuple(windows_of(pair) for pair in papers.pairs)
    labelled = papers.labels.column("posting_id").to_pylist()
    asked = papers.crowd.answers.column("task_id").unique().to_pylist() if papers.crowd else []
    asked_ids = sorted({*labelled, *asked, *example_ids(papers.marts)})
    files = PostingFiles(papers.postings, papers.classifications, labelled, asked_ids)
    counted = count_postings(files, truth.shards, windows, memory_limit=memory_limit, threads=threads)
    return [
        *examine_marts(papers.marts, Ground(truth, counted, windows)),
        *classification_scores(counted.outcomes, truth.titles),
        *_crowd_scores(papers, truth, counted),
        *record_scores(counted.records),
        *copy_scores(counted.copies),
    ]


def _crowd_scores(papers: Papers, truth: Truth, counted: Counted) -> list[Score]:
    rows = papers.labels.select(["posting_id", "title_id", "confidence"]).to_pylist()
    labels = {row["posting_id"]: (row["title_id"], row["confidence"]) for row in rows}
    true, standard = counted.titles_asked, truth.standard
    scores = label_scores(labels, true, standard)
    if papers.crowd is None:
        return [*scores, not_examined("the crowd", "The labels of this study are not a crowd's.")]
    titles = {posting: title for posting, (title, _) in labels.items()}
    majority = dict(
        zip(
            *(papers.crowd.majority.column(name).to_pylist() for name in ("posting_id", "title_id")),
            strict=True,
        )
    )
    scores += majority_scores(titles, majority, true, standard)
    columns = (papers.crowd.answers.column(name).to_pylist() for name in ("task_id", "worker", "title_id"))
    answers = list(zip(*columns, strict=True))
    workers: dict[str, Worker] = {
        papers.crowd.pseudonyms[worker.worker_id]: worker
        for worker in truth.workers
        if worker.worker_id in papers.crowd.pseudonyms
    }
    if not {worker for _, worker, _ in answers} & workers.keys():
        workers = {}
        scores.append(not_examined("workers one by one", "The key of their pseudonyms is not at hand."))
    scores += answer_scores(answers, titles, true, standard, workers)
    names = {title.name: title.title_id for title in truth.titles.values()}
    gold = [(source_id, names.get(title, title)) for source_id, title in truth.gold]
    return scores + gold_scores(gold, counted.sources_asked)
