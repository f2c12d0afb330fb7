"""Fields in depth, corrected: demand, shares and pay of a study's roles, with the classifier's errors allowed for.

What belongs here: one pass that counts predicted titles by what is shown of a role, and the correction of all these
counts. What does not: the correction itself (`confusion`), what is as classified (the dbt marts), and which roles a
study has. Formulas and sources stand in docs/method.md.

Whatever adds up over postings is corrected alike: the postings of a city, the postings that ask for a degree, the sum
of the pay they state. Each is a vector over predictions, which the mixture of `confusion` turns into one over true
titles; a role is the sum over its titles, a share or a mean the ratio of two such sums. The error is taken to depend on
the true title alone, not on city or degree.

Employers are resampled in 256 random groups, whole, with Poisson weights; an audit row carries its group's weight. So
the size of the matrices does not depend on the number of postings.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.bootstrap import student_quantile
from ml.estimation.confusion import (
    Confusion,
    Mixture,
    arrange,
    drawn_belief,
    mixture,
    usual_belief,
)
from ml.estimation.counts import PairOfWindows, audit_rows
from ml.estimation.replicates import weight_blocks
from ml.schema import CORRECTED, PANEL, ROLE_ESTIMATES, UNASSIGNED

Floats = npt.NDArray[np.float64]

ALL_ROLES, ALL_INDUSTRIES = "all", "all_industries"
GROUPS = 256
REPLICATES = 100
"""Enough for a standard error; the many columns make each replicate dear."""

FIELD_TILTS = 50
"""Steps of the tilt. A change from year to year is near the market's, from which the tilt sets out; the titles of one
city, or their pay, are far from it."""

FEWEST_LABELS = 30
"""Titles with fewer labels stand together: those of the same roles, and those of no role by family."""

REPLICATES_AT_ONCE = 50
FEWEST_POSTINGS = 10
"""Values with fewer postings of every role get no row: their interval would say nothing."""

MOST_VALUES = 40
"""The most values of a dimension in a scope, those with most postings of the roles."""

DEMAND, PAY, SUBMISSIONS, SUPPLY = "demand", "pay", "submissions", "supply"
SHARES = ("industry", "city", "company_size", "education", "experience", "skill")
PAY_CITY = "pay_city"
ATTRIBUTES = {
    "applicant_city": "city",
    "applicant_age": "age_band",
    "applicant_education": "education",
    "applicant_major": "major",
    "applicant_previous_industry": "previous_industry",
    "applicant_previous_occupation": "previous_occupation",
}
"""Shares of people, with the column of the applications that each is about."""

WHOLES = (*(name for name in SHARES if name != "skill"), *ATTRIBUTES)
"""Dimensions of which a posting, or a person, has one value: shares are of those who state it."""

PEOPLE = (*ATTRIBUTES, SUPPLY)
"""Dimensions that count people, by parts, and not postings."""

UNVALUED = (DEMAND, PANEL, SUBMISSIONS, SUPPLY)
"""Dimensions without values."""

BASE, CURRENT = "base", "current"
OTHER = "~ other titles"
"""The class of all titles that no role is mistaken for."""

DIGITS = 9
TINY = 1e-12

_BAND = """
    CASE
        WHEN experience_min IS NULL AND experience_max <= 1 THEN 'under 1 year'
        WHEN experience_min IS NULL THEN NULL
        WHEN experience_min = 0 THEN 'no requirement'
        WHEN experience_min < 1 THEN 'under 1 year'
        WHEN experience_min < 3 THEN '1-3 years'
        WHEN experience_min < 5 THEN '3-5 years'
        WHEN experience_min < 10 THEN '5-10 years'
        ELSE 'over 10 years'
    END
"""
_PAY = """
    CASE
        WHEN pay_monthly_min IS NOT NULL AND pay_monthly_max IS NOT NULL
            THEN ((pay_monthly_min + pay_monthly_max) * 0.5)::DECIMAL(18, 3)
        ELSE coalesce(pay_monthly_min, pay_monthly_max)::DECIMAL(18, 3)
    END
"""
_GROUP = """
    coalesce(
        try_cast('0x' || left(coalesce(employer_id, posting_id), 2) AS UTINYINT),
        unicode(coalesce(employer_id, posting_id)) % 256
    )::UTINYINT
