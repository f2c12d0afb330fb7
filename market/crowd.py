"""A crowd that labels postings, and the result file that MTurk would hand out for it.

What belongs here: workers with skill, speed and a pull toward neighbouring titles, spammers, a clique that copies,
gold questions, and the file's layout. What does not: reading such files, or working out labels from answers.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from market.content import Content
from market.spec import MarketSpec
from storage.atomic import temporary_beside

CROWD_STREAM, SAMPLE_STREAM = 4, 5
"""Random streams of this module."""

SPAMMERS, CLIQUE = 0.05, 0.04
"""Shares of workers who click anything, and who sit together and hand in one person's answers."""

CLIQUE_SHIFTS = 0.06
"""Share of tasks that the clique takes up together: all of its members that a task has room for."""

GOLD_EACH = 8
"""Gold questions a worker meets, at most; the requester knows their answers (gold.csv)."""

FIVE_ANSWERS = 0.12
"""Share of postings for which five answers were bought instead of three."""

NEIGHBOUR_PULL = 0.7
"""Of an honest worker's mistakes, the share that goes to a neighbouring title; the others stay in the family mostly."""

OBSCURED_PENALTY = 0.86
"""An ad whose own title is out of sight is read right this much less often."""

BLANK = 0.003
DESCRIPTION_CHARACTERS = 400

HEADER = [
    "HITId",
    "HITTypeId",
    "Title",
    "Description",
    "Keywords",
    "Reward",
    "CreationTime",
    "MaxAssignments",
    "RequesterAnnotation",
    "AssignmentDurationInSeconds",
    "AutoApprovalDelayInSeconds",
    "Expiration",
    "NumberOfSimilarHITs",
    "LifetimeInSeconds",
    "AssignmentId",
    "WorkerId",
    "AssignmentStatus",
    "AcceptTime",
    "SubmitTime",
    "AutoApprovalTime",
    "ApprovalTime",
    "RejectionTime",
    "RequesterFeedback",
    "WorkTimeInSeconds",
    "LifetimeApprovalRate",
    "Last30DaysApprovalRate",
    "Last7DaysApprovalRate",
    "Input.source_id",
    "Input.title",
    "Input.description",
    "Answer.title",
    "Approve",
    "Reject",
]
"""The 33 cells of the header. Rows leave out the last two unless a requester wrote into them, as real files do."""

GOLD_HEADER = ["source_id", "title"]
"""The requester's own list of gold questions and their answers."""

_ALPHABET = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STANDARD_TIME_FROM = dt.datetime(2025, 11, 2, 9, 0)
"""2 November 2025, 02:00 Pacific daylight time, in UTC: clocks went back while this batch was open."""

_OPENED = dt.datetime(2025, 10, 27, 17, 3, 27)
_OPEN_SECONDS = 12 * 86_400


@dataclass(frozen=True)
class Task:
    """One posting shown to the crowd; `title` is the index of its true title."""

    source_id: str
    title_shown: str
    description: str
    title: int
    obscured: bool


@dataclass(frozen=True)
class Worker:
    """A member of the crowd: `skill` is the chance of naming the title of a plain ad, `seconds` the usual time of one.

    kind: careful, careless, spammer or clique. All members of the clique have the skill of the one they copy from.
    """

    worker_id: str
    kind: str
    skill: float
    activity: float
    seconds: float


@dataclass(frozen=True)
class Answer:
    """One answer: indices of task, worker and title (-1 for an empty one), and whether it was rejected."""

    task: int
    worker: int
    title: int
    rejected: bool


@dataclass(frozen=True)
class Sampled:
    """Positions of the postings that the crowd sees, sorted: a simple random sample, and those that serve as gold."""

    drawn: npt.NDArray[np.int64]
    gold: npt.NDArray[np.int64]


def sample_postings(spec: MarketSpec) -> Sampled:
    """Draw the crowd's postings without replacement; gold questions come from the others."""
    rng = np.random.default_rng([spec.seed, SAMPLE_STREAM])
    count = min(spec.labelled, spec.postings)
    gold = min(spec.gold, spec.postings - count)
    chosen = rng.choice(spec.postings, count + gold, replace=False, shuffle=True).astype(np.int64)
    return Sampled(np.sort(chosen[:count]), np.sort(chosen[count:]))


