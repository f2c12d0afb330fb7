"""A labour market at the level of counts: employers, titles and a classifier's errors, without any text.

What belongs here: drawing counts whose truth is known, from a confusion that was measured. What does not: estimating.

    python -m bench.estimates_market HOME/STUDY

measures the confusion and the titles' sizes on a finished run of the synthetic market `worldwide`, and writes
docs/quality/estimates_confusion.csv and estimates_titles.csv, from which the draws are made. All other settings are the
constants below; the market's own employers (market/employers.py) are their model.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from market.employers import AFFINITY, HEAD
from ml.estimation.changes import Evidence
from ml.schema import UNASSIGNED

CONFUSION, TITLES = Path("docs/quality/estimates_confusion.csv"), Path("docs/quality/estimates_titles.csv")
WINDOWS = ("base", "current")
SEGMENTS = 50
"""Groups of employers, each with its own ranking by size."""

STEADINESS = 6.6
"""Shape of the gamma burst of an employer in a window: quarterly bursts of shape 2 over ten months."""

SPLITS = 60
"""Classes of predictions a true title's postings go to; the rest, under 1 %, is left out of the draws."""

FOUND_LATER, LOST = (0.05, 0.30), 0.03
"""With a drifting crawl: range, over the segments, of the share of employers whose board is read in the current window
only; and the share that is read in the base window only."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """A size of the market: postings of both windows, employers, and titles that an employer hires for."""

    postings: int
    employers: int
    titles_each: int


@dataclass(frozen=True)
class Model:
    """What draws are made from. K titles, share (K,) of the base window, growth (K,) current / base.

    bands: how many bands of how sure the classifier is, the first under the probability threshold. splits, odds:
    (K, SPLITS) classes of predictions (best title * bands + band) and their probabilities.
    """

    title_ids: tuple[str, ...]
    families: dict[str, str]
    share: Floats
    growth: Floats
    is_null: npt.NDArray[np.bool_]
    bands: int
    splits: Integers
    odds: Floats

    @property
    def classes(self) -> int:
        """How many classes of predictions there are."""
        return len(self.title_ids) * self.bands

    def as_classified(self, classes: Integers) -> Integers:
        """The title that a posting of each class is counted for, K where it is unassigned."""
        return np.where(classes % self.bands == 0, len(self.title_ids), classes // self.bands)

    @property
    def market(self) -> float:
        """The market's ratio of current to base."""
        return float(self.share @ self.growth)


@dataclass(frozen=True)
class Draw:
    """One market. Rows are (employer, true title, class of predictions); `counts` (n, 2) postings (base, current).

    reached: (E, 2), whether the employer's board is read in the base and in the current window. hires: employer, title
    and mean postings in the base window, of every title that an employer hires for, each (m,).
    """

    model: Model
    employer: Integers
    title: Integers
    of_class: Integers
    counts: Integers
    reached: npt.NDArray[np.bool_]
    hires: tuple[Integers, Integers, Floats]

    @property
    def prediction(self) -> Integers:
        """(n,) the title that each row is counted for, K where it is unassigned."""
        return self.model.as_classified(self.of_class)

    @property
    def crawled(self) -> Integers:
        """(n, 2) postings of employers whose board is read."""
        return np.asarray(self.counts * self.reached[self.employer])

    def true(self, counts: Integers) -> Integers:
        """(K, 2) postings by true title."""
        return self._by(self.title, counts, len(self.model.title_ids))

    def predicted(self, counts: Integers) -> Integers:
        """(K + 1, 2) postings by prediction."""
        return self._by(self.prediction, counts, len(self.model.title_ids) + 1)

    def by_class(self, counts: Integers) -> Integers:
        """(K * bands, 2) postings by class of predictions."""
        return self._by(self.of_class, counts, self.model.classes)

    def within(self, counts: Integers) -> Floats:
        """(K,) by how much each title's part of its employers' postings is to change, as a ratio; NaN where no employer
        posted in both windows. Given how many an employer posts, its titles are multinomial, and its bursts no matter.
        """
        titles, employers = len(self.model.title_ids), len(self.reached)
        employer, title, mean = self.hires
        base, current = (np.bincount(self.employer, counts[:, side], employers) for side in (0, 1))
        weight = base * current / np.maximum(base + current, 1)
        grown = mean * self.model.growth[title]
        parts = (one / np.bincount(employer, one, employers)[employer] for one in (mean, grown))
        before, after = (np.bincount(title, weight[employer] * part, titles) for part in parts)
        return np.divide(after, before, out=np.full(titles, np.nan), where=before > 0)

    def _by(self, code: Integers, counts: Integers, size: int) -> Integers:
        sides = [np.bincount(code, counts[:, side], size) for side in (0, 1)]
        return np.stack(sides, axis=1).astype(np.int64)


