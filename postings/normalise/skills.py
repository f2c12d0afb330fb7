"""The skills that an advertisement names, English and Chinese, out of the tables postings/data/skill*.csv.

What belongs here: finding aliases in a text, and deciding whether an alias there means the skill. What does not: the
aliases themselves, which are data, and how important a skill is to a job.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs as aho

from postings.normalise.tables import data_rows, names_in
from postings.normalise.wording import occurrences

TEXT_CHARACTERS = 20_000
LISTED_CHARACTERS = 4_000

NEAR_CHARACTERS = 80
"""How far, to each side, a word of an alias's context may stand."""

CASE, LISTED, CENTRAL = "case", "listed", "central"
"""Words in the column `context` that are rules: spelled in just this case; means the skill in a list of skills only;
means it where the text turns on it (below), since hospitals tell of all their departments in every advertisement.
"""

LEAD_CHARACTERS = 300
"""A `central` alias counts in the opening, where it comes twice, or near a word that asks (_ASKING)."""

# A letter or digit of a script that puts spaces between words. Han and kana do not: Java开发 names Java.
_WORD = frozenset(chr(code) for code in range(0x0250) if chr(code).isalnum())
_LONELY = frozenset("&+#.-'@%*_°")
"""Next to a lone letter these make it another name: C&A, R&D, C-level, Vitamin C+."""

_LONG_ENOUGH_FOR_DIGITS = 4
"""CAD2010 is no CAD to us, but Office2010 is Office and Windows10 Windows."""

_SHORT_WORD = 4
_ASKING = re.compile(
    r"experience|knowledge|\bskills?\b|qualif|registered|\binterest|background|trained|competen|looking for|seeking"
    r"|\bare you\b|understanding|degree in"
)

_NOT_WANTED = ("无需", "不需", "不用", "不做", "不是", "无须", "不要求")
_SITES = (".com", ".cn", ".org", ".net", ".io", ".co")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff]{1,300}|[\w.+-]{1,60}@[\w.-]{1,60}")
_LISTS = r"[^.;:\n(]{0,40}(?:[:;(]|\binclud(?:e|es|ing)\b|\bcompris\w+|\bconsist\w+|\bmade up\b|\bsuch as\b"
_LISTED_BY_THE_WAY = tuple(
    (signs, re.compile(pattern))
    for signs, pattern in (
        (
            ("isciplinary", "rofessional", "MDT"),
            rf"[Mm](?:ulti-? ?(?:[Dd]isciplinary|[Pp]rofessional)|DT\b){_LISTS}|\bteams? of\b)[^.\n)]{{0,200}}",
        ),
        (("pecialt", "pecialit"), rf"[Ss]peciali?t(?:y|ies)\b{_LISTS})[^.\n)]{{0,200}}"),
        (
            ("opportunities", "courses"),
            r"[dtlor](?:(?:evelopment|raining|earning) (?:opportunities|courses)|ange of (?:training|courses)"
            rf"|pportunities in)\b{_LISTS})[^.\n)]{{0,200}}",
        ),
    )
)
"""Who else works there and what else a hospital does: "a multi-disciplinary team of nurses, social workers and
physiotherapists" asks for one of them at most."""
_PLAIN = list(zip("’‘“”–—，：；（）！？／＋", "''\"\"--,:;()!?/+", strict=True))
"""Typographic signs, also the full-width ones of all Chinese texts: to replace these few is quicker than NFKC."""

_SEPARATORS = re.compile(r"[\n\r\t,;|、•·]+")

# British and American spellings are one alias in the tables.
_SPELLINGS = [
    ("licence", "license"),
    ("modelling", "modeling"),
    ("labelling", "labeling"),
    ("isation", "ization"),
    ("organis", "organiz"),
    ("optimis", "optimiz"),
    ("prioritis", "prioritiz"),
    ("behaviour", "behavior"),
    ("colour", "color"),
    ("labour", "labor"),
    ("centre", "center"),
    ("programme", "program"),
    ("counselling", "counseling"),
    ("paediatric", "pediatric"),
    ("anaesth", "anesth"),
    ("haem", "hem"),
    ("gynaec", "gynec"),
    ("orthopaed", "orthoped"),
    ("moulding", "molding"),
    ("aluminium", "aluminum"),
    ("jewellery", "jewelry"),
    ("fulfilment", "fulfillment"),
    ("catalogu", "catalog"),
]


