"""The data file of the market `china_ai`: reading it, and the study's words for things.

What belongs here: the file, the titles it names, and the one way in which its distributions are read. What does not:
making a plan of it (`china_ai`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from market import growth
from market.content import Content, ContentError, load_content, read_data
from market.growth import Booleans, Floats
from market.plan import Integers
from market.worldwide import members

AI_INDUSTRY = "artificial intelligence"
ELSEWHERE, INSIDE = 0, 1
"""The scopes: all other industries, and artificial intelligence."""

FIRST_YEAR, YEAR = 2024, 2025
WINDOW, LAST_QUARTER = range(9), range(6, 9)
"""Months of a year (0 to 11): the first three quarters, and the third."""

ALL_MONTHS = [f"{year}-{month:02d}" for year in (FIRST_YEAR, YEAR) for month in range(1, 13)]
"""The months whose truth is planted, whichever of them a market shows."""

ALL_CITIES = "all cities"
EDUCATION = {
    "no requirement": ("none",),
    "senior high school": ("school",),
    "junior college": ("college",),
    "bachelor": ("bachelor",),
    "master or above": ("master", "doctor"),
}
"""The study's words for what an ad asks for, and the levels that each stands for."""


@dataclass(frozen=True)
class Study:
    """The data file, and what it speaks of. profiles: their names; profile: (T,), that of each title; roles: the
    titles (T,) of each role that the study names.
    """

    content: Content
    data: dict[str, Any]
    profiles: tuple[str, ...]
    profile: Integers
    roles: dict[str, Booleans]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the file says of each profile."""
        return [self.data["profiles"][name] for name in self.profiles]

    @property
    def industries(self) -> list[str]:
        """The industries in the study's words."""
        return [industry.names["en"][0] for industry in self.content.industries]


def read_study() -> Study:
    """The data file with the titles that it names."""
    data = read_data("china_ai.yaml")
    of = {title: name for name, entry in data["profiles"].items() for title in entry["titles"]}
    content = load_content(of, "industries_china_ai.yaml", "places_china_ai.yaml")
    profiles = tuple(data["profiles"])
    return Study(
        content=content,
        data=data,
        profiles=profiles,
        profile=np.array([profiles.index(of[title.title_id]) for title in content.titles]),
        roles={name: members(content, title_id) for name, title_id in data["roles"].items()},
    )


def fill(
    entry: Mapping[str, Any], values: Collection[str], extra: Mapping[str, float] | None = None
) -> Floats:
    """(values,) fractions: the published percents, and the assumed (or `extra`) weights sharing what is left."""
    published = entry.get("published", {})
    weights = {**(extra or {}), **entry.get("assumed", {})}
    if unknown := (set(published) | set(weights)) - set(values):
        raise ContentError(f"china_ai.yaml: {sorted(unknown)} are none of {list(values)}")
    rest = {name: weight for name, weight in weights.items() if name not in published}
    left, total = 100 - sum(published.values()), sum(rest.values())
    if left < -1e-9 or (left > 1e-9 and not total):
        raise ContentError(f"china_ai.yaml: {dict(published)} do not leave what is assumed beside them")
    return (
        np.array(
            [published[name] if name in published else left * rest.get(name, 0.0) / total for name in values]
        )
        / 100
    )


def source(entry: Mapping[str, Any], key: str) -> str:
    """Where a share comes from; the sum of several is derived, unless the study says something of it."""
    for word in (growth.ABOUT, growth.BOUND):
        if key in entry.get(word, ()):
            return word
    if key in entry.get("published", {}):
        return growth.PUBLISHED
    return growth.ASSUMED
