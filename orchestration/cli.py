"""The `jobtide` command. Exit codes: 0 done, 1 the run or a check failed, 2 the study or the call is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="jobtide",
    help="Measures a job market from raw postings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StudyArgument = Annotated[str, typer.Argument(help="A study file, or the name of a study that is known.")]

FAILED, WRONG = 1, 2


@app.command()
def run(
    study: StudyArgument,
    seed: Annotated[
        int | None, typer.Option(help="Run as a study of its own, <name>_seed<N>, with this seed.")
    ] = None,
) -> None:
    """Materialise a whole study: from raw postings to the report."""
    from orchestration.runs import RunFailedError, run_study
    from orchestration.terminal import print_error, print_outcome

    chosen = _study(study, seed)
    try:
        outcome = run_study(chosen, _home())
    except RunFailedError as error:
        print_error(str(error))
        raise typer.Exit(FAILED) from error
    print_outcome(outcome)


@app.command()
def check(study: StudyArgument) -> None:
    """Check a study file and the columns of its sources; nothing is run."""
    from orchestration.terminal import print_study

    print_study(_study(study, None))


@app.command()
def show(
    study: StudyArgument,
    role: Annotated[
        str, typer.Option(help="A role of the study in depth: its id, or its English or Chinese name.")
    ] = "",
) -> None:
    """Print a study's headline tables in the terminal, or one of its fields in depth."""
    from orchestration.terminal import print_error, print_headline, print_role
    from report.facts import ReportError, UnknownRoleError

    chosen = _study(study, None, check_files=False)
    try:
        if role:
            print_role(chosen, _home(), role)
        else:
            print_headline(chosen, _home())
    except UnknownRoleError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    except (FileNotFoundError, ReportError) as error:
        print_error(f"{chosen.name} has no marts yet; `jobtide run {study}` makes them ({error})")
        raise typer.Exit(FAILED) from error


@app.command()
def score(study: StudyArgument) -> None:
    """Score a finished run on a synthetic market: what was published against what was planted."""
    from orchestration.home import StudyPlaces
    from orchestration.scoring import exam_fault, hold_exam
    from orchestration.secrets import worker_key
    from orchestration.study import StudyError
    from orchestration.terminal import print_error, print_exam
    from storage import DatasetError, LockedError

    chosen, home = _study(study, None, check_files=False), _home()
    try:
        fault = exam_fault(hold_exam(chosen, StudyPlaces(home / chosen.name), lambda: worker_key(home)))
    except StudyError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    except (FileNotFoundError, DatasetError) as error:
        print_error(f"{chosen.name} has no finished run yet; `jobtide run {study}` makes one ({error})")
        raise typer.Exit(FAILED) from error
    except LockedError as error:
        print_error(str(error))
        raise typer.Exit(FAILED) from error
    if fault is not None:
        print_error(fault)
        raise typer.Exit(FAILED)
    print_exam(chosen, home, short=False)


@app.command()
def titles(
    wording: Annotated[str, typer.Argument(help="A job title as people write it, in English or Chinese.")],
    limit: Annotated[int, typer.Option(min=1, help="How many titles to list.")] = 5,
) -> None:
    """Find a standard title by any wording, and show its card."""
    from ml.titles import TaxonomyError, TitleSearch
    from orchestration.taxonomies import jobtide_seeds
    from orchestration.terminal import print_error, print_titles

    try:
        cards = jobtide_seeds().cards()
    except TaxonomyError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    hits = TitleSearch(cards).find(wording, limit)
    if not hits:
        print_error(
            f"no title fits {wording!r}; try the words of a job, for example 'sr. ml eng' or '护士长'"
        )
        raise typer.Exit(FAILED)
    print_titles(wording, [(hit, cards[hit.title_id]) for hit in hits])


@app.command()
def market(
    name: Annotated[str, typer.Argument(help="worldwide or china_ai.")],
    out: Annotated[Path, typer.Argument(help="The folder to write to: source/ and truth/ inside it.")],
    postings: Annotated[int, typer.Option(help="How many postings, for example 10_000_000.")] = 200_000,
    labelled: Annotated[int, typer.Option(help="How many of them the crowd labels.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Equal settings and seed give equal files.")] = 1,
    difficulty: Annotated[float, typer.Option(help="0 (ads speak plainly) to 1 (they hardly do).")] = 0.5,
) -> None:
    """Write a synthetic market of any size, with its truth beside it."""
    from market import MarketSpec, MarketSpecError, generate_market
    from orchestration.progress import TerminalProgress, of_task
    from orchestration.terminal import console, print_error
    from storage import LockedError

    try:
        spec = MarketSpec(name=name, postings=postings, labelled=labelled, seed=seed, difficulty=difficulty)
    except MarketSpecError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    try:
        with TerminalProgress() as bars:
            made = generate_market(spec, out / "source", out / "truth", of_task(bars, "synthetic market"))
    except (LockedError, OSError) as error:
        print_error(str(error))
        raise typer.Exit(FAILED) from error
    console.print(f"{made.postings:,} postings, {made.records:,} records, {made.answers:,} answers in {out}")


