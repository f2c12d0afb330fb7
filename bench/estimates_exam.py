"""The exam of the estimates at the level of counts: writes docs/quality/estimates.md.

    python -m bench.estimates_exam [--replicates N] [--work FOLDER] [--only SIZE]

Draws markets (`bench.estimates_market`), estimates their changes with the product's own functions, and holds them
against what is true. Replicates are kept in FOLDER, so that the exam can be held in pieces, and a stopped one goes on.
"""

from __future__ import annotations

import argparse
import json
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from bench.estimates_market import (
    FOUND_LATER,
    LOST,
    Draw,
    Model,
    Size,
    audit,
    draw,
    evidence,
    read_model,
)
from bench.estimates_methods import LOSERS, raw, tilt
from ml.estimation.changes import estimate_changes
from ml.estimation.confusion import TILTS
from storage import write_json_atomically, write_text_atomically

PAGE = Path("docs/quality/estimates.md")
AUDITED = 10_000
BOOTSTRAP = 200
"""Replicates of the bootstrap within each replicate of the exam; a study's default is 1,000."""

LEAST, BANDS = 200, ((200, 499), (500, 1999), (2000, None))
FAR, FOR_POWER = 0.15, 500
ALIKE = 0.09
CHOSEN = "**pooled, smoothed, tilted**"
KNOWN, KNOWN_EARLY = "the true confusion, EM", f"the true confusion, {TILTS} steps"


@dataclass(frozen=True)
class Setting:
    """One column of the exam."""

    name: str
    words: str
    size: Size
    audited: int = AUDITED
    alike: float = 0.0
    drifts: bool = False
    compares: int = 0
    """How many replicates also compare the methods that lost."""

    share: float = 1.0
    """Part of the replicates asked for that this setting gets."""


