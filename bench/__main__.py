"""Speed, measured: `python -m bench` prints rates and ratios against a named baseline, all from one run.

Ratios carry over between machines better than rates do; both stand beside the machine they were measured on.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Measured:
    """One line: units done a second, by us and by the baseline."""

    what: str
    unit: str
    ours: float
    baseline: str
    theirs: float


def seconds(work: Callable[[], object], least: float = 0.5) -> float:
    """Seconds of one call, the best of as many as fit into `least` seconds (at least two)."""
    best, spent, calls = float("inf"), 0.0, 0
    while spent < least or calls < 2:
        started = time.perf_counter()
        work()
        took = time.perf_counter() - started
        best, spent, calls = min(best, took), spent + took, calls + 1
    return best


def forest_inference() -> Measured:
    """Class probabilities of a forest over 200 titles: the lean form against scikit-learn's own."""
    from sklearn.ensemble import RandomForestClassifier

    from ml.forest import ForestSettings, fit_forest

    random = np.random.default_rng(0)
    centres = random.normal(size=(200, 64))
    y = random.integers(0, 200, 4_000)
    x = (centres[y] + random.normal(size=(4_000, 64))).astype(np.float32)
    asked = (centres[random.integers(0, 200, 8_000)] + random.normal(size=(8_000, 64))).astype(np.float32)
    names = [f"t{code:03d}" for code in y]
    lean = fit_forest(x, names, ForestSettings(trees=40, components=None), 0)
    dense = RandomForestClassifier(40, n_jobs=-1, random_state=0).fit(x, names)
    return Measured(
        "forest inference, 200 titles, 40 trees",
        "postings",
        len(asked) / seconds(lambda: lean.predict_proba_sparse(asked)),
        "scikit-learn predict_proba",
        len(asked) / seconds(lambda: dense.predict_proba(asked)),
    )


def static_encoder(folder: Path) -> Measured:
    """Embedding advertisements of about 900 characters: the default encoder against the one it is distilled from."""
    from ml.encoder import EncoderSpec, encode, load_encoder

    texts = [
        f"{number} We look for a nurse who cares for patients on night shifts. " * 14
        for number in range(2_000)
    ]
    static = load_encoder(EncoderSpec(name="static"), folder, "cpu")
    minilm = load_encoder(EncoderSpec(name="minilm"), folder, "cpu")
    few = texts[:32]
    return Measured(
        "embedding, 900 characters",
        "postings",
        len(texts) / seconds(lambda: encode(static, texts, 256, "cpu")),
        "MiniLM, its teacher",
        len(few) / seconds(lambda: encode(minilm, few, 32, "cpu")),
    )


def postings_stage(folder: Path) -> Measured:
    """From raw records to canonical postings, against a bare copy of the same Parquet file by PyArrow."""
    import pyarrow.parquet as pq

    from market.generate import MarketSpec, generate_market
    from orchestration.home import StudyPlaces
    from postings.ingest import PostingsDatasets, build_postings, ingest_raw
    from postings.months import months_between
    from postings.sources import FileSourceSpec

    generate_market(MarketSpec(postings=20_000, seed=5), folder / "source", folder / "truth")
    files = tuple(sorted((folder / "source").glob("postings-*.parquet")))
    columns = {"source_id": "id", "employer": "company", "title": "title", "description": "description"}
    columns |= {"posted_date": "posted_at", "pay": "salary", "city": "city", "country": "country"}
    places = StudyPlaces(folder / "study")
    started = time.perf_counter()
    ingest_raw([FileSourceSpec("ads", files, columns)], places.raw, places.unreadable, places.quarantine_raw)
    out = PostingsDatasets(places.postings, places.quarantine, places.reobservations, places.gold)
    months = months_between("2023-01", "2025-10")
    build_postings(places.raw, out, months, [*months, "unknown"], quarantine_raw=places.quarantine_raw)
    took = time.perf_counter() - started
    records = places.raw.rows()

    def copied() -> None:
        for number, file in enumerate(files):
            pq.write_table(pq.read_table(file), folder / f"copy{number}.parquet", compression="zstd")

    return Measured("postings stage", "records", records / took, "PyArrow copy", records / seconds(copied))


def market(folder: Path) -> Measured:
    """Making synthetic postings, against hashing as many bytes of text."""
    import hashlib

    from market.generate import MarketSpec, generate_market

    started = time.perf_counter()
    generate_market(MarketSpec(postings=50_000, seed=6), folder / "made", folder / "made-truth")
    took = time.perf_counter() - started
    text = b"x" * 1_000

    def hashed() -> None:
        for _ in range(50_000):
            hashlib.sha256(text).digest()

    return Measured(
        "synthetic market", "postings", 50_000 / took, "SHA-256 of 1 kB each", 50_000 / seconds(hashed)
    )


def main() -> None:
    """Run all benchmarks and print one table."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    )
    with tempfile.TemporaryDirectory(prefix="jobtide-bench-") as name:
        folder = Path(name)
        found = [forest_inference(), static_encoder(folder / "cache"), postings_stage(folder), market(folder)]
    print(f"{'what':44} {'ours':>12} {'baseline':>12}  ratio  baseline is")
    for line in found:
        print(
            f"{line.what:44} {line.ours:>10,.0f}/s {line.theirs:>10,.0f}/s {line.ours / line.theirs:>6.2f}  "
            f"{line.baseline} ({line.unit})"
        )


if __name__ == "__main__":
    main()
