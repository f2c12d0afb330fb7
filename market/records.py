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
from market.applications import Applications, Posted, expected_postings
from market.content import EDUCATION_LEVELS, LANGUAGES
from market.copies import AGENCY, EXACT, KINDS, LOCATION, NEAR, TRIES, Copies, choose_copies, reword
from market.employers import KINDS as EMPLOYER_KINDS
from market.employers import Employers, Floats, Hashes, Integers, mix, unit
from market.pay import write_pay
from market.phrasebook import LAYOUTS, VARIANTS, Group
from market.plan import BY_COUNTRY, Cities, Plan
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

REMOTE = 0.05
RANGE = (0.05, 0.14)
"""How far, at least and at most, the ends of a pay range lie from its middle, as a share of it."""

HIDDEN_CLIENT = 0.3
"""Share of agencies' ads that do not say in whose name they are placed."""

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

_HABITUALLY_MISSING = (
    "company_size",
    "company_type",
    "industry",
    "employment_type",
    "education",
    "experience",
    "skills",
)
"""Fields that a board has, or has not, for all its ads, bar a few."""

STRAY_FIELD = 0.12
"""Share of ads in which such a field is there, or is not, whatever the board's habit."""

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
        pa.field("posted_on", pa.date32()),
        pa.field("employer", pa.string()),
        pa.field("industry", pa.string()),
        pa.field("size_band", pa.int8()),
        pa.field("true_country", pa.string()),
        pa.field("true_city", pa.string()),
        pa.field("language", pa.string()),
        pa.field("currency", pa.string()),
        pa.field("pay_monthly", pa.float64()),
        pa.field("pay_stated", pa.bool_()),
        pa.field("education_level", pa.string()),
        pa.field("experience_level", pa.int8()),
        pa.field("obscured", pa.bool_()),
        pa.field("broken", pa.string()),
        pa.field("copy_of", pa.string()),
        pa.field("copy_kind", pa.string()),
        pa.field("ghost", pa.bool_()),
    ]
)
"""One row per distinct posting. `industry`: the id of its employer's; `size_band` and `experience_level`: from 0, the
least; `pay_monthly`: the middle of its pay a month, in `currency`, stated or not; `obscured`: its own title is vague
or a neighbour's; `broken`: "" or the kind; `copy_kind`: see `market.copies`."""


@dataclass(frozen=True)
class Batch:
    """One batch of postings. `title` holds the indices of their true titles.

    records: what the source gives, re-observed ones included; postings and truth: one row a posting, in one order.
    applications: what was applied for, in markets with applicants.
    """

    records: pa.Table
    postings: pa.Table
    truth: pa.Table
    title: Integers
    broken_records: int
    applications: pa.Table | None


@dataclass(frozen=True)
class _Facts:
    """What is true of the ads of a batch, by index; one entry an ad."""

    title: Integers
    segment: Integers
    employer: Integers
    poster: Integers
    month: Integers
    day: Integers
    country: Integers
    city: Integers
    language: Integers
    education: Integers
    experience: Integers
    pay_yearly: Floats
    copies: Copies

    @property
    def source(self) -> Integers:
        """The ad that each one repeats, or is."""
        return self.copies.original