"""
"""As in the dbt models `int_classified_postings`: the marts show both figures side by side."""

_DIMENSIONS = {
    "industry": ("industry_id", "''", "''"),
    "city": ("city", "coalesce(country, 'not stated')", "''"),
    "company_size": ("employer_size_band", "''", "''"),
    "education": ("education_floor", "''", "''"),
    "experience": ("experience_band", "''", "''"),
    "skill": ("skill", "''", "''"),
    PAY: ("CASE WHEN pay IS NOT NULL THEN '' END", "''", "pay_currency"),
    PAY_CITY: ("CASE WHEN pay IS NOT NULL THEN city END", "coalesce(country, 'not stated')", "pay_currency"),
}
"""Dimension -> SQL of its value (null: not stated), country and currency."""


@dataclass(frozen=True)
class FieldQuestions:
    """What is asked: the titles of each role, the industries of each scope (None: all), the family of each title."""

    roles: Mapping[str, Sequence[str]]
    scopes: Mapping[str, Sequence[str] | None]
    families: Mapping[str, str]


def estimate_fields(
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    labels: pa.Table,
    windows: PairOfWindows,
    questions: FieldQuestions,
    poll_files: Sequence[str] = (),
    application_files: Sequence[str] = (),
    seed: int = 0,
) -> pa.Table:
    """Estimate every role in every scope for one pair of windows, in ROLE_ESTIMATES, ordered by its key columns.

    The files are as for `counts.employer_counts`; postings need the columns of the marts' dimensions too. `labels` has
    posting_id and title_id; the classifications must be cross-fitted. `demand` is the change between the windows:
    corrected, and of the polled panel where polls are known; `supply` is that of the people who applied, each in equal
    parts over their applications of the window. All else is of the current window: `submissions` are
    applications a posting, for the postings of the window; people are those who applied in it. Without an audited
    posting the table is empty.
    """
    audit = audit_rows(posting_files, classification_files, labels, windows)
    if not audit.num_rows or not questions.roles:
        return ROLE_ESTIMATES.empty_table()
    classes = _classes(audit, questions)
    files = _Files(posting_files, classification_files, poll_files, application_files)
    keys, counts = _count(files, windows, questions, classes)
    return _Ground.of(keys, counts, audit, classes, questions).estimates(windows.pair, seed)


def group_of(employer_id: str) -> int:
    """The random group of an employer, 0 to 255; as `_GROUP`."""
    try:
        return int(employer_id[:2], 16)
    except ValueError:
        return ord(employer_id[0]) % GROUPS


@dataclass(frozen=True)
class _Files:
    """Parquet files, by what they hold."""

    postings: Sequence[str]
    classifications: Sequence[str]
    polls: Sequence[str]
    applications: Sequence[str]


@dataclass(frozen=True)
class _Key:
    """What a column counts. amount: postings (or people), `pay` their summed pay, `all` what states the dimension."""

    scope: str
    dimension: str
    value: str
    country: str
    currency: str
    side: str
    amount: str = "postings"


@dataclass(frozen=True)
class _Classes:
    """The classes in which titles are corrected. names: sorted; of: title -> class, OTHER where it has none."""

    names: tuple[str, ...]
    of: Mapping[str, str]

    def number(self, title: str) -> int:
        """The place of a prediction: after the classes stands what is unassigned."""
        return len(self.names) if title == UNASSIGNED else self.names.index(self.of.get(title, OTHER))


def _count(
    files: _Files, windows: PairOfWindows, questions: FieldQuestions, classes: _Classes
) -> tuple[list[_Key], pa.Table]:
    """What the columns count, and their entries: number of the key, prediction, group of employers, amount.

    Month by month; what comes out is bounded by columns, classes and groups, however many postings there are.
    """
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-fields-") as spill,
        duckdb.connect(config={"memory_limit": "2GB", "threads": 2, "temp_directory": spill}) as engine,
    ):
        engine.execute(
            """
            CREATE TEMP TABLE cells (
                scope_id VARCHAR, dimension VARCHAR, value VARCHAR, country VARCHAR, currency VARCHAR, side VARCHAR,
                prediction USMALLINT, employer_group UTINYINT, postings BIGINT, amount DECIMAL(38, 9)
            )
            """
        )
        _name_predictions(engine, questions, classes)
        has_polls = _polled(engine, files.polls)
        for base, current in zip(windows.base.keys(), windows.current.keys(), strict=True):
            for side, month, other in ((BASE, base, current), (CURRENT, current, base)):
                _read_month(engine, files, month)
                for scope, industries in questions.scopes.items():
                    _count_month(engine, scope, industries, side)
                    if has_polls:
                        _count_panel(engine, scope, industries, side, month, other)
        if files.applications:
            _match_applications(engine, files)
            for scope, industries in questions.scopes.items():
                _count_submissions(engine, files.applications, windows.current.keys(), scope, industries)
                for side, months in ((BASE, windows.base.keys()), (CURRENT, windows.current.keys())):
                    _count_people(engine, files.applications, months, side, scope, industries)
        return _entries(engine)


def _name_predictions(
    engine: duckdb.DuckDBPyConnection, questions: FieldQuestions, classes: _Classes
) -> None:
    """Make the tables `predictions` (title_id, prediction) and `members` (role_id, prediction)."""
    titles = [*sorted(classes.of), UNASSIGNED]
    numbers = [classes.number(title) for title in titles]
    engine.register("named", pa.table({"title_id": titles, "prediction": pa.array(numbers, pa.uint16())}))
    engine.execute("CREATE TEMP TABLE predictions AS SELECT * FROM named")
    members = sorted(
        {(role, classes.number(title)) for role, inside in questions.roles.items() for title in inside}
    )
    roles, numbers = [role for role, _ in members], [number for _, number in members]
    engine.register("inside", pa.table({"role_id": roles, "prediction": pa.array(numbers, pa.uint16())}))
    engine.execute("CREATE TEMP TABLE members AS SELECT * FROM inside")
    engine.execute(f"SET VARIABLE other = {classes.number(OTHER)}::USMALLINT")


def _entries(engine: duckdb.DuckDBPyConnection) -> tuple[list[_Key], pa.Table]:
    """Values that no role has enough of are left out, but not from what all of a dimension add up to."""
    people, wholes, unvalued = (_quoted(names) for names in (PEOPLE, WHOLES, UNVALUED))
    place = "scope_id, dimension, value, country, currency"
    engine.execute(
        f"""
        CREATE TEMP TABLE summed AS
        SELECT
            {place}, side, prediction, employer_group,
            sum(CASE WHEN dimension IN {people} THEN amount ELSE postings END) AS n,
            coalesce(sum(amount), 0) AS pay
        FROM cells GROUP BY ALL;
        CREATE TEMP TABLE chosen AS
        SELECT {place}
        FROM (
            SELECT {place}, max(n) AS most
            FROM (
                SELECT {place}, role_id, sum(n) AS n FROM summed JOIN members USING (prediction)
                WHERE dimension NOT IN {unvalued} GROUP BY ALL
            )
            GROUP BY ALL
        )
        WHERE most >= {FEWEST_POSTINGS}
        QUALIFY row_number() OVER (
            PARTITION BY scope_id, dimension ORDER BY most DESC, value, country, currency
        ) <= {MOST_VALUES};
        CREATE TEMP TABLE entries AS
        SELECT {place}, side, 'postings' AS kind, prediction, employer_group, n FROM summed
        WHERE dimension IN {unvalued} OR ({place}) IN (SELECT ({place}) FROM chosen)
        UNION ALL
        SELECT {place}, side, 'pay', prediction, employer_group, pay FROM summed
        WHERE dimension IN ('{PAY}', '{PAY_CITY}') AND ({place}) IN (SELECT ({place}) FROM chosen)
        UNION ALL
        SELECT scope_id, dimension, '', '', '', side, 'all', prediction, employer_group, sum(n) FROM summed
        WHERE dimension IN {wholes} GROUP BY ALL;
        CREATE TEMP TABLE keys AS
        SELECT *, row_number() OVER (ORDER BY {place}, side, kind) - 1 AS key
        FROM (SELECT DISTINCT {place}, side, kind FROM entries)
        """  # noqa: S608  (constants of this module)
    )
    keys = [_Key(*row) for row in engine.sql(f"SELECT {place}, side, kind FROM keys ORDER BY key").fetchall()]  # noqa: S608
    rows = engine.sql(
        f"""
        SELECT key, prediction, employer_group, n::DOUBLE AS n
        FROM entries JOIN keys USING ({place}, side, kind) ORDER BY ALL
        """  # noqa: S608  (constants of this module)
    )
    return keys, rows.to_arrow_table()


def _quoted(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


def _polled(engine: duckdb.DuckDBPyConnection, poll_files: Sequence[str]) -> bool:
    engine.execute("CREATE TEMP TABLE polled (employer_id VARCHAR, month VARCHAR)")
    if not poll_files:
        return False
    engine.execute(
        "INSERT INTO polled SELECT DISTINCT employer_id, month FROM read_parquet($polls) "
        "WHERE result IN ('ok', 'not_modified')",
        {"polls": list(poll_files)},
    )
    return bool(engine.sql("SELECT count(*) FROM polled").fetchall()[0][0])


def _read_month(engine: duckdb.DuckDBPyConnection, files: _Files, month: str) -> None:
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE month_postings AS
        SELECT
            p.employer_id, coalesce(named.prediction, getvariable('other')) AS prediction, p.industry_id, p.city,
            p.country, p.employer_size_band, p.education_floor, p.pay_currency, p.skill_ids, {_BAND} AS experience_band,
            {_PAY} AS pay, {_GROUP} AS employer_group
        FROM (SELECT * FROM read_parquet($postings) WHERE posting_month = $month) AS p
        JOIN (
            SELECT posting_id AS id, title_id FROM read_parquet($classifications) WHERE posting_month = $month
        ) AS c ON p.posting_id = c.id
        LEFT JOIN predictions AS named ON c.title_id = named.title_id
        """,  # noqa: S608  (constants of this module)
        {"postings": list(files.postings), "classifications": list(files.classifications), "month": month},
    )


