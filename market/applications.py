"""The applications of a market: who applies for which posting, when, and what their profiles say of them.

What belongs here: drawing the applications of a batch of postings. What does not: how many there are to be and what
the people are like (`plan.Applicants`), and files.

Nobody is stored. The people of one group of titles, one scope and one quarter are a pool, numbered from 0; a number and
its pool hash to the id, and the id hashes to every attribute, so that a person who applies again is the same person
in every batch. A pool's size is proportional to its expected applications, hence people grow as applications do. Only
where a pool has fewer people than one posting has applications, in markets of less than some 50,000 postings, more
people come, and their growth reads a few points lower.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from market.employers import Hashes, Integers, mix
from market.plan import Applicants, Floats, Plan

APPLICATIONS_STREAM = 7
"""The random stream of this module."""

EVENNESS = 2.0
"""How alike the postings of a title are to applicants: their means are gamma with this shape (negative binomial)."""

LATEST = 45
"""Days after the posting on which the last applications come."""

USUAL_DELAY = 8.0
"""Days, the scale of the exponential that delays follow."""

ATTRIBUTES = ("city", "age", "education", "major", "previous_industry", "previous_occupation")
_COLUMNS = (
    "applicant_city",
    "applicant_age",
    "applicant_education",
    "applicant_major",
    "previous_industry",
    "previous_occupation",
)
APPLICATIONS = pa.schema(
    [pa.field(name, pa.string()) for name in ("applicant", "posting_id", "applied_on", *_COLUMNS)]
)
"""One row an application. applied_on is an ISO date; a profile may leave any attribute empty."""

_STEPS = 4_096
# Primes above any pool's size: a step through a pool by one of them meets nobody twice before it has met everyone.
_STRIDES = np.array(
    [2147483659, 2147483693, 2147483713, 2147483743, 2147483777, 2147483783, 2147483813, 2147483857],
    dtype=np.int64,
)


@dataclass(frozen=True)
class Posted:
    """Postings to be applied for. ids: texts; title, segment, month, day: indices; day 0 is the first of a month."""

    ids: pa.Array
    title: Integers
    segment: Integers
    month: Integers
    day: Integers


def expected_postings(plan: Plan, volume: Floats, postings: int) -> Floats:
    """(T, 2, M): the `postings` to expect by title, scope and month, when they fall as `volume` (C, M) says."""
    applicants = _of(plan)
    expected = np.zeros(applicants.per_posting.shape)
    np.add.at(expected, (plan.cell_title, applicants.scope[plan.cell_segment]), volume)
    return np.asarray(expected * (postings / volume.sum()))


class Applications:
    """Draws the applications of one market, batch by batch; a batch depends on no other."""

    def __init__(self, plan: Plan, seed: int, expected: Floats) -> None:
        """`expected`: (T, 2, M), the postings that the whole market is expected to hold; see `expected_postings`."""
        self._seed, self._plan, self._who = seed, plan, _of(plan)
        self._quarters, self._quarter = np.unique(
            [int(month[:4]) * 4 + (int(month[5:]) - 1) // 3 for month in plan.months], return_inverse=True
        )
        self.people = self._people(expected)
        """(groups, 2, quarters): the size of each pool."""

        self._calendar = _Calendar(plan.months)
        self._delays = _delays()
        self._attributes = [_Attribute(self._who, name, number) for number, name in enumerate(ATTRIBUTES)]

    def draw(self, batch: int, posted: Posted) -> pa.Table:
        """The applications for the postings of batch number `batch`, in the order of the postings."""
        rng = np.random.default_rng([self._seed, APPLICATIONS_STREAM, batch])
        scope = self._who.scope[posted.segment]
        mean = self._who.per_posting[posted.title, scope, posted.month]
        count = rng.poisson(mean * rng.gamma(EVENNESS, 1.0 / EVENNESS, len(mean)))
        posting = np.repeat(np.arange(len(mean)), count)
        group, quarter = self._who.group[posted.title], self._quarter[posted.month]
        # Nobody applies twice for one posting: a pool smaller than its applications gets more people.
        size = np.maximum(self.people[group, scope, quarter], count)
        number = (np.arange(len(posting)) - np.repeat(np.cumsum(count) - count, count)) * np.repeat(
            rng.choice(_STRIDES, len(mean)), count
        )
        number = (number + np.repeat((rng.random(len(mean)) * size).astype(np.int64), count)) % size[posting]
        pool = mix(self._seed, APPLICATIONS_STREAM, group, scope, self._quarters[quarter])
        person = mix(pool[posting] ^ number.astype(np.uint64))
        columns = [
            _hexadecimal(person),
            posted.ids.take(pa.array(posting)),
            self._days(rng, posted, posting),
            *(attribute.of(person, group[posting]) for attribute in self._attributes),
        ]
        return pa.Table.from_arrays(columns, schema=APPLICATIONS)

    def _people(self, expected: Floats) -> Integers:
        applications = expected * self._who.per_posting
        people = np.zeros((len(self._who.groups), 2, len(self._quarters)))
        for month, quarter in enumerate(self._quarter):
            np.add.at(people[:, :, quarter], self._who.group, applications[:, :, month])
        return np.maximum(1, np.round(people / self._who.applications_each)).astype(np.int64)

    def _days(self, rng: np.random.Generator, posted: Posted, posting: Integers) -> pa.Array:
        """The day of each application: soon after the posting, and within its quarter, as the search is."""
        first = self._calendar.start[posted.month] + posted.day
        left = np.minimum(self._calendar.last[self._quarter[posted.month]] - first, LATEST)
        luck = rng.integers(0, _STEPS, len(posting), dtype=np.uint16)
        return self._calendar.days.take(pa.array(first[posting] + self._delays[left[posting], luck]))


class _Calendar:
    """All days of the market. start: (M,) and last: (quarters,), places in `days`, ISO texts."""

    def __init__(self, months: tuple[str, ...]) -> None:
        pairs = [(int(month[:4]), int(month[5:])) for month in months]
        lengths = np.array([calendar.monthrange(*pair)[1] for pair in pairs])
        self.start = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        ends = np.cumsum(lengths) - 1
        quarter = np.array([year * 4 + (month - 1) // 3 for year, month in pairs])
        self.last = np.array([ends[quarter == number].max() for number in np.unique(quarter)])
        self.days = pa.array(
            [
                dt.date(*pair, day + 1).isoformat()
                for pair, n in zip(pairs, lengths, strict=True)
                for day in range(n)
            ]
        )


class _Attribute:
    """One attribute of people: a value by the plan's shares, in one of its spellings, or nothing."""

    def __init__(self, who: Applicants, name: str, number: int) -> None:
        cdf = who.cdf[name]
        # Row after row, each a step higher, so that one search finds the value of any group.
        self._ladder = (cdf / cdf[:, -1:] + np.arange(len(cdf))[:, None]).ravel()
        self._values, self._salt, self._blank = cdf.shape[1], number + 1, who.blank[name]
        self._size = np.array([len(texts) for texts in who.texts[name]])
        self._start = np.concatenate([[0], np.cumsum(self._size)[:-1]])
        self._texts = pa.array([text for texts in who.texts[name] for text in texts] + [None], pa.string())

    def of(self, person: Hashes, group: Integers) -> pa.Array:
        bits = mix(person ^ np.uint64(self._salt << 56))
        # Forty bits choose the value, twelve its spelling, twelve whether it is given: three independent choices.
        place = group + (bits >> np.uint64(24)).astype(np.float64) / float(1 << 40)
        value = np.searchsorted(self._ladder, place, side="right") - group * self._values
        value = np.clip(value, 0, self._values - 1)
        spelling = ((bits & np.uint64(0xFFF)).astype(np.int64) * self._size[value]) >> 12
        given = ((bits >> np.uint64(12)) & np.uint64(0xFFF)).astype(np.float64) >= self._blank * 4_096
        return self._texts.take(
            pa.array(np.where(given, self._start[value] + spelling, len(self._texts) - 1))
        )


def _of(plan: Plan) -> Applicants:
    if plan.applicants is None:
        raise ValueError("this market has no applicants")
    return plan.applicants


def _delays() -> Integers:
    """(LATEST + 1, _STEPS): for each number of days left, delays whose quantiles are those of a cut exponential."""
    luck = (np.arange(_STEPS) + 0.5) / _STEPS
    left = np.arange(LATEST + 1)[:, None]
    delay = -USUAL_DELAY * np.log1p(-luck * -np.expm1(-(left + 1) / USUAL_DELAY))
    return np.minimum(delay.astype(np.int64), left)


_PAIRS = np.array([f"{number:02x}".encode() for number in range(256)]).view(np.uint16)


def _hexadecimal(hashes: Hashes) -> pa.Array:
    """Each hash as sixteen hexadecimal digits."""
    texts = _PAIRS[np.ascontiguousarray(hashes, dtype=">u8").view(np.uint8)]
    offsets = np.arange(0, 16 * len(hashes) + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(hashes), pa.py_buffer(offsets), pa.py_buffer(texts))
