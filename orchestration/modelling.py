"""The model and classification stages: what is read, which pure function is called, what is written where."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.home import StudyPlaces
from orchestration.progress import ProgressSink
from orchestration.study import Study, WordingLabels
from orchestration.versions import promote, promoted_version, study_versions, training_version
from storage import Dataset, fingerprint, write_json_atomically

if TYPE_CHECKING:
    from ml.classification import Classified, TitleModel
    from ml.classification_table import Prediction
    from ml.cross_fitting import CrossFitted

BATCH_ROWS = 16_384


def train_study_model(
    study: Study, places: StudyPlaces, cache: Path, progress: ProgressSink
) -> dict[str, Any]:
    """Train, store and promote the study's model; returns the model card.

    A version that already stands whole on disk is promoted again without training: the version is the
    fingerprint of everything that the training reads.
    """
    from ml.corpus import labelled_corpus
    from ml.training import train_title_model

    corpus = labelled_corpus(places.postings.files(), places.labels.table(), study.text)
    unlabelled = _unlabelled(study, places)
    version = training_version(study, corpus, unlabelled)
    folder = places.models / version
    if not (folder / "model_card.json").exists():
        train_title_model(
            corpus.column("text").to_pylist(),
            corpus.column("title_id").to_pylist(),
            corpus.column("employer_id").to_pylist(),
            encoder=study.encoder,
            contrastive=study.contrastive,
            forest=study.forest,
            grid=study.evaluation.grid,
            folds=study.evaluation.folds,
            seed=study.seed,
            confidences=corpus.column("confidence").to_pylist(),
            keys=corpus.column("posting_id").to_pylist(),
            families=_families(places),
            cache=cache,
            corpus=unlabelled,
            out=folder,
            versions={**study_versions(places), "model_version": version},
            progress=progress,
            cross_fit=study.evaluation.cross_fit,
        )
    card: dict[str, Any] = json.loads((folder / "model_card.json").read_text("utf-8"))
    promote(places, version)
    write_json_atomically(places.model_card, card)
    return card


@dataclass
class ClassificationReport:
    """What one run of the classification stage did."""

    model_version: str
    dimensions: int
    rows: int = 0
    embedded: int = 0
    unassigned: int = 0
    seconds: float = 0.0
    by_month: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Postings a second, of those that were classified in this run."""
        return round(self.embedded / self.seconds, 1) if self.seconds else 0.0


def classify_months(
    study: Study, places: StudyPlaces, months: Sequence[str], progress: ProgressSink
) -> ClassificationReport:
    """Embed and classify the postings of `months` with the promoted model; months that are current are skipped."""
    version = promoted_version(places)
    model = _open_model(places.models / version, _worded(study, places))
    classified = places.classifications(version)
    dimensions = model.dimensions
    embedded = places.embeddings(version, dimensions) if study.classification.write_embeddings else None
    report = ClassificationReport(version, dimensions)
    total, done = places.postings.rows(months), 0
    for month in months:
        mark = fingerprint(
            "classify-3", version, places.postings.version([month]), study.classification.model_dump()
        )
        current = classified.is_current(month, mark) and (
            embedded is None or embedded.is_current(month, mark)
        )
        if not current:
            started = time.monotonic()
            into = _Outputs(classified, embedded, mark, version)
            for rows in _classify_month(study, places.postings, month, model, into):
                report.embedded += rows
                progress("classify", done := done + rows, total)
            report.seconds += time.monotonic() - started
        report.by_month.append(
            {"month": month, "postings": classified.rows([month]), "rewritten": not current}
        )
    report.rows = classified.rows(months)
    report.unassigned = _unassigned(classified, months)
    return report


@dataclass(frozen=True)
class _Outputs:
    """Where a month's predictions go, and the versions they carry."""

    classified: Dataset
    embedded: Dataset | None
    mark: str
    model_version: str


