"""What the command line prints: Rich tables of a run, of a study and of its headline figures."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.home import StudyPlaces
from orchestration.publishing import study_facts
from orchestration.runs import RunOutcome
from orchestration.study import Study

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
    table.add_row("labels", study.labels.kind)
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
    look = Table(title="Where to look", show_header=False)
    look.add_row("report", str(places.report / "index.html"))
    look.add_row("marts", str(places.marts))
    look.add_row("dbt docs", str(places.dbt_docs / "index.html"))
    look.add_row("Data Docs", str(places.data_docs / "index.html"))
    look.add_row("model card", str(places.model_card))
    look.add_row("Dagster UI", "make ui, or jobtide ui")
    console.print(look)


def print_headline(study: Study, home: Path) -> None:
    """The headline tables of a study. Raises FileNotFoundError where it has no marts yet."""
    from report.show import headline_tables

    places = StudyPlaces(home / study.name)
    for shown in headline_tables(study_facts(study, places), places.marts, places.model_card):
        table = Table(title=escape(shown.title), caption=escape(shown.note) if shown.note else None)
        for name, numeric in zip(shown.columns, shown.numeric, strict=True):
            table.add_column(escape(name), justify="right" if numeric else "left")
        for row in shown.rows:
            table.add_row(*(escape(cell) for cell in row))
        console.print(table)
