"""The rows a reader meets first: the market, the fastest growing and falling titles, what was set aside.

What belongs here: choosing and ordering rows of the marts, for the page and for `jobtide show` alike.
What does not: formatting of numbers, HTML, drawing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report import wording
from report.facts import ReportError

UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class Estimate:
    """A change with its 95 % interval; all None where there is none."""

    change: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class MarketRow:
    """The market's change in one pair of windows; changes are fractions."""

    pair: str
    base_from: str
    base_to: str
    current_from: str
    current_to: str
    base_postings: int
    current_postings: int
    base_unassigned: int
    current_unassigned: int
    change: float | None
    low: float | None
    high: float | None
    employers: float | None
    flags: tuple[str, ...]
    panel: Estimate = Estimate()
    audited: int | None = None
    drift: float | None = None
    drift_p: float | None = None

    def change_by(self, method: str) -> float | None:
        """The market's change by the counts of a method: the panel's, else that of all postings."""
        return self.panel.change if method == "panel" and self.panel.change is not None else self.change

    @property
    def base_window(self) -> str:
        """The earlier window in words."""
        return wording.window(self.base_from, self.base_to)

    @property
    def current_window(self) -> str:
        """The later window in words."""
        return wording.window(self.current_from, self.current_to)

    @property
    def unassigned_share(self) -> float | None:
        """Share of both windows' postings under the probability threshold."""
        postings = self.base_postings + self.current_postings
        return (self.base_unassigned + self.current_unassigned) / postings if postings else None


@dataclass(frozen=True)
class TitleRow:
    """One title's change in one pair of windows; changes and distances are fractions."""

    pair: str
    title_id: str
    english: str
    chinese: str
    family: str
    seniority: str
    base_postings: int
    current_postings: int
    change: float | None
    low: float | None
    high: float | None
    distance: float | None
    rank: int | None
    employers: float | None
    flags: tuple[str, ...]
    corrected: Estimate = Estimate()
    panel: Estimate = Estimate()
    verdict: str = ""
    q_value: float | None = None
    verdict_method: str = ""
    within: Estimate = Estimate()
    within_verdict: str = ""
    within_q_value: float | None = None

    @property
    def best(self) -> Estimate:
        """The figure that the verdict stands on, else the raw one."""
        chosen = {"panel": self.panel, "corrected": self.corrected}.get(self.verdict_method)
        return chosen if chosen and chosen.change is not None else Estimate(self.change, self.low, self.high)

    @property
    def name(self) -> str:
        """The English title, else the Chinese one, else the identifier."""
        return self.english or self.chinese or self.title_id


@dataclass(frozen=True)
class SetAside:
    """Quarantined records of one field and reason, over all months and sources."""

    field: str
    reason: str
    records: int
    example: str


@dataclass(frozen=True)
class SourceBalance:
    """One source's records: raw = postings + re-observations + quarantined, so `balance` is 0."""

    source: str
    raw_records: int
    postings: int
    reobservations: int
    quarantined: int
    balance: int


def market_rows(rows: Iterable[dict[str, Any]], order: Sequence[str] = ()) -> list[MarketRow]:
    """The pairs in the study's order, else the latest first.

    Raises ReportError when the marts lack a pair that the study names.
    """
    found = {
        row["pair"]: MarketRow(
            pair=row["pair"],
            base_from=row["base_from"],
            base_to=row["base_to"],
            current_from=row["current_from"],
            current_to=row["current_to"],
            base_postings=row["base_postings"] or 0,
            current_postings=row["current_postings"] or 0,
            base_unassigned=row["base_unassigned"] or 0,
            current_unassigned=row["current_unassigned"] or 0,
            change=row["change"],
            low=row["change_low"],
            high=row["change_high"],
            employers=row["employers_effective"],
            flags=wording.flags(row["flags"]),
            panel=estimate(row, "panel_change"),
            audited=row["audited_postings"],
            drift=row["drift"],
            drift_p=row["drift_p_value"],
        )
        for row in rows
    }
    absent = [pair for pair in order if pair not in found]
    if found and absent:
        raise ReportError(
            f"mart_market_yoy has no pair {absent[0]!r}; it has {', '.join(sorted(found))}. "
            "Build the marts again after changing a study's windows"
        )
    pairs = [pair for pair in order if pair in found] or sorted(found, reverse=True)
    return [found[pair] for pair in pairs]


