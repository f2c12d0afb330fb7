"""Measures of a labour market that compare a synthetic one with real files, whatever their sizes.

What belongs here: pure functions of counts and texts. What does not: reading files, and words about the results.

A file of 3,000 postings and one of 60,000 cannot be compared by how many of their titles differ. Where that matters a
measure is rarefied: it is the expectation over all samples of a stated number of postings (Hurlbert 1971).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Integers = npt.NDArray[np.int64]

SMALLEST_RANKED = 5
"""Employers with fewer postings take no part in the slope: their ranks are ties."""

SHINGLE, ALIKE = 5, 0.8
"""Two texts are near duplicates where their sets of 5-character runs have a Jaccard similarity of at least 0.8."""

_BANDS, _BAND_ROWS, _COMPARED = 16, 4, 20
_HASHED = (1 << 31) - 1


def rarefied(counts: Iterable[int], sample: int) -> tuple[float, float]:
    """(distinct values, values that occur once) expected in `sample` of the postings that `counts` adds up to.

    counts: how often each value occurs. A sample larger than the whole is the whole.
    """
    sizes = np.array([count for count in counts if count > 0], dtype=np.float64)
    whole = int(sizes.sum())
    if sample >= whole:
        return float(len(sizes)), float((sizes == 1).sum())
    all_ways = gammaln(whole + 1) - gammaln(sample + 1) - gammaln(whole - sample + 1)

    def ways(rest: npt.NDArray[np.float64], drawn: int) -> npt.NDArray[np.float64]:
        """Probability of drawing `drawn` from the `rest` other postings, as a share of all ways to draw the sample."""
        possible = np.maximum(rest, drawn)
        share = np.exp(gammaln(possible + 1) - gammaln(drawn + 1) - gammaln(possible - drawn + 1) - all_ways)
        return np.where(rest >= drawn, share, 0.0)

    absent = ways(whole - sizes, sample)
    once = sizes * ways(whole - sizes, sample - 1)
    return float((1.0 - absent).sum()), float(once.sum())


def top_share(counts: Iterable[int], share: float) -> float:
    """The share of all postings that the largest `share` (0 to 1) of the values has; at least one value counts."""
    sizes = sorted(counts, reverse=True)
    return sum(sizes[: max(1, math.ceil(share * len(sizes)))]) / sum(sizes)


def rank_size_slope(counts: Iterable[int]) -> float | None:
    """The slope of log(postings) on log(rank), by least squares over employers with five postings or more.

    -1 is Zipf's law; nearer to 0 is flatter. None where fewer than ten employers are so large.
    """
    sizes = np.array(sorted((c for c in counts if c >= SMALLEST_RANKED), reverse=True), dtype=np.float64)
    if len(sizes) < 10:
        return None
    return float(np.polyfit(np.log(np.arange(1, len(sizes) + 1)), np.log(sizes), 1)[0])


_DIGITS = re.compile(r"\d+(?:[.,' ]\d+)*")


def pay_pattern(text: str) -> str:
    """The form of a pay string: every number, with its separators, becomes 0; white space is one space."""
    return " ".join(_DIGITS.sub("0", text).split())


def shown_pattern(pattern: str, most_words: int = 6) -> str:
    """A pattern as a table may show it: one that is a sentence rather than a form is not repeated."""
    words = re.findall(r"[^\W\d_]+", pattern)
    return "(a sentence)" if len(words) > most_words or len(pattern) > 60 else pattern


def wordings_per_occupation(pairs: Iterable[tuple[str, str]], least: int = 100) -> tuple[float, int] | None:
    """Distinct wordings expected in `least` postings of one occupation, and the number of occupations so large.

    pairs: (occupation, wording) of each posting. The mean is over the occupations. None where there is none.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for occupation, wording in pairs:
        found[occupation][wording] += 1
    large = [counts for counts in found.values() if counts.total() >= least]
    if not large:
        return None
    return sum(rarefied(counts.values(), least)[0] for counts in large) / len(large), len(large)


