"""An outside index beside a study's own figures: the same windows, country by country.

What belongs here: reading Indeed Hiring Lab's files, and the comparison. What does not: fetching them
(`ml.estimation.benchmark_download`), and counting postings (`decomposition`).

The index: seven-day averages of postings on Indeed's sites by country, seasonally adjusted, 100 = 1 February 2020, in
two series: `total`, all postings that are open, and `new`, those open for seven days at most. Values are levels,
although its page says "% change"; the files of some countries are not in the order of time.

Source: Indeed Hiring Lab, Job Postings Index, https://github.com/hiring-lab/job_postings_tracker, CC BY 4.0.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ml.estimation.around import BENCHMARK
from ml.estimation.counts import PairOfWindows
from ml.estimation.decomposition import Cells
from ml.estimation.groups import GroupChanges, cell, group_changes, sparse_counts
from ml.estimation.tables import BASE, CURRENT

SOURCE = "Indeed Hiring Lab, Job Postings Index, https://github.com/hiring-lab/job_postings_tracker"
LICENCE = "CC BY 4.0"
ALL_COUNTRIES = "*"
TOTAL, NEW = "total", "new"
_SERIES = {"total postings": TOTAL, "new postings": NEW}
_LEVEL = "indeed_job_postings_index_SA"
_COLUMNS = ("date", "jobcountry", _LEVEL, "variable")


class BenchmarkError(ValueError):
    """A file of the benchmark that cannot be used; the message names file, row and column."""


Levels = Mapping[tuple[str, str], Mapping[dt.date, float]]
"""(country, series) -> day -> level."""


def benchmark_file(country: str) -> str:
    """The name of a country's file, as Indeed Hiring Lab gives it."""
    return f"aggregate_job_postings_{country}.csv"


def read_indeed(paths: Iterable[Path]) -> Levels:
    """Read files of the index, rows in any order.

    Raises BenchmarkError for a file that is not one of them, a value that is none, or a day with two values.
    """
    found: dict[tuple[str, str], dict[dt.date, float]] = defaultdict(dict)
    for path in paths:
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = csv.DictReader(stream)
                lacking = [name for name in _COLUMNS if name not in (rows.fieldnames or [])]
                if lacking:
                    raise BenchmarkError(
                        f"{path}: has no column {', '.join(lacking)}; is it the index by country?"
                    )
                for number, row in enumerate(rows, start=2):
                    key, day, level = _read_row(path, number, row)
                    if found[key].setdefault(day, level) != level:
                        raise BenchmarkError(f"{path}, row {number}: {day} stands twice with two values")
        except OSError as error:
            raise BenchmarkError(f"{path}: cannot be read ({error.strerror})") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise BenchmarkError(f"{path}: not a CSV file in UTF-8 ({error})") from error
    return found


def _read_row(
    path: Path, number: int, row: Mapping[str, str | None]
) -> tuple[tuple[str, str], dt.date, float]:
    def fault(column: str, wanted: str) -> BenchmarkError:
        return BenchmarkError(f"{path}, row {number}, {column}: {str(row[column])[:40]!r} is not {wanted}")

    series = _SERIES.get((row["variable"] or "").strip())
    if series is None:
        raise fault("variable", "total postings or new postings")
    try:
        day = dt.date.fromisoformat((row["date"] or "").strip())
    except ValueError as error:
        raise fault("date", "a day as YYYY-MM-DD") from error
    try:
        level = float(row[_LEVEL] or "")
    except ValueError as error:
        raise fault(_LEVEL, "a number") from error
    if not math.isfinite(level) or level <= 0:
        raise fault(_LEVEL, "a positive number")
    return ((row["jobcountry"] or "").strip().upper(), series), day, level


def mean_level(days: Mapping[dt.date, float], months: Sequence[str]) -> tuple[float, int] | None:
    """The mean level over the days of the months, and how many days; None where a month has no day."""
    inside: dict[str, list[float]] = {month: [] for month in months}
    wanted = {(int(month[:4]), int(month[5:])): month for month in months}
    for day, level in days.items():
        if month := wanted.get((day.year, day.month)):
            inside[month].append(level)
    if not all(inside.values()):
        return None
    levels = [level for month in months for level in inside[month]]
    return math.fsum(levels) / len(levels), len(levels)


