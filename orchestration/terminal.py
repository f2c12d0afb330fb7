"""What the command line prints: Rich tables of a run, of a study and its headline figures, and cards of titles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.home import StudyPlaces

if TYPE_CHECKING:  # Dagster and dbt take seconds to import, and most of what is printed here needs neither
    from ml.titles import TitleCard, TitleHit
    from orchestration.runs import RunOutcome
    from orchestration.study import Study
    from report.show import HeadlineTable

NARROWEST = 120
"""Columns of the headline tables; a pipe or a small window would otherwise fold every name into syllables."""

console = Console()
console.width = max(console.width, NARROWEST)
errors = Console(stderr=True)


def print_error(message: str) -> None:
    """One error, on the error stream; the text is data, not markup."""
    errors.print(f"[bold red]error[/] {escape(message)}", soft_wrap=True)


def print_warning(message: str) -> None:
    """Something odd that does not stop the work, on the error stream."""
    errors.print(f"[bold yellow]note[/] {escape(message)}", soft_wrap=True)


def print_study(study: Study) -> None:
    """What a checked study says."""
    table = Table(title=f"{study.name}: {study.title}", show_header=False)
    table.add_row("months", f"{study.months.first} to {study.months.last}")
    for window in study.windows:
        table.add_row("windows", window.pair)
    for source in study.sources:
        table.add_row(f"source {source.name}", escape(source.path))
    table.add_row("labels", study.labels.kind if study.labels else "none: the study ends with its postings")
    if study.classified:
        table.add_row(
            "encoder", study.encoder.name + ("" if study.contrastive is None else ", tuned contrastively")
        )
    console.print(table)
    console.print("[green]The study can be run.[/]")


def print_outcome(outcome: RunOutcome) -> None:
    """Time per stage, the checks, the headline figures and where to look."""
    table = Table(title="Time per step", show_footer=True)
    table.add_column("step", footer="total")
    total = sum(outcome.seconds_by_step.values())
    table.add_column("seconds", justify="right", footer=f"{total:,.1f}")
    for step, seconds in outcome.seconds_by_step.items():
        table.add_row(step.removeprefix(f"{outcome.study.name}__"), f"{seconds:,.1f}")
    console.print(table)
    passed = sum(1 for *_, good in outcome.checks if good)
    console.print(f"checks: {passed} of {len(outcome.checks)} passed")
    for asset, name, good in outcome.checks:
        if not good:
            console.print(f"  [yellow]not passed[/] {escape(name)} of {escape(asset)}")
    print_headline(outcome.study, outcome.places.root.parent)
    places = outcome.places
    if outcome.study.market is not None:
        print_exam(outcome.study, outcome.places.root.parent, short=True)
    look = Table(title="Where to look", show_header=False)
    if outcome.study.classified:
        look.add_row("report", str(places.report / "index.html"))
    look.add_row("marts", str(places.marts))
    if outcome.study.market is not None:
        look.add_row("the whole exam", f"jobtide score {outcome.study.name}")
    if outcome.study.classified:
        look.add_row("dbt docs", str(places.dbt_docs / "index.html"))
    look.add_row("Data Docs", str(places.data_docs / "index.html"))
    if outcome.study.classified:
        look.add_row("model card", str(places.model_card))
    look.add_row("Dagster UI", "make ui, or jobtide ui")
    console.print(look)


def print_headline(study: Study, home: Path) -> None:
    """The headline tables of a study. Raises FileNotFoundError where it has no marts yet."""
    from orchestration.publishing import study_facts
    from report.show import headline_tables, postings_tables

    places = StudyPlaces(home / study.name)
    if not study.classified:
        _print_tables(postings_tables(places.marts))
        return
    _print_tables(headline_tables(study_facts(study, places), places.marts, places.model_card))


def print_role(study: Study, home: Path, role: str) -> None:
    """The field in depth of one role. Raises ReportError where the study has no such role, or no marts yet."""
    from orchestration.publishing import study_facts
    from report.show import role_tables

    places = StudyPlaces(home / study.name)
    _print_tables(role_tables(study_facts(study, places), places.marts, role))


def print_exam(study: Study, home: Path, *, short: bool) -> None:
    """The exam of a study with a synthetic market, all of it or its headline. Nothing where it has no scorecard."""
    from orchestration.publishing import scorecard_file
    from report.show import exam_tables

    file = scorecard_file(study, StudyPlaces(home / study.name))
    if file is not None:
        _print_tables(exam_tables(file, short=short))


def _print_tables(tables: Sequence[HeadlineTable]) -> None:
    for shown in tables:
        table = Table(title=escape(shown.title), caption=escape(shown.note) if shown.note else None)
        for name, numeric in zip(shown.columns, shown.numeric, strict=True):
            table.add_column(escape(name), justify="right" if numeric else "left")
        for row in shown.rows:
            table.add_row(*(escape(cell) for cell in row))
        console.print(table)


def print_titles(wording: str, hits: Sequence[tuple[TitleHit, TitleCard]]) -> None:
    """The titles that fit a wording, best first, and the card of the first."""
    found = Table(title=f"Titles for {escape(repr(wording))}")
    for column in ("title", "中文", "id", "fits by"):
        found.add_column(column)
    found.add_column("score", justify="right")
    for hit, card in hits:
        name = card.name
        cells = (name.title_en, name.title_zh, name.title_id, hit.wording)
        found.add_row(*(escape(cell) for cell in cells), f"{hit.score:.2f}")
    console.print(found)
    console.print(_card_table(hits[0][1]))


def _card_table(card: TitleCard) -> Table:
    table = Table(
        title=escape(f"{card.name.title_en} {card.name.title_zh}"), show_header=False, show_lines=True
    )
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "definition": f"{card.definition_en}\n{card.definition_zh}",
        "family": f"{card.family_en} {card.family_zh}",
        "seniority": card.seniority_band.replace("_", " "),
        "is a kind of": f"{card.parent.title_en} ({card.parent.title_id})" if card.parent else "",
        "contains": ", ".join(child.title_en for child in card.children),
        "codes": ", ".join(
            f"{system} {code}"
            for system, code in (("O*NET-SOC", card.onet_soc), ("ISCO-08", card.isco_08))
            if code
        ),
        "also written": ", ".join((*card.aliases_en, *card.aliases_zh)),
        "not to be confused with": "\n".join(
            f"{near.title.title_en}: {near.difference_en}\n{near.title.title_zh}：{near.difference_zh}"
            for near in card.neighbours
        ),
    }
    for name, text in rows.items():
        if text:
            table.add_row(name, escape(text))
    return table
