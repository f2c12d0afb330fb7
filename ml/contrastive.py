"""Contrastive fine-tuning: texts with the same label are drawn together, others apart.

What belongs here: drawing pairs, the trainer's settings, the measure before and after. What does not: loading
encoders, and what is done with the embeddings.

A batch holds one pair of texts for each of many classes. For each text the other texts of the batch are the
negatives (InfoNCE; van den Oord et al. 2018), so two pairs of one class in a batch would push texts of the same
class apart. The library's NO_DUPLICATES sampler removes equal texts, not equal labels; hence a sampler of our own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from ml.encoder import CHARACTERS_PER_TOKEN, TokenMemory, encode, static_module, token_limit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[str, int, int], None]
Integers = npt.NDArray[np.int64]


class ContrastiveSettings(BaseModel):
    """How the encoder is tuned.

    steps: batches; classes_per_batch: pairs in a batch, each of another class; learning_rate: its peak (None: a
    default for the kind of encoder); warmup: share of the steps in which it rises, after which it falls to zero;
    scale: factor on cosine similarity before the softmax, the inverse of the temperature; class_power: a class
    with n texts is drawn with weight n ** class_power (1: as texts come, 0: all classes alike).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=400, ge=1)
    classes_per_batch: int = Field(default=64, ge=2)
    learning_rate: float | None = Field(default=None, gt=0)
    warmup: float = Field(default=0.1, ge=0, le=0.5)
    scale: float = Field(default=10.0, gt=0)
    class_power: float = Field(default=0.5, ge=0, le=1)


# A static encoder is one table of vectors, each of which only few texts touch: it bears large steps.
STATIC_LEARNING_RATE, TRANSFORMER_LEARNING_RATE = 1e-2, 2e-5


@dataclass(frozen=True)
class FineTuned:
    """A tuned encoder, its loss over time, and its measures on held-out texts before and after."""

    model: SentenceTransformer
    losses: list[float]
    before: dict[str, float] | None
    after: dict[str, float] | None


def fine_tune(
    model: SentenceTransformer,
    texts: Sequence[str],
    labels: Sequence[str],
    settings: ContrastiveSettings,
    seed: int,
    progress: Progress | None = None,
    held_out: tuple[Sequence[str], Sequence[str]] | None = None,
    memory: TokenMemory | None = None,
) -> FineTuned:
    """Tune `model` in place on labelled texts and return it.

    held_out: (texts, labels) that take no part in the tuning; on them `neighbour_accuracy` is measured before
    and after, with the training texts as neighbours. memory: tokens of texts met before.
    Deterministic on a CPU for a seed and a thread count.
    Raises ValueError where fewer than two classes have texts.
    """
    if len(texts) != len(labels):
        raise ValueError(f"{len(texts)} texts, but {len(labels)} labels")
    if len(set(labels)) < 2:
        raise ValueError("contrastive tuning needs texts of at least two titles")
    limit = CHARACTERS_PER_TOKEN * token_limit(model)
    clipped = [text[:limit] for text in texts]
    pairs = draw_pairs(clipped, labels, settings, seed)
    with (memory or TokenMemory()).serving(model):
        before = neighbour_accuracy(model, clipped, labels, *held_out) if held_out else None
        with _only_used_tokens(model, clipped), _one_thread(model):
            losses = _train(model, clipped, pairs, settings, seed, progress)
        after = neighbour_accuracy(model, clipped, labels, *held_out) if held_out else None
    return FineTuned(model, losses, before, after)


def draw_pairs(
    texts: Sequence[str], labels: Sequence[str], settings: ContrastiveSettings, seed: int
) -> Integers:
    """Rows of texts to pair, of shape (steps, classes, 2): in each step every class occurs once.

    Classes are drawn without replacement. The first text of a pair is drawn from all texts of its class, the
    second from the class's other wordings: a text paired with its own copy teaches nothing. A class with a
    single wording is paired with itself, and still is a negative for the others.
    """
    random = np.random.default_rng(seed)
    names, codes = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    wordings = np.unique(np.array([text.casefold() for text in texts], dtype=object), return_inverse=True)[1]
    rows_of = [np.flatnonzero(codes == code) for code in range(len(names))]
    # Per class: a row for each distinct wording, and for each of its rows the number of the row's wording.
    distinct = [np.unique(wordings[rows], return_index=True, return_inverse=True) for rows in rows_of]
    weights = np.array([len(rows) for rows in rows_of], dtype=np.float64) ** settings.class_power
    width = min(settings.classes_per_batch, len(names))
    pairs = np.empty((settings.steps, width, 2), dtype=np.int64)
    for step in range(settings.steps):
        chosen = random.choice(len(names), size=width, replace=False, p=weights / weights.sum())
        for place, code in enumerate(chosen):
            rows, (_, firsts, numbers) = rows_of[code], distinct[code]
            anchor = random.integers(len(rows))
            jump = random.integers(1, len(firsts)) if len(firsts) > 1 else 0
            positive = rows[firsts[(numbers[anchor] + jump) % len(firsts)]] if jump else rows[anchor]
            pairs[step, place] = rows[anchor], positive
    return pairs


