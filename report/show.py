"""The headline tables of `jobtide show`, as plain rows of text.

What belongs here: columns and rows for the terminal. What does not: colours, widths and printing (the
command's work), HTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from report import blocks, wording
from report.card import ModelCard, read_model_card
from report.facts import StudyFacts
from report.fields import find_role, read_fields
from report.headline import (
    Estimate,
    MarketRow,
    SetAside,
    SourceBalance,
    TitleRow,
    falling,
    growing,
    market_rows,
    set_aside,
    source_balances,
    title_rows,
)
from report.marts import Marts
from report.scorecard import NOT_EXAMINED, ScoreRow, read_scorecard
from report.sections.field import parts_of
from report.sections.model import quality_measures


@dataclass(frozen=True)
class HeadlineTable:
    """A table for the terminal: `numeric[i]` says whether column i is right-aligned.

    Texts are plain, not markup.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def headline_tables(study: StudyFacts, marts: Path, model_card: Path) -> list[HeadlineTable]:
    """Market, growing, falling, model quality and set aside, in the order they are read.

    Raises ReportError as `build_report` does.
    """
    tables = Marts(marts)
    market = market_rows(tables.rows("mart_market_yoy"), study.windows)
    titles = title_rows(tables.rows("mart_title_yoy"), market[0].pair) if market else []
    return [
        market_table(market),
        titles_table("growing", "Fastest growing titles", growing(titles), market),
        titles_table("falling", "Fastest falling titles", falling(titles), market),
        model_table(read_model_card(model_card)),
        aside_table(
            set_aside(tables.rows("mart_quarantine")),
            source_balances(tables.rows("mart_conservation")),
        ),
    ]


def postings_tables(marts: Path) -> list[HeadlineTable]:
    """What a study without labels has: an account of its records, flow and stock where known, and what was set aside.

    Raises ReportError as `build_report` does.
    """
    tables = Marts(marts)
    balances = source_balances(tables.rows("mart_conservation"))
    accounts = [
        (
            row.source,
            *map(wording.count, (row.raw_records, row.postings, row.reobservations, row.quarantined)),
        )
        for row in balances
    ]
    names = ("source", "raw records", "postings", "seen again", "set aside")
    monthly = marts / "mart_flow_and_stock.parquet"
    flows = [
        (row["source"], row["month"], *(wording.count(row[name]) for name in ("opened", "closed", "stock")))
        for row in (pq.read_table(monthly).to_pylist() if monthly.is_file() else [])
    ]
    flow_table = _table(
        "flow_and_stock",
        "Flow and stock",
        ("source", "month", "opened", "closed", "stock"),
        "ttnnn",
        flows,
        "",
    )
    return [
        _table("accounts", "Records", names, "tnnnn", accounts, ""),
        *([flow_table] if flows else []),
        aside_table(set_aside(tables.rows("mart_quarantine")), balances),
    ]


def role_tables(study: StudyFacts, marts: Path, wanted: str, most: int = 12) -> list[HeadlineTable]:
    """The field in depth of one role, found by its id, English or Chinese name: every table, scope by scope.

    Raises ReportError where no role has the name; the message holds the nearest names.
    """
    tables = Marts(marts)
    market = market_rows(tables.rows("mart_market_yoy"), study.windows)
    fields = read_fields(tables, [row.pair for row in market])
    role = find_role(fields, wanted)
    shown = []
    for scope in fields.scopes:
        for part in parts_of(fields, role, scope):
            title = f"{role.english} {role.chinese}, {scope.english}: {part.heading}"
            shown.append(terminal_table(part.key, title, part.table, part.empty, most))
    return shown


