"""The published studies, row by row: what was planted for each row, and what the marts say of it.

What belongs here: which mart holds a row and by which query, and when a row counts as recovered. What does not: writing
a page of it (`bench.studies_table`).

`market/data/studies.csv` lists the rows: the study and the row's number in it, the market in which it is planted, where
it stands among the planted figures (table, scope, subject, key, window), and what the study says: relation and value,
in percent, CNY a month or a ratio. `=` is stated, `~` about, `<` and `>` a bound, `rank` a place in an ordering, `in`
a member of a leading list.
"""
# ruff: noqa: S608  (all SQL here is written from this module's words and the rows of that file)

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb

from market.china_ai_figures import SUMS
from market.china_ai_study import ALL_CITIES, EDUCATION
from market.content import DATA, SEEDS
from market.exam.scorecard import ExamError
from market.exam.truth import Truth
from market.spec import MarketSpec

STUDIES = DATA / "studies.csv"
RATIOS = {"salary_by_city", "salary_mean", "competition_index", "scope", "list_count"}
"""Tables whose figures are no percentages."""

PLANTED_AS = {"salary_by_city": "salary_mean"}
"""Tables of the study whose rows are planted under another name."""

LEADING = 10
"""The length of a leading list, as the study gives it for majors; for the others it gives none."""

LISTED = 10
"""The length of the lists of the fastest and the steepest titles."""

TOGETHER = ("computer-graphics-artist", "software-engineer", "writer")
"""Titles that the study counts together with those they contain; the demo has each as a role."""

APART = frozenset({"go-to-market-engineer"})
"""Titles that the study lists apart, for want of postings."""

LEADERS, CREATIVE = "senior_leadership", "creative-execution"
"""The band and the family whose share of the lists the study gives."""

IN_LIST_ONLY = {"skill_required"}
"""Planted for the list of skills of an ad only, while the marts count skills wherever the ad names them: the shares are
not of the same thing, but what leads one should be found near the top of the other."""

INSIDE, OUTSIDE, NO_INTERVAL, NOTHING = "inside", "outside", "no interval", "no row"
NOT_PLANTED = "not planted"
HELD, UNDECIDED, CONTRADICTED = "held", "not separated", "contradicted"


@dataclass(frozen=True)
class StudyRow:
    """One row of a published study; see the module. `value` is as published, "" for members."""

    study: str
    row: int
    market: str
    table: str
    scope: str
    subject: str
    key: str
    window: str
    relation: str
    value: str

    @property
    def planted_place(self) -> tuple[str, str, str, str, str]:
        """Where figures.csv has it."""
        key = "" if self.table == "list_count" else self.key
        return PLANTED_AS.get(self.table, self.table), self.scope, self.subject, key, self.window

    @property
    def pair(self) -> str:
        """The pair of windows as the marts name it: the same months a year before are the base."""
        first, last = self.window.split("..")
        return f"{self.window} / {int(first[:4]) - 1}{first[4:]}..{int(last[:4]) - 1}{last[4:]}"


@dataclass(frozen=True)
class Recovered:
    """What a mart says: a value with its interval, the postings or people it stands on, its rank, and how many others
    are surely ahead of it; None where the mart does not say.
    """

    value: float | None
    low: float | None
    high: float | None
    n: float | None
    rank: int | None = None
    ahead: int | None = None

    @property
    def has_interval(self) -> bool:
        """Whether there is a value with both ends."""
        return None not in (self.value, self.low, self.high)


@dataclass(frozen=True)
class Finding:
    """One row of a study with its planted and its recovered value, both fractions where the study has percent.

    planted: None where the market plants none. cell: inside, outside, no interval, no row, or not planted. place: for
    bounds, orderings and members, held, not separated or contradicted; "" for figures. rivals: of an ordering, those
    that the intervals tell apart from it, and how many there are.
    """

    row: StudyRow
    query: str
    planted: float | None
    recovered: Recovered | None
    cell: str
    place: str = ""
    rivals: tuple[int, int] = (0, 0)

    @property
    def holds(self) -> bool:
        """Whether its interval holds the planted value."""
        return self.cell == INSIDE

    @property
    def counts(self) -> bool:
        """Whether its interval is one of those that ought to hold the planted value."""
        return self.cell in (INSIDE, OUTSIDE) and self.row.table not in IN_LIST_ONLY


