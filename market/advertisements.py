"""What an advertisement says, given its true title: the title it carries, the description, and the skills named.

What belongs here: how clearly an ad speaks of its title, how long it is, how it is laid out and misspelt. What does
not: the phrases (`phrasebook`), and fields that do not depend on the title.
"""

from __future__ import annotations

import html
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from market.content import BANDS, Content
from market.employers import mix, unit
from market.phrasebook import EXPERIENCE, HTML, LAYOUTS, VARIANTS, Group, Phrasebook

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

DUTIES, NEEDS, BENEFITS, STORIES = 22, 14, 10, 6
"""The most of each that an ad can hold."""

SKILLS = 6
_LAYOUT_SHARES = np.cumsum([0.32, 0.16, 0.14, 0.12])
"""Of all layouts but the last, HTML, which is what remains."""

_FORM_SHARES = np.cumsum([0.05, 0.03, 0.92])
"""Ads that only introduce, that only list a few needs, and whole ones."""

STANDARD_WORDING = 0.35
"""How often an ad that is titled without habit carries the first of its title's wordings, the commonest."""

OWN_WORDING = 0.6
"""How often an employer titles a job as it always does."""

STRAY = 0.08
"""How often an ad is laid out unlike its employer's others."""

MISSPELT, ESCAPED_TWICE = 0.06, 0.03
_SEPARATORS = pa.array([", ", "\n", "; ", "、", "|"])


@dataclass(frozen=True)
class Clarity:
    """How plainly ads speak of their titles. All are shares.

    vague    ads whose title names only the family ("Specialist II"), near: ads that carry a neighbour's title
    own      mean share of duties and skills that belong to the title; of the rest `from_near` belong to one
             neighbour, `from_family` to the family and the remainder to every job
    """

    vague: float
    near: float
    own: float
    from_near: float = 0.28
    from_family: float = 0.32

    @classmethod
    def at(cls, difficulty: float) -> Clarity:
        """The clarity of a market of this difficulty (0 to 1)."""
        return cls(vague=0.22 * difficulty, near=0.08 * difficulty, own=0.84 - 0.56 * difficulty)


@dataclass(frozen=True)
class Subjects:
    """What a batch of ads is about; every array has one entry an ad, as indices into the content's tuples.

    language: 0 English, 1 Chinese. employer: names, as an Arrow array of strings. habit: bits of the employer, which
    writes all its ads in one manner. education and experience: levels.
    """

    title: Integers
    language: Integers
    industry: Integers
    education: Integers
    experience: Integers
    employer: pa.Array
    habit: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Advertisements:
    """The texts of a batch of ads, and whether their own title was out of sight (vague, or a neighbour's)."""

    title: pa.Array
    description: pa.Array
    skills: pa.Array
    obscured: Booleans


