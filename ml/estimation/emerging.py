"""Emerging titles: small, fast-growing wordings that no standard title holds.

What belongs here: finding them in postings and classifications, their counts, growth and test. What does not: the
normal form of a wording (`wordings`), which wordings are one (`concepts`), where the standard titles come from.

Three steps. (1) Raw titles in normal form; a form that a standard title holds word for word is put aside. (2) The other
forms are grouped by what their postings say; a group that reads like the postings of a standard title is put aside.
Neither step knows a date. (3) Of what is left, growth beyond that of the titles that its postings are classified as is
tested over all months, with the false discovery rate controlled over the concepts tested. Choosing by count and text
before testing growth leaves the test valid (Bourgon, Gentleman and Huber 2010).
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.around import EMERGING
from ml.estimation.bootstrap import effective_employers
from ml.estimation.concepts import ALIKE, group_alike, nearest, text_vectors
from ml.estimation.counts import PairOfWindows
from ml.estimation.groups import FEWEST_EMPLOYERS, cell, group_changes, sparse_counts
from ml.estimation.verdicts import FALSE_DISCOVERIES, q_values
from ml.estimation.wordings import HeldWordings, normal_wording, place_words

FEWEST_SPOKEN = 5
"""Postings from which a wording is read; rarer ones may still join a concept whose words they all have."""

FEWEST_POSTINGS = 15
"""Postings, over all months, from which a concept is tested."""

MOST_WORDINGS = 5_000
"""Wordings that are read, the most frequent first."""

TEXTS = 20
"""Postings that are read of a wording or title, chosen by their id alone."""

SMALL = 0.005
"""Share of the current window's postings above which a concept is no longer small."""

SHOWN_WORDINGS, EXAMPLES, TEXT_CHARACTERS = 8, 3, 6_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Concepts:
    """What was found, before any growth is known.

    names: concept -> its wordings in normal form, most frequent first; counts: columns concept, employer_id, month,
    postings; predictions: columns concept, title_id, postings, probability (a sum); titles: columns title_id, month,
    postings (by best title); spellings: its first wording as most often written; examples: columns concept, month,
    posting_id.
    """

    names: list[list[str]]
    likeness: Floats
    nearest: list[str | None]
    counts: pa.Table
    predictions: pa.Table
    titles: pa.Table
    spellings: list[str]
    examples: pa.Table


def find_concepts(
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    wordings: Mapping[str, Iterable[str]],
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> Concepts:
    """Group the wordings that no standard title holds.

    The lists name Parquet files: postings with posting_id, posting_month, employer_id, title, core_text, description,
    city, region and country; classifications with posting_id, best_title_id and probability. `wordings`: title id ->
    its names and aliases. Memory: DuckDB's, and the texts of TEXTS postings for each of MOST_WORDINGS wordings and
    of the titles.
    """
    held = HeldWordings.of(wordings)
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-wordings-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        said = "posting_id, posting_month, employer_id, title, coalesce(core_text, description) AS text"
        for view, columns, files in (
            ("said", f"{said}, city, region, country", posting_files),
            ("classified", "posting_id, posting_month, best_title_id, probability", classification_files),
        ):
            engine.execute(f"CREATE VIEW {view} AS SELECT {columns} FROM read_parquet({_list(files)})")  # noqa: S608
        _put_into_normal_form(engine, held)
        candidates = _column(
            engine,
            f"""
            SELECT wording FROM spoken_counts
            WHERE NOT is_held AND postings >= {FEWEST_SPOKEN} ORDER BY postings DESC, wording LIMIT {MOST_WORDINGS}
            """,  # noqa: S608  (numbers of this module)
        )
        concepts = _grouped(engine, candidates, sorted(wordings), held)
        return _counted(engine, concepts, held)


def _list(paths: Sequence[str]) -> str:
    return "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"


def _table(engine: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Any]) -> None:
    """A table that other cursors of the engine see too, as they do not see what is registered."""
    engine.register("arriving", pa.table(dict(columns)))
    engine.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608  (names of this module)
    engine.unregister("arriving")


