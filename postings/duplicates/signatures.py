"""What is compared of a posting: its words, folded and hashed, and a MinHash signature of them.

What belongs here: from texts to numbers, one batch at a time and without state. What does not: which postings are
compared, and what follows from it.

Everything is done on one array of code points per batch instead of string by string: 18 microseconds a posting of 900
characters, where a MinHash object for each takes 110 (datasketch 2.0) before a word has been cut out.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rensa import RMinHash  # type: ignore[import-untyped]  # rensa 0.5 ships no type hints

Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

PERMUTATIONS = 128
"""Values in a signature: the standard error of an estimated similarity of 0.6 is 0.043."""

WORDS_IN_SHINGLE = 3
TITLE_CHARACTERS, TEXT_CHARACTERS = 500, 20_000
TITLE_WORDS = 40

_SLICE_CHARACTERS = 1 << 18
"""Characters looked at together: what the arrays take then stays in the processor's cache."""

_APART, _WORD, _ALONE = 0, 1, 2
_ODD = 0x9E3779B97F4A7C15
"""Base of the polynomial hashes. Odd, hence invertible modulo 2^64: a word's hash does not depend on its place."""

# Ideographs and kana stand for a word each, and so do letters of scripts that put no space between words.
_ALONE_RANGES = (
    (0x0E00, 0x0F00),
    (0x1000, 0x10A0),
    (0x1780, 0x1800),
    (0x3040, 0x3100),
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),
    (0xF900, 0xFB00),
    (0x20000, 0x40000),
)
_FIRST_RARE, _LAST_IDEOGRAPH = 0x20000, 0x40000
"""Above the first stand rare ideographs, and nothing else that is written in ads."""
_TWICE_ENCODED = 0x2F800, 0x2FA1E
"""From and up to: ideographs that only stand for another one, which folding puts in their place."""


RANK_WORDS: tuple[str, ...] = tuple(
    "senior sr junior jr lead principal staff head chief vice deputy assistant associate trainee intern apprentice"
    " graduate student manager director supervisor locum i ii iii iv v 1 2 3 4 5"
    " 高 初 中 资 深 实 习 助 主 管 总 副 兼 储".split()
)
"""Words that make two titles two jobs wherever only one of them has it: Engineer II is not Engineer III."""


@dataclass(frozen=True)
class Signatures:
    """What is compared of a batch of n postings.

    signature: (n, PERMUTATIONS) uint32, over title and text. same: (n, 2), equal where title and text say the same, up
    to case, width, punctuation and white space. words: (n,) in title and text. has_text: (n,) whether there is a
    description. title, title_offsets: the distinct words of each title less its rank words, sorted, at most
    TITLE_WORDS, as one array with n + 1 offsets. rank: (n,) of the set of rank words in the title, 0 for none.
    """

    signature: npt.NDArray[np.uint32]
    same: Hashes
    words: Integers
    has_text: npt.NDArray[np.bool_]
    title: Hashes
    title_offsets: Integers
    rank: Hashes


