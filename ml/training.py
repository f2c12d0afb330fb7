"""Training a title model: choosing settings, honest out-of-fold predictions, the final fit, the model card.

What belongs here: the order of the steps and what is written. What does not: each step itself (contrastive.py,
forest.py, evaluation.py), and where labels come from.

Every figure of the card is out of fold: encoder and forest are fitted again for each fold. An encoder tuned on
all labels would have seen the rows that it is judged by.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from ml.classification import ENCODER_FOLDER, top_two_columns
from ml.contrastive import ContrastiveSettings, fine_tune
from ml.cross_fitting import fold_folder, hashed_folds
from ml.encoder import EncoderSpec, TokenMemory, encode, load_encoder, save_encoder
from ml.evaluation import Evaluation, evaluate
from ml.folders import temporary_folder_beside
from ml.forest import ForestSettings, LeanForest, fit_forest, top_two

if TYPE_CHECKING:
    import scipy.sparse as sp
    from sentence_transformers import SentenceTransformer

Progress = Callable[[str, int, int], None]
Integers = npt.NDArray[np.int64]

CARD_FILE, OUT_OF_FOLD_FILE = "model_card.json", "out_of_fold.parquet"


class Candidate(BaseModel):
    """One choice of settings and its accuracy in the cross-validation inside the labelled sample."""

    model_config = ConfigDict(frozen=True)

    forest: ForestSettings
    contrastive: ContrastiveSettings | None
    accuracy: float


class ContrastiveReport(BaseModel):
    """Held-out nearest-neighbour accuracy before and after tuning (means over the folds)."""

    model_config = ConfigDict(frozen=True)

    before: dict[str, float]
    after: dict[str, float]
    losses: list[float]


class ModelCard(BaseModel):
    """What a model is, what it was made from, and how good it is.

    random: measures by folds drawn over postings (they flatter: an employer repeats its own wording), or by one of
    them where the model is cross-fitted and there was no choice to make;
    by_employer: by folds that keep each employer whole, null where there are fewer employers than folds.
    cross_fitted: whether the folder holds the models of the folds by employer instead of one of all labels.
    duration_seconds is wall time, the one field that differs between equal runs.
    """

    model_config = ConfigDict(frozen=True)

    versions: dict[str, str]
    encoder: EncoderSpec
    embedding_dimensions: int
    contrastive: ContrastiveSettings | None
    forest: ForestSettings
    candidates: list[Candidate]
    seed: int
    folds: int
    labels: int
    titles: int
    employers: int
    label_counts: dict[str, int]
    random: Evaluation
    by_employer: Evaluation | None
    cross_fitted: bool = False
    contrastive_effect: ContrastiveReport | None
    duration_seconds: float


@dataclass(frozen=True)
class _Sample:
    texts: list[str]
    labels: list[str]
    weights: npt.NDArray[np.float64] | None

    def part(self, rows: Integers) -> _Sample:
        weights = None if self.weights is None else self.weights[rows]
        return _Sample([self.texts[row] for row in rows], [self.labels[row] for row in rows], weights)


@dataclass(frozen=True)
class _Choice:
    forest: ForestSettings
    contrastive: ContrastiveSettings | None


def train_title_model(
    texts: Sequence[str],
    labels: Sequence[str],
    employers: Sequence[str | None],
    *,
    encoder: EncoderSpec,
    contrastive: ContrastiveSettings | None,
    forest: ForestSettings,
    grid: Sequence[Mapping[str, Mapping[str, Any]]],
    folds: int,
    seed: int,
    cache: Path,
    out: Path,
    versions: dict[str, str],
    progress: Progress | None = None,
    corpus: Iterable[str] | None = None,
    confidences: Sequence[float] | None = None,
    keys: Sequence[str] | None = None,
    families: Mapping[str, str] | None = None,
    device: str | None = None,
    cross_fit: bool = False,
) -> ModelCard:
    """Train on labelled texts and write the model folder `out`, which appears whole (an older one is replaced).

    contrastive: None leaves the encoder as it is. grid: changes to the settings to choose between, such as
    `{"forest": {"max_features": 8}, "contrastive": {"steps": 600}}`; an empty grid takes the settings as given.
    folds: for the choice, the random and the employer-grouped predictions alike. confidences: weights of the
    labels in the forest. keys: posting ids, for out_of_fold.parquet. families: title id -> family, for the card.
    Rows of `employers` that are None or "unknown" count as one employer each. cross_fit: the folds by employer are
    those of `cross_fitting`, their models are kept in folds/<number>/, and no model of all labels is fitted. Where
    there are fewer employers than folds it is not done, and the card says so.

    Writes encoder/, forest.skops, leaves.safetensors (those of each fold in its own folder, where it is
    cross-fitted), model_card.json and out_of_fold.parquet (one row per text:
    row, key, fold, title_id, best_title_id, probability, second_title_id, second_probability, and the same from the
    folds by employer as by_employer_*, null where there are none).
    Raises ValueError where lengths differ, or fewer than two titles or `folds` texts are given.
    """
    started = time.monotonic()
    weights = None if confidences is None else np.asarray(confidences, dtype=np.float64)
    sample = _Sample(list(texts), list(labels), weights)
    _check(sample, employers, folds)
    path = _Path(encoder, cache, device, list(corpus) if corpus is not None else None, seed, progress)
    choices = _choices(forest, contrastive, grid)
    classes = sorted(set(sample.labels))

    cross_fit = cross_fit and len(set(employer_groups(employers).tolist())) >= folds
    random_folds = stratified_folds(sample.labels, folds, seed)
    # Cross-fitted and without a choice to make, the random split is there for comparison only: one fold tells enough.
    asked = np.arange(folds) if len(choices) > 1 or not cross_fit else np.arange(1)
    judged = np.flatnonzero(np.isin(random_folds, asked))
    judged_labels = [sample.labels[row] for row in judged]
    by_choice, effect = path.out_of_fold(sample, random_folds, choices, classes, "folds", asked)
    candidates = [
        Candidate(
            forest=choice.forest,
            contrastive=choice.contrastive,
            accuracy=_accuracy(judged_labels, probabilities, classes),
        )
        for choice, probabilities in zip(choices, by_choice, strict=True)
    ]
    # max takes the first of equals: the order of the grid is the order of preference.
    winner = max(range(len(choices)), key=lambda number: candidates[number].accuracy)
    chosen, random_probabilities = choices[winner], by_choice[winner]

    groups = employer_groups(employers)
    grouped_folds = employer_folds(groups, folds, seed)
    if cross_fit:
        grouped_folds = hashed_folds(employers, keys or [str(row) for row in range(len(labels))], folds)
    grouped = None
    models: list[tuple[SentenceTransformer, LeanForest]] = []
    if grouped_folds is not None:
        kept = models if cross_fit else None
        grouped = path.out_of_fold(
            sample, grouped_folds, [chosen], classes, "folds by employer", range(folds), kept
        )[0][0]
    if not cross_fit:
        model, _ = path.tuned(sample, chosen.contrastive, None)
        with path.memory.serving(model):
            embeddings = encode(model, sample.texts)
        models = [
            (model, fit_forest(embeddings, sample.labels, chosen.forest, seed, progress, sample.weights))
        ]
    card = ModelCard(
        versions=versions,
        encoder=encoder,
        embedding_dimensions=models[0][0].get_embedding_dimension(),
        contrastive=chosen.contrastive,
        forest=chosen.forest,
        candidates=candidates,
        seed=seed,
        folds=folds,
        labels=len(sample.labels),
        titles=len(classes),
        employers=len(set(groups.tolist())),
        label_counts=dict(sorted(Counter(sample.labels).items())),
        random=evaluate(judged_labels, random_probabilities, classes, families),
        by_employer=evaluate(sample.labels, grouped, classes, families) if grouped is not None else None,
        cross_fitted=cross_fit,
        contrastive_effect=effect[winner],
        duration_seconds=round(time.monotonic() - started, 3),
    )
    with temporary_folder_beside(out, replace=True) as folder:
        for number, (model, grown) in enumerate(models):
            place = fold_folder(folder, number) if cross_fit else folder
            save_encoder(model, place / ENCODER_FOLDER)
            grown.save(place)
        columns = _OutOfFold(classes, judged, random_probabilities, grouped)
        table = columns.table(sample.labels, keys, random_folds)
        pq.write_table(table, folder / OUT_OF_FOLD_FILE)
        (folder / CARD_FILE).write_text(card.model_dump_json(indent=1) + "\n", "utf-8")
    return card


def stratified_folds(labels: Sequence[str], folds: int, seed: int) -> Integers:
    """A fold number per row; every title's rows are spread as evenly over the folds as its count allows."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    names = np.asarray(labels, dtype=np.str_)[shuffled]
    # Dealt out title by title, going on where the last title stopped: even per title and in all.
    order = shuffled[np.argsort(names, kind="stable")]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold


def employer_groups(employers: Sequence[str | None]) -> Integers:
    """An employer number per row; a row whose employer is not known is an employer of its own."""
    numbers: dict[str, int] = {}
    groups = np.empty(len(employers), dtype=np.int64)
    for row, employer in enumerate(employers):
        key = f"row {row}" if employer in (None, "", "unknown") else f"employer {employer}"
        groups[row] = numbers.setdefault(key, len(numbers))
    return groups


def employer_folds(groups: Integers, folds: int, seed: int) -> Integers | None:
    """A fold number per row that keeps each employer whole; None where there are fewer employers than folds.

    Employers go, the largest first, to the fold with the fewest rows so far (ties drawn by the seed).
    """
    sizes = np.bincount(groups)
    if len(sizes) < folds:
        return None
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(sizes))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    load = np.zeros(folds, dtype=np.int64)
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for employer in order:
        fold_of[employer] = int(load.argmin())
        load[fold_of[employer]] += sizes[employer]
    return fold_of[groups]


def read_model_card(folder: Path) -> ModelCard:
    """The card of a model folder. Raises FileNotFoundError, or pydantic's ValidationError for a damaged one."""
    return ModelCard.model_validate_json((folder / CARD_FILE).read_text("utf-8"))


@dataclass(frozen=True)
class _Path:
    """The whole path from texts to probabilities, as one fold runs it."""

    encoder: EncoderSpec
    cache: Path
    device: str | None
    corpus: list[str] | None
    seed: int
    progress: Progress | None
    memory: TokenMemory = field(default_factory=TokenMemory)

    def tuned(
        self, sample: _Sample, settings: ContrastiveSettings | None, held_out: _Sample | None
    ) -> tuple[Any, Any]:
        model = load_encoder(self.encoder, self.cache, self.device, self.corpus)
        if settings is None:
            return model, None
        asked = (held_out.texts, held_out.labels) if held_out else None
        tuning = fine_tune(
            model, sample.texts, sample.labels, settings, self.seed, self.progress, asked, self.memory
        )
        return tuning.model, tuning

    def out_of_fold(
        self,
        sample: _Sample,
        folds: Integers,
        choices: Sequence[_Choice],
        classes: Sequence[str],
        task: str,
        numbers: Iterable[int] | None = None,
        keep: list[tuple[SentenceTransformer, LeanForest]] | None = None,
    ) -> tuple[list[sp.csr_matrix], list[ContrastiveReport | None]]:
        """Probabilities (n, classes) per choice, each row by the path that never saw its fold.

        numbers: the folds, also those that hold no row. keep: takes the encoder and the forest of each fold.
        """
        numbers = np.unique(folds) if numbers is None else np.array(list(numbers))
        blocks: list[list[tuple[Integers, sp.csr_matrix]]] = [[] for _ in choices]
        tunings: dict[str, list[Any]] = {}
        for done, number in enumerate(numbers):
            inside, outside = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
            known, asked = sample.part(inside), sample.part(outside)
            embedded: dict[str, tuple[Any, Any]] = {}
            for place, choice in enumerate(choices):
                key = choice.contrastive.model_dump_json() if choice.contrastive else ""
                if key not in embedded:
                    model, tuning = self.tuned(known, choice.contrastive, asked if len(outside) else None)
                    with self.memory.serving(model):
                        embedded[key] = encode(model, known.texts), encode(model, asked.texts)
                    if len(outside):
                        tunings.setdefault(key, []).append(tuning)
                x, held_out = embedded[key]
                grown = fit_forest(x, known.labels, choice.forest, self.seed, None, known.weights)
                if keep is not None:
                    keep.append((model, grown))
                if not len(outside):
                    continue
                found = _into_classes(grown.predict_proba_sparse(held_out), grown.classes_, classes)
                blocks[place].append((outside, found))
            if self.progress:
                self.progress(task, done + 1, len(numbers))
        probabilities = [_in_row_order(parts) for parts in blocks]
        keys = [choice.contrastive.model_dump_json() if choice.contrastive else "" for choice in choices]
        return probabilities, [_contrastive_report(tunings[key]) for key in keys]