def _inside(industries: Sequence[str] | None) -> tuple[str, dict[str, object]]:
    return (
        ("true", {}) if industries is None else ("industry_id IN $industries", {"industries": [*industries]})
    )


def _count_month(
    engine: duckdb.DuckDBPyConnection, scope: str, industries: Sequence[str] | None, side: str
) -> None:
    where, values = _inside(industries)
    values |= {"scope": scope, "side": side}
    engine.execute(
        f"""
        INSERT INTO cells
        SELECT $scope, '{DEMAND}', '', '', '', $side, prediction, employer_group, count(*), 0
        FROM month_postings WHERE {where} GROUP BY ALL
        """,  # noqa: S608  (constants of this module)
        values,
    )
    if side == BASE:
        return
    for dimension, (value, country, currency) in _DIMENSIONS.items():
        source = "month_postings"
        if dimension == "skill":
            # A posting that names a skill twice asks for it once.
            source = "(SELECT *, unnest(list_distinct(skill_ids)) AS skill FROM month_postings)"
        engine.execute(
            f"""
            INSERT INTO cells
            SELECT
                $scope, '{dimension}', {value} AS value, {country} AS country,
                coalesce({currency}, 'not stated') AS currency, $side, prediction, employer_group, count(*), sum(pay)
            FROM {source} WHERE {where} AND {value} IS NOT NULL GROUP BY ALL
            """,  # noqa: S608  (constants of this module)
            values,
        )