def _column(engine: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return [row[0] for row in engine.sql(query).fetchall()]


def _put_into_normal_form(engine: duckdb.DuckDBPyConnection, held: HeldWordings) -> None:
    """Make `spoken` (title, wording) of all raw titles, and `spoken_counts` (wording, postings, is_held)."""
    names = _column(
        engine, "SELECT DISTINCT unnest([city, region, country]) AS name FROM said WHERE title IS NOT NULL"
    )
    places = place_words(names, held)
    engine.execute("CREATE TABLE spoken (title VARCHAR, wording VARCHAR)")
    # Written down first: a reader that is still open would be cut off by the inserts.
    engine.execute(
        "CREATE TABLE raw_titles AS SELECT DISTINCT title FROM said WHERE title IS NOT NULL ORDER BY title"
    )
    rows = engine.cursor().sql("SELECT title FROM raw_titles").to_arrow_reader(50_000)
    for batch in rows:
        titles = batch.column("title")
        forms = pa.array([normal_wording(title, places) for title in titles.to_pylist()], pa.string())
        engine.register("piece", pa.table({"title": titles, "wording": forms}))
        engine.execute("INSERT INTO spoken SELECT title, wording FROM piece WHERE wording <> ''")
        engine.unregister("piece")
    _table(engine, "held_forms", {"wording": pa.array(sorted(held.titles), pa.string())})
    engine.execute(
        """
        CREATE TABLE spoken_counts AS
        SELECT s.wording, count(*) AS postings, s.wording IN (SELECT wording FROM held_forms) AS is_held
        FROM said AS p JOIN spoken AS s ON p.title = s.title GROUP BY s.wording
        """
    )


@dataclass(frozen=True)
class _Grouped:
    names: list[list[str]]
    likeness: Floats
    nearest: list[str | None]


def _grouped(
    engine: duckdb.DuckDBPyConnection, candidates: list[str], title_ids: list[str], held: HeldWordings
) -> _Grouped:
    """Candidates that read like no standard title, as concepts; those that hold too little are left out later."""
    alone = {form: next(iter(titles)) for form, titles in held.titles.items() if len(titles) == 1 and titles}
    number = {title_id: place for place, title_id in enumerate(title_ids)}
    first = len(title_ids)
    groups = {form: number[title] for form, title in alone.items() if title in number}
    groups |= {form: first + place for place, form in enumerate(candidates)}
    _table(engine, "read_groups", {"wording": list(groups), "number": list(groups.values())})
    engine.execute(
        f"""
        CREATE TABLE read AS SELECT number, posting_id FROM (
            SELECT g.number, p.posting_id, row_number() OVER (PARTITION BY g.number ORDER BY p.posting_id) AS place
            FROM (SELECT posting_id, title FROM said WHERE text IS NOT NULL) AS p
            JOIN spoken AS s ON p.title = s.title JOIN read_groups AS g ON s.wording = g.wording
        ) WHERE place <= {TEXTS}
        """  # noqa: S608  (numbers of this module)
    )
    texts = engine.cursor().sql(
        f"""
        SELECT r.number, left(p.text, {TEXT_CHARACTERS}) AS text
        FROM read AS r JOIN said AS p ON r.posting_id = p.posting_id ORDER BY r.number, r.posting_id
        """  # noqa: S608  (numbers of this module)
    )
    vectors = text_vectors(
        (
            (int(group), str(text))
            for batch in texts.to_arrow_reader(4_096)
            for group, text in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)
        ),
        first + len(candidates),
    )
    of_titles, of_wordings = vectors[:first], vectors[first:]
    free = np.flatnonzero(nearest(of_wordings, of_titles).likeness < ALIKE)
    postings = dict(engine.sql("SELECT wording, postings FROM spoken_counts").fetchall()) if len(free) else {}
    counts = [int(postings[candidates[place]]) for place in free]
    concept = group_alike(of_wordings[free], counts)
    inside: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(concept.tolist()):
        inside[group].append(place)
    return _without_the_held(
        of_wordings[free], of_titles, inside, counts, [candidates[i] for i in free], title_ids
    )