class Recorder:
    """Draws batches of one market. Memory does not depend on the market's size."""

    def __init__(self, spec: MarketSpec, plan: Plan) -> None:
        self._spec, self.plan = spec, plan
        content = plan.content
        self.employers = Employers(plan, spec.seed, spec.employer_count)
        self.copywriter = Copywriter(content, spec.difficulty, plan.experience_texts, plan.asked)
        self.seen_volume = plan.volume * self.employers.seen_share
        """(C, M): what the crawl can be expected to find, as shares of the whole market."""

        expected = expected_postings(plan, self.seen_volume, spec.postings) if plan.applicants else None
        self._desk = None if expected is None else Applications(plan, spec.seed, expected)
        self._calendar = _Calendar(spec, self.seen_volume.sum(axis=0))
        climb = np.cumsum(self.seen_volume, axis=0)
        self._cell_cdf = np.ascontiguousarray((climb / climb[-1]).T)
        self._dates = _DateTexts(spec.months)
        self._months = pa.array(spec.months)
        self._title_ids = pa.array([title.title_id for title in content.titles])
        self._industry_ids = pa.array([industry.industry_id for industry in content.industries])
        self._countries = pa.array([country.code for country in content.countries])
        self._currencies = [country.currency for country in content.countries]
        self._dollars = np.array([title.pay for title in content.titles])
        self._places = _Places(plan)
        source = content.employers
        self._spellings = {
            "company_size": _Spellings([plan.size_texts[language] for language in LANGUAGES]),
            "company_type": _Spellings(
                [[source[f"kinds_{language}"][k] for k in EMPLOYER_KINDS] for language in LANGUAGES]
            ),
            "industry": _Spellings(
                [[entry.names[language] for entry in content.industries] for language in LANGUAGES]
            ),
        }
        shares = np.diff(plan.experience_cdf, axis=1, prepend=0.0)
        self._usual_experience_pay = shares @ plan.pay_by_experience

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
        facts = self._facts(rng, posting)
        ids = self._ids(posting)
        columns, obscured = self._columns(rng, facts)
        salary_stated = pc.is_valid(columns["salary"])
        columns["posted_at"] = self._dates.write(
            rng, facts.month, facts.day, self.employers.hashed(facts.poster, 17), facts.language
        )
        broken = self._break(rng, columns)
        url = pc.binary_join_element_wise("https://jobs.example.org/view/", ids, "")
        columns["url"] = _blank(url, rng.random(len(posting)) < _MISSING["url"])
        columns["id"] = ids
        table = pa.table({name: columns[name] for name in SOURCE.names}, schema=SOURCE)
        truth = self._truth(facts, ids, obscured, broken, salary_stated)
        order = self._observed_again(rng, len(posting))
        return Batch(
            table.take(pa.array(order)),
            table,
            truth,
            facts.title,
            int((broken[order] > 0).sum()),
            self._applied(number, ids, facts),
        )

    def _applied(self, number: int, ids: pa.Array, facts: _Facts) -> pa.Table | None:
        if self._desk is None:
            return None
        return self._desk.draw(number, Posted(ids, facts.title, facts.segment, facts.month, facts.day))

    def _facts(self, rng: np.random.Generator, posting: Integers) -> _Facts:
        """Draw what is true of a batch: who looks for whom, when and where, and which ads repeat others."""
        plan, rows = self.plan, len(posting)
        month = self._calendar.draw(rng, posting)
        cell = np.zeros(rows, dtype=np.int64)
        luck = rng.random(rows)
        for number in np.unique(month):
            here = month == number
            cell[here] = np.searchsorted(self._cell_cdf[number], luck[here], side="right")
        cell = np.minimum(cell, len(plan.cell_title) - 1)
        employer = self.employers.draw(rng, cell, month)
        day = (rng.random(rows) * self._dates.days[month]).astype(np.int64)
        copies = choose_copies(
            rng,
            self._spec,
            month,
            day,
            self._dates.days,
            lambda ads, months: self.employers.reached[employer[ads], months],
        )
        source = copies.original
        title, segment, employer = (
            plan.cell_title[cell][source],
            plan.cell_segment[cell][source],
            employer[source],
        )
        poster = employer.copy()
        placed = np.flatnonzero(copies.kind == AGENCY)
        agency = self.employers.agencies(rng, copies.month[placed])
        poster[placed] = np.where(agency >= 0, agency, employer[placed])
        country = self.employers.country[employer]
        city = self._cities(rng, copies, country, title)
        language = (rng.random(rows) < plan.chinese[country]).astype(np.int64)[source]
        education = self._levels(rng, plan.education_cdf[title])[source]
        experience = self._levels(rng, plan.experience_cdf[title])[source]
        spread = plan.pay_spread
        pay = (
            plan.pay[title, city[source]]
            * plan.pay_by_experience[experience]
            / self._usual_experience_pay[title]
            * np.exp(rng.normal(-spread * spread / 2, spread, rows))[source]
        )
        return _Facts(
            title,
            segment,
            employer,
            poster,
            copies.month,
            copies.day,
            country,
            city,
            language,
            education,
            experience,
            pay,
            copies,
        )

    def _cities(
        self, rng: np.random.Generator, copies: Copies, country: Integers, title: Integers
    ) -> Integers:
        """Where each ad's job is. An ad for another place that finds none becomes an exact copy of the first."""
        drawn = self._places.draw(rng, country, title)
        city = drawn[copies.original]
        moved = np.flatnonzero(copies.kind == LOCATION)
        city[moved] = drawn[moved]
        for _ in range(TRIES):
            moved = moved[city[moved] == drawn[copies.original[moved]]]
            city[moved] = self._places.draw(rng, country[moved], title[moved])
        moved = moved[city[moved] == drawn[copies.original[moved]]]
        copies.kind[moved] = EXACT
        return city

    @staticmethod
    def _levels(rng: np.random.Generator, cdf: Floats) -> Integers:
        levels = (rng.random(len(cdf))[:, None] > cdf).sum(axis=1)
        return levels.clip(0, cdf.shape[1] - 1).astype(np.int64)

    def _columns(
        self, rng: np.random.Generator, facts: _Facts
    ) -> tuple[dict[str, pa.Array], npt.NDArray[np.bool_]]:
        """The fields of each ad but its id, url and date; texts are written for originals, and copies take theirs."""
        rows = len(facts.title)
        kept = np.flatnonzero(facts.source == np.arange(rows))
        place = np.zeros(rows, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        take = pa.array(place[facts.source])
        book = self.copywriter.book
        employer, language = facts.employer[kept], facts.language[kept]
        industry = self.employers.industry[employer]
        names = self.employers.names.take(pa.array(employer))
        ads = self.copywriter.write(
            rng,
            Subjects(
                facts.title[kept],
                language,
                industry,
                facts.education[kept],
                facts.experience[kept],
                names,
                self.employers.hashed(employer, 11),
            ),
        )
        columns: dict[str, pa.Array] = {
            "company": self._spelling(rng, names),
            **self._employer_fields(employer, language),
            "title": ads.title,
            "description": ads.description,
            "salary": self._salaries(rng, facts, kept),
            "employment_type": self._employment(rng, language),
            "education": self._level(
                rng, book.education_fields, language, facts.education[kept], len(EDUCATION_LEVELS)
            ),
            "experience": self._level(rng, book.experience_fields, language, facts.experience[kept], 6),
            "skills": ads.skills,
        }
        columns = {
            name: _blank(values, self._left_out(rng, name, employer)) if name in _MISSING else values
            for name, values in columns.items()
        }
        columns = {name: values.take(take) for name, values in columns.items()}
        columns["city"] = _blank(
            self._places.city(rng, facts.city, facts.language), rng.random(rows) < _MISSING["city"]
        )
        columns["country"] = _blank(
            self._places.country(rng, facts.country), rng.random(rows) < _MISSING["country"]
        )
        self._placed_by_agencies(rng, columns, facts)
        self._reworded(rng, columns, facts)
        return columns, ads.obscured[place[facts.source]]

    def _left_out(self, rng: np.random.Generator, name: str, employer: Integers) -> npt.NDArray[np.bool_]:
        """In which ads the field is empty: mostly all of an employer's, or none."""
        luck = rng.random(len(employer))
        if name in _HABITUALLY_MISSING:
            habit = unit(self.employers.hashed(employer, 13, _HABITUALLY_MISSING.index(name)))
            luck = np.where(rng.random(len(employer)) < STRAY_FIELD, luck, habit)
        return luck < _MISSING[name]

    def _placed_by_agencies(
        self, rng: np.random.Generator, columns: dict[str, pa.Array], facts: _Facts
    ) -> None:
        """Ads that an agency repeats carry its name, or none, and say what it is."""
        placed = np.flatnonzero(facts.poster != facts.employer)
        if not len(placed):
            return
        mask = np.zeros(len(facts.title), dtype=bool)
        mask[placed] = True
        names = self.employers.names.take(pa.array(facts.poster[placed]))
        fields = {
            "company": _blank(names, rng.random(len(placed)) < HIDDEN_CLIENT),
            **self._employer_fields(facts.poster[placed], facts.language[placed]),
        }
        for name, values in fields.items():
            columns[name] = pc.replace_with_mask(columns[name], pa.array(mask), values)

    @staticmethod
    def _reworded(rng: np.random.Generator, columns: dict[str, pa.Array], facts: _Facts) -> None:
        """Near copies, and those of agencies, in slightly other words."""
        rows = np.flatnonzero((facts.copies.kind == NEAR) | (facts.copies.kind == AGENCY))
        dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311  (wording needs no secrecy)
        picked = pa.array(rows)
        pairs = [
            reword(title, description, bool(facts.language[row]), dice)
            for row, title, description in zip(
                rows.tolist(),
                columns["title"].take(picked).to_pylist(),
                columns["description"].take(picked).to_pylist(),
                strict=True,
            )
        ]
        mask = np.zeros(len(facts.title), dtype=bool)
        mask[rows] = True
        for number, name in enumerate(("title", "description")):
            values = pa.array([pair[number] for pair in pairs], pa.string())
            columns[name] = pc.replace_with_mask(columns[name], pa.array(mask), values)

    def _truth(
        self,
        facts: _Facts,
        ids: pa.Array,
        obscured: npt.NDArray[np.bool_],
        broken: Integers,
        pay_stated: pa.Array,
    ) -> pa.Table:
        own = np.arange(len(ids))
        copied = facts.source != own
        levels = pa.array(EDUCATION_LEVELS)
        columns = {
            "id": ids,
            "title_id": self._title_ids.take(pa.array(facts.title)),
            "month": self._months.take(pa.array(facts.month)),
            "posted_on": pa.array(self._dates.ordinals(facts.month, facts.day)).cast(pa.date32()),
            "employer": self.employers.names.take(pa.array(facts.poster)),
            "industry": self._industry_ids.take(pa.array(self.employers.industry[facts.poster])),
            "size_band": pa.array(self.employers.size[facts.poster].astype(np.int8)),
            "true_country": self._countries.take(pa.array(facts.country)),
            "true_city": self._places.names.take(pa.array(facts.city)),
            "language": pa.array(LANGUAGES).take(pa.array(facts.language)),
            "currency": pa.array(self._currencies).take(pa.array(facts.country)),
            "pay_monthly": pa.array(np.round(facts.pay_yearly / 12, 2)),
            "pay_stated": pay_stated,
            "education_level": levels.take(pa.array(facts.education)),
            "experience_level": pa.array(facts.experience.astype(np.int8)),
            "obscured": pa.array(obscured),
            "broken": pa.array(["", *BROKEN]).take(pa.array(broken)),
            "copy_of": _blank(ids.take(pa.array(facts.source)), ~copied),
            "copy_kind": pa.array(KINDS).take(pa.array(np.where(copied, facts.copies.kind, 0))),
            "ghost": pa.array(facts.copies.ghost),
        }
        return pa.table(columns, schema=TRUTH)

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

    def _employer_fields(self, employer: Integers, language: Integers) -> dict[str, pa.Array]:
        """Size, kind and industry; an employer keeps its spelling, because one board serves all its ads."""
        habit = self.employers.hashed(employer, 12)
        numbers = {
            "company_size": self.employers.size[employer],
            "company_type": self.employers.kind[employer],
            "industry": self.employers.industry[employer],
        }
        return {name: self._spellings[name].take(language, numbers[name], habit) for name in numbers}

    def _salaries(self, rng: np.random.Generator, facts: _Facts, kept: Integers) -> pa.Array:
        rows = len(kept)
        country, middle = facts.country[kept], facts.pay_yearly[kept]
        half = rng.uniform(*RANGE, rows)
        chance = np.array([self.plan.pay_stated[code] for code in self._currencies])[country]
        stated = np.flatnonzero(rng.random(rows) < chance)
        dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311  (the choice of a dialect needs no secrecy)
        texts: list[str | None] = [None] * rows
        for row, place, least, most, worth in zip(
            stated.tolist(),
            country[stated].tolist(),
            (middle * (1 - half))[stated].tolist(),
            (middle * (1 + half))[stated].tolist(),
            self._dollars[facts.title[kept]][stated].tolist(),
            strict=True,
        ):
            texts[row] = write_pay(self._currencies[place], least, most, worth, dice)
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


class _Calendar:
    """Which month each posting is of. Postings come quarter by quarter, mixed within one, so that a batch holds ads of
    several months and a repost finds what it repeats in its own batch, however large the market."""

    def __init__(self, spec: MarketSpec, weight: Floats) -> None:
        quarter = np.array([(int(m[:4]) * 12 + int(m[5:]) - 1) // 3 for m in spec.months])
        self._start = np.flatnonzero(np.diff(quarter, prepend=quarter[0] - 1))
        self._end = np.append(self._start[1:], len(quarter))
        by_quarter = np.add.reduceat(weight, self._start)
        rng = np.random.default_rng([spec.seed, MONTHS_STREAM])
        self._until = np.cumsum(rng.multinomial(spec.postings, by_quarter / by_quarter.sum()))
        climb = np.concatenate([[0.0], np.cumsum(weight)])
        self._climb = climb
        self._last = len(quarter) - 1

    def draw(self, rng: np.random.Generator, posting: Integers) -> Integers:
        """The month (index) of each posting."""
        quarter = np.searchsorted(self._until, posting, side="right")
        low, high = self._climb[self._start[quarter]], self._climb[self._end[quarter]]
        place = low + (high - low) * rng.random(len(posting))
        month = np.searchsorted(self._climb, place, side="right") - 1
        return np.clip(month, self._start[quarter], self._end[quarter] - 1).astype(np.int64)


class _Spellings:
    """The ways of writing each value of a field, by language."""

    def __init__(self, by_language: Sequence[Sequence[Sequence[str]]]) -> None:
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
        self._first = (dates[0] - dt.date(1970, 1, 1)).days
        renderings = [_dialects(date, number) for number, date in enumerate(dates)]
        self._forms = len(renderings[0])
        self._texts = pa.array([text for forms in renderings for text in forms])

    def ordinals(self, month: Integers, day: Integers) -> npt.NDArray[np.int32]:
        """Days since 1970-01-01."""
        return (self._first + self._start[month] + day).astype(np.int32)

    def write(
        self,
        rng: np.random.Generator,
        month: Integers,
        day: Integers,
        habit: Hashes,
        language: Integers,
    ) -> pa.Array:
        """Dates as text. A board writes all its dates alike, so the dialect goes with the employer; a few stray."""
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

    def __init__(self, plan: Plan) -> None:
        cities: Cities = plan.cities
        self._cdf, self._by = cities.cdf, cities.by
        self.names = pa.array(cities.names)
        self._size = np.array([len(spellings) for spellings in cities.spellings])
        self._start = np.concatenate([[0], np.cumsum(self._size)[:-1]])
        spellings = [spelling for group in cities.spellings for spelling in group]
        self._remote = len(spellings)
        self._spellings = pa.array([*spellings, "Remote", "远程"])
        names = [country.names for country in plan.content.countries]
        self._country_size = np.array([len(group) for group in names])
        self._country_start = np.concatenate([[0], np.cumsum(self._country_size)[:-1]])
        self._countries = pa.array([name for group in names for name in group])

    def draw(self, rng: np.random.Generator, country: Integers, title: Integers) -> Integers:
        """A city (index) for each ad, by its country or its title, as the plan says."""
        row = country if self._by == BY_COUNTRY else title
        luck, city = rng.random(len(row)), np.zeros(len(row), dtype=np.int64)
        for number in np.unique(row):
            here = row == number
            city[here] = np.searchsorted(self._cdf[number], luck[here], side="right")
        return np.minimum(city, self._cdf.shape[1] - 1)

    def city(self, rng: np.random.Generator, city: Integers, language: Integers) -> pa.Array:
        """Each city, mostly in its first spelling; in Chinese ads in Chinese characters. Some jobs are remote."""
        rows = len(city)
        size = self._size[city]
        spelling = np.where(rng.random(rows) < 0.6, 0, (rng.random(rows) * size).astype(np.int64))
        native = np.minimum(1 + (rng.random(rows) * (size - 1)).astype(np.int64), size - 1)
        spelling = np.where(language == 1, native, spelling)
        index = np.where(rng.random(rows) < REMOTE, self._remote + language, self._start[city] + spelling)
        return self._spellings.take(pa.array(index))

    def country(self, rng: np.random.Generator, country: Integers) -> pa.Array:
        """The country in one of its names."""
        size = self._country_size[country]
        spelling = np.where(
            rng.random(len(country)) < 0.7, 0, (rng.random(len(country)) * size).astype(np.int64)
        )
        return self._countries.take(pa.array(self._country_start[country] + spelling))


def _blank(values: pa.Array, where: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(where), pa.scalar(None, pa.string()), values)