def _count_panel(
    engine: duckdb.DuckDBPyConnection,
    scope: str,
    industries: Sequence[str] | None,
    side: str,
    month: str,
    other: str,
) -> None:
    where, values = _inside(industries)
    engine.execute(
        f"""
        INSERT INTO cells
        SELECT $scope, '{PANEL}', '', '', '', $side, prediction, employer_group, count(*), 0
        FROM month_postings
        WHERE {where}
            AND employer_id IN (SELECT employer_id FROM polled WHERE month = $month)
            AND employer_id IN (SELECT employer_id FROM polled WHERE month = $other)
        GROUP BY ALL
        """,  # noqa: S608  (constants of this module)
        {**values, "scope": scope, "side": side, "month": month, "other": other},
    )


def _match_applications(engine: duckdb.DuckDBPyConnection, files: _Files) -> None:
    """Make the table `answered`: the postings that somebody applied for, with their predictions."""
    engine.execute(
        f"""
        CREATE TEMP TABLE answered AS
        SELECT
            p.posting_id, p.posting_month, p.industry_id, p.employer_group,
            coalesce(named.prediction, getvariable('other')) AS prediction
        FROM (
            SELECT posting_id, posting_month, industry_id, {_GROUP} AS employer_group FROM read_parquet($postings)
            WHERE posting_id IN (SELECT posting_id FROM read_parquet($applications))
        ) AS p
        JOIN read_parquet($classifications) AS c ON p.posting_id = c.posting_id
        LEFT JOIN predictions AS named ON c.title_id = named.title_id
        """,  # noqa: S608  (constants of this module)
        {
            "postings": list(files.postings),
            "classifications": list(files.classifications),
            "applications": list(files.applications),
        },
    )


