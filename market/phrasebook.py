"""Every phrase an advertisement may use, rendered once, in one Arrow array that is then only indexed.

What belongs here: turning authored lines into rendered phrases, and where in the array each group of them lies.
What does not: choosing phrases. Rendering ahead is what makes tens of thousands of ads a second possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from market.content import EDUCATION_LEVELS, LANGUAGES, Content, expand

VARIANTS = 6
"""Renderings kept of each phrase: other alternatives, other lead-ins, other bullets."""

INLINE, DASHES, DOTS, BARE, HTML = range(5)
"""How an ad is laid out: running text, lines with one kind of bullet, or HTML. Each rendering exists in all five."""

LAYOUTS = 5
_BULLETS = ("- ", "• ", "")
_LEADS = ("", "", "You will ", "", "Ability to ", "")

EXPERIENCE = {
    "en": (
        ("no experience", "Not Required", "Entry level", "0 years"),
        ("1-2 years", "1 year", "Junior", "at least 1 year"),
        ("3+ years", "2-4 years", "3 years", "Intermediate"),
        ("5+ years", "5-7 years", "SENIOR", "five years"),
        ("8+ years", "8-10 years", "Senior", "more than 8 years"),
        ("10+ years", "12+ years", "10 years", "Expert"),
    ),
    "zh": (
        ("经验不限", "无需经验", "应届生"),
        ("1年", "1-2年", "1年以上"),
        ("3年", "2-3年", "3-4年"),
        ("5-7年", "5年以上", "3-5年"),
        ("8年以上", "8-9年"),
        ("10年以上", "10年"),
    ),
}
"""Levels of experience, least first, as the field of a source has them."""

EDUCATION = {
    "en": (
        ("Not Required", "None", ""),
        ("High School", "High school or equivalent", "Secondary School"),
        ("Associate Degree", "Diploma", "Certificate", "Vocational"),
        ("Bachelors Degree", "Bachelor's degree", "BA/BS", "bachelor"),
        ("Masters Degree", "Master's", "MSc"),
        ("PhD", "Doctorate"),
    ),
    "zh": (("学历不限", "不限"), ("高中", "中专/中技"), ("大专",), ("本科",), ("硕士",), ("博士",)),
}
"""Levels of education in the order of `EDUCATION_LEVELS`, as the field of a source has them."""


Rendered = tuple[str, str, str, str, str]
"""One phrase in the five layouts."""


@dataclass(frozen=True)
class Group:
    """Where groups of phrases lie: phrase e of group g, variant v, is at start[g] + e * VARIANTS + v."""

    start: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]

    def strides(self, rng: np.random.Generator, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each group asked for, a step that visits all of its phrases before it repeats one."""
        return _STRIDES[self.size[numbers] % len(_STRIDES), rng.integers(0, _STRIDES.shape[1], len(numbers))]


def _coprime(size: int) -> list[int]:
    steps = [step for step in range(1, max(2, size)) if gcd(step, size) == 1]
    return [steps[n % len(steps)] for n in range(12)]


_STRIDES = np.array([_coprime(size) for size in range(64)], dtype=np.int64)


