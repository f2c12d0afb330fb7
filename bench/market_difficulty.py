"""How hard a synthetic market is to read: the default path's accuracy on employers it has never seen.

What belongs here: one run of encoder, tuning and forest with a study's settings, outside of Dagster, against the truth.
What does not: the settings, which are read from the study's file, and the grid search, which is left out: the first
entry of the grid is the settings as they stand.
"""

import csv
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from market.generate import ANSWERS, TITLES, generate_market
from ml.contrastive import fine_tune
from ml.corpus import UNLABELLED, UNLABELLED_CHARACTERS, compose_texts
from ml.encoder import TokenMemory, encode, load_encoder
from ml.evaluation import evaluate
from ml.forest import fit_forest, top_two
from ml.labels.answers import normalised_wording
from ml.labels.consensus import consensus
from ml.labels.mturk import read_mturk_batch
from ml.training import employer_folds, employer_groups, stratified_folds
from orchestration.study import CrowdLabels, Study
from orchestration.taxonomies import TaxonomySeeds
from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.language import language_of
from postings.normalise.text import plain_text, single_line

FOLDS = 3
"""One fold of three is held out, the others teach: each in turn for new employers, the first alone at random."""

WORKER_KEY = b"market realism benchmark"
"""Pseudonyms of made-up workers, which nobody needs to match."""

WANTED = (0.75, 0.90)
"""Within these bounds accuracy on new employers is to lie at the default difficulty."""


@dataclass(frozen=True)
class Labelled:
    """The labelled ads of a market, with what is true of them; one entry an ad in every list.

    labels: consensus titles; truth: true ones; standard: whether the true title is in the taxonomy. employers: true
    ones, that of the client where an agency repeats an ad. corpus: unlabelled texts, for an encoder made from them.
    """

    texts: list[str]
    labels: list[str]
    confidences: npt.NDArray[np.float64]
    truth: list[str]
    standard: npt.NDArray[np.bool_]
    employers: list[str]
    chinese: npt.NDArray[np.bool_]
    obscured: npt.NDArray[np.bool_]
    corpus: list[str]


@dataclass(frozen=True)
class Judged:
    """Accuracy on the held-out ads of standard titles; None where a group has none.

    error: standard error of the accuracy, the employers being what is drawn: ads of one employer are alike.
    inside: share of the errors whose title is of the true one's family. confused: (true, predicted) pairs by number.
    """

    rows: int
    accuracy: float
    error: float
    top_5: float
    inside: float
    english: float | None
    chinese: float | None
    plain: float | None
    obscured: float | None
    confused: Counter[tuple[str, str]]


@dataclass(frozen=True)
class Exam:
    """One market at one difficulty. label_accuracy: of the consensus labels, where the true title is in the taxonomy;
    emerging: share of ads where it is not.
    """

    market: str
    difficulty: float
    labels: int
    label_accuracy: float
    emerging: float
    new: Judged
    random: Judged
    seconds: float


def examine(
    study: Study, postings: int, difficulty: float, seeds: TaxonomySeeds, folder: Path, cache: Path
) -> Exam:
    """Make the study's market with so many postings at a difficulty, and run the study's path on its labels."""
    import torch

    torch.set_num_threads(1)
    started = time.monotonic()
    if study.market is None:
        raise ValueError(f"study {study.name} has no synthetic market")
    market = study.market.model_copy(update={"postings": postings, "difficulty": difficulty})
    generate_market(market.spec(study.months), folder / "out", folder / "truth")
    ads = read_labelled(study, seeds, folder)
    folds = employer_folds(employer_groups(ads.employers), FOLDS, study.seed)
    if folds is None:
        raise ValueError("the labelled ads have too few employers")
    families = {row["title_id"]: row["family_id"] for row in seeds.titles}
    new = judge(study, ads, [folds == number for number in range(FOLDS)], families, cache)
    random = judge(study, ads, [stratified_folds(ads.labels, FOLDS, study.seed) == 0], families, cache)
    right = np.array([label == true for label, true in zip(ads.labels, ads.truth, strict=True)])
    return Exam(
        market.name,
        difficulty,
        len(ads.labels),
        float(right[ads.standard].mean()),
        float(1 - ads.standard.mean()),
        new,
        random,
        time.monotonic() - started,
    )


