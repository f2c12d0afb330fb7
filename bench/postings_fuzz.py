"""A million mutated strings through every parser of postings: none raises, nothing is negative, time stays linear.

    python -m bench.postings_fuzz            # a million strings, some minutes; writes docs/quality/postings/fuzz.csv
    python -m bench.postings_fuzz 20000      # fewer, and nothing is written

What belongs here: the mutations, the checks and the timing. What does not: what a text means (tests, other benches).

A string is a real cell of ../shared/data or a made-up one, mutated one to four times: pieces repeated, cut, swapped,
digits blown up, odd Unicode put in, brackets nested, two cells joined. Each goes through every parser. The hundred
slowest calls, and the ten slowest of each parser, are timed again on the string brought to the length of BASES and
repeated one, two, four and eight times (the best of seven, caches emptied); the exponent is the slope of log time on
log length. Eight times the base is as much as a parser reads: 300 characters of a field, 20,000 of a text. Above
LINEAR it would be called superlinear.
"""

import csv
import gc
import gzip
import heapq
import itertools
import json
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

from bench.postings_skills import DATA
from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.company_size import parse_company_size
from postings.normalise.dates import parse_date
from postings.normalise.education import education_in_text, parse_education
from postings.normalise.employers import normalised_employer
from postings.normalise.employment import parse_employment_type
from postings.normalise.experience import experience_in_text, parse_experience
from postings.normalise.industries import parse_industry
from postings.normalise.language import language_of
from postings.normalise.numbers import parse_openings
from postings.normalise.pay import pay_of
from postings.normalise.places import place_of
from postings.normalise.seniority import parse_seniority
from postings.normalise.skills import find_skills
from postings.normalise.text import plain_text, single_line

STRINGS = 1_000_000
SEED = 5
SLOWEST, SLOWEST_EACH = 100, 10
TIMES = (1, 2, 4, 8)
FEWEST_REMEMBERED = 4_000
"""Caches of more entries than this remember texts; smaller ones hold tables."""

LINEAR = 1.25
"""Above this the time is not linear. Linear work with a fixed start-up lies below 1; the rest is for a busy machine."""

FIELD_BASE, TEXT_BASE = 37, 2_500
IN_TEXT = frozenset(
    ("education in text", "experience in text", "skills", "boilerplate", "plain text", "single line")
)
"""Parsers of whole texts; the others read short fields."""

TEXT_SHARE, LONGEST = 0.02, 40
"""Most strings are as long as fields are; this share is not cut."""

RESULT = Path(__file__).parents[1] / "docs" / "quality" / "postings" / "fuzz.csv"

Row = dict[str, object]
_Parser = Callable[[str], list[Decimal | int | float | None]]
"""Parses, and gives the numbers found, none of which may be negative."""


def _pay(text: str) -> list[Decimal | int | float | None]:
    pay = pay_of(text, None, None, None, None)
    return [pay.minimum, pay.maximum, pay.monthly_minimum, pay.monthly_maximum, pay.months]


def _pay_in_chinese(text: str) -> list[Decimal | int | float | None]:
    pay = pay_of(text, None, None, None, None, chinese=True, country="CN")
    return [pay.minimum, pay.maximum, pay.monthly_minimum, pay.monthly_maximum, pay.months]


def _experience(text: str) -> list[Decimal | int | float | None]:
    found = parse_experience(text)
    return [found.minimum, found.maximum]


def _experience_in_text(text: str) -> list[Decimal | int | float | None]:
    found = experience_in_text(text)
    return [found.minimum, found.maximum]


def _size(text: str) -> list[Decimal | int | float | None]:
    size = parse_company_size(text)
    return [size.minimum, size.maximum]


def _nothing(parse: Callable[[str], object]) -> _Parser:
    def parser(text: str) -> list[Decimal | int | float | None]:
        parse(text)
        return []

    return parser