class _Rendering:
    """Collects rendered phrases; `group` returns where they lie."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def group(self, groups: Iterable[list[list[Rendered]]]) -> Group:
        start, size = [], []
        for phrases in groups:
            start.append(len(self.texts) // LAYOUTS)
            size.append(len(phrases))
            for variants in phrases:
                for variant in range(VARIANTS):
                    self.texts.extend(variants[variant % len(variants)])
        return Group(np.array(start, dtype=np.int64), np.array(size, dtype=np.int64))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _item(text: str, language: str) -> Rendered:
    """A point of a list."""
    if language == "zh":
        dash, dot, bare = (f"{bullet.strip()}{text}\n" for bullet in _BULLETS)
        return f"{text}；", dash, dot, bare, f"<li>{text}；</li>"
    dash, dot, bare = (f"{bullet}{_capital(text)}\n" for bullet in _BULLETS)
    return f"{_capital(text)}. ", dash, dot, bare, f"<li>{_capital(text)}</li>\n"


def _flowing(text: str, marked: str) -> Rendered:
    """The same text in every layout but HTML."""
    return text, text, text, text, marked


def _same(text: str) -> Rendered:
    return _flowing(text, text)


def _sentence(text: str, language: str) -> Rendered:
    stop = "。" if language == "zh" else ". "
    return _flowing(f"{_capital(text)}{stop}", f"<p>{_capital(text)}{stop.strip()}</p>\n")


def _heading(text: str, language: str, number: int) -> Rendered:
    if language == "zh":
        line = f"\n{text}：\n"
        return f"{text}：", line, line, line, f"<p><strong>{text}：</strong></p>"
    line = f"\n\n{text.upper()}\n" if number % 2 else f"\n\n{text}:\n"
    marked = f"<h3>{text}</h3>\n" if number % 2 else f"<p><b>{text}:</b></p>\n"
    return f"{text}: ", line, line, line, marked


def _duty(line: str, language: str) -> list[Rendered]:
    readings = expand(line, VARIANTS)
    lead = _LEADS if language == "en" else ("",) * VARIANTS
    return [_item(lead[v] + readings[v % len(readings)], language) for v in range(VARIANTS)]


def _need(skill: str, patterns: list[str], language: str) -> list[Rendered]:
    return [_item(patterns[v % len(patterns)].replace("%s", skill), language) for v in range(VARIANTS)]


def _tail(story: str, language: str) -> Rendered:
    """What follows a name; in HTML it closes the paragraph that was opened before the name."""
    body = story if language == "zh" or story.startswith(",") else f" {story}"
    stop = "。" if language == "zh" else ". "
    return _flowing(f"{body}{stop}", f"{body}{stop.strip()}</p>\n")


def _years(pattern: str, years: str, number: int, language: str) -> str:
    """A sentence about experience; the least level asks for none."""
    if number == 0:
        return "无需工作经验" if language == "zh" else "No experience needed, we train you"
    return pattern.replace("%s", years)


class Phrasebook:
    """All phrases of a market. Groups over (language, x) are indexed language * number_of_x + x."""

    def __init__(
        self, content: Content, experience: Mapping[str, Sequence[Sequence[str]]] = EXPERIENCE
    ) -> None:
        out = _Rendering()
        titles, families, phrases = content.titles, content.families, content.phrases
        patterns = {language: phrases[language]["skill_sentences"] for language in LANGUAGES}

        # Own duties and skills of each title, then of each family, then of everyone: three stacks of one numbering.
        speeches = {
            language: [title.speech[language] for title in titles]
            + [family.speech[language] for family in families]
            for language in LANGUAGES
        }
        own_duties = {
            language: [list(speech.duties) for speech in speeches[language]] for language in LANGUAGES
        }
        own_skills = {
            language: [list(speech.skills) for speech in speeches[language]] for language in LANGUAGES
        }
        for language in LANGUAGES:
            own_duties[language].append(phrases[language]["duties"].splitlines())
            own_skills[language].append(phrases[language]["skills"].split(", "))
        self.topics = len(titles) + len(families) + 1
        """Topics a duty or a skill may come from: the titles, then the families, then one for everyone."""
        self.everyone = self.topics - 1

        self.duties = out.group(
            [_duty(line.strip(), language) for line in lines]
            for language in LANGUAGES
            for lines in own_duties[language]
        )
        self.needs = out.group(
            [_need(skill, patterns[language], language) for skill in skills]
            for language in LANGUAGES
            for skills in own_skills[language]
        )
        self.skills = out.group(
            [[_same(skill)] for skill in skills] for language in LANGUAGES for skills in own_skills[language]
        )
        self.wordings = out.group(
            [[_same(wording)] for wording in speech.titles]
            for language in LANGUAGES
            for speech in speeches[language]
        )
        self.industry_stories = out.group(
            [[_tail(story, language)] for story in industry.stories[language]]
            for language in LANGUAGES
            for industry in content.industries
        )
        self.stories = self._lines(out, phrases, "stories", _sentence)
        self.benefits = self._lines(out, phrases, "benefits", _item)
        self.closing = self._lines(out, phrases, "closing", _sentence)
        self.headings = {
            place: out.group(
                [
                    [_heading(text, language, number)]
                    for number, text in enumerate(phrases[language]["headings"][place])
                ]
                for language in LANGUAGES
            )
            for place in ("about", "role", "duties", "needs", "offer")
        }
        self.intro_before = out.group(
            [[_flowing(text, f"<p>{text}")] for text in phrases[language]["intro_before"]]
            for language in LANGUAGES
        )
        self.intro_after = out.group(
            [[_tail(text.removeprefix(" "), language)] for text in phrases[language]["intro_after"]]
            for language in LANGUAGES
        )
        self.paragraph = out.group([[[_flowing("", "<p>")]]])
        self.education_needs = out.group(
            [[_item(text, language) for text in phrases[language]["education"][level]]]
            for language in LANGUAGES
            for number, level in enumerate(EDUCATION_LEVELS)
        )
        self.experience_needs = out.group(
            [
                [
                    _item(_years(text, years[0], n, language), language)
                    for text in phrases[language]["experience"]
                ]
            ]
            for language in LANGUAGES
            for n, years in enumerate(experience[language])
        )
        self.education_fields = out.group(
            [[_same(t)] for t in level] for lang in LANGUAGES for level in EDUCATION[lang]
        )
        self.experience_fields = out.group(
            [[_same(t)] for t in level] for lang in LANGUAGES for level in experience[lang]
        )
        self.before_title = out.group(
            [
                [_same(f"{text} " if language == "en" else text)]
                for text in phrases[language][f"title_before_{band}"]
            ]
            for language in LANGUAGES
            for band in ("individual_contributor", "middle_management", "senior_leadership")
        )
        self.after_title = out.group(
            [[_same(f" {text}" if language == "en" else text)] for text in phrases[language]["title_after"]]
            for language in LANGUAGES
        )
        self.texts = pa.array(out.texts, pa.string())

    @staticmethod
    def _lines(
        out: _Rendering, phrases: dict[str, Any], key: str, render: Callable[[str, str], Rendered]
    ) -> Group:
        return out.group(
            [
                [render(reading, language) for reading in expand(line.strip(), VARIANTS)]
                for line in phrases[language][key].splitlines()
            ]
            for language in LANGUAGES
        )
