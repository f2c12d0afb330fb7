"""The truth beside a market, as the exam reads it.

What belongs here: opening the small files of `truth/` and naming the large ones. What does not: counting postings
(`postings`), and comparing.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from market.content import LANGUAGES
from market.exam.scorecard import ExamError
from market.generate import FIGURES, GOLD, MANIFEST, TITLES, WORKERS
from market.growth import NULL
from market.markets import plan_market
from market.planted import FIGURES_HEADER
from market.spec import CHINA_AI, MarketSpec

WHOLE_MARKET = ("all", "all_industries")
"""Scopes of figures that are not restricted to one industry."""

REMOTE_WORDS = ("Remote", "远程")
"""What an ad says instead of a city where the job is remote; see `market.records`."""


@dataclass(frozen=True)
class TrueTitle:
    """One title of the market. in_taxonomy: False for emerging ones, which no standard title holds."""

    title_id: str
    name: str
    family_id: str
    band: str
    parent_id: str
    in_taxonomy: bool


@dataclass(frozen=True)
class PlantedFigure:
    """One row of figures.csv; see `market.plan.Figure`."""

    table: str
    scope: str
    subject: str
    key: str
    window: str
    value: float
    source: str


@dataclass(frozen=True)
class Worker:
    """One person of the crowd. skill: the share of plain postings that they answer rightly."""

    worker_id: str
    kind: str
    skill: float


@dataclass(frozen=True)
class Truth:
    """What is true of a market. shards: its posting files (schema `market.records.TRUTH`), in the order of time.

    roles: the titles of each role that a study of the market speaks of. spellings: column of a mart -> the names a
    source uses -> the one name that the truth uses, "" for words that name none. gold: what the crowd's known questions
    say, as (source id, title).
    """

    shards: tuple[str, ...]
    titles: Mapping[str, TrueTitle]
    figures: tuple[PlantedFigure, ...]
    workers: tuple[Worker, ...]
    gold: tuple[tuple[str, str], ...]
    roles: Mapping[str, frozenset[str]]
    spellings: Mapping[str, Mapping[str, str]]

    @cached_property
    def standard(self) -> frozenset[str]:
        """The titles that the taxonomy has."""
        return frozenset(title_id for title_id, title in self.titles.items() if title.in_taxonomy)

    @cached_property
    def planted_tables(self) -> frozenset[str]:
        """The tables that have planted figures."""
        return frozenset(figure.table for figure in self.figures)

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], dict[str, PlantedFigure]]:
        found: dict[tuple[str, str], dict[str, PlantedFigure]] = {}
        for figure in self.figures:
            if figure.scope in WHOLE_MARKET and not figure.key:
                found.setdefault((figure.table, figure.window), {})[figure.subject] = figure
        return found

    def planted(self, table: str, window: str) -> dict[str, PlantedFigure]:
        """Subject -> figure of a table that is not restricted to an industry and has no categories."""
        return self._by_place.get((table, window), {})

    def planted_cells(self, table: str, window: str) -> dict[str, dict[str, float]]:
        """Subject -> category -> value, of a table with categories that is not restricted to an industry."""
        found: dict[str, dict[str, float]] = {}
        for figure in self.figures:
            if (
                (figure.table, figure.window) == (table, window)
                and figure.key
                and figure.scope in WHOLE_MARKET
            ):
                found.setdefault(figure.subject, {})[figure.key] = figure.value
        return found

    def is_null(self, title_id: str, window: str) -> bool:
        """Whether the title was planted to move exactly with the market."""
        figure = self.planted("title_yoy", window).get(title_id)
        return figure is not None and figure.source == NULL

    @cached_property
    def members(self) -> dict[str, frozenset[str]]:
        """Title -> itself and all that descend from it."""
        inside: dict[str, set[str]] = {title_id: {title_id} for title_id in self.titles}
        for title in self.titles.values():
            above, seen = title.parent_id, {title.title_id}
            while above in self.titles and above not in seen:
                inside[above].add(title.title_id)
                seen.add(above)
                above = self.titles[above].parent_id
        return {title_id: frozenset(found) for title_id, found in inside.items()}


def read_truth(source: Path, truth: Path) -> Truth:
    """Read the truth of the market in `source`. Raises ExamError where a file is missing or damaged."""
    try:
        made = json.loads((source / MANIFEST).read_text("utf-8"))
        spec = MarketSpec(**made["spec"])
        shards = [truth / name for name in made["files"] if name.startswith("postings-")]
        absent = [path for path in shards if not path.is_file()]
        if absent or not shards:
            raise ExamError(f"{absent[0] if absent else truth}: the truth is missing; run the study again")
        return Truth(
            shards=tuple(str(path.resolve()) for path in shards),
            titles={
                row["title_id"]: TrueTitle(
                    row["title_id"],
                    row["title_en"],
                    row["family_id"],
                    row["seniority_band"],
                    row["parent_id"],
                    row["in_taxonomy"] == "true",
                )
                for row in _rows(truth / TITLES)
            },
            figures=tuple(_figure(row) for row in _rows(truth / FIGURES)),
            workers=tuple(
                Worker(row["worker_id"], row["kind"], float(row["skill"])) for row in _rows(truth / WORKERS)
            ),
            gold=tuple((row["source_id"], row["title"]) for row in _rows(source / GOLD)),
            roles=_roles(spec),
            spellings=names_of_categories(spec),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ExamError(
            f"{truth}: the truth cannot be read ({type(error).__name__}: {error}); run the study again"
        ) from error


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _figure(row: dict[str, str]) -> PlantedFigure:
    table, scope, subject, key, window, value, source = (row[name] for name in FIGURES_HEADER)
    return PlantedFigure(table, scope, subject, key, window, float(value), source)


def _roles(spec: MarketSpec) -> dict[str, frozenset[str]]:
    if spec.name != CHINA_AI:
        return {}
    from market.china_ai_study import read_study

    study = read_study()
    return {
        role: frozenset(t.title_id for t, inside in zip(study.content.titles, titles, strict=True) if inside)
        for role, titles in study.roles.items()
    }


def names_of_categories(spec: MarketSpec) -> dict[str, dict[str, str]]:
    """Column of a mart -> any name that a source or a mart gives a category -> the market's own name of it."""
    plan = plan_market(spec)
    industries = {industry.industry_id: industry.industry_id for industry in plan.content.industries}
    for industry in plan.content.industries:
        for language in LANGUAGES:
            industries |= dict.fromkeys(industry.names[language], industry.industry_id)
    # Last, since a source's word may be one industry's name and the canonical name of another.
    for industry in plan.content.industries:
        industries |= dict.fromkeys(industry.marts, industry.industry_id)
    cities = {name: name for name in plan.cities.names}
    for name, spellings in zip(plan.cities.names, plan.cities.spellings, strict=True):
        cities |= dict.fromkeys(spellings, name)
    return {"industry": industries, "city": cities | dict.fromkeys(REMOTE_WORDS, "")}
