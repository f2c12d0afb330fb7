"""The records of a market: what a source gives of its postings, batch by batch, and what is true of them.

What belongs here: drawing postings in the order of time and writing every field the way sources do. What does not:
files, and the crowd. A batch depends on the specification and its own number only, never on other batches.
"""

from __future__ import annotations

import calendar
import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from market.advertisements import Copywriter, Subjects
from market.content import BANDS, EDUCATION_LEVELS, LANGUAGES, City, Content
from market.employers import KINDS, Employers, Integers, mix, unit
from market.growth import PlantedGrowth
from market.pay import STATED, STATED_ELSEWHERE, write_pay
from market.phrasebook import LAYOUTS, VARIANTS, Group
from market.spec import MarketSpec

BATCH = 8_192
"""Postings drawn together. Part of what decides the bytes: another size is another market."""

MONTHS_STREAM, RECORDS_STREAM = 2, 3
"""Random streams of this module."""

BAD_DATE, AMBIGUOUS_DATE, NO_TEXT = "bad_date", "ambiguous_date", "no_text"
BROKEN = (BAD_DATE, AMBIGUOUS_DATE, NO_TEXT)
"""Kinds of unusable records, and below how often each of them is the kind."""

_BROKEN_SHARES = np.cumsum([0.5, 0.15, 0.35])
MISSING_DATE = 0.004
"""Share of records without any date: not broken, but of no month."""

CHINESE_IN_CHINA = 0.92
REMOTE = 0.05
_MISSING = {
    "company": 0.02,
    "company_size": 0.2,
    "company_type": 0.25,
    "industry": 0.08,
    "city": 0.04,
    "country": 0.1,
    "employment_type": 0.12,
    "education": 0.35,
    "experience": 0.35,
    "skills": 0.3,
    "url": 0.02,
}
"""Share of records in which a source leaves the field empty."""

_BAD_DATES = (
    "32/13/2024",
    "soon",
    "0000-00-00",
    "2024-02-31",
    "yesterday-ish",
    "n/a",
    "1024-05-01",
    "12345",
    "TBD",
)
_EMPLOYMENT = {
    "en": (
        "Full-time",
        "FULL_TIME",
        "Full time",
        "Onsite - Full Time",
        "Permanent",
        "Part-time",
        "PART_TIME",
        "Contract",
    ),
    "zh": ("全职", "全职", "全职", "全职", "全职", "兼职", "兼职", "合同"),
}
_EXPERIENCE_SHARES = {
    "low paid": (0.45, 0.30, 0.20, 0.05, 0.0, 0.0),
    BANDS[0]: (0.12, 0.25, 0.30, 0.20, 0.09, 0.04),
    BANDS[1]: (0.0, 0.03, 0.20, 0.40, 0.25, 0.12),
    BANDS[2]: (0.0, 0.0, 0.05, 0.25, 0.35, 0.35),
}
_LOW_PAID = 45_000
_PAY_BY_EXPERIENCE = np.array([0.86, 0.92, 1.0, 1.1, 1.2, 1.28])

SOURCE = pa.schema(
    [
        pa.field(name, pa.string())
        for name in (
            "id",
            "company",
            "company_size",
            "company_type",
            "industry",
            "title",
            "description",
            "posted_at",
            "city",
            "country",
            "salary",
            "employment_type",
            "education",
            "experience",
            "skills",
            "url",
        )
    ]
)
"""One row per record, all text, as a source would give it."""

TRUTH = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("title_id", pa.string()),
        pa.field("month", pa.string()),
        pa.field("employer", pa.string()),
        pa.field("obscured", pa.bool_()),
        pa.field("broken", pa.string()),
        pa.field("repost_of", pa.string()),
    ]
)
"""One row per distinct posting. `obscured`: its own title is vague or a neighbour's; `broken`: "" or the kind."""


@dataclass(frozen=True)
class Batch:
    """One batch of postings. `title` holds the indices of their true titles.

    records: what the source gives, re-observed ones included; postings and truth: one row a posting, in one order.
    """

    records: pa.Table
    postings: pa.Table
    truth: pa.Table
    title: Integers
    broken_records: int