def title_rows(rows: Iterable[dict[str, Any]], pair: str) -> list[TitleRow]:
    """The titles of one pair, ranked ones first by rank, then by postings; `unassigned` is no title."""
    titles = [
        TitleRow(
            pair=pair,
            title_id=wording.plain(row["title_id"]),
            english=wording.plain(row["title_en"]),
            chinese=wording.plain(row["title_zh"]),
            family=wording.plain(row["family"]),
            seniority=wording.plain(row["seniority_band"]),
            base_postings=row["base_postings"] or 0,
            current_postings=row["current_postings"] or 0,
            change=row["change"],
            low=row["change_low"],
            high=row["change_high"],
            distance=row["distance_to_market"],
            rank=row["rank"],
            employers=row["employers_effective"],
            flags=wording.flags(row["flags"]),
            corrected=estimate(row, "corrected_change"),
            panel=estimate(row, "panel_change"),
            verdict=wording.plain(row["verdict"]),
            q_value=row["q_value"],
            verdict_method=wording.plain(row["verdict_method"]),
            within=estimate(row, "within_change"),
            within_verdict=wording.plain(row["within_verdict"]),
            within_q_value=row["within_q_value"],
        )
        for row in rows
        if row["pair"] == pair and row["title_id"] not in (UNASSIGNED, "*")
    ]
    return sorted(
        titles,
        key=lambda title: (
            title.rank is None,
            title.rank or 0,
            -(title.base_postings + title.current_postings),
            title.title_id,
        ),
    )


def growing(titles: Sequence[TitleRow], most: int = 10) -> list[TitleRow]:
    """Ranked titles that grew, fastest first, by the figure that the verdicts stand on."""
    ranked = [title for title in titles if title.rank is not None and (title.best.change or 0) > 0]
    return sorted(ranked, key=lambda title: (-(title.best.change or 0), title.title_id))[:most]


def falling(titles: Sequence[TitleRow], most: int = 10) -> list[TitleRow]:
    """Ranked titles that fell, fastest fall first, by the figure that the verdicts stand on."""
    ranked = [title for title in titles if title.rank is not None and (title.best.change or 0) < 0]
    return sorted(ranked, key=lambda title: (title.best.change or 0, title.title_id))[:most]


def estimate(row: Mapping[str, Any], name: str) -> Estimate:
    """The figure in the column `name` with the interval beside it."""
    return Estimate(row[name], row[f"{name}_low"], row[f"{name}_high"])


def set_aside(rows: Iterable[dict[str, Any]]) -> list[SetAside]:
    """Quarantine totals by field and reason, largest first, each with one example message."""
    records: dict[tuple[str, str], int] = defaultdict(int)
    examples: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (wording.plain(row["field"]), wording.plain(row["reason"]))
        records[key] += row["records"] or 0
        example = wording.plain(row["example_message"])
        if example:
            examples[key] = min(examples.get(key, example), example)
    return [
        SetAside(field, reason, number, examples.get((field, reason), ""))
        for (field, reason), number in sorted(records.items(), key=lambda item: (-item[1], item[0]))
    ]


def source_balances(rows: Iterable[dict[str, Any]]) -> list[SourceBalance]:
    """The conservation law summed over months, one row a source, in alphabetical order."""
    columns = ("raw_records", "postings", "reobservations", "quarantined", "balance")
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(columns, 0))
    for row in rows:
        source = totals[wording.plain(row["source"])]
        for column in columns:
            # Balances are summed as sizes, or a shortfall in one month would hide a surplus in the next.
            source[column] += abs(row[column] or 0) if column == "balance" else (row[column] or 0)
    return [SourceBalance(source, **totals[source]) for source in sorted(totals)]