PARSERS: dict[str, _Parser] = {
    "pay": _pay,
    "pay (Chinese)": _pay_in_chinese,
    "place": _nothing(lambda text: place_of(text, None, None, None)),
    "education": _nothing(parse_education),
    "education in text": _nothing(education_in_text),
    "experience": _experience,
    "experience in text": _experience_in_text,
    "company size": _size,
    "industry": _nothing(parse_industry),
    "employment type": _nothing(parse_employment_type),
    "seniority": _nothing(parse_seniority),
    "skills": _nothing(lambda text: find_skills(text, text)),
    "language": _nothing(language_of),
    "boilerplate": _nothing(lambda text: without_boilerplate(text, "zh")),
    "plain text": _nothing(plain_text),
    "single line": _nothing(single_line),
    "date": _nothing(parse_date),
    "openings": lambda text: [parse_openings(text)],
    "employer": _nothing(normalised_employer),
}

_FIELDS = {
    "china_postings/51job_2023_dated.parquet": (
        "title",
        "education",
        "company_size",
        "location",
        "salary",
        "experience",
        "job_type",
        "publish_time",
        "industry",
        "company",
    ),
    "china_postings/51job_2022_it_with_text.parquet": ("place", "place2", "education"),
    "china_postings/51job_2024_ten_occupations.parquet": ("薪资", "标签", "主营", "需求", "地点"),
    "afriworket/postings_2026.parquet": (
        "title",
        "location",
        "industry",
        "posted_date",
        "job_type",
        "experience_level",
        "vacancies",
        "education_qualification",
        "salary_raw",
        "skills",
        "work_address",
    ),
    "usajobs/announcements_2024_2025.parquet": ("position_title", "agency", "appointment_type", "open_date"),
    "ats_daily_snapshots/jobs.parquet": ("title", "location", "department"),
}
_TEXTS = {
    "china_postings/51job_2022_it_with_text.parquet": "requirement",
    "afriworket/postings_2026.parquet": "full_description",
}
_MADE_UP = (
    "$80,000.00 - $100,000.00 per year",
    "15-25K·13薪",
    "1.5-2万/月",
    "£12.50 ph + commission",
    "€50.000 p.a.",
    "₹8,00,000 - ₹10,00,000 PA",
    "up to 40 hours a week, $20 an hour",
    "本科及以上学历，3-5年工作经验，英语四级",
    "BA/BSc or equivalent; Master's degree preferred",
    "at least five (5) years' experience",
    "New York, NY / Remote (US) / 上海-浦东新区",
    "1001-5000 employees",
    "少于50人",
    "互联网/电子商务,计算机软件",
    "Full-time, Part-time (Contract)",
    "Sr. Software Engineer II (m/f/d)",
    "总经理助理/行政主管",
    "<p>Benefits:<ul><li>401k</li></ul>&amp;lt;b&gt;",
    "Responsibilities: weld. About us: since 1952. We are an equal opportunity employer.",
    "Python, C++, Go, R, SQL; excel at work",
    "2023-05-06T10:00:00.000Z",
    "March 19, 2026",
    "岗位职责：1、开发2、测试任职要求：1、统招本科",
)
_ODD = (
    "\u202e\u200b\x00\ufeff\u0301\u00a0\u3000𝟙𝐁ﬁßİıΣ½Ⅳ①٣๓〇零壹萬￥＄％～—–…『【〔（［｛<&;,/|\\'\"`^~\ud800\U0010ffff"
    "😀🇨🇳"
)
_PAIRS = ("()", "[]", "{}", "（）", "【】", "<>", "《》", "“”", "''", "-–", "~～", "//", ",，", "..", "  ")


def cells(data: Path) -> list[str]:
    """Real cells (fields, and pieces of texts) and made-up ones, without repetition."""
    found: dict[str, None] = dict.fromkeys(_MADE_UP)
    for name, columns in _FIELDS.items():
        table = pq.read_table(data / name)
        for column in columns:
            if column in table.column_names:
                found |= dict.fromkeys(
                    str(cell) for cell in table.column(column).unique().to_pylist() if cell
                )
    for name, column in _TEXTS.items():
        texts = pq.read_table(data / name, columns=[column]).column(0).to_pylist()
        found |= dict.fromkeys(
            text[start : start + 120] for text in texts[:3_000] if text for start in (0, 400)
        )
    with gzip.open(
        data / "schema_org_jobposting" / "nhs_uk_2020_sample.jsonl.gz", "rt", encoding="utf-8"
    ) as file:
        for line in itertools.islice(file, 2_000):
            if line.startswith("{"):
                found[json.loads(line).get("description", "")[:400]] = None
    return list(found)


