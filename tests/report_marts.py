"""Small made-up mart files for the report's tests: ordinary titles, hostile names, Chinese, nulls.

What belongs here: writing fixture marts and a model card. What does not: assertions.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PAIR = "2025-01..2025-10 / 2024-01..2024-10"
EARLIER_PAIR = "2024-01..2024-10 / 2023-01..2023-10"
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|'/c calc'!A0"

TEXT, WHOLE, REAL, MONEY = pa.string(), pa.int64(), pa.float64(), pa.decimal128(14, 2)
VERSIONS = dict.fromkeys(("model_version", "label_version", "taxonomy_version", "data_version"), TEXT)
YOY = {"base_postings": WHOLE, "current_postings": WHOLE}
CHANGE = {"change": REAL, "change_low": REAL, "change_high": REAL}
CORRECTED, PANEL, WITHIN = (
    {f"{method}_{name}": REAL for name in CHANGE} for method in ("corrected", "panel", "within")
)

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "mart_market_yoy": {
        **dict.fromkeys(("pair", "base_from", "base_to", "current_from", "current_to"), TEXT),
        **YOY,
        "base_unassigned": WHOLE,
        "current_unassigned": WHOLE,
        **CHANGE,
        **PANEL,
        "audited_postings": WHOLE,
        **dict.fromkeys(("drift", "drift_p_value", "employers_effective"), REAL),
        "flags": TEXT,
    },
    "mart_title_yoy": {
        **dict.fromkeys(("pair", "title_id", "title_en", "title_zh", "family", "seniority_band"), TEXT),
        **YOY,
        **CHANGE,
        **CORRECTED,
        **PANEL,
        **WITHIN,
        "verdict": TEXT,
        "q_value": REAL,
        "verdict_method": TEXT,
        "within_verdict": TEXT,
        "within_q_value": REAL,
        "distance_to_market": REAL,
        "rank": WHOLE,
        "employers_effective": REAL,
        "flags": TEXT,
    },
    "mart_title_month": {
        "title_id": TEXT,
        "title_en": TEXT,
        "posting_month": TEXT,
        "postings": WHOLE,
        "share": REAL,
        "flags": TEXT,
    },
    "mart_industry": {
        **dict.fromkeys(("pair", "title_id", "title_en", "industry"), TEXT),
        **YOY,
        "share": REAL,
        "change": REAL,
        "rank": WHOLE,
        "flags": TEXT,
    },
    "mart_city": {
        **dict.fromkeys(("pair", "title_id", "title_en", "city"), TEXT),
        **YOY,
        "share": REAL,
        "change": REAL,
        "rank": WHOLE,
        "flags": TEXT,
    },
    "mart_salary": {
        **dict.fromkeys(("pair", "title_id", "title_en", "currency"), TEXT),
        "postings": WHOLE,
        "stating_pay": WHOLE,
        "share_stating_pay": REAL,
        "mean_monthly": MONEY,
        "median_monthly": MONEY,
        "p25_monthly": MONEY,
        "p75_monthly": MONEY,
        "flags": TEXT,
    },
    "mart_conservation": {
        "source": TEXT,
        "posting_month": TEXT,
        **dict.fromkeys(("raw_records", "postings", "reobservations", "quarantined", "balance"), WHOLE),
    },
    "mart_quarantine": {
        **dict.fromkeys(("source", "posting_month", "field", "reason"), TEXT),
        "records": WHOLE,
        "example_message": TEXT,
    },
    "mart_volume": {"source": TEXT, "posting_month": TEXT, "postings": WHOLE, "employers": WHOLE},
}

# title_id, English, Chinese, family, postings in the earlier window, change
TITLES: list[tuple[str, str | None, str | None, str, int, float | None]] = [
    ("machine-learning-engineer", "Machine learning engineer", "机器学习工程师", "Data and AI", 1180, 0.412),
    ("data-engineer", "Data engineer", "数据工程师", "Data and AI", 2310, 0.124),
    ("nurse", "Nurse", "护士", "Health", 5120, 0.052),
    ("security-analyst", "Security analyst", "安全分析师", "Software", 880, 0.031),
    ("product-manager", "Product manager", "产品经理", "Product", 1740, -0.021),
    ("accountant", "Accountant", "会计", "Finance", 3050, -0.064),
    ("software-engineer", "Software engineer", "软件工程师", "Software", 8200, -0.118),
    (
        "corporate-compliance-specialist",
        "Corporate compliance specialist",
        "企业合规专员",
        "Legal",
        640,
        -0.286,
    ),
    ("graphic-designer", "Graphic designer", "平面设计师", "Creative", 1490, -0.334),
    ("photographer", "Photographer", "摄影师", "Creative", 410, -0.391),
    ("only-chinese", None, "短视频运营", "Media", 520, 0.081),
    ("hostile", SCRIPT, '"><img src=x onerror=alert(2)>', "<b>Family</b>", 333, 0.204),
    ("formula", FORMULA, "+1+1", "@SUM(A1)", 355, -0.151),
    ("0401", "General natural resources management and biological sciences", None, "Science", 760, 0.009),
    ("too-small", "Prompt engineer", "提示词工程师", "Data and AI", 4, 3.25),
    ("new-title", "Agent engineer", "智能体工程师", "Data and AI", 0, None),
]


def months(first: int = 2023, last: int = 2025) -> list[str]:
    return [f"{year}-{month:02d}" for year in range(first, last + 1) for month in range(1, 13)][:-2]


def fixture_rows() -> dict[str, list[dict[str, Any]]]:
    """All marts' rows; every number follows from TITLES."""
    versions = {"model_version": "m-5d41402a", "label_version": "l-7d793037", "taxonomy_version": "2025.1"}
    versions["data_version"] = "d-9f86d081"
    titles = [title_row(PAIR, *title) for title in TITLES]
    earlier = [title_row(EARLIER_PAIR, *title[:4], title[4] + 60, 0.05) for title in TITLES]
    for rows in (titles, earlier):
        ranked = sorted((row for row in rows if row["flags"] == ""), key=lambda row: -row["change"])
        for position, row in enumerate(ranked):
            row["rank"] = position + 1
    unassigned = title_row(PAIR, "unassigned", None, None, "", 2100, -0.1) | {"flags": "unassigned"}
    rows = {
        "mart_market_yoy": [
            market_row(PAIR, "2024-01", "2024-10", "2025-01", "2025-10", 31092, 28822, -0.073),
            market_row(EARLIER_PAIR, "2023-01", "2023-10", "2024-01", "2024-10", 32110, 31092, -0.0317),
        ],
        "mart_title_yoy": [*titles, unassigned, *earlier],
        "mart_title_month": [
            {
                "title_id": title[0],
                "title_en": title[1],
                "posting_month": month,
                "share": 0.02,
                "flags": "",
                "postings": round(
                    title[4] / 10 * (1 + 0.2 * math.sin(position)) * (1 + (title[5] or 0) * position / 34)
                ),
            }
            for title in TITLES
            for position, month in enumerate(months())
        ],
        "mart_industry": dimension_rows(
            "industry", ["Information technology", "Health care", "Finance", SCRIPT, None]
        ),
        "mart_city": dimension_rows("city", ["北京", "上海", "São Paulo", '=HYPERLINK("x")', None]),
        "mart_salary": [
            {
                "pair": PAIR,
                "title_id": title[0],
                "title_en": title[1],
                "currency": "CNY",
                "postings": title[4],
                "stating_pay": title[4] // 2,
                "share_stating_pay": 0.5,
                "mean_monthly": Decimal("21500.25") + title[4],
                "median_monthly": Decimal("20000.50") + title[4],
                "p25_monthly": Decimal("15000.00"),
                "p75_monthly": Decimal("30000.00") + title[4],
                "flags": "",
            }
            for title in TITLES[:9]
        ],
        "mart_conservation": [
            {
                "source": source,
                "posting_month": month,
                "raw_records": 1010,
                "postings": 990,
                "reobservations": 15,
                "quarantined": 5,
                "balance": 0,
            }
            for source in ("demo_board", "company_sites")
            for month in months()
        ],
        "mart_quarantine": [
            {
                "source": "demo_board",
                "posting_month": "unknown",
                "field": "posted_date",
                "reason": "bad_date",
                "records": 41,
                "example_message": "postings-2024-03.parquet, row 17, posted_date: '31/31/2024' is no date",
            },
            {
                "source": "demo_board",
                "posting_month": "2024-03",
                "field": "title",
                "reason": "missing",
                "records": 12,
                "example_message": f"row 3: {SCRIPT}",
            },
            {
                "source": "demo_board",
                "posting_month": "2024-04",
                "field": "title",
                "reason": "missing",
                "records": 3,
                "example_message": None,
            },
        ],
        "mart_volume": [
            {
                "source": source,
                "posting_month": month,
                "employers": 300,
                "postings": round(1480 * (1 + 0.12 * math.sin(position / 1.9)) * (1 - 0.004 * position)),
            }
            for source in ("demo_board", "company_sites")
            for position, month in enumerate(months())
        ]
        + [{"source": "demo_board", "posting_month": "unknown", "postings": 23, "employers": 9}],
    }
    for mart in rows.values():
        for row in mart:
            row |= versions
    return rows


