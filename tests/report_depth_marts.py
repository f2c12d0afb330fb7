"""Small made-up files of the optional marts: what stands around the headline figures, and the fields in depth.

What belongs here: writing fixture marts beside those of report_marts.py. What does not: assertions.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from report.marts import OPTIONAL
from tests.report_marts import EARLIER_PAIR, PAIR, SCRIPT

VERSIONS = {
    "model_version": "m-5d41402a",
    "label_version": "l-7d793037",
    "taxonomy_version": "2025.1",
    "data_version": "d-9f86d081",
}
ROLES = {
    "ai_product_manager": ("AI product manager", "AI产品经理", "product"),
    "product": ("Product manager", "产品经理", ""),
    "hostile": (SCRIPT, '"><img src=x onerror=alert(2)>', ""),
    "../../escape": ("A role with an odd id", "奇怪", ""),
    "all": ("All postings", "全部职位", ""),
}
SCOPES = {
    "all_industries": ("All industries", "全部行业"),
    "ai_industry": ("Artificial intelligence", "人工智能行业"),
}


def change(value: float | None, prefix: str = "change", width: float = 0.1) -> dict[str, float | None]:
    ends = (None, None) if value is None else (round(value - width, 4), round(value + width, 4))
    return {prefix: value, f"{prefix}_low": ends[0], f"{prefix}_high": ends[1]}


def postings(base: int, current: int) -> dict[str, int]:
    return {"base_postings": base, "current_postings": current}


def around_rows() -> dict[str, list[dict[str, Any]]]:
    """What stands around the headline figures, of the later pair (the watch list of the earlier one too)."""
    group = {"pair": PAIR, **postings(900, 800), **change(-0.11), **change(-0.12, "corrected_change")}
    group |= {"verdict": "below", "verdict_method": "panel", "q_value": 0.002, "flags": ""}
    emerging = {
        "pair": PAIR, "concept_id": "agent wrangler", "wordings": "agent wrangler; wrangler of agents",
        "postings": 90, **postings(20, 70), "expected_change": 0.05, "novelty": 0.9,
        "nearest_title_en": "Data engineer", "classified_as_en": "Data engineer", "classified_as": "data-engineer",
    }  # fmt: skip
    watch = {
        "title_id": "photographer", "title_en": "Photographer", "method": "panel", **postings(410, 250),
        **change(-0.391), "previous_change": 0.02, "neighbours_change": 0.04, "fall_q_value": 0.001,
        "difference_q_value": 0.012,
    }  # fmt: skip
    return {
        "mart_group_yoy": [
            group | {"level": level, "group_id": name, "group_zh": chinese} | change(value, "panel_change")
            for level, name, chinese, value in (
                ("seniority", "individual_contributor", "专业人员", -0.131),
                ("seniority", "senior_leadership", "高层管理", 0.172),
                ("family", "Data and AI", "数据与人工智能", 0.293),
                ("family", SCRIPT, None, -0.214),
            )
        ],
        "mart_near_contrasts": [
            {
                "pair": PAIR, "title_id": "data-engineer", "title_en": "Data engineer",
                "neighbour_id": "software-engineer", "neighbour_en": "Software engineer", "method": "panel",
                "change": 0.124, "neighbour_change": -0.118, "difference_in_differences": 0.2744,
                "difference_low": 0.151, "difference_high": 0.402, "q_value": 0.004, "previous_difference": 0.01,
            }
        ],
        "mart_decomposition": [
            {
                "pair": PAIR, "axis": axis, "component": component, **postings(500, 400), "difference": -100,
                **change(value, "contribution", 0.01), "change": -0.2, "employers": 40,
            }
            for axis, component, value in (
                ("employers", "continuing_jobs", -0.051), ("employers", "crawl_exits", -0.022),
                ("industry", "it", -0.073),
            )
        ],
        "mart_benchmark": [
            {
                "pair": PAIR, "country": "*", "series": "new", "benchmark_change": -0.087, **postings(31092, 28822),
                **change(-0.073), "market_change": -0.073, "difference": 0.014, "explained_by_mix": 0.003,
                "unexplained": 0.011, "source": "A job site", "licence": "CC-BY-4.0",
            }
        ],
        "mart_emerging_titles": [
            emerging | change(2.5) | {"wording": "Agent wrangler", "q_value": 0.003, "is_emerging": True},
            emerging | change(0.1) | {"wording": SCRIPT, "q_value": 0.7, "is_emerging": False},
        ],
        "mart_watch_list": [
            {"pair": PAIR, "reason": "new_fall"} | watch,
            {"pair": EARLIER_PAIR, "reason": "neighbours_hold"} | watch,
        ],
        "mart_sensitivity": [
            {
                "pair": PAIR, "level": level, "group_id": group_id, "title_en": None, "dimension": dimension,
                "variant": variant, **postings(1000, 930), **change(value), "notes": "",
                **change(None if dimension == "headline" else 0.0123, "difference", 0.002),
            }
            for level, group_id in (("market", "*"), ("title", "nurse"))
            for dimension, variant, value in (
                ("headline", "headline", -0.073), ("duplicates", "jobs_only", -0.061), ("threshold", "0.3", -0.07),
            )
        ],
        "mart_seasonal": [
            {
                "level": "market", "group_id": "*", "month": f"2025-{month:02d}", "postings": 2800 + month,
                "method": "stl", "adjusted": 2790.5, "trend": 2795.1, "year_before": 3000, "change_on_year": -0.06,
                "opened": None, "closed": None, "stock": None,
            }
            for month in range(1, 11)
        ],
        "mart_flow_and_stock": [
            {
                "source": "demo_board", "month": "2025-03", "days_observed": 31, "opened": 812, "closed": 790,
                "stock": 4321.4,
            }
        ],
        "mart_coverage": [
            {
                "source": "demo_board", "month": f"2025-{month:02d}",
                "employers_polled": 300 + month, "employers_read": 290,
            }
            for month in range(1, 11)
        ],
        "mart_duplicates": [
            {"posting_month": f"2025-{month:02d}", "class": kind, "postings": 40 + month, "share": 0.0213}
            for month in range(1, 11)
            for kind in ("unique", "repost")
        ],
        "mart_label_quality": [
            {"method": "dawid_skene", "labels": 1840, "titles": 16, "mean_confidence": 0.934, "answers": 5521,
             "workers": 71, "gold_accuracy": 0.887, "workers_not_used": 4}
        ],
        "mart_freshness": [{"source": "demo_board", "newest_month": "2025-10", "share_read": 0.993, "polls": 1234}],
    }  # fmt: skip


def role_rows() -> dict[str, list[dict[str, Any]]]:
    """The fields in depth of ROLES; in the second scope there are no applicants, and one count of people is "
    "withheld."""
    rows: dict[str, list[dict[str, Any]]] = {
        mart: [] for mart in OPTIONAL if mart.startswith(("mart_role_", "mart_applicants_"))
    }
    for scope_id, (scope_en, scope_zh) in SCOPES.items():
        for place, (role_id, (english, chinese, inside)) in enumerate(ROLES.items()):
            for pair in (PAIR, EARLIER_PAIR):
                role = {
                    "pair": pair, "scope_id": scope_id, "scope_en": scope_en, "scope_zh": scope_zh,
                    "role_id": role_id, "role_en": english, "role_zh": chinese, "flags": "",
                }  # fmt: skip
                _role(rows, role, inside, 400 + 100 * place, scope_id == "all_industries")
    return rows