def terminal_table(key: str, title: str, table: blocks.Table | None, empty: str, most: int) -> HeadlineTable:
    """A page's table for the terminal: second lines in brackets, flags after the name, at most `most` rows."""
    if table is None or not table.rows:
        return _table(key, title, ("",), "t", [], empty)
    named = [(column.label or "what", column.number) for column in table.columns]
    # A column without a figure in it would only push the others together.
    filled = [
        place
        for place in range(len(named))
        if place == 0 or any(row.cells[place].text != wording.ABSENT for row in table.rows)
    ]
    places = {label: place for place, (label, _) in enumerate(named)}
    kept = [
        place
        for place in filled
        if not named[place][0].startswith(_LEFT_OUT)
        and not _replaced(table, place, places.get(_IN_PLACE_OF.get(named[place][0], "")))
    ]
    rows = [tuple(_terminal_cell(row.cells[place]) for place in kept) for row in table.rows[:most]]
    left = len(table.rows) - len(rows)
    note = f"{left} more rows in {table.source}." if left > 0 else ""
    kinds = "".join("n" if named[place][1] else "t" for place in kept)
    return _table(key, title, tuple(named[place][0] for place in kept), kinds, rows, note)


# A terminal has no room for both: the raw column is left out where the corrected one has figures.
_IN_PLACE_OF = {
    "Raw change": "Corrected",
    "Share": "Corrected share",
    "Mean": "Corrected mean",
    "Index": "Corrected",
}
_LEFT_OUT = ("Change, ", "This or more", "Without any")


def _replaced(table: blocks.Table, raw: int, corrected: int | None) -> bool:
    """Whether every figure of the raw column has a corrected one beside it."""
    return corrected is not None and all(
        row.cells[raw].text == wording.ABSENT or row.cells[corrected].text != wording.ABSENT
        for row in table.rows
    )


def _terminal_cell(cell: blocks.Cell) -> str:
    flags = ", ".join(words for words, _ in cell.flags if words != cell.text)
    beside = f" {_bracketed(cell.sub)}" if cell.sub else ""
    return f"{cell.text}{beside}{f' [{flags}]' if flags else ''}"


def exam_tables(scorecard: Path, *, short: bool) -> list[HeadlineTable]:
    """The exam of a made-up market: one table of its headline scores, or one a section.

    Raises ReportError when the file is no scorecard.
    """
    rows = read_scorecard(scorecard) or []
    if short:
        chosen = [row for row in rows if row.headline]
        pair = next((row.pair for row in chosen if row.pair), "")
        title = f"The exam: published against planted{', ' if pair else ''}{wording.pair(pair)}"
        return [_scores("exam", title, chosen, windows=False)]
    sections = dict.fromkeys(row.section for row in rows)
    return [
        _scores(f"exam-{name}", f"The exam: {name}", [row for row in rows if row.section == name])
        if name != NOT_EXAMINED
        else _not_examined([row for row in rows if row.section == name])
        for name in sections
    ]


def _scores(key: str, title: str, rows: Sequence[ScoreRow], *, windows: bool = True) -> HeadlineTable:
    """One row a score; the short form is of one pair of windows, which its title names."""
    cells = [
        (
            row.measure,
            wording.plain(row.subset),
            row.against,
            *((row.pair.split(" / ")[0],) if windows else ()),
            wording.count(row.n),
            row.value_words,
            wording.plain(row.good),
        )
        for row in rows
    ]
    columns = ("measure", "of", "against", *(("window",) if windows else ()), "n", "value", "good is")
    note = "" if rows else "The exam was not held."
    return _table(key, title, columns, "ttttnnt" if windows else "tttnnt", cells, note)


def _not_examined(rows: Sequence[ScoreRow]) -> HeadlineTable:
    cells = [(wording.plain(row.subset), wording.plain(row.note)) for row in rows]
    return _table("exam-not-examined", "The exam: not examined", ("what", "why not"), "tt", cells, "")


