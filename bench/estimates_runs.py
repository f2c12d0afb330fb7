"""The exam of the estimates end to end: whole runs, through the classifier, on markets and on real announcements.

    python -m bench.estimates_runs [--seeds 1,2,3] [--only market|usajobs] [--work FOLDER] [--home FOLDER]

Runs the study `demo` on markets of other seeds, and `usajobs` with several seeds, as far as the estimates, and holds
these against the true titles of the crawled postings and, where one is known, the planted change. What was found is
kept in FOLDER, so that a stopped exam goes on; `bench.estimates_exam` writes it onto its page. What does not belong
here: markets at the level of counts.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bench.estimates_judging import slope, verdict_counts
from ml.schema import CORRECTED, WITHIN
from storage import write_json_atomically

if TYPE_CHECKING:
    from orchestration.home import StudyPlaces
    from orchestration.study import Study

SEEDS = (11, 12, 13, 14, 15)
WORK, HOME = Path("data/estimates_exam"), Path("data/estimates_runs")


@dataclass(frozen=True)
class Kind:
    """One sort of run. least: true postings in the base window that a title needs to be judged."""

    name: str
    study: str
    least: int
    has_planted: bool


MARKET = Kind("market", "studies/demo.yaml", 200, has_planted=True)
ANNOUNCEMENTS = Kind("usajobs", "studies/usajobs.yaml", 100, has_planted=False)
KINDS = (ANNOUNCEMENTS, MARKET)


@dataclass(frozen=True)
class Known:
    """What is true: (base, current) postings by title; planted change by title and of the market; the exact nulls."""

    counts: Mapping[str, tuple[int, int]]
    planted: Mapping[str, float]
    market: float | None
    nulls: frozenset[str]


def hold_runs(kinds: Sequence[Kind], seeds: Sequence[int], work: Path, home: Path) -> None:
    """Hold the runs that are missing and keep what they show, one file a run."""
    from orchestration.registration import variant
    from orchestration.runs import run_study
    from orchestration.study import read_study

    for kind in kinds:
        for seed in seeds:
            kept = work / kind.name / f"{seed:04d}.json"
            if kept.exists():
                continue
            study = read_study(Path(kind.study))
            changes: dict[str, Any] = {"seed": seed}
            if study.market is not None:
                changes["market"] = {**study.market.model_dump(mode="json"), "seed": seed}
            chosen = variant(study, f"exam{seed}", changes)
            started = time.monotonic()
            places = run_study(chosen, home, until="estimates").places
            found = judge(
                places.estimates.table(), chosen.windows[0].pair, _known(chosen, places), kind.least
            )
            seconds = round(time.monotonic() - started, 1)
            write_json_atomically(
                kept, {**found, "seed": seed, "postings": places.postings.rows(), "seconds": seconds}
            )


def read_runs(work: Path) -> dict[str, list[dict[str, Any]]]:
    """The runs that were kept, by kind."""
    return {
        kind.name: [json.loads(path.read_text("utf-8")) for path in sorted((work / kind.name).glob("*.json"))]
        for kind in KINDS
    }


def judge(estimates: pa.Table, pair: str, known: Known, least: int) -> dict[str, Any]:
    """Errors, slopes and held intervals of the titles with `least` true postings in the base window; all verdicts."""
    rows = {
        (row["method"], row["estimand"], row["group_id"]): row
        for row in estimates.to_pylist()
        if row["pair"] == pair and row["level"] == "title"
    }
    titles = sorted(title for title, (base, current) in known.counts.items() if base >= least and current > 0)
    if not titles:
        raise ValueError(
            f"no title has {least} true postings in the base window of {pair}; nothing can be judged"
        )
    base, current = (np.array([known.counts[t][side] for t in titles], dtype=float) for side in (0, 1))
    true = current / base - 1
    found: dict[str, Any] = {"titles": len(titles)}
    changes = {
        method: np.array([_number(rows.get((method, "employers", title)), "change") for title in titles])
        for method in ("raw", "corrected")
    }
    # A change of -100 % has no logarithm; such a title is left out of both methods' errors.
    both = np.logical_and.reduce([np.isfinite(c) & (c > -1) for c in changes.values()])
    found["judged"] = int(both.sum())
    for method, change in changes.items():
        found[f"points_{method}"] = float(np.abs(change - true)[both].mean())
        found[f"log_{method}"] = float(np.abs(np.log1p(change[both]) - np.log1p(true[both])).mean())
        found[f"slope_{method}"] = slope(true, change, np.where(both, 1 / (1 / base + 1 / current), 0.0))
    found["held_crawled"] = _held(rows, "corrected", "crawled", titles, dict(zip(titles, true, strict=True)))
    for method in ("raw", "corrected", "panel"):
        found[f"held_{method}_planted"] = _held(rows, method, "employers", titles, known.planted)
    whole = [sum(both_sides[side] for both_sides in known.counts.values()) for side in (0, 1)]
    of_market = whole[1] / whole[0] - 1
    everything = sorted(known.counts)
    size = np.array([known.counts[title][0] for title in everything], dtype=float)
    own = np.array([n[1] / n[0] - 1 if n[0] else np.nan for n in map(known.counts.__getitem__, everything)])
    found["crawled"] = verdict_counts(
        _verdicts(rows, CORRECTED, "crawled", everything), own - of_market, size
    )
    if known.market is not None:
        distance = np.array(
            [
                0.0 if title in known.nulls else known.planted.get(title, np.nan) - known.market
                for title in everything
            ]
        )
        for kind, method in (("employers", CORRECTED), ("within", WITHIN)):
            verdicts = _verdicts(rows, method, "employers", everything)
            found[kind] = verdict_counts(verdicts, distance, size)
    return found


def _verdicts(
    rows: Mapping[Any, Mapping[str, Any]], method: str, estimand: str, titles: Sequence[str]
) -> Any:
    found = [rows.get((method, estimand, title)) for title in titles]
    return np.array([row["verdict"] if row and row["verdict"] else "too_few" for row in found])


def _held(
    rows: Mapping[Any, Mapping[str, Any]],
    method: str,
    estimand: str,
    titles: Sequence[str],
    truth: Mapping[str, float],
) -> list[int]:
    """How many intervals hold the truth, of how many."""
    shown = [
        (row["change_low"], truth[title], row["change_high"])
        for title in titles
        if title in truth and (row := rows.get((method, estimand, title))) and row["change_low"] is not None
    ]
    return [int(sum(low <= value <= high for low, value, high in shown)), len(shown)]


def _number(row: Mapping[str, Any] | None, name: str) -> float:
    return float("nan") if row is None or row[name] is None else float(row[name])


def _known(study: Study, places: StudyPlaces) -> Known:
    return _stated(study, places) if study.market is None else _of_market(study, places)


def _stated(study: Study, places: StudyPlaces) -> Known:
    """The titles that the source states, of all postings."""
    import duckdb

    window = study.windows[0]
    sides = {
        **dict.fromkeys(window.base.keys(), 0),
        **dict.fromkeys(window.current.keys(), 1),
    }
    counts: dict[str, list[int]] = {}
    with duckdb.connect() as engine:
        found = engine.execute(
            "SELECT g.title_id, p.posting_month, count(*) FROM read_parquet($postings) p "
            "JOIN read_parquet($gold) g USING (posting_id) GROUP BY ALL ORDER BY ALL",
            {"postings": places.postings.files(), "gold": places.gold.files()},
        ).fetchall()
    for title, month, postings in found:
        if month in sides:
            counts.setdefault(title, [0, 0])[sides[month]] += postings
    return Known({title: (n[0], n[1]) for title, n in counts.items()}, {}, None, frozenset())


def _of_market(study: Study, places: StudyPlaces) -> Known:
    from market.exam.marts import MARKET as WHOLE
    from market.exam.marts import Ground
    from market.exam.postings import PostingFiles, count_postings
    from market.exam.truth import read_truth
    from market.exam.windows import windows_of

    truth, windows = read_truth(places.source, places.truth), windows_of(study.windows[0].pair)
    classified = places.promoted_classifications()
    months = [month for month in places.postings.partitions() if places.postings.rows([month])]
    files = PostingFiles(
        {month: places.postings.files([month]) for month in months},
        {month: classified.files([month]) for month in months if classified.rows([month])},
        places.labels.table(["posting_id"]).column(0).to_pylist(),
    )
    ground = Ground(truth, count_postings(files, truth.shards, (windows,)), (windows,))
    return Known(
        {title: ground.counts([title], windows) for title in truth.standard},
        ground.planted("title_yoy", windows),
        ground.planted("market_yoy", windows).get(WHOLE),
        frozenset(title for title in truth.standard if truth.is_null(title, windows.planted)),
    )


def main() -> None:
    """Hold what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--only", choices=[kind.name for kind in KINDS], action="append")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--home", type=Path, default=HOME)
    given = parser.parse_args()
    os.environ["JOBTIDE_HOME"] = str(given.home.absolute())
    chosen = [kind for kind in KINDS if not given.only or kind.name in given.only]
    hold_runs(chosen, [int(seed) for seed in given.seeds.split(",")], given.work, given.home.absolute())


if __name__ == "__main__":
    main()
