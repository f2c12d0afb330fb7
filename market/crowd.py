"""A crowd that labels postings, and the result file that MTurk would hand out for it.

What belongs here: workers with skill, a pull toward neighbouring titles, spammers, and the file's layout. What does
not: reading such files, or working out labels from answers.
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

SPAMMERS = 0.06
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
    """A member of the crowd: `skill` is the chance of naming the title of a plain ad."""

    worker_id: str
    kind: str
    skill: float
    activity: float


@dataclass(frozen=True)
class Answer:
    """One answer: indices of task, worker and title (-1 for an empty one), and whether it was rejected."""

    task: int
    worker: int
    title: int
    rejected: bool


def sample_postings(spec: MarketSpec) -> npt.NDArray[np.int64]:
    """Positions of the postings that the crowd sees, a simple random sample without replacement, sorted."""
    rng = np.random.default_rng([spec.seed, SAMPLE_STREAM])
    count = min(spec.labelled, spec.postings)
    return np.sort(rng.choice(spec.postings, count, replace=False, shuffle=False).astype(np.int64))


def recruit(spec: MarketSpec) -> list[Worker]:
    """The crowd: mostly careful people, some careless ones, a few spammers; activity has a heavy tail."""
    rng = np.random.default_rng([spec.seed, CROWD_STREAM, 0])
    spammers = max(1, round(SPAMMERS * spec.workers))
    workers = []
    for number in range(spec.workers):
        kind = "spammer" if number < spammers else "careful" if rng.random() < 0.8 else "careless"
        skill = {"spammer": 0.0, "careful": rng.uniform(0.86, 0.99), "careless": rng.uniform(0.55, 0.82)}[
            kind
        ]
        # Spammers are busier than most, all alike: how much of a batch they fill must not hang on one lucky draw.
        activity = 2.0 if kind == "spammer" else float(rng.lognormal(0.0, 1.1))
        name = "A" + "".join(rng.choice(_ALPHABET, 13))
        workers.append(Worker(name, kind, float(skill), activity))
    return workers


def answer(spec: MarketSpec, content: Content, tasks: list[Task], workers: list[Worker]) -> list[Answer]:
    """Three answers to each task, five to some, from different workers. Spammers click; most are caught."""
    rng = np.random.default_rng([spec.seed, CROWD_STREAM, 1])
    index = {title.title_id: number for number, title in enumerate(content.titles)}
    near = [[index[name] for name in title.near] for title in content.titles]
    family = [
        [n for n, other in enumerate(content.titles) if other.family_id == title.family_id and n != number]
        for number, title in enumerate(content.titles)
    ]
    activity = np.array([worker.activity for worker in workers])
    favourite = rng.integers(0, len(content.titles), len(workers))
    answers = []
    for number, task in enumerate(tasks):
        count = min(5 if rng.random() < FIVE_ANSWERS else 3, len(workers))
        # The smallest of exponential clocks: a weighted draw without replacement.
        for chosen in np.argsort(rng.exponential(1.0, len(workers)) / activity)[:count].tolist():
            worker = workers[chosen]
            luck = rng.random()
            if rng.random() < BLANK:
                title = -1
            elif worker.kind == "spammer":
                title = int(favourite[chosen]) if luck < 0.5 else int(rng.integers(0, len(content.titles)))
            elif luck < worker.skill * (OBSCURED_PENALTY if task.obscured else 1.0):
                title = task.title
            elif rng.random() < NEIGHBOUR_PULL or not family[task.title]:
                title = int(rng.choice(near[task.title]))
            else:
                title = (
                    int(rng.choice(family[task.title]))
                    if rng.random() < 0.7
                    else int(rng.integers(0, len(content.titles)))
                )
            caught = 0.75 if worker.kind == "spammer" else 0.01
            answers.append(Answer(number, chosen, title, bool(title != task.title and rng.random() < caught)))
    return answers


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
        worked = int(rng.integers(4, 15)) if worker.kind == "spammer" else int(rng.gamma(3.0, 22.0)) + 9
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