def _repeat(text: str, dice: random.Random) -> str:
    start = dice.randrange(len(text))
    piece = text[start : start + dice.randint(1, 12)]
    return text[:start] + piece * dice.choice((2, 3, 10, 40)) + text[start:]


def _cut(text: str, dice: random.Random) -> str:
    start = dice.randrange(len(text))
    return text[start:] if dice.random() < 0.5 else text[:start]


def _swap(text: str, dice: random.Random) -> str:
    letters = list(text)
    for _ in range(dice.randint(1, 4)):
        one, other = dice.randrange(len(letters)), dice.randrange(len(letters))
        letters[one], letters[other] = letters[other], letters[one]
    return "".join(letters)


def _blow_up(text: str, dice: random.Random) -> str:
    digits = [place for place, letter in enumerate(text) if letter.isdecimal()]
    place = dice.choice(digits) if digits else dice.randrange(len(text))
    number = dice.choice(
        ("9" * dice.randint(1, 40), "0" * 20, "-1", "1e309", "0.000001", "1,2,3,4", "１２", "一百万")
    )
    return text[:place] + number + text[place + 1 :]


def _odd(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text))
    return text[:place] + "".join(dice.choices(_ODD, k=dice.randint(1, 5))) + text[place:]


def _nest(text: str, dice: random.Random) -> str:
    pair = dice.choice(_PAIRS)
    left, right = pair[0], pair[1]
    start, depth = dice.randrange(len(text)), dice.choice((1, 2, 5, 80))
    end = dice.randint(start, len(text))
    return text[:start] + left * depth + text[start:end] + right * dice.choice((0, 1, depth)) + text[end:]


_MUTATIONS = (_repeat, _cut, _swap, _blow_up, _odd, _nest)


def strings(found: list[str], count: int, seed: int = SEED) -> Iterator[str]:
    """`count` mutated strings, the same for the same cells and seed."""
    dice = random.Random(seed)  # noqa: S311  (mutations need no secrecy)
    for _ in range(count):
        text = dice.choice(found)
        if dice.random() < 0.15:
            text += dice.choice((" ", "\n", ",", "")) + dice.choice(found)
        for _ in range(dice.randint(1, 4)):
            text = dice.choice(_MUTATIONS)(text or " ", dice)
        yield text if dice.random() < TEXT_SHARE else text[:LONGEST]


def _caches() -> list[Callable[[], None]]:
    """How to empty what remembers texts; tables are kept."""
    modules = [module for name, module in sys.modules.items() if name.startswith("postings.normalise.")]
    functions = {id(value): value for module in modules for value in vars(module).values()}
    return [
        function.cache_clear
        for function in functions.values()
        if hasattr(function, "cache_parameters")
        and (function.cache_parameters()["maxsize"] or 0) > FEWEST_REMEMBERED
    ]


def _seconds(parser: _Parser, text: str, caches: list[Callable[[], None]]) -> float:
    best = math.inf
    for _ in range(7):
        for clear in caches:
            clear()
        started = time.perf_counter()
        parser(text)
        best = min(best, time.perf_counter() - started)
    return best


def exponent(name: str, text: str) -> tuple[float, float, float]:
    """The slope of log time on log length; how often the time of four times the base eight times takes; and that time.

    The second tells a text whose base alone is another kind (a whole date, told at once) from work that grows.
    """
    base = TEXT_BASE if name in IN_TEXT else FIELD_BASE
    text = (text * math.ceil(base / max(1, len(text))))[:base]
    caches = _caches()
    seconds = [_seconds(PARSERS[name], text * times, caches) for times in TIMES]
    points = [(math.log(times), math.log(took)) for times, took in zip(TIMES, seconds, strict=True)]
    middle = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    slope = sum((x - middle[0]) * (y - middle[1]) for x, y in points) / sum(
        (x - middle[0]) ** 2 for x, _ in points
    )
    return slope, seconds[-1] / seconds[-2], seconds[-1]