class Recorder:
    """Draws batches of one market. Memory does not depend on the market's size."""

    def __init__(self, spec: MarketSpec, content: Content, growth: PlantedGrowth) -> None:
        self._spec = spec
        self._content = content
        self.employers = Employers(content, spec.seed, spec.employer_count, len(spec.months))
        self.copywriter = Copywriter(content, spec.difficulty)
        rng = np.random.default_rng([spec.seed, MONTHS_STREAM])
        counts = rng.multinomial(spec.postings, growth.month_weight)
        self._month_ends = np.cumsum(counts)
        self._title_cdf = np.stack([np.cumsum(growth.title_shares(int(month[:4]))) for month in spec.months])
        self._dates = _DateTexts(spec.months)
        self._months = pa.array(spec.months)
        self._title_ids = pa.array([title.title_id for title in content.titles])
        index = {industry.industry_id: number for number, industry in enumerate(content.industries)}
        most = max(len(title.industries) for title in content.titles)
        # The first industries named for a title are the more usual ones: they come up more often in the cycle.
        self._industry_of = np.array(
            [
                [index[title.industries[min(n * n // most, len(title.industries) - 1)]] for n in range(most)]
                for title in content.titles
            ]
        )
        self._experience_cdf = np.cumsum(
            [
                _EXPERIENCE_SHARES[
                    "low paid" if title.pay < _LOW_PAID and title.band == BANDS[0] else title.band
                ]
                for title in content.titles
            ],
            axis=1,
        )
        self._education = np.array([EDUCATION_LEVELS.index(title.education) for title in content.titles])
        self._pay = np.array([title.pay for title in content.titles])
        self._china = [country.code for country in content.countries].index("CN")
        self._places = _Places(content)
        source = content.employers
        self._spellings = {
            "company_size": _Spellings([source[f"sizes_{language}"] for language in LANGUAGES]),
            "company_type": _Spellings(
                [[source[f"kinds_{language}"][k] for k in KINDS] for language in LANGUAGES]
            ),
            "industry": _Spellings(
                [[entry.names[language] for entry in content.industries] for language in LANGUAGES]
            ),
        }

    @property
    def batches(self) -> int:
        """Batches in the whole market."""
        return -(-self._spec.postings // BATCH)

    def draw(self, number: int) -> Batch:
        """Draw batch `number` (from 0)."""
        spec = self._spec
        rng = np.random.default_rng([spec.seed, RECORDS_STREAM, number])
        begin = number * BATCH
        posting = np.arange(begin, min(begin + BATCH, spec.postings), dtype=np.int64)
        rows = len(posting)
        month = np.searchsorted(self._month_ends, posting, side="right").astype(np.int64)
        ids = self._ids(posting)

        title = (
            (rng.random(rows)[:, None] > self._title_cdf[month]).sum(axis=1).clip(0, len(self._title_ids) - 1)
        )
        industry = self._industry_of[title, rng.integers(0, self._industry_of.shape[1], rows)]
        rank = self.employers.draw_ranks(rng, industry, month)
        country = self.employers.country(industry, rank)
        language = ((country == self._china) & (rng.random(rows) < CHINESE_IN_CHINA)).astype(np.int64)
        names = self.employers.names(industry, rank)
        experience = (rng.random(rows)[:, None] > self._experience_cdf[title]).sum(axis=1).clip(0, 5)
        education = np.clip(self._education[title] + rng.choice([-1, 0, 0, 0, 0, 1], rows), 0, 5)
        ads = self.copywriter.write(rng, Subjects(title, language, industry, education, experience, names))
        obscured = ads.obscured

        columns: dict[str, pa.Array] = {
            "company": self._spelling(rng, names),
            **self._employer_fields(industry, rank, language),
            "title": ads.title,
            "description": ads.description,
            "city": self._places.city(rng, country, language),
            "country": self._places.country(rng, country),
            "salary": self._salaries(rng, title, country, experience),
            "employment_type": self._employment(rng, language),
            "education": self._level(
                rng, self.copywriter.book.education_fields, language, education, len(EDUCATION_LEVELS)
            ),
            "experience": self._level(rng, self.copywriter.book.experience_fields, language, experience, 6),
            "skills": ads.skills,
        }
        for name, share in _MISSING.items():
            if name in columns:
                columns[name] = _blank(columns[name], rng.random(rows) < share)

        original = self._reposts(rng, month)
        columns = {name: values.take(pa.array(original)) for name, values in columns.items()}
        title, obscured, names = title[original], obscured[original], names.take(pa.array(original))
        day = (rng.random(rows) * self._dates.days[month]).astype(np.int64)
        columns["posted_at"] = self._dates.write(rng, month, day, industry, rank, language)
        broken = self._break(rng, columns)
        url = pc.binary_join_element_wise("https://jobs.example.org/view/", ids, "")
        columns["url"] = _blank(url, rng.random(rows) < _MISSING["url"])
        columns["id"] = ids
        table = pa.table({name: columns[name] for name in SOURCE.names}, schema=SOURCE)
        truth = pa.table(
            {
                "id": ids,
                "title_id": self._title_ids.take(pa.array(title)),
                "month": self._months.take(pa.array(month)),
                "employer": names,
                "obscured": pa.array(obscured),
                "broken": pa.array(["", *BROKEN]).take(pa.array(broken)),
                "repost_of": _blank(ids.take(pa.array(original)), original == np.arange(rows)),
            },
            schema=TRUTH,
        )
        order = self._observed_again(rng, rows)
        return Batch(table.take(pa.array(order)), table, truth, title, int((broken[order] > 0).sum()))

    def _ids(self, posting: Integers) -> pa.Array:
        """The source's own ids: `R` and ten digits, all different below ten thousand million postings."""
        digits = (posting * 7_364_182_391 + self._spec.seed * 104_729) % 10_000_000_000
        return pc.binary_join_element_wise("R", pc.utf8_lpad(pa.array(digits).cast(pa.string()), 10, "0"), "")

    @staticmethod
    def _spelling(rng: np.random.Generator, names: pa.Array) -> pa.Array:
        """The employer's name as this ad has it: some in capitals, some with a stray space."""
        luck = rng.random(len(names))
        names = pc.if_else(pa.array(luck < 0.03), pc.utf8_upper(names), names)
        return pc.if_else(pa.array(luck > 0.98), pc.binary_join_element_wise(names, " ", ""), names)

    def _employer_fields(self, industry: Integers, rank: Integers, language: Integers) -> dict[str, pa.Array]:
        """Size, kind and industry; an employer keeps its spelling, because one board serves all its ads."""
        habit = mix(self._spec.seed, 11, industry, rank)
        numbers = {
            "company_size": self.employers.size_band(industry, rank),
            "company_type": self.employers.kind(industry, rank),
            "industry": industry,
        }
        return {name: self._spellings[name].take(language, numbers[name], habit) for name in numbers}

    def _salaries(
        self, rng: np.random.Generator, title: Integers, country: Integers, experience: Integers
    ) -> pa.Array:
        rows = len(title)
        dollars = self._pay[title] * _PAY_BY_EXPERIENCE[experience] * np.exp(rng.normal(0.0, 0.14, rows))
        local = dollars * np.array([place.pay for place in self._content.countries])[country]
        low = local * rng.uniform(0.84, 0.97, rows)
        high = local * rng.uniform(1.05, 1.3, rows)
        codes = [place.currency for place in self._content.countries]
        stated = rng.random(rows) < np.array([STATED.get(code, STATED_ELSEWHERE) for code in codes])[country]
        dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311  (the choice of a dialect needs no secrecy)
        texts: list[str | None] = [None] * rows
        for row, place, least, most, worth in zip(
            np.flatnonzero(stated).tolist(),
            country[stated].tolist(),
            low[stated].tolist(),
            high[stated].tolist(),
            dollars[stated].tolist(),
            strict=True,
        ):
            texts[row] = write_pay(codes[place], least, most, worth, dice)
        return pa.array(texts, pa.string())

    @staticmethod
    def _employment(rng: np.random.Generator, language: Integers) -> pa.Array:
        forms = pa.array([*_EMPLOYMENT["en"], *_EMPLOYMENT["zh"]])
        form = np.searchsorted(
            np.cumsum([0.4, 0.12, 0.1, 0.1, 0.08, 0.1, 0.04, 0.06]), rng.random(len(language))
        )
        return forms.take(pa.array(language * len(_EMPLOYMENT["en"]) + np.minimum(form, 7)))

    def _level(
        self, rng: np.random.Generator, group: Group, language: Integers, level: Integers, levels: int
    ) -> pa.Array:
        numbers = language * levels + level
        entry = (rng.random(len(level)) * group.size[numbers]).astype(np.int64)
        return self.copywriter.book.texts.take(pa.array((group.start[numbers] + entry * VARIANTS) * LAYOUTS))

    def _reposts(self, rng: np.random.Generator, month: Integers) -> Integers:
        """For each posting the one whose ad it repeats: itself, or an earlier one of the same month."""
        rows = np.arange(len(month), dtype=np.int64)
        earlier = rows - rng.integers(1, 60, len(month))
        again = (rng.random(len(month)) < self._spec.reposted) & (earlier >= 0)
        again &= month[np.maximum(earlier, 0)] == month
        original = np.where(again, earlier, rows)
        # A repeat of a repeat is a repeat of the first, whose ad is the one that was shown.
        while not np.array_equal(first := original[original], original):
            original = first
        return original

    def _break(self, rng: np.random.Generator, columns: dict[str, pa.Array]) -> Integers:
        """Spoil some records in place. Returns 0 or 1 + the kind's index in BROKEN."""
        rows = len(columns["title"])
        broken = rng.random(rows) < self._spec.broken
        kind = np.where(broken, 1 + np.minimum(np.searchsorted(_BROKEN_SHARES, rng.random(rows)), 2), 0)
        bad = pa.array(_BAD_DATES).take(pa.array(rng.integers(0, len(_BAD_DATES), rows)))
        columns["posted_at"] = pc.if_else(pa.array(kind == 1), bad, columns["posted_at"])
        columns["posted_at"] = pc.if_else(pa.array(kind == 2), pa.scalar("03/04/2024"), columns["posted_at"])
        columns["posted_at"] = _blank(columns["posted_at"], (kind == 0) & (rng.random(rows) < MISSING_DATE))
        for name in ("title", "description"):
            columns[name] = _blank(columns[name], kind == 3)
        return kind.astype(np.int64)

    def _observed_again(self, rng: np.random.Generator, rows: int) -> Integers:
        """The order of the records: each posting once, and some a second time further on."""
        again = np.flatnonzero(rng.random(rows) < self._spec.reobserved)
        place = np.concatenate([np.arange(rows, dtype=np.float64), again + rng.uniform(1, 500, len(again))])
        return np.concatenate([np.arange(rows), again])[np.argsort(place, kind="stable")]


class _Spellings:
    """The ways of writing each value of a field, by language."""

    def __init__(self, by_language: list[list[Sequence[str]]]) -> None:
        groups = [group for groups in by_language for group in groups]
        self._values = len(by_language[0])
        self._size = np.array([len(group) for group in groups])
        self._start = np.concatenate([[0], np.cumsum(self._size)[:-1]])
        self._texts = pa.array([text for group in groups for text in group])

    def take(self, language: Integers, value: Integers, habit: npt.NDArray[np.uint64]) -> pa.Array:
        """The spelling of each value that goes with each employer's habit."""
        group = language * self._values + value
        turn = (mix(habit, value) % self._size[group].astype(np.uint64)).astype(np.int64)
        return self._texts.take(pa.array(self._start[group] + turn))


class _DateTexts:
    """All days of the market in every dialect, rendered once."""

    def __init__(self, months: list[str]) -> None:
        years = [(int(month[:4]), int(month[5:])) for month in months]
        self.days = np.array([calendar.monthrange(*pair)[1] for pair in years])
        self._start = np.concatenate([[0], np.cumsum(self.days)[:-1]])
        dates = [
            dt.date(year, month, day + 1)
            for (year, month), n in zip(years, self.days, strict=True)
            for day in range(n)
        ]
        renderings = [_dialects(date, number) for number, date in enumerate(dates)]
        self._forms = len(renderings[0])
        self._texts = pa.array([text for forms in renderings for text in forms])

    def write(
        self,
        rng: np.random.Generator,
        month: Integers,
        day: Integers,
        industry: Integers,
        rank: Integers,
        language: Integers,
    ) -> pa.Array:
        """Dates as text. A board writes all its dates alike, so the dialect goes with the employer; a few stray."""
        habit = mix(17, industry, rank)
        habit = np.where(
            rng.random(len(day)) < 0.05, rng.integers(0, 1 << 62, len(day)).astype(np.uint64), habit
        )
        luck = unit(mix(habit))
        english = np.searchsorted(np.cumsum([0.34, 0.2, 0.14, 0.1, 0.08, 0.07, 0.07]), luck)
        chinese = np.array([0, 0, 6, 4, 7, 7])[(luck * 6).astype(np.int64)]
        form = np.where(language == 1, chinese, np.minimum(english, 6))
        return self._texts.take(pa.array((self._start[month] + day) * self._forms + form))


_MONTH_NAMES = (
    "January February March April May June July August September October November December"
).split()


def _dialects(date: dt.date, number: int) -> tuple[str, ...]:
    """One day in eight dialects; the times of day are made up from the day's number."""
    name = _MONTH_NAMES[date.month - 1]
    hour, minute = number * 7 % 24, number * 13 % 60
    milliseconds = (date - dt.date(1970, 1, 1)).days * 86_400_000 + (hour * 60 + minute) * 60_000
    return (
        date.isoformat(),
        f"{date.isoformat()}T{hour:02d}:{minute:02d}:00Z",
        f"{name} {date.day}, {date.year}",
        f"{date.day} {name[:3]} {date.year}",
        f"{date.year}/{date.month:02d}/{date.day:02d}",
        str(milliseconds),
        f"{date.isoformat()} {hour:02d}:{minute:02d}:27",
        f"{date.year}年{date.month}月{date.day}日",
    )


class _Places:
    """Cities and countries in their spellings."""

    def __init__(self, content: Content) -> None:
        cities: list[City] = []
        countries: list[str] = []
        spellings: list[str] = []
        self._first: list[int] = []
        self._cdf: list[npt.NDArray[np.float64]] = []
        self._country_start: list[int] = []
        self._country_size: list[int] = []
        self._start: list[int] = []
        self._size: list[int] = []
        for country in content.countries:
            self._first.append(len(cities))
            cities.extend(country.cities)
            shares = np.cumsum([city.share for city in country.cities])
            self._cdf.append(shares / shares[-1])
            self._country_start.append(len(countries))
            self._country_size.append(len(country.names))
            countries.extend(country.names)
        for city in cities:
            self._start.append(len(spellings))
            self._size.append(len(city.spellings))
            spellings.extend(city.spellings)
        self._remote = len(spellings)
        self._spellings = pa.array([*spellings, "Remote", "远程"])
        self._countries = pa.array(countries)

    def city(self, rng: np.random.Generator, country: Integers, language: Integers) -> pa.Array:
        """A city of the country, mostly in its first spelling; in Chinese ads in Chinese characters."""
        rows = len(country)
        luck, city = rng.random(rows), np.zeros(rows, dtype=np.int64)
        for number, cdf in enumerate(self._cdf):
            here = country == number
            city[here] = self._first[number] + np.minimum(np.searchsorted(cdf, luck[here]), len(cdf) - 1)
        size = np.array(self._size)[city]
        spelling = np.where(rng.random(rows) < 0.6, 0, (rng.random(rows) * size).astype(np.int64))
        spelling = np.where(language == 1, 1 + (rng.random(rows) * (size - 1)).astype(np.int64), spelling)
        index = np.where(
            rng.random(rows) < REMOTE, self._remote + language, np.array(self._start)[city] + spelling
        )
        return self._spellings.take(pa.array(index))

    def country(self, rng: np.random.Generator, country: Integers) -> pa.Array:
        """The country in one of its names."""
        size = np.array(self._country_size)[country]
        spelling = np.where(
            rng.random(len(country)) < 0.7, 0, (rng.random(len(country)) * size).astype(np.int64)
        )
        return self._countries.take(pa.array(np.array(self._country_start)[country] + spelling))


def _blank(values: pa.Array, where: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(where), pa.scalar(None, pa.string()), values)