def market_table(market: Sequence[MarketRow]) -> HeadlineTable:
    """One row a pair of windows."""
    rows = [
        (
            wording.pair(row.pair),
            wording.count(row.base_postings),
            wording.count(row.current_postings),
            _estimate(row.panel),
            _estimate(Estimate(row.change, row.low, row.high)),
            wording.employers(row.employers),
            wording.percent(row.unassigned_share),
            _flags(row.flags),
        )
        for row in market
    ]
    columns = (
        "windows", "n earlier", "n later", "panel (95 % interval)", "all postings", "employers", "unassigned",
        "flags",
    )  # fmt: skip
    return _filled(
        _table(
            "market", "The market", columns, "tnnnnnnt", rows, "" if rows else "No windows to compare yet."
        )
    )


def titles_table(
    key: str, title: str, titles: Sequence[TitleRow], market: Sequence[MarketRow]
) -> HeadlineTable:
    """One row a title of the headline pair."""
    rows = [
        (
            row.name,
            row.chinese if row.chinese != row.name else "",
            wording.count(row.base_postings),
            wording.count(row.current_postings),
            _estimate(row.best) if row.verdict_method in ("panel", "corrected") else "",
            _estimate(Estimate(row.change, row.low, row.high)),
            wording.verdict(row.verdict),
            _flags(row.flags),
        )
        for row in titles
    ]
    caption = f"{title}, {wording.pair(market[0].pair)}" if market else title
    method = next((row.verdict_method for row in titles if row.verdict_method in ("panel", "corrected")), "")
    columns = (
        "title",
        "中文",
        "n earlier",
        "n later",
        f"{method or 'corrected'} (95 % interval)",
        "as classified",
        "verdict",
        "flags",
    )
    return _filled(_table(key, caption, columns, "ttnnnntt", rows, "" if rows else "None."))


def _filled(table: HeadlineTable) -> HeadlineTable:
    """Without columns that are empty: without polls there is no panel, without an audit nothing corrected."""
    kept = [n for n in range(len(table.columns)) if not table.rows or any(row[n] for row in table.rows)]
    return replace(
        table,
        columns=tuple(table.columns[n] for n in kept),
        numeric=tuple(table.numeric[n] for n in kept),
        rows=tuple(tuple(row[n] for n in kept) for row in table.rows),
    )


def model_table(card: ModelCard) -> HeadlineTable:
    """One row a measure of the model's quality."""
    rows = [(measure.name, measure.random, measure.by_employer) for measure in quality_measures(card)]
    labels = card.number("labels")
    note = "" if labels is None else f"n = {wording.count(labels)} labelled postings."
    return _table("model", "The model", ("measure", "random split", "by employer"), "tnn", rows, note)


def aside_table(quarantine: Sequence[SetAside], balances: Sequence[SourceBalance]) -> HeadlineTable:
    """One row a reason for setting records aside; the note accounts for all records."""
    rows = [(row.field, row.reason, wording.count(row.records)) for row in quarantine]
    raw, off = sum(source.raw_records for source in balances), sum(source.balance for source in balances)
    note = f"{wording.count(raw)} raw records; " + (
        "every one is accounted for." if not off else f"{wording.count(off)} are NOT accounted for."
    )
    return _table("aside", "Set aside", ("field", "reason", "records"), "ttn", rows, note)


def _estimate(figure: Estimate) -> str:
    if figure.change is None:
        return ""
    return f"{wording.signed_percent(figure.change)} {_bracketed(wording.interval(figure.low, figure.high))}"


def _bracketed(words: str) -> str:
    """An interval in brackets that no line end divides, "(+1.2..+3.4)"; windows by their later one."""
    words = words.split(" against ")[0]
    ends = re.fullmatch(rf"(\S+?)(?:{wording.NO_BREAK}%)? to (\S+?)(?:{wording.NO_BREAK}%)?", words)
    return f"({ends.group(1)}..{ends.group(2)})" if ends else f"({words})"


def _flags(values: Sequence[str]) -> str:
    return ", ".join(wording.flag_words(flag)[0] for flag in values)


def _table(
    key: str, title: str, columns: tuple[str, ...], kinds: str, rows: Sequence[tuple[str, ...]], note: str
) -> HeadlineTable:
    return HeadlineTable(key, title, columns, tuple(kind == "n" for kind in kinds), tuple(rows), note)