def _without_the_held(
    vectors: Any,
    of_titles: Any,
    inside: Mapping[int, list[int]],
    counts: Sequence[int],
    wordings: Sequence[str],
    title_ids: Sequence[str],
) -> _Grouped:
    """Concepts whose postings, taken together, read like a standard title's are held after all."""
    from sklearn.preprocessing import normalize

    if not inside:
        return _Grouped([], np.zeros(0), [])
    weight = sparse_counts(
        [group for group, places in inside.items() for _ in places],
        [place for places in inside.values() for place in places],
        [counts[place] for places in inside.values() for place in places],
        (len(inside), len(wordings)),
    )
    near = nearest(normalize(weight @ vectors), of_titles)
    kept = [group for group in range(len(inside)) if near.likeness[group] < ALIKE]
    return _Grouped(
        [
            [wordings[place] for place in sorted(inside[group], key=lambda at: (-counts[at], wordings[at]))]
            for group in kept
        ],
        near.likeness[kept],
        [title_ids[near.number[group]] if near.likeness[group] > 0 else None for group in kept],
    )


def _counted(engine: duckdb.DuckDBPyConnection, found: _Grouped, held: HeldWordings) -> Concepts:
    """Count the concepts' postings, with those of rare wordings that hold all words of one of theirs."""
    spoken = {wording: concept for concept, wordings in enumerate(found.names) for wording in wordings}
    rare = _column(
        engine,
        f"SELECT wording FROM spoken_counts WHERE NOT is_held AND postings < {FEWEST_SPOKEN} ORDER BY wording",  # noqa: S608
    )
    joined = spoken | dict(_joining(rare, spoken, held))
    columns = {
        "wording": pa.array(list(joined), pa.string()),
        "concept": pa.array(list(joined.values()), pa.int64()),
    }
    _table(engine, "concept_of", columns)
    engine.execute(
        """
        CREATE TABLE members AS
        SELECT c.concept, p.posting_id, p.posting_month, p.employer_id, p.title, s.wording
        FROM said AS p JOIN spoken AS s ON p.title = s.title JOIN concept_of AS c ON s.wording = c.wording
        WHERE p.posting_month <> 'unknown'
        """
    )
    spellings = dict(
        engine.sql(
            """
            SELECT wording, arg_max(title, (n, title)) FROM (
                SELECT wording, title, count(*) AS n FROM members GROUP BY ALL
            ) GROUP BY wording
            """
        ).fetchall()
    )
    return Concepts(
        names=found.names,
        likeness=found.likeness,
        nearest=found.nearest,
        counts=engine.sql(
            "SELECT concept, employer_id, posting_month AS month, count(*) AS postings FROM members "
            "GROUP BY ALL ORDER BY ALL"
        ).to_arrow_table(),
        predictions=engine.sql(
            "SELECT m.concept, c.best_title_id AS title_id, count(*) AS postings, "
            "CAST(sum(CAST(c.probability AS DECIMAL(18, 6))) AS DOUBLE) AS probability "
            "FROM members AS m JOIN classified AS c ON m.posting_id = c.posting_id GROUP BY ALL ORDER BY ALL"
        ).to_arrow_table(),
        titles=engine.sql(
            "SELECT best_title_id AS title_id, posting_month AS month, count(*) AS postings FROM classified "
            "WHERE posting_month <> 'unknown' GROUP BY ALL ORDER BY ALL"
        ).to_arrow_table(),
        spellings=[str(spellings.get(names[0], names[0])) for names in found.names],
        examples=engine.sql(
            f"""
            SELECT concept, posting_month AS month, posting_id FROM (
                SELECT *, row_number() OVER (PARTITION BY concept, posting_month ORDER BY posting_id) AS place
                FROM members
            ) WHERE place <= {EXAMPLES} ORDER BY concept, month DESC, posting_id
            """  # noqa: S608  (numbers of this module)
        ).to_arrow_table(),
    )