def study_rows(market: str | None = None) -> list[StudyRow]:
    """All rows, or those of one market, in the order of the studies."""
    with STUDIES.open(encoding="utf-8", newline="") as stream:
        rows = [StudyRow(row=int(row.pop("row")), **row) for row in csv.DictReader(stream)]
    return [row for row in rows if market in (None, row.market)]


def find(marts: Path, truth: Truth, spec: MarketSpec) -> list[Finding]:
    """Every row of the studies that a market plants, beside the marts in `marts` (one Parquet file a mart).

    Raises ExamError where a query does not fit the marts.
    """
    planted = {(f.table, f.scope, f.subject, f.key, f.window): f.value for f in truth.figures}
    read, found = Marts(marts), []
    for row in study_rows(spec.name):
        query = query_of(row)
        of_row = planted.get(row.planted_place)
        if row.table in ("list_count", "scope"):
            of_row = _planted_count(row, truth, spec)
        found.append(judge(row, query, of_row, read.answer(query)))
    return [_ordered(finding, found) for finding in found]


def query_of(row: StudyRow) -> str:
    """SQL over the marts that gives the figure of a row."""
    return _Asked(_family_names()).query(row)


@cache
def _family_names() -> dict[str, str]:
    with (SEEDS / "title_families.csv").open(encoding="utf-8", newline="") as stream:
        return {row["family_id"]: row["family_en"] for row in csv.DictReader(stream)}


def _planted_count(row: StudyRow, truth: Truth, spec: MarketSpec) -> float:
    """The size of the market, or how many of the ten titles that were planted to grow (or fall) most are of a kind."""
    if row.table == "scope":
        sizes = {"titles": len(truth.standard), "postings": spec.postings, "labelled": spec.labelled}
        return float(sizes[row.subject])
    change = {title: f.value for title, f in truth.planted("title_yoy", row.window).items()}
    together = {
        name: f.value for name, f in truth.planted("parent_yoy", row.window).items() if name in TOGETHER
    }
    inside = {title for name in together for title in truth.members[name]}
    alone = truth.standard - inside - APART
    ranked = {title: value for title, value in change.items() if title in alone} | together
    order = sorted(ranked, key=lambda title: (ranked[title], title))
    chosen = order[-LISTED:] if row.subject == "growers" else order[:LISTED]
    if row.subject == "growers":
        return float(sum(truth.titles[title].band == LEADERS for title in chosen))
    return float(sum(truth.titles[title].family_id == CREATIVE for title in chosen))


class Marts:
    """The marts as views of one DuckDB in memory, so that a query runs here as it does in the warehouse."""

    def __init__(self, folder: Path) -> None:
        self._engine = duckdb.connect()
        self.names = sorted(path.stem for path in folder.glob("mart_*.parquet"))
        for name in self.names:
            path = str(folder / f"{name}.parquet").replace("'", "''")
            self._engine.execute(f"CREATE VIEW {name} AS SELECT * FROM '{path}'")

    def answer(self, query: str) -> Recovered | None:
        """The one row that the query gives, None where it gives none or a mart is missing."""
        try:
            relation = self._engine.sql(query)
            names, rows = relation.columns, relation.fetchall()
        except duckdb.CatalogException:
            return None
        except duckdb.Error as error:
            raise ExamError(f"the marts do not fit the query of a study's row: {query}: {error}") from error
        if len(rows) > 1:
            raise ExamError(f"{len(rows)} rows answer the query of one row of a study: {query}")
        if not rows:
            return None
        got: dict[str, Any] = dict(zip(names, rows[0], strict=True))
        number = {name: _number(got.get(name)) for name in ("value", "low", "high", "n")}
        rank, ahead = (None if got.get(name) is None else int(got[name]) for name in ("rank", "ahead"))
        return Recovered(**number, rank=rank, ahead=ahead)


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


# Queries. Every one gives `value`, and where there are any `low`, `high`, `n`, `rank` and `ahead`.


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _list(values: Sequence[str]) -> str:
    return f"({', '.join(map(_text, values))})"