def neighbour_accuracy(
    model: SentenceTransformer,
    texts: Sequence[str],
    labels: Sequence[str],
    held_out_texts: Sequence[str],
    held_out_labels: Sequence[str],
) -> dict[str, float]:
    """How well nearness means sameness: shares of held-out texts whose nearest text has their label.

    `nearest`: the single nearest; `nearest_5`: the label with most similarity among the five nearest.
    """
    known, asked = encode(model, texts), encode(model, held_out_texts)
    names, codes = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    truth = np.asarray(held_out_labels, dtype=np.str_)
    count = min(5, len(known))
    nearest, voted = np.empty(len(asked), dtype=np.int64), np.empty(len(asked), dtype=np.int64)
    for start in range(0, len(asked), 1024):
        similarity = asked[start : start + 1024] @ known.T
        # The nearest few of thousands: a full sort of each row would take most of the time of a training.
        found = np.sort(np.argpartition(-similarity, count - 1, axis=1)[:, :count], axis=1)
        near = np.take_along_axis(similarity, found, axis=1)
        order = np.argsort(-near, axis=1, kind="stable")
        found, near = np.take_along_axis(found, order, axis=1), np.take_along_axis(near, order, axis=1)
        nearest[start : start + 1024] = codes[found[:, 0]]
        votes = np.zeros((len(found), len(names)))
        np.add.at(votes, (np.arange(len(found))[:, None], codes[found]), near + 1.0)
        voted[start : start + 1024] = votes.argmax(axis=1)
    return {
        "nearest": float(np.mean(names[nearest] == truth)),
        "nearest_5": float(np.mean(names[voted] == truth)),
    }


def _train(
    model: SentenceTransformer,
    texts: Sequence[str],
    pairs: Integers,
    settings: ContrastiveSettings,
    seed: int,
    progress: Progress | None,
) -> list[float]:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.base.sampler import DefaultBatchSampler
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback, TrainerCallback

    steps, width, _ = pairs.shape
    gpu = model.device.type == "cuda"

    class OnePairPerClass(DefaultBatchSampler):
        """Hands out the drawn batches in order; each holds one pair per class."""

        def __iter__(self) -> Iterator[list[int]]:
            for step in range(steps):
                yield list(range(step * width, (step + 1) * width))

        def __len__(self) -> int:
            return steps

    class Watcher(TrainerCallback):
        """Reports progress and keeps the loss."""

        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if progress and (state.global_step % 10 == 0 or state.global_step == steps):
                progress("contrastive", state.global_step, steps)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "loss" in logs:
                self.losses.append(float(logs["loss"]))

    class Trainer(SentenceTransformerTrainer):
        """Without the library's own model card: it costs seconds, and Jobtide writes its own."""

        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            return None

    # The texts of a pair are looked up when its batch is made: the pairs themselves would hold each text many
    # times over.
    rows = Dataset.from_dict({"anchor": pairs[:, :, 0].ravel(), "positive": pairs[:, :, 1].ravel()})
    rows.set_transform(lambda batch: {name: [texts[row] for row in batch[name]] for name in batch})
    default_rate = STATIC_LEARNING_RATE if static_module(model) is not None else TRANSFORMER_LEARNING_RATE
    watcher = Watcher()
    with tempfile.TemporaryDirectory(prefix="contrastive-") as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=1,
            per_device_train_batch_size=width,
            learning_rate=settings.learning_rate or default_rate,
            warmup_steps=int(settings.warmup * steps),
            weight_decay=0.0,
            lr_scheduler_type="linear",
            batch_sampler=OnePairPerClass,
            seed=seed,
            data_seed=seed,
            full_determinism=False,
            bf16=gpu,
            use_cpu=not gpu,
            save_strategy="no",
            eval_strategy="no",
            logging_steps=max(1, steps // 20),
            report_to="none",
            disable_tqdm=True,
            dataloader_num_workers=0,
            dataloader_pin_memory=gpu,
            remove_unused_columns=False,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=rows,
            loss=MultipleNegativesRankingLoss(model, scale=settings.scale),
            callbacks=[watcher],
        )
        trainer.remove_callback(PrinterCallback)  # the terminal belongs to the caller
        trainer.train()
    model.eval()
    return watcher.losses


@contextmanager
def _one_thread(model: SentenceTransformer) -> Iterator[None]:
    """One thread while a static encoder is tuned: its steps are so small that threads only wait for each other.

    Measured on 2 cores, 300 steps of 64 pairs: 4.5 s with two threads, 2.8 s with one.
    """
    import torch

    before = torch.get_num_threads()
    if static_module(model) is not None:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _only_used_tokens(model: SentenceTransformer, texts: Sequence[str]) -> Iterator[None]:
    """While tuning, keep only those rows of a static encoder's table that the texts touch.

    A row that no text touches has no gradient and Adam without weight decay never moves it, so the result is
    the same; but Adam would walk through all 30,000 rows in every step, where a few thousand matter.
    """
    import torch

    static = static_module(model)
    if static is None:
        yield
        return
    whole, preprocess = static.embedding, static.preprocess
    used = torch.unique(preprocess(list(texts))["input_ids"])  # sorted
    number = torch.zeros(whole.num_embeddings, dtype=torch.int64)
    number[used] = torch.arange(len(used))
    rows = used.to(whole.weight.device)

    def renumbered(*arguments: Any, **named: Any) -> dict[str, Any]:
        features: dict[str, Any] = preprocess(*arguments, **named)
        return {**features, "input_ids": number[features["input_ids"]]}

    static.embedding = torch.nn.EmbeddingBag.from_pretrained(
        whole.weight.detach()[rows].clone(), freeze=False
    )
    static.preprocess = renumbered
    try:
        yield
    finally:
        with torch.no_grad():
            whole.weight[rows] = static.embedding.weight
        static.embedding, static.preprocess = whole, preprocess