def _check(sample: _Sample, employers: Sequence[str | None], folds: int) -> None:
    n = len(sample.texts)
    if (
        len(sample.labels) != n
        or len(employers) != n
        or (sample.weights is not None and len(sample.weights) != n)
    ):
        raise ValueError("texts, labels, employers and confidences must have the same length")
    if folds < 2 or n < folds:
        raise ValueError(
            f"{folds} folds over {n} labelled texts: at least 2 folds and as many texts are needed"
        )
    if len(set(sample.labels)) < 2:
        raise ValueError("a title model needs labels of at least two titles; label more postings")


def _choices(
    forest: ForestSettings,
    contrastive: ContrastiveSettings | None,
    grid: Sequence[Mapping[str, Mapping[str, Any]]],
) -> list[_Choice]:
    choices = []
    for changes in grid or [{}]:
        if unknown := set(changes) - {"forest", "contrastive"}:
            raise ValueError(
                f"a grid entry changes forest or contrastive settings, not {', '.join(sorted(unknown))}"
            )
        tuned = contrastive
        if contrastive is not None:
            tuned = ContrastiveSettings(**{**contrastive.model_dump(), **changes.get("contrastive", {})})
        choice = _Choice(ForestSettings(**{**forest.model_dump(), **changes.get("forest", {})}), tuned)
        if choice not in choices:
            choices.append(choice)
    return choices


