"""Tables of a synthetic market beside real files, each with a sentence on where the two are unlike.

What belongs here: which samples stand side by side, and the words. What does not: the measures. The sentences are put
together from the figures, so that they stay true when the market changes.
"""

import calendar
import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.market_measures import (
    ALIKE,
    has_latin,
    near_duplicates,
    pay_pattern,
    quantiles,
    rank_size_slope,
    rarefied,
    relative,
    repeats,
    script,
    shingles,
    shown_pattern,
    similarity,
    text_key,
    top_share,
    wordings_per_occupation,
)
from bench.market_samples import FIELDS, Copy, Market, Sample

Real = dict[str, Sample]
ENGLISH_TEXTS, CHINESE_TEXTS = ("nhs", "afriworket"), ("china_2022",)
FEW, MANY = 1_000, 2_500
"""Postings to which measures that depend on the number of postings are rarefied."""

YEAR = "2024"
COMPARED_MONTHS = [f"{YEAR}-{month:02d}" for month in range(2, 13)]
"""The months that all sources of the table of months have."""


def realism(worldwide: Market, china: Market, real: Real, data: Path) -> list[str]:
    """The first part of the page: one section a measure."""
    return [
        *_lengths(worldwide, china, real),
        *_titles(worldwide, china, real),
        *_employers(worldwide, china, real),
        *_duplicates(worldwide, china, real),
        *_planted(worldwide, china),
        *_pay(worldwide, china, real),
        *_missing(worldwide, china, real),
        *_months(worldwide, real, data),
        *_scripts(worldwide, china, real),
    ]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [f"| {' | '.join(header)} |", f"| --- |{' ---: |' * (len(header) - 1)}"]
    return [*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows), ""]