def repeats(keys: Sequence[object]) -> float:
    """The share of entries that repeat an earlier one."""
    return 1.0 - len(set(keys)) / len(keys) if keys else 0.0


def text_key(text: str) -> str:
    """A text as exact matching compares it: case folded, white space collapsed."""
    return " ".join(text.casefold().split())


def shingles(text: str) -> Integers:
    """Hashes of the distinct runs of SHINGLE characters of a text, sorted; a shorter text is one run."""
    codes = np.frombuffer(text_key(text).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.int64)
    if len(codes) < SHINGLE:
        return np.array([hash(tuple(codes.tolist())) % _HASHED], dtype=np.int64)
    hashed = np.zeros(len(codes) - SHINGLE + 1, dtype=np.int64)
    for place in range(SHINGLE):
        hashed = (hashed * 1_000_003 + codes[place : place + len(hashed)]) % _HASHED
    return np.unique(hashed)


def similarity(first: Integers, second: Integers) -> float:
    """Jaccard similarity of two sets of shingles."""
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)


def near_duplicates(texts: Sequence[str], seed: int = 0) -> float:
    """The share of texts that nearly repeat an earlier one, exact repetitions included.

    Candidates are found by MinHash (Broder 1997) in 16 bands of 4 rows, which finds a pair of similarity 0.8 with
    probability 0.9998, and are then compared in full. In a bucket of many texts each is compared with the first 20
    only, so the share is a lower bound.
    """
    random = np.random.default_rng(seed)
    rows = _BANDS * _BAND_ROWS
    # Odd factors make multiplication modulo 2^32 a permutation, so the least image is a random element.
    factor = (2 * random.integers(0, 1 << 31, rows) + 1).astype(np.uint32)[:, None]
    shift = random.integers(0, 1 << 32, rows).astype(np.uint32)[:, None]
    sets: list[Integers] = []
    buckets: dict[tuple[int, bytes], list[int]] = {}
    seen: dict[str, int] = {}
    repeated = 0
    for text in texts:
        key = text_key(text)
        if key in seen:
            repeated += 1
            continue
        number = seen[key] = len(sets)
        runs = shingles(text)
        sets.append(runs)
        least = (factor * runs.astype(np.uint32) + shift).min(axis=1)
        candidates: set[int] = set()
        for band in range(_BANDS):
            mark = (band, least[band * _BAND_ROWS : (band + 1) * _BAND_ROWS].tobytes())
            bucket = buckets.setdefault(mark, [])
            candidates.update(bucket)
            if len(bucket) < _COMPARED:
                bucket.append(number)
        repeated += any(similarity(runs, sets[other]) >= ALIKE for other in candidates)
    return repeated / len(texts) if texts else 0.0


def quantiles(values: Sequence[int]) -> tuple[int, int, int]:
    """The 10 %, 50 % and 90 % quantile."""
    low, middle, high = np.quantile(np.asarray(values), [0.1, 0.5, 0.9]).round().astype(int).tolist()
    return low, middle, high


_HAN, _LATIN, _LETTER = re.compile("[㐀-鿿]"), re.compile("[A-Za-z]"), re.compile(r"[^\W\d_]")


def script(text: str) -> str:
    """`Chinese`, `Latin` or `other`: the script of most letters, a Chinese character weighing as four Latin letters."""
    chinese, latin = 4 * len(_HAN.findall(text)), len(_LATIN.findall(text))
    other = len(_LETTER.findall(text)) - chinese // 4 - latin
    return max((latin, "Latin"), (chinese, "Chinese"), (2 * other, "other"), key=lambda pair: pair[0])[1]


def has_latin(text: str) -> bool:
    """Whether a word of Latin letters stands in the text."""
    return bool(re.search("[A-Za-z]{2}", text))


def relative(months: Mapping[str, float]) -> dict[str, float]:
    """Monthly rates divided by their mean."""
    mean = sum(months.values()) / len(months)
    return {month: rate / mean for month, rate in sorted(months.items())}