def _into_classes(found: sp.csr_matrix, own: npt.NDArray[Any], classes: Sequence[str]) -> sp.csr_matrix:
    """Columns of a fold's own classes moved to their places among all classes."""
    import scipy.sparse as sp

    place = {title: column for column, title in enumerate(classes)}
    columns = np.array([place[title] for title in own.tolist()], dtype=np.int32)
    moved = sp.csr_matrix(
        (found.data, columns[found.indices], found.indptr), shape=(found.shape[0], len(classes))
    )
    moved.sort_indices()
    return moved


def _in_row_order(parts: Sequence[tuple[Integers, sp.csr_matrix]]) -> sp.csr_matrix:
    import scipy.sparse as sp

    rows = np.concatenate([rows for rows, _ in parts])
    return sp.vstack([block for _, block in parts], format="csr")[np.argsort(rows)]


def _accuracy(truth: Sequence[str], probabilities: sp.csr_matrix, classes: Sequence[str]) -> float:
    best = top_two(probabilities)[0]
    return float(np.mean([classes[b] == t for b, t in zip(best, truth, strict=True)]))


def _contrastive_report(tunings: Sequence[Any]) -> ContrastiveReport | None:
    if tunings[0] is None:
        return None
    mean = {
        when: {
            name: float(np.mean([getattr(tuning, when)[name] for tuning in tunings]))
            for name in getattr(tunings[0], when)
        }
        for when in ("before", "after")
    }
    return ContrastiveReport(**mean, losses=tunings[0].losses)


@dataclass(frozen=True)
class _OutOfFold:
    """The predictions of out_of_fold.parquet: `probabilities` of the rows `judged`, `grouped` of all rows or None."""

    classes: Sequence[str]
    judged: Integers
    probabilities: sp.csr_matrix
    grouped: sp.csr_matrix | None

    def table(self, labels: Sequence[str], keys: Sequence[str] | None, folds: Integers) -> pa.Table:
        """One row per labelled text; predictions that were not made are null."""
        rows, names = len(labels), np.asarray(self.classes, dtype=np.str_)
        columns: dict[str, Any] = {
            "row": pa.array(np.arange(rows), pa.int64()),
            "key": pa.array(list(keys), pa.string()) if keys is not None else pa.nulls(rows, pa.string()),
            "fold": pa.array(folds, pa.int32()),
            "title_id": pa.array(list(labels), pa.string()),
        }
        place = np.zeros(rows, dtype=np.int64)
        place[self.judged] = np.arange(len(self.judged))
        taken = pa.array(place, mask=~np.isin(np.arange(rows), self.judged))
        measures = ("best_title_id", "probability", "second_title_id", "second_probability")
        found = top_two_columns(names, *top_two(self.probabilities))
        columns |= {name: column.take(taken) for name, column in zip(measures, found, strict=True)}
        if self.grouped is not None:
            found = top_two_columns(names, *top_two(self.grouped))
            columns |= dict(zip((f"by_employer_{name}" for name in measures), found, strict=True))
        else:
            columns |= {f"by_employer_{name}": pa.nulls(rows, columns[name].type) for name in measures}
        return pa.table(columns)
