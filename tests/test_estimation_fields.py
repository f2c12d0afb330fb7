"""Corrected figures of roles: what they recover from postings whose true titles are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.estimation.fields import FieldQuestions, estimate_fields, group_of
from ml.schema import ROLE_ESTIMATES

TITLES = ("annotator", "engineer", "clerk")
FAMILIES = {"annotator": "ai", "engineer": "ai", "clerk": "office"}
QUESTIONS = FieldQuestions(
    roles={"annotator": ["annotator"], "ai": ["annotator", "engineer"]},
    scopes={"all_industries": None, "software": ["software"]},
    families=FAMILIES,
)
PAY = {"annotator": 6_000, "engineer": 20_000, "clerk": 5_000}
BEIJING = {"annotator": 0.1, "engineer": 0.4, "clerk": 0.2}
YOUNG = {"annotator": 0.7, "engineer": 0.3, "clerk": 0.5}
GROWTH = {"annotator": 2.0, "engineer": 1.0, "clerk": 0.8}
APPLICATIONS = {"annotator": 2, "engineer": 6, "clerk": 4}
EACH = 4
"""Applications a person sends, all of them for one true title."""


@dataclass(frozen=True)
class Window:
    months: list[str]

    def keys(self) -> list[str]:
        return self.months


@dataclass(frozen=True)
class Windows:
    base: Window
    current: Window
    pair: str = "this year / last year"


PAIR = Windows(Window(["2024-01"]), Window(["2025-01"]))


@dataclass(frozen=True)
class Files:
    postings: list[str]
    classifications: list[str]
    labels: pa.Table
    applications: list[str]
    polls: list[str]
    true: list[dict[str, Any]]


@cache
def market(seed: int = 3, employers: int = 300) -> Files:
    """Half of the annotators' postings are read as engineers' or clerks', and a fifth of the engineers' as theirs."""
    rng = np.random.default_rng(seed)
    likely = {"annotator": [0.5, 0.3, 0.2], "engineer": [0.2, 0.7, 0.1], "clerk": [0.05, 0.05, 0.9]}
    rows: list[dict[str, Any]] = []
    for employer in range(employers):
        name = f"{rng.integers(0, 2**32):08x}"
        size = rng.lognormal(0.0, 0.5)
        for month, back in (("2024-01", True), ("2025-01", False)):
            for title in TITLES:
                for _ in range(rng.poisson(4 * size * (1 if back else GROWTH[title]))):
                    rows.append(
                        {
                            "posting_id": f"{len(rows):08x}",
                            "posting_month": month,
                            "employer_id": name,
                            "true": title,
                            "title_id": str(rng.choice(TITLES, p=likely[title])),
                            "industry_id": "software" if employer % 3 else None,
                            "city": "Beijing" if rng.random() < BEIJING[title] else "Wuhan",
                            "country": "CN",
                            "employer_size_band": None,
                            "education_floor": "bachelor",
                            "experience_min": 1.0,
                            "experience_max": None,
                            "skill_ids": ["python", "python"] if title == "engineer" else [],
                            "pay_currency": "CNY",
                            "pay_monthly_min": float(PAY[title] * rng.lognormal(-0.02, 0.2)),
                            "pay_monthly_max": None,
                            "audited": rng.random() < 0.3,
                        }
                    )
    folder = Path(mkdtemp(prefix="fields-"))
    nulls = {
        "employer_size_band": pa.string(),
        "experience_max": pa.float64(),
        "pay_monthly_max": pa.float64(),
    }
    columns = [name for name in rows[0] if name not in ("true", "title_id", "audited")]
    table = pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows])
    table = table.cast(pa.schema([(f.name, nulls.get(f.name, f.type)) for f in table.schema]))
    pq.write_table(table, folder / "postings.parquet")
    scored = [
        {
            "posting_id": row["posting_id"],
            "posting_month": row["posting_month"],
            "title_id": row["title_id"],
            "evaluation": "out_of_fold" if row["audited"] else "model",
        }
        for row in rows
    ]
    pq.write_table(pa.Table.from_pylist(scored), folder / "classifications.parquet")
    labels = [{"posting_id": r["posting_id"], "title_id": r["true"]} for r in rows if r["audited"]]
    pq.write_table(_applications(rows, rng), folder / "applications.parquet")
    polls = [
        {"employer_id": row["employer_id"], "month": month, "result": "ok"}
        for row in rows
        for month in ("2024-01", "2025-01")
        if int(row["employer_id"], 16) % 2
    ]
    pq.write_table(pa.Table.from_pylist(polls), folder / "polls.parquet")
    names = ("postings", "classifications", "applications", "polls")
    paths = {name: [str(folder / f"{name}.parquet")] for name in names}
    return Files(
        paths["postings"],
        paths["classifications"],
        pa.Table.from_pylist(labels),
        paths["applications"],
        paths["polls"],
        rows,
    )


def _applications(rows: list[dict[str, Any]], rng: np.random.Generator) -> pa.Table:
    sent: list[dict[str, Any]] = []
    for month, title in product(("2025-01", "2024-01"), TITLES):
        open_ = [r for r in rows if r["true"] == title and r["posting_month"] == month]
        slots = [r["posting_id"] for r in open_ for _ in range(APPLICATIONS[title])]
        rng.shuffle(slots)
        for number, posting in enumerate(slots):
            person = f"{title}-{month}-{number // EACH}"
            if number % EACH == 0:
                age = "<=25" if month == "2025-01" and rng.random() < YOUNG[title] else "26-35"
            sent.append({"applicant_id": person, "posting_id": posting, "age_band": age})
            sent[-1] |= {"applied_month": month, "applied_on": date.fromisoformat(f"{month}-09")}
    for row in sent:
        row |= dict.fromkeys(("city", "education", "major", "previous_industry", "previous_occupation"))
    table = pa.Table.from_pylist(sent)
    text = [(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(text))


@cache
def estimates(seed: int = 3) -> pa.Table:
    files = market(seed)
    return estimate_fields(
        files.postings, files.classifications, files.labels, PAIR, QUESTIONS, files.polls, files.applications
    )


def figure(measure: str, role: str = "annotator", value: str = "", **more: str) -> dict[str, Any]:
    wanted = {
        "measure": measure,
        "role_id": role,
        "value": value,
        "scope_id": "all_industries",
        "method": "corrected",
        **more,
    }
    (row,) = (r for r in estimates().to_pylist() if all(r[name] == v for name, v in wanted.items()))
    return row


def as_classified(role: str, keep: Any, of: Any = lambda row: True) -> float:
    """The share in the current window if predictions were taken for the truth."""
    own = [
        r
        for r in market().true
        if r["title_id"] in QUESTIONS.roles[role] and r["posting_month"] == "2025-01" and of(r)
    ]
    return sum(keep(r) for r in own) / len(own)


def holds(row: dict[str, Any], truth: float) -> bool:
    return bool(row["low"] <= truth <= row["high"])


def test_a_share_is_that_of_the_true_title_where_the_classified_one_is_far_off() -> None:
    row = figure("city", value="Beijing", country="CN")
    assert as_classified("annotator", lambda r: r["city"] == "Beijing") > BEIJING["annotator"] + 0.03
    assert holds(row, BEIJING["annotator"])
    assert row["estimate"] == pytest.approx(BEIJING["annotator"], abs=0.03)


def test_mean_pay_is_that_of_the_true_title() -> None:
    row = figure("pay", currency="CNY")
    assert holds(row, PAY["annotator"])
    assert row["high"] - row["low"] < 3_000


def test_demand_grows_as_the_true_title_does() -> None:
    row = figure("demand")
    truly = [
        sum(r["true"] == "annotator" and r["posting_month"] == month for r in market().true)
        for month in ("2024-01", "2025-01")
    ]
    assert holds(row, truly[1] / truly[0] - 1)
    assert row["low"] > 0.4


def test_the_panel_counts_polled_employers_only() -> None:
    panel, everyone = figure("demand", "all", method="panel"), figure("demand", "all")
    polled = {r["employer_id"] for r in market().true if int(r["employer_id"], 16) % 2}
    now = sum(r["employer_id"] in polled and r["posting_month"] == "2025-01" for r in market().true)
    assert panel["postings"] == now
    assert panel["postings"] < everyone["postings"]


def test_all_postings_are_what_they_are_whatever_they_truly_are() -> None:
    now = [r for r in market().true if r["posting_month"] == "2025-01"]
    assert figure("demand", "all")["postings"] == len(now)
    share = figure("city", "all", "Beijing")["estimate"]
    assert share == pytest.approx(sum(r["city"] == "Beijing" for r in now) / len(now), abs=1e-9)


def test_a_scope_counts_its_industries_only() -> None:
    now = [r for r in market().true if r["posting_month"] == "2025-01" and r["industry_id"] == "software"]
    assert figure("demand", "all", scope_id="software")["postings"] == len(now)


def test_a_skill_named_twice_is_asked_for_once_and_shares_are_of_all_postings() -> None:
    row = figure("skill", "ai", "python")
    truly = [r["true"] for r in market().true if r["posting_month"] == "2025-01"]
    engineers, annotators = truly.count("engineer"), truly.count("annotator")
    assert holds(row, engineers / (engineers + annotators))


def test_submissions_a_posting_are_those_of_the_true_title() -> None:
    assert holds(figure("submissions"), APPLICATIONS["annotator"])
    assert holds(figure("submissions", "all"), _submissions_of_everything())


def _submissions_of_everything() -> float:
    truly = [r["true"] for r in market().true if r["posting_month"] == "2025-01"]
    return sum(APPLICATIONS[title] for title in truly) / len(truly)


def test_a_wrongly_classified_posting_does_not_bring_all_of_its_applicants() -> None:
    row = figure("applicant_age", value="<=25")
    assert holds(row, YOUNG["annotator"])
    assert row["high"] - row["low"] < 0.25
    people = len({f"{r}" for r in _people("annotator")})
    assert row["postings"] < people


def _people(title: str, month: str = "2025-01") -> set[str]:
    sent = pq.read_table(market().applications[0]).column("applicant_id").to_pylist()
    return {person for person in sent if person.startswith(f"{title}-{month}")}


def test_supply_grows_as_the_people_do_who_apply_for_the_true_title() -> None:
    row = figure("supply")
    grown = len(_people("annotator")) / len(_people("annotator", "2024-01")) - 1
    assert holds(row, grown)
    assert row["high"] - row["low"] < 2.0, "half of the role's postings are lost to the classifier"
    seen = {month: _as_classified_people("annotator", month) for month in ("2024-01", "2025-01")}
    assert not holds(row, seen["2025-01"] / seen["2024-01"] - 1), "as classified it is far off"
    everybody = [sum(len(_people(title, month)) for title in TITLES) for month in ("2024-01", "2025-01")]
    assert figure("supply", "all")["estimate"] == pytest.approx(everybody[1] / everybody[0] - 1, abs=1e-6)


def _as_classified_people(title: str, month: str) -> int:
    read = {r["posting_id"] for r in market().true if r["title_id"] == title}
    sent = pq.read_table(market().applications[0]).to_pylist()
    return len({s["applicant_id"] for s in sent if s["applied_month"] == month and s["posting_id"] in read})


def test_most_intervals_hold_the_truth_over_many_markets() -> None:
    held, seeds = 0, range(20, 32)
    for seed in seeds:
        files = market(seed, 120)
        table = estimate_fields(files.postings, files.classifications, files.labels, PAIR, QUESTIONS)
        (row,) = (
            r
            for r in table.to_pylist()
            if (r["scope_id"], r["role_id"], r["measure"], r["value"])
            == ("all_industries", "annotator", "city", "Beijing")
        )
        held += holds(row, BEIJING["annotator"])
    assert held >= len(seeds) - 2


def test_equal_input_and_seed_give_equal_figures() -> None:
    files = market()
    again = estimate_fields(
        files.postings, files.classifications, files.labels, PAIR, QUESTIONS, files.polls, files.applications
    )
    assert estimates().schema.equals(ROLE_ESTIMATES)
    assert again.equals(estimates())


def test_without_an_audited_posting_nothing_is_estimated() -> None:
    files = market()
    none = files.labels.slice(0, 0)
    assert estimate_fields(files.postings, files.classifications, none, PAIR, QUESTIONS).num_rows == 0


@pytest.mark.parametrize(("employer", "group"), [("ff00", 255), ("0a", 10), ("unknown", ord("u"))])
def test_the_group_of_an_employer_is_that_of_the_marts(employer: str, group: int) -> None:
    assert group_of(employer) == group
