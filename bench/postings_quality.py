"""How well the postings stage reads real files: writes docs/quality/postings.md.

    python -m bench.postings_quality

What belongs here: joining what each field's bench measures, and the page around it. What does not: measuring. What
takes minutes is not measured again: its figures lie beside the judgements in docs/quality/postings/, each written by
its own command, which the page names.
"""

import csv
import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

from bench import postings_boilerplate, postings_company_size, postings_stage
from bench.postings_skills import DATA
from storage import write_text_atomically

PAGE = Path(__file__).parents[1] / "docs" / "quality" / "postings.md"
FIGURES = PAGE.with_suffix("")

FIELDS = (
    "bench.postings_pay",
    "bench.postings_place",
    "bench.postings_company_size",
    "bench.postings_industry",
    "bench.postings_education",
    "bench.postings_experience",
    "bench.postings_skills",
)
"""Modules with `measure(data) -> rows`, each row with the keys of COLUMNS. One that is missing is named on the page."""

COLUMNS = (
    "field",
    "file",
    "language",
    "records",
    "stated",
    "parsed",
    "parsed_share",
    "read",
    "right",
    "right_share",
)
COUNTED = (*COLUMNS[4:6], *COLUMNS[7:9])
LANGUAGES = {"en": "English", "zh": "Chinese"}

Row = dict[str, object]


def _whole(row: Row, name: str) -> int:
    return int(str(row[name] or 0))


def table(rows: list[Row], columns: tuple[str, ...]) -> list[str]:
    """Rows as a Markdown table; headings are the names of the columns."""
    lines = ["| " + " | ".join(name.replace("_", " ") for name in columns) + " |"]
    lines.append("| " + " | ".join("---" for _ in columns) + " |")
    return lines + ["| " + " | ".join(str(row.get(name, "")) for name in columns) + " |" for row in rows]


def figures(name: str) -> list[Row]:
    """The rows of docs/quality/postings/`name`; none where the file is not there yet."""
    path = FIGURES / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return [dict(row) for row in csv.DictReader(stream)]


def measured(data: Path) -> tuple[list[Row], list[str]]:
    """The rows of all fields that have a bench, and the names of those that have none."""
    rows: list[Row] = []
    missing: list[str] = []
    for name in FIELDS:
        if importlib.util.find_spec(name) is None:
            missing.append(name.removeprefix("bench.postings_").replace("_", " "))
            continue
        measure: Callable[[Path], list[Row]] = importlib.import_module(name).measure
        rows += measure(data)
    return rows, missing


def together(rows: list[Row]) -> list[Row]:
    """One row a field, kind (a column of its own, or whole texts; empty where a bench does not say) and language."""
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        key = (str(row["field"]), str(row.get("kind", "")), str(row["language"]))
        mine = sums.setdefault(key, dict.fromkeys(COUNTED, 0))
        for name in mine:
            mine[name] += _whole(row, name)
    return [
        {
            "field": field,
            "kind": kind,
            "language": LANGUAGES.get(language, language),
            **mine,
            "parsed_share": f"{mine['parsed'] / mine['stated']:.1%}" if mine["stated"] else "",
            "right_share": f"{mine['right'] / mine['read']:.1%}" if mine["read"] else "",
        }
        for (field, kind, language), mine in sums.items()
    ]


AIMS: dict[str, tuple[float | None, float | None]] = {"pay": (0.99, 0.98), "skills": (None, 0.95)}
"""Least shares parsed and right; the other fields have OTHER_AIMS. Many texts name no skill at all."""
OTHER_AIMS = (0.97, 0.97)
OVER_BOTH = ("skills",)
"""Fields whose aim is over the hits of both languages together."""
BOTH = "both"


def _against(aim: float | None, of: int, out_of: int) -> str:
    if not out_of:
        return "not measured"
    share = f"{of / out_of:.1%}"
    if aim is None:
        return share
    return f"{share} {'reached' if of >= aim * out_of else 'NOT REACHED'}"


