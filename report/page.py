"""The first page's content, section by section, from marts and model card.

What belongs here: which sections stand on the page and in which order, and the headline. What does not:
what is in a section (sections/), HTML (templates/), files (build.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report import blocks, wording
from report.card import ModelCard
from report.facts import StudyFacts
from report.fields import Fields, read_fields
from report.headline import MarketRow, TitleRow, market_rows, set_aside, source_balances, title_rows
from report.marts import VERSIONS, Marts
from report.scorecard import ScoreRow
from report.sections.aside import aside_section
from report.sections.breakdowns import dimension_section, salary_section
from report.sections.exam import exam_section
from report.sections.market import market_section, months_shown, postings_by_month
from report.sections.model import model_section
from report.sections.titles import (
    all_titles_section,
    months_section,
    movers_section,
    postings_by_title_and_month,
)


@dataclass(frozen=True)
class Headline:
    """The market's change in words, for the top of the page."""

    windows: str
    change: str
    interval: str
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
    numbering = blocks.Numbering()
    volume = marts.rows("mart_volume")
    sections = [market_section(market, volume, numbering)]
    if market:
        months = months_shown(market, postings_by_month(volume))
        by_title = postings_by_title_and_month(marts.rows("mart_title_month"))
        others = {
            row.pair: {title.title_id: title.change for title in title_rows(all_titles, row.pair)}
            for row in market[1:]
        }
        sections += [
            movers_section(market[0], titles, numbering),
            months_section(market[0], titles, by_title, months, numbering),
            all_titles_section(market, titles, others, numbering),
            dimension_section(
                "industry",
                "By industry",
                "industry",
                "industries",
                marts.table("mart_industry"),
                market[0],
                numbering,
            ),
            dimension_section(
                "city", "By city", "city", "cities", marts.table("mart_city"), market[0], numbering
            ),
            salary_section(marts.table("mart_salary"), market[0], numbering),
        ]
    names = {
        title.title_id: title.name for row in reversed(market) for title in title_rows(all_titles, row.pair)
    }
    sections += [
        model_section(card, names, numbering),
        *([exam_section(scores, _versions(marts), numbering)] if scores is not None else []),
        aside_section(
            set_aside(marts.rows("mart_quarantine")),
            source_balances(marts.rows("mart_conservation")),
            market,
            numbering,
        ),
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
        fields=fields,
        figures=numbering.figures,
    )


def headline_of(market: MarketRow) -> Headline:
    """The headline pair in words."""
    change = market.change or 0.0
    return Headline(
        windows=wording.pair(market.pair),
        change=wording.signed_percent(market.change),
        interval=wording.interval(market.low, market.high),
        direction="up" if change > 0 else "down" if change < 0 else "flat",
        base_window=market.base_window,
        base_postings=wording.count(market.base_postings),
        current_window=market.current_window,
        current_postings=wording.count(market.current_postings),
        employers=wording.employers(market.employers),
        flags=tuple(wording.flag_words(flag) for flag in market.flags),
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
        "Counts are raw classified counts. They are not yet corrected for classification error, which "
        "pulls every title "
        f"towards the titles it is mistaken for, so true changes tend to be larger than those shown.{wrong}",
        "Intervals are 95 % and say how much a figure would move had other employers been observed. "
        "They do not "
        "contain classification error.",
        "With many titles some intervals miss the market's line by chance: about one in twenty. No "
        "verdict is given here "
        "for that reason.",
        "A change compares what was observed in two windows. Where the sources covered more or fewer "
        "employers in one of "
        "them, that shows as growth or fall too; a comparison over the same polled employers is not "
        "made yet.",
        "A title is ranked only with enough postings in the earlier window; flags beside a figure say "
        "what to know before "
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
