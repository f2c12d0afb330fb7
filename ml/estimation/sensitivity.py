"""Each headline counted in other ways: what the figure owes to a choice.

What belongs here: recounting what was classified, by the study's model and by others that classified the same
postings. What does not: classifying again. What any encoder adds or spoils is seen beside the labels alone, which have
none; and a placebo shows what the intervals make of a change that is none.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ml.estimation.around import SENSITIVITY
from ml.estimation.counts import PairOfWindows
from ml.estimation.groups import cell, group_changes, sparse_counts
from ml.estimation.tables import BASE, CURRENT
from ml.schema import CORRECTED, EMPLOYERS, MARKET, MARKET_LEVEL, PANEL, RAW, TITLE_LEVEL

HEADLINE = "headline"
DUPLICATES_DIMENSION, THRESHOLD_DIMENSION, PANEL_DIMENSION = "duplicates", "threshold", "panel"
METHOD_DIMENSION, AGGREGATOR_DIMENSION = "method", "aggregator"
ENCODER_DIMENSION, LABELS_ALONE = "encoder", "none"
PLACEBO_DIMENSION, HALVES = "placebo", "halves_of_the_employers"
THRESHOLDS = (0.0, 0.2, 0.3, 0.5)
SELECTS = "employers that posted in both windows: chosen by their outcome, so falls look smaller"
LABELS = "the labelled sample alone, without encoder and classifier"
OTHER_MODEL = "the same postings, classified by another model of this study"
PROMOTED, LABELLED = "", "labels"
"""Where the rows of a way come from: the study's model, its labels; else the name of another model."""

NO_CHANGE = "one half of the employers against the other in the base window: there is no change to be found"


@dataclass(frozen=True)
class Files:
    """Parquet files of a study: postings, classifications, duplicates and polls (the last two may be none)."""

    postings: Sequence[str]
    classifications: Sequence[str]
    duplicates: Sequence[str] = ()
    polls: Sequence[str] = ()


@dataclass(frozen=True)
class _Way:
    """One way to count: which rows of the table of counts, and from which probability a title's postings are its own.

    least: None for the study's threshold. Another one is for titles only, as the market counts all postings. source:
    whose titles are counted (PROMOTED, LABELLED, another model). side: on which side a row counts, None for its own.
    """

    dimension: str
    variant: str
    counts: Callable[[dict[str, Any]], bool] = lambda row: True
    least: float | None = None
    notes: str = ""
    source: str = PROMOTED
    side: Callable[[dict[str, Any]], str] | None = None

    @property
    def of_the_market(self) -> bool:
        return self.least is None and self.source == PROMOTED

    @property
    def compared(self) -> bool:
        """Whether its difference to the headline means anything."""
        return self.dimension not in (HEADLINE, PLACEBO_DIMENSION)


def headlines(estimates: pa.Table, pair: str, least: float, each: int) -> list[str]:
    """Titles with `least` base postings: the `each` fastest, the `each` steepest falls and the `each` largest."""
    rows = [
        row
        for row in estimates.to_pylist()
        if (row["pair"], row["level"], row["method"], row["estimand"]) == (pair, TITLE_LEVEL, RAW, EMPLOYERS)
        and row["base_postings"] >= max(least, 1)
        and row["change"] is not None
    ]
    by_change = sorted(rows, key=lambda row: (-row["change"], row["group_id"]))
    by_size = sorted(rows, key=lambda row: (-row["base_postings"], row["group_id"]))
    chosen = [*by_change[:each], *by_change[::-1][:each], *by_size[:each]]
    return list(dict.fromkeys(row["group_id"] for row in chosen))


