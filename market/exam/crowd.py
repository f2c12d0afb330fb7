"""The crowd: its answers, its consensus and its known questions against the true titles.

What belongs here: measures over labels and answers. What does not: aggregating answers, and pseudonyms (both are the
pipeline's; the exam is given what they gave).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from market.exam.changes import rank_correlation
from market.exam.scorecard import (
    CROWD,
    HIGHER,
    LOWER,
    NEAR_0,
    NEITHER,
    NUMBER,
    POINTS,
    SHARE,
    TRUE,
    Measure,
    Score,
)
from market.exam.truth import Worker

LEAST_ANSWERS = 20
"""Answers of a worker whose measured skill is compared with the planted one."""

LABELS = Measure(
    "consensus right",
    "Share of the labels that are the true title, of postings whose title the taxonomy has.",
    "above 90 %",
    SHARE,
    HIGHER,
)
MAJORITY = Measure(
    "majority vote right",
    "The same for the plain majority of the answers: the baseline that a consensus has to beat.",
    "",
    SHARE,
    HIGHER,
)
GAIN = Measure("consensus − majority", "The difference of the two.", "above 0", POINTS, HIGHER)
CONFIDENCE = Measure(
    "overconfidence",
    "Mean confidence of the labels − share that is right.",
    "within 2 points of 0",
    POINTS,
    NEAR_0,
)
IMPOSSIBLE = Measure(
    "labels without a right answer",
    "Share of the labels whose posting has an emerging title, which the taxonomy lacks.",
    "",
    SHARE,
    NEITHER,
)
ANSWERS = Measure(
    "answers right",
    "Share of single answers that name the true title, where the taxonomy has it.",
    "",
    SHARE,
    NEITHER,
)
SKILL = Measure(
    "skill found again",
    f"Spearman's correlation of workers' planted skill and the share of their answers that equals the consensus; "
    f"workers with {LEAST_ANSWERS} answers or more.",
    "above 0.7",
    NUMBER,
    HIGHER,
)
GOLD = Measure(
    "known questions right",
    "Share of the questions with a known answer whose answer is the true title.",
    "all",
    SHARE,
    HIGHER,
)
SPAM = Measure(
    "agreement of spammers with the consensus",
    "Share of the answers of workers without skill that equal the consensus.",
    "below 10 %; more: they carry labels",
    SHARE,
    LOWER,
)


def label_scores(
    labels: Mapping[str, tuple[str, float]],
    true: Mapping[str, str],
    standard: Iterable[str],
    *,
    headline: bool = True,
) -> list[Score]:
    """Labels (posting id -> title, confidence) against the truth (posting id -> title)."""
    known = set(standard)
    judged = [posting for posting in labels if posting in true]
    possible = [posting for posting in judged if true[posting] in known]
    if not possible:
        return []
    accuracy = _right({posting: labels[posting][0] for posting in possible}, true)
    confidence = sum(labels[posting][1] for posting in sorted(possible)) / len(possible)
    impossible = (len(judged) - len(possible)) / len(judged)
    n = len(possible)
    return [
        Score(CROWD, LABELS, n, accuracy, "labels", TRUE, headline=headline),
        Score(CROWD, CONFIDENCE, n, confidence - accuracy, "labels", TRUE),
        Score(CROWD, IMPOSSIBLE, len(judged), impossible, "labels", TRUE),
    ]


def majority_scores(
    labels: Mapping[str, str], majority: Mapping[str, str], true: Mapping[str, str], standard: Iterable[str]
) -> list[Score]:
    """The plain majority (posting id -> title), and what the consensus gains over it on the same postings."""
    known = set(standard)
    both = [posting for posting in labels if posting in majority and true.get(posting) in known]
    if not both:
        return []
    vote, consensus = (
        _right({posting: given[posting] for posting in both}, true) for given in (majority, labels)
    )
    return [
        Score(CROWD, MAJORITY, len(both), vote, "labels", TRUE),
        Score(CROWD, GAIN, len(both), consensus - vote, "labels", TRUE),
    ]


def answer_scores(
    answers: Sequence[tuple[str, str, str]],
    labels: Mapping[str, str],
    true: Mapping[str, str],
    standard: Iterable[str],
    workers: Mapping[str, Worker],
) -> list[Score]:
    """Single answers (posting id, worker, title), all and by kind of worker; `workers` may be empty.

    `workers`: the name that the answers carry -> who it is. Left out where pseudonyms cannot be matched.
    """
    known = set(standard)
    judged = [(worker, title == true[task]) for task, worker, title in answers if true.get(task) in known]
    scores = [_answers("all answers", [right for _, right in judged])] if judged else []
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for worker, right in judged:
        if worker in workers:
            by_kind[workers[worker].kind].append(right)
    scores += [_answers(f"workers of kind {kind}", found) for kind, found in sorted(by_kind.items())]
    agreeing: dict[str, list[bool]] = defaultdict(list)
    for task, worker, title in answers:
        if task in labels and worker in workers:
            agreeing[worker].append(title == labels[task])
    return scores + _skill(agreeing, workers)


def _skill(agreeing: Mapping[str, Sequence[bool]], workers: Mapping[str, Worker]) -> list[Score]:
    scores: list[Score] = []
    enough = sorted(worker for worker, found in agreeing.items() if len(found) >= LEAST_ANSWERS)
    if len(enough) > 2:
        measured = [float(np.mean(agreeing[worker])) for worker in enough]
        planted = [workers[worker].skill for worker in enough]
        value = rank_correlation(measured, planted)
        scores.append(Score(CROWD, SKILL, len(enough), value, "workers", TRUE))
    idle = [
        equal for worker, found in sorted(agreeing.items()) if not workers[worker].skill for equal in found
    ]
    if idle:
        scores.append(Score(CROWD, SPAM, len(idle), sum(idle) / len(idle), "workers without skill", TRUE))
    return scores


def gold_scores(gold: Sequence[tuple[str, str]], true: Mapping[str, str]) -> list[Score]:
    """Known questions (source id, title id) against the truth (source id -> title id)."""
    judged = [(title, true[source_id]) for source_id, title in gold if source_id in true]
    if not judged:
        return []
    right = sum(given == actual for given, actual in judged)
    return [Score(CROWD, GOLD, len(judged), right / len(judged), "known questions", TRUE)]


def _answers(subset: str, right: Sequence[bool]) -> Score:
    return Score(CROWD, ANSWERS, len(right), sum(right) / len(right), subset, TRUE)


def _right(given: Mapping[str, str], true: Mapping[str, str]) -> float:
    return sum(title == true[posting] for posting, title in given.items()) / len(given)