def fuzz(data: Path, count: int) -> list[Row]:
    """One row a parser, and one for all."""
    found = cells(data)
    for parser in PARSERS.values():
        parser("3-5年 London")  # the tables are read once, before the clock starts
    raised: dict[str, list[str]] = defaultdict(list)
    negative: dict[str, list[str]] = defaultdict(list)
    slowest: dict[str, list[tuple[float, str]]] = {name: [] for name in PARSERS}
    spent: dict[str, float] = dict.fromkeys(PARSERS, 0.0)
    # The processor's time, without collecting garbage: what else the machine does is no slowness of a parser.
    clock = time.thread_time
    gc.disable()
    for text in strings(found, count):
        for name, parser in PARSERS.items():
            started = clock()
            try:
                numbers = parser(text)
            except Exception:  # whatever it is, it is what this looks for
                raised[name].append(text)
                continue
            took = clock() - started
            spent[name] += took
            heap = slowest[name]
            if len(heap) < SLOWEST:
                heapq.heappush(heap, (took, text))
            elif took > heap[0][0]:
                heapq.heapreplace(heap, (took, text))
            if any(number is not None and number < 0 for number in numbers):
                negative[name].append(text)
    gc.enable()
    for name in PARSERS:
        for text in (raised[name] + negative[name])[:3]:
            print(f"{name}: {text!r}", file=sys.stderr)
    overall = heapq.nlargest(
        SLOWEST, ((took, name, text) for name, heap in slowest.items() for took, text in heap)
    )
    slopes = {(name, text): exponent(name, text) for _, name, text in overall}
    table: list[Row] = []
    for name in PARSERS:
        own = {text: exponent(name, text) for _, text in heapq.nlargest(SLOWEST_EACH, slowest[name])}
        own |= {text: timed for (parser_name, text), timed in slopes.items() if parser_name == name}
        table.append(
            {
                "parser": name,
                "strings": count,
                "raised": len(raised[name]),
                "negative": len(negative[name]),
                "microseconds": f"{1e6 * spent[name] / count:.1f}",
                "slowest_milliseconds": f"{1e3 * max(slowest[name])[0]:.2f}",
                "retimed": len(own),
                "largest_exponent": f"{max(slope for slope, _, _ in own.values()):.2f}",
                "largest_last_doubling": f"{max(ratio for _, ratio, _ in own.values()):.2f}",
                "milliseconds_at_eight": f"{1e3 * max(at_eight for _, _, at_eight in own.values()):.2f}",
            }
        )
    every = list(slopes.values())
    table.append(
        {
            "parser": "the 100 slowest calls",
            "strings": count,
            "raised": sum(map(len, raised.values())),
            "negative": sum(map(len, negative.values())),
            "microseconds": f"{1e6 * sum(spent.values()) / count:.1f}",
            "slowest_milliseconds": f"{1e3 * overall[0][0]:.2f}",
            "retimed": len(every),
            "largest_exponent": f"{max(slope for slope, _, _ in every):.2f}",
            "largest_last_doubling": f"{max(ratio for _, ratio, _ in every):.2f}",
            "milliseconds_at_eight": f"{1e3 * max(at_eight for _, _, at_eight in every):.2f}",
        }
    )
    return table


def main() -> None:
    """Print the table; after a full run, keep it for the page."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STRINGS
    table = fuzz(DATA, count)
    print(" | ".join(table[0]))
    for row in table:
        print(" | ".join(map(str, row.values())))
    if count >= STRINGS:
        with RESULT.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(table[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
    if any(row["raised"] or row["negative"] for row in table):
        sys.exit("a parser raised, or found something negative")


if __name__ == "__main__":
    main()
