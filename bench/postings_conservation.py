"""Every record of the real files, and what became of it: writes docs/quality/postings/conservation.csv.

    python -m bench.postings_conservation

What belongs here: the studies of real files through the Dagster job of their postings stage, and the account of each.
What does not: what the fields say (`bench.postings_fields`). A file that is absent keeps its rows of the last time.
"""

import csv
import io
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.postings_quality import FIGURES
from orchestration.home import BUILT_IN_STUDIES, StudyPlaces
from orchestration.study import Study, StudyError, read_study
from orchestration.study_sources import matching_files
from storage import write_text_atomically

TABLE = FIGURES / "conservation.csv"
COLUMNS = (
    "study",
    "source",
    "records",
    "postings",
    "seen_again",
    "set_aside",
    "why_set_aside",
    "unaccounted_for",
)

Row = dict[str, str]


def real_studies() -> list[Study]:
    """The studies that come with Jobtide and read files, not a synthetic market."""
    studies = [read_study(path) for path in sorted(BUILT_IN_STUDIES.glob("*.yaml"))]
    return [study for study in studies if study.market is None]


def missing_files(study: Study, home: Path) -> str:
    """Why the study cannot run here, "" where it can."""
    try:
        for source in study.sources:
            matching_files(source.path, study, home)
    except StudyError as error:
        return str(error)
    return ""


def account(study: Study, home: Path) -> list[Row]:
    """Run the study's postings stage in `home`; one row a source. Raises RunFailedError where a check fails."""
    from orchestration.runs import run_study

    run_study(study, home, until="conservation")
    places = StudyPlaces(home / study.name)
    reasons: dict[str, Counter[str]] = {}
    for row in places.quarantine.table(["source", "field", "reason"]).to_pylist():
        said = f"{row['field']} {row['reason']}".strip()
        reasons.setdefault(row["source"], Counter())[said] += 1
    counted: dict[str, Counter[str]] = {}
    for row in places.conservation.table().to_pylist():
        mine = counted.setdefault(row["source"], Counter())
        for name in ("raw_records", "postings", "reobservations", "quarantined", "balance"):
            mine[name] += abs(row[name])
    return [
        {
            "study": study.name,
            "source": source,
            "records": str(mine["raw_records"]),
            "postings": str(mine["postings"]),
            "seen_again": str(mine["reobservations"]),
            "set_aside": str(mine["quarantined"]),
            "why_set_aside": ", ".join(
                f"{reason} {count}" for reason, count in sorted(reasons.get(source, Counter()).items())
            ),
            "unaccounted_for": str(mine["balance"]),
        }
        for source, mine in sorted(counted.items())
    ]


def kept() -> list[Row]:
    """The rows of the last time."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def main() -> None:
    """Write the table."""
    before = kept()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="jobtide-conservation-") as folder:
        home = Path(folder)
        for study in real_studies():
            if why := missing_files(study, home):
                print(f"{study.name} stays as it was: {why}", file=sys.stderr)
                rows += [row for row in before if row["study"] == study.name]
            else:
                rows += account(study, home)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text_atomically(TABLE, text.getvalue())


if __name__ == "__main__":
    main()