@dataclass(frozen=True)
class _Asked:
    """Writes the query of a row."""

    families: Mapping[str, str]

    def query(self, row: StudyRow) -> str:
        """SQL over the marts."""
        return self._writers[row.table](row)

    @cached_property
    def _writers(self) -> dict[str, Callable[[StudyRow], str]]:
        shares = {
            "industry_share": ("mart_role_industry", "industry_en", "current_postings"),
            "company_size_share": ("mart_role_company_size", "size_band", "current_postings"),
            "city_share": ("mart_role_city", "city", "current_postings"),
            "education_required_share": ("mart_role_education", "education_level", "current_postings"),
            "experience_required_share": ("mart_role_experience", "experience_band", "current_postings"),
            "skill_required": ("mart_role_skills", "skill_id", "current_postings"),
            **{
                f"applicant_{name}": (f"mart_applicants_{name.removesuffix('_share')}", column, "applicants")
                for name, column in (
                    ("city_share", "city"),
                    ("age_share", "age"),
                    ("education_share", "education"),
                    ("major", "major"),
                    ("previous_industry", "previous_industry"),
                    ("previous_occupation", "previous_occupation"),
                )
            },
        }
        return {
            "market_yoy": _market,
            "title_yoy": _title,
            "parent_yoy": _containing,
            "band_yoy": lambda row: _group(row, "seniority", row.subject),
            "family_yoy": lambda row: _group(row, "family", self.families.get(row.subject, row.subject)),
            "benchmark": _benchmark,
            "list_count": _list_count,
            "scope": _scope,
            "demand_yoy": _demand,
            "supply_yoy": _supply,
            "salary_mean": _salary,
            "salary_by_city": _salary,
            "competition_index": _competition,
            **{table: _share_writer(*where) for table, where in shares.items()},
        }


TITLE_METHODS, MARKET_METHODS = ("panel_", "corrected_", ""), ("panel_", "")
SHARE_METHODS = ("corrected_", "")
"""The methods that marts have, that which allows for most first; what a run cannot give is null there."""


def _best(column: str, methods: Sequence[str]) -> str:
    """The column by the method that allows for most, among those that the run could give."""
    named = [f"{method}{column}" for method in methods]
    return f"coalesce({', '.join(named)})" if len(named) > 1 else named[0]


def _change(mart: str, where: str, methods: Sequence[str] = TITLE_METHODS) -> str:
    parts = [
        f"{_best(f'change{end}', methods)} AS {name}"
        for name, end in (("value", ""), ("low", "_low"), ("high", "_high"))
    ]
    return f"SELECT {', '.join(parts)}, base_postings + current_postings AS n FROM {mart} WHERE {where}"


def _market(row: StudyRow) -> str:
    return _change("mart_market_yoy", f"pair = {_text(row.pair)}", MARKET_METHODS)


def _title(row: StudyRow) -> str:
    return _change("mart_title_yoy", f"pair = {_text(row.pair)} AND title_id = {_text(row.subject)}")


def _group(row: StudyRow, level: str, group: str) -> str:
    where = f"pair = {_text(row.pair)} AND level = {_text(level)} AND group_id = {_text(group)}"
    return _change("mart_group_yoy", where)


def _role(row: StudyRow, role: str | None = None, scope: str | None = None) -> str:
    return (
        f"pair = {_text(row.pair)} AND scope_id = {_text(scope or row.scope)} "
        f"AND role_id = {_text(role or row.subject)}"
    )


def _containing(row: StudyRow) -> str:
    where = _role(row, row.subject.replace("-", "_"), "all_industries")
    return _change("mart_role_demand", where)


def _demand(row: StudyRow) -> str:
    return _change("mart_role_demand", _role(row))


def _benchmark(row: StudyRow) -> str:
    return (
        "SELECT benchmark_change AS value FROM mart_benchmark "
        f"WHERE pair = {_text(row.pair)} AND country = {_text(row.subject)} LIMIT 1"
    )