@app.command()
def fetch(
    board: Annotated[
        str, typer.Argument(help="greenhouse, lever, ashby, smartrecruiters, workable, usajobs, or pages.")
    ],
    employers: Annotated[
        list[str] | None, typer.Argument(help="Employers by their names at the board; for pages, addresses.")
    ] = None,
    into: Annotated[Path, typer.Option(help="The folder that the files, state and coverage go to.")] = Path(
        "downloads"
    ),
    source: Annotated[str, typer.Option(help="The source's name in the study.")] = "boards",
    batch: Annotated[str | None, typer.Option(help="Names the retrieval; default: today (UTC).")] = None,
    sitemap: Annotated[list[str] | None, typer.Option(help="For pages: a sitemap's address.")] = None,
    matching: Annotated[str, typer.Option(help="For pages: a wildcard for a sitemap's addresses.")] = "",
    user_agent: Annotated[str | None, typer.Option(help="Who asks: name and address.")] = None,
    base_url: Annotated[str, typer.Option(help="Another scheme and host for the board (a mirror).")] = "",
) -> None:
    """Ask public boards or career pages for their postings; a study reads the files (layout recognised)."""
    import datetime as dt

    from orchestration.terminal import console, print_error, print_warning
    from postings.fetch import PAGES, USER_AGENT, FetchSpec, SpecError
    from postings.fetch import fetch as poll
    from storage import LockedError

    named = tuple(employers or ())
    spec = FetchSpec(
        source=source,
        board=board,
        batch=batch or dt.datetime.now(dt.UTC).date().isoformat(),
        employers=() if board == PAGES else named,
        urls=named if board == PAGES else (),
        sitemaps=tuple(sitemap or ()),
        matching=matching,
        user_agent=user_agent or USER_AGENT,
        base_url=base_url,
    )
    try:
        report = poll(spec, into, into / "fetch.state", into / "coverage.jsonl")
    except SpecError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    except LockedError as error:
        print_error(str(error))
        raise typer.Exit(FAILED) from error
    for name in report.failed:
        print_warning(f"{name}: {report.messages.get(name, 'failed')}")
    console.print(
        f"{report.postings:,} postings of {len(report.results):,} polled in {report.requests:,} requests, "
        f"{len(report.already_done):,} already done; files in {into / spec.batch}"
    )
    if report.results and len(report.failed) == len(report.results):
        raise typer.Exit(FAILED)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="The port of the Dagster UI.")] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI, with the daemon that runs the schedules."""
    from orchestration.runs import serve_ui

    raise typer.Exit(serve_ui(_home(), host, port))


@app.command()
def docs(study: StudyArgument) -> None:
    """Write the dbt documentation of a study that has run, and say where it is."""
    from orchestration.home import StudyPlaces
    from orchestration.publishing import publish_dbt_docs
    from orchestration.terminal import console, print_error

    chosen = _study(study, None, check_files=False)
    places = StudyPlaces(_home() / chosen.name)
    if not places.warehouse.exists():
        print_error(f"{chosen.name} has no warehouse yet; `jobtide run {study}` makes it")
        raise typer.Exit(FAILED)
    console.print(str(publish_dbt_docs(chosen, places)))


@app.command("vars")
def dbt_vars(
    study: StudyArgument,
    warehouse: Annotated[
        Path | None, typer.Option(help="The DuckDB file that dbt is to build; default: the study's own.")
    ] = None,
) -> None:
    """Print what dbt needs to know of a study that has run, for `dbt build --vars`, without Dagster."""
    from orchestration.dbt import study_vars
    from orchestration.home import StudyPlaces
    from orchestration.terminal import print_error
    from orchestration.versions import study_versions

    chosen = _study(study, None, check_files=False)
    places = StudyPlaces(_home() / chosen.name)
    if not places.warehouse.exists():
        print_error(f"{chosen.name} has no finished run yet; `jobtide run {study}` makes one")
        raise typer.Exit(FAILED)
    typer.echo(study_vars(chosen, places, study_versions(places), warehouse))


@app.command()
def quality(
    study: StudyArgument,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "0,1,2,3,4",
    out: Annotated[Path, typer.Option(help="The Markdown file to write.")] = Path("docs/quality/usajobs.md"),
) -> None:
    """Score a study whose sources state the true titles: tuned encoder against untuned, on several seeds."""
    from orchestration.quality import write_quality
    from orchestration.runs import RunFailedError
    from orchestration.study import StudyError
    from orchestration.terminal import print_error

    try:
        numbers = [int(part) for part in seeds.split(",")]
    except ValueError as error:
        print_error(f"--seeds {seeds!r}: write whole numbers separated by commas, for example 0,1,2")
        raise typer.Exit(WRONG) from error
    chosen = _study(study, None)
    try:
        write_quality(chosen, numbers, _home(), out)
    except StudyError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    except RunFailedError as error:
        print_error(str(error))
        raise typer.Exit(FAILED) from error


def _home() -> Path:
    from orchestration.home import jobtide_home

    return jobtide_home()


def _study(given: str, seed: int | None, check_files: bool = True):  # type: ignore[no-untyped-def]
    """The study meant by a path or a name, checked; ends the command with exit code 2 where it is wrong."""
    from orchestration.registration import find_study
    from orchestration.study import StudyError
    from orchestration.study_sources import check_sources
    from orchestration.terminal import print_error, print_warning

    try:
        chosen = find_study(given, _home(), seed)
        oddities = check_sources(chosen, _home()) if check_files else []
    except StudyError as error:
        print_error(str(error))
        raise typer.Exit(WRONG) from error
    for oddity in oddities:
        print_warning(f"{oddity}; the run lists it and reads the other files")
    return chosen


def main() -> None:
    """The entry point of the console script."""
    # Dagster and dbt phone home unless told not to, and a run must work without a network.
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    app()


if __name__ == "__main__":
    main()
