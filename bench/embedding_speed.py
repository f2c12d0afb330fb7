"""How fast postings are embedded, and an encoder tuned, by a transformer of the study's size: a GPU's figures.

    python -m bench.embedding_speed TEXTS.parquet [--column NAME] [--tokens N ...] [--texts N] [--out FILE]

What belongs here: the product's own `encode` and `fine_tune` on texts of yours, beside named baselines in one run. What
does not: how good the embeddings are. The model has the shape of all-mpnet-base-v2 (12 layers, 768 wide, 109 million
weights) and random weights, and its vocabulary is made from the texts: speed depends on neither, and nothing need be
fetched. A rate counts texts from strings to float32 rows in memory.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from ml.contrastive import ContrastiveSettings, fine_tune
from ml.encoder import choose_device, encode
from storage import write_json_atomically

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

VOCABULARY, WIDTH = 30_527, 768
SPECIAL = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
ALL_POSTINGS = 180e6
CLASSES = 64


def shaped_like_mpnet(texts: Sequence[str], folder: Path, device: str) -> SentenceTransformer:
    """A SentenceTransformer of MPNet's shape with random weights, and a WordPiece vocabulary of the texts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import MPNetConfig, MPNetModel, PreTrainedTokenizerFast

    named = {f"{name}_token": token for name, token in SPECIAL.items()}
    pieces = BertWordPieceTokenizer(**named)
    pieces.train_from_iterator(
        texts, vocab_size=VOCABULARY, special_tokens=list(SPECIAL.values()), show_progress=False
    )
    ends = [(SPECIAL[name], pieces.token_to_id(SPECIAL[name])) for name in ("cls", "sep")]
    pieces.post_processor = TemplateProcessing(single="<s> $A </s>", pair=None, special_tokens=ends)
    torch.manual_seed(0)
    MPNetModel(MPNetConfig(vocab_size=VOCABULARY)).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=pieces._tokenizer, model_max_length=512, **named
    ).save_pretrained(folder)
    modules = [Transformer(str(folder)), Pooling(WIDTH, pooling_mode="mean"), Normalize()]
    return SentenceTransformer(modules=modules, device=device)


def operations(lengths: np.ndarray[Any, Any]) -> float:
    """Floating-point operations of a forward pass over texts of these lengths in tokens, padding not counted.

    Two for each weight of the layers and token (85 million), and the two products of attention.
    """
    layers, weights = 12, 12 * (4 * WIDTH * WIDTH + 2 * WIDTH * 4 * WIDTH)
    return float((2.0 * weights * lengths + layers * 4.0 * WIDTH * lengths.astype(float) ** 2).sum())


def timed(run: Callable[[], Any], device: str) -> tuple[float, Any]:
    """Seconds and result; waits for the device."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    found = run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began, found


def measure(texts: Sequence[str], tokens: Sequence[int], steps: int, device: str) -> list[dict[str, Any]]:
    """One row for each way and length."""
    import torch

    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="mpnet-shape-") as folder:
        model = shaped_like_mpnet(texts, Path(folder), device)
        for length in tokens:
            model.max_seq_length = length
            ids = model.tokenizer(list(texts), truncation=True, max_length=length)["input_ids"]
            lengths = np.array([len(one) for one in ids])
            plain = texts[: max(1, len(texts) // 8)]

            def as_it_comes(some: Sequence[str] = plain) -> Any:
                return model.encode(list(some), batch_size=32, show_progress_bar=False)

            ways: list[tuple[str, Sequence[str], Callable[[], Any]]] = [
                ("sentence-transformers as it comes (float32, 32 a batch)", plain, as_it_comes),
                (
                    "tokenizer alone",
                    texts,
                    lambda size=length: model.tokenizer(list(texts), truncation=True, max_length=size),
                ),
            ]
            for batch in (256, 1024) if device == "cuda" else (256,):
                ways.append((f"encode, {batch} a batch", texts, lambda b=batch: encode(model, texts, b)))
            encode(model, texts[:512])
            exact: Any = None
            for name, some, run in ways:
                seconds, found = timed(run, device)
                row = {
                    "way": name,
                    "tokens": length,
                    "mean_tokens": round(float(lengths.mean()), 1),
                    "texts": len(some),
                    "seconds": round(seconds, 3),
                    "texts_per_second": round(len(some) / seconds, 1),
                    "hours_for_180_million": round(ALL_POSTINGS / (len(some) / seconds) / 3600, 2),
                }
                if "tokenizer" not in name:
                    row["teraflops"] = round(operations(lengths[: len(some)]) / seconds / 1e12, 1)
                if found is not None and exact is None:
                    exact = np.asarray(found)
                elif "encode" in name:
                    row["least_cosine_to_float32"] = round(
                        float((exact * found[: len(exact)]).sum(1).min()), 5
                    )
                rows.append(row)
                print(json.dumps(row), flush=True)
        labels = [f"{number % 200}" for number in range(len(texts))]
        settings = ContrastiveSettings(steps=steps, classes_per_batch=CLASSES)
        model.max_seq_length = tokens[0]
        fine_tune(model, texts[:2000], labels[:2000], ContrastiveSettings(steps=1), 0)
        seconds, _ = timed(lambda: fine_tune(model, texts[:8000], labels[:8000], settings, 0), device)
        further = [
            {
                "way": f"fine_tune, {CLASSES} pairs a batch",
                "tokens": tokens[0],
                "steps_per_second": round(steps / seconds, 2),
                "pairs_per_second": round(steps * CLASSES / seconds, 1),
            }
        ]
        if device == "cuda":
            peak = round(torch.cuda.max_memory_allocated() / 1e9, 1)
            further.append({"way": "peak of the GPU's memory", "gigabytes": peak})
        for row in further:
            print(json.dumps(row), flush=True)
    return [*rows, *further]


def machine(device: str) -> str:
    """In words."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    return f"{name}, torch {torch.__version__}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts_file", type=Path, metavar="TEXTS.parquet")
    parser.add_argument("--column", default="description")
    parser.add_argument("--tokens", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--texts", type=int, default=50_000)
    parser.add_argument("--steps", type=int, default=60, help="of fine-tuning")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    column = pq.read_table(given.texts_file, columns=[given.column]).column(0)
    texts = [text for text in column.slice(0, given.texts).to_pylist() if text]
    device = choose_device()
    print(machine(device))
    rows = measure(texts, given.tokens, given.steps, device)
    if given.out:
        write_json_atomically(given.out, {"machine": machine(device), "rows": rows})


if __name__ == "__main__":
    main()