def _joining(rare: Iterable[str], spoken: Mapping[str, int], held: HeldWordings) -> Iterator[tuple[str, int]]:
    """Rare wordings that hold all words of a concept's wording: two words or more, or one that no title uses."""
    by_word: dict[str, list[tuple[frozenset[str], int]]] = defaultdict(list)
    used = Counter(word for wording in spoken for word in wording.split())
    for wording, concept in spoken.items():
        words = frozenset(wording.split())
        if len(words) > 1 or not words <= held.words:
            by_word[min(words, key=lambda word: (used[word], word))].append((words, concept))
    for wording in rare:
        words = frozenset(wording.split())
        fitting = [
            (len(inside), concept)
            for word in words
            for inside, concept in by_word.get(word, ())
            if inside <= words
        ]
        if fitting:
            yield wording, min(fitting, key=lambda one: (-one[0], one[1]))[1]


def emerging_titles(
    concepts: Concepts, window: PairOfWindows, replicates: int = 1000, seed: int = 0
) -> pa.Table:
    """Growth and test of every concept with enough postings, in EMERGING, the surest first.

    The trend: employer e's pull is u_e = sum over its postings of (month - mu), mu the mean month of the postings of
    the titles that the concept's postings are classified as; z = sum u_e / sqrt(sum u_e^2), one-sided. A concept is
    emerging where q <= 0.05, it grew more than expected between the windows, and it has at most SMALL of the postings.
    """
    last = max(window.current.keys())
    months = [month for month in sorted(set(concepts.titles.column("month").to_pylist())) if month <= last]
    at = {month: place for place, month in enumerate(months)}
    counts = [row for row in concepts.counts.to_pylist() if row["month"] in at]
    size = len(concepts.names)
    if not counts or not size:
        return EMERGING.empty_table()
    employers = sorted({row["employer_id"] for row in counts})
    column = {employer: place for place, employer in enumerate(employers)}
    shape = (size, len(employers))

    def matrix(weigh: Callable[[dict[str, Any]], float]) -> Any:
        rows = [(row["concept"], column[row["employer_id"]], weigh(row)) for row in counts]
        groups, places, values = zip(*rows, strict=True)
        return sparse_counts(np.array(groups), np.array(places), values, shape)

    base, current = set(window.base.keys()), set(window.current.keys())
    expected = _expected_months(concepts, at)
    mean_month = expected @ np.arange(len(months))
    everyone = matrix(lambda row: row["postings"])
    pull = matrix(lambda row: row["postings"] * (at[row["month"]] - mean_month[row["concept"]]))
    found = group_changes(
        matrix(lambda row: row["postings"] * (row["month"] in base)),
        matrix(lambda row: row["postings"] * (row["month"] in current)),
        tuple(employers),
        seed,
        replicates,
    )
    total = np.asarray(everyone.sum(axis=1)).ravel()
    effective = effective_employers(everyone, everyone * 0)
    tested = (total >= FEWEST_POSTINGS) & (effective >= FEWEST_EMPLOYERS)
    z = _trend(pull)
    p = np.where(tested, _upper_tail(z), np.nan)
    q = q_values(np.nan_to_num(p, nan=1.0), tested)
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = expected[:, [at[m] for m in sorted(current) if m in at]].sum(axis=1) / (
            expected[:, [at[m] for m in sorted(base) if m in at]].sum(axis=1)
        )
    market = sum(r["postings"] for r in concepts.titles.to_pylist() if r["month"] in current)
    grows = np.nan_to_num(found.change, nan=np.inf) > usual - 1
    emerging = (
        tested & (q <= FALSE_DISCOVERIES) & grows & (found.current <= SMALL * market) & (found.current > 0)
    )
    shown = np.flatnonzero(tested)
    shown = shown[np.lexsort((shown, -np.round(z[shown], 9)))]
    predicted, examples = _predicted(concepts), _examples(concepts, last)
    return pa.Table.from_pylist(
        [
            {
                "pair": window.pair,
                "concept_id": concepts.names[i][0],
                "wording": _one_line(concepts.spellings[i]),
                "wordings": "; ".join(concepts.names[i][:SHOWN_WORDINGS]),
                "examples": examples.get(i, []),
                "postings": int(total[i]),
                "base_postings": int(found.base[i]),
                "current_postings": int(found.current[i]),
                "employers_effective": round(float(effective[i]), 6),
                "change": cell(found.change[i]),
                "change_low": cell(found.low[i]),
                "change_high": cell(found.high[i]),
                "withheld": found.withheld[i],
                "expected_change": cell(usual[i] - 1),
                "novelty": round(1 - float(concepts.likeness[i]), 6),
                "nearest_title_id": concepts.nearest[i],
                **predicted.get(i, {"classified_as": None, "classified_share": 0.0, "mean_probability": 0.0}),
                "trend_z": cell(z[i]),
                "p_value": cell(p[i]),
                "q_value": cell(q[i]),
                "is_emerging": bool(emerging[i]),
                "replicates": replicates,
                "seed": seed,
            }
            for i in shown.tolist()
        ],
        EMERGING,
    )


