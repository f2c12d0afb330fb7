"""Titles: the fastest growing and falling, their months, and the table of all.

What belongs here: blocks made of mart_title_yoy and mart_title_month. What does not: the market as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from report import blocks, figures, wording
from report.headline import MarketRow, TitleRow, falling, growing


def movers_section(
    market: MarketRow, titles: Sequence[TitleRow], numbering: blocks.Numbering
) -> blocks.Section:
    """The chart of the fastest growing and falling titles and a table of each."""
    up, down = growing(titles), falling(titles)
    ranked = [title for title in titles if title.rank is not None]
    parts: list[blocks.Block] = [blocks.Paragraph(_summary(market, titles, ranked))]
    if up or down:
        parts.append(_movers_figure(market, up, down, numbering))
    for key, words, rows in (
        ("growing", "Fastest growing titles", up),
        ("falling", "Fastest falling titles", down),
    ):
        if rows:
            caption = f"{words}, {wording.pair(market.pair)}"
            table = blocks.Table(
                key, caption, TITLE_COLUMNS, tuple(map(_title_cells, rows)), "mart_title_yoy"
            )
            parts.append(blocks.TableBlock(numbering.table(), table))
    return blocks.Section("movers", "Fastest growing and fastest falling titles", tuple(parts))


def months_section(
    market: MarketRow,
    titles: Sequence[TitleRow],
    by_title: Mapping[str, Mapping[str, int]],
    months: Sequence[str],
    numbering: blocks.Numbering,
) -> blocks.Section:
    """A small line a title for the fastest growing and falling ones.

    `by_title`: postings by title and month.
    """
    chosen = growing(titles) + falling(titles)
    if not chosen or not months:
        text = "No title has enough postings in both windows to be drawn month by month."
        return blocks.Section("months", "Month by month", (blocks.Paragraph(text),))
    windows = ((market.base_from, market.base_to), (market.current_from, market.current_to))
    items = []
    for position, title in enumerate(chosen):
        line = [(month, by_title.get(title.title_id, {}).get(month, 0)) for month in months]
        items.append(
            blocks.SmallMultiple(
                heading=title.name,
                sub=title.chinese if title.chinese != title.name else "",
                lines=(
                    f"{wording.signed_percent(title.best.change)} "
                    f"({wording.interval(title.best.low, title.best.high)})",
                    f"n\u00a0=\u00a0{wording.count(title.base_postings)} → {wording.count(title.current_postings)}",
                ),
                svg=figures.title_months(
                    f"month-{position}",
                    f"{title.name} by month",
                    f"Postings a month for {title.name}, {wording.month(months[0])} to "
                    f"{wording.month(months[-1])}.",
                    line,
                    windows,
                ),
                flags=tuple(wording.flag_words(flag) for flag in title.flags),
            )
        )
    note = (
        "Postings a month; each chart has its own scale. Shaded: the two windows. The bracket is the "
        "95 % interval of "
        "the change between them. Data: mart_title_month."
    )
    block = blocks.MultiplesBlock(
        numbering.figure(),
        "Postings by month of the titles above",
        note,
        tuple(items),
        _months_table(chosen, by_title, months),
    )
    return blocks.Section("months", "Month by month", (block,))


def all_titles_section(
    market: Sequence[MarketRow],
    titles: Sequence[TitleRow],
    other_changes: Mapping[str, Mapping[str, float | None]],
    numbering: blocks.Numbering,
) -> blocks.Section:
    """Every title, searchable and sortable.

    `other_changes`: pair to title to change, for the further pairs.
    """
    if not titles:
        text = "No posting has been given a title in these windows."
        return blocks.Section("titles", "All titles", (blocks.Paragraph(text),))
    others = [row.pair for row in market[1:]]
    columns = TITLE_COLUMNS + tuple(
        blocks.Column(
            f"Change to {wording.pair(pair).split(' against ')[0]}", number=True, note=wording.pair(pair)
        )
        for pair in others
    )
    rows = []
    for title in titles:
        row = _title_cells(title)
        extra = tuple(blocks.change(other_changes.get(pair, {}).get(title.title_id)) for pair in others)
        rows.append(blocks.Row(row.cells + extra, identifier=title.title_id))
    table = blocks.Table(
        "all-titles",
        f"All {wording.count(len(titles))} titles, {wording.pair(market[0].pair)}",
        columns,
        tuple(rows),
        "mart_title_yoy",
        tall=True,
        searchable=True,
    )
    return blocks.Section("titles", "All titles", (blocks.TableBlock(numbering.table(), table),))


TITLE_COLUMNS = (
    blocks.Column("Title"),
    blocks.Column(
        "Panel",
        number=True,
        note="Employers whose board was read in the same month of both windows, the classifier's errors allowed for",
    ),
    blocks.Column("Corrected", number=True, note="All postings, the classifier's errors allowed for"),
    blocks.Column("As classified", number=True, note="Raw, with its 95 % interval over employers"),
    blocks.Column("Verdict", note="Growth beside the market's; false discoveries are held at 5 %"),
    blocks.Column(
        "Within employers",
        number=True,
        note="Change of the title's part of its employers' postings; what an employer posts more or less of everything "
        "does not move it",
    ),
    blocks.Column(
        "Verdict within employers", note="Whether that part grew or shrank, false discoveries at 5 %"
    ),
    blocks.Column("To the market (points)", number=True, note="The title's change minus the market's"),
    blocks.Column("n\u00a0earlier", number=True),
    blocks.Column("n\u00a0later", number=True),
    blocks.Column("Employers (effective)", number=True),
    blocks.Column("Family, seniority", prose=True),
)


def _title_cells(title: TitleRow) -> blocks.Row:
    identifier = "" if _slug(title.english) == title.title_id else title.title_id
    sub = " · ".join(part for part in (title.chinese, identifier) if part and part != title.name)
    return blocks.Row(
        (
            blocks.text(title.name, sub=sub, flags=title.flags),
            blocks.change_with(title.panel.change, title.panel.low, title.panel.high),
            blocks.change_with(title.corrected.change, title.corrected.low, title.corrected.high),
            blocks.change_with(title.change, title.low, title.high),
            blocks.verdict(title.verdict, title.q_value),
            blocks.change_with(title.within.change, title.within.low, title.within.high),
            blocks.verdict(title.within_verdict, title.within_q_value),
            blocks.points(title.distance),
            blocks.count(title.base_postings),
            blocks.count(title.current_postings),
            blocks.employers(title.employers),
            blocks.text(wording.readable(title.family), sub=wording.readable(title.seniority)),
        ),
        identifier=title.title_id,
    )


METHODS = {
    "panel": "among employers polled in the same month of both windows, the classifier's errors allowed for",
    "corrected": "the classifier's errors allowed for",
    "raw": "as classified",
}


def _colour(title: TitleRow, colour: str) -> str:
    """Up or down; grey where there is a verdict, and it does not tell the title from the market."""
    return "base" if title.verdict in ("not_distinguishable", "too_few") else colour


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _summary(market: MarketRow, titles: Sequence[TitleRow], ranked: Sequence[TitleRow]) -> str:
    if not ranked:
        return "No title has enough postings in the earlier window to be ranked."
    # By the figures that are drawn: the panel's beside the panel's, else those of all postings.
    whole = market.change_by(next((title.verdict_method for title in ranked if title.verdict_method), "raw"))
    changes = [title.best.change or 0.0 for title in ranked]
    grew, fell = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    above = sum(change > (whole or 0.0) for change in changes)
    verdicts = [title for title in titles if title.verdict in ("above", "below")]
    faster = sum(title.verdict == "above" for title in verdicts)
    unranked = len(titles) - len(ranked)
    left_out = f" {wording.count(unranked)} more have too few postings to be ranked." if unranked else ""
    told_apart = ""
    if verdicts:
        told_apart = (
            f" With false discoveries held at 5 %, {wording.count(faster)} can be told from the market as doing "
            "better, and "
            f"{wording.count(len(verdicts) - faster)} as doing worse; the others cannot."
        )
    elif any(title.verdict for title in titles):
        told_apart = " With false discoveries held at 5 %, no title can be told from the market."
    within = [title.within_verdict for title in titles if title.within_verdict in ("above", "below")]
    if within:
        told_apart += (
            f" Within their employers, {wording.count(within.count('above'))} titles can be told to have taken a "
            f"larger part of the postings, and {wording.count(within.count('below'))} a smaller one."
        )
    return (
        f"Of {wording.count(len(ranked))} ranked titles, {wording.count(grew)} grew and "
        f"{wording.count(fell)} fell; "
        f"{wording.count(above)} did better than the market "
        f"({wording.signed_percent(whole)}).{left_out}{told_apart}"
    )


def _movers_figure(
    market: MarketRow, up: Sequence[TitleRow], down: Sequence[TitleRow], numbering: blocks.Numbering
) -> blocks.FigureBlock:
    def row(title: TitleRow, colour: str) -> figures.RangeRow:
        best = title.best
        words = wording.signed_percent(best.change)
        told = f"{wording.verdict(title.verdict)}, " if title.verdict else ""
        tooltip = (
            f"{title.name}: {words}, 95 % interval {wording.interval(best.low, best.high)}, {told}"
            f"n\u00a0=\u00a0{wording.count(title.base_postings)} and {wording.count(title.current_postings)}"
        )
        return figures.RangeRow(
            title.name, best.change or 0.0, best.low, best.high, words, _colour(title, colour), tooltip
        )

    groups = [[row(title, "up") for title in up], [row(title, "down") for title in reversed(down)]]
    method = (up or down)[0].verdict_method or "raw"
    whole = market.change_by(method)
    reference = None if whole is None else (whole, f"market {wording.signed_percent(whole)}")
    ends = [title for title in (up[0] if up else None, down[0] if down else None) if title]
    description = "; ".join(f"{title.name} {wording.signed_percent(title.best.change)}" for title in ends)
    return blocks.FigureBlock(
        numbering.figure(),
        figures.ranges(
            "movers",
            "Change in postings by title",
            f"Fastest growing and fastest falling titles with 95 % intervals: {description}.",
            [group for group in groups if group],
            percent=True,
            reference=reference,
        ),
        f"Change in postings, {wording.pair(market.pair)}, {METHODS.get(method, method)}. Whiskers: 95 % intervals "
        "over employers; an arrow means that the whisker goes on; a dot without whiskers has no interval. Dashed: the "
        "market, counted in the same way. Grey: not distinguishable from the market. n, raw and corrected figures of "
        "each title in the tables below. Data: mart_title_yoy.",
    )


def _months_table(
    chosen: Sequence[TitleRow], by_title: Mapping[str, Mapping[str, int]], months: Sequence[str]
) -> blocks.Table:
    columns = (
        blocks.Column("Title"),
        *(blocks.Column(wording.month(month), number=True) for month in months),
    )
    rows = tuple(
        blocks.Row(
            (
                blocks.text(title.name),
                *(blocks.count(by_title.get(title.title_id, {}).get(month, 0)) for month in months),
            )
        )
        for title in chosen
    )
    return blocks.Table("months-data", "Postings by title and month", columns, rows, "mart_title_month")


def postings_by_title_and_month(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """mart_title_month as title to month to postings."""
    by_title: dict[str, dict[str, int]] = {}
    for row in rows:
        by_title.setdefault(wording.plain(row["title_id"]), {})[row["posting_month"]] = row["postings"] or 0
    return by_title