def _classify_month(
    study: Study,
    postings: Dataset,
    month: str,
    model: _Model,
    into: _Outputs,
) -> Iterator[int]:
    """Write one month's classifications (and embeddings), yielding the rows of each batch as they are done."""
    from contextlib import ExitStack

    from ml.classification_table import classification_table
    from ml.corpus import compose_texts

    columns = list(dict.fromkeys(["posting_id", "posting_month", "employer_id", *study.text]))
    with ExitStack() as stack:
        titles_out = stack.enter_context(into.classified.writer(month, into.mark))
        vectors_out = stack.enter_context(into.embedded.writer(month, into.mark)) if into.embedded else None
        for batch in postings.batches(columns, [month], BATCH_ROWS):
            found = model.classify(compose_texts(batch, study.text), batch)
            keys = {name: batch.column(name) for name in ("posting_id", "posting_month")}
            titles_out.write(
                classification_table(
                    keys["posting_id"].to_pylist(),
                    keys["posting_month"].to_pylist(),
                    found,
                    model.known,
                    study.classification.threshold,
                    into.model_version,
                    model.evaluation_of_known,
                )
            )
            if vectors_out:
                flat = pa.array(found.embeddings.reshape(-1), pa.float32())
                vectors = pa.FixedSizeListArray.from_arrays(flat, found.embeddings.shape[1])
                vectors_out.write(pa.table({**keys, "embedding": vectors}))
            yield batch.num_rows


def _unlabelled(study: Study, places: StudyPlaces) -> list[str] | None:
    """Unlabelled texts, where the study's encoder is made from them."""
    from ml.corpus import unlabelled_texts
    from ml.encoder import CORPUS

    return unlabelled_texts(places.postings.files(), study.text) if study.encoder.name == CORPUS else None


@dataclass(frozen=True)
class _Model:
    """The promoted model: `one` of all labels, or the `folds` of a cross-fitted one.

    known: the labelled postings' titles by posting id: predictions by paths that never saw them, or what their wordings
    say.
    """

    one: TitleModel | None
    folds: CrossFitted | None
    known: dict[str, Prediction]
    evaluation_of_known: str

    @property
    def dimensions(self) -> int:
        """Dimensions of the embeddings."""
        if self.folds is not None:
            return self.folds.dimensions
        assert self.one is not None  # noqa: S101  (one of the two is there)
        return int(self.one.encoder.get_embedding_dimension())

    def classify(self, texts: list[str], batch: pa.Table) -> Classified:
        """Classify the texts of a batch of postings."""
        if self.folds is not None:
            keys = (batch.column(name).to_pylist() for name in ("employer_id", "posting_id"))
            return self.folds.classify(texts, *keys)
        assert self.one is not None  # noqa: S101
        return self.one.classify(texts)


def _worded(study: Study, places: StudyPlaces) -> dict[str, Prediction] | None:
    """The titles of labelled postings where labels are wordings; None where they are judgements."""
    from ml.classification_table import Prediction

    if not isinstance(study.labels, WordingLabels):
        return None
    rows = places.labels.table(["posting_id", "title_id", "confidence"]).to_pylist()
    return {row["posting_id"]: Prediction(row["title_id"], row["confidence"], None, None) for row in rows}


def _open_model(folder: Path, worded: dict[str, Prediction] | None) -> _Model:
    from ml.classification import TitleModel
    from ml.classification_table import Prediction
    from ml.cross_fitting import CrossFitted
    from ml.schema import BY_WORDING, OUT_OF_FOLD
    from ml.training import OUT_OF_FOLD_FILE, read_model_card

    cross_fitted = read_model_card(folder).cross_fitted
    prefix = "by_employer_" if cross_fitted else ""
    names = ("best_title_id", "probability", "second_title_id", "second_probability")
    table = pq.read_table(folder / OUT_OF_FOLD_FILE, columns=["key", *(prefix + name for name in names)])
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return _Model(
        one=None if cross_fitted else TitleModel.load(folder),
        folds=CrossFitted.load(folder) if cross_fitted else None,
        known={key: Prediction(*found) for key, *found in rows} if worded is None else worded,
        evaluation_of_known=OUT_OF_FOLD if worded is None else BY_WORDING,
    )


def _families(places: StudyPlaces) -> dict[str, str]:
    rows = places.taxonomy.table(["title_id", "family"]).to_pylist()
    return {row["title_id"]: row["family"] for row in rows if row["family"]}


def _unassigned(classified: Dataset, months: Sequence[str]) -> int:
    import pyarrow.compute as pc

    from ml.schema import UNASSIGNED

    return sum(
        int(pc.sum(pc.equal(batch.column("title_id"), UNASSIGNED)).as_py() or 0)
        for batch in classified.batches(["title_id"], months)
    )
