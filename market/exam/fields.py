"""The fields in depth against what is planted of them: demand, supply, shares, pay, competition, applicants of roles.

What belongs here: errors and intervals over all planted figures of a table, those of the study and those beside it.
What does not: which mart and column hold a figure (`studies`), and marts of titles (`marts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from market.exam.scorecard import (
    CHANGES,
    LOWER,
    NEITHER,
    PAY,
    PEOPLE,
    PLANTED,
    POINTS,
    SHARE,
    SHARES,
    Measure,
    Score,
    not_examined,
)
from market.exam.studies import IN_LIST_ONLY, Finding, Marts, StudyRow, judge, query_of
from market.exam.truth import Truth
from market.exam.windows import Windows

ERROR = Measure(
    "error of fields in depth",
    "Mean of |published − planted| over the planted figures of the table, by the method that allows for most. Values "
    "that no role has enough postings of are not published.",
    "below 2 points",
    POINTS,
    LOWER,
)
RELATIVE = Measure(
    "relative error of fields in depth",
    "Mean of |published / planted − 1| over the planted figures of the table, by the method that allows for most.",
    "below 5 %",
    SHARE,
    LOWER,
)
HELD = Measure(
    "intervals of fields in depth that hold the truth",
    "Share of the table's 95 % intervals that contain the planted value.",
    "93 to 97 %",
    SHARE,
    NEITHER,
)


@dataclass(frozen=True)
class Table:
    """How a planted table is scored. relative: whether its figures are amounts rather than shares or changes."""

    words: str
    mart: str
    section: str = SHARES
    relative: bool = False


TABLES = {
    "demand_yoy": Table("demand of roles", "mart_role_demand", CHANGES),
    "supply_yoy": Table("supply of applicants", "mart_role_supply", PEOPLE),
    "industry_share": Table("roles by industry", "mart_role_industry"),
    "company_size_share": Table("roles by company size", "mart_role_company_size"),
    "city_share": Table("roles by city", "mart_role_city"),
    "education_required_share": Table("education that roles ask for", "mart_role_education"),
    "experience_required_share": Table("experience that roles ask for", "mart_role_experience"),
    "skill_required": Table("skills that roles ask for", "mart_role_skills"),
    "salary_mean": Table("mean pay of roles", "mart_role_salary", PAY, relative=True),
    "competition_index": Table("competition index", "mart_role_competition", PEOPLE, relative=True),
    "applicant_city_share": Table("applicants by city", "mart_applicants_city", PEOPLE),
    "applicant_age_share": Table("applicants by age", "mart_applicants_age", PEOPLE),
    "applicant_education_share": Table("applicants by education", "mart_applicants_education", PEOPLE),
    "applicant_major": Table("applicants by major", "mart_applicants_major", PEOPLE),
    "applicant_previous_industry": Table(
        "applicants by previous industry", "mart_applicants_previous_industry", PEOPLE
    ),
    "applicant_previous_occupation": Table(
        "applicants by previous occupation", "mart_applicants_previous_occupation", PEOPLE
    ),
}
MARTS = {table.mart for table in TABLES.values()} | {"mart_role_salary_city"}


def field_scores(folder: Path, truth: Truth, windows: Sequence[Windows]) -> tuple[list[Score], set[str]]:
    """The scores of all planted tables of roles, and the names of those tables."""
    marts, scores, used = Marts(folder), [], set()
    pairs = {window.planted: window for window in windows if window.planted}
    for name in sorted(truth.planted_tables & TABLES.keys()):
        used.add(name)
        if name in IN_LIST_ONLY:
            scores.append(
                not_examined(
                    f"planted {name}",
                    "It is planted for an ad's list of skills; the marts count skills wherever an ad names them.",
                )
            )
            continue
        by_window: dict[str, list[Finding]] = {}
        for figure in truth.figures:
            if figure.table == name and figure.window in pairs:
                row = StudyRow(
                    *("", 0, "", name, figure.scope, figure.subject, figure.key, figure.window, "=", "")
                )
                query = query_of(row)
                found = judge(row, query, figure.value, marts.answer(query))
                by_window.setdefault(figure.window, []).append(found)
        for number, (window, findings) in enumerate(sorted(by_window.items())):
            scores += _scores(TABLES[name], findings, pairs[window].pair, headline=number == 0)
    return scores, used


def _scores(table: Table, findings: Sequence[Finding], pair: str, *, headline: bool) -> Iterator[Score]:
    known = [
        (finding.recovered.value, finding.planted)
        for finding in findings
        if finding.recovered is not None and finding.recovered.value is not None and finding.planted
    ]
    if not known:
        yield not_examined(table.words, "The marts have no figure of it in this run.")
        return
    off = [abs(value / planted - 1) if table.relative else abs(value - planted) for value, planted in known]
    measure = RELATIVE if table.relative else ERROR
    yield Score(
        table.section, measure, len(off), sum(off) / len(off), table.words, PLANTED, pair, headline=headline
    )
    counted = [finding for finding in findings if finding.counts]
    if counted:
        held = sum(finding.holds for finding in counted) / len(counted)
        yield Score(table.section, HELD, len(counted), held, table.words, PLANTED, pair, headline=headline)