def title_row(
    pair: str,
    title_id: str,
    english: str | None,
    chinese: str | None,
    family: str,
    base: int,
    change: float | None,
) -> dict[str, Any]:
    flags = ["few_postings"] * (base < 30) + ["no_base"] * (base == 0)
    width = None if change is None else 2.2 / math.sqrt(base)
    return {
        "pair": pair,
        "title_id": title_id,
        "title_en": english,
        "title_zh": chinese,
        "family": family,
        "seniority_band": "individual_contributor",
        "base_postings": base,
        "current_postings": round(base * (1 + change)) if change is not None else 37,
        "change": change,
        "change_low": None
        if change is None or width is None or base < 30
        else round((1 + change) * math.exp(-width) - 1, 6),
        "change_high": None
        if change is None or width is None or base < 30
        else round((1 + change) * math.exp(width) - 1, 6),
        "distance_to_market": None if change is None else round(change + 0.073, 6),
        "rank": None,
        "employers_effective": round(base / 9, 2),
        "flags": ",".join(flags),
    }


def market_row(
    pair: str,
    base_from: str,
    base_to: str,
    current_from: str,
    current_to: str,
    base: int,
    current: int,
    change: float,
) -> dict[str, Any]:
    return {
        "pair": pair,
        "base_from": base_from,
        "base_to": base_to,
        "current_from": current_from,
        "current_to": current_to,
        "base_postings": base,
        "current_postings": current,
        "base_unassigned": 2100,
        "current_unassigned": 1890,
        "change": change,
        "change_low": change - 0.021,
        "change_high": change + 0.019,
        "employers_effective": 1234.5,
        "flags": "",
    }


