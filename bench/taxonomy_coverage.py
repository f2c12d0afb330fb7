"""How much of the market the 650 titles cover, by two judges: writes docs/quality/taxonomy.md.

    python -m bench.taxonomy_coverage
    python -m bench.taxonomy_coverage --agreed LINKEDIN_TITLES CHINA_FOLDER OUT.csv

The second form writes the wordings on whose title both judges agreed, for `python -m bench.title_search OUT.csv`.

Reads docs/quality/taxonomy_judgements.csv: the rows that `bench.taxonomy_draw` draws (file and row number; the
wordings themselves stay in the files they come from) with both judges' verdicts: `right` (a title fits), `missing`
(a definite job without a right title), `vague` (names no job), `outside` (no occupation).
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from bench.taxonomy_draw import draw

FOLDER = Path("docs/quality")
JUDGES = ("a", "b")


def page(rows: list[dict[str, str]]) -> str:
    """The page as Markdown."""
    parts = {
        "300 English postings (by posting count, seed 1)": [r for r in rows if "linkedin" in r["set"]],
        "200 Chinese postings (three files, seed 1)": [r for r in rows if "china" in r["set"]],
    }
    lines = [
        "# Coverage of the 650 titles on real postings",
        "",
        "Written by `python -m bench.taxonomy_coverage` from `taxonomy_judgements.csv`. Two judges read every wording",
        "without seeing each other's verdict. Both are language models, not people, and the list's author is one",
        "too: their agreement shows that the verdicts are repeatable, not that they are free of a common leaning.",
        "",
        "| set | judge | postings | right | missing | vague | outside | right | right of those inside scope |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, part in parts.items():
        for judge in JUDGES:
            counts: Counter[str] = Counter()
            for row in part:
                counts[row[f"judgement_{judge}"]] += int(row["times"])
            total = sum(counts.values())
            inside = total - counts["vague"] - counts["outside"]
            lines.append(
                f"| {name} | {judge.upper()} | {total} | {counts['right']} | {counts['missing']} | {counts['vague']} "
                f"| {counts['outside']} | {counts['right'] / total:.1%} | {counts['right'] / inside:.1%} |"
            )
    lines += [
        "",
        "| set | same verdict | both `right` | of these, the same title |",
        "| --- | --- | --- | --- |",
    ]
    for name, part in parts.items():
        same = sum(r["judgement_a"] == r["judgement_b"] for r in part)
        both = [r for r in part if r["judgement_a"] == r["judgement_b"] == "right"]
        agreed = sum(r["title_a"] == r["title_b"] for r in both)
        lines.append(
            f"| {name} | {same} of {len(part)} wordings ({same / len(part):.1%}) | {len(both)} "
            f"| {agreed} ({agreed / len(both):.1%}) |"
        )
    lines += ["", "## What is missing", "", "| file | row | judge A | judge B |", "| --- | --- | --- | --- |"]
    for row in rows:
        if "missing" in (row["judgement_a"], row["judgement_b"]):
            verdicts = [
                f"{row[f'judgement_{j}']} {row[f'note_{j}'].replace('|', '/')}".strip() for j in JUDGES
            ]
            lines.append(f"| {row['file']} | {row['row']} | {verdicts[0]} | {verdicts[1]} |")
    return "\n".join(lines) + "\n"


def write_agreed(rows: list[dict[str, str]], linkedin: Path, china: Path, out: Path) -> None:
    """Draw again, to have the wordings, and write wording and title of the rows on which the judges agreed."""
    wordings = {(row["file"], str(row["row"])): row["wording"] for row in draw(linkedin, china)}
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["wording", "title_id"])
        for row in rows:
            agreed = row["judgement_a"] == row["judgement_b"] == "right" and row["title_a"] == row["title_b"]
            writer.writerow([wordings[row["file"], row["row"]], row["title_a"] if agreed else ""])


def main() -> None:
    """Read the judgements; write the page, or the agreed wordings."""
    with (FOLDER / "taxonomy_judgements.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    match sys.argv[1:]:
        case ["--agreed", linkedin, china, out]:
            write_agreed(rows, Path(linkedin), Path(china), Path(out))
        case []:
            (FOLDER / "taxonomy.md").write_text(page(rows), "utf-8")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