def recruit(spec: MarketSpec) -> list[Worker]:
    """The crowd: mostly careful people, some careless ones, a few spammers, one clique; activity has a heavy tail."""
    rng = np.random.default_rng([spec.seed, CROWD_STREAM, 0])
    count = spec.worker_count
    spammers = max(1, round(SPAMMERS * count))
    clique = max(3, round(CLIQUE * count))
    copied = float(rng.uniform(0.5, 0.65))
    workers = []
    for number in range(count):
        if number < spammers:
            kind, skill, seconds = "spammer", 0.0, rng.uniform(4, 12)
        elif number < spammers + clique:
            kind, skill, seconds = "clique", copied, rng.uniform(6, 15)
        elif rng.random() < 0.8:
            kind, skill, seconds = "careful", rng.uniform(0.86, 0.99), rng.uniform(35, 110)
        else:
            kind, skill, seconds = "careless", rng.uniform(0.55, 0.82), rng.uniform(15, 60)
        # The dishonest are busier than most, all alike: how much of a batch they fill must not hang on one lucky draw.
        activity = {"spammer": 2.0, "clique": 0.6}.get(kind) or float(rng.lognormal(0.0, 1.1))
        name = "A" + "".join(rng.choice(_ALPHABET, 13))
        workers.append(Worker(name, kind, float(skill), activity, float(seconds)))
    return workers


def answer(
    spec: MarketSpec, content: Content, tasks: list[Task], gold: list[Task], workers: list[Worker]
) -> list[Answer]:
    """Three answers to each task, five to some, from different workers, and each worker's answers to gold questions.

    Spammers click; most of their mistakes are caught. On tasks that the clique shares all its members hand in the same.
    `Answer.task` counts through `tasks` and then `gold`.
    """
    rng = np.random.default_rng([spec.seed, CROWD_STREAM, 1])
    opinion = _Opinion(content, workers, rng)
    clique = [number for number, worker in enumerate(workers) if worker.kind == "clique"]
    activity = np.array([worker.activity for worker in workers])
    answers = []
    for number, task in enumerate(tasks):
        count = min(5 if rng.random() < FIVE_ANSWERS else 3, len(workers))
        # The smallest of exponential clocks: a weighted draw without replacement.
        chosen = np.argsort(rng.exponential(1.0, len(workers)) / activity)[:count].tolist()
        shared = None
        if rng.random() < CLIQUE_SHIFTS:
            together = rng.permutation(clique)[: count - 1].tolist()
            chosen = [*together, *(n for n in chosen if n not in together)][:count]
            shared = opinion.of(clique[0], task)
        for worker in chosen:
            copies = shared is not None and worker in clique
            answers.append(opinion.handed_in(number, worker, task, shared if copies else None))
    for worker in range(len(workers)):
        seen = rng.permutation(len(gold))[: min(GOLD_EACH, len(gold))]
        answers += [opinion.handed_in(len(tasks) + n, worker, gold[n], None) for n in seen.tolist()]
    return answers


class _Opinion:
    """What a worker takes an ad for. No answer fits an emerging title: people name something close, or nothing."""

    def __init__(self, content: Content, workers: list[Worker], rng: np.random.Generator) -> None:
        index = {title.title_id: number for number, title in enumerate(content.titles)}
        self._rng, self._workers = rng, workers
        self._standard = np.array([title.in_taxonomy for title in content.titles])
        self._all = np.flatnonzero(self._standard)
        self._near = [[index[name] for name in title.near] for title in content.titles]
        members: dict[str, list[int]] = {}
        for number in self._all.tolist():
            members.setdefault(content.titles[number].family_id, []).append(number)
        self._family = [members.get(title.family_id, []) for title in content.titles]
        self._favourite = self._all[rng.integers(0, len(self._all), len(workers))]

    def of(self, number: int, task: Task) -> int:
        """The title that worker `number` names; -1 for none."""
        rng, worker = self._rng, self._workers[number]
        luck = rng.random()
        if rng.random() < BLANK:
            return -1
        if worker.kind == "spammer":
            return int(self._favourite[number]) if luck < 0.5 else int(rng.choice(self._all))
        if not self._standard[task.title]:
            return -1 if luck < 0.2 else int(rng.choice(self._near[task.title]))
        if luck < worker.skill * (OBSCURED_PENALTY if task.obscured else 1.0):
            return task.title
        if rng.random() < NEIGHBOUR_PULL:
            return int(rng.choice(self._near[task.title]))
        return int(rng.choice(self._family[task.title] if rng.random() < 0.7 else self._all))

    def handed_in(self, task_number: int, number: int, task: Task, copied: int | None) -> Answer:
        """The answer of worker `number`; `copied` is what the clique hands in."""
        title = self.of(number, task) if copied is None else copied
        caught = 0.75 if self._workers[number].kind == "spammer" else 0.01
        rejected = title != task.title and bool(self._rng.random() < caught)
        return Answer(task_number, number, title, rejected)