def against_benchmark(
    levels: Levels, cells: Cells, window: PairOfWindows, replicates: int = 1000, seed: int = 0
) -> pa.Table:
    """The change of the benchmark beside the study's own, in BENCHMARK, by country and series.

    Countries of which either side has nothing get no row, nor does a series that lacks a month of a window. The row
    ALL_COUNTRIES takes the benchmark's changes at the study's base weights, so that no difference of mix is left in it.
    """
    known = {
        (country, series): (base, current)
        for (country, series), days in sorted(levels.items())
        if (base := mean_level(days, window.base.keys()))
        and (current := mean_level(days, window.current.keys()))
    }
    countries = sorted({country for country, _ in known})
    rows = cells.rows.to_pylist()
    groups = {name: place for place, name in enumerate([*countries, ALL_COUNTRIES, ""])}
    if not known or not rows:
        return BENCHMARK.empty_table()

    def changes(*, panel: bool) -> GroupChanges:
        counted = [row for row in rows if not panel or row["polled"] == "base+current"]
        employers = sorted({row["employer_id"] for row in counted})
        column = {employer: place for place, employer in enumerate(employers)}
        sides = []
        for side in (BASE, CURRENT):
            # A posting counts for its country, for all that the benchmark has, and ("") for the market.
            spread = [
                (groups[name], column[row["employer_id"]], row["postings"])
                for row in counted
                if row["side"] == side
                for name in (([row["country"], ALL_COUNTRIES] if row["country"] in countries else []) + [""])
            ]
            at = np.array(spread, dtype=np.int64).reshape(-1, 3)
            sides.append(sparse_counts(at[:, 0], at[:, 1], at[:, 2], (len(groups), len(employers))))
        return group_changes(sides[0], sides[1], tuple(employers), seed, replicates)

    ours = changes(panel=False)
    panel = changes(panel=True) if cells.has_polls else None
    market = ours.change[groups[""]]
    found = []
    for series in (TOTAL, NEW):
        inside = [
            country for country in countries if (country, series) in known and ours.base[groups[country]] > 0
        ]
        for country in inside:
            before, after = known[country, series]
            at = groups[country]
            found.append(_row(window, country, series, before, after, at, ours, panel, market))
        if len(inside) > 1 and len(inside) == len(countries):
            weights = np.array([ours.base[groups[country]] for country in inside])
            ratios = np.array(
                [known[country, series][1][0] / known[country, series][0][0] for country in inside]
            )
            level = 100.0 * float(weights @ ratios / weights.sum())
            days = [min(known[country, series][side][1] for country in inside) for side in (0, 1)]
            before, after, at = (100.0, days[0]), (level, days[1]), groups[ALL_COUNTRIES]
            found.append(_row(window, ALL_COUNTRIES, series, before, after, at, ours, panel, market))
    return pa.Table.from_pylist(found, BENCHMARK)


def _row(
    window: PairOfWindows,
    country: str,
    series: str,
    before: tuple[float, int],
    after: tuple[float, int],
    at: int,
    ours: GroupChanges,
    panel: GroupChanges | None,
    market: float,
) -> dict[str, object]:
    (base, base_days), (current, current_days) = before, after
    outside = current / base - 1
    own = ours.change[at]
    return {
        "pair": window.pair,
        "country": country,
        "series": series,
        "base_level": round(base, 6),
        "current_level": round(current, 6),
        "base_days": base_days,
        "current_days": current_days,
        "benchmark_change": round(outside, 9),
        "base_postings": int(ours.base[at]),
        "current_postings": int(ours.current[at]),
        "change": cell(own),
        "change_low": cell(ours.low[at]),
        "change_high": cell(ours.high[at]),
        "withheld": ours.withheld[at],
        "panel_change": cell(panel.change[at]) if panel else None,
        "panel_change_low": cell(panel.low[at]) if panel else None,
        "panel_change_high": cell(panel.high[at]) if panel else None,
        "market_change": cell(market),
        "difference": cell(market - outside),
        "explained_by_mix": cell(market - own),
        "unexplained": cell(own - outside),
        "source": SOURCE,
        "licence": LICENCE,
    }