def percent(share: float | None, digits: int = 1) -> str:
    """A share (0 to 1) in percent; a dash for None."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def between(values: Sequence[float], digits: int = 0, unit: str = "") -> str:
    """`1 to 3 %`, or one value where all print alike."""
    low, high = f"{min(values):,.{digits}f}", f"{max(values):,.{digits}f}"
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def shares_between(values: Sequence[float], digits: int = 0) -> str:
    """`between` for shares, in percent."""
    return between([100 * value for value in values], digits, " %")


def _lengths(worldwide: Market, china: Market, real: Real) -> list[str]:
    english = [worldwide.english, *(real[name] for name in ENGLISH_TEXTS)]
    chinese = [worldwide.chinese, china.whole, *(real[name] for name in CHINESE_TEXTS)]

    def row(sample: Sample) -> list[str]:
        low, middle, high = quantiles([len(text) for text in sample.texts])
        figures = [f"{figure:,}" for figure in (len(sample.texts), low, middle, high)]
        return [sample.name, *figures, f"{high / low:.1f}", percent(sample.markup, 0)]

    found = {sample.name: quantiles([len(text) for text in sample.texts]) for sample in (*english, *chinese)}
    ours, theirs = found[english[0].name], [found[sample.name] for sample in english[1:]]
    ours_zh = [found[sample.name][1] for sample in chinese[:2]]
    theirs_zh = [found[sample.name] for sample in chinese[2:]]
    return [
        "## Length of ads",
        "",
        "Characters after HTML is stripped; ads without text are left out. HTML: share of the raw texts that "
        "hold markup.",
        "",
        *table(["ads", "n", "10 %", "50 %", "90 %", "90 % / 10 %", "HTML"], map(row, (*english, *chinese))),
        f"Unlike: the median English ad has {ours[1]:,} characters, the real ones "
        f"{between([q[1] for q in theirs])}; a long one (90 %) is {ours[2] / ours[0]:.1f} times a short one "
        f"(10 %), in the real files {between([q[2] / q[0] for q in theirs], 1)} times. The median Chinese ad "
        f"has {between(ours_zh)}, the real one {between([q[1] for q in theirs_zh])}. HTML cannot be "
        "compared: the NHS file keeps all of it, the others were stripped by whoever collected them.",
        "",
    ]


def _titles(worldwide: Market, china: Market, real: Real) -> list[str]:
    english = [
        worldwide.english,
        *(real[name] for name in ("linkedin", "usajobs", "ats", "nhs", "afriworket")),
    ]
    chinese = [
        worldwide.chinese,
        china.whole,
        *(real[name] for name in ("china_2022", "china_2023", "china_2024")),
    ]

    def row(sample: Sample) -> list[str]:
        counts = sample.titles
        occupations = wordings_per_occupation(sample.wordings)
        return [
            sample.name,
            f"{counts.total():,}",
            f"{rarefied(counts.values(), FEW)[0]:,.0f}",
            percent(_once(counts), 0),
            percent(_top(counts), 2),
            f"{occupations[0]:.0f} ({occupations[1]})" if occupations else "-",
        ]

    real_english, real_chinese = english[1:], chinese[2:]
    tops = [_top(sample.titles) for sample in real_english]
    return [
        "## Wordings of titles",
        "",
        f"Distinct title strings expected in {FEW:,} postings, and the share of postings whose title no other "
        f"has among {MANY:,}, so that n does not matter (rarefied, Hurlbert 1971); the share of the most "
        "frequent title. Last: distinct titles expected in 100 postings of one occupation, mean over the "
        "occupations (their number) that have so many.",
        "",
        *table(
            ["ads", "n", f"distinct in {FEW:,}", "unique", "most frequent", "in 100 of an occupation"],
            map(row, (*english, *chinese)),
        ),
        f"Unlike: the most frequent English title is {percent(_top(worldwide.english.titles), 2)} of the "
        f"synthetic ads and {shares_between(tops, 1)} of the real ones, where everybody writes the commonest "
        f"jobs alike; {percent(_once(worldwide.english.titles), 0)} of its titles are "
        f"unique, {shares_between([_once(s.titles) for s in real_english])} of the real. In Chinese "
        f"{percent(_once(china.whole.titles), 0)} (`china_ai`) stand against "
        f"{shares_between([_once(s.titles) for s in real_chinese])}; the real files were searched for by a "
        "few occupations.",
        "",
    ]


def _once(counts: Counter[str]) -> float:
    return rarefied(counts.values(), MANY)[1] / min(MANY, counts.total())


def _top(counts: Counter[str]) -> float:
    return max(counts.values()) / counts.total()


def _employers(worldwide: Market, china: Market, real: Real) -> list[str]:
    ours = [worldwide.whole, china.whole]
    theirs = [real[name] for name in ("usajobs", "ats", "nhs", "afriworket", "china_2023", "china_2024")]

    def row(sample: Sample) -> list[str]:
        sizes = list(sample.employers.values())
        slope = rank_size_slope(sizes)
        distinct, once = rarefied(sizes, MANY)
        return [
            sample.name,
            f"{sum(sizes):,}",
            f"{len(sizes):,}",
            f"{sum(sizes) / len(sizes):.1f}",
            percent(top_share(sizes, 0.01), 0),
            percent(top_share(sizes, 0.1), 0),
            percent(_single(sample), 0),
            percent(once / distinct, 0),
            "-" if slope is None else f"{slope:.2f}",
        ]

    open_files = [sample for sample in theirs if sample is not real["ats"]]
    slopes = [rank_size_slope(sample.employers.values()) or 0.0 for sample in theirs]
    own_slopes = [rank_size_slope(sample.employers.values()) or 0.0 for sample in ours]
    tops = [top_share(sample.employers.values(), 0.01) for sample in theirs]
    return [
        "## Sizes of employers",
        "",
        "Employers by normalised name; names that stand for many employers (`Private Client`) are left out; "
        "USAJOBS by subagency, or by agency where none is given. Slope: least squares of log postings on log "
        "rank, employers with five postings or more; -1 is Zipf's law. Single: share of employers with one "
        f"posting, in the whole file and expected in {MANY:,} postings drawn from it.",
        "",
        *table(
            [
                "postings",
                "n",
                "employers",
                "each",
                "top 1 %",
                "top 10 %",
                "single",
                f"single of {MANY:,}",
                "slope",
            ],
            map(row, (*ours, *theirs)),
        ),
        f"Unlike: {shares_between([_single(s) for s in ours])} of the synthetic employers have a single "
        f"posting, {shares_between([_single(s) for s in open_files])} of the real ones in files that are no "
        f"list of chosen boards; an employer has {between([_each(s) for s in ours], 1)} postings on average, "
        f"there {between([_each(s) for s in open_files], 1)}. The "
        f"largest 1 % hold {shares_between([top_share(s.employers.values(), 0.01) for s in ours])} (real: "
        f"{shares_between(tops)}), with slopes of {between(own_slopes, 2)} (real: {between(slopes, 2)}).",
        "",
    ]


def _each(sample: Sample) -> float:
    return sample.employers.total() / len(sample.employers)


def _single(sample: Sample) -> float:
    sizes = sample.employers.values()
    return sum(size == 1 for size in sizes) / len(sizes)


def _duplicates(worldwide: Market, china: Market, real: Real) -> list[str]:
    ours = [worldwide.whole, china.whole]
    theirs = [real[name] for name in (*ENGLISH_TEXTS, *CHINESE_TEXTS)]
    found = {}
    for sample in (*ours, *theirs):
        both = repeats([(text_key(title), text_key(text)) for title, text in sample.keys])
        alone = repeats([text_key(text) for _, text in sample.keys])
        found[sample.name] = both, alone, near_duplicates([text for _, text in sample.keys])
    rows = [
        [sample.name, f"{len(sample.keys):,}", *(percent(share) for share in found[sample.name])]
        for sample in (*ours, *theirs)
    ]

    def ranges(samples: Sequence[Sample], measure: int) -> str:
        return shares_between([found[sample.name][measure] for sample in samples], 1)

    return [
        "## Duplicates",
        "",
        "Share of ads that repeat an earlier one of the file: title and text alike, text alone alike (case "
        "and white space aside), and near duplicates, exact ones included (texts whose sets of 5-character "
        f"runs have a Jaccard similarity of at least {ALIKE}; a lower bound).",
        "",
        *table(["ads", "n", "title and text", "text alone", "near"], rows),
        f"Unlike: {ranges(ours, 0)} of the synthetic ads repeat another word for word and {ranges(theirs, 0)} "
        f"of the real ones; of near duplicates there are {ranges(ours, 2)} against {ranges(theirs, 2)}. The "
        "real files are single boards seen for weeks, cleaned by whoever collected them; the market is a "
        "crawl of many boards over three years.",
        "",
    ]


def _planted(worldwide: Market, china: Market) -> list[str]:
    rows = []
    missed = []
    for market in (worldwide, china):
        for kind in dict.fromkeys(sorted(copy.kind for copy in market.copies)):
            copies = [copy for copy in market.copies if copy.kind == kind]
            exact = _share(text_key(c.own[0]) == text_key(c.original[0]) and _alike(c) for c in copies)
            text = _share(_alike(c) for c in copies)
            near = _share(similarity(shingles(c.own[1]), shingles(c.original[1])) >= ALIKE for c in copies)
            rows.append(
                [
                    f"{market.whole.name}, {kind}",
                    f"{len(copies):,}",
                    percent(len(copies) / market.postings),
                    *(percent(share, 0) for share in (exact, text, near)),
                ]
            )
            if kind in ("near", "agency"):
                missed.append(near)
    planted = [len(market.copies) / market.postings for market in (worldwide, china)]
    return [
        "Of the planted copies, each compared with the ad that it repeats (of all postings; a copy whose "
        "text was lost with a broken record is found by nothing):",
        "",
        *table(
            ["market, kind of copy", "n", "planted", "title and text", "text alone", "near duplicate"], rows
        ),
        "Exact matching finds the exact copies, reposts and other places, and nothing of the near ones and "
        f"those of agencies; similarity finds {shares_between(missed)} of these. Planted in all: "
        f"{shares_between(planted, 1)} of postings.",
        "",
    ]


def _alike(copy: Copy) -> bool:
    return bool(copy.own[1]) and text_key(copy.own[1]) == text_key(copy.original[1])


def _share(marks: Iterable[bool]) -> float:
    found = list(marks)
    return sum(found) / len(found)


def _pay(worldwide: Market, china: Market, real: Real) -> list[str]:
    english = [worldwide.english, *(real[name] for name in ENGLISH_TEXTS)]
    chinese = [worldwide.chinese, china.whole, real["china_2023"], real["china_2024"]]
    columns = [real["ats"], real["china_2022"]]

    def row(sample: Sample) -> list[str]:
        if not sample.pay:
            return [sample.name, f"{sample.rows:,}", "-", percent(sample.pay_named, 0), "-", "-", "-"]
        said = [text for text in sample.pay if text]
        counts = _patterns(sample)
        return [
            sample.name,
            f"{sample.rows:,}",
            percent(len(said) / sample.rows, 0),
            percent(_figures(sample), 0),
            f"{rarefied(counts.values(), FEW)[0]:,.0f}",
            percent(_top(counts), 0),
            percent(_ten(counts), 0),
        ]

    real_english = [rarefied(_patterns(sample).values(), FEW)[0] for sample in english[1:]]
    ours_english = rarefied(_patterns(english[0]).values(), FEW)[0]
    real_chinese = [_patterns(sample) for sample in chinese[2:]]
    ours_chinese = [_patterns(sample) for sample in chinese[:2]]
    lacking = [
        pattern
        for pattern, _ in sum(real_chinese, Counter()).most_common(5)
        if all(counts[pattern] / counts.total() < 0.01 for counts in ours_chinese)
    ]
    hardly = ""
    if lacking:
        hardly = f", of whose five most frequent the market hardly has {', '.join(f'`{p}`' for p in lacking)}"
    said_zh = [_figures(sample) for sample in chinese[:2]], [_figures(sample) for sample in chinese[2:]]
    return [
        "## Pay",
        "",
        "Says something, and states a figure: shares of ads (of the last two files the pay stands in columns "
        f"of numbers). Patterns: distinct forms expected in {FEW:,} pay strings, every number written as 0; "
        "the share of the most frequent, and of the ten most frequent.",
        "",
        *table(
            ["ads", "n", "says something", "a figure", f"patterns in {FEW:,}", "top", "top ten"],
            map(row, (*english, *chinese, *columns)),
        ),
        "The ten most frequent patterns (share of the pay strings; no text of an ad is repeated here, only "
        "its form):",
        "",
        *_pattern_lists([english[0], *english[1:]]),
        *_pattern_lists(chinese),
        "Unlike: the most frequent Chinese pattern makes up "
        f"{shares_between([_top(c) for c in ours_chinese])} of the market's pay strings and "
        f"{shares_between([_top(c) for c in real_chinese])} of 51job's{hardly}; a figure is stated in "
        f"{shares_between(said_zh[0])} of ads, at 51job in {shares_between(said_zh[1])}. In English the "
        f"market has {ours_english:,.0f} patterns in {FEW:,}; the NHS, where people type, has "
        f"{max(real_english):,.0f}, and a board with a form to fill in {min(real_english):,.0f}.",
        "",
    ]


def _figures(sample: Sample) -> float:
    return sum(bool(text and re.search(r"\d", text)) for text in sample.pay) / sample.rows


def _patterns(sample: Sample) -> Counter[str]:
    return Counter(pay_pattern(text) for text in sample.pay if text)


def _ten(counts: Counter[str]) -> float:
    return sum(count for _, count in counts.most_common(10)) / counts.total()


def _pattern_lists(samples: Sequence[Sample]) -> list[str]:
    columns = []
    for sample in samples:
        counts = _patterns(sample)
        ten = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
        columns.append(
            [
                f"`{shown_pattern(pattern).replace('|', '/')}` {percent(count / counts.total(), 1)}"
                for pattern, count in ten
            ]
        )
    rows = [
        [place + 1, *(column[place] if place < len(column) else "" for column in columns)]
        for place in range(10)
    ]
    return table(["", *(sample.name for sample in samples)], rows)


def _missing(worldwide: Market, china: Market, real: Real) -> list[str]:
    samples = [
        worldwide.whole,
        china.whole,
        *(real[name] for name in ("nhs", "afriworket", "ats", "china_2022", "china_2023", "china_2024")),
    ]
    rows = [
        [
            field.replace("_", " "),
            *(percent(sample.missing[field], 0) if field in sample.missing else "-" for sample in samples),
        ]
        for field in FIELDS
        if field != "pay"
    ]
    ours = worldwide.whole.missing

    def theirs(field: str) -> str:
        return shares_between([sample.missing[field] for sample in samples[2:] if field in sample.missing])

    return [
        "## Missing fields",
        "",
        "Share of postings in which the field is empty; `-`: the file has no such field. n as above.",
        "",
        *table(["field", *(sample.name for sample in samples)], rows),
        "Unlike: a board that asks for a field gets it, so a real file lacks a field in nearly all postings "
        f"or in few (education {theirs('education')}, experience {theirs('experience')}, employment type "
        f"{theirs('employment_type')}); the market lacks each at random (education "
        f"{percent(ours['education'], 0)}, experience {percent(ours['experience'], 0)}, employment type "
        f"{percent(ours['employment_type'], 0)}), as a mixture of many boards does, but without the boards.",
        "",
    ]


def _months(worldwide: Market, real: Real, data: Path) -> list[str]:
    def by_day(counts: Counter[str]) -> dict[str, float]:
        days = {month: calendar.monthrange(int(month[:4]), int(month[5:]))[1] for month in COMPARED_MONTHS}
        return relative({month: counts[month] / days[month] for month in COMPARED_MONTHS})

    columns = {
        worldwide.whole.name: by_day(worldwide.whole.months),
        "usajobs": by_day(real["usajobs"].months),
        "Indeed, US, new postings": _indeed(data),
    }
    rows = [[month, *(f"{column[month]:.2f}" for column in columns.values())] for month in COMPARED_MONTHS]
    spans = [max(column.values()) / min(column.values()) for column in columns.values()]
    lows = [min(column, key=lambda month: column[month]) for column in columns.values()]
    return [
        "## Months",
        "",
        f"Postings a day by month of {YEAR}, divided by their mean; Indeed: mean of the daily index of new "
        "postings, not seasonally adjusted (Indeed Hiring Lab, CC BY 4.0).",
        "",
        *table(["month", *columns], rows),
        f"Unlike: the strongest month has {spans[0]:.2f} times the postings of the weakest ({lows[0]}); with "
        f"the US government it is {spans[1]:.2f} (weakest {lows[1]}), at Indeed {spans[2]:.2f} ({lows[2]}). "
        "The market's counts also hold what the crawl gains and loses.",
        "",
    ]


def _indeed(data: Path) -> dict[str, float]:
    days: dict[str, list[float]] = {month: [] for month in COMPARED_MONTHS}
    with (data / "indeed_hiring_lab" / "aggregate_job_postings_US.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        for row in csv.DictReader(stream):
            if row["variable"] == "new postings" and row["date"][:7] in days:
                days[row["date"][:7]].append(float(row["indeed_job_postings_index_NSA"]))
    return relative({month: sum(values) / len(values) for month, values in days.items()})


def _scripts(worldwide: Market, china: Market, real: Real) -> list[str]:
    samples = [
        worldwide.whole,
        china.whole,
        *(real[name] for name in ("nhs", "afriworket", "china_2022", "china_2023", "china_2024")),
    ]

    def counted(sample: Sample) -> tuple[Counter[str], float | None]:
        # A file without texts is judged by its titles.
        texts = [f"{title} {text}" for title, text in sample.keys] or list(sample.titles.elements())
        chinese = [title for title in sample.titles.elements() if script(title) == "Chinese"]
        mixed = sum(map(has_latin, chinese)) / len(chinese) if len(chinese) >= 100 else None
        return Counter(map(script, texts)), mixed

    found = {sample.name: counted(sample) for sample in samples}
    rows = [
        [
            name,
            f"{counts.total():,}",
            *(percent(counts[kind] / counts.total()) for kind in ("Latin", "Chinese", "other")),
            percent(mixed, 0),
        ]
        for name, (counts, mixed) in found.items()
    ]
    theirs = [mixed for name, (_, mixed) in found.items() if name.startswith("51job") and mixed is not None]
    other = found[real["afriworket"].name][0]
    return [
        "## Languages",
        "",
        "The script of most letters of title and text (of the title where a file has no text), and how many "
        "of the Chinese titles hold a word in Latin letters.",
        "",
        *table(["ads", "n", "Latin", "Chinese", "other", "Chinese titles with Latin words"], rows),
        "Unlike: every synthetic ad is English or Chinese, also those of Brazil or Germany, while "
        f"{percent(other['other'] / other.total())} of the ads of one country's board are in another script "
        f"alone; {percent(found[china.whole.name][1], 0)} of the Chinese titles of `china_ai` hold Latin "
        f"words, {shares_between(theirs)} of the real ones.",
        "",
    ]