def read_model() -> Model:
    """The model of the measured files. The exact nulls move as the market does, and so not at all beside it."""
    with TITLES.open(encoding="utf-8", newline="") as stream:
        titles = list(csv.DictReader(stream))
    ids = tuple(row["title_id"] for row in titles)
    place = {title: number for number, title in enumerate(ids)}
    with CONFUSION.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    bands = max(int(row["band"]) for row in rows) + 1
    counts = np.zeros((len(ids), len(ids) * bands))
    for row in rows:
        of_class = place[row["predicted"]] * bands + int(row["band"])
        counts[place[row["title_id"]], of_class] = float(row["postings"])
    share = counts.sum(axis=1) / counts.sum()
    growth = 1.0 + np.array([float(row["planted"]) for row in titles])
    is_null = np.array([row["is_null"] == "true" for row in titles])
    growth[is_null] = (share @ (growth * ~is_null)) / (share @ ~is_null)
    splits = np.argsort(-counts, axis=1, kind="stable")[:, :SPLITS]
    odds = np.take_along_axis(counts, splits, axis=1)
    return Model(
        ids,
        {row["title_id"]: row["family_id"] for row in titles},
        share,
        growth,
        is_null,
        bands,
        splits,
        odds / odds.sum(axis=1, keepdims=True),
    )


def draw(
    model: Model, size: Size, random: np.random.Generator, alike: float = 0.0, *, drifts: bool = False
) -> Draw:
    """Draw one market.

    alike: correlation of the errors of an employer's postings of one title, 0 for independent errors. drifts: whether
    the crawl finds and loses employers; in each segment another share of them, and segments prefer other titles.
    """
    titles, employers = len(model.title_ids), size.employers
    segment = np.arange(employers) % SEGMENTS
    employer = np.repeat(np.arange(employers), size.titles_each)
    root = np.sqrt(model.share)
    title = random.choice(titles, size=len(employer), p=root / root.sum())
    if drifts:
        # Half of what an employer hires for are the titles of its segment.
        of_segment = random.integers(0, SEGMENTS, titles)
        own = [np.flatnonzero(of_segment == number) for number in range(SEGMENTS)]
        half = np.flatnonzero(random.random(len(employer)) < 0.5)
        for number in range(SEGMENTS):
            chosen = half[segment[employer[half]] == number]
            title[chosen] = random.choice(own[number], len(chosen))
    pairs = np.unique(employer * titles + title)
    employer, title = pairs // titles, pairs % titles
    weight = random.choice(AFFINITY, len(pairs)) / (employer // SEGMENTS + HEAD)
    weight *= (model.share / np.maximum(np.bincount(title, weight, titles), 1e-12))[title]
    base = size.postings / (1.0 + model.market) * weight
    postings = np.stack(
        [
            random.poisson(mean * random.gamma(STEADINESS, 1.0 / STEADINESS, employers)[employer])
            for mean in (base, base * model.growth[title])
        ],
        axis=1,
    )
    hires = employer, title, base
    any_posted = postings.sum(axis=1) > 0
    employer, title, postings = employer[any_posted], title[any_posted], postings[any_posted]
    odds = model.odds[title]
    if alike:
        # Dirichlet with precision 1 / alike - 1: two postings share their fate with this correlation.
        drawn = random.standard_gamma(np.maximum(odds * (1.0 / alike - 1.0), 1e-9))
        odds = drawn / drawn.sum(axis=1, keepdims=True)
    split = np.stack([random.multinomial(postings[:, side], odds) for side in (0, 1)], axis=2)
    row, column = np.nonzero(split.sum(axis=2))
    reached = np.ones((employers, 2), dtype=bool)
    if drifts:
        later = random.uniform(*FOUND_LATER, SEGMENTS)[segment]
        chance = random.random(employers)
        reached[:, 0] = chance >= later
        reached[:, 1] = chance < 1.0 - LOST
    return Draw(
        model, employer[row], title[row], model.splits[title[row], column], split[row, column], reached, hires
    )


def audit(market: Draw, counts: Integers, postings: int, random: np.random.Generator) -> Integers:
    """(n, 2) audited postings: a simple random sample of those counted."""
    ends = np.cumsum(counts.ravel())
    chosen = random.choice(int(ends[-1]), size=min(postings, int(ends[-1])), replace=False)
    rows = np.searchsorted(ends, chosen, side="right")
    return np.bincount(rows, minlength=counts.size).reshape(counts.shape)


def evidence(market: Draw, counts: Integers, audited: Integers, panel: Integers | None = None) -> Evidence:
    """What the estimates see of a market, as the pipeline would hand it over."""
    model = market.model
    names = pa.array([*model.title_ids, UNASSIGNED])
    predicted, best, band = market.prediction, market.of_class // model.bands, market.of_class % model.bands
    employers, windows = _employer_ids(market), pa.array(WINDOWS)

    def table(postings: Integers, *, truth: bool = False) -> pa.Table:
        rows, sides = np.nonzero(postings)
        coded = {
            "employer_id": (market.employer[rows], employers),
            **({"title_id": (market.title[rows], names)} if truth else {}),
            "predicted" if truth else "title_id": (predicted[rows], names),
            "best_title_id": (best[rows], names),
            "window": (sides, windows),
        }
        bands = pa.array(band[rows].astype(np.int8))
        return pa.table({**_columns(coded), "band": bands, "postings": pa.array(postings[rows, sides])})

    return Evidence(
        table(counts),
        None if panel is None else table(panel),
        table(audited, truth=True),
        model.families,
        title_ids=model.title_ids,
    )


def evidence_of_truth(market: Draw, counts: Integers) -> Evidence:
    """What the estimates would see, were every posting's true title known."""
    rows, sides = np.nonzero(counts)
    names = pa.array(market.model.title_ids)
    coded = {
        "employer_id": (market.employer[rows], _employer_ids(market)),
        "title_id": (market.title[rows], names),
        "window": (sides, pa.array(WINDOWS)),
    }
    table = pa.table({**_columns(coded), "postings": pa.array(counts[rows, sides])})
    return Evidence(table, title_ids=market.model.title_ids)


def _employer_ids(market: Draw) -> pa.Array:
    return pa.array([f"e{number:06d}" for number in range(len(market.reached))])


def _columns(coded: Mapping[str, tuple[Integers, pa.Array]]) -> dict[str, pa.Array]:
    """Columns of codes and the values that they stand for."""
    return {
        name: pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), values)
        for name, (codes, values) in coded.items()
    }


