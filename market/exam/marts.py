"""Which published table is held against what: one entry a mart that has something planted.

What belongs here: reading a mart's columns and lining them up with the truth. What does not: the measures themselves.
To examine a further mart, write a function (mart, ground) -> scores and add it to EXAMINERS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from market.exam import changes, emerging, pay, shares
from market.exam.changes import Change
from market.exam.fields import MARTS, field_scores
from market.exam.postings import UNKNOWN_MONTH, Counted
from market.exam.scorecard import (
    CHANGES,
    CRAWLED,
    EXPECTED,
    NEAR_0,
    PLANTED,
    SHARE,
    TRUE,
    ExamError,
    Measure,
    Score,
    not_examined,
)
from market.exam.truth import Truth
from market.exam.windows import Windows

UNASSIGNED = "unassigned"
MARKET = "*"
ALL_CITIES = "all cities"

VOLUME = Measure(
    "error of the monthly volume",
    "Mean of |published / true postings of a month - 1|, dated postings.",
    "0",
    SHARE,
    NEAR_0,
)


@dataclass(frozen=True)
class Ground:
    """What the marts are held against. The first of `windows` is the study's headline pair."""

    truth: Truth
    counted: Counted
    windows: tuple[Windows, ...]

    def is_headline(self, window: Windows) -> bool:
        """Whether it is the study's first pair."""
        return window == self.windows[0]

    @cached_property
    def members(self) -> dict[str, frozenset[str]]:
        """Roles, and titles that contain others, with all titles inside them."""
        return {**self.truth.members, **self.truth.roles}

    def counts(self, titles: Iterable[str], window: Windows) -> tuple[int, int]:
        """True postings of some titles in the base and the current window."""
        chosen = list(titles)
        base, current = (
            sum(self.counted.window(title, months) for title in chosen)
            for months in (window.base, window.current)
        )
        return base, current

    def planted(self, table: str, window: Windows) -> dict[str, float]:
        """Subject -> planted value, empty where these windows have none."""
        return {subject: f.value for subject, f in self.truth.planted(table, window.planted).items()}


@dataclass(frozen=True)
class Examiner:
    """Holds one mart against the truth. columns: those it reads; tables: the planted tables that it uses."""

    score: Callable[[pa.Table, Ground], list[Score]]
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def examine_marts(folder: Path, ground: Ground) -> list[Score]:
    """Score every mart in `folder` that has an examiner, and list what could not be examined.

    Raises ExamError where a mart lacks a column that its examiner reads.
    """
    scores: list[Score] = []
    used: set[str] = set()
    present = {path.stem for path in folder.glob("mart_*.parquet")}
    for mart, examiner in EXAMINERS.items():
        if mart in present:
            scores += examiner.score(_read(folder / f"{mart}.parquet", examiner), ground)
            used.update(examiner.tables)
        else:
            scores.append(not_examined(mart, "The study does not publish this table."))
    of_roles, planted = field_scores(folder, ground.truth, ground.windows)
    scores += of_roles
    used |= planted
    for mart in sorted(present - EXAMINERS.keys() - (MARTS if planted else set())):
        scores.append(not_examined(mart, "Nothing is planted for this table."))
    for table in sorted(ground.truth.planted_tables - used):
        scores.append(not_examined(f"planted {table}", "No published table shows it."))
    return scores


def _read(path: Path, examiner: Examiner) -> pa.Table:
    names = pq.read_schema(path).names
    if lacking := [name for name in examiner.columns if name not in names]:
        raise ExamError(f"{path}: lacks the column(s) {', '.join(lacking)}; build the marts again")
    return pq.read_table(path, columns=[*examiner.columns, *(n for n in examiner.optional if n in names)])