def _list_count(row: StudyRow) -> str:
    """How many of the ten fastest, or steepest, titles are of a kind; those the study counts together as one."""
    grow = row.subject == "growers"
    roles = {title: title.replace("-", "_") for title in TOGETHER}
    chosen = "seniority_band = 'senior_leadership'" if grow else "family = 'Creative execution'"
    alone = (
        f"SELECT title_id, seniority_band, family, {_best('change', TITLE_METHODS)} AS change FROM mart_title_yoy "
        f"WHERE pair = {_text(row.pair)} AND rank IS NOT NULL AND title_id NOT IN {_list(sorted(APART))} "
        f"AND title_id NOT IN {_list(sorted(_inside(TOGETHER)))}"
    )
    together = (
        "SELECT role_id, 'individual_contributor', CASE role_id WHEN 'software_engineer' THEN '' "
        f"ELSE 'Creative execution' END, {_best('change', TITLE_METHODS)} FROM mart_role_demand "
        f"WHERE pair = {_text(row.pair)} AND scope_id = 'all_industries' AND role_id IN {_list(list(roles.values()))}"
    )
    return (
        f"SELECT count(*) FILTER (WHERE {chosen}) AS value FROM (SELECT * FROM ({alone} UNION ALL {together}) "
        f"ORDER BY change {'DESC' if grow else 'ASC'}, title_id LIMIT {LISTED})"
    )


@cache
def _inside(parents: tuple[str, ...]) -> frozenset[str]:
    """Titles and all that descend from them."""
    with (SEEDS / "titles.csv").open(encoding="utf-8", newline="") as stream:
        parent = {row["title_id"]: row["parent_id"] for row in csv.DictReader(stream)}
    found = set(parents)
    while more := {title for title, above in parent.items() if above in found} - found:
        found |= more
    return frozenset(found)


def _scope(row: StudyRow) -> str:
    return {
        "titles": "SELECT count(DISTINCT title_id) AS value FROM mart_title_yoy WHERE title_id <> 'unassigned'",
        "postings": "SELECT sum(postings) AS value FROM mart_volume",
        "labelled": "SELECT max(audited_postings) AS value FROM mart_market_yoy",
    }[row.subject]


def _supply(row: StudyRow) -> str:
    return (
        "SELECT coalesce(corrected_change, change) AS value, coalesce(corrected_change_low, change_low) AS low, "
        "coalesce(corrected_change_high, change_high) AS high, "
        f"base_applicants + current_applicants AS n FROM mart_role_supply WHERE {_role(row)}"
    )


def _salary(row: StudyRow) -> str:
    figures = (
        "coalesce(corrected_mean, mean_monthly) AS value, coalesce(corrected_mean_low, mean_low) AS low, "
        "coalesce(corrected_mean_high, mean_high) AS high, stating_pay AS n"
    )
    paid = f"{_role(row)} AND currency = 'CNY'"
    if row.key == ALL_CITIES:
        return f"SELECT {figures} FROM mart_role_salary WHERE {paid}"
    return f"SELECT {figures}, rank FROM mart_role_salary_city WHERE {paid} AND city = {_text(row.key)}"


def _competition(row: StudyRow) -> str:
    return (
        "SELECT coalesce(corrected_index, competition_index) AS value, "
        "coalesce(corrected_index_low, index_low) AS low, "
        "coalesce(corrected_index_high, index_high) AS high, postings AS n "
        f"FROM mart_role_competition WHERE {_role(row)}"
    )


SKILLS = {
    "C/C++": ("c-plus-plus", "c"),
    "machine learning / deep learning": ("machine-learning", "deep-learning"),
    "3D point-cloud annotation": ("3d-point-cloud-annotation",),
    "NLP": ("natural-language-processing",),
}
"""The skills that a wording of the study stands for; others by their own name. Where it is several, that which most ads
name stands for them."""


def _values(row: StudyRow) -> tuple[str, ...]:
    """The values of a mart's column that a key of the study stands for."""
    for parts in SUMS.values():
        if row.key in parts:
            return tuple(value for part in parts[row.key] for value in _levels(row, part))
    return _levels(row, row.key)


def _levels(row: StudyRow, key: str) -> tuple[str, ...]:
    if row.table == "education_required_share":
        return EDUCATION[key]
    if row.table == "skill_required":
        return SKILLS.get(key, (key.lower().replace(" ", "-"),))
    return (key,)