@dataclass(frozen=True)
class Skill:
    """One row of skills.csv. `kind`: language, tool, technique, equipment, domain, standard, certificate, licence,
    soft, human_language.
    """

    skill_id: str
    name_en: str
    name_zh: str
    kind: str


@dataclass(frozen=True)
class _Near:
    """Words of a context: as they are, for a quick look, and as whole words, to be sure."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    def found(self, text: str) -> bool:
        # str.__contains__ is many times as fast as a pattern of alternatives, and mostly says no.
        return any(word in text for word in self.words) and self.pattern.search(text) is not None


@dataclass(frozen=True)
class _Meaning:
    """One skill that an alias may mean: in this spelling (None: any case), near one of these words (None: anywhere)."""

    skill_id: str
    spelling: str | None
    near: _Near | None
    listed_only: bool
    central: bool

    @property
    def unconditional(self) -> bool:
        return self.spelling is None and self.near is None and not self.listed_only and not self.central


@dataclass(frozen=True)
class _Lexicon:
    """Patterns found by one pass, and what each means; no meaning at all: a look-alike, which hides what it covers."""

    automaton: aho.AhoCorasick
    patterns: list[str]
    left_bound: list[bool]
    right_bound: list[bool]
    meanings: list[tuple[_Meaning, ...]]
    sure: list[bool]
    """Whether a pattern means all its skills wherever it stands, as most do."""
    by_alias: dict[str, int]
    letters: re.Pattern[str]
    """Aliases of one letter, found apart: the automaton would stop at every c and r of an English text."""


@lru_cache(maxsize=1)
def skills() -> dict[str, Skill]:
    """All skills by id, in the order of ids."""
    return {row["skill_id"]: Skill(**row) for row in data_rows("skills.csv")}


@lru_cache(maxsize=4096)
def _near(words: tuple[str, ...]) -> _Near:
    """A short Latin word counts as a whole word only, a longer one also as the start of a word."""
    folded = tuple(_folded(word) for word in words)
    parts = []
    for word in folded:
        before = r"(?<![a-z0-9])" if word[0] in _WORD else ""
        after = r"(?![a-z0-9])" if len(word) <= _SHORT_WORD and word[-1] in _WORD else ""
        parts.append(f"{before}{re.escape(word)}{after}")
    return _Near(folded, re.compile("|".join(parts)))


def _folded(text: str) -> str:
    """Lower case, position by position: the length stays the same."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _prepared(text: str, limit: int) -> str:
    """NFKC with plain quotes and dashes, cut at `limit`; addresses and asides are blanked, letter by letter."""
    text = text[:limit]
    if not text.isascii():
        for sign, plain in _PLAIN:
            text = text.replace(sign, plain)
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text)[:limit]
    if "@" in text or "www." in text or "://" in text:
        text = _ADDRESS.sub(_blank, text)
    for signs, aside in _LISTED_BY_THE_WAY:
        if any(sign in text for sign in signs):
            text = aside.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _spellings(alias: str) -> set[str]:
    """The alias in British and American spelling, with hyphens and with spaces."""
    forms = {alias}
    for british, american in _SPELLINGS:
        forms |= {form.replace(british, american) for form in forms}
        forms |= {form.replace(american, british) for form in forms if british not in form}
    if alias.isascii():
        forms |= {form.replace(" ", "-") for form in forms} | {form.replace("-", " ") for form in forms}
    return forms


