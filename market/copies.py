"""Ads that repeat another: which of a batch do so, how, and what is changed.

What belongs here: the kinds of copies a market plants and their wording. What does not: recognising them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.spec import MarketSpec

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

ORIGINAL, EXACT, NEAR, REPOST, LOCATION, AGENCY = range(6)
KINDS = ("", "exact", "near", "repost", "location", "agency")
"""Names of the kinds in the truth. exact: the same ad under another id; near: in slightly other words; repost: the same
job again, a week or more later; location: for another city; agency: by an agency, in slightly other words."""

GHOSTS = 0.01
"""Share of originals that are ghost ads: nobody is hired, and they are posted again and again."""

GHOST_REPOSTS = 0.3
"""Share of reposts that repeat a ghost ad."""

LATER, TRIES = 7, 8
"""A repost comes at least so many days after the ad it repeats; so many ads are looked at to find one."""


@dataclass(frozen=True)
class Copies:
    """For each ad of a batch: the index of the ad it repeats (its own where it is original), how, and its date.

    month and day are indices: copies other than reposts appear within days of what they repeat. ghost: originals only.
    """

    original: Integers
    kind: Integers
    month: Integers
    day: Integers
    ghost: Booleans


def choose_copies(
    rng: np.random.Generator,
    spec: MarketSpec,
    month: Integers,
    day: Integers,
    days: Integers,
    reached: Callable[[Integers, Integers], Booleans],
) -> Copies:
    """Decide which ads of a batch repeat which others.

    days: (M,) length of each month. reached(ads, months): whether the crawl reads the board of an ad's employer in a
    month; only there can its repost be found. The share of copies is the same in all months, so no change is biased.
    """
    rows = len(month)
    shares = np.cumsum(
        [spec.exact_copies, spec.near_copies, spec.reposts, spec.locations, spec.agency_copies]
    )
    kind = 1 + np.searchsorted(shares, rng.random(rows), side="right")
    kind[kind > AGENCY] = ORIGINAL
    originals = np.flatnonzero(kind == ORIGINAL)
    own = np.arange(rows)
    if not len(originals):
        return Copies(own, np.zeros(rows, dtype=np.int64), month, day, np.zeros(rows, dtype=bool))
    ghost = np.zeros(rows, dtype=bool)
    ghost[originals] = rng.random(len(originals)) < GHOSTS
    month, day, original = month.copy(), day.copy(), own.copy()

    soon = np.flatnonzero((kind != ORIGINAL) & (kind != REPOST))
    original[soon] = originals[rng.integers(0, len(originals), len(soon))]
    month[soon] = month[original[soon]]
    day[soon] = np.minimum(day[original[soon]] + rng.integers(0, 4, len(soon)), days[month[soon]] - 1)

    starts = np.concatenate([[0], np.cumsum(days)])
    ghosts = np.flatnonzero(ghost)
    waiting = np.flatnonzero(kind == REPOST)
    for _ in range(TRIES):
        if not len(waiting):
            break
        tried = originals[rng.integers(0, len(originals), len(waiting))]
        if len(ghosts):
            haunted = rng.random(len(waiting)) < GHOST_REPOSTS
            tried = np.where(haunted, ghosts[rng.integers(0, len(ghosts), len(waiting))], tried)
        begun = starts[month[tried]] + day[tried]
        again = starts[month[waiting]] + day[waiting]
        fits = (again - begun >= LATER) & reached(tried, month[waiting])
        original[waiting[fits]] = tried[fits]
        waiting = waiting[~fits]
    kind[waiting] = ORIGINAL
    return Copies(original, kind.astype(np.int64), month, day, ghost)


_SENTENCE = re.compile(r"(?<=[.!。；])\s*(?=\S)")
_ADDED = {
    "en": (
        "This position is open until filled.",
        "Please quote the reference when you apply.",
        "Start date to be agreed.",
        "Interviews take place by video.",
        "We reply to every application.",
        "Several openings available.",
    ),
    "zh": ("长期有效。", "可随时到岗者优先。", "面试安排另行通知。", "多个名额。", "欢迎转发推荐。"),
}


def reword(title: str, description: str, chinese: bool, dice: random.Random) -> tuple[str, str]:
    """The same ad as another hand posts it: a sentence less, one more, now and then another mark behind the title."""
    if "<" in description:
        parts = re.split(r"(?=<li>|<p>|<h3>)", description)
        removable = [n for n, part in enumerate(parts) if part.startswith("<li>") and "</li>" in part]
        if len(removable) > 3:
            parts.pop(dice.choice(removable))
        text = "".join(parts)
        added = f"<p>{dice.choice(_ADDED['zh' if chinese else 'en'])}</p>"
    else:
        lines = description.split("\n")
        if len(lines) > 5:
            lines.pop(dice.randrange(1, len(lines)))
            text = "\n".join(lines)
        else:
            sentences = _SENTENCE.split(description)
            if len(sentences) > 4:
                sentences.pop(dice.randrange(1, len(sentences)))
            text = ("" if chinese else " ").join(sentences)
        added = ("" if chinese else "\n") + dice.choice(_ADDED["zh" if chinese else "en"])
    luck = dice.random()
    if luck < 0.2:
        title = f"{title}（急聘）" if chinese else f"{title} - Urgent"
    elif luck < 0.4:
        title = title.strip().rstrip("!！")
    return title, text + added
