"""Find a standard title by any wording, in English or Chinese.

How: every name, alias and id of the titles is cut into words (words.py). A wording that is asked for is compared
with each of them by the words they share, weighted by how few titles use the word (inverse title frequency), both
ways: what of the title's wording was said, and what of the question the title's wording explains. A rank that is
said on one side only (director, VP, manager) costs. A word that no title uses is read as the nearest that one does:
a typo, a shortened or a joined word.

Why not a ready search: rapidfuzz compares characters, and whole titles differ by words ("Manager, Tax" is "tax
manager", while "data engineer" is not "date engineer"); TF-IDF cosine over character n-grams (scikit-learn) is the
usual answer, was tried (docs/decisions/0005-title-search.md) and found fewer. So rapidfuzz does what it is best at:
single misspelled words, and order among near-equal titles.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from ml.titles.cards import TitleCard
from ml.titles.words import Words, plain, words_of

FITS = 0.2
"""Scores below this are no answer. 1 is a wording of the taxonomy, word for word."""

SAID_BY_TITLE = 0.55
"""Weight of "how much of the title's wording was said" against "how much of the question it explains"."""

RANK_DIFFERS, RANK_BESIDE = 0.78, 0.9
"""What is left of the score where a rank is said on one side only, or where the two stand next to each other."""

BESIDE = ({"manager", "supervisor"}, {"vp", "director"}, {"vp", "chief"})

TITLE_AGREES, IN_DEFINITION = 0.15, 0.5
"""Share of the score for words found anywhere with the title, and what a word of its definition counts there."""

CHARACTERS_AGREE = 0.06
"""Share of the score for equal characters, among the closest wordings: it settles near ties."""

WORDINGS_AGREE = (1.0, 0.6, 0.3)
"""What a title's best, second and third best wording add to its score."""

CLOSEST, CANDIDATES, MOST_WORDS = 60, 400, 80
"""Wordings compared by characters, wordings that titles are taken from, words of a question that are read: real
titles need no more, and time grows with them."""

NEARLY = 0.99
"""The highest score of a wording that is not word for word in the taxonomy."""

TYPO, TYPO_SHORT_WORD = 0.74, 0.8
"""How alike a misspelled word must be to a known one (share of equal characters); short words: fewer than 6."""

JOINED, BEGINNING, RELATED = 0.95, 0.75, 0.6
"""What a reading counts: two words written as one, a word cut off, a word of the same stem."""

UNKNOWN_WORD, UNKNOWN_CHINESE_PAIR = 0.45, 0.1
"""Weight of a word that no title uses (a place, an employer), against the rarest word that one does."""


@dataclass(frozen=True)
class TitleHit:
    """A title that fits a wording. `score`: 0 to 1; `wording`: the name or alias that fitted best."""

    title_id: str
    score: float
    wording: str