def _expected_months(concepts: Concepts, at: Mapping[str, int]) -> Floats:
    """(concepts, months): how postings of the titles that a concept is classified as spread over the months."""
    titles = sorted(set(concepts.titles.column("title_id").to_pylist()))
    row_of = {title: place for place, title in enumerate(titles)}
    spread = np.zeros((len(titles), len(at)))
    for row in concepts.titles.to_pylist():
        if row["month"] in at:
            spread[row_of[row["title_id"]], at[row["month"]]] += row["postings"]
    spread /= np.maximum(spread.sum(axis=1, keepdims=True), 1.0)
    mixed = np.zeros((len(concepts.names), len(at)))
    for row in concepts.predictions.to_pylist():
        if row["title_id"] in row_of:
            mixed[row["concept"]] += row["postings"] * spread[row_of[row["title_id"]]]
    return mixed / np.maximum(mixed.sum(axis=1, keepdims=True), 1e-300)


def _trend(pull: Any) -> Floats:
    total = np.asarray(pull.sum(axis=1)).ravel()
    squares = np.asarray(pull.power(2).sum(axis=1)).ravel()
    return np.divide(total, np.sqrt(squares), out=np.zeros_like(total), where=squares > 0)


def _upper_tail(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(-z))


def _predicted(concepts: Concepts) -> dict[int, dict[str, Any]]:
    """What the classifier makes of each concept: the most frequent best title, its share, the mean probability."""
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in concepts.predictions.to_pylist():
        rows[row["concept"]].append(row)
    found = {}
    for concept, some in rows.items():
        postings = sum(row["postings"] for row in some)
        best = min(some, key=lambda row: (-row["postings"], row["title_id"]))
        found[concept] = {
            "classified_as": best["title_id"],
            "classified_share": round(best["postings"] / postings, 6),
            "mean_probability": round(sum(row["probability"] for row in some) / postings, 6),
        }
    return found


def _examples(concepts: Concepts, last: str) -> dict[int, list[str]]:
    """Ids of some postings of each concept, the newest months first."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in concepts.examples.to_pylist():
        if row["month"] <= last and len(found[row["concept"]]) < EXAMPLES:
            found[row["concept"]].append(row["posting_id"])
    return found


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:120]
