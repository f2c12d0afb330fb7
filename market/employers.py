"""The employers of a market: how large, where and what they are, when they exist, and when the crawl reaches them.

What belongs here: one row an employer, drawn once from the seed, and who posts what in which month. What does not:
which titles the market holds (`plan`), and what an ad says.

Two things are kept apart. An employer is born and dies: that is the market, and it is balanced, so that those who
live through two windows grow as the market does. And the crawl finds an employer, or loses it: that is only the
crawl, it is not balanced, and it is what makes a raw count lie.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from market.content import Content
from market.plan import Plan

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

EMPLOYERS_STREAM = 6
"""The random stream of this module."""

HEAD = 3.0
"""How flat the head of the size distribution is: weight(rank) is 1 / (rank + HEAD), Zipf-Mandelbrot."""

BORN_OR_DYING = 0.30
"""Share of employers that are born, or die, within three years."""

SETTLED = 4
"""The largest employers of a segment always exist and are never lost: one of them is a segment's whole trend."""

EXPANSION = 0.6
"""Share of the employers entering the crawl that enter with one of its expansions."""

OUTAGES, LONGEST_OUTAGE = 0.05, 3
"""Share of employers whose board cannot be read for one to three months."""

FAILED_DAYS = 0.04
"""Share of single polls that fail; the next day's poll finds the same ads, so nothing is lost."""

AFFINITY = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0])
"""How much more, or less, than its size an employer hires of a title: it is one of these, by hash. Mean 1.03."""

KINDS = ("company", "agency", "government", "university", "nonprofit")
_PRIME = 7919
_GAMMA = 2.0


def mix(*parts: npt.ArrayLike) -> Hashes:
    """64 well-mixed bits from integers (the finaliser of SplitMix64, Steele et al. 2014), elementwise."""
    state = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = state + np.asarray(part).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.atleast_1d(state)