def _share_writer(mart: str, column: str, n: str) -> Callable[[StudyRow], str]:
    def write(row: StudyRow) -> str:
        values = _values(row)
        share, low, high = (_best(f"share{end}", SHARE_METHODS) for end in ("", "_low", "_high"))
        figures = f"{share} AS value, {low} AS low, {high} AS high, {n} AS n, rank"
        here = f"FROM {mart} AS m WHERE {_role(row)}"
        if row.relation == "in":
            wanted = f"{column} = {_text(values[0])}" if len(values) == 1 else f"{column} IN {_list(values)}"
            ahead = (
                f"(SELECT count(*) FROM {mart} AS o WHERE (o.pair, o.scope_id, o.role_id) = "
                "(m.pair, m.scope_id, m.role_id) AND o.rank IS NOT NULL AND o.share_low > m.share_high)"
            )
            return f"SELECT {figures}, {ahead} AS ahead {here} AND {wanted} ORDER BY value DESC, {column} LIMIT 1"
        if len(values) == 1:
            return f"SELECT {figures} {here} AND {column} = {_text(values[0])}"
        # Shares of one whole vary against each other, so half-widths in quadrature are rather too wide than too narrow.
        return (
            "SELECT sum(value) AS value, sum(value) - sqrt(sum((value - low) ** 2)) AS low, "
            "sum(value) + sqrt(sum((high - value) ** 2)) AS high, sum(n) AS n "
            f"FROM (SELECT {figures} {here} AND {column} IN {_list(values)}) HAVING count(*) > 0"
        )

    return write


# Judgements.


def judge(row: StudyRow, query: str, planted: float | None, found: Recovered | None) -> Finding:
    """What a mart says of a row beside what is planted; orderings are judged with the other rows in sight."""
    if planted is None:
        cell = NOT_PLANTED if found is not None and found.value is not None else NOTHING
    elif found is None or found.value is None:
        cell = NOTHING
    elif found.low is None or found.high is None:
        cell = NO_INTERVAL
    else:
        cell = INSIDE if found.low <= planted <= found.high else OUTSIDE
    return Finding(row, query, planted, found, cell, _place(row, found))


def _place(row: StudyRow, found: Recovered | None) -> str:
    """Bounds and members; orderings need the other rows."""
    if found is None or found.low is None or found.high is None:
        return ""
    if row.relation in ("<", ">"):
        bound = published(row)
        assert bound is not None  # noqa: S101  (a bound has a value)
        sign = 1 if row.relation == ">" else -1
        low, high = sorted((sign * (found.low - bound), sign * (found.high - bound)))
        return HELD if low > 0 else CONTRADICTED if high <= 0 else UNDECIDED
    if row.relation == "in" and found.rank is not None and found.ahead is not None:
        if found.rank <= LEADING:
            return HELD
        return UNDECIDED if found.ahead < LEADING else CONTRADICTED
    return ""


def _ordered(finding: Finding, everything: Sequence[Finding]) -> Finding:
    """An ordering is held where every rival that the intervals tell apart stands on the published side."""
    row, own = finding.row, finding.recovered
    if row.relation != "rank" or own is None or not own.has_interval:
        return finding
    rivals = [
        (int(other.row.value), other.recovered)
        for other in everything
        if other.row.relation == "rank"
        and (other.row.table, other.row.scope, other.row.subject) == (row.table, row.scope, row.subject)
        and other.row.key != row.key
    ]
    apart = right = 0
    for rank, rival in rivals:
        if rival is None or not rival.has_interval:
            continue
        ahead, behind = _surely_above(rival, own), _surely_above(own, rival)
        apart += ahead or behind
        right += ahead if rank < int(row.value) else behind
    place = CONTRADICTED if right < apart else HELD if apart else UNDECIDED
    return Finding(row, finding.query, finding.planted, own, finding.cell, place, rivals=(apart, len(rivals)))


def _surely_above(one: Recovered, other: Recovered) -> bool:
    return one.low is not None and other.high is not None and one.low > other.high


def published(row: StudyRow) -> float | None:
    """What the study states, as a fraction where it has percent; None for places, members and words."""
    if row.relation in ("rank", "in"):
        return None
    try:
        return float(row.value) / (1 if row.table in RATIOS else 100)
    except ValueError:
        return None