def dimension_rows(column: str, values: list[str | None]) -> list[dict[str, Any]]:
    return [
        {
            "pair": PAIR,
            "title_id": title[0],
            "title_en": title[1],
            column: value,
            "base_postings": title[4] // (at + 2),
            "current_postings": title[4] // (at + 2) + 20 - 9 * at,
            "share": 0.2,
            "change": 0.1 - 0.05 * at,
            "rank": at + 1,
            "flags": "",
        }
        for title in TITLES
        for at, value in enumerate(values)
    ]


def evaluation(accuracy: float) -> dict[str, Any]:
    return {
        "rows": 1840,
        "accuracy": accuracy,
        "macro_f1": accuracy - 0.07,
        "top_5": 0.962,
        "calibration_error": 0.031,
        "calibration": [
            {"low": 0.0, "high": 0.1, "predictions": 0, "mean_probability": None, "accuracy": None}
        ]
        + [
            {
                "low": step / 10,
                "high": step / 10 + 0.1,
                "predictions": 20 + 40 * step,
                "mean_probability": 0.05 + step / 10,
                "accuracy": min(0.98, 0.09 + 0.098 * step),
            }
            for step in range(1, 10)
        ],
        "per_class": [
            {
                "title_id": title[0],
                "labels": 20 + at,
                "predicted": 18 + at,
                "precision": None if at == 15 else 0.9 - at / 30,
                "recall": 0.88 - at / 40,
                "f1": 0.89 - at / 35,
            }
            for at, title in enumerate(TITLES)
        ],
        "families": [{"family": "data-and-ai", "labels": 610, "accuracy": 0.81, "family_accuracy": 0.95}],
    }


# The shape of ml.training.ModelCard, written down apart from it: the report never imports ml.
MODEL_CARD: dict[str, Any] = {
    "versions": {"model_version": "m-5d41402a", "label_version": "l-7d793037", "taxonomy_version": "2025.1"},
    "encoder": {"name": "static", "path": None, "max_tokens": 256},
    "embedding_dimensions": 256,
    "contrastive": {"steps": 1500, "learning_rate": 0.01},
    "forest": {"trees": 200, "components": 64},
    "candidates": [],
    "seed": 7,
    "folds": 5,
    "labels": 1840,
    "titles": 16,
    "employers": 412,
    "label_counts": {title[0]: 20 + at for at, title in enumerate(TITLES)},
    "random": evaluation(0.871),
    "by_employer": evaluation(0.702),
    "contrastive_effect": {
        "before": {"nearest": 0.712, "nearest_5": 0.748},
        "after": {"nearest": 0.803, "nearest_5": 0.829},
        "losses": [1.2, 0.4],
    },
    "duration_seconds": 41.25,
}


def write_marts(folder: Path, rows: dict[str, list[dict[str, Any]]] | None = None) -> Path:
    """Write all marts; a mart without rows is an empty file with its columns."""
    rows = fixture_rows() if rows is None else rows
    folder.mkdir(parents=True, exist_ok=True)
    for mart, columns in SCHEMAS.items():
        schema = pa.schema({**columns, **VERSIONS})
        pq.write_table(pa.Table.from_pylist(rows.get(mart, []), schema), folder / f"{mart}.parquet")
    return folder


def write_card(path: Path, card: dict[str, Any] | None = None) -> Path:
    """Write a model card."""
    path.write_text(json.dumps(MODEL_CARD if card is None else card), encoding="utf-8")
    return path