def unit(hashes: Hashes) -> Floats:
    """Hashes as numbers in [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) / float(1 << 53)


class Employers:
    """The employers of one market, one entry each in every array, segment by segment and largest first.

    segment, rank, country, size, kind: indices. alive, reached: (employers, M), whether the employer exists in the
    month, and whether the crawl could read its board then. crawled: (employers, M), whether the crawl knew of it.
    """

    def __init__(self, plan: Plan, seed: int, count: int) -> None:
        self._seed, self._plan = seed, plan
        rng = np.random.default_rng([seed, EMPLOYERS_STREAM])
        segments, months = plan.segments, len(plan.months)
        self.per_segment: Integers = np.maximum(6, np.round(count * segments.share)).astype(np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.per_segment)])
        self.segment = np.repeat(np.arange(len(self.per_segment)), self.per_segment)
        self.rank = np.arange(self.starts[-1]) - self.starts[self.segment]
        self.industry = segments.industry[self.segment]
        self.country = self._countries(plan.content)
        self.size = self._sizes(segments.size)
        self.kind = self._kinds(plan.content)
        self.names = self._all_names(plan.content)
        self.alive = self._lives(rng, months)
        self.crawled = self._crawl(rng, months)
        self.reached = self.alive & self.crawled & ~self._outages(rng, months)
        self._weight = self._weights(rng, months)
        self.seen_share = self._seen_shares()
        self._ladder = self._ladders()

    def __len__(self) -> int:
        return int(self.starts[-1])

    def hashed(self, employer: Integers, *salts: npt.ArrayLike) -> Hashes:
        """Bits that belong to an employer (and to whatever else is given)."""
        return mix(self._seed, 1_000_003, employer, *salts)

    def draw(self, rng: np.random.Generator, cell: Integers, month: Integers) -> Integers:
        """An employer that the crawl reaches, for each posting of a cell (index into the plan's) in a month (index).

        In proportion to size, life, the season's hiring and the affinity for the title. Every cell asked for must
        have a `seen_share` above 0 in its month.
        """
        segment, title = self._plan.cell_segment[cell], self._plan.cell_title[cell]
        chosen = np.zeros(len(cell), dtype=np.int64)
        waiting = np.arange(len(cell))
        for _ in range(60):
            chosen[waiting] = self._any(rng, segment[waiting], month[waiting])
            accepted = rng.random(len(waiting)) * AFFINITY[-1] < self.affinity(
                chosen[waiting], title[waiting]
            )
            waiting = waiting[~accepted]
            if not len(waiting):
                break
        return chosen

    def affinity(self, employer: npt.ArrayLike, title: npt.ArrayLike) -> Floats:
        """How much the employer hires of the title, against what its size suggests."""
        bits = mix(self._seed, 1_000_033, employer, title)
        return AFFINITY[(bits >> np.uint64(60)).astype(np.int64)]

    def agencies(self, rng: np.random.Generator, month: Integers) -> Integers:
        """An agency that the crawl reaches in each month, or -1 where there is none."""
        segments = np.flatnonzero(self._plan.segments.agency)
        if not len(segments):
            return np.full(len(month), -1)
        segment = segments[rng.integers(0, len(segments), len(month))]
        some = self._ladder[month, self.starts[segment + 1] - 1] > segment
        found = self._any(rng, segment, month)
        return np.where(some, found, -1)

    def _any(self, rng: np.random.Generator, segment: Integers, month: Integers) -> Integers:
        """An employer of the segment that is reached in the month, by weight alone."""
        place = segment + rng.random(len(segment))
        found = np.zeros(len(segment), dtype=np.int64)
        for number in np.unique(month):
            here = month == number
            found[here] = np.searchsorted(self._ladder[number], place[here], side="right")
        return np.minimum(found, self.starts[segment + 1] - 1)

    def _ladders(self) -> Floats:
        """(M, employers): within segment s the cumulative weights of reached employers climb from s to s + 1."""
        ladder = np.zeros((len(self._plan.months), len(self)))
        for month in range(len(ladder)):
            seen = self._weight[:, month] * self.reached[:, month]
            for segment, (begin, end) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
                climb = np.cumsum(seen[begin:end])
                ladder[month, begin:end] = segment + (climb / climb[-1] if climb[-1] > 0 else 0.0)
        return ladder

    def _seen_shares(self) -> Floats:
        """(C, M): the share of a cell's postings whose employer the crawl reaches, exactly."""
        plan = self._plan
        shares = np.zeros((len(plan.cell_title), len(plan.months)))
        for segment, (begin, end) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
            cells = np.flatnonzero(plan.cell_segment == segment)
            if not len(cells):
                continue
            everyone = np.zeros((len(cells), len(plan.months)))
            seen = np.zeros_like(everyone)
            for first in range(begin, end, 2_000):
                some = np.arange(first, min(first + 2_000, end))
                weight = self._weight[some]
                liking = self.affinity(some[None, :], plan.cell_title[cells][:, None])
                everyone += liking @ weight
                seen += liking @ (weight * self.reached[some])
            shares[cells] = np.divide(seen, everyone, out=np.zeros_like(seen), where=everyone > 0)
        return shares

    def _weights(self, rng: np.random.Generator, months: int) -> npt.NDArray[np.float32]:
        """(employers, M): size times life times the quarter's hiring, which comes in bursts, less so for the large."""
        quarters = np.arange(months) // 3
        steadiness = np.where(self.rank < SETTLED, 12.0 * _GAMMA, _GAMMA)[:, None]
        bursts = rng.gamma(steadiness, 1.0 / steadiness, (len(self), quarters[-1] + 1))
        weight = (1.0 / (self.rank + HEAD))[:, None] * bursts[:, quarters] * self.alive
        return weight.astype(np.float32)

    def _lives(self, rng: np.random.Generator, months: int) -> Booleans:
        """(employers, M). Of two employers next to each other in size, one dies in the month the other is born."""
        alive = np.ones((len(self), months), dtype=bool)
        pairs = np.flatnonzero((self.rank >= SETTLED) & ((self.rank - SETTLED) % 2 == 0))
        pairs = pairs[(pairs + 1 < len(self))]
        pairs = pairs[self.segment[pairs] == self.segment[np.minimum(pairs + 1, len(self) - 1)]]
        moved = pairs[rng.random(len(pairs)) < BORN_OR_DYING]
        turn = rng.integers(1, max(2, months), len(moved))
        first = rng.random(len(moved)) < 0.5
        month = np.arange(months)[None, :]
        born, dying = np.where(first, moved, moved + 1), np.where(first, moved + 1, moved)
        alive[born] = month >= turn[:, None]
        alive[dying] = month < turn[:, None]
        return alive

    def _crawl(self, rng: np.random.Generator, months: int) -> Booleans:
        """(employers, M): whether the crawl knows the employer's board."""
        crawl = self._plan.crawl
        until = np.cumsum(crawl.shares[self.segment, self.country], axis=1)
        fate = rng.random(len(self))
        turn = rng.integers(1, max(2, months), len(self))
        if crawl.expansions:
            with_others = rng.random(len(self)) < EXPANSION
            expansion = np.array(crawl.expansions)[rng.integers(0, len(crawl.expansions), len(self))]
            enters = np.where(with_others, expansion, turn)
        else:
            enters = turn
        month = np.arange(months)[None, :]
        entering = ((fate >= until[:, 0]) & (fate < until[:, 1]))[:, None] & (month >= enters[:, None])
        leaving = ((fate >= until[:, 1]) & (fate < until[:, 2]))[:, None] & (month < turn[:, None])
        always = (fate < until[:, 0]) | (self.rank < SETTLED)
        return always[:, None] | entering | leaving

    def _outages(self, rng: np.random.Generator, months: int) -> Booleans:
        out = rng.random(len(self)) < OUTAGES
        begin = rng.integers(0, months, len(self))
        length = rng.integers(1, LONGEST_OUTAGE + 1, len(self))
        month = np.arange(months)[None, :]
        during = (month >= begin[:, None]) & (month < (begin + length)[:, None])
        return during & (out & (self.rank >= SETTLED))[:, None]

    def _countries(self, content: Content) -> Integers:
        shares = np.cumsum([country.share for country in content.countries])
        chosen = np.searchsorted(
            shares / shares[-1], unit(self.hashed(np.arange(len(self)), 4)), side="right"
        )
        return np.minimum(chosen, len(shares) - 1).astype(np.int64)

    def _sizes(self, given: Integers) -> Integers:
        """The segment's size band, or 0 (up to ten people) to 7 (over ten thousand): by rank, with some luck."""
        place = np.log1p(self.rank) / np.log1p(self.per_segment[self.segment])
        luck = unit(self.hashed(np.arange(len(self)), 5)) - 0.5
        by_rank = np.clip(np.floor(7.6 - 6.8 * place + 2.4 * luck), 0, 7).astype(np.int64)
        return np.where(given[self.segment] >= 0, given[self.segment], by_rank)

    def _kinds(self, content: Content) -> Integers:
        """Indices into KINDS: schools are public, private or universities, agencies place, the rest is plain."""
        luck = unit(self.hashed(np.arange(len(self)), 6))
        names = [industry.industry_id for industry in content.industries]
        usual = np.array([KINDS.index(name) if name in KINDS else 0 for name in names])
        kind = usual[self.industry]
        kind = np.where(self._plan.segments.agency[self.segment], KINDS.index("agency"), kind)
        if "education" in names:
            schools = self.industry == names.index("education")
            kind = np.where(schools & (luck < 0.75), KINDS.index("government"), kind)
            kind = np.where(schools & (luck < 0.25), KINDS.index("university"), kind)
        return kind.astype(np.int64)

    def _all_names(self, content: Content) -> pa.Array:
        """The employers' own names, unique in the market; in Chinese for employers in China."""
        china = [country.code for country in content.countries].index("CN")
        chinese = self.country == china
        texts = pa.array([""] * len(self))
        # An industry may have several segments; its employers are numbered through, so that no two share a name.
        order = np.lexsort((np.arange(len(self)), self.industry))
        number = np.zeros(len(self), dtype=np.int64)
        first = np.concatenate(
            [[0], np.cumsum(np.bincount(self.industry, minlength=len(content.industries)))]
        )
        number[order] = np.arange(len(self)) - first[self.industry[order]]
        for language, here in (("en", ~chinese), ("zh", chinese)):
            if here.any():
                names = self._names_in(content, language, np.flatnonzero(here), number[here])
                texts = pc.replace_with_mask(texts, pa.array(here), names)
        return texts

    def _names_in(self, content: Content, language: str, employer: Integers, number: Integers) -> pa.Array:
        source, industry = content.employers, self.industry[employer]
        first, second = (source[f"{part}_{language}"].split() for part in ("first", "second"))
        legal = source[f"legal_{language}"]
        words = [entry.words[language] for entry in content.industries]
        combinations = len(first) * len(second)
        # Multiplying by a prime that divides neither count visits every combination once before any repeats.
        turn = (number * _PRIME + 977 * (self._seed % 1000) + 131 * industry) % combinations
        lap = number // combinations
        word_start = np.concatenate([[0], np.cumsum([len(group) for group in words])])
        sizes = np.array([len(group) for group in words])[industry]
        word = (self.hashed(employer, 8) % sizes.astype(np.uint64)).astype(np.int64)
        ending = (self.hashed(employer, 7) % np.uint64(len(legal))).astype(np.int64)
        space = " " if language == "en" else ""
        ordinal = pc.binary_join_element_wise(space, pa.array(lap + 1).cast(pa.string()), "")
        return pc.binary_join_element_wise(
            pa.array(first).take(pa.array(turn % len(first))),
            pa.array([text.lower() for text in second]).take(pa.array(turn // len(first))),
            pa.array([space + text for group in words for text in group]).take(
                pa.array(word_start[industry] + word)
            ),
            pc.if_else(pa.array(lap > 0), ordinal, ""),
            pa.array([space + text if text else "" for text in legal]).take(pa.array(ending)),
            "",
        )

    def coverage(self, industries: pa.Array) -> Iterator[pa.RecordBatch]:
        """One row per employer, month and poll of a board the crawl knows; see `generate.COVERAGE`.

        A board is polled four times a month. A poll fails at times, and all of them do while the board cannot be read.
        """
        months = self._plan.months
        for begin in range(0, len(self), 2_000):
            some = np.arange(begin, min(begin + 2_000, len(self)))
            employer, month = np.nonzero(self.crawled[some] & self.alive[some])
            employer, month = np.repeat(employer + begin, 4), np.repeat(month, 4)
            poll = np.tile(np.arange(4), len(employer) // 4)
            bits = self.hashed(employer, 9, month, poll)
            day = 1 + 7 * poll + (bits % np.uint64(7)).astype(np.int64)
            failed = ~self.reached[employer, month]
            # The last poll of a month in which the board can be read succeeds: the month's ads are found.
            failed |= (unit(self.hashed(employer, 10, month, poll)) < FAILED_DAYS) & (poll < 3)
            names = pa.array(months).take(pa.array(month))
            days = pa.array([f"-{number:02d}" for number in range(1, 29)]).take(pa.array(day - 1))
            yield pa.RecordBatch.from_pydict(
                {
                    "employer": self.names.take(pa.array(employer)),
                    "industry": industries.take(pa.array(self.industry[employer])),
                    "month": names,
                    "polled_on": pc.binary_join_element_wise(names, days, ""),
                    "result": pa.array(["ok", "failed"]).take(pa.array(failed.astype(np.int64))),
                }
            )
