"""The first page's content, section by section, from marts and model card.

What belongs here: which sections stand on the page and in which order, and the headline. What does not:
what is in a section (sections/), HTML (templates/), files (build.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report import blocks, wording
from report.card import ModelCard
from report.facts import StudyFacts
from report.fields import ALL, EVERY_INDUSTRY, Fields, read_fields
from report.headline import Estimate, MarketRow, TitleRow, market_rows, set_aside, source_balances, title_rows
from report.marts import VERSIONS, Marts
from report.scorecard import ScoreRow
from report.sections.around import Names, names_of
from report.sections.aside import aside_section
from report.sections.benchmark import benchmark_section
from report.sections.breakdowns import dimension_section, salary_section
from report.sections.contrasts import contrasts_section
from report.sections.decomposition import decomposition_section
from report.sections.drift import drift_section
from report.sections.emerging import emerging_section
from report.sections.exam import exam_section
from report.sections.groups import group_section
from report.sections.market import market_section, months_shown, postings_by_month
from report.sections.model import model_section
from report.sections.quality import MARTS as QUALITY_MARTS
from report.sections.quality import quality_section
from report.sections.roles import roles_section
from report.sections.seasonal import seasonal_section
from report.sections.sensitivity import sensitivity_section
from report.sections.titles import (
    all_titles_section,
    months_section,
    movers_section,
    postings_by_title_and_month,
)
from report.sections.watch import watch_section


@dataclass(frozen=True)
class Headline:
    """The market's change in words, for the top of the page; `beside` is that of all postings, where it is another."""

    windows: str
    what: str
    change: str
    interval: str
    beside: str
    direction: str
    base_window: str
    base_postings: str
    current_window: str
    current_postings: str
    employers: str
    flags: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """Everything the template prints, and the titles for the search index."""

    study: StudyFacts
    headline: Headline | None
    sections: tuple[blocks.Section, ...]
    limits: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    titles: tuple[TitleRow, ...]
    months: tuple[str, ...]
    by_month: Mapping[str, Mapping[str, int]]
    windows: tuple[tuple[str, str], ...]
    fields: Fields
    figures: int


def first_page(
    study: StudyFacts, marts: Marts, card: ModelCard, scores: Sequence[ScoreRow] | None = None
) -> Page:
    """Shape the first page; `scores` are those of the exam, None where none was held.

    Raises ReportError for missing marts, columns or windows.
    """
    market = market_rows(marts.rows("mart_market_yoy"), study.windows)
    all_titles = marts.rows("mart_title_yoy")
    titles = title_rows(all_titles, market[0].pair) if market else []
    fields = read_fields(marts, [row.pair for row in market])
    by_month = postings_by_title_and_month(marts.rows("mart_title_month"))
    names = names_of(all_titles)
    numbering = blocks.Numbering()
    volume = marts.rows("mart_volume")
    sections = [market_section(market, volume, numbering)]
    months = months_shown(market, postings_by_month(volume)) if market else []
    if market:
        sections += _titles(market, titles, all_titles, by_month, months, numbering)
        sections += _around(marts, names, fields, market, numbering)
        sections += [
            roles_section(fields, numbering),
            *_breakdowns(marts, names, fields, market[0], numbering),
        ]
    english = {title_id: names.english(title_id) for title_id in names.titles}
    quality = {mart: marts.rows_if_any(mart) for mart in QUALITY_MARTS}
    sections += [
        model_section(card, english, numbering),
        drift_section(market, numbering),
        *([exam_section(scores, _versions(marts), numbering)] if scores is not None else []),
        aside_section(
            set_aside(marts.rows("mart_quarantine")),
            source_balances(marts.rows("mart_conservation")),
            market,
            numbering,
        ),
        quality_section(quality, numbering),
    ]
    versions, warnings = version_facts(study, marts)
    return Page(
        study=study,
        headline=headline_of(market[0]) if market else None,
        sections=tuple(sections),
        limits=limits(study, market, card),
        versions=versions,
        warnings=warnings,
        titles=tuple(titles),
        months=tuple(months),
        by_month=by_month,
        windows=_windows(market),
        fields=fields,
        figures=numbering.figures,
    )


def _titles(
    market: Sequence[MarketRow],
    titles: Sequence[TitleRow],
    all_titles: Sequence[dict[str, Any]],
    by_month: Mapping[str, Mapping[str, int]],
    months: Sequence[str],
    numbering: blocks.Numbering,
) -> list[blocks.Section]:
    """The fastest titles, their months, and all titles."""
    others = {
        row.pair: {title.title_id: title.change for title in title_rows(all_titles, row.pair)}
        for row in market[1:]
    }
    return [
        movers_section(market[0], titles, numbering),
        months_section(market[0], titles, by_month, months, numbering),
        all_titles_section(market, titles, others, numbering),
    ]


