"""The published studies row by row: writes docs/studies.md.

    python -m bench.studies_table [HOME]

What belongs here: the page. What does not: which query answers a row, and what counts as recovered
(`market.exam.studies`). It reads the finished runs of the studies in STUDIES under HOME, by default `$JOBTIDE_HOME` or
./data. Where the same studies have run on markets drawn anew (`bench.studies_markets`), those are counted too.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from market.exam.scorecard import ExamError
from market.exam.studies import (
    CONTRADICTED,
    HELD,
    IN_LIST_ONLY,
    INSIDE,
    NO_INTERVAL,
    NOT_PLANTED,
    NOTHING,
    RATIOS,
    UNDECIDED,
    Finding,
    find,
    published,
)
from market.exam.truth import read_truth
from market.generate import MANIFEST
from market.spec import MarketSpec
from orchestration.home import StudyPlaces, jobtide_home
from storage import write_text_atomically

PAGE = Path(__file__).parents[1] / "docs" / "studies.md"
STUDIES = ("demo", "china_ai")
DRAWN_ANEW = "market"
"""A study whose market is drawn with seed N is called STUDY_marketN."""

WANTED = 0.93
"""The share of intervals that ought to hold the planted value."""

NAMES = {
    "revealera_2025": "Title growth: the Revealera study of 2025",
    "zhaopin_2025": "Fields in depth: the Zhaopin report of 2025",
}
SECTIONS = {
    "market_yoy": "the market's change",
    "title_yoy": "change of titles",
    "parent_yoy": "change of titles that are counted together",
    "band_yoy": "change of bands of seniority",
    "family_yoy": "change of families",
    "benchmark": "an index from outside",
    "list_count": "lists of the fastest and the steepest",
    "scope": "size of the study",
    "demand_yoy": "demand",
    "supply_yoy": "supply",
    "industry_share": "share by industry",
    "company_size_share": "share by company size",
    "city_share": "share by city",
    "salary_mean": "mean pay",
    "salary_by_city": "order of cities by pay",
    "education_required_share": "education asked for",
    "experience_required_share": "experience asked for",
    "skill_required": "skills asked for",
    "competition_index": "competition index",
    "applicant_city_share": "applicants by city",
    "applicant_age_share": "applicants by age",
    "applicant_education_share": "applicants by education",
    "applicant_major": "applicants by major",
    "applicant_previous_industry": "applicants by previous industry",
    "applicant_previous_occupation": "applicants by previous occupation",
}


class UnfinishedError(RuntimeError):
    """A study has not run; the message says how to run it."""


def findings(home: Path, study: str) -> list[Finding]:
    """All rows of the studies that the study's market plants. Raises UnfinishedError where it has not run."""
    places = StudyPlaces(home / study)
    if not list(places.marts.glob("mart_*.parquet")):
        raise UnfinishedError(
            f"{places.marts}: no marts; `JOBTIDE_HOME={home} jobtide run studies/{study}.yaml` makes them "
            "(4 minutes for demo, 5 for china_ai)"
        )
    made = json.loads((places.source / MANIFEST).read_text("utf-8"))
    return find(places.marts, read_truth(places.source, places.truth), MarketSpec(**made["spec"]))


def drawn_anew(home: Path) -> dict[int, list[Finding]]:
    """Seed of a market -> the same rows on it, for every seed with which all of STUDIES have run, in order."""
    pattern = re.compile(f"{STUDIES[0]}_{DRAWN_ANEW}([0-9]+)")
    seeds = {int(name[1]) for path in home.iterdir() if (name := pattern.fullmatch(path.name))}
    found: dict[int, list[Finding]] = {}
    for seed in sorted(seeds):
        names = [f"{study}_{DRAWN_ANEW}{seed}" for study in STUDIES]
        if all(list(StudyPlaces(home / name).marts.glob("mart_*.parquet")) for name in names):
            found[seed] = [finding for name in names for finding in findings(home, name)]
    return found


def page(found: Sequence[Finding], anew: Mapping[int, Sequence[Finding]] | None = None) -> str:
    """The whole page: the rows of one market, and how many intervals hold on others, by the seed of the market."""
    studies = dict.fromkeys(finding.row.study for finding in found)
    lines = [*_opening(found, anew or {}), *_summary(found), *_markets(found, anew or {})]
    for study in studies:
        lines += ["", f"## {NAMES[study]}", ""]
        lines += _rows([finding for finding in found if finding.row.study == study])
    return "\n".join(lines) + "\n"