def _count_submissions(
    engine: duckdb.DuckDBPyConnection,
    application_files: Sequence[str],
    months: Sequence[str],
    scope: str,
    industries: Sequence[str] | None,
) -> None:
    where, values = _inside(industries)
    engine.execute(
        f"""
        INSERT INTO cells
        SELECT $scope, '{SUBMISSIONS}', '', '', '', '{CURRENT}', prediction, employer_group, count(*), 0
        FROM read_parquet($applications) AS sent JOIN answered ON sent.posting_id = answered.posting_id
        WHERE {where} AND posting_month IN $months GROUP BY ALL
        """,  # noqa: S608  (constants of this module)
        {**values, "applications": list(application_files), "months": list(months), "scope": scope},
    )


def _count_people(
    engine: duckdb.DuckDBPyConnection,
    application_files: Sequence[str],
    months: Sequence[str],
    side: str,
    scope: str,
    industries: Sequence[str] | None,
) -> None:
    """Who applied in the months of one window, each in equal parts; attributes of the current one."""
    where, values = _inside(industries)
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE sent AS
        SELECT
            {", ".join(ATTRIBUTES.values())}, prediction, employer_group,
            (1.0 / count(*) OVER (PARTITION BY applicant_id))::DECIMAL(18, 9) AS part
        FROM (
            SELECT a.applicant_id, {", ".join(f"a.{name}" for name in ATTRIBUTES.values())}, prediction, employer_group
            FROM read_parquet($applications) AS a JOIN answered ON a.posting_id = answered.posting_id
            WHERE {where} AND a.applied_month IN $months
        )
        """,  # noqa: S608  (constants of this module)
        {**values, "applications": list(application_files), "months": list(months)},
    )
    engine.execute(
        f"""
        INSERT INTO cells
        SELECT $scope, '{SUPPLY}', '', '', '', $side, prediction, employer_group, count(*), sum(part)
        FROM sent GROUP BY ALL
        """,  # noqa: S608  (constants of this module)
        {"scope": scope, "side": side},
    )
    if side == BASE:
        return
    for dimension, column in ATTRIBUTES.items():
        engine.execute(
            f"""
            INSERT INTO cells
            SELECT
                $scope, '{dimension}', {column}, '', '', '{CURRENT}', prediction, employer_group, count(*), sum(part)
            FROM sent WHERE nullif(trim({column}), '') IS NOT NULL GROUP BY ALL
            """,  # noqa: S608  (constants of this module)
            {"scope": scope},
        )


@dataclass(frozen=True)
class _Ground:
    """All columns over predictions and groups of employers.

    keys: what each of the D columns counts. counts: sparse, (D * (K + 1), GROUPS), row d * (K + 1) + prediction.
    roles: (roles, K), which titles belong; the role `all` is everything, whatever it truly is.
    """

    keys: list[_Key]
    counts: Any
    confusion: Confusion
    role_ids: list[str]
    roles: Floats
    pooled: Sequence[int]
    """The columns of both windows' postings in all industries."""

    @classmethod
    def of(
        cls,
        keys: list[_Key],
        entries: pa.Table,
        audit: pa.Table,
        classes: _Classes,
        questions: FieldQuestions,
    ) -> _Ground:
        """Arrange what was counted."""
        from scipy.sparse import coo_array

        size = len(classes.names) + 1
        column = {name: entries.column(name).to_numpy() for name in entries.column_names}
        rows = column["key"].astype(np.int64) * size + column["prediction"]
        shape = (len(keys) * size, GROUPS)
        counts = coo_array(
            (column["n"], (rows, column["employer_group"].astype(np.int64))), shape=shape
        ).tocsr()
        role_ids = list(questions.roles)
        members = np.zeros((len(role_ids), len(classes.names)))
        for row, role in enumerate(role_ids):
            members[row, [classes.number(title) for title in questions.roles[role]]] = 1.0
        pooled = [
            number
            for number, key in enumerate(keys)
            if (key.scope, key.dimension) == (ALL_INDUSTRIES, DEMAND)
        ]
        confusion = _confusion(audit, classes, questions.families)
        return cls(keys, counts, confusion, role_ids, members, pooled)

    def estimates(self, pair: str, seed: int) -> pa.Table:
        """All estimates with their intervals."""
        once = np.ones((GROUPS, 1))
        exact = self._amounts(once, self._model(once, None))[:, :, 0]
        random = np.random.default_rng([seed, len(self.keys)])
        found = np.empty((*exact.shape, REPLICATES))
        names = tuple(f"{number:02x}" for number in range(GROUPS))
        for chosen, weights in weight_blocks(names, seed, REPLICATES, REPLICATES_AT_ONCE):
            model = self._model(weights, random)
            found[:, :, chosen] = self._amounts(weights, model)
        return _Table(self, exact, found).rows(pair, seed)

    def _model(self, weights: Floats, random: np.random.Generator | None) -> Mixture:
        confusion = self.confusion
        belief = (
            usual_belief(confusion) if random is None else drawn_belief(confusion, random, weights.shape[1])
        )
        pooled = sum(self._column(number, weights) for number in self.pooled)
        return mixture(confusion, np.asarray(confusion.rows @ weights), np.asarray(pooled), belief)

    def _column(self, number: int, weights: Floats) -> Floats:
        """(K + 1, R): one column under weights."""
        size = self.confusion.titles + 1
        return np.asarray(self.counts[number * size : (number + 1) * size] @ weights)

    def _amounts(self, weights: Floats, model: Mixture) -> Floats:
        """(D, roles + 1, R): every column by role as corrected; the last is everything, as it stands."""
        found = np.empty((len(self.keys), len(self.role_ids) + 1, weights.shape[1]))
        for number in range(len(self.keys)):
            window = self._column(number, weights)
            found[number, :-1] = self.roles @ model.titles_of(window, FIELD_TILTS)
            found[number, -1] = window.sum(axis=0)
        return found