NAMES_ZH = {"Beijing": "北京", "Wuhan": "武汉", "26-35": "26-35岁", "<=25": "25岁及以下", ">45": "45岁以上"}


def _role(
    rows: dict[str, list[dict[str, Any]]], role: dict[str, Any], inside: str, n: int, people: bool
) -> None:
    counts = postings(n, n + 150)
    changed = change(0.375) | change(0.411, "corrected_change") | change(0.352, "panel_change")
    rows["mart_role_demand"].append(
        role | counts | changed | {"inside": inside, "market_change": -0.073, "share_of_market": 0.017}
    )
    shares = {
        "mart_role_industry": [("industry_id", "it", "industry_en", "IT services", "industry_zh", "IT服务")],
        "mart_role_city": [("city", "Beijing", "city_zh", "北京", "country", "CN")],
        "mart_role_company_size": [
            ("size_band", "20-99", "band_en", "20 to 99", "band_zh", "20-99人"),
            ("size_band", "<20", "band_en", "fewer than 20", "band_zh", "少于20人"),
        ],
        "mart_role_education": [("education_level", "bachelor", "level_en", "bachelor", "level_zh", "本科")],
        "mart_role_experience": [("experience_band", "3-5", "band_en", "3 to 5 years", "band_zh", "3-5年")],
        "mart_role_skills": [("skill_id", "prd", "skill_en", "PRD writing", "skill_zh", "需求文档撰写")],
    }
    for mart, values in shares.items():
        for place, names in enumerate(values):
            share = role | counts | change(0.12) | dict(zip(names[::2], names[1::2], strict=True))
            share |= {"stating_postings": n, "base_share": 0.31, "rank": 1 + place}
            share |= change(0.6234 - 0.4 * place, "share", 0.02) | change(
                0.6432 - 0.4 * place, "corrected_share"
            )
            rows[mart].append(share | {"share_or_more": 0.6 + 0.4 * place})
    pay = {
        "currency": "CNY", "is_main_currency": True, "postings": n + 150, "stating_pay": n, "share_stating_pay": 0.73,
        "mean_monthly": Decimal("18765.40"), "mean_low": Decimal("18000.00"), "mean_high": Decimal("19500.00"),
        "median_monthly": Decimal("18500.00"), "p25_monthly": Decimal("15000.00"), "p75_monthly": Decimal("22000.00"),
    }  # fmt: skip
    rows["mart_role_salary"].append(role | pay)
    rows["mart_role_salary_city"].append(
        role | pay | {"city": "Beijing", "city_zh": "北京", "country": "CN", "rank": 1}
    )
    if not people:
        return
    rows["mart_role_supply"].append(
        role | {"base_applicants": 5000, "current_applicants": 6100} | change(0.22)
    )
    rows["mart_role_competition"].append(
        role | {"postings": n + 150, "submissions": 25000, "answered_postings": n, "market_index": 50.1}
        | {"share_without_submissions": 0.02, "competition_index": 69.43, "index_low": 66.1, "index_high": 72.6}
    )  # fmt: skip
    for mart in (mart for mart in rows if mart.startswith("mart_applicants_")):
        column = mart.removeprefix("mart_applicants_")
        values = ("26-35", "<=25", ">45") if column == "age" else ("Beijing", "Wuhan", "Lhasa")
        for place, (value, applicants) in enumerate(zip(values, (4100, 1990, None), strict=True)):
            share = None if applicants is None else round(applicants / 6100, 4)
            cell = {
                column: value,
                f"{column}_zh": NAMES_ZH.get(value, value),
                "applicants": applicants,
                "role_applicants": 6100,
                "rank": place + 1,
            }
            cell |= change(share, "share", 0.01) | {"corrected_share": 0.0013 if applicants is None else None}
            cell["flags"] = "withheld" if applicants is None else ""
            rows[mart].append(role | cell)


def write_depth(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Write optional marts beside the required ones."""
    for mart, content in rows.items():
        whole = [dict.fromkeys(OPTIONAL[mart]) | row | VERSIONS for row in content]
        names = list(whole[0]) if whole else [*OPTIONAL[mart], *VERSIONS]
        table = pa.table({name: [row[name] for row in whole] for name in names})
        pq.write_table(table, folder / f"{mart}.parquet")