def held(found: Sequence[Finding]) -> tuple[int, int]:
    """How many intervals hold the planted value, and how many there are."""
    counted = [finding for finding in _cells(found) if finding.counts]
    return sum(finding.cell == INSIDE for finding in counted), len(counted)


def _held_on_all(found: Sequence[Finding], anew: Mapping[int, Sequence[Finding]]) -> tuple[int, int]:
    counts = [held(found), *(held(other) for other in anew.values())]
    return sum(inside for inside, _ in counts), sum(of for _, of in counts)


def _markets(found: Sequence[Finding], anew: Mapping[int, Sequence[Finding]]) -> list[str]:
    """How many intervals hold on each market. One market is one draw: the age bands of a role, say, err together."""
    if not anew:
        return []
    lines = [
        "",
        "The same studies on markets drawn with other seeds (`python -m bench.studies_markets`), the same cells. The",
        "rows below are of the first.",
        "",
        "| market | with an interval | inside | share |",
        "| --- | ---: | ---: | ---: |",
    ]
    shown = [("the first", *held(found)), *((f"seed {seed}", *held(other)) for seed, other in anew.items())]
    shown.append(("all", *_held_on_all(found, anew)))
    return lines + [
        f"| {name} | {count} | {good} | {_percent(good / count)} |" for name, good, count in shown
    ]


def _opening(found: Sequence[Finding], anew: Mapping[int, Sequence[Finding]]) -> list[str]:
    inside, of = held(found)
    of_all, all_of = _held_on_all(found, anew)
    several = [
        f"Over this market and {len(anew)} drawn anew, {of_all} of {all_of} do: **{_percent(of_all / all_of)}**.",
        "One market is one draw, in which the cells of a role err together: a few stray postings in the audit move all",
        "of them.",
    ]
    return [
        "# The published studies, row by row",
        "",
        "`make studies-table` writes this page from finished runs of the studies `demo` and `china_ai`, whose",
        "synthetic markets have both studies planted in them (docs/market.md). Every row of a study stands here with",
        "the query that prints it, the value planted for it, and the value that the marts recover, with its 95 %",
        "interval. A query runs on the warehouse of the study (`duckdb $JOBTIDE_HOME/demo/warehouse.duckdb`), or on",
        "the marts' Parquet files by the same names. Rows are named by their number in the study.",
        "",
        f"**{inside} of {of} intervals hold the planted value: {_percent(inside / of)}** "
        f"(wanted: {_percent(WANTED)} or more).",
        *(several if anew else []),
        "",
        "What the columns say:",
        "",
        "- *study*: the figure as published; `~` about, `<` and `>` a bound, `#2` the second place of an ordering,",
        "  *member* of a leading list. A third-party figure or a bound is planted as the market's data file says,",
        "  within what the study allows.",
        "- *planted*: what is true of the whole market, with the employers that the crawl never reaches.",
        "- *recovered*: by the method that allows for most, among those that the run could give (docs/method.md).",
        "- *result*: whether the interval holds the planted value. For bounds, orderings and members also whether the",
        "  intervals show what the study says: *held*, *not separated* (the intervals do not tell), or *contradicted*.",
        "  An ordering is held where every listed rival that the intervals tell apart stands on the published side",
        "  (how many are told apart is said), a member where it is among the first ten.",
    ]


def _cells(found: Iterable[Finding]) -> list[Finding]:
    """One finding a planted cell: some rows of a study repeat one."""
    return list({finding.row.planted_place: finding for finding in found}.values())