def sensitivity(
    files: Files,
    window: PairOfWindows,
    titles: Sequence[str],
    estimates: pa.Table,
    threshold: float,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    labels: pa.Table | None = None,
    other: Mapping[str, pa.Table] | None = None,
    models: Mapping[str, Sequence[str]] | None = None,
    replicates: int = 1000,
    seed: int = 0,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> pa.Table:
    """Count the market and `titles` in every way, in SENSITIVITY; the first row of each is the headline itself.

    The headline is the raw change: all postings, `threshold` as the study has it. `estimates` gives the corrected and
    the panel's change beside it; `labels` (posting_id, title_id) that of the labelled sample; `other`: label aggregator
    -> estimates corrected by its labels; `models`: name of another model -> files of its classifications, which are of
    the same postings.
    """
    rows = _count(files, window, titles, labels, [*thresholds, threshold], memory_limit, threads)
    for name, classifications in sorted((models or {}).items()):
        of_model = replace(files, classifications=classifications)
        counted = _count(of_model, window, titles, None, [threshold], memory_limit, threads)
        rows += [row | {"source": name} for row in counted if row["title_id"]]
    ways = list(
        _ways(
            [row for row in rows if row["source"] == PROMOTED],
            [one for one in thresholds if one != threshold],
            seed,
            has_polls=bool(files.polls),
            has_labels=labels is not None,
            models=sorted(models or {}),
        )
    )
    groups = [
        (level, group, way)
        for level, group in ((MARKET_LEVEL, MARKET), *((TITLE_LEVEL, title) for title in titles))
        for way in ways
        if level == TITLE_LEVEL or way.of_the_market
    ]
    employers = sorted({row["employer_id"] for row in rows})
    column = {employer: place for place, employer in enumerate(employers)}
    by_title: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_title.setdefault(row["title_id"], []).append(row)
    places: dict[str, list[tuple[int, int, int]]] = {BASE: [], CURRENT: []}
    for number, (level, group, way) in enumerate(groups):
        least = threshold if way.least is None else way.least
        for row in rows if level == MARKET_LEVEL else by_title.get(group, []):
            if row["source"] != way.source or not way.counts(row):
                continue
            if level == MARKET_LEVEL or way.source == LABELLED or row["reached"] >= least:
                side = way.side(row) if way.side else row["side"]
                places[side].append((number, column[row["employer_id"]], row["postings"]))
    shape = (len(groups), len(employers))
    at_places = {side: np.array(some, dtype=np.int64).reshape(-1, 3) for side, some in places.items()}
    base, current = (
        sparse_counts(some[:, 0], some[:, 1], some[:, 2], shape)
        for some in (at_places[BASE], at_places[CURRENT])
    )
    found = group_changes(base, current, tuple(employers), seed, replicates)
    headline_of = {
        (level, group): at for at, (level, group, way) in enumerate(groups) if way.dimension == HEADLINE
    }
    table = []
    for at, (level, group, way) in enumerate(groups):
        own = headline_of[level, group]
        difference = found.difference(at, own) if way.compared else (np.nan, np.nan, np.nan)
        shown = found.withheld[at] is None and found.withheld[own] is None
        table.append(
            {
                "pair": window.pair,
                "level": level,
                "group_id": group,
                "dimension": way.dimension,
                "variant": way.variant,
                "base_postings": float(found.base[at]),
                "current_postings": float(found.current[at]),
                "change": cell(found.change[at]),
                "change_low": cell(found.low[at]),
                "change_high": cell(found.high[at]),
                "withheld": found.withheld[at],
                "difference": cell(difference[0]),
                "difference_low": cell(difference[1]) if shown else None,
                "difference_high": cell(difference[2]) if shown else None,
                "notes": way.notes,
            }
        )
    named = {(level, group): cell(found.change[at]) for (level, group), at in headline_of.items()}
    table += _estimated(estimates, window.pair, named, METHOD_DIMENSION, (CORRECTED, PANEL))
    for aggregator, corrected in sorted((other or {}).items()):
        rows_of = _estimated(corrected, window.pair, named, AGGREGATOR_DIMENSION, (CORRECTED,))
        table += [
            row | {"variant": aggregator, "notes": "corrected by its labels; the model is the same"}
            for row in rows_of
        ]
    order = {key: place for place, key in enumerate(named)}
    table.sort(
        key=lambda row: order[str(row["level"]), str(row["group_id"])]
    )  # stable: variants stay in their order
    return pa.Table.from_pylist(table, SENSITIVITY)


def _estimated(
    estimates: pa.Table,
    pair: str,
    named: Mapping[tuple[str, str], float | None],
    dimension: str,
    methods: Iterable[str],
) -> list[dict[str, Any]]:
    """The headlines' rows of a table of estimates, as rows of SENSITIVITY."""
    return [
        {
            "pair": pair,
            "level": row["level"],
            "group_id": row["group_id"],
            "dimension": dimension,
            "variant": row["method"],
            **{
                name: row[name]
                for name in ("base_postings", "current_postings", "change", "change_low", "change_high")
            },
            "withheld": row["withheld"],
            "difference": round(row["change"] - own, 9)
            if row["change"] is not None and own is not None
            else None,
            "difference_low": None,
            "difference_high": None,
            "notes": row["notes"],
        }
        for row in estimates.to_pylist()
        if row["pair"] == pair
        and row["estimand"] == EMPLOYERS
        and row["method"] in methods
        and (row["level"], row["group_id"]) in named
        for own in [named[row["level"], row["group_id"]]]
    ]


def _ways(
    rows: Sequence[dict[str, Any]],
    thresholds: Sequence[float],
    seed: int,
    *,
    has_polls: bool,
    has_labels: bool,
    models: Sequence[str],
) -> Iterable[_Way]:
    yield _Way(HEADLINE, HEADLINE)
    yield _Way(DUPLICATES_DIMENSION, "jobs_only", lambda row: row["class"] == "unique")
    yield _Way(DUPLICATES_DIMENSION, "without_reposts", lambda row: row["class"] != "repost")
    yield _Way(DUPLICATES_DIMENSION, "without_copies", lambda row: row["class"] not in ("exact", "near"))
    for least in thresholds:
        yield _Way(THRESHOLD_DIMENSION, f"{least:g}", least=least)
    if has_polls:
        yield _Way(PANEL_DIMENSION, "polled_in_both_months", lambda row: row["polled_both"])
        yield _Way(PANEL_DIMENSION, "polled_in_all_months", lambda row: row["polled_all"])
    both = set.intersection(
        *({row["employer_id"] for row in rows if row["side"] == side} for side in (BASE, CURRENT))
    )
    yield _Way(PANEL_DIMENSION, "posted_in_both", lambda row: row["employer_id"] in both, notes=SELECTS)
    if has_labels:
        yield _Way(ENCODER_DIMENSION, LABELS_ALONE, notes=LABELS, source=LABELLED)
    for model in models:
        yield _Way(ENCODER_DIMENSION, model, notes=OTHER_MODEL, source=model)
    half = {row["employer_id"]: _half(row["employer_id"], seed) for row in rows}
    yield _Way(
        PLACEBO_DIMENSION,
        HALVES,
        lambda row: row["side"] == BASE,
        notes=NO_CHANGE,
        side=lambda row: half[row["employer_id"]],
    )


def _half(employer: str, seed: int) -> str:
    """The half of the employers that one is in: a fixed function of its id and the seed."""
    digest = hashlib.blake2b(
        employer.encode("utf-8"),
        digest_size=1,
        key=seed.to_bytes(8, "little", signed=True),
        person=b"placebo",
    ).digest()
    return (BASE, CURRENT)[digest[0] % 2]


def _count(
    files: Files,
    window: PairOfWindows,
    titles: Sequence[str],
    labels: pa.Table | None,
    thresholds: Sequence[float],
    memory_limit: str,
    threads: int,
) -> list[dict[str, Any]]:
    """Postings of both windows by employer_id, side, title_id ("" for all that are no headline), class, reached (the
    highest of the thresholds that the probability reaches, -1 for none), polled_both and polled_all, source PROMOTED;
    and, LABELLED, the labels of the headlines by employer_id, side and title_id.
    """
    months = pa.table({"base": window.base.keys(), "current": window.current.keys()})
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-sensitivity-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        engine.register("matches", months)
        engine.register("headlines", pa.table({"title_id": pa.array(sorted(titles), pa.string())}))
        engine.register("levels", pa.table({"least": pa.array(sorted(set(thresholds)), pa.float64())}))
        engine.execute(
            """
            CREATE TEMP TABLE months AS
            SELECT base AS month, 'base' AS side, base, current FROM matches
            UNION ALL SELECT current, 'current', base, current FROM matches
            """
        )
        engine.execute("CREATE TEMP TABLE polled (employer_id VARCHAR, month VARCHAR)")
        engine.execute("CREATE TEMP TABLE repeats (posting_id VARCHAR, class VARCHAR)")
        if files.polls:
            engine.execute(
                "INSERT INTO polled SELECT DISTINCT employer_id, month FROM read_parquet($polls) "
                "WHERE result IN ('ok', 'not_modified') AND month IN (SELECT month FROM months)",
                {"polls": list(files.polls)},
            )
        if files.duplicates:
            engine.execute(
                "INSERT INTO repeats SELECT posting_id, class FROM read_parquet($files) WHERE class <> 'unique'",
                {"files": list(files.duplicates)},
            )
        rows = engine.sql(
            """
            WITH throughout AS (
                SELECT employer_id FROM polled GROUP BY employer_id
                HAVING count(*) = (SELECT count(*) FROM months)
            )
            SELECT
                p.employer_id, m.side, coalesce(h.title_id, '') AS title_id, coalesce(r.class, 'unique') AS class,
                coalesce(max(l.least), -1) AS reached,
                b.month IS NOT NULL AND c.month IS NOT NULL AS polled_both,
                t.employer_id IS NOT NULL AS polled_all, p.posting_id
            FROM (SELECT posting_id, posting_month, employer_id FROM read_parquet($postings)) AS p
            JOIN months AS m ON p.posting_month = m.month
            JOIN (
                SELECT posting_id, best_title_id, probability FROM read_parquet($classifications)
            ) AS k ON p.posting_id = k.posting_id
            LEFT JOIN headlines AS h ON k.best_title_id = h.title_id
            LEFT JOIN levels AS l ON k.probability >= CAST(l.least AS FLOAT)
            LEFT JOIN polled AS b ON p.employer_id = b.employer_id AND m.base = b.month
            LEFT JOIN polled AS c ON p.employer_id = c.employer_id AND m.current = c.month
            LEFT JOIN throughout AS t ON p.employer_id = t.employer_id
            LEFT JOIN repeats AS r ON p.posting_id = r.posting_id
            GROUP BY ALL
            """,
            params={"postings": list(files.postings), "classifications": list(files.classifications)},
        )
        counted = (
            rows.aggregate(
                f"employer_id, side, title_id, class, reached, polled_both, polled_all, '{PROMOTED}' AS source, "
                "count(*) AS postings"
            )
            .order("employer_id, side, title_id, class, reached, polled_both, polled_all")
            .to_arrow_table()
            .to_pylist()
        )
        if labels is None:
            return counted
        engine.register("labels", labels.select(["posting_id", "title_id"]))
        return (
            counted
            + engine.sql(
                f"""
            SELECT p.employer_id, m.side, l.title_id, '{LABELLED}' AS source, count(*) AS postings
            FROM (SELECT posting_id, posting_month, employer_id FROM read_parquet($postings)) AS p
            JOIN months AS m ON p.posting_month = m.month
            JOIN labels AS l ON p.posting_id = l.posting_id
            JOIN headlines AS h ON l.title_id = h.title_id
            GROUP BY ALL ORDER BY ALL
            """,  # noqa: S608  (a name of this module)
                params={"postings": list(files.postings)},
            )
            .to_arrow_table()
            .to_pylist()
        )