class Copywriter:
    """Writes ads. Holds only the phrasebook, so that one instance serves any number of batches."""

    def __init__(
        self,
        content: Content,
        difficulty: float,
        experience: Mapping[str, Sequence[Sequence[str]]] = EXPERIENCE,
        asked: Sequence[Sequence[tuple[str, float]]] = (),
    ) -> None:
        self.book = Phrasebook(content, experience)
        self._asked = _Asked(asked) if asked else None
        self.clarity = Clarity.at(difficulty)
        index = {title.title_id: number for number, title in enumerate(content.titles)}
        family = {entry.family_id: number for number, entry in enumerate(content.families)}
        self._titles = len(content.titles)
        self._industries = len(content.industries)
        self._family_topic = np.array([self._titles + family[title.family_id] for title in content.titles])
        self._band = np.array([BANDS.index(title.band) for title in content.titles])
        most = max(len(title.near) for title in content.titles)
        self._near = np.array(
            [[index[title.near[n % len(title.near)]] for n in range(most)] for title in content.titles]
        )

    def write(self, rng: np.random.Generator, about: Subjects) -> Advertisements:
        """Write one ad for each subject."""
        rows = len(about.title)
        habit = about.habit
        manner = np.where(rng.random(rows) < STRAY, rng.random(rows), unit(mix(habit, 1)))
        layout = np.searchsorted(_LAYOUT_SHARES, manner).astype(np.int64)
        form = np.searchsorted(_FORM_SHARES, rng.random(rows))
        near = self._near[about.title, rng.integers(0, self._near.shape[1], rows)]
        topic, obscured = self._title_topic(rng, about.title, near)
        # Nobody has a title for everyone, hence one topic less.
        said = about.language * self.book.everyone + topic
        wording = self._pick(rng, self.book.wordings, said)
        standard = rng.random(rows) < STANDARD_WORDING
        wording[standard] = self.book.wordings.start[said[standard]]
        usual = rng.random(rows) < OWN_WORDING
        wording[usual] = self._habitual(self.book.wordings, said[usual], mix(habit[usual], 2, topic[usual]))
        topics = self._topics(rng, about.title, near, DUTIES + NEEDS + SKILLS)

        duty_topics, need_topics, skill_topics = np.split(topics, [DUTIES, DUTIES + NEEDS], axis=1)
        described = (form > 0)[:, None] & (
            np.arange(DUTIES) < self._amount(rng, 9.5, 0.7, DUTIES, rows)[:, None]
        )
        described[form == 1] = False
        needed = (form > 0)[:, None] & (np.arange(NEEDS) < self._amount(rng, 6.0, 0.7, NEEDS, rows)[:, None])
        offered = np.arange(BENEFITS) < self._amount(rng, 3.6, 0.9, BENEFITS, rows)[:, None]
        offered &= (form == 2)[:, None]
        whole = form == 2

        def drawn(group: Group, numbers: Integers, shown: Booleans) -> pa.Array:
            return self._render(self._pick(rng, group, numbers), layout, shown)

        def habitual(group: Group, numbers: Integers, shown: Booleans, salt: int) -> pa.Array:
            return self._render(self._habitual(group, numbers, mix(habit, salt)), layout, shown)

        book, language = self.book, about.language
        tongue = (language * book.topics)[:, None]
        about_us = whole & (rng.random(rows) < 0.75)
        heads = rng.random((5, rows))
        story = [
            habitual(book.headings["about"], language, about_us & (heads[0] < 0.6), 10),
            self._render(np.zeros(rows, dtype=np.int64) + book.paragraph.start[0], layout, about_us),
            pc.if_else(pa.array(about_us), about.employer, pa.scalar(None, pa.string())),
            habitual(book.industry_stories, language * self._industries + about.industry, about_us, 3),
            *self._series(
                rng,
                book.stories,
                language,
                layout,
                about_us[:, None] & (np.arange(STORIES) < rng.integers(0, STORIES + 1, rows)[:, None]),
            ),
        ]
        introduced = (form == 0) | (rng.random(rows) < 0.7)
        body = [
            habitual(book.headings["role"], language, whole & (heads[1] < 0.5), 11),
            drawn(book.intro_before, language, introduced),
            self._render(wording, layout, introduced),
            drawn(book.intro_after, language, introduced),
            habitual(book.headings["duties"], language, described[:, 0] & (heads[2] < 0.9), 12),
            *self._series_of_topics(rng, book.duties, tongue + duty_topics, layout, described),
            habitual(book.headings["needs"], language, needed[:, 0] & (heads[3] < 0.9), 13),
            drawn(book.education_needs, language * 6 + about.education, whole & (rng.random(rows) < 0.5)),
            drawn(book.experience_needs, language * 6 + about.experience, whole & (rng.random(rows) < 0.5)),
            *self._series_of_topics(rng, book.needs, tongue + need_topics, layout, needed),
            habitual(book.headings["offer"], language, offered[:, 0] & (heads[4] < 0.9), 14),
            *self._series(rng, book.benefits, language, layout, offered),
            drawn(book.closing, language, rng.random(rows) < 0.6),
            drawn(book.closing, language, whole & (rng.random(rows) < 0.2)),
        ]
        story_first = pa.array(unit(mix(habit, 4)) < 0.7)
        nothing = pa.scalar(None, pa.string())
        description = pc.binary_join_element_wise(
            *[pc.if_else(story_first, piece, nothing) for piece in story],
            *body,
            *[pc.if_else(story_first, nothing, piece) for piece in story],
            # Arrow's join drops rows of nothing but nulls: this piece keeps an ad that says nothing.
            _rows_of("", rows),
            "",
            null_handling="skip",
        )
        named = np.arange(SKILLS) < rng.integers(1, SKILLS + 1, rows)[:, None]
        skills = pc.binary_join_element_wise(
            *self._series_of_topics(
                rng, book.skills, tongue + skill_topics, np.zeros(rows, dtype=np.int64), named
            ),
            _SEPARATORS.take(pa.array(np.where(language == 1, 3, rng.integers(0, 3, rows)))),
            null_handling="skip",
        )
        if self._asked:
            skills = self._asked.draw(rng, about.title, language)
        title = self._headline(rng, about, wording, obscured)
        return Advertisements(*self._blemish(rng, title, description, layout), skills, obscured)

    def _title_topic(
        self, rng: np.random.Generator, title: Integers, near: Integers
    ) -> tuple[Integers, Booleans]:
        """Whose words the ad's title uses: its own, a neighbour's, or the family's vague ones."""
        luck = rng.random(len(title))
        vague = luck < self.clarity.vague
        borrowed = (luck >= self.clarity.vague) & (luck < self.clarity.vague + self.clarity.near)
        topic = np.where(vague, self._family_topic[title], np.where(borrowed, near, title))
        return topic, vague | borrowed

    def _topics(self, rng: np.random.Generator, title: Integers, near: Integers, slots: int) -> Integers:
        """(ads, slots): the topic each duty or skill comes from. How clear an ad is varies from ad to ad."""
        mean = self.clarity.own
        own = rng.beta(3 * mean + 0.05, 3 * (1 - mean) + 0.05, len(title))[:, None]
        luck = rng.random((len(title), slots))
        rest = 1.0 - own
        near_until = own + rest * self.clarity.from_near
        family_until = near_until + rest * self.clarity.from_family
        return np.where(
            luck < own,
            title[:, None],
            np.where(
                luck < near_until,
                near[:, None],
                np.where(luck < family_until, self._family_topic[title][:, None], self.book.everyone),
            ),
        )

    @staticmethod
    def _amount(rng: np.random.Generator, median: float, sigma: float, most: int, rows: int) -> Integers:
        return np.clip(np.round(median * np.exp(rng.normal(0.0, sigma, rows))), 0, most).astype(np.int64)

    @staticmethod
    def _pick(rng: np.random.Generator, group: Group, numbers: Integers) -> Integers:
        """A random phrase, in a random variant, of the group `numbers` names for each ad."""
        entry = (rng.random(len(numbers)) * group.size[numbers]).astype(np.int64)
        return group.start[numbers] + entry * VARIANTS + rng.integers(0, VARIANTS, len(numbers))

    @staticmethod
    def _habitual(group: Group, numbers: Integers, bits: npt.NDArray[np.uint64]) -> Integers:
        """The phrase, and the variant, that these bits stand for in the group `numbers` names."""
        entry = (bits % group.size[numbers].astype(np.uint64)).astype(np.int64)
        return (
            group.start[numbers]
            + entry * VARIANTS
            + ((bits >> np.uint64(40)) % np.uint64(VARIANTS)).astype(np.int64)
        )

    def _render(self, phrase: Integers, layout: Integers, shown: Booleans | None = None) -> pa.Array:
        index = pa.array(phrase * LAYOUTS + layout, mask=None if shown is None else ~shown)
        return self.book.texts.take(index)

    def _series(
        self, rng: np.random.Generator, group: Group, numbers: Integers, layout: Integers, shown: Booleans
    ) -> list[pa.Array]:
        """Different phrases of one group, as many as `shown` (ads, slots) has columns."""
        return self._series_of_topics(
            rng, group, np.repeat(numbers[:, None], shown.shape[1], axis=1), layout, shown
        )

    def _series_of_topics(
        self, rng: np.random.Generator, group: Group, numbers: Integers, layout: Integers, shown: Booleans
    ) -> list[pa.Array]:
        """One phrase per slot, of the slot's group (ads, slots); no ad says a phrase twice."""
        rows, slots = numbers.shape
        first = rng.integers(0, 1 << 20, rows)
        stride = group.strides(rng, numbers[:, 0])
        variant = rng.integers(0, VARIANTS, numbers.shape, dtype=np.int64)
        series = []
        for slot in range(slots):
            number = numbers[:, slot]
            size = group.size[number]
            said = (numbers[:, :slot] == number[:, None]).sum(axis=1)
            # One stride serves all groups of an ad, so it may share a divisor with a later group's size: step by one.
            step = np.where(np.gcd(stride, size) == 1, stride, 1)
            entry = (first + said * step) % size
            phrase = group.start[number] + entry * VARIANTS + variant[:, slot]
            series.append(self._render(phrase, layout, shown[:, slot] & (said < size)))
        return series

    def _headline(
        self, rng: np.random.Generator, about: Subjects, wording: Integers, obscured: Booleans
    ) -> pa.Array:
        rows = len(wording)
        plain = np.zeros(rows, dtype=np.int64)
        band = self._band[about.title]
        before = self._pick(rng, self.book.before_title, about.language * len(BANDS) + band)
        after = self._pick(rng, self.book.after_title, about.language)
        headline = pc.binary_join_element_wise(
            self._render(before, plain, (rng.random(rows) < 0.22) & ~obscured),
            self._render(wording, plain),
            self._render(after, plain, rng.random(rows) < 0.28),
            "",
            null_handling="skip",
        )
        case = rng.random(rows)
        headline = pc.if_else(pa.array(case < 0.05), pc.utf8_upper(headline), headline)
        return pc.if_else(pa.array(case > 0.98), pc.utf8_lower(headline), headline)

    @staticmethod
    def _blemish(
        rng: np.random.Generator, title: pa.Array, description: pa.Array, layout: Integers
    ) -> tuple[pa.Array, pa.Array]:
        """Misspell some ads, and escape the HTML of some a second time, as careless exports do."""
        rows = len(title)
        misspelt = rng.random(rows) < MISSPELT
        escaped = (layout == HTML) & (rng.random(rows) < ESCAPED_TWICE)
        touched = np.flatnonzero(misspelt | escaped)
        dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311  (misspellings need no secrecy)
        titles, descriptions = [], []
        for row in touched.tolist():
            headline, text = title[row].as_py(), description[row].as_py()
            if misspelt[row]:
                headline = misspell(headline, 1, dice) if dice.random() < 0.4 else headline
                text = misspell(text, 1 + len(text) // 400, dice)
            titles.append(headline)
            descriptions.append(html.escape(text) if escaped[row] else text)
        mask = np.zeros(rows, dtype=bool)
        mask[touched] = True
        where = pa.array(mask)
        return (
            pc.replace_with_mask(title, where, pa.array(titles, pa.string())),
            pc.replace_with_mask(description, where, pa.array(descriptions, pa.string())),
        )


class _Asked:
    """Skills that ads of a title name in planted shares, instead of the title's authored ones."""

    def __init__(self, asked: Sequence[Sequence[tuple[str, float]]]) -> None:
        most = max(len(skills) for skills in asked)
        texts = sorted({skill for skills in asked for skill, _ in skills})
        self._texts = pa.array(texts, pa.string())
        self._skill = np.zeros((len(asked), most), dtype=np.int64)
        self._share = np.zeros((len(asked), most))
        for number, skills in enumerate(asked):
            for place, (skill, share) in enumerate(skills):
                self._skill[number, place], self._share[number, place] = texts.index(skill), share

    def draw(self, rng: np.random.Generator, title: Integers, language: Integers) -> pa.Array:
        """The skills field of each ad; null where none is named."""
        named = rng.random((len(title), self._share.shape[1])) < self._share[title]
        # Arrow's join drops rows of nothing but nulls, so it gets only the ads that name something.
        some = np.flatnonzero(named.any(axis=1))
        columns = [
            self._texts.take(pa.array(self._skill[title[some], place], mask=~named[some, place]))
            for place in range(named.shape[1])
        ]
        joined = pc.binary_join_element_wise(
            *columns, pa.array([", ", "、"]).take(pa.array(language[some])), null_handling="skip"
        )
        place = np.zeros(len(title), dtype=np.int64)
        place[some] = np.arange(len(some))
        return joined.take(pa.array(place, mask=~named.any(axis=1)))


def _rows_of(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows)


def misspell(text: str, times: int, dice: random.Random) -> str:
    """Swap, drop or double a letter, `times` times; markup and digits stay, so that HTML still closes."""
    letters = list(text)
    for _ in range(times):
        if len(letters) < 4:
            break
        place = dice.randrange(1, len(letters) - 1)
        if not (letters[place].isalpha() and letters[place + 1].isalpha()) or _inside_tag(letters, place):
            continue
        kind = dice.randrange(3)
        if kind == 0:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        elif kind == 1:
            del letters[place]
        else:
            letters.insert(place, letters[place])
    return "".join(letters)


def _inside_tag(letters: list[str], place: int) -> bool:
    for character in reversed(letters[max(0, place - 12) : place]):
        if character in "<>":
            return character == "<"
    return False