def _alone(letters: set[str]) -> re.Pattern[str]:
    """Any of the letters, in just this case, with nothing beside it that makes it a word or another name."""
    beside = "".join(map(re.escape, sorted(_WORD | _LONELY)))
    return re.compile(f"[{''.join(sorted(letters))}](?<![{beside}].)(?![{beside}])")


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    meanings: dict[str, list[_Meaning]] = defaultdict(list)
    for row in [*data_rows("skill_aliases_en.csv"), *data_rows("skill_aliases_zh.csv")]:
        rules = names_in(row["context"])
        words = tuple(rule for rule in rules if rule not in (CASE, LISTED, CENTRAL))
        alias = unicodedata.normalize("NFKC", row["alias"])
        meaning = _Meaning(
            row["skill_id"],
            alias if CASE in rules else None,
            _near(words) if words else None,
            LISTED in rules,
            CENTRAL in rules,
        )
        forms = {_folded(alias)} if CASE in rules else _spellings(_folded(alias))
        for form in sorted(forms):
            if meaning not in meanings[form]:
                meanings[form].append(meaning)
    for row in data_rows("skill_look_alikes.csv"):
        for form in _spellings(_folded(unicodedata.normalize("NFKC", row["phrase"]))):
            meanings[form] = []
    patterns = sorted(meanings)
    return _Lexicon(
        aho.AhoCorasick(
            [p if len(p) > 1 else "\0" for p in patterns],
            matchkind=aho.MatchKind.Standard,
            store_patterns=False,
        ),
        patterns,
        [pattern[0] in _WORD for pattern in patterns],
        [pattern[-1] in _WORD for pattern in patterns],
        [tuple(meanings[pattern]) for pattern in patterns],
        [all(meaning.unconditional for meaning in meanings[pattern]) for pattern in patterns],
        {pattern: number for number, pattern in enumerate(patterns)},
        _alone(
            {
                meaning.spelling
                for pattern in patterns
                if len(pattern) == 1
                for meaning in meanings[pattern]
                if meaning.spelling
            }
        ),
    )


def _hits(lexicon: _Lexicon, text: str, folded: str) -> list[tuple[int, int, int]]:
    """(start, -end, pattern) of every alias that stands as a word of its own, by start, the longest first."""
    hits = []
    left_bound, right_bound, word, last = lexicon.left_bound, lexicon.right_bound, _WORD, len(folded)
    for number, start, end in occurrences(lexicon.automaton, folded):
        if start and left_bound[number] and folded[start - 1] in word:
            continue
        if end < last and right_bound[number] and folded[end] in word:
            after = folded[end]
            if after == "s" and " " in lexicon.patterns[number]:  # care plans
                if end + 1 < last and folded[end + 1] in word:
                    continue
            elif not (after.isdigit() and end - start >= _LONG_ENOUGH_FOR_DIGITS):
                continue
        hits.append((start, -end, number))
    for match in lexicon.letters.finditer(text):
        hits.append((match.start(), -match.end(), lexicon.by_alias[_folded(match[0])]))
    hits.sort()
    return hits


def _meant(meaning: _Meaning, text: str, folded: str, start: int, end: int) -> bool:
    if meaning.listed_only or (meaning.spelling is not None and text[start:end] != meaning.spelling):
        return False
    if meaning.central and not _is_central(folded, start, end):
        return False
    near = meaning.near
    return near is None or (
        near.found(folded[max(0, start - NEAR_CHARACTERS) : start])
        or near.found(folded[end : end + NEAR_CHARACTERS])
    )


def _is_central(folded: str, start: int, end: int) -> bool:
    """Whether the text turns on what stands there: said in the opening, said twice, or asked for."""
    if start < LEAD_CHARACTERS:
        return True
    word = folded[start:end]
    # Once is enough to know: looking on both sides stops at the first.
    if folded.find(word, end) >= 0 or folded.find(word, 0, start) >= 0:
        return True
    return _ASKING.search(folded, max(0, start - NEAR_CHARACTERS), end + NEAR_CHARACTERS) is not None


def _denied(folded: str, start: int, end: int) -> bool:
    """Whether the advertisement says that it does not ask for it (无需, 非), or it is part of an address."""
    before = folded[max(0, start - 3) : start]
    if before and (before[-1] in "@非" or before[-2:] in _NOT_WANTED or before in _NOT_WANTED):
        return True
    return folded.startswith(_SITES, end) or folded.startswith("@", end)


