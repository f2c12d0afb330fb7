"""The dbt project against a hand-written study whose figures can be counted on the fingers.

Real dbt, real DuckDB, and the storage layer that writes the real datasets.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.schema import ANSWERS, REJECTED_ANSWERS, WORKERS
from postings import schema
from postings.duplicates.schema import DUPLICATES
from storage import Dataset, fingerprint, write_json_atomically

REPOSITORY = Path(__file__).parents[1]
PROJECT = REPOSITORY / "dbt_project"
PAIR = "2025-01..2025-02 / 2024-01..2024-02"
WINDOW = {
    "pair": PAIR,
    "base_from": "2024-01",
    "base_to": "2024-02",
    "current_from": "2025-01",
    "current_to": "2025-02",
}
MODEL = "m1"
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def _text(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


POSTINGS = pa.schema([field.with_nullable(True) for field in schema.POSTINGS])
CLASSIFICATIONS = pa.schema(
    [
        *_text("posting_id", "posting_month", "title_id", "best_title_id"),
        ("probability", pa.float32()),
        *_text("second_title_id"),
        ("second_probability", pa.float32()),
        *_text("evaluation", "model_version"),
    ]
)
QUARANTINE = pa.schema(
    [
        *_text("batch", "source", "file"),
        ("row", pa.int64()),
        *_text("source_id", "month", "field", "reason", "message", "value"),
    ]
)
REOBSERVATIONS = pa.schema(
    [*_text("batch", "source", "file"), ("row", pa.int64()), *_text("source_id", "month", "posting_id")]
)
CONSERVATION = pa.schema(
    [
        *_text("source", "posting_month"),
        *[
            (name, pa.int64())
            for name in ("raw_records", "postings", "reobservations", "quarantined", "balance")
        ],
    ]
)
TAXONOMY = pa.schema(
    _text("title_id", "title_en", "title_zh", "family", "seniority_band", "taxonomy_version")
)
LABELS = pa.schema(
    [
        *_text("posting_id", "title_id"),
        ("confidence", pa.float64()),
        ("answers", pa.int32()),
        ("agreement", pa.float64()),
        *_text("method", "label_version"),
    ]
)
ESTIMATES = pa.schema(
    [
        *_text("pair", "level", "group_id", "method", "estimand"),
        *[
            (n, pa.float64())
            for n in ("base_postings", "current_postings", "change", "change_low", "change_high")
        ],
        *[(n, pa.float64()) for n in ("log_ratio_se", "relative_change", "z", "p_value", "q_value")],
        *_text("verdict"),
        ("employers_effective", pa.float64()),
        ("replicates", pa.int32()),
        ("seed", pa.int64()),
        *_text("withheld", "notes"),
    ]
)
DRIFT = pa.schema(
    [
        *_text("pair", "level", "group_id"),
        *[(n, pa.int64()) for n in ("base_rows", "current_rows")],
        *[(n, pa.float64()) for n in ("base_right", "current_right", "difference", "difference_se")],
        *[(n, pa.float64()) for n in ("z", "p_value", "q_value")],
    ]
)


ROLES = [
    {"role_id": "hands", "role_en": "Hands", "role_zh": "手", "titles": ["nurse", "welder"]},
    {"role_id": "care", "role_en": "Care", "role_zh": "护理", "titles": ["nurse"], "inside": ["hands"]},
]
SCOPES = [{"scope_id": "health", "scope_en": "Health", "scope_zh": "医疗", "industries": ["healthcare"]}]


@dataclass(frozen=True)
class Group:
    """`number` equal postings; `pay` is (monthly min, monthly max, currency)."""

    title: str
    number: int
    industry: str | None = None
    city: str | None = None
    country: str | None = None
    pay: tuple[str | None, str | None, str | None] = (None, None, None)


# Base window: 4 nurses, 4 welders, 2 unassigned. Current: 6 nurses, 1 welder, 1 drone pilot, 1 unassigned.
MONTHS: dict[str, list[Group]] = {
    "2024-01": [
        Group("nurse", 2, "healthcare", "Oslo", "NO"),
        Group("welder", 4, "manufacturing", "Bergen", "NO"),
    ],
    "2024-02": [
        Group("nurse", 2, "healthcare", "Oslo", "NO"),
        Group("unassigned", 2),
    ],
    "2025-01": [
        Group("nurse", 2, "healthcare", "Oslo", "NO", ("1000", "2000.01", "USD")),
        Group("nurse", 1, "education", "Oslo", "US", ("4000", None, "USD")),
        Group("welder", 1, "manufacturing", "Bergen", "NO", (None, "5000", "NOK")),
    ],
    "2025-02": [
        Group("nurse", 3, " ", None, None),
        Group("drone-pilot", 1, "agriculture", "Bergen", "NO"),
        Group("unassigned", 1),
    ],
    "unknown": [Group("nurse", 1)],
}


def _rows(columns: pa.Schema, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in columns.names} for row in rows], columns)


class Study:
    """A study home on disk, written by the same storage layer as the real one."""

    def __init__(self, home: Path, months: dict[str, list[Group]] | None = None) -> None:
        self.home = home
        empty = months is not None
        self.quarantined = {} if empty else {"2024-01": ["pay", "pay", "date"]}
        self.reobserved = {} if empty else {"2024-01": 1}
        months = MONTHS if months is None else months
        write_json_atomically(home / "models/promoted.json", {"model_version": MODEL})
        for month, groups in months.items():
            self.write_month(month, groups)
        self.write("taxonomy", TAXONOMY, _taxonomy())
        self.write("labels", LABELS, [] if empty else [_label("2024-01-0")])
        self.write("estimates", ESTIMATES, [] if empty else _estimates())
        self.write("drift", DRIFT, [] if empty else [DRIFTED])
        self.write_set_aside(months)
        self.write_conservation(months)
        if not empty:
            self.write_quality()

    def at(self, home: Path) -> Study:
        """The same study after its folder was copied."""
        study = copy.copy(self)
        study.home = home
        return study

    def write(
        self, name: str, columns: pa.Schema, rows: list[dict[str, Any]], partition: str | None = None
    ) -> None:
        dataset = Dataset(self.home / name, columns, partitioned=partition is not None)
        dataset.write_table(
            _rows(columns, rows), fingerprint(name, partition, json.dumps(rows, default=str)), partition
        )

    def write_month(self, month: str, groups: list[Group]) -> None:
        postings: list[dict[str, Any]] = []
        classified: list[dict[str, Any]] = []
        for group in groups:
            for _ in range(group.number):
                low, high, currency = group.pay
                identity = {"posting_id": f"{month}-{len(postings)}", "posting_month": month}
                postings.append(
                    {
                        **identity,
                        "source": "board",
                        "employer_id": "unknown" if len(postings) == 0 else f"e{len(postings) % 2}",
                        "industry_id": group.industry,
                        "city": group.city,
                        "country": group.country,
                        "pay_monthly_min": Decimal(low) if low else None,
                        "pay_monthly_max": Decimal(high) if high else None,
                        "pay_currency": currency,
                        "skill_ids": ["zoom", "zoom"] if group.pay[0] else None,
                    }
                )
                classified.append(
                    {**identity, "title_id": group.title, "probability": 0.5, "model_version": MODEL}
                )
        self.write("postings", POSTINGS, postings, month)
        self.write(f"classifications/model={MODEL}", CLASSIFICATIONS, classified, month)

    def write_quality(self) -> None:
        """Polls, duplicates, a crowd and a model card: what the marts of quality are made of."""
        polls = [
            ("e0", dt.date(2024, 1, 9), "ok", 4),
            ("e0", dt.date(2024, 1, 16), "failed", None),
            ("e1", dt.date(2024, 1, 9), "failed", None),
            ("e0", dt.date(2025, 1, 7), "not_modified", 3),
            ("e1", dt.date(2025, 1, 7), "ok", 1),
        ]
        names = ("employer_id", "polled_on", "result", "postings_seen")
        rows = [dict(zip(names, poll, strict=True)) for poll in polls]
        beside = {"source": "board", "employer": "E", "batch": "1"}
        rows = [{**row, **beside, "month": f"{row['polled_on']:%Y-%m}"} for row in rows]
        self.write("coverage", schema.POLLS, rows)
        postings = Dataset(self.home / "postings", POSTINGS, partitioned=True)
        ids = duckdb.sql(
            "select posting_id, posting_month from read_parquet(?, hive_partitioning = false) order by 1",
            params=[postings.files()],
        ).fetchall()
        self.write(
            "duplicates",
            DUPLICATES,
            [
                {
                    **{
                        "posting_id": posting,
                        "posting_month": month,
                        "canonical_id": posting,
                        "cluster_id": posting,
                    },
                    "class": "repost" if posting == "2024-01-5" else "unique",
                }
                for posting, month in ids
            ],
        )
        workers = [("w1", 2, 10, 9, True), ("w2", 1, 4, 0, False)]
        columns = WORKERS.names
        self.write("workers", WORKERS, [dict(zip(columns, row, strict=True)) for row in workers])
        answer = {"task_id": "2024-01-0", "title_id": "nurse", "provider": "p", "batch": "1"}
        self.write("answers", ANSWERS, [{**answer, "worker": worker} for worker in ("w1", "w1", "w2")])
        rejected = {
            "provider": "p",
            "batch": "1",
            "file": "f",
            "row": 1,
            "reason": "late",
            "message": "f, row 1",
        }
        self.write("rejected_answers", REJECTED_ANSWERS, [rejected])
        write_json_atomically(self.home / "model_card.json", CARD)

    def remove_month(self, month: str) -> None:
        for name in ("postings", f"classifications/model={MODEL}"):
            (self.home / name / f"month={month}" / "manifest.json").unlink()

    def write_set_aside(self, months: dict[str, list[Group]]) -> None:
        for month in months:
            self.write(
                "quarantine",
                QUARANTINE,
                [
                    {
                        "source": "board",
                        "file": "a",
                        "row": row,
                        "month": month,
                        "field": field,
                        "reason": "bad",
                    }
                    | {"message": f"a, row {row}: {field}"}
                    for row, field in enumerate(self.quarantined.get(month, []))
                ],
                month,
            )
            self.write(
                "reobservations",
                REOBSERVATIONS,
                [
                    {"source": "board", "row": row, "month": month}
                    for row in range(self.reobserved.get(month, 0))
                ],
                month,
            )

    def write_conservation(self, months: dict[str, list[Group]], lost: int = 0) -> None:
        rows = []
        for month, groups in months.items():
            counts = {
                "postings": sum(group.number for group in groups),
                "quarantined": len(self.quarantined.get(month, [])),
                "reobservations": self.reobserved.get(month, 0),
            }
            if sum(counts.values()):
                raw = sum(counts.values()) + lost
                rows.append(
                    {"source": "board", "posting_month": month, "raw_records": raw, **counts, "balance": lost}
                )
        self.write("conservation", CONSERVATION, rows)


def _taxonomy() -> list[dict[str, Any]]:
    return [
        {
            "title_id": slug,
            "title_en": english,
            "title_zh": chinese,
            "family": family,
            "taxonomy_version": "t1",
        }
        for slug, english, chinese, family in (
            ("nurse", "Nurse", "护士", "care"),
            ("welder", "Welder", "焊工", "metal"),
            ("drone-pilot", "Drone pilot", None, None),
            ("never-seen", "Never seen", None, None),
        )
    ]


def _label(posting_id: str) -> dict[str, Any]:
    return {
        "posting_id": posting_id,
        "title_id": "nurse",
        "confidence": 1.0,
        "answers": 3,
        "agreement": 1.0,
        "label_version": "l1",
    }


DRIFTED = {
    "pair": PAIR,
    "level": "market",
    "group_id": "*",
    "base_rows": 40,
    "current_rows": 50,
    "p_value": 0.3,
}


CARD = {
    "versions": {"model_version": MODEL},
    "encoder": {"name": "static", "max_tokens": 192},
    "cross_fitted": False,
    "labels": 9,
    "titles": 2,
    "label_counts": {"nurse": 6, "welder": 3},
    "random": {
        **{"rows": 8, "accuracy": 0.75, "top_5": 1.0, "macro_f1": 0.7, "calibration_error": 0.05},
        "calibration": [
            {"low": 0.7, "high": 0.8, "predictions": 8, "mean_probability": 0.8, "accuracy": 0.75}
        ],
        "per_class": [
            {
                "title_id": "nurse",
                "labels": 6,
                "predicted": 5,
                "precision": 1.0,
                "recall": 0.833333,
                "f1": 0.9,
            }
        ],
    },
    "by_employer": None,
}


def _estimates() -> list[dict[str, Any]]:
    def estimate(title: str, base: float, current: float, employers: float, **more: Any) -> dict[str, Any]:
        level = "market" if title == "*" else "title"
        counts = {"pair": PAIR, "group_id": title, "base_postings": base, "current_postings": current}
        what = {"level": level, "method": "raw", "estimand": "employers", "notes": ""}
        return {**what, **counts, "employers_effective": employers, **more}

    corrected = {"method": "corrected", "change": 0.55, "verdict": "above", "q_value": 0.01}
    within = {"method": "within", "change": 0.2, "change_low": 0.1, "change_high": 0.3000004}
    return [
        estimate("*", 10, 9, 12.3, change_low=-0.30000004, change_high=0.2),
        estimate("*", 10, 9, 12.3, method="corrected"),
        estimate("nurse", 4, 6, 3.0, change_low=0.1, change_high=0.9, verdict="not_distinguishable"),
        estimate("nurse", 4.2, 6.51, 3.0, change_low=0.05, change_high=1.2, **corrected),
        estimate("nurse", 4.2, 6.51, 3.0, estimand="crawled", change_low=0.3, change_high=0.8, **corrected),
        estimate("nurse", 2.1, 2.52, 2.5, verdict="above", q_value=0.02, **within),
        estimate("welder", 4, 1, 1.5, change_low=-1.0, change_high=1.0, withheld="too_few_employers"),
        estimate("health", 4, 6, 3.0, change_low=0.1, change_high=0.9, level="family"),
        estimate(
            "welder",
            3.5,
            0.5,
            1.5,
            change_low=-1.0,
            change_high=1.0,
            withheld="too_few_employers",
            **corrected,
        ),
    ]


@dataclass(frozen=True)
class Run:
    """What a dbt command said, and where its warehouse is."""

    code: int
    said: str
    warehouse: Path

    def rows(self, query: str, values: list[str] | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(query, values).fetchall()

    def table(self, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from {name} order by all")  # noqa: S608  (names of our own)


def arguments(study: Study, *command: str, **more_vars: Any) -> list[str]:
    """A dbt command line for one study."""
    given = {
        "study_home": str(study.home),
        "warehouse": str(study.home / "warehouse.duckdb"),
        "windows": [WINDOW],
        "min_postings": 3,
        "min_employers": 2,
        "versions": {"data_version": "d1"},
        "roles": ROLES,
        "scopes": SCOPES,
        **more_vars,
    }
    return [
        *(*command, "--no-use-colors", "--vars", json.dumps(given)),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(study.home / "target"), "--log-path", str(study.home / "logs")),
    ]


WITH_MANIFEST = """
import json, sys
from pathlib import Path
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
manifest = Manifest.from_msgpack(Path(sys.argv[1]).read_bytes())
manifest.build_flat_graph()
sys.exit(sum(not dbtRunner(manifest=manifest).invoke(command).success for command in json.loads(sys.argv[2])))
"""


def dbt(study: Study, *commands: list[str], parsed: Path | None = None) -> Run:
    """Run dbt in a process of its own; the exit code is the number of commands that failed.

    Either one command as a user types it, or, to save the parsing, several with a project `parsed` before: a
    parsed project knows nothing of the vars it was parsed with, one serves all studies.
    """
    if parsed is None:
        (command,) = commands
        program = ["-c", "from dbt.cli.main import cli; cli()", *command]
    else:
        program = ["-c", WITH_MANIFEST, str(parsed), json.dumps(commands)]
    done = subprocess.run([sys.executable, *program], capture_output=True, text=True, timeout=300)
    return Run(done.returncode, done.stdout + done.stderr, study.home / "warehouse.duckdb")


def parsed(built: tuple[Study, Run]) -> Path:
    """The project as the first build parsed it."""
    return built[0].home / "target/partial_parse.msgpack"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Run]:
    study = Study(tmp_path_factory.mktemp("study's home"))
    for folder in (
        study.home / "postings/month=2025-01",
        study.home / f"classifications/model={MODEL}/month=2025-01",
    ):
        (folder / "killed-00000.parquet").write_bytes(b"half a shard that no manifest names")
    run = dbt(study, arguments(study, "build"))
    assert run.code == 0, run.said
    return study, run


def test_the_market_counts_every_posting_of_the_windows_the_unassigned_too(built: tuple[Study, Run]) -> None:
    rows = built[1].rows(
        """select base_postings, current_postings, base_unassigned, current_unassigned, change, change_low,
        change_high, employers_effective, flags from mart_market_yoy"""
    )
    assert rows == [(10, 9, 2, 1, -0.1, -0.3, 0.2, 12.3, "")]


def test_titles_are_read_against_the_market_and_ranked_where_there_are_enough_postings(
    built: tuple[Study, Run],
) -> None:
    rows = built[1].rows(
        """select title_id, title_en, title_zh, family, base_postings, current_postings, change, change_low,
        distance_to_market, rank, flags from mart_title_yoy order by title_id"""
    )
    assert rows == [
        ("drone-pilot", "Drone pilot", None, None, 0, 1, None, None, None, None, "few_postings,no_base"),
        ("nurse", "Nurse", "护士", "care", 4, 6, 0.5, 0.1, 0.6, 1, ""),
        ("unassigned", "Unassigned", "未归类", None, 2, 1, -0.5, None, -0.4, None, "unassigned,few_postings"),
        ("welder", "Welder", "焊工", "metal", 4, 1, -0.75, None, -0.65, 2, "few_employers"),
    ]


def test_a_month_without_a_title_is_a_zero_in_its_line(built: tuple[Study, Run]) -> None:
    rows = built[1].rows(
        """select posting_month, postings, share, flags from mart_title_month
        where title_id = 'welder' order by 1"""
    )
    assert rows == [
        ("2024-01", 4, 0.666667, ""),
        ("2024-02", 0, 0.0, "few_postings"),
        ("2025-01", 1, 0.25, "few_postings"),
        ("2025-02", 0, 0.0, "few_postings"),
        ("unknown", 0, 0.0, "few_postings,unknown_month"),
    ]


def test_industries_of_a_title_show_what_is_not_stated_without_ranking_it(built: tuple[Study, Run]) -> None:
    rows = built[1].rows(
        """select industry, base_postings, current_postings, share, change, rank, flags from mart_industry
        where title_id = 'nurse' order by industry"""
    )
    assert rows == [
        ("education", 0, 1, 0.166667, None, 2, "few_postings,no_base"),
        ("healthcare services", 4, 2, 0.333333, -0.5, 1, ""),
        ("not stated", 0, 3, 0.5, None, None, "not_stated,few_postings,no_base"),
    ]


def test_cities_of_the_same_name_in_two_countries_stay_apart(built: tuple[Study, Run]) -> None:
    rows = built[1].rows(
        """select city, country, base_postings, current_postings, rank from mart_city
        where title_id = 'nurse' order by 1, 2"""
    )
    assert rows == [
        ("Oslo", "NO", 4, 2, 1),
        ("Oslo", "US", 0, 1, 2),
        ("not stated", "not stated", 0, 3, None),
    ]


def test_salary_is_the_midpoint_per_currency_with_its_n_beside_it(built: tuple[Study, Run]) -> None:
    rows = built[1].rows(
        """select title_id, currency, postings, stating_pay, share_stating_pay, mean_monthly, median_monthly,
        p25_monthly, p75_monthly, flags from mart_salary order by title_id"""
    )
    assert rows == [
        ("nurse", "USD", 6, 3, 0.5, 2333.34, 1500.01, 1500.01, 2750.0, ""),
        ("welder", "NOK", 1, 1, 1.0, 5000.0, 5000.0, 5000.0, 5000.0, "few_postings"),
    ]


def test_a_role_is_shown_in_each_scope_beside_the_market_and_inside_the_roles_that_contain_it(
    built: tuple[Study, Run],
) -> None:
    rows = built[1].rows(
        """select scope_id, role_id, inside, base_postings, current_postings, change, market_change,
        share_of_market from mart_role_demand order by all"""
    )
    assert rows == [
        ("all_industries", "all", "", 10, 9, -0.1, -0.1, 1.0),
        ("all_industries", "care", "hands", 4, 6, 0.5, -0.1, 0.666667),
        ("all_industries", "hands", "", 8, 7, -0.125, -0.1, 0.777778),
        ("health", "all", "", 4, 2, -0.5, -0.5, 1.0),
        ("health", "care", "hands", 4, 2, -0.5, -0.5, 1.0),
        ("health", "hands", "", 4, 2, -0.5, -0.5, 1.0),
    ]


def test_shares_of_a_role_are_among_the_postings_that_state_it_and_the_unstated_have_neither_share_nor_rank(
    built: tuple[Study, Run],
) -> None:
    rows = built[1].rows(
        """select industry_en, current_postings, stating_postings, share, rank, flags from mart_role_industry
        where role_id = 'hands' and scope_id = 'all_industries' order by all"""
    )
    assert rows == [
        ("education", 1, 4, 0.25, 2, "few_postings,few_employers,no_base"),
        ("healthcare services", 2, 4, 0.5, 1, "few_postings"),
        ("manufacturing", 1, 4, 0.25, 2, "few_postings,few_employers"),
        ("not stated", 3, 4, None, None, "not_stated,no_base"),
    ]


def test_a_skill_counts_once_a_posting_and_is_a_share_of_all_postings_of_the_role(
    built: tuple[Study, Run],
) -> None:
    rows = built[1].rows(
        "select scope_id, role_id, skill_en, current_postings, share, rank from mart_role_skills order by all"
    )
    assert rows == [
        ("all_industries", "care", "Zoom", 3, 0.5, 1),
        ("all_industries", "hands", "Zoom", 3, 0.428571, 1),
        ("health", "care", "Zoom", 2, 1.0, 1),
        ("health", "hands", "Zoom", 2, 1.0, 1),
    ]


def test_a_roles_pay_stands_per_currency_and_period_and_by_city(built: tuple[Study, Run]) -> None:
    query = """select currency, period, is_main_currency, postings, stating_pay, share_stating_pay, mean_monthly,
        median_monthly from mart_role_salary where role_id = 'hands' and scope_id = 'all_industries' order by 1"""
    assert built[1].rows(query) == [
        ("NOK", "month", False, 7, 1, 0.142857, 5000.0, 5000.0),
        ("USD", "month", True, 7, 3, 0.428571, 2333.34, 1500.01),
    ]
    query = """select city, country, currency, stating_pay, mean_monthly, rank from mart_role_salary_city
        where role_id = 'hands' and scope_id = 'all_industries' order by 1, 2"""
    assert built[1].rows(query) == [
        ("Bergen", "NO", "NOK", 1, 5000.0, None),
        ("Oslo", "NO", "USD", 2, 1500.01, None),
        ("Oslo", "US", "USD", 1, 4000.0, None),
    ]


def test_corrected_changes_stand_beside_the_raw_ones_and_a_withheld_interval_is_none(
    built: tuple[Study, Run],
) -> None:
    query = """select title_id, corrected_base_postings, corrected_change, corrected_change_high,
        corrected_crawled_change_low, verdict, verdict_method, panel_change from mart_title_yoy
        where title_id in ('nurse', 'welder') order by 1"""
    assert built[1].rows(query) == [
        ("nurse", 4.2, 0.55, 1.2, 0.3, "above", "corrected", None),
        ("welder", 3.5, 0.55, None, None, "above", "corrected", None),
    ]
    query = """select title_id, within_change, within_change_low, within_change_high, within_withheld, within_verdict,
        within_q_value from mart_title_yoy where title_id in ('nurse', 'welder') order by 1"""
    assert built[1].rows(query) == [
        ("nurse", 0.2, 0.1, 0.3, None, "above", 0.02),
        ("welder", None, None, None, None, None, None),
    ]
    assert built[1].rows("select audited_postings, drift_p_value from mart_market_yoy") == [(90, 0.3)]
    assert built[1].rows(
        "select level, group_id, change, change_low, verdict_method from mart_group_yoy"
    ) == [("family", "health", 0.5, 0.1, "raw")]


def test_what_was_set_aside_is_counted_with_an_example(built: tuple[Study, Run]) -> None:
    assert built[1].rows(
        "select posting_month, field, reason, records, example_message from mart_quarantine order by field"
    ) == [
        ("2024-01", "date", "bad", 1, "a, row 2: date"),
        ("2024-01", "pay", "bad", 2, "a, row 0: pay"),
    ]
    assert built[1].rows(
        "select raw_records, postings, reobservations, quarantined, balance from mart_conservation"
        " where posting_month = '2024-01'"
    ) == [(10, 6, 1, 3, 0)]
    assert built[1].rows("select posting_month, postings, employers from mart_volume order by 1") == [
        ("2024-01", 6, 2),
        ("2024-02", 4, 2),
        ("2025-01", 4, 2),
        ("2025-02", 5, 2),
        ("unknown", 1, 0),
    ]


def test_the_quality_of_coverage_duplicates_labels_and_model_stands_in_marts(
    built: tuple[Study, Run],
) -> None:
    run = built[1]
    columns = "month, polls, failed_polls, employers_polled, employers_read, employers_failed, postings_seen"
    assert run.table("mart_coverage", columns) == [
        ("2024-01", 3, 2, 2, 1, 1, 4),
        ("2025-01", 2, 0, 2, 2, 0, 4),
    ]
    columns = "base_month, current_month, base_employers, current_employers, panel_employers, share_of_current, flags"
    assert run.table("mart_panel", columns) == [
        ("2024-01", "2025-01", 1, 2, 1, 0.5, "few_employers"),
    ]
    assert run.rows(
        "select class, postings, share from mart_duplicates where posting_month = '2024-01' order by 1"
    ) == [("repost", 1, 0.166667), ("unique", 5, 0.833333)]
    columns = "source, postings, newest_posted, newest_month, postings_in_newest_month, last_polled, last_read, flags"
    day = dt.date(2025, 1, 7)
    assert run.table("mart_freshness", columns) == [("board", 20, None, "2025-02", 5, day, day, "")]
    columns = """labels, titles, single_answer, unanimous, given_answers, rejected_answers, workers, workers_not_used,
        gold_answers, gold_accuracy"""
    assert run.table("mart_label_quality", columns) == [(1, 1, 0, 1, 3, 1, 2, 1, 10, 0.9)]
    columns = "evaluation, encoder, labels, held_out, accuracy, accuracy_low < 0.75, accuracy_high > 0.75"
    assert run.table("mart_model_quality", columns) == [("random", "static", 9, 8, 0.75, True, True)]
    assert run.table("mart_model_calibration", "probability_from, predictions, accuracy") == [(0.7, 8, 0.75)]
    assert run.table("mart_model_titles", "title_id, labels, predicted, recall, flags") == [
        ("nurse", 6, 5, 0.833333, "few_labels")
    ]


def _is_empty_here(node: dict[str, Any]) -> bool:
    """Tables of people, and of what stands around the estimates, and of the life of postings: this study has none."""
    mart = node["name"]
    people = mart.startswith("mart_applicants_") or mart in ("mart_role_supply", "mart_role_competition")
    return people or "around" in node["fqn"] or mart == "mart_flow_and_stock"


def test_every_mart_has_the_columns_and_types_of_its_contract_and_names_its_versions(
    built: tuple[Study, Run],
) -> None:
    study, run = built
    manifest = json.loads((study.home / "target/manifest.json").read_text("utf-8"))
    marts = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if "marts" in node["fqn"] and node["resource_type"] == "model"
    }
    assert len(marts) >= 18
    for name, node in marts.items():
        assert node["config"]["contract"]["enforced"]
        assert node["description"].startswith("One row per ")
        assert all(column["description"] for column in node["columns"].values())
        described = run.rows(
            "select column_name, lower(data_type) from duckdb_columns() where table_name = ?", [name]
        )
        assert described == [(c["name"], c["data_type"]) for c in node["columns"].values()]
        versions = run.table(name, "distinct model_version, label_version, taxonomy_version, data_version")
        expected = [] if _is_empty_here(node) else [(MODEL, "l1", "t1", "d1")]
        assert versions == expected, name


def test_every_mart_has_an_owner_a_test_of_its_grain_and_a_use(built: tuple[Study, Run]) -> None:
    manifest = json.loads((built[0].home / "target/manifest.json").read_text("utf-8"))
    nodes = manifest["nodes"]
    marts = {k: n for k, n in nodes.items() if "marts" in n["fqn"] and n["resource_type"] == "model"}
    of_grain = {
        node["attached_node"]
        for node in nodes.values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in ("unique", "unique_combination")
    }
    owners = {group["name"]: group["owner"]["name"] for group in manifest["groups"].values()}
    used = {exposure["name"]: exposure["depends_on"]["nodes"] for exposure in manifest["exposures"].values()}
    assert not set(marts) - of_grain
    assert all(owners[node["config"]["group"]] for node in marts.values())
    assert set(used["published_tables"]) == set(marts)
    # What the report reads, by the names in its code; roles and applicants are put together from a prefix.
    code = "".join(path.read_text("utf-8") for path in (REPOSITORY / "report").rglob("*.py"))
    read = {
        key
        for key, node in marts.items()
        if f'{node["name"]}"' in code or node["name"].startswith(("mart_role_", "mart_applicants_"))
    }
    assert set(used["report"]) == read


def test_sources_carry_the_asset_keys_that_join_the_lineage(built: tuple[Study, Run]) -> None:
    manifest = json.loads((built[0].home / "target/manifest.json").read_text("utf-8"))
    keys = {s["name"]: s["meta"]["dagster"]["asset_key"] for s in manifest["sources"].values()}
    assert keys == {name: [name] for name in keys}
    assert keys.keys() >= {
        "applications",
        "classifications",
        "estimates",
        "labels",
        "postings",
        "role_estimates",
    }


def _everything(run: Run) -> dict[str, list[tuple[Any, ...]]]:
    tables = [name for (name,) in run.rows("select table_name from duckdb_tables() order by 1")]
    return {name: run.table(name) for name in tables}


def test_a_second_run_recounts_changed_months_only_and_equals_a_full_refresh(
    built: tuple[Study, Run], tmp_path: Path
) -> None:
    shutil.copytree(built[0].home, tmp_path / "study")
    study = built[0].at(tmp_path / "study")
    changed = {
        "2024-01": MONTHS["2024-01"],
        "2025-01": MONTHS["2025-01"],
        "2025-02": [Group("nurse", 5, "education", "Oslo", "NO"), Group("welder", 3)],
        "2025-03": [Group("welder", 2)],
        "unknown": [],
    }
    study.remove_month("2024-02")
    for month in ("2025-02", "2025-03", "unknown"):
        study.write_month(month, changed[month])
    study.write_conservation(changed)
    study.write_quality()
    study.write("estimates", ESTIMATES, [])

    # A month whose manifest stays is not read again: its shard may say what it likes meanwhile.
    (shard,) = Dataset(study.home / "postings", POSTINGS, partitioned=True).files(["2024-01"])
    kept = Path(shard).read_bytes()
    table = pq.read_table(shard)
    elsewhere = pa.array(["Elsewhere"] * table.num_rows)
    pq.write_table(table.set_column(table.schema.get_field_index("city"), "city", elsewhere), shard)
    incremental = dbt(study, arguments(study, "build"), parsed=parsed(built))
    Path(shard).write_bytes(kept)
    assert incremental.code == 0, incremental.said

    found = _everything(incremental)
    assert {row[0] for row in found["int_title_month_cube"]} == {"2024-01", "2025-01", "2025-02", "2025-03"}
    assert incremental.rows("select base_postings, current_postings, flags from mart_market_yoy") == [
        (6, 12, "missing_months")
    ]
    refreshed = dbt(study, arguments(study, "run", "--full-refresh"), parsed=parsed(built))
    assert refreshed.code == 0, refreshed.said
    for name, rows in _everything(refreshed).items():
        assert found[name] == rows, name


def test_a_record_that_went_nowhere_fails_the_build_by_name(built: tuple[Study, Run], tmp_path: Path) -> None:
    shutil.copytree(built[0].home, tmp_path / "study")
    study = built[0].at(tmp_path / "study")
    study.write_conservation(MONTHS, lost=1)
    command = arguments(study, "build", "--select", "+mart_conservation", "conservation_balances")
    run = dbt(study, command, parsed=parsed(built))
    assert run.code == 1
    assert "Failure in test conservation_balances" in run.said


def test_a_table_that_breaks_rules_of_its_columns_fails_by_the_name_of_each_and_the_number_of_rows(
    built: tuple[Study, Run], tmp_path: Path
) -> None:
    shutil.copytree(built[0].home, tmp_path / "study")
    study = built[0].at(tmp_path / "study")
    with duckdb.connect(str(study.home / "warehouse.duckdb")) as connection:
        connection.execute(
            "update mart_market_yoy set change = -2, change_low = null, flags = 'odd,missing_months'"
        )
        connection.execute("update mart_volume set posting_month = '2024-13' where posting_month = '2024-02'")
    command = arguments(
        study, "test", "--select", "mart_market_yoy", "mart_volume", "--exclude", "test_type:unit"
    )
    run = dbt(study, command, parsed=parsed(built))
    assert run.code == 1
    said = " ".join(run.said.split())
    assert "mart_volume: posting_month: a month fails in rows: 1" in said
    assert "change: at least -1 fails in rows: 1" in said
    assert "change_low and change_high: both or none, in order fails in rows: 1" in said
    assert "flags: no flags but few_postings, few_employers, no_base, missing_months fails in rows: 1" in said


def test_a_study_whose_only_month_is_empty_gives_empty_tables(
    built: tuple[Study, Run], tmp_path: Path
) -> None:
    study = Study(tmp_path / "empty", {"2024-01": []})
    run = dbt(study, arguments(study, "build", *NO_TESTS), parsed=parsed(built))
    assert run.code == 0, run.said
    assert run.rows("select base_postings, current_postings, change, flags from mart_market_yoy") == [
        (0, 0, None, "few_postings,no_base,missing_months")
    ]
    assert run.rows("select title_id, base_postings, flags from mart_title_yoy") == [
        ("unassigned", 0, "unassigned,few_postings,no_base")
    ]
    assert run.rows("select count(*) from mart_title_month") == [(0,)]


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"study_home": ""}, "No study: pass --vars"),
    ({"study_home": "/nowhere"}, "Dataset postings: no manifest at /nowhere"),
    ({"windows": [{**WINDOW, "base_to": "2024-13"}]}, "base_to is 2024-13, not a month"),
    ({"windows": [{"pair": "p", "base_from": "2024-01"}]}, "windows: no base_to"),
    ({"versions": {"model_version": "m2"}}, "versions are never mixed"),
]


def test_faults_in_the_vars_are_named_and_nothing_is_built_on_them(
    built: tuple[Study, Run], tmp_path: Path
) -> None:
    study = built[0].at(tmp_path)
    commands = []
    for faulty, _ in FAULTS:
        given = {"study_home": str(built[0].home), **faulty}
        commands.append(arguments(study, "run", "--select", "int_windows", "int_versions", **given))
    run = dbt(study, *commands, parsed=parsed(built))
    assert run.code == len(FAULTS), run.said
    said = " ".join(run.said.split())
    for _, message in FAULTS:
        assert message in said, run.said