def aims(sums: list[Row]) -> list[str]:
    """Each field against its aims: now, and what its last sample gave before anything was mended on it."""
    fresh = {
        (str(row["field"]), LANGUAGES[str(row["language"])]): {
            name: _whole(row, name) for name in COUNTED[2:]
        }
        for row in figures("first_sight.csv")
    }
    for field in OVER_BOTH:
        of_field = [counts for (name, _), counts in fresh.items() if name == field]
        fresh[field, BOTH] = {name: sum(counts[name] for counts in of_field) for name in COUNTED[2:]}
    added: dict[tuple[str, str], dict[str, int]] = {}
    for row in sums:
        field, language = str(row["field"]), str(row["language"])
        for languages in (language, BOTH) if field in OVER_BOTH else (language,):
            mine = added.setdefault((field, languages), dict.fromkeys(COUNTED, 0))
            for name in COUNTED:
                mine[name] += _whole(row, name)
    table_rows: list[Row] = []
    for (field, language), now in sorted(added.items(), key=lambda item: item[0][1] == BOTH):
        parsed, right = AIMS.get(field, OTHER_AIMS)
        if field in OVER_BOTH and language != BOTH:
            parsed = right = None
        first = fresh.get((field, language), {})
        table_rows.append(
            {
                "field": field,
                "language": language,
                "aims": ", ".join(
                    f"{aim:.0%} {what}"
                    for aim, what in ((parsed, "parsed"), (right, "right"))
                    if aim is not None
                ),
                "parsed": _against(parsed, now["parsed"], now["stated"]),
                "right_now": _against(right, now["right"], now["read"]),
                "right_at_first_sight": f"{_against(right, first['right'], first['read'])} "
                f"({first['right']} of {first['read']})"
                if first
                else "not measured",
            }
        )
    return ["Against the aims:", "", *table(table_rows, tuple(table_rows[0])), "", *FIRST_SIGHT_MEANS]


FIRST_SIGHT_MEANS = (
    "*Right at first sight* is the last sample of the field, before anything was mended on it: what a reader may",
    "expect of postings like these that the parsers have never seen. Last samples of education and experience in",
    "English are records as a run reads them, half from a field of its own, half from texts that hold a word such as",
    "*degree* or *years*. A hundred rows tell 97 % from 93 % only.",
)


def fields(data: Path) -> list[str]:
    """What was stated, parsed and right, field by field."""
    rows, missing = measured(data)
    sums = together(rows)
    lines = [
        "## Fields",
        "",
        *aims(sums),
        "",
        "All files of a field added:",
        "",
        *table(sums, ("field", "kind", "language", *COLUMNS[4:])),
        "",
        "File by file:",
        "",
        *table(rows, COLUMNS),
    ]
    rates = [str(row["postings_a_second"]) for row in rows if row.get("postings_a_second")]
    if rates:
        lines += [
            "",
            f"Skills are found in {', '.join(rates)} postings a second, in the order of the files, on one core.",
        ]
    banded = postings_company_size.with_a_band(data)
    if banded is not None:
        lines += [
            "",
            f"Of the company sizes that are stated, {banded:.1%} lie mostly in one of the studies' seven bands; the",
            "others (such as 50-150) keep their bounds and have no band.",
        ]
    if missing:
        lines += ["", f"Not measured yet: {', '.join(missing)}."]
    return lines


OPENING = """# Reading real postings

Written by `make postings-quality` (`python -m bench.postings_quality`) from the files in `../shared/data`, of which
nothing but row numbers, short derived values and counts is kept here. Speeds vary with the machine."""

FUZZED = """Mutated real and made-up cells through every parser (`python -m bench.postings_fuzz`, a quarter of an hour).
The slowest calls are timed again at one, two, four and eight times the length; the exponent is the slope of log time on
log length, the last doubling how often the time of four times the length eight times takes (2 is linear)."""

MEANING = """## What the columns mean

*Records*: rows of the file. *Stated*: in a column that holds nothing but the field, every cell that is not empty,
whatever it holds; in a whole advertisement, where only reading tells, the read texts that state one; for skills,
postings with a text, or with tags. *Parsed*: those of them in which the parser finds something; a rank without years
("SENIOR") counts as parsed experience. *Read* and *right*: rows read against the raw text, and those where the parser
says what the reader wrote down. The reader wrote before looking at the parser's answer, except for skills, where each
hit was judged in its context. The reader is a language model, not a person.

Rows are drawn by seeded scripts (`python -m bench.postings_requirements --draw SOURCE`,
`python -m bench.postings_skills --draw`), each row or hit as likely, and lie with the judgement in
`docs/quality/postings/FIELD.csv`; `found` and `right` are written anew by this command. Texts are read as a run reads
them: whole, with the boilerplate. Of the samples `fourth` and `records` to `records third` of education and experience
the reader saw the passages around telling words, of the later ones the whole text; four of their rows were put right
when the parser disagreed, and count as wrong at first sight. Sources named `edu` and `exp` are drawn from English texts
that hold a word such as "degree" or "years", since most hospital advertisements state neither; they say nothing of how
often a text states one. Texts in another language (Amharic) are passed over.

Pay, place, company size and industry are drawn over distinct cells (`python -m bench.postings_fields --draw FIELD
SAMPLE`), so that what is rare is read as often as what is common; where a file has few distinct cells all are read.
There *stated* is narrower: pay that states an amount, a place that is more than "Remote" or 无; the rules stand in
`bench/postings_pay.py`, `postings_place.py`, `postings_company_size.py` and `postings_industry.py`. Company size is in
no English file.

The parsers were mended on what the samples showed, so the tables above flatter them. What each sample of texts or hits
gave at first sight, before anything was mended on it:
"""