def sign(titles: Sequence[str | None], texts: Sequence[str | None], seed: int) -> Signatures:
    """Signatures of postings by title and description, either of which may be missing.

    Titles are cut to 500 characters, descriptions to 20,000. Time is linear in the characters; equal inputs and seeds
    give equal signatures on every machine.
    """
    parts = [_sign_slice(titles[begin:end], texts[begin:end], seed) for begin, end in _slices(titles, texts)]
    if not parts:
        parts = [_sign_slice([], [], seed)]
    lengths = np.concatenate([np.diff(part.title_offsets) for part in parts])
    return Signatures(
        np.concatenate([part.signature for part in parts]),
        np.concatenate([part.same for part in parts]),
        np.concatenate([part.words for part in parts]),
        np.concatenate([part.has_text for part in parts]),
        np.concatenate([part.title for part in parts]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([part.rank for part in parts]),
    )


def mix(values: Hashes) -> Hashes:
    """Spread every bit of each value over all 64 (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def fold(text: str | None, limit: int) -> str:
    """The text in one case and one width, cut to `limit` characters; "" for None."""
    if not text:
        return ""
    text = text[:limit]
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()[:limit]


def _slices(titles: Sequence[str | None], texts: Sequence[str | None]) -> Iterator[tuple[int, int]]:
    begin = characters = 0
    for index, (title, text) in enumerate(zip(titles, texts, strict=True)):
        characters += min(len(title or ""), TITLE_CHARACTERS) + min(len(text or ""), TEXT_CHARACTERS) + 2
        if characters >= _SLICE_CHARACTERS:
            yield begin, index + 1
            begin, characters = index + 1, 0
    if begin < len(titles):
        yield begin, len(titles)


def _sign_slice(titles: Sequence[str | None], texts: Sequence[str | None], seed: int) -> Signatures:
    words, offsets = _words(titles, texts)
    whole = offsets[::2]
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        _shingles(words, whole), whole.astype(np.uint64), PERMUTATIONS, seed
    )
    signature = np.array(matrix.to_rows(), dtype=np.uint32).reshape(len(titles), PERMUTATIONS)
    same = np.stack([_sequence_hash(words, offsets), _sequence_hash(mix(~words), offsets)], axis=1)
    title, title_offsets, rank = _titles(words, offsets)
    lengths = np.diff(offsets)
    return Signatures(signature, same, np.diff(whole), lengths[1::2] > 0, title, title_offsets, rank)


@dataclass(frozen=True)
class _Alphabet:
    """What each code point is.

    folded: the one it is compared as. kind: part of a word, a word of its own, or between words. composite: whether
    folding it gives several or depends on its neighbours, so that its text has to be folded as a whole.
    """

    folded: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    composite: npt.NDArray[np.bool_]


@lru_cache(maxsize=1)
def _alphabet() -> _Alphabet:
    folded = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    kind = np.full(sys.maxunicode + 1, _APART, dtype=np.uint8)
    composite = np.zeros(sys.maxunicode + 1, dtype=np.bool_)
    for point in range(_FIRST_RARE):
        letter = chr(point)
        if _is_word(letter):
            kind[point] = _WORD
        plain = fold(letter, 20)
        if len(plain) == 1 and unicodedata.category(plain)[0] != "M" and not 0x1100 <= point < 0x1200:
            folded[point] = ord(plain)
        else:
            composite[point] = any(map(_is_word, plain))
    kind[_FIRST_RARE:_LAST_IDEOGRAPH] = _WORD
    for point in range(*_TWICE_ENCODED):
        folded[point] = ord(fold(chr(point), 20))
    for first, last in _ALONE_RANGES:
        within = kind[first:last]
        within[within == _WORD] = _ALONE
    return _Alphabet(folded, kind, composite)


def _is_word(letter: str) -> bool:
    """Letters, digits and their marks; `+` and `#` tell C++ and C# from C."""
    return unicodedata.category(letter)[0] in "LMN" or letter in "+#"


@lru_cache(maxsize=4)
def _powers(base: int, count: int) -> Hashes:
    powers = np.full(count, base, dtype=np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _power_arrays(length: int) -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse, `length` of them or more."""
    count = 1 << max(19, length.bit_length())
    return _powers(_ODD, count), _powers(pow(_ODD, -1, 1 << 64), count)


def _ranges_hash(values: Hashes, begins: Integers, ends: Integers) -> Hashes:
    """A polynomial hash of each range of `values`, in one pass over all of them."""
    powers, inverse = _power_arrays(len(values) + 1)
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * powers[: len(values)], dtype=np.uint64, out=sums[1:])
    return mix((sums[ends] - sums[begins]) * inverse[begins])


def _words(titles: Sequence[str | None], texts: Sequence[str | None]) -> tuple[Hashes, Integers]:
    """Hashes of all words in order, and 2n + 1 offsets: of title and text of each posting, in turn."""
    pieces: list[str] = []
    for title, text in zip(titles, texts, strict=True):
        pieces += [(title or "")[:TITLE_CHARACTERS], (text or "")[:TEXT_CHARACTERS]]
    alphabet = _alphabet()
    points, borders = _points(pieces)
    composite = np.flatnonzero(alphabet.composite[points])
    if len(composite):
        for piece in np.unique(np.searchsorted(borders, composite, side="right")).tolist():
            pieces[piece] = fold(pieces[piece], TEXT_CHARACTERS)
        points, borders = _points(pieces)
    points = alphabet.folded[points]
    kinds = alphabet.kind[points]
    inside, alone = kinds == _WORD, kinds == _ALONE
    begin, end = inside.copy(), inside.copy()
    begin[1:] &= ~inside[:-1]
    end[:-1] &= ~inside[1:]
    begins, ends = np.flatnonzero(begin | alone), np.flatnonzero(end | alone) + 1
    words = _ranges_hash(points.astype(np.uint64), begins, ends)
    return words, np.concatenate([[0], np.searchsorted(begins, borders)]).astype(np.int64)


def _points(pieces: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Integers]:
    """The code points of all pieces with a line end after each, and where each piece with its line end stops."""
    joined = "\n".join([*pieces, ""])
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return points, np.cumsum([len(piece) + 1 for piece in pieces], dtype=np.int64)


def _shingles(words: Hashes, whole: Integers) -> Hashes:
    """For each word, a hash of it and those after it, not beyond the end of its posting."""
    rest = np.repeat(whole[1:], np.diff(whole)) - np.arange(len(words))
    shingles = words.copy()
    for step in range(1, WORDS_IN_SHINGLE):
        ahead = np.zeros_like(words)
        ahead[: max(0, len(words) - step)] = words[step:]
        ahead[rest <= step] = 0
        shingles += ahead * np.uint64(pow(_ODD, step, 1 << 64))
    return mix(shingles)


def _sequence_hash(words: Hashes, offsets: Integers) -> Hashes:
    """(n,) over the words of title and text in order; it matters where the title ends."""
    pieces = _ranges_hash(words, offsets[:-1], offsets[1:])
    return mix(pieces[0::2] * np.uint64(_ODD) + pieces[1::2])


@lru_cache(maxsize=1)
def _rank_hashes() -> Hashes:
    words, _ = _words(RANK_WORDS, [None] * len(RANK_WORDS))
    return words


def _titles(words: Hashes, offsets: Integers) -> tuple[Hashes, Integers, Hashes]:
    """The distinct words of each title less rank words, their offsets, and the hash of the rank words."""
    count = len(offsets) // 2
    lengths = np.diff(offsets)[0::2]
    owner = np.repeat(np.arange(count), lengths)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    found = words[np.repeat(offsets[0:-1:2], lengths) + nth]
    order = np.lexsort((found, owner))
    owner, found = owner[order], found[order]
    first = np.ones(len(found), dtype=bool)
    first[1:] = (found[1:] != found[:-1]) | (owner[1:] != owner[:-1])
    owner, found = owner[first], found[first]
    ranked = np.isin(found, _rank_hashes()) if count else np.zeros(0, dtype=bool)
    rank = np.zeros(count, dtype=np.uint64)
    np.add.at(rank, owner[ranked], mix(found[ranked] + np.uint64(1)))
    owner, found = owner[~ranked], found[~ranked]
    position = np.arange(len(owner)) - np.searchsorted(owner, owner)
    kept = position < TITLE_WORDS
    sizes = np.bincount(owner[kept], minlength=count)
    return found[kept], np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), rank