def _classes(audit: pa.Table, questions: FieldQuestions) -> _Classes:
    """The class in which each title is corrected: itself where it has labels enough and bears on a role.

    The titles of a role bear on it, those of their families, and those that the audit found mistaken for one of them,
    or the other way round. All others stand together: which of them a posting has does not matter here.
    """
    roles_of: dict[str, list[str]] = {}
    for role, inside in questions.roles.items():
        for title in inside:
            roles_of.setdefault(title, []).append(role)
    families = {questions.families.get(title) for title in roles_of} - {None}
    near = set(roles_of) | {title for title, family in questions.families.items() if family in families}
    labels: dict[str, int] = {}
    for true, predicted, postings in zip(
        *(audit.column(name).to_pylist() for name in ("title_id", "predicted", "postings")), strict=True
    ):
        labels[true] = labels.get(true, 0) + postings
        if true in roles_of or predicted in roles_of:
            near.update((true, predicted))
    found = {}
    for title in sorted(near - {UNASSIGNED}):
        if labels.get(title, 0) >= FEWEST_LABELS:
            found[title] = title
        elif title in roles_of:
            found[title] = f"~ roles {' '.join(roles_of[title])}"
        else:
            found[title] = f"~ family {questions.families.get(title, title)}"
    return _Classes(tuple(sorted({*found.values(), OTHER})), found)


def _confusion(audit: pa.Table, classes: _Classes, families: Mapping[str, str]) -> Confusion:
    """The confusion over the classes, with the groups of employers in their place."""
    columns = {name: audit.column(name).to_pylist() for name in ("employer_id", "title_id", "predicted")}
    arranged = audit
    for name, values in {
        "employer_id": [f"{group_of(employer):02x}" for employer in columns["employer_id"]],
        "title_id": [classes.of.get(title, OTHER) for title in columns["title_id"]],
        "predicted": [
            title if title == UNASSIGNED else classes.of.get(title, OTHER) for title in columns["predicted"]
        ],
    }.items():
        place = arranged.schema.get_field_index(name)
        arranged = arranged.set_column(place, arranged.schema.field(name), pa.array(values, pa.string()))
    of_class: dict[str, set[str]] = {}
    for title, name in classes.of.items():
        if title in families:
            of_class.setdefault(name, set()).add(families[title])
    alone = {name: found.pop() for name, found in of_class.items() if len(found) == 1}
    return arrange(arranged, classes.names, [f"{number:02x}" for number in range(GROUPS)], alone)