class TitleSearch:
    """An index over the wordings of the titles. Building takes under a second, a question some milliseconds."""

    def __init__(self, cards: Mapping[str, TitleCard]) -> None:
        self._title_ids = list(cards)
        said: list[tuple[int, str, Words]] = []
        for number, card in enumerate(cards.values()):
            said += [(number, wording, words_of(wording, of_title=True)) for wording in card.wordings]
        self._wordings = [wording for _, wording, _ in said]
        self._plain = [plain(wording) for wording in self._wordings]
        self._title_of = np.array([number for number, _, _ in said], dtype=np.int64)
        self._rank = np.array([words.rank for _, _, words in said], dtype=np.str_)
        self._exact: dict[str, int] = {}
        for at, text in enumerate(self._plain):
            self._exact.setdefault(text, at)
        first = {number: at for at, (number, _, _) in reversed(list(enumerate(said)))}
        for number, title_id in enumerate(self._title_ids):
            self._exact.setdefault(plain(title_id), first[number])
        self._weigh([words for _, _, words in said])
        self._gather(cards, [words for _, _, words in said])

    def _gather(self, cards: Mapping[str, TitleCard], said: list[Words]) -> None:
        """Per word the titles that use it in any wording (1) or in their definition (less)."""
        used: dict[str, dict[int, float]] = defaultdict(dict)
        for number, card in enumerate(cards.values()):
            for text in (card.definition_en, card.definition_zh):
                for word in words_of(text, of_title=True).weights:
                    if word in self._rarity:
                        used[word][number] = IN_DEFINITION
        for number, words in zip(self._title_of.tolist(), said, strict=True):
            for word in words.weights:
                used[word][number] = 1.0
        self._used = {
            word: (np.array(list(titles)), np.array(list(titles.values()))) for word, titles in used.items()
        }

    def _weigh(self, said: list[Words]) -> None:
        """Inverse title frequency of each word, where each stands, and the full weight of each wording."""
        titles_with = Counter(
            word
            for _, word in {
                (title, word)
                for title, words in zip(self._title_of.tolist(), said, strict=True)
                for word in words.weights
            }
        )
        count = len(self._title_ids)
        self._rarity = {word: math.log(1 + count / titles) for word, titles in titles_with.items()}
        self._vocabulary = [word for word in self._rarity if word.isascii()]
        stands: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._full = np.zeros(len(said))
        for at, words in enumerate(said):
            for word, weight in words.weights.items():
                stands[word].append((at, weight * self._rarity[word]))
                self._full[at] += weight * self._rarity[word]
        self._stands = {
            word: (np.array([at for at, _ in places]), np.array([weight for _, weight in places]))
            for word, places in stands.items()
        }
        self._known_words: dict[str, list[tuple[str, float]]] = {}

    def find(self, text: str, limit: int = 5) -> list[TitleHit]:
        """The titles that fit `text`, best first, at most `limit`; none where nothing fits. Never raises."""
        asked = words_of(text)
        if not asked.weights or limit < 1:
            return []
        score = self._agreement(asked)
        near = np.flatnonzero(score > 0)
        if near.size:
            score[near] = self._refined(plain(text), asked, near, score[near])
        exact = self._exact.get(plain(text))
        if exact is not None:
            score[exact] = 1.0
        return self._best_titles(score, limit)

    def _agreement(self, asked: Words) -> np.ndarray:
        """Per wording of the index: how far it and the question say the same, 0 to 1."""
        of_question = np.zeros(len(self._wordings))
        of_wording = np.zeros(len(self._wordings))
        of_title = np.zeros(len(self._title_ids))
        whole = 0.0
        rarest = math.log(1 + len(self._title_ids))
        for word, weight in list(asked.weights.items())[:MOST_WORDS]:
            known = self._readings(word)
            if not known:
                whole += weight * rarest * (UNKNOWN_WORD if word.isascii() else UNKNOWN_CHINESE_PAIR)
                continue
            worth = weight * max(self._rarity[reading] for reading, _ in known)
            whole += worth
            best = np.zeros(len(self._wordings))
            gained = np.zeros(len(self._wordings))
            in_title = np.zeros(len(self._title_ids))
            for reading, likeness in known:
                places, weights = self._stands[reading]
                best[places] = np.maximum(best[places], likeness)
                gained[places] = np.maximum(gained[places], likeness * weights)
                titles, usage = self._used[reading]
                in_title[titles] = np.maximum(in_title[titles], likeness * usage)
            of_question += worth * best
            of_title += worth * in_title
            of_wording += gained
        if whole == 0:
            return of_question
        explained = of_question / whole
        said = np.minimum(1.0, of_wording / np.maximum(self._full, 1e-9))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = 1 / (SAID_BY_TITLE / said + (1 - SAID_BY_TITLE) / explained)
        agreed: np.ndarray = np.nan_to_num(mean, nan=0.0, posinf=0.0)
        return agreed * (1 - TITLE_AGREES + TITLE_AGREES * (of_title / whole)[self._title_of])

    def _readings(self, word: str) -> list[tuple[str, float]]:
        """The words of the index that `word` may stand for, with how alike they are (1 is the word itself)."""
        if word not in self._known_words:
            if len(self._known_words) > 50_000:  # a long-lived search must not grow with what it is asked
                self._known_words.clear()
            self._known_words[word] = self._read(word)
        return self._known_words[word]

    def _read(self, word: str) -> list[tuple[str, float]]:
        """See `_readings`. A known word is itself and words of its stem; another is a joined, misspelled or cut one."""
        known = [(word, 1.0)] if word in self._rarity else []
        if not word.isascii() or not word.isalpha() or len(word) < 3:
            return known
        if len(word) >= 6:
            stem = max(5, round(0.7 * len(word)))
            known += [
                (other, RELATED)
                for other in self._vocabulary
                if other != word
                and len(other) >= 6
                and other[:stem] == word[:stem]
                and len(other) - len(word) < 5
            ]
        if word in self._rarity:
            return known
        for at in range(3, len(word) - 2):
            if word[:at] in self._rarity and word[at:] in self._rarity:
                return [(word[:at], JOINED), (word[at:], JOINED)]
        if len(word) >= 4:
            least = TYPO if len(word) >= 6 else TYPO_SHORT_WORD
            found = process.extract(
                word, self._vocabulary, scorer=OSA.normalized_similarity, score_cutoff=least, limit=3
            )
            known += [(other, likeness) for other, likeness, _ in found]
        if not known:
            known = [
                (other, BEGINNING)
                for other in self._vocabulary
                if other.startswith(word) and len(other) > len(word)
            ][:8]
        return known

    def _refined(self, text: str, asked: Words, near: np.ndarray, score: np.ndarray) -> np.ndarray:
        """Ranks and characters have their say among the wordings that share a word."""
        ranks = {rank: _rank_agreement(asked.rank, rank) for rank in np.unique(self._rank).tolist()}
        refined = score * np.array([ranks[rank] for rank in self._rank[near].tolist()])
        order = np.argsort(-refined, kind="stable")[:CLOSEST]
        for place in order.tolist():
            likeness = fuzz.token_sort_ratio(text, self._plain[near[place]]) / 100
            refined[place] *= 1 + CHARACTERS_AGREE * likeness
        return refined / (1 + CHARACTERS_AGREE)

    def _best_titles(self, score: np.ndarray, limit: int) -> list[TitleHit]:
        """Titles by their wordings: the second and third best of a title add to its best.

        So one stray wording does not beat a title of which several agree.
        """
        best: dict[int, int] = {}
        missing: dict[int, float] = {}
        heard: Counter[int] = Counter()
        for at in np.argsort(-score, kind="stable")[:CANDIDATES].tolist():
            value = float(score[at])
            if value <= 0:
                break
            title = int(self._title_of[at])
            if heard[title] < len(WORDINGS_AGREE):
                missing[title] = missing.get(title, 1.0) * (1 - WORDINGS_AGREE[heard[title]] * value)
                heard[title] += 1
                best.setdefault(title, at)
        ranked = sorted(best, key=lambda title: (missing[title], self._title_ids[title]))
        hits = []
        for title in ranked[:limit]:
            at = best[title]
            value = 1.0 if score[at] == 1 else min(NEARLY, round(1 - missing[title], 4))
            hits.append(TitleHit(self._title_ids[title], value, self._wordings[at]))
        return [hit for hit in hits if hit.score >= FITS]


def _rank_agreement(asked: str, of_wording: str) -> float:
    if asked == of_wording:
        return 1.0
    return RANK_BESIDE if {asked, of_wording} in BESIDE else RANK_DIFFERS
