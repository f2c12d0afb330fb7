"""Postings in one form, whether they come from a synthetic market or from a real file of ../shared/data.

What belongs here: which column of a file is what, and what counts as empty. What does not: measuring. The real texts
stay in memory; no page or file gets them.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from market.generate import generate_market
from market.spec import MarketSpec
from postings.normalise.employers import normalised_employer
from postings.normalise.text import plain_text

FIELDS = (
    *(
        "employer",
        "employer_size",
        "employer_kind",
        "industry",
        "city",
        "pay",
        "employment_type",
        "education",
    ),
    *("experience", "skills", "posted_date"),
)
"""The fields whose absence is compared."""

_SYNTHETIC = {
    "employer": "company",
    "employer_size": "company_size",
    "employer_kind": "company_type",
    "pay": "salary",
    "posted_date": "posted_at",
}
_NAMELESS = {"private client", "other agencies and independent organizations", "central advertising - other"}
"""Names under which many employers hide; they are no employer."""

_NOTHING = {"", "无"}
_MARKUP = re.compile(r"<[a-zA-Z/][^>]*>|&lt;[a-zA-Z/]")

Values = list[str | None]


@dataclass(frozen=True)
class Sample:
    """One set of postings; what a file does not have is empty.

    titles: distinct titles with their numbers of postings. texts: descriptions without markup. markup: share of
    descriptions that hold markup. employers: postings by employer. pay: what each posting says of pay, None where
    nothing. pay_named: share of postings with pay in a column of numbers, where there is no text. missing: by field,
    the share without it. wordings: (occupation, title) of each posting whose occupation the file knows. keys: (title,
    text) of each posting that has a text. months: postings by month.
    """

    name: str
    rows: int
    titles: Counter[str]
    texts: list[str] = field(default_factory=list)
    markup: float = 0.0
    employers: Counter[str] = field(default_factory=Counter)
    pay: Values = field(default_factory=list)
    pay_named: float | None = None
    missing: dict[str, float] = field(default_factory=dict)
    wordings: list[tuple[str, str]] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)
    months: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Copy:
    """A planted copy: its kind, and (title, text) of it and of what it repeats."""

    kind: str
    own: tuple[str, str]
    original: tuple[str, str]


@dataclass(frozen=True)
class Market:
    """A synthetic market: all of it, its English and its Chinese ads, and the planted copies."""

    postings: int
    fingerprint: str
    whole: Sample
    english: Sample
    chinese: Sample
    copies: list[Copy]


def make_sample(
    name: str,
    fields: dict[str, Sequence[str | None]],
    descriptions: Sequence[str | None] = (),
    occupations: Sequence[str | None] = (),
    months: Sequence[str] = (),
    pay_named: float | None = None,
) -> Sample:
    """A sample from columns of equal length; `fields` holds `title` and any of FIELDS."""
    cleaned = {key: [_value(entry) for entry in column] for key, column in fields.items()}
    titles = [title for title in cleaned["title"] if title]
    plain = [plain_text(text) or "" for text in descriptions]
    given = [text for text in descriptions if text]
    return Sample(
        name,
        len(cleaned["title"]),
        Counter(titles),
        [text for text in plain if text],
        sum(bool(_MARKUP.search(text)) for text in given) / len(given) if given else 0.0,
        Counter(
            normalised_employer(employer)
            for employer in cleaned.get("employer", [])
            if employer and employer.casefold() not in _NAMELESS
        ),
        cleaned.get("pay", []),
        pay_named,
        {key: column.count(None) / len(column) for key, column in cleaned.items() if key in FIELDS},
        [(kind, title) for kind, title in zip(occupations, cleaned["title"], strict=False) if kind and title],
        [(title or "", text) for title, text in zip(cleaned["title"], plain, strict=False) if text],
        Counter(months),
    )


def _value(entry: Any) -> str | None:
    text = "" if entry is None else " ".join(str(entry).split())
    return None if text.casefold() in _NOTHING else text


def synthetic_market(name: str, spec: MarketSpec, folder: Path) -> Market:
    """Make a market in `folder` and read it back as a source gives it: each posting once, broken dates and all."""
    made = generate_market(spec, folder / "out", folder / "truth")
    given = pa.concat_tables(
        pq.read_table(path) for path in sorted((folder / "out").glob("postings-*.parquet"))
    )
    true = pa.concat_tables(
        pq.read_table(path) for path in sorted((folder / "truth").glob("postings-*.parquet"))
    )
    rows = {row_id: row for row, row_id in reversed(list(enumerate(given.column("id").to_pylist())))}
    given = given.take(pa.array([rows[row_id] for row_id in true.column("id").to_pylist()]))
    columns = {key: given.column(_SYNTHETIC.get(key, key)).to_pylist() for key in ("title", *FIELDS)}
    texts, language = given.column("description").to_pylist(), true.column("language").to_pylist()
    titles, months = true.column("title_id").to_pylist(), true.column("month").to_pylist()

    def part(label: str, keep: Callable[[str], bool]) -> Sample:
        chosen = [row for row, spoken in enumerate(language) if keep(spoken)]
        if not chosen:
            return Sample(label, 0, Counter())
        return make_sample(
            label,
            {key: [column[row] for row in chosen] for key, column in columns.items()},
            [texts[row] for row in chosen],
            [titles[row] for row in chosen],
            [months[row] for row in chosen],
        )

    return Market(
        spec.postings,
        made.fingerprint,
        part(f"`{name}`", lambda _: True),
        part(f"`{name}`, English ads", lambda spoken: spoken == "en"),
        part(f"`{name}`, Chinese ads", lambda spoken: spoken == "zh"),
        _copies(true, columns["title"], texts),
    )


def _copies(true: pa.Table, titles: Values, texts: Values) -> list[Copy]:
    row_of = {row_id: row for row, row_id in enumerate(true.column("id").to_pylist())}

    def said(row: int) -> tuple[str, str]:
        return titles[row] or "", plain_text(texts[row]) or ""

    pairs = zip(true.column("copy_of").to_pylist(), true.column("copy_kind").to_pylist(), strict=True)
    return [
        Copy(kind, said(row), said(row_of[source]))
        for row, (source, kind) in enumerate(pairs)
        if source is not None
    ]


def real_samples(data: Path) -> dict[str, Sample]:
    """The real files that can be compared, by a short name."""
    return {
        "linkedin": _linkedin(data),
        "usajobs": _usajobs(data),
        "ats": _ats(data),
        "nhs": _nhs(data),
        "afriworket": _afriworket(data),
        "china_2022": _china_2022(data),
        "china_2023": _china(
            data / "china_postings" / "51job_2023_dated.parquet",
            "51job 2023",
            {
                "title": "title",
                "employer": "company",
                "employer_size": "company_size",
                "employer_kind": "ownership",
                "industry": "industry",
                "city": "location",
                "pay": "salary",
                "employment_type": "job_type",
                "education": "education",
                "experience": "experience",
                "posted_date": "publish_time",
            },
        ),
        "china_2024": _china(
            data / "china_postings" / "51job_2024_ten_occupations.parquet",
            "51job 2024",
            {
                "title": "职位",
                "employer": "公司",
                "employer_size": "需求",
                "employer_kind": "性质",
                "industry": "主营",
                "city": "地点",
                "pay": "薪资",
            },
            "职位种类",
        ),
    }


def _linkedin(data: Path) -> Sample:
    table = pq.read_table(data / "linkedin" / "us_2024_titles.parquet")
    pairs = zip(table.column("title").to_pylist(), table.column("postings").to_pylist(), strict=True)
    counts: Counter[str] = Counter()
    for title, postings in pairs:
        counts[" ".join(title.split())] += postings
    return Sample("linkedin, US 2024", counts.total(), counts)


def _usajobs(data: Path) -> Sample:
    table = pq.read_table(data / "usajobs" / "announcements_2024_2025.parquet")
    agencies = zip(table.column("subagency").to_pylist(), table.column("agency").to_pylist(), strict=True)
    return make_sample(
        "usajobs",
        {
            "title": table.column("position_title").to_pylist(),
            "employer": [below or above for below, above in agencies],
        },
        occupations=[
            series[0] if series else None for series in table.column("occupation_series").to_pylist()
        ],
        months=[date[:7] for date in table.column("open_date").to_pylist()],
    )


def _ats(data: Path) -> Sample:
    table = pq.read_table(data / "ats_daily_snapshots" / "jobs.parquet")
    stated = table.column("has_salary").to_pylist()
    sample = make_sample(
        "boards of 250 companies",
        {
            "title": table.column("title").to_pylist(),
            "employer": table.column("company").to_pylist(),
            "city": table.column("location_raw").to_pylist(),
            "employment_type": table.column("employment_type").to_pylist(),
        },
        pay_named=sum(stated) / len(stated),
    )
    # The files' own company column is never empty: it is the name of the board.
    del sample.missing["employer"]
    return sample


def _nhs(data: Path) -> Sample:
    rows = []
    with gzip.open(
        data / "schema_org_jobposting" / "nhs_uk_2020_sample.jsonl.gz", "rt", encoding="utf-8"
    ) as lines:
        for line in lines:
            try:
                rows.append(json.loads(line))
            except ValueError:  # one posting of the file is cut in two
                continue
    return make_sample(
        "schema.org, NHS 2020",
        {
            "title": [row["title"] for row in rows],
            "employer": [row["hiringOrganization"].get("name") for row in rows],
            "city": [row["jobLocation"]["address"].get("addressLocality") for row in rows],
            "pay": [row["baseSalary"]["value"].get("value") for row in rows],
            "employment_type": [row["employmentType"] for row in rows],
        },
        [row["description"] for row in rows],
    )


def _afriworket(data: Path) -> Sample:
    table = pq.read_table(data / "afriworket" / "postings_2026.parquet")
    columns = {
        "title": "title",
        "employer": "company",
        "industry": "industry",
        "city": "location",
        "pay": "salary_raw",
        "employment_type": "job_type",
        "education": "education_qualification",
        "experience": "experience_level",
        "skills": "skills",
        "posted_date": "posted_date",
    }
    return make_sample(
        "afriworket 2026",
        {key: table.column(column).to_pylist() for key, column in columns.items()},
        table.column("full_description").to_pylist(),
    )


def _china_2022(data: Path) -> Sample:
    table = pq.read_table(data / "china_postings" / "51job_2022_it_with_text.parquet")
    least = table.column("min_wages").to_pylist()
    return make_sample(
        "51job 2022, IT",
        {
            "title": table.column("title").to_pylist(),
            "city": table.column("place2").to_pylist(),
            "education": table.column("education").to_pylist(),
        },
        table.column("requirement").to_pylist(),
        table.column("keyword").to_pylist(),
        pay_named=sum(value is not None for value in least) / len(least),
    )


def _china(path: Path, name: str, columns: dict[str, str], occupation: str | None = None) -> Sample:
    table = pq.read_table(path)
    return make_sample(
        name,
        {key: table.column(column).to_pylist() for key, column in columns.items()},
        occupations=table.column(occupation).to_pylist() if occupation else (),
    )