def _by_pair(mart: pa.Table, ground: Ground) -> Iterable[tuple[Windows, list[dict[str, Any]]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in mart.to_pylist():
        rows.setdefault(row["pair"], []).append(row)
    for window in ground.windows:
        if window.pair in rows:
            yield window, rows[window.pair]


def score_market(mart: pa.Table, ground: Ground) -> list[Score]:
    """The market's own change."""
    scores: list[Score] = []
    for window, (row, *_) in _by_pair(mart, ground):
        base, current = ground.counts(ground.truth.titles, window)
        planted, expected = (
            ground.planted(table, window).get(MARKET) for table in ("market_yoy", "market_yoy_crawled")
        )
        headline = ground.is_headline(window)
        change = Change(MARKET, base, current, _finite(row["change"]), planted, expected)
        scores += changes.single(change, "the market", window.pair, headline=headline)
        if row.get("panel_change") is not None:
            panel = Change(MARKET, base, current, _finite(row["panel_change"]), planted)
            scores += changes.single(panel, "the market, panel", window.pair, headline=headline)
    return scores


def score_titles(mart: pa.Table, ground: Ground) -> list[Score]:
    """Titles one by one, then taken together by band, family, containing title and role."""
    scores: list[Score] = []
    for window, rows in _by_pair(mart, ground):
        titles = [row for row in rows if row["title_id"] in ground.truth.standard]
        headline = ground.is_headline(window)
        found = title_changes(titles, ground, window)
        scores += changes.title_errors(found, window.pair, headline=headline)
        scores += _together(titles, ground, window)
        scores += changes.ranks(found, window.pair, headline=headline)
        scores += changes.intervals(found, window.pair, headline=headline)
        for method, main in (("corrected", CRAWLED), ("panel", PLANTED)):
            scores += _other_method(method, main, titles, ground, window)
        scores += changes.verdicts(
            found,
            ground.planted("market_yoy", window).get(MARKET),
            _published_market(rows),
            window.pair,
            headline=headline,
        )
        crawled_base, crawled_current = ground.counts(ground.truth.titles, window)
        scores += changes.crawled_verdicts(
            title_changes(titles, ground, window, interval="crawled_"),
            crawled_current / crawled_base - 1 if crawled_base else None,
            window.pair,
        )
    return scores


def _other_method(
    method: str, main: str, rows: list[dict[str, Any]], ground: Ground, window: Windows
) -> list[Score]:
    """Changes by another method than the raw one, where the table has them; `main`: the truth that they are about."""
    if all(row.get(f"{method}_change") is None for row in rows):
        return []
    headline = ground.is_headline(window)
    employers, crawled = (
        title_changes(rows, ground, window, f"{method}_", interval) for interval in ("", "crawled_")
    )
    scores = changes.title_errors(
        employers, window.pair, headline=headline, words=f"{method}: titles", main=main
    )
    for found, words, against in (
        (employers, f"{method}, for employers: ", (PLANTED, EXPECTED)),
        (crawled, f"{method}, for crawled postings: ", (CRAWLED,)),
    ):
        truths = against if method == "corrected" else against[:1]
        scores += changes.intervals(found, window.pair, headline=headline, words=words, main=truths)
    return scores


def title_changes(
    rows: Iterable[Mapping[str, Any]], ground: Ground, window: Windows, method: str = "", interval: str = ""
) -> list[Change]:
    """Every standard title that the crawl has postings of, published or not.

    method, interval: what stands before the names of the change's columns, and before those of its interval's ends.
    """
    published = {row["title_id"]: row for row in rows}
    planted, expected = (ground.planted(table, window) for table in ("title_yoy", "title_yoy_crawled"))
    found = []
    for title_id in sorted(ground.truth.standard):
        row = published.get(title_id, {})
        base, current = ground.counts([title_id], window)
        if row or base or current:
            found.append(
                Change(
                    title_id,
                    base,
                    current,
                    _finite(row.get(f"{method}change")),
                    planted.get(title_id),
                    expected.get(title_id),
                    _finite(row.get(f"{method}{interval}change_low")),
                    _finite(row.get(f"{method}{interval}change_high")),
                    ranked=row.get("rank") is not None,
                    is_null=ground.truth.is_null(title_id, window.planted),
                    verdict=row.get(f"{interval}verdict"),
                )
            )
    return found


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _published_market(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """The market's change as the table itself has it: all of its rows together, `unassigned` included."""
    everything = list(rows)
    base, current = (sum(row[f"{side}_postings"] for row in everything) for side in ("base", "current"))
    return current / base - 1 if base else None


def _together(rows: list[dict[str, Any]], ground: Ground, window: Windows) -> list[Score]:
    """Groups of titles: the published counts of their members summed, against the group's own truth."""
    truth = ground.truth
    bands: dict[str, set[str]] = {}
    families: dict[str, set[str]] = {}
    for title in truth.titles.values():
        bands.setdefault(title.band, set()).add(title.title_id)
        families.setdefault(title.family_id, set()).add(title.title_id)
    containing = {title: inside for title, inside in truth.members.items() if len(inside) > 1}
    demand = {
        role: cells["postings"]
        for role, cells in truth.planted_cells("demand_yoy", window.planted).items()
        if "postings" in cells
    }
    scores: list[Score] = []
    for words, groups, planted in (
        ("seniority bands", bands, ground.planted("band_yoy", window)),
        ("families", families, ground.planted("family_yoy", window)),
        ("titles that contain others", containing, ground.planted("parent_yoy", window)),
        ("roles", truth.roles, demand),
    ):
        found = [
            _group(name, members, rows, ground, window, planted.get(name))
            for name, members in sorted(groups.items())
        ]
        scores += changes.errors(found, words, window.pair)
        if words in ("seniority bands", "roles"):
            for change in found:
                scores += changes.single(change, change.subject.replace("_", " "), window.pair)
    return scores


def _group(
    name: str,
    members: Iterable[str],
    rows: Iterable[Mapping[str, Any]],
    ground: Ground,
    window: Windows,
    planted: float | None,
) -> Change:
    inside = set(members)
    own = [row for row in rows if row["title_id"] in inside]
    base, current = (sum(row[f"{side}_postings"] for row in own) for side in ("base", "current"))
    return Change(name, *ground.counts(inside, window), current / base - 1 if base else None, planted)


def score_months(mart: pa.Table, ground: Ground) -> list[Score]:
    """The mix of titles, month by month."""
    published: dict[str, dict[str, int]] = {}
    for row in mart.to_pylist():
        published.setdefault(row["title_id"], {})[row["posting_month"]] = row["postings"]
    return shares.monthly(published, ground.counted.by_month, ground.truth.standard)


def score_volume(mart: pa.Table, ground: Ground) -> list[Score]:
    """Postings a month, over all sources."""
    published: dict[str, int] = {}
    for row in mart.to_pylist():
        published[row["posting_month"]] = published.get(row["posting_month"], 0) + row["postings"]
    true: dict[str, int] = {}
    for counts in ground.counted.by_month.values():
        for month, postings in counts.items():
            true[month] = true.get(month, 0) + postings
    off = [
        abs(published.get(month, 0) / postings - 1)
        for month, postings in sorted(true.items())
        if month != UNKNOWN_MONTH and postings
    ]
    return [Score(CHANGES, VOLUME, len(off), sum(off) / len(off), "months", TRUE)] if off else []


def score_dimension(column: str, table: str) -> Callable[[pa.Table, Ground], list[Score]]:
    """The examiner of a mart by `column`, whose planted shares are in `table`."""

    def score(mart: pa.Table, ground: Ground) -> list[Score]:
        scores: list[Score] = []
        spellings = ground.truth.spellings[column]
        for window, rows in _by_pair(mart, ground):
            published = shares.Published(spellings)
            for row in rows:
                if row["title_id"] in ground.truth.standard:
                    published.add(row["title_id"], row[column], row["current_postings"])
            true = {
                title: counts
                for (pair, title), counts in ground.counted.shares[column].items()
                if pair == window.pair and title in ground.truth.standard
            }
            planted = ground.truth.planted_cells(table, window.planted) if window.planted else {}
            headline = ground.is_headline(window)
            scores += shares.title_distances(published, true, column, window.pair, headline=headline)
            scores += shares.planted_shares(
                published, planted, ground.members, spellings, column, window.pair
            )
            scores += published.names(column, window.pair, finer=column == "industry")
        return scores

    return score


def score_pay(mart: pa.Table, ground: Ground) -> list[Score]:
    """Means and medians by title and currency, and the means that are planted for roles."""
    scores: list[Score] = []
    for window, rows in _by_pair(mart, ground):
        cells = []
        means: dict[str, tuple[int, float]] = {}
        for row in rows:
            title, currency = row["title_id"], row["currency"]
            true = ground.counted.pay.get((window.pair, title, currency))
            figures = {"mean": row["mean_monthly"], "median": row["median_monthly"]}
            if title not in ground.truth.standard or true is None or None in figures.values():
                continue
            cells.append(pay.Cell(true.postings, figures, {"mean": true.mean, "median": true.median}))
            if true.postings > means.get(title, (0, 0.0))[0]:
                means[title] = (row["stating_pay"], row["mean_monthly"])
        scores += pay.cell_errors(cells, window.pair, headline=ground.is_headline(window))
        planted = {
            role: of[ALL_CITIES]
            for role, of in ground.truth.planted_cells("salary_mean", window.planted).items()
            if ALL_CITIES in of
        }
        scores += pay.planted_means(means, planted, ground.members, window.pair)
    return scores


def score_emerging(mart: pa.Table, ground: Ground) -> list[Score]:
    """New wordings that were found, against the titles that the taxonomy lacks."""
    scores: list[Score] = []
    published = mart.to_pylist()
    # Over the study's windows, not the table's: a pair without a row has found nothing.
    for window in ground.windows:
        rows = [row for row in published if row["pair"] == window.pair]
        planted = ground.planted("title_yoy", window)
        missing = sorted(ground.truth.titles.keys() - ground.truth.standard)
        scores += emerging.emerging_scores(
            [
                emerging.Concept(
                    emerging.true_title(row["examples"], ground.counted.titles_asked),
                    row["is_emerging"],
                    row["base_postings"],
                    row["current_postings"],
                    row["change_low"],
                    row["change_high"],
                )
                for row in rows
            ],
            [emerging.Planted(one, *ground.counts([one], window), planted.get(one)) for one in missing],
            window.pair,
            headline=ground.is_headline(window),
        )
    return scores


_COUNTS = ("base_postings", "current_postings")
_INTERVAL = ("change", "change_low", "change_high")

_OTHER_METHODS = tuple(
    f"{method}_{column}"
    for method in ("corrected", "panel")
    for column in (*_INTERVAL, "crawled_change_low", "crawled_change_high")
)

EXAMINERS: dict[str, Examiner] = {
    "mart_market_yoy": Examiner(
        score_market,
        ("pair", "change"),
        optional=("panel_change",),
        tables=("market_yoy", "market_yoy_crawled"),
    ),
    "mart_title_yoy": Examiner(
        score_titles,
        ("pair", "title_id", *_COUNTS, *_INTERVAL, "rank"),
        optional=("verdict", "crawled_verdict", *_OTHER_METHODS),
        tables=("title_yoy", "title_yoy_crawled", "band_yoy", "family_yoy", "parent_yoy", "demand_yoy"),
    ),
    "mart_title_month": Examiner(score_months, ("title_id", "posting_month", "postings")),
    "mart_volume": Examiner(score_volume, ("posting_month", "postings")),
    "mart_industry": Examiner(
        score_dimension("industry", "industry_share"),
        ("pair", "title_id", "industry", "current_postings"),
        tables=("industry_share",),
    ),
    "mart_city": Examiner(
        score_dimension("city", "city_share"),
        ("pair", "title_id", "city", "current_postings"),
        tables=("city_share",),
    ),
    "mart_salary": Examiner(
        score_pay,
        ("pair", "title_id", "currency", "stating_pay", "mean_monthly", "median_monthly"),
        tables=("salary_mean",),
    ),
    emerging.MART: Examiner(
        score_emerging, ("pair", "examples", "is_emerging", *_COUNTS, "change_low", "change_high")
    ),
}
