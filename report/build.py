"""Writing the report folder: the page, its assets, the search index and the downloads.

What belongs here: files, in order, and their atomic publication. What does not: the page's content (page.py).
"""

from __future__ import annotations

from pathlib import Path

from report import search
from report.card import read_model_card
from report.downloads import Download, write_csv
from report.facts import ReportResult, StudyFacts
from report.marts import Marts
from report.page import Page, first_page
from report.role_page import RolePage, role_page
from report.scorecard import read_scorecard
from report.swap import replaced_folder

_PACKAGE = Path(__file__).parent
_ASSETS = ("report.css", "report.js")


def build_report(
    study: StudyFacts, marts: Path, model_card: Path, out: Path, scorecard: Path | None = None
) -> ReportResult:
    """Build the static report of a study and put it in the place of `out` in one step.

    `marts` is the folder of mart files, `model_card` the card's file (a missing one is said so on the
    page), `scorecard` the file of the exam's scores, where an exam was held. The same files and facts give the same
    bytes. Raises ReportError when a mart or one of its
    columns is missing, and `storage.LockedError` while another process builds the same folder; the old report
    stays then.
    """
    tables = Marts(marts)
    names = tables.names()
    page = first_page(study, tables, read_model_card(model_card), read_scorecard(scorecard))
    with replaced_folder(out) as folder:
        data = folder / "data"
        data.mkdir()
        downloads = [write_csv(tables.path(mart), data / f"{mart}.csv") for mart in names]
        if scorecard is not None:
            downloads.append(write_csv(scorecard, data / "scorecard.csv"))
        for asset in _ASSETS:
            (folder / asset).write_bytes((_PACKAGE / "assets" / asset).read_bytes())
        (folder / "search-index.js").write_text(search.index_script(page.titles), encoding="utf-8")
        months = search.months_script(page.titles, page.by_month, page.months, page.windows)
        (folder / "title-months.js").write_text(months, encoding="utf-8")
        (folder / "index.html").write_text(html_of(page, downloads), encoding="utf-8")
        if page.fields.roles:
            (folder / "roles").mkdir()
        for role in page.fields.roles:
            own = role_page(study, page.fields, role, page.versions)
            (folder / role.page).write_text(html_of(own, [], "role.html.j2", "../"), encoding="utf-8")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written = tuple(path.relative_to(folder).as_posix() for path in files)
        size = sum(path.stat().st_size for path in files)
    return ReportResult(out, out / "index.html", written, size, page.figures, len(page.titles))


def html_of(
    page: Page | RolePage, downloads: list[Download], template: str = "index.html.j2", root: str = ""
) -> str:
    """The page as HTML; `root` is the way from it to the report folder.

    Everything is escaped but the cleaned SVG of report.svg.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PACKAGE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(page=page, downloads=downloads, root=root) + "\n"