def _mentions(lexicon: _Lexicon, text: str, *, every: bool) -> list[tuple[str, int, int]]:
    """(skill id, start, end) of the aliases that mean a skill, in order; the first of each alias unless `every`."""
    folded = _folded(text)
    found: list[tuple[str, int, int]] = []
    known: set[int] = set()
    sure = lexicon.sure
    free_from = 0
    for start, minus_end, number in _hits(lexicon, text, folded):
        if start < free_from:
            continue
        end = -minus_end
        if number in known:
            free_from = end
            continue
        meanings = lexicon.meanings[number]
        meant: Sequence[_Meaning] = meanings
        if not sure[number]:
            meant = [meaning for meaning in meanings if _meant(meaning, text, folded, start, end)]
            if not meant:
                continue
        free_from = end
        if meant and not _denied(folded, start, end):
            found.extend((meaning.skill_id, start, end) for meaning in meant)
            # An alias of several meanings may mean another one further on.
            if not every and len(meanings) == 1:
                known.add(number)
    return found


def _in_text(lexicon: _Lexicon, text: str) -> set[str]:
    return {skill_id for skill_id, _, _ in _mentions(lexicon, text, every=False)}


def _of_entry(lexicon: _Lexicon, entry: str, around: str) -> list[str] | None:
    """The skills that a whole entry of a list names; None where it is no alias as a whole.

    Context is waived, since a list of skills is context enough, unless the alias has several meanings.
    """
    number = lexicon.by_alias.get(_folded(entry))
    if number is None:
        return None
    meanings = lexicon.meanings[number]
    if len(meanings) > 1:
        told = [meaning for meaning in meanings if meaning.near is None or meaning.near.found(around)]
        meanings = tuple(told) or meanings[:1]
    return [meaning.skill_id for meaning in meanings]


def _in_list(lexicon: _Lexicon, listed: str) -> set[str]:
    # A full stop at the end is none of the name; one at the beginning is: .NET Core.
    entries = [entry.strip(" ()[]'\"").rstrip(". ") for entry in _SEPARATORS.split(listed)]
    entries = [entry for entry in entries if entry]
    around = _folded(", ".join(entries))
    found: set[str] = set()
    rest: list[str] = []
    place = 0
    while place < len(entries):
        entry = entries[place]
        # Some sources cut names in two: "Hub, Spot", "Problem, Solving".
        joined = (
            [f"{entry}{gap}{entries[place + 1]}" for gap in (" ", "")] if place + 1 < len(entries) else []
        )
        whole = next((ids for name in joined if (ids := _of_entry(lexicon, name, around))), None)
        if whole:
            place += 1
        else:
            whole = _of_entry(lexicon, entry, around)
        if whole is None:
            rest.append(entry)
        else:
            found.update(whole)
        place += 1
    return found | _in_text(lexicon, ", ".join(rest)) if rest else found


def find_skills(text: str | None, listed: str | None = None) -> tuple[str, ...]:
    """The ids of the skills named in a plain text (first 20,000 characters) and in its source's own list, sorted.

    In the text an alias counts where it stands as a word of its own, no longer alias or look-alike covers it, and
    its context holds (tables: `case`, or one of some words within 80 characters). In `listed`, names separated by
    commas, semicolons, bars, 、 or line ends, an entry that is an alias as a whole counts without context.
    """
    lexicon = _lexicon()
    found = _in_text(lexicon, _prepared(text, TEXT_CHARACTERS)) if text else set()
    if listed:
        found |= _in_list(lexicon, _prepared(listed, LISTED_CHARACTERS))
    return tuple(sorted(found))


def skill_mentions(text: str) -> list[tuple[str, int, int]]:
    """(skill id, start, end) of each mention, in order; positions are those in `prepared_text(text)`."""
    return _mentions(_lexicon(), prepared_text(text), every=True)


def prepared_text(text: str) -> str:
    """The text as it is searched: NFKC, plain quotes and dashes, addresses blanked, cut."""
    return _prepared(text, TEXT_CHARACTERS)


def skills_of(
    texts: Sequence[str | None], listed: Sequence[str | None] | None = None
) -> list[tuple[str, ...]]:
    """`find_skills` for each text with its list. Raises ValueError where the two differ in length."""
    lists: Iterable[str | None] = [None] * len(texts) if listed is None else listed
    find: Callable[[str | None, str | None], tuple[str, ...]] = find_skills
    return [find(text, names) for text, names in zip(texts, lists, strict=True)]