ELSEWHERE = """### Postings of other countries and years

What the English readers of education and experience make of postings that look like none of the above: the
requirements of 184 advertisements of the Employment Scam Aegean Dataset (University of the Aegean; Workable,
2012-2014), from stretches spread over its file, not drawn by a seed; those with no passage on requirements are passed
over. The reader took down each passage and what it asks for in seven batches, before the parsers saw it; they were
mended after each, on that batch. So the first column is the fair one
(`docs/quality/postings/elsewhere.csv`, by the dataset's job_id):
"""


def elsewhere() -> list[str]:
    """Right at first sight and after mending, on a public dataset that is not in `../shared/data`."""
    judged = figures("elsewhere.csv")
    rows: list[Row] = []
    for field in sorted({str(row["field"]) for row in judged}):
        mine = [row for row in judged if row["field"] == field]
        shares = {name: sum(row[name] == "yes" for row in mine) for name in ("at_first", "after_mending")}
        rows.append(
            {
                "field": field,
                "read": len(mine),
                **{name: f"{right} ({right / len(mine):.1%})" for name, right in shares.items()},
            }
        )
    return [ELSEWHERE, *table(rows, ("field", "read", "at_first", "after_mending"))]


def meaning() -> list[str]:
    """What counts as stated and as right, how the rows that were read were drawn, and what they gave at first."""
    return [
        MEANING,
        *table(figures("first_sight.csv"), ("field", "language", "sample", "read", "right")),
        "",
        "The fourth sample of skills is the one in the tables: nothing was mended on it, nor on the third of English",
        "pay, the fourth of English places, and all of Chinese pay and places. Nothing was mended on `records fifth`",
        "of education and experience either: the last rows of these fields in the table by files. Their texts had been",
        "looked through beside the parsers' answers before, so that table tells how these files are read and no more.",
        "",
        *elsewhere(),
    ]


def conservation() -> list[str]:
    """Records in and out of each real file; the rows of conservation.csv, whatever its columns."""
    rows = figures("conservation.csv")
    if not rows:
        return []
    return ["## Every record is accounted for", "", *table(rows, tuple(rows[0]))]


def boilerplate(data: Path) -> list[str]:
    """How much is stripped, and what that does to the classifier."""
    rows = postings_boilerplate.measure(data)
    lines = ["## Boilerplate", "", *table(rows, tuple(rows[0]))]
    judged = figures("boilerplate.csv")
    if judged:
        lines += [
            "",
            "Accuracy on employers never seen, of whole and of stripped texts: the synthetic market `worldwide`, the",
            "same labels, folds and seed (`python -m bench.postings_boilerplate --accuracy FOLDER`, some minutes):",
            "",
            *table(judged, tuple(judged[0])),
        ]
    return lines


def fuzz() -> list[str]:
    """The fuzz run's table."""
    rows = figures("fuzz.csv")
    if not rows:
        return []
    return [
        "## Fuzz",
        "",
        FUZZED,
        "",
        *table(rows, tuple(rows[0])),
    ]


def speed() -> list[str]:
    """The stage's speed and memory, and the duplicates found."""
    if not postings_stage.TABLE.exists():
        return []
    return ["## Speed, memory and duplicates", "", *postings_stage.section()]


def page(data: Path) -> str:
    """The page as Markdown."""
    sections = [
        [OPENING],
        fields(data),
        meaning(),
        conservation(),
        boilerplate(data),
        fuzz(),
        speed(),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def main() -> None:
    """Write the page."""
    if not DATA.is_dir():
        raise SystemExit(f"no real files at {DATA}: the page is measured on them and stays as it is")
    write_text_atomically(PAGE, page(DATA))


if __name__ == "__main__":
    main()