def _around(
    marts: Marts, names: Names, fields: Fields, market: Sequence[MarketRow], numbering: blocks.Numbering
) -> list[blocks.Section]:
    """What stands around the headline figures, in the order of the questions that a reader asks."""
    groups, first = marts.rows_if_any("mart_group_yoy"), market[0]
    industries = {
        row["industry_id"]: (wording.plain(row["industry_en"]), wording.plain(row["industry_zh"]))
        for row in fields.rows["mart_role_industry"]
    }
    return [
        group_section("seniority", groups, first, numbering),
        group_section("family", groups, first, numbering),
        contrasts_section(marts.rows_if_any("mart_near_contrasts"), names, first, numbering),
        decomposition_section(marts.rows_if_any("mart_decomposition"), industries, first, numbering),
        benchmark_section(marts.rows_if_any("mart_benchmark"), market, numbering),
        emerging_section(marts.rows_if_any("mart_emerging_titles"), names, first, numbering),
        watch_section(marts.rows_if_any("mart_watch_list"), names, market, numbering),
        sensitivity_section(marts.rows_if_any("mart_sensitivity"), names, first, numbering),
        seasonal_section(
            marts.rows_if_any("mart_seasonal"), marts.rows_if_any("mart_flow_and_stock"), numbering
        ),
    ]


def _breakdowns(
    marts: Marts, names: Names, fields: Fields, market: MarketRow, numbering: blocks.Numbering
) -> list[blocks.Section]:
    """All titles by industry, city and pay."""
    industries, cities = (
        list(fields.of(mart, ALL, EVERY_INDUSTRY, market.pair))
        for mart in ("mart_role_industry", "mart_role_city")
    )
    return [
        dimension_section(
            "industry", "By industry", "industry", "industries", marts.table("mart_industry"), names, industries,
            market, numbering,
        ),
        dimension_section(
            "city", "By city", "city", "cities", marts.table("mart_city"), names, cities, market, numbering
        ),
        salary_section(marts.table("mart_salary"), names, market, numbering),
    ]  # fmt: skip


def headline_of(market: MarketRow) -> Headline:
    """The headline pair in words: the polled panel's change where there is one, for coverage that grew is no growth."""
    figures = Estimate(market.change, market.low, market.high)
    has_panel = market.panel.change is not None
    best = market.panel if has_panel else figures
    change = best.change or 0.0
    return Headline(
        windows=wording.pair(market.pair),
        what="Job postings, all titles" + (", at employers polled in both windows" if has_panel else ""),
        change=wording.signed_percent(best.change),
        interval=wording.interval(best.low, best.high),
        beside=f"{wording.signed_percent(figures.change)} ({wording.interval(figures.low, figures.high)})"
        if has_panel
        else "",
        direction="up" if change > 0 else "down" if change < 0 else "flat",
        base_window=market.base_window,
        base_postings=wording.count(market.base_postings),
        current_window=market.current_window,
        current_postings=wording.count(market.current_postings),
        employers=wording.employers(market.employers),
        flags=tuple(wording.flag_words(flag) for flag in market.flags),
    )


def _windows(market: Sequence[MarketRow]) -> tuple[tuple[str, str], ...]:
    """The headline pair's windows, the earlier first."""
    return tuple(
        window
        for row in market[:1]
        for window in ((row.base_from, row.base_to), (row.current_from, row.current_to))
    )


def version_facts(study: StudyFacts, marts: Marts) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The versions behind the figures, and a warning where the marts do not agree on one."""
    facts: list[tuple[str, str]] = []
    warnings = []
    for version, seen in _versions(marts).items():
        words = version.replace("_", " ")
        facts.append((words, ", ".join(sorted(seen)) or "not recorded"))
        if len(seen) > 1:
            warnings.append(
                f"The marts mix {len(seen)} values of {words}: changes between windows are not "
                "comparable. Build them again."
            )
    facts += [(wording.plain(key), wording.plain(value)) for key, value in sorted(study.versions.items())]
    return tuple(facts), tuple(warnings)


def _versions(marts: Marts) -> dict[str, set[str]]:
    """Kind of version -> those that the marts carry."""
    return {
        version: {wording.plain(value) for mart in marts.names() for value in marts.distinct(mart, version)}
        for version in VERSIONS
    }


def limits(study: StudyFacts, market: Sequence[MarketRow], card: ModelCard) -> tuple[str, ...]:
    """What a reader must know before quoting a figure."""
    accuracy = card.number("by_employer.accuracy") or card.number("random.accuracy")
    wrong = (
        f" On test postings the model gave {wording.percent(accuracy)} their label's title."
        if accuracy is not None
        else ""
    )
    lines = [
        "Raw figures count postings as classified, and errors pull every title towards those it is mistaken "
        f"for.{wrong} "
        "Corrected figures allow for these errors, as measured on labelled postings that the model had not seen; they "
        "are missing where there are too few such labels.",
        "A change compares what was observed in two windows. Where the sources reached more or fewer employers "
        "in one of "
        "them, that shows as growth or fall. Panel figures compare only employers whose board was read in the same "
        "month of both windows; they are missing where no polls are known.",
        "Intervals are 95 % and say how much a figure would move had other employers been observed; those of corrected "
        "figures contain the classifier's errors too.",
        "With many titles some intervals miss the market's line by chance: about one in twenty. Verdicts allow "
        "for that: "
        "of the titles called above or below the market, about one in twenty is wrongly called so.",
        "A title is ranked only with enough postings in the earlier window; flags beside a figure say what to "
        "know before "
        "quoting it. Null is not zero: a dash means that there is no figure.",
        "Postings are not jobs: one posting may fill several positions, and some positions are never posted.",
    ]
    if len(market) > 1:
        lines.append("Pairs of windows overlap; their changes must not be added.")
    if study.synthetic:
        lines.insert(
            0, "This market is made up to test the method: none of its numbers describe a real labour market."
        )
    return tuple(lines)