@dataclass(frozen=True)
class _Table:
    """Turns corrected amounts into estimates. exact: (D, roles + 1); drawn: (D, roles + 1, R)."""

    ground: _Ground
    exact: Floats
    drawn: Floats

    def rows(self, pair: str, seed: int) -> pa.Table:
        """In ROLE_ESTIMATES."""
        number = {key: place for place, key in enumerate(self.ground.keys)}
        rows: list[dict[str, Any]] = []
        for key, place in number.items():
            for role, role_id in enumerate([*self.ground.role_ids, ALL_ROLES]):
                found = self._estimate(key, place, number, role)
                if found is None:
                    continue
                method = PANEL if key.dimension == PANEL else CORRECTED
                measure = (
                    DEMAND if key.dimension == PANEL else PAY if key.dimension == PAY_CITY else key.dimension
                )
                rows.append(
                    {
                        "pair": pair,
                        "scope_id": key.scope,
                        "role_id": role_id,
                        "measure": measure,
                        "value": key.value,
                        "country": key.country,
                        "currency": key.currency,
                        "method": method,
                        "postings": round(float(self.exact[place, role]), 3),
                        **found,
                        "replicates": REPLICATES,
                        "seed": seed,
                    }
                )
        order = ("scope_id", "role_id", "measure", "method", "value", "country", "currency")
        rows.sort(key=lambda row: tuple(row[name] for name in order))
        return pa.Table.from_pylist(rows, ROLE_ESTIMATES)

    def _estimate(
        self, key: _Key, place: int, number: Mapping[_Key, int], role: int
    ) -> dict[str, float | None] | None:
        if key.side == BASE or key.amount != "postings":
            return None
        top = place
        if key.dimension in (DEMAND, PANEL, SUPPLY):
            whole = number.get(_Key(key.scope, key.dimension, "", "", "", BASE))
        elif key.dimension in (PAY, PAY_CITY):
            top, whole = number[_Key(*_names(key), CURRENT, "pay")], place
        elif key.dimension in ("skill", SUBMISSIONS):
            whole = number.get(_Key(key.scope, DEMAND, "", "", "", CURRENT))
        else:
            whole = number.get(_Key(key.scope, key.dimension, "", "", "", CURRENT, "all"))
        if whole is None or self.exact[whole, role] < TINY:
            return None
        one, ratio = self._ratio(top, whole, role)
        if key.dimension in (DEMAND, PANEL, SUPPLY):
            counts = (self.exact[top, role], self.exact[whole, role])
            luck = sum(1.0 / max(count, 1.0) for count in counts) if key.dimension == SUPPLY else 0.0
            low, high = _around(np.log(max(one, TINY)), np.log(np.maximum(ratio, TINY)), np.exp, luck)
            return _ends(one - 1.0, low - 1.0, high - 1.0)
        if key.dimension in (PAY, PAY_CITY, SUBMISSIONS):
            return _ends(one, *_around(one, ratio, lambda value: value))
        if not 0.0 < one < 1.0:
            return _ends(one, None, None)
        # A person's applications lie in many groups: the groups do not show the luck of who applies.
        people = self.exact[whole, role] if key.dimension in ATTRIBUTES else np.inf
        variance = 1.0 / (one * (1.0 - one) * people)
        low, high = _around(_logit(one), _logit(ratio), lambda value: 1.0 / (1.0 + np.exp(-value)), variance)
        return _ends(one, low, high)

    def _ratio(self, top: int, whole: int, role: int) -> tuple[float, Floats]:
        drawn = self.drawn[top, role] / np.maximum(self.drawn[whole, role], TINY)
        return float(self.exact[top, role] / self.exact[whole, role]), drawn


def _names(key: _Key) -> tuple[str, str, str, str, str]:
    return key.scope, key.dimension, key.value, key.country, key.currency


def _logit(share: Any) -> Any:
    inside = np.clip(share, 1e-9, 1.0 - 1e-9)
    return np.log(inside / (1.0 - inside))


def _around(middle: Any, drawn: Floats, back: Any, variance: float = 0.0) -> tuple[float, float]:
    """The 95 % interval around a value on the scale where replicates are nearly normal, carried `back`.

    variance: what the replicates do not have.
    """
    spread = np.sqrt(np.var(drawn, ddof=1) + variance)
    half = float(student_quantile(np.array([REPLICATES - 1.0]))[0]) * float(spread)
    return float(back(middle - half)), float(back(middle + half))


def _ends(value: float, low: float | None, high: float | None) -> dict[str, float | None]:
    return {
        "estimate": round(value, DIGITS),
        "low": None if low is None else round(low, DIGITS),
        "high": None if high is None else round(high, DIGITS),
    }