def read_labelled(study: Study, seeds: TaxonomySeeds, folder: Path) -> Labelled:
    """The labels as the pipeline would make them, from the MTurk file alone, joined with texts and truth."""
    out, truth = folder / "out", folder / "truth"
    given = pa.concat_tables(pq.read_table(path) for path in sorted(out.glob("postings-*.parquet")))
    true = pa.concat_tables(pq.read_table(path) for path in sorted(truth.glob("postings-*.parquet")))
    columns = ("title_id", "employer", "language", "obscured", "broken", "copy_of")
    facts = {row["id"]: row for row in true.select(["id", *columns]).to_pylist()}
    place = {row_id: row for row, row_id in enumerate(given.column("id").to_pylist())}
    usable = {row_id for row_id, fact in facts.items() if not fact["broken"]}

    wordings = seeds.unambiguous_aliases()
    for row in seeds.titles:
        for name in (row["title_id"], row["title_en"], row["title_zh"]):
            wordings[normalised_wording(name)] = row["title_id"]
    answers = read_mturk_batch(
        out / ANSWERS,
        task_column="Input.source_id",
        answer_column="Answer.title",
        taxonomy=wordings,
        known_tasks=lambda tasks: {task for task in tasks if task in usable},
        worker_key=WORKER_KEY,
    ).answers
    if not isinstance(study.labels, CrowdLabels):
        raise ValueError(f"study {study.name} has no crowd")
    labels = consensus(answers, study.labels.consensus, seeds.version)
    ids = labels.column("posting_id").to_pylist()

    unlabelled = np.random.default_rng(study.seed).permutation(given.num_rows)[:UNLABELLED]
    chosen = [facts[row_id] for row_id in ids]
    standard = _standard(truth / TITLES)
    return Labelled(
        _texts(given.take(pa.array([place[row_id] for row_id in ids])), study),
        labels.column("title_id").to_pylist(),
        np.array(labels.column("confidence").to_pylist()),
        [fact["title_id"] for fact in chosen],
        np.array([fact["title_id"] in standard for fact in chosen]),
        [(facts[fact["copy_of"]] if fact["copy_of"] else fact)["employer"] for fact in chosen],
        np.array([fact["language"] == "zh" for fact in chosen]),
        np.array([fact["obscured"] for fact in chosen]),
        [text[:UNLABELLED_CHARACTERS] for text in _texts(given.take(pa.array(unlabelled)), study)],
    )


def _standard(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["title_id"] for row in csv.DictReader(stream) if row["in_taxonomy"] == "true"}


def _texts(rows: pa.Table, study: Study) -> list[str]:
    titles = [single_line(title) for title in rows.column("title").to_pylist()]
    descriptions = [plain_text(text) for text in rows.column("description").to_pylist()]
    cleaned = {
        "title": titles,
        "description": descriptions,
        "core_text": [
            text and without_boilerplate(text, language_of(title, text))
            for title, text in zip(titles, descriptions, strict=True)
        ],
    }
    return compose_texts(
        pa.table({name: pa.array(values, pa.string()) for name, values in cleaned.items()}), study.text
    )


def judge(
    study: Study,
    ads: Labelled,
    held_out: Sequence[npt.NDArray[np.bool_]],
    families: dict[str, str],
    cache: Path,
) -> Judged:
    """For each of `held_out`, train on the consensus labels of the other ads, and hold it against the truth."""
    memory = TokenMemory()
    rows: list[npt.NDArray[np.int64]] = []
    predicted: list[str] = []
    among_five = 0.0
    for fold in held_out:
        known, asked = np.flatnonzero(~fold), np.flatnonzero(fold & ads.standard)
        texts, labels = [ads.texts[row] for row in known], [ads.labels[row] for row in known]
        model = load_encoder(study.encoder, cache, "cpu", ads.corpus)
        if study.contrastive is not None:
            model = fine_tune(model, texts, labels, study.contrastive, study.seed, memory=memory).model
        with memory.serving(model):
            embedded, hidden = encode(model, texts), encode(model, [ads.texts[row] for row in asked])
        forest = fit_forest(embedded, labels, study.forest, study.seed, None, ads.confidences[known])
        probabilities = forest.predict_proba_sparse(hidden)
        predicted += forest.classes_[top_two(probabilities)[0]].tolist()
        truth = [ads.truth[row] for row in asked]
        among_five += len(asked) * evaluate(truth, probabilities, forest.classes_.tolist()).top_5
        rows.append(asked)
    asked = np.concatenate(rows)
    return tally(
        [ads.truth[row] for row in asked],
        predicted,
        among_five / len(asked),
        families,
        [ads.employers[row] for row in asked],
        ads.chinese[asked],
        ads.obscured[asked],
    )


def tally(
    truth: list[str],
    predicted: list[str],
    top_5: float,
    families: dict[str, str],
    employers: list[str],
    chinese: npt.NDArray[np.bool_],
    obscured: npt.NDArray[np.bool_],
) -> Judged:
    """Count right and wrong titles, by group, and the wrong ones by pair."""
    right = np.array([p == t for p, t in zip(predicted, truth, strict=True)])
    wrong = Counter((t, p) for t, p in zip(truth, predicted, strict=True) if t != p)
    related = sum(number for (t, p), number in wrong.items() if families[t] == families[p])

    def among(group: npt.NDArray[np.bool_]) -> float | None:
        return float(right[group].mean()) if group.any() else None

    groups = np.unique(np.asarray(employers), return_inverse=True)[1]
    strays = np.bincount(groups, weights=right - right.mean())
    return Judged(
        len(truth),
        float(right.mean()),
        float(np.sqrt((strays**2).sum()) / len(right)),
        top_5,
        related / wrong.total() if wrong else 1.0,
        among(~chinese),
        among(chinese),
        among(~obscured),
        among(obscured),
        wrong,
    )