def _summary(found: Sequence[Finding]) -> list[str]:
    lines = ["", "| table | rows | with an interval | inside | share | held | not separated | contradicted |"]
    lines.append("| --- |" + " ---: |" * 7)
    for table in dict.fromkeys(finding.row.table for finding in found):
        own = [finding for finding in found if finding.row.table == table]
        counted = [finding for finding in _cells(own) if finding.counts]
        inside = sum(finding.cell == INSIDE for finding in counted)
        share = _percent(inside / len(counted)) if counted else ""
        places = [sum(finding.place == place for finding in own) for place in (HELD, UNDECIDED, CONTRADICTED)]
        shown = [str(place) if any(places) else "" for place in places]
        numbers = [str(len(own)), str(len(counted) or ""), str(inside) if counted else "", share, *shown]
        lines.append(f"| {SECTIONS[table]} | {' | '.join(numbers)} |")
    lines.append("")
    lines += [f"- {_row_name(finding)}: {words}" for finding in found if (words := _unanswered(finding))]
    skills = ", ".join(sorted(SECTIONS[table] for table in IN_LIST_ONLY))
    lines += [
        "",
        f"Not counted: {skills}. The market plants how often an ad's list of skills has a skill, and ads name skills",
        "in their duties and requirements too, where the marts count them as well; the shares are not of one thing.",
    ]
    return lines


def _unanswered(finding: Finding) -> str:
    if finding.cell == NOTHING:
        return "the marts of this run have no row for it."
    if finding.cell == NOT_PLANTED:
        return "nothing is planted for it; what the mart says is shown."
    if finding.cell == NO_INTERVAL and finding.row.table not in ("list_count", "scope"):
        return "recovered without an interval (see the mart's flags)."
    return ""


def _row_name(finding: Finding) -> str:
    return f"{finding.row.study.split('_')[0]} {finding.row.row}"


def _rows(found: Sequence[Finding]) -> list[str]:
    lines = ["| row | of | study | planted | recovered | 95 % interval | n | result | query |"]
    lines.append("| ---: | --- |" + " ---: |" * 5 + " --- | --- |")
    for finding in found:
        row, got = finding.row, finding.recovered
        cells = [
            str(row.row),
            _subject(finding),
            _stated(finding),
            _value(finding, finding.planted),
            _value(finding, got.value if got else None),
            f"{_value(finding, got.low)} to {_value(finding, got.high)}" if got and got.has_interval else "",
            f"{got.n:,.0f}" if got and got.n is not None else "",
            _result(finding),
            f"`{finding.query}`",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def _subject(finding: Finding) -> str:
    row = finding.row
    parts = [SECTIONS[row.table], "" if row.subject in ("*",) else row.subject, row.key]
    if row.scope == "ai_industry":
        parts.append("AI industry")
    parts.append(row.window)
    return ", ".join(part for part in parts if part and part not in ("postings", "applicants"))


def _stated(finding: Finding) -> str:
    row = finding.row
    if row.relation == "rank":
        return f"#{row.value}"
    if row.relation == "in":
        return "member"
    value = published(row)
    sign = "" if row.relation == "=" else f"{row.relation} "
    return sign + (row.value if value is None else _value(finding, value))


def _value(finding: Finding, value: float | None) -> str:
    if value is None:
        return ""
    table = finding.row.table
    if table in ("scope", "list_count"):
        return f"{value:,.0f}"
    if table == "competition_index":
        return f"{value:.1f}"
    if table in RATIOS:
        return f"{value:,.0f}"
    sign = "+" if table.endswith("_yoy") or table == "benchmark" else ""
    return f"{100 * value:{sign}.1f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _result(finding: Finding) -> str:
    words = [] if finding.row.table in IN_LIST_ONLY else [finding.cell]
    if finding.place:
        apart = f" ({finding.rivals[0]} of {finding.rivals[1]} told apart)" if finding.rivals[1] else ""
        words.append(finding.place + apart)
    rank = finding.recovered.rank if finding.recovered else None
    if finding.row.relation in ("rank", "in") and rank is not None:
        words.append(f"found at {rank}")
    return "; ".join(words)


def main(arguments: Sequence[str]) -> int:
    """Write the page; 1 where a study has not run."""
    home = Path(arguments[0]).resolve() if arguments else jobtide_home()
    try:
        found = [finding for study in STUDIES for finding in findings(home, study)]
        anew = drawn_anew(home)
    except (UnfinishedError, ExamError) as error:
        print(error, file=sys.stderr)
        return 1
    write_text_atomically(PAGE, page(found, anew))
    for name, rows in {
        "the first market": found,
        **{f"seed {seed}": rows for seed, rows in anew.items()},
    }.items():
        inside, of = held(rows)
        print(f"{name}: {inside} of {of} intervals hold the planted value")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
