"""Every phrase an advertisement may use, rendered once, in one Arrow array that is then only indexed.

What belongs here: turning authored lines into rendered phrases, and where in the array each group of them lies.
What does not: choosing phrases. Rendering ahead is what makes tens of thousands of ads a second possible.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from market.content import EDUCATION_LEVELS, LANGUAGES, Content, expand

VARIANTS = 6
"""Renderings kept of each phrase: other alternatives, other lead-ins, other bullets."""

INLINE, LINES, HTML = range(3)
"""How an ad is laid out: running text, lines with bullets, or HTML. Each rendering exists in all three."""

LAYOUTS = 3
_BULLETS = ("- ", "* ", "• ", "- ", "", "• ")
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


@dataclass(frozen=True)
class Group:
    """Where each of a list of groups of phrases lies: phrase e of group g, variant v, is at start[g] + e * VARIANTS + v."""

    start: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]

    def stacked(self, other: Group) -> Group:
        """The groups of `self` and then those of `other`."""
        return Group(np.concatenate([self.start, other.start]), np.concatenate([self.size, other.size]))


class _Rendering:
    """Collects rendered phrases; `group` returns where they lie."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def group(self, groups: Iterable[list[list[tuple[str, str, str]]]]) -> Group:
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


def _item(text: str, language: str, variant: int) -> tuple[str, str, str]:
    """A point of a list."""
    if language == "zh":
        return f"{text}；", f"{_BULLETS[variant].strip() or '·'}{text}\n", f"<li>{text}；</li>"
    return f"{_capital(text)}. ", f"{_BULLETS[variant]}{_capital(text)}\n", f"<li>{_capital(text)}</li>\n"


def _sentence(text: str, language: str) -> tuple[str, str, str]:
    stop = "。" if language == "zh" else ". "
    return f"{_capital(text)}{stop}", f"{_capital(text)}{stop}", f"<p>{_capital(text)}{stop.strip()}</p>\n"


def _heading(text: str, language: str, number: int) -> tuple[str, str, str]:
    if language == "zh":
        return f"{text}：", f"\n{text}：\n", f"<p><strong>{text}：</strong></p>"
    if number % 2:
        return f"{text}: ", f"\n\n{text.upper()}\n", f"<h3>{text}</h3>\n"
    return f"{text}: ", f"\n\n{text}:\n", f"<p><b>{text}:</b></p>\n"


def _same(text: str) -> tuple[str, str, str]:
    return text, text, text


def _duty(line: str, language: str) -> list[tuple[str, str, str]]:
    readings = expand(line, VARIANTS)
    lead = _LEADS if language == "en" else ("",) * VARIANTS
    return [_item(lead[v] + readings[v % len(readings)], language, v) for v in range(VARIANTS)]


def _need(skill: str, patterns: list[str], language: str) -> list[tuple[str, str, str]]:
    return [_item(patterns[v % len(patterns)].replace("%s", skill), language, v) for v in range(VARIANTS)]


def _tail(story: str, language: str) -> tuple[str, str, str]:
    """What follows the employer's name; in HTML it closes the paragraph that the name opened."""
    body = story if language == "zh" else f" {story}"
    stop = "。" if language == "zh" else ". "
    return f"{body}{stop}", f"{body}{stop}", f"{body}{stop.strip()}</p>\n"


class Phrasebook:
    """All phrases of a market. Groups over (language, x) are indexed language * number_of_x + x."""

    def __init__(self, content: Content) -> None:
        out = _Rendering()
        titles, families, phrases = content.titles, content.families, content.phrases
        patterns = {language: phrases[language]["skill_sentences"] for language in LANGUAGES}

        # Own duties and skills of each title, then of each family, then of everyone: three stacks of one numbering.
        speeches = {
            language: [title.speech[language] for title in titles] + [family.speech[language] for family in families]
            for language in LANGUAGES
        }
        own_duties = {language: [list(speech.duties) for speech in speeches[language]] for language in LANGUAGES}
        own_skills = {language: [list(speech.skills) for speech in speeches[language]] for language in LANGUAGES}
        for language in LANGUAGES:
            own_duties[language].append(phrases[language]["duties"].splitlines())
            own_skills[language].append(phrases[language]["skills"].split(", "))
        self.topics = len(titles) + len(families) + 1
        """Topics a duty or a skill may come from: the titles, then the families, then one for everyone."""
        self.everyone = self.topics - 1

        self.duties = out.group(
            [_duty(line.strip(), language) for line in lines] for language in LANGUAGES for lines in own_duties[language]
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
            [[_same(wording)] for wording in speech.titles] for language in LANGUAGES for speech in speeches[language]
        )
        self.industry_stories = out.group(
            [[_tail(story, language)] for story in industry.stories[language]]
            for language in LANGUAGES
            for industry in content.industries
        )
        self.stories = self._lines(out, phrases, "stories", lambda text, language, v: _sentence(text, language))
        self.benefits = self._lines(out, phrases, "benefits", _item)
        self.closing = self._lines(out, phrases, "closing", lambda text, language, v: _sentence(text, language))
        self.headings = {
            place: out.group(
                [[_heading(text, language, number)] for number, text in enumerate(phrases[language]["headings"][place])]
                for language in LANGUAGES
            )
            for place in ("about", "role", "duties", "needs", "offer")
        }
        self.intro_before = out.group(
            [[(text, text, f"<p>{text}")] for text in phrases[language]["intro_before"]] for language in LANGUAGES
        )
        self.intro_after = out.group(
            [[_tail(text.removeprefix(" "), language)] for text in phrases[language]["intro_after"]]
            for language in LANGUAGES
        )
        self.paragraph = out.group([[[("", "", "<p>")]]])
        self.education_needs = out.group(
            [[_item(text, language, number) for text in phrases[language]["education"][level]]]
            for language in LANGUAGES
            for number, level in enumerate(EDUCATION_LEVELS)
        )
        self.experience_needs = out.group(
            [[_item(text.replace("%s", years[0]), language, v) for v, text in enumerate(phrases[language]["experience"])]]
            for language in LANGUAGES
            for years in EXPERIENCE[language]
        )
        self.education_fields = out.group([[_same(t)] for t in level] for lang in LANGUAGES for level in EDUCATION[lang])
        self.experience_fields = out.group(
            [[_same(t)] for t in level] for lang in LANGUAGES for level in EXPERIENCE[lang]
        )
        self.before_title = out.group(
            [[_same(f"{text} " if language == "en" else text)] for text in phrases[language][f"title_before_{band}"]]
            for language in LANGUAGES
            for band in ("individual_contributor", "middle_management", "senior_leadership")
        )
        self.after_title = out.group(
            [[_same(f" {text}" if language == "en" else text)] for text in phrases[language]["title_after"]]
            for language in LANGUAGES
        )
        self.texts = pa.array(out.texts, pa.string())

    @staticmethod
    def _lines(out: _Rendering, phrases: dict, key: str, render) -> Group:  # type: ignore[type-arg, no-untyped-def]
        return out.group(
            [
                [render(reading, language, v) for v, reading in enumerate(expand(line.strip(), VARIANTS))]
                for line in (
                    phrases[language][key].splitlines()
                    if isinstance(phrases[language][key], str)
                    else phrases[language][key]
                )
            ]
            for language in LANGUAGES
        )
