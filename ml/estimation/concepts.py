"""Wordings whose postings read alike become one concept; those that read like a standard title are held by it.

What belongs here: texts as vectors, and the grouping. What does not: time. Nothing here knows when a posting was
published, so that a later test of growth is not tested on what chose it.

A text is the set of its words and pairs of neighbouring words, weighted by their rarity (Sparck Jones 1972), hashed
into 2^18 places (Weinberger and others 2009); a group of texts is their mean, of unit length. The grouping is leader
clustering (Hartigan 1975, chapter 3): from the most frequent wording on, each joins the concept that it is most
like, or begins one. It needs no matrix of all pairs and gives the same concepts for the same input.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ALIKE = 0.45
"""Cosine from which two groups of postings speak of one job. On the synthetic market two wordings of one title have
0.38 to 0.88, those of neighbouring titles below 0.45."""

PLACES_BITS = 18
PLACES = 2**PLACES_BITS
STRONGEST = 200
"""Words and pairs that are kept of a group's mean; the rest is mostly what one posting alone says."""

ROWS_AT_ONCE = 256

_WORD = re.compile(r"[a-z0-9]{2,}|[㐀-鿿]")
_PAIR, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
"""Odd factors: multiplication modulo 2^64 and the highest bits of it (Dietzfelbinger and others 1997)."""

Floats = npt.NDArray[np.float64]


def text_vectors(texts: Iterable[tuple[int, str]], groups: int) -> Any:
    """The mean vector of each group's texts, sparse (groups, PLACES), of unit length, or zero without a text.

    `texts` gives (group, text); it is read once, in pieces. Memory grows with the distinct words of a group.
    """
    from scipy.sparse import csr_array, diags_array, vstack
    from sklearn.preprocessing import normalize

    hashes = _Hashes()
    pieces, of_group = [], []
    for piece in _in_pieces(texts, 4096):
        pieces.append(_words_and_pairs([text for _, text in piece], hashes))
        of_group += [group for group, _ in piece]
    if not pieces:
        return csr_array((groups, PLACES), dtype=np.float64)
    words = csr_array(vstack(pieces, format="csr"))
    used = np.bincount(words.indices, minlength=PLACES)
    rarity = np.log((1 + words.shape[0]) / (1 + used)) + 1
    weighted = normalize(words @ diags_array(rarity), copy=False)
    members = csr_array(
        (np.ones(len(of_group)), (np.array(of_group), np.arange(len(of_group)))),
        shape=(groups, len(of_group)),
    )
    return normalize(_strongest(csr_array(members @ weighted)), copy=False)


class _Hashes(dict[str, int]):
    """Word -> a number that is the same on every machine; filled as words are met."""

    def __missing__(self, word: str) -> int:
        found = self[word] = zlib.crc32(word.encode("utf-8"))
        return found


def _words_and_pairs(texts: Sequence[str], hashes: _Hashes) -> Any:
    """Which places the words and pairs of neighbouring words of each text take: a sparse matrix of ones."""
    from scipy.sparse import coo_array, csr_array

    spoken = [_WORD.findall(text.lower()) for text in texts]
    words = np.fromiter((hashes[word] for text in spoken for word in text), dtype=np.uint64)
    row = np.repeat(np.arange(len(texts)), [len(text) for text in spoken])
    neighbours = row[1:] == row[:-1]
    pairs = (words[:-1] * _PAIR + words[1:])[neighbours]
    mixed = np.concatenate([words, pairs]) * _MIX
    places = (mixed >> np.uint64(64 - PLACES_BITS)).astype(np.int64)
    rows = np.concatenate([row, row[1:][neighbours]])
    found = csr_array(coo_array((np.ones(len(places)), (rows, places)), shape=(len(texts), PLACES)))
    found.sum_duplicates()
    found.data[:] = 1.0
    return found


def _in_pieces(texts: Iterable[tuple[int, str]], size: int) -> Iterable[list[tuple[int, str]]]:
    piece: list[tuple[int, str]] = []
    for one in texts:
        piece.append(one)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def _strongest(matrix: Any) -> Any:
    """The STRONGEST entries of each row."""
    from scipy.sparse import csr_array

    kept_data, kept_places, ends = [], [], [0]
    for row in range(matrix.shape[0]):
        start, stop = matrix.indptr[row], matrix.indptr[row + 1]
        data, places = matrix.data[start:stop], matrix.indices[start:stop]
        if len(data) > STRONGEST:
            # By weight, ties by place: equal input gives equal vectors.
            best = np.lexsort((places, -np.round(data, 9)))[:STRONGEST]
            data, places = data[best], places[best]
        order = np.argsort(places)
        kept_data.append(data[order])
        kept_places.append(places[order])
        ends.append(ends[-1] + len(data))
    return csr_array(
        (np.concatenate(kept_data), np.concatenate(kept_places), np.array(ends)), shape=matrix.shape
    )


@dataclass(frozen=True)
class Nearest:
    """For each row the most similar row of another matrix, and how alike they are, 0 to 1."""

    number: npt.NDArray[np.int64]
    likeness: Floats


def nearest(rows: Any, others: Any) -> Nearest:
    """The row of `others` that each of `rows` is most like; number 0 and likeness 0 where there is none."""
    number = np.zeros(rows.shape[0], dtype=np.int64)
    likeness = np.zeros(rows.shape[0])
    if others.shape[0]:
        for start in range(0, rows.shape[0], ROWS_AT_ONCE):
            alike = np.round((rows[start : start + ROWS_AT_ONCE] @ others.T).toarray(), 9)
            number[start : start + ROWS_AT_ONCE] = alike.argmax(axis=1)
            likeness[start : start + ROWS_AT_ONCE] = alike.max(axis=1)
    return Nearest(number, likeness)


def group_alike(vectors: Any, postings: Sequence[int], alike: float = ALIKE) -> npt.NDArray[np.int64]:
    """The concept of each row, numbered from 0 in the order in which they began.

    Rows are taken by falling number of postings, ties by place. A row without a text is a concept of its own.
    """
    postings_of = np.asarray(postings)
    order = np.lexsort((np.arange(len(postings_of)), -postings_of))
    concept = np.full(len(postings_of), -1, dtype=np.int64)
    leaders: list[int] = []
    for start in range(0, len(order), ROWS_AT_ONCE):
        rows = order[start : start + ROWS_AT_ONCE]
        # Against the leaders so far, and against each other for those that will begin here.
        pool = np.array([*leaders, *rows.tolist()], dtype=np.int64)
        likeness = np.round((vectors[rows] @ vectors[pool].T).toarray(), 9)
        known = np.zeros(len(pool), dtype=bool)
        known[: len(leaders)] = True
        numbers = np.full(len(pool), -1, dtype=np.int64)
        numbers[: len(leaders)] = np.arange(len(leaders))
        before = len(leaders)
        for place, row in enumerate(rows.tolist()):
            found = np.where(known, likeness[place], -1.0)
            best = int(found.argmax()) if len(found) else -1
            if best >= 0 and found[best] >= alike:
                concept[row] = numbers[best]
                continue
            concept[row] = numbers[before + place] = len(leaders)
            known[before + place] = True
            leaders.append(row)
    return concept