def measure(home: Path) -> tuple[list[tuple[str, str, int, int]], list[tuple[str, str, float, bool]]]:
    """(true title, best title, band, postings) of a run, and (title, family, planted change, whether an exact null)."""
    from market.exam.truth import read_truth
    from ml.estimation.counts import band_columns, band_edges
    from orchestration.home import StudyPlaces

    places = StudyPlaces(home)
    truth = read_truth(places.source, places.truth)
    classified = places.promoted_classifications()
    edges = band_edges(classified.files(), places.labels.table(["posting_id"]))
    with duckdb.connect() as engine:
        pairs = engine.execute(
            f"""
            WITH banded AS (
                SELECT c.posting_id, {band_columns(edges)} FROM read_parquet($classifications) AS c
            )
            SELECT t.title_id, b.best_title_id, b.band, count(*)
            FROM banded AS b
            JOIN read_parquet($postings) AS p ON b.posting_id = p.posting_id
            JOIN read_parquet($truth) AS t ON p.source_id = t.id
            GROUP BY ALL ORDER BY ALL
            """,  # noqa: S608  (expressions of ml.estimation)
            {
                "classifications": classified.files(),
                "postings": places.postings.files(),
                "truth": [str(path) for path in truth.shards],
            },
        ).fetchall()
    pairs = [row for row in pairs if row[0] in truth.standard]
    (window,) = sorted({f.window for f in truth.figures if f.table == "title_yoy"})[-1:]
    planted = truth.planted("title_yoy", window)
    titles = [
        (title, truth.titles[title].family_id, planted[title].value, truth.is_null(title, window))
        for title in sorted({title for title, *_ in pairs})
    ]
    return pairs, titles


def main(arguments: Sequence[str]) -> None:
    """Measure, and write both files."""
    confusion, titles = measure(Path(arguments[0]))
    with CONFUSION.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("title_id", "predicted", "band", "postings"))
        writer.writerows(confusion)
    with TITLES.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("title_id", "family_id", "planted", "is_null"))
        writer.writerows(
            (title, family, f"{change:.6f}", str(null).lower()) for title, family, change, null in titles
        )
    total = sum(n for *_, n in confusion)
    right = sum(n for title, best, band, n in confusion if title == best and band > 0)
    print(f"{total} postings, {len(titles)} titles, {right / total:.1%} right -> {CONFUSION}, {TITLES}")


if __name__ == "__main__":
    main(sys.argv[1:])