def write_batch_results(
    path: Path,
    spec: MarketSpec,
    content: Content,
    tasks: list[Task],
    workers: list[Worker],
    answers: Iterable[Answer],
) -> int:
    """Write an MTurk batch result file; returns its rows. Times are local to Pacific time, PDT and PST."""
    rows = 0
    with temporary_beside(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(HEADER)
        for cells in _rows(spec, content, tasks, workers, answers):
            writer.writerow(cells)
            rows += 1
    return rows


def write_gold(path: Path, content: Content, gold: list[Task]) -> None:
    """Write the requester's list of gold questions, with the standard title that answers each."""
    with temporary_beside(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(GOLD_HEADER)
        writer.writerows([task.source_id, content.titles[task.title].en] for task in gold)


def _rows(
    spec: MarketSpec, content: Content, tasks: list[Task], workers: list[Worker], answers: Iterable[Answer]
) -> Iterator[list[str]]:
    rng = np.random.default_rng([spec.seed, CROWD_STREAM, 2])
    batch = 5_000_000 + spec.seed % 1_000_000
    kind = _code(rng)
    hits = [_code(rng) for _ in tasks]
    for given in answers:
        task, worker = tasks[given.task], workers[given.worker]
        accepted = _OPENED + dt.timedelta(seconds=int(rng.integers(60, _OPEN_SECONDS)))
        worked = 4 + int(rng.gamma(4.0, worker.seconds / 4.0))
        submitted = accepted + dt.timedelta(seconds=worked)
        decided = submitted + dt.timedelta(days=1, seconds=int(rng.integers(0, 40_000)))
        share = 40 if worker.kind == "spammer" else 97
        cells = [
            hits[given.task],
            kind,
            "Which job is this?",
            "Read a job advertisement and choose the standard job title that fits it best.",
            "job, title, categorization, text",
            "$0.06",
            _local(_OPENED),
            "3",
            f"BatchId:{batch};OriginalHitTemplateId:928390002;",
            "900",
            "259200",
            _local(_OPENED + dt.timedelta(days=14)),
            "",
            "",
            _code(rng),
            worker.worker_id,
            "Rejected" if given.rejected else "Approved",
            _local(accepted),
            _local(submitted),
            _local(submitted + dt.timedelta(days=3)),
            "" if given.rejected else f"{decided:%Y-%m-%d %H:%M:%S} UTC",
            _local(decided) if given.rejected else "",
            "The answer does not fit the advertisement." if given.rejected else "",
            str(worked),
            f"{share}% ({share}/100)",
            f"{share}% ({share}/100)",
            "0% (0/0)",
            task.source_id,
            task.title_shown,
            task.description,
            content.titles[given.title].en if given.title >= 0 else "",
        ]
        if rng.random() < 0.02:
            cells += ["", "x"] if given.rejected else ["x", ""]
        yield cells


def _code(rng: np.random.Generator) -> str:
    return "3" + "".join(rng.choice(_ALPHABET, 29))


def _local(moment: dt.datetime) -> str:
    """A time in UTC as MTurk prints it: `Wed Apr 04 10:03:27 PDT 2018`."""
    zone, offset = ("PST", 8) if moment >= _STANDARD_TIME_FROM else ("PDT", 7)
    local = moment - dt.timedelta(hours=offset)
    return (
        f"{_DAYS[local.weekday()]} {_MONTHS[local.month - 1]} {local.day:02d} "
        f"{local:%H:%M:%S} {zone} {local.year}"
    )