SETTINGS = (
    Setting("100k", "100,000 postings", Size(100_000, 5_000, 40), compares=40),
    Setting("1m", "1 million", Size(1_000_000, 10_000, 40), compares=40),
    Setting("10m", "10 million", Size(10_000_000, 20_000, 30), compares=20),
    Setting(
        "10m_more_labels",
        "10 million, 50,000 labels",
        Size(10_000_000, 20_000, 30),
        audited=50_000,
        share=0.1,
    ),
    Setting("1m_alike", "1 million, errors alike", Size(1_000_000, 10_000, 40), alike=ALIKE, share=0.2),
    Setting("1m_drift", "1 million, drifting crawl", Size(1_000_000, 10_000, 40), drifts=True, share=0.2),
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def replicate(model: Model, setting: Setting, number: int) -> dict[str, Any]:
    """Draw one market, estimate, and hold the estimates against the truth: figures and counts by name."""
    random = np.random.default_rng([number, *setting.name.encode()])
    market = draw(model, setting.size, random, setting.alike, drifts=setting.drifts)
    crawled = market.crawled
    audited = audit(market, crawled, setting.audited, random)
    panel = None
    if setting.drifts:
        panel = market.counts * market.reached.all(axis=1)[market.employer][:, None]
    known = evidence(market, crawled, audited, panel)
    estimates = estimate_changes(known, f"replicate {number}", BOOTSTRAP, number)
    found = _judge(model, market, crawled, estimates)
    if setting.drifts and panel is not None:
        found |= _coverage(model, market, estimates)
    if number < setting.compares:
        found["methods"] = _methods(model, market, crawled, audited)
    return found


def _columns(estimates: Any, method: str, estimand: str, names: Sequence[str]) -> dict[str, Any]:
    chosen = estimates.filter(
        pc.and_(
            pc.equal(estimates["level"], "title"),
            pc.and_(pc.equal(estimates["method"], method), pc.equal(estimates["estimand"], estimand)),
        )
    )
    return {
        name: np.array(chosen[name].to_pylist(), dtype=None if name == "verdict" else float) for name in names
    }


def _judge(model: Model, market: Draw, crawled: Integers, estimates: Any) -> dict[str, Any]:
    """Titles stand in the order of the model, which is the estimates' own."""
    true = market.true(crawled).astype(float)
    base = true[:, 0]
    large = (base >= LEAST) & (true[:, 1] > 0)
    actual = np.divide(true[:, 1], base, out=np.ones_like(base), where=base > 0) - 1
    planted, of_market = model.growth - 1, model.market - 1
    interval = ("change", "change_low", "change_high", "log_ratio_se", "verdict")
    by_estimand = {
        estimand: _columns(estimates, "corrected", estimand, interval)
        for estimand in ("crawled", "employers")
    }
    as_classified = _columns(estimates, "raw", "employers", interval)
    found: dict[str, Any] = {"titles": int(large.sum()), "bands": {}}
    for low, high in (*BANDS, (LEAST, None)):
        inside = large & (base >= low) & (base <= (high or np.inf))
        band: dict[str, Any] = {"titles": int(inside.sum())}
        for estimand, truth in (("crawled", actual), ("employers", planted)):
            row = by_estimand[estimand]
            shown = inside & np.isfinite(row["change_low"])
            held = (row["change_low"] <= truth) & (truth <= row["change_high"])
            band[estimand] = [int((held & shown).sum()), int(shown.sum())]
        shown = inside & np.isfinite(as_classified["change_low"])
        held = (as_classified["change_low"] <= planted) & (planted <= as_classified["change_high"])
        band["raw"] = [int((held & shown).sum()), int(shown.sum())]
        found["bands"][f"{low}" if (low, high) != (LEAST, None) else "all"] = band
    weight = np.where(large, 1 / (1 / np.maximum(base, 1) + 1 / np.maximum(true[:, 1], 1)), 0.0)
    # A title that is never predicted has no raw change; it is left out of both methods' errors.
    both = large & np.isfinite(as_classified["change"])
    found["titles_without_raw"] = int((large & ~both).sum())
    for name, row in (("raw", as_classified), ("corrected", by_estimand["crawled"])):
        found[f"error_{name}"] = float(np.abs(row["change"] - actual)[both].mean())
        found[f"slope_{name}"] = _slope(actual, row["change"], np.where(both, weight, 0.0))
    found["verdicts"] = {
        "employers": _verdicts(
            by_estimand["employers"]["verdict"], np.where(model.is_null, 0.0, planted - of_market), base
        ),
        "raw": _verdicts(as_classified["verdict"], np.where(model.is_null, 0.0, planted - of_market), base),
        "crawled": _verdicts(
            by_estimand["crawled"]["verdict"], actual - (true[:, 1].sum() / true[:, 0].sum() - 1), base
        ),
    }
    return found


def _slope(true: Floats, published: Floats, weight: Floats) -> float:
    use = (weight > 0) & np.isfinite(published) & (published > -1) & (true > -1)
    x, y, w = np.log1p(true[use]), np.log1p(published[use]), weight[use]
    x = x - np.average(x, weights=w)
    return float((w * x * y).sum() / (w * x * x).sum())


def _verdicts(verdict: Any, distance: Floats, base: Floats) -> dict[str, int]:
    """Counts over all titles with a verdict. distance: true change less the market's; 0 for exact nulls."""
    called = np.where(verdict == "above", 1.0, np.where(verdict == "below", -1.0, 0.0))
    tested = verdict != "too_few"
    far = tested & (np.abs(distance) >= FAR) & (base >= FOR_POWER)
    null = tested & (distance == 0)
    return {
        "called": int((called != 0).sum()),
        "wrong": int(((called != 0) & (called != np.sign(distance))).sum()),
        "opposite": int((called * np.sign(distance) < 0).sum()),
        "nulls": int(null.sum()),
        "nulls_called": int((null & (called != 0)).sum()),
        "far": int(far.sum()),
        "far_found": int((far & (called == np.sign(distance))).sum()),
    }


def _coverage(model: Model, market: Draw, estimates: Any) -> dict[str, Any]:
    """Biases against what is planted, in points: of the market, and of the titles."""
    whole = market.true(market.counts)
    large = whole[:, 0] >= LEAST
    found: dict[str, Any] = {}
    for method in ("raw", "corrected", "panel"):
        row = _columns(estimates, method, "employers", ("change", "change_low", "change_high"))
        off = row["change"] - (model.growth - 1)
        shown = large & np.isfinite(row["change_low"])
        held = (row["change_low"] <= model.growth - 1) & (model.growth - 1 <= row["change_high"])
        of_market = estimates.filter(
            pc.and_(pc.equal(estimates["level"], "market"), pc.equal(estimates["method"], method))
        )["change"][0].as_py()
        found[f"bias_{method}"] = float(off[shown].mean())
        found[f"market_bias_{method}"] = float(of_market - (model.market - 1))
        found[f"held_{method}"] = [int((held & shown).sum()), int(shown.sum())]
    return found


def _methods(model: Model, market: Draw, crawled: Integers, audited: Integers) -> dict[str, list[float]]:
    """Mean absolute error and slope of every method, against the crawled postings' true titles."""
    true, predicted = market.true(crawled).astype(float), market.predicted(crawled).astype(float)
    titles = len(model.title_ids)
    tables = np.zeros((2, titles, titles + 1))
    for side in (0, 1):
        np.add.at(tables[side], (market.title, market.prediction), audited[:, side])
    families = np.unique([model.families[title] for title in model.title_ids], return_inverse=True)[1]
    chance = np.zeros((titles, titles + 1))
    np.put_along_axis(chance, model.splits, model.odds, axis=1)
    counts = {
        "raw": raw(predicted, tables, families),
        **{name: method(predicted, tables, families) for name, method in LOSERS.items()},
        KNOWN: tilt(predicted, chance, model.share, 60),
        KNOWN_EARLY: tilt(predicted, chance, model.share, TILTS),
    }
    large = (true[:, 0] >= LEAST) & (true[:, 1] > 0)
    actual = np.divide(true[:, 1], true[:, 0], out=np.ones(titles), where=true[:, 0] > 0) - 1
    weight = np.where(large, 1 / (1 / np.maximum(true[:, 0], 1) + 1 / np.maximum(true[:, 1], 1)), 0.0)
    found = {}
    for name, both in counts.items():
        change = np.maximum(both[:, 1], 0.5) / np.maximum(both[:, 0], 0.5) - 1
        found[name] = [float(np.abs(change - actual)[large].mean()), _slope(actual, change, weight)]
    return found


def hold(settings: Sequence[Setting], replicates: int, work: Path, seconds: float = float("inf")) -> None:
    """Hold the missing replicates of each setting and keep them in `work`; stop after `seconds`.

    The settings take turns, so that a stopped exam has done the same part of each.
    """
    model, began = read_model(), time.monotonic()
    turns = []
    for setting in settings:
        wanted = max(2, round(replicates * setting.share))
        turns += [(number / wanted, number, setting) for number in range(wanted)]
    for _, number, setting in sorted(turns, key=lambda turn: turn[:2]):
        kept = work / setting.name / f"{number:04d}.json"
        if kept.exists():
            continue
        if time.monotonic() - began > seconds:
            return
        started = time.monotonic()
        found = replicate(model, setting, number)
        write_json_atomically(kept, {**found, "seconds": round(time.monotonic() - started, 2)})


def read(work: Path) -> dict[str, list[dict[str, Any]]]:
    """The replicates that were kept, by setting."""
    return {
        setting.name: [
            json.loads(path.read_text("utf-8")) for path in sorted((work / setting.name).glob("*.json"))
        ]
        for setting in SETTINGS
    }


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean over replicates and its Monte-Carlo standard error."""
    array = np.array(values, dtype=np.float64)
    return float(array.mean()), float(array.std(ddof=1) / np.sqrt(len(array))) if len(array) > 1 else float(
        "nan"
    )


def ratio_and_error(parts: Sequence[float], wholes: Sequence[float]) -> tuple[float, float]:
    """Sum of parts / sum of wholes, and its standard error, replicates being independent."""
    part, whole = np.array(parts, dtype=np.float64), np.array(wholes, dtype=np.float64)
    if not whole.sum():
        return float("nan"), float("nan")
    ratio = part.sum() / whole.sum()
    return float(ratio), float(np.sqrt(((part - ratio * whole) ** 2).sum()) / whole.sum())


def page(kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The page as Markdown."""
    held = [setting for setting in SETTINGS if kept[setting.name]]
    return "\n".join(
        [*_head(held, kept), *_table(held, kept), *_comparison(held, kept), *_drift(held, kept), ""]
    )


def _head(held: Sequence[Setting], kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    runs = ", ".join(f"{len(kept[s.name])} at {s.words}" for s in held)
    seconds = sum(run["seconds"] for s in held for run in kept[s.name])
    return [
        "# How right are the changes?",
        "",
        *_wrapped(
            "Written by `make estimates-quality` (`python -m bench.estimates_exam`). Markets are drawn at the level of "
            "counts: titles with the growth that is planted in the market `worldwide`, employers of unequal size that "
            "hire in bursts, and the confusion that was measured on a cross-fitted run of `studies/demo.yaml` "
            "(`estimates_confusion.csv`). The figures come from the product's own functions."
        ),
        *_wrapped(
            f"Replicates: {runs}. {AUDITED:,} audited postings unless it says otherwise, {BOOTSTRAP} bootstrap "
            f"replicates in each; {seconds / 60:.0f} minutes of processor time in all. Titles with {LEAST} or more "
            "true postings in the base window; postings count both windows. Behind ± stands the Monte-Carlo standard "
            "error."
        ),
    ]


def _wrapped(paragraph: str) -> list[str]:
    return [*textwrap.wrap(paragraph, 116, break_long_words=False, break_on_hyphens=False), ""]


def _points(value: tuple[float, float], digits: int = 1) -> str:
    return f"{100 * value[0]:.{digits}f} ± {100 * value[1]:.{digits}f}"


def _plain(value: tuple[float, float]) -> str:
    return f"{value[0]:.3f} ± {value[1]:.3f}"


def _row(words: str, good: str, cells: Sequence[str]) -> str:
    return f"| {words} | {good} | " + " | ".join(cells) + " |"


def _table(held: Sequence[Setting], kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    def cells(make: Any) -> list[str]:
        return [make(kept[setting.name]) for setting in held]

    def covered(band: str, estimand: str) -> Any:
        def make(runs: Sequence[Mapping[str, Any]]) -> str:
            pairs = [run["bands"][band][estimand] for run in runs if band in run["bands"]]
            value = ratio_and_error([p[0] for p in pairs], [p[1] for p in pairs])
            return _points(value) if np.isfinite(value[0]) else "–"

        return make

    def shared(kind: str, part: str, whole: str) -> Any:
        def make(runs: Sequence[Mapping[str, Any]]) -> str:
            of = [run["verdicts"][kind] for run in runs]
            value = ratio_and_error([v[part] for v in of], [v[whole] for v in of])
            return _points(value) if np.isfinite(value[0]) else "–"

        return make

    def mean(name: str, form: Any) -> Any:
        return lambda runs: form(mean_and_error([run[name] for run in runs]))

    def to_raw(runs: Sequence[Mapping[str, Any]]) -> str:
        return _plain(ratio_and_error([r["error_corrected"] for r in runs], [r["error_raw"] for r in runs]))

    lines = [
        "| measure | good is | " + " | ".join(setting.words for setting in held) + " |",
        "| --- | --- |" + " ---: |" * len(held),
        _row(
            "titles of this size, mean", "", cells(lambda runs: f"{np.mean([r['titles'] for r in runs]):.0f}")
        ),
    ]
    names = [
        ("all", "all"),
        *((f"{low}", f"{low} to {high}" if high else f"{low} or more") for low, high in BANDS),
    ]
    for estimand, words in (("crawled", "crawled postings"), ("employers", "employers behind them")):
        for band, name in names:
            lines.append(
                _row(
                    f"95 % intervals that hold, {words}, {name} (%)",
                    "93 to 97",
                    cells(covered(band, estimand)),
                )
            )
    lines += [
        _row("the same of raw intervals, employers, all (%)", "", cells(covered("all", "raw"))),
        _row(
            "slope of corrected on true change, crawled",
            "0.95 to 1.05",
            cells(mean("slope_corrected", _plain)),
        ),
        _row("slope of raw", "", cells(mean("slope_raw", _plain))),
        _row(
            "mean absolute error of corrected, crawled (points)",
            "",
            cells(mean("error_corrected", lambda v: _points(v, 2))),
        ),
        _row("of raw", "", cells(mean("error_raw", lambda v: _points(v, 2)))),
        _row("corrected / raw", "1.05 at 100,000, 0.8 above", cells(to_raw)),
        _row("false discoveries (%)", "at most 5", cells(shared("employers", "wrong", "called"))),
        _row("sign errors (%)", "at most 1", cells(shared("employers", "opposite", "called"))),
        _row("exact nulls flagged (%)", "at most 5", cells(shared("employers", "nulls_called", "nulls"))),
        _row(
            "found of titles 15 points off with 500 postings (%)",
            "at least 80",
            cells(shared("employers", "far_found", "far")),
        ),
        _row(
            "sign errors, crawled postings (%)", "at most 1", cells(shared("crawled", "opposite", "called"))
        ),
        _row(
            "found of these, crawled postings (%)",
            "at least 80",
            cells(shared("crawled", "far_found", "far")),
        ),
        "",
        *_wrapped(
            "Each interval is held against its own truth: that of the crawled postings against their true titles' "
            "change, that of the employers against the planted change. False discoveries: of the titles called above "
            "or below the market, those that are exact nulls or lie on the other side. *Errors alike*: those of an "
            f"employer's postings of one title correlate by {ALIKE}, as measured on the demo."
        ),
    ]
    return lines


def _comparison(held: Sequence[Setting], kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    compared = [
        (setting, [run for run in kept[setting.name] if "methods" in run])
        for setting in held
        if any("methods" in run for run in kept[setting.name])
    ]
    if not compared:
        return []
    lines = [
        "## The estimators that were compared",
        "",
        *_wrapped(
            "Mean absolute error in points, and slope, against the change of the crawled postings' true titles. The "
            "two last lines know the confusion that the draws were made from: no audit can do better in the same way."
        ),
        "| estimator | " + " | ".join(f"{s.words}, error | slope" for s, _ in compared) + " |",
        "| --- |" + " ---: | ---: |" * len(compared),
    ]
    names = ["raw", CHOSEN, *LOSERS, KNOWN, KNOWN_EARLY]
    for name in names:
        cells = []
        for _, runs in compared:
            if name == CHOSEN:
                pairs = [[run["error_corrected"], run["slope_corrected"]] for run in runs]
            else:
                pairs = [run["methods"][name] for run in runs]
            error, slope = (mean_and_error([pair[at] for pair in pairs]) for at in (0, 1))
            cells += [_points(error, 2), _plain(slope)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _drift(held: Sequence[Setting], kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    drifting = [setting for setting in held if setting.drifts]
    if not drifting:
        return []
    runs = kept[drifting[0].name]
    lines = [
        "## A drifting crawl",
        "",
        *_wrapped(
            f"{FOUND_LATER[0]:.0%} to {FOUND_LATER[1]:.0%} of a segment's employers are found after the base window, "
            f"{LOST:.0%} are lost before the current one, and segments hire for different titles. Errors against the "
            "planted change; the employers that were reached in both windows are the panel."
        ),
        "| counts | bias of the market (points) | mean bias of titles (points) | intervals that hold (%) |",
        "| --- | ---: | ---: | ---: |",
    ]
    for method in ("raw", "corrected", "panel"):
        held_by = [run[f"held_{method}"] for run in runs]
        cells = [
            _points(mean_and_error([run[f"market_bias_{method}"] for run in runs]), 2),
            _points(mean_and_error([run[f"bias_{method}"] for run in runs]), 2),
            _points(ratio_and_error([one[0] for one in held_by], [one[1] for one in held_by])),
        ]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    removed = [
        1
        - abs(np.mean([run[f"{what}_panel"] for run in runs]))
        / abs(np.mean([run[f"{what}_raw"] for run in runs]))
        for what in ("market_bias", "bias")
    ]
    lines += [
        "",
        *_wrapped(
            f"The panel removes {removed[0]:.0%} of the market's bias and {removed[1]:.0%} of the titles' (good is "
            "80 % or more). Ratios of small counts are skewed upwards: part of the titles' mean bias that is no matter "
            "of the crawl."
        ),
    ]
    return lines


def main() -> None:
    """Hold what is missing and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--work", type=Path, default=Path("data/estimates_exam"))
    parser.add_argument("--only", choices=[setting.name for setting in SETTINGS], action="append")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="stop after so long, between replicates"
    )
    given = parser.parse_args()
    chosen = [setting for setting in SETTINGS if not given.only or setting.name in given.only]
    hold(chosen, given.replicates, given.work, 60 * given.minutes)
    write_text_atomically(given.page, page(read(given.work)))


if __name__ == "__main__":
    main()
