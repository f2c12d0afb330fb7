"""The change of every title, family, seniority band and of the market between two windows, by several methods.

What belongs here: one bootstrap for all of them, their intervals, and the reasons for withholding one. What does not:
counting (`counts`), the correction itself (`confusion`), draws of the classifier's errors (`misreading`), and which
windows a study has.

Every replicate gives each employer one Poisson weight. Its postings in both windows, its postings in the panel and its
audit rows all carry that weight, so that what is uncertain together varies together. For the estimand `crawled` the
postings are those that were crawled: there the weights touch the audit rows only, and the classifier's errors are
drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml.estimation.bootstrap import (
    degrees_of_freedom,
    effective_employers,
    log_ratios,
    student_quantile,
)
from ml.estimation.confusion import (
    FURTHER_TILTS,
    HELD,
    HELD_IN_REPLICATES,
    TILTS,
    TINY,
    Confusion,
    Mixture,
    arrange,
    drawn_belief,
    mixture,
    usual_belief,
)
from ml.estimation.misreading import ClassifierNoise, employers_alike
from ml.estimation.replicates import (
    ClassMatrices,
    CountMatrices,
    bands_of,
    class_matrices,
    count_matrices,
    weight_blocks,
)
from ml.estimation.shifting import audited_differences, shift_variance
from ml.estimation.verdicts import p_values, q_values, words
from ml.estimation.within import employer_weights, weighted_classes, weighted_counts
from ml.schema import (
    CORRECTED,
    CRAWLED,
    EMPLOYERS,
    ESTIMATES,
    FAMILY_LEVEL,
    MARKET,
    MARKET_LEVEL,
    METHODS,
    PANEL,
    RAW,
    SENIORITY_LEVEL,
    TITLE_LEVEL,
    WITHIN,
)

FEWEST_EMPLOYERS = 10.0
FEWEST_FOUND = 0.2
"""Least share of a title's postings that must be predicted as it. Of one that is missed more often, the corrected count
is mostly an extrapolation from the audit's few rows, which no replicate shows; such a figure is withheld."""

NO_BASE, NO_CURRENT, TOO_FEW_EMPLOYERS, NOT_CORRECTED, MOSTLY_MISSED = (
    *("no_base", "no_current"),
    *("too_few_employers", "not_corrected", "mostly_missed"),
)
EXACT, NO_LABELS, AS_CLASSIFIED = "exact", "no_labels", "as_classified"
FEWEST_REPLICATES = 100
REPLICATES_AT_ONCE = 50
"""Replicates whose confusions are held in memory together; draws are made by block, so figures depend on it."""
DIGITS = 9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """What is known of a pair of windows.

    everyone, panel: counts in EMPLOYER_COUNTS, panel None where no polls are known. audit: rows in AUDIT_ROWS, None
    where there are no honest predictions of labelled postings; without it nothing is corrected. All of them in
    BANDED_COUNTS and BANDED_AUDIT where it is known how sure the classifier was; corrections err less then. families,
    bands: family and band of seniority by title.
    """

    everyone: pa.Table
    panel: pa.Table | None = None
    audit: pa.Table | None = None
    families: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    title_ids: Sequence[str] = ()


def estimate_changes(evidence: Evidence, pair: str, replicates: int = 1000, seed: int = 0) -> pa.Table:
    """Estimate all changes of one pair of windows, in ESTIMATES, in the order market, bands, families, titles.

    The method `within` gives the change of a group's part of its employers' postings (see `within`), and its verdict is
    about that.

    `evidence.title_ids` names titles that get a row even when they have no posting. `unassigned` postings count for the
    market; what they truly are, the correction says. Changes are fractions (-0.08 is a fall of 8 %).

    The interval is exp(log ratio -/+ t * SE) - 1, with SE the standard deviation over the replicates of the log ratio
    (of corrected figures with the variance by which errors shifted between the windows, see `shifting`) and t Student's
    quantile with Satterthwaite's degrees of freedom. `withheld` says why there is none: "no_base" (no change either),
    "no_current" (the change is -1), "too_few_employers" (fewer than 10 effective employers, by Kish),
    "not_corrected" (a raw count says nothing certain of true titles), "mostly_missed" (the classifier finds less than a
    fifth of the title's postings; no corrected change either). Equal input and seed give equal output. Raises
    ValueError for a malformed table or fewer than 100 replicates.
    """
    if replicates < FEWEST_REPLICATES:
        raise ValueError(
            f"{replicates} replicates are too few for a standard error; take {FEWEST_REPLICATES} or more"
        )
    ground = _lay_out(evidence)
    drawn = _draw(ground, pair, replicates, seed)
    tables = [
        _rows(ground, method, estimand, drawn, pair, replicates, seed) for method, estimand in ground.wanted
    ]
    table = pa.concat_tables([t for t in tables if t.num_rows])
    # A part of all that employers post is all of it: of the market nothing is said.
    of_market = pc.and_(pc.equal(table["method"], WITHIN), pc.equal(table["level"], MARKET_LEVEL))
    table = table.filter(pc.invert(of_market))
    return table.take(pa.array(_reading_order(table)))


@dataclass(frozen=True)
class _Ground:
    """Counts and confusion over the same titles and employers.

    groups: (level, id) of every row of the estimates. members: sparse, groups x titles; the market's row is all ones.
    """

    title_ids: tuple[str, ...]
    groups: list[tuple[str, str]]
    members: Any
    counts: dict[str, CountMatrices]
    classes: dict[str, ClassMatrices]
    """Of each method: the counts by title, and by class of predictions."""

    confusion: Confusion | None
    audit: pa.Table | None

    @property
    def wanted(self) -> Iterator[tuple[str, str]]:
        """The methods and estimands that can be given."""
        return (
            (method, estimand)
            for method in METHODS
            if method in self.counts and (method != CORRECTED or self.confusion)
            for estimand in ((EMPLOYERS,) if method == WITHIN else (CRAWLED, EMPLOYERS))
        )

    @property
    def everyone(self) -> CountMatrices:
        """The counts of all postings, as classified."""
        return self.counts[RAW]

    def is_corrected(self, method: str) -> bool:
        """Whether a method's counts allow for the classifier's errors."""
        return method != RAW and self.confusion is not None

    def grouped(self, titles: Floats, market: Floats) -> Floats:
        """(groups, R): the market's counts, and the titles' summed by group."""
        found = self.members @ titles
        found[0] = market
        return np.asarray(found)


def _lay_out(evidence: Evidence) -> _Ground:
    from scipy.sparse import csr_array

    audit = evidence.audit if evidence.audit is not None and evidence.audit.num_rows else None
    titles = tuple(evidence.title_ids)
    employers: tuple[str, ...] = ()
    for table in (evidence.everyone, audit):
        if table is not None and "best_title_id" in table.column_names:
            titles = (*titles, *table.column("best_title_id").unique().to_pylist())
    if audit is not None:
        # A title that only the labels know is one that the classifier never finds.
        titles = (*titles, *audit.column("title_id").unique().to_pylist())
        employers = tuple(audit.column("employer_id").unique().to_pylist())
    everyone = count_matrices(evidence.everyone, titles, employers)
    named = everyone.title_ids[1:]
    counts = {RAW: everyone, CORRECTED: everyone}
    if evidence.panel is not None:
        counts[PANEL] = count_matrices(evidence.panel, named, everyone.employer_ids)
    weights = employer_weights(everyone)
    counts[WITHIN] = weighted_counts(everyone, weights)
    groups = [(MARKET_LEVEL, MARKET)]
    inside: list[list[int]] = [list(range(len(named)))]
    for level, of in ((SENIORITY_LEVEL, evidence.bands), (FAMILY_LEVEL, evidence.families)):
        for group in sorted({of[title] for title in named if of.get(title)}):
            groups.append((level, group))
            inside.append([number for number, title in enumerate(named) if of.get(title) == group])
    groups += [(TITLE_LEVEL, title) for title in named]
    inside += [[number] for number in range(len(named))]
    members = csr_array(
        (
            np.ones(sum(map(len, inside))),
            np.array([number for numbers in inside for number in numbers], dtype=np.int64),
            np.cumsum([0, *map(len, inside)]),
        ),
        shape=(len(groups), len(named)),
    )
    count = bands_of(evidence.everyone, evidence.panel, audit)
    classes = {RAW: class_matrices(evidence.everyone, named, everyone.employer_ids, count)}
    classes[CORRECTED] = classes[RAW]
    if evidence.panel is not None:
        classes[PANEL] = class_matrices(evidence.panel, named, everyone.employer_ids, count)
    classes[WITHIN] = weighted_classes(classes[RAW], weights)
    confusion = None
    if audit is not None:
        predictions = np.asarray(classes[RAW].base.sum(axis=1) + classes[RAW].current.sum(axis=1)).ravel()
        by_title = predictions[:-1].reshape(len(named), count).sum(axis=1)
        confusion = arrange(audit, named, everyone.employer_ids, evidence.families, count, by_title)
        confusion = confusion if confusion.counted.sum() else None
    return _Ground(named, groups, members, counts, classes, confusion, audit)


@dataclass(frozen=True)
class _Drawn:
    """Counts (base, current) of every group as estimated, (groups,), and in the replicates, (groups, R).

    missed: (groups,), titles of which the classifier finds too few to correct their counts. shifted: variance by which
    the errors of every title shifted between the windows, on the scale of the log ratio.
    """

    estimated: dict[tuple[str, str], tuple[Floats, Floats]]
    replicates: dict[tuple[str, str], tuple[Floats, Floats]]
    missed: npt.NDArray[np.bool_]
    shifted: float


def _draw(ground: _Ground, pair: str, replicates: int, seed: int) -> _Drawn:
    estimated: dict[tuple[str, str], tuple[Floats, Floats]] = {}
    exact = _Exact.of(ground, pair, seed)
    for method, estimand in ground.wanted:
        base, current = exact.counts(method)
        estimated[method, estimand] = base.ravel(), current.ravel()
    kept = {
        key: (np.empty((len(ground.groups), replicates)), np.empty((len(ground.groups), replicates)))
        for key in ground.wanted
        if key != (RAW, CRAWLED)
    }
    for chosen, weights in weight_blocks(ground.everyone.employer_ids, seed, replicates, REPLICATES_AT_ONCE):
        for key, (base, current) in exact.replicate(weights):
            kept[key][0][:, chosen], kept[key][1][:, chosen] = base, current
    missed = np.zeros(len(ground.groups), dtype=bool)
    if exact.pooled is not None:
        found = (exact.pooled.right.sum(axis=1) / np.maximum(exact.pooled.totals, TINY)).ravel()
        missed[len(missed) - len(found) :] = found < FEWEST_FOUND
    return _Drawn(estimated, kept, missed, exact.shift_variance())


@dataclass(frozen=True)
class _Exact:
    """The observed counts, and the estimator applied to them and to replicates of them.

    predicted: method -> base and current counts by class of predictions, (K * B + 1, 1). nearness: method -> part of
    HELD that holds titles near the market in either window.
    """

    ground: _Ground
    predicted: dict[str, tuple[Floats, Floats]]
    pooled: Mixture | None
    nearness: dict[str, tuple[float, float]]
    noise: dict[str, ClassifierNoise]
    random: np.random.Generator

    @classmethod
    def of(cls, ground: _Ground, pair: str, seed: int) -> _Exact:
        """The observed counts of a ground."""
        sums = {
            method: tuple(
                np.asarray(matrix.sum(axis=1), dtype=np.float64).reshape(-1, 1)
                for matrix in (ground.classes[method].base, ground.classes[method].current)
            )
            for method in dict.fromkeys(method for method, _ in ground.wanted)
        }
        predicted = {method: (base, current) for method, (base, current) in sums.items()}
        pooled, noise = None, {}
        nearness: dict[str, tuple[float, float]] = {}
        if ground.confusion is not None:
            counted, both = ground.confusion.counted[:, None], predicted[RAW][0] + predicted[RAW][1]
            pooled = mixture(ground.confusion, counted, both, usual_belief(ground.confusion))
            alike = employers_alike(ground.confusion, pooled, ground.everyone.employer_ids)
            nearness = {
                method: (pooled.nearness(base), pooled.nearness(current))
                for method, (base, current) in predicted.items()
            }
            noise = {
                method: ClassifierNoise.of(
                    pooled, predicted[method], nearness[method], ground.counts[method], alike
                )
                for method, estimand in ground.wanted
                if estimand == CRAWLED and method != RAW
            }
        digest = hashlib.blake2b(pair.encode(), digest_size=4).digest()
        return cls(
            ground,
            predicted,
            pooled,
            nearness,
            noise,
            np.random.default_rng([seed, int.from_bytes(digest, "little")]),
        )

    def counts(self, method: str) -> tuple[Floats, Floats]:
        """The method's counts of every group, (groups, 1)."""
        return self._grouped(method, self.pooled, self.predicted[method])

    def shift_variance(self) -> float:
        """How much the errors of titles shifted between the windows, beyond what the correction allows for."""
        if self.pooled is None or self.ground.confusion is None or self.ground.audit is None:
            return 0.0
        counted, corrected = [], []
        for window, near in zip(self.predicted[CORRECTED], self.nearness[CORRECTED], strict=True):
            counted.append(self.ground.confusion.by_title(window)[:-1, 0])
            corrected.append(self.pooled.titles_of(window, held=HELD * near)[:, 0])
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.log(corrected[1] / counted[1]) - np.log(corrected[0] / counted[0])
        return shift_variance(*audited_differences(self.ground.audit, self.ground.title_ids), moved)

    def replicate(self, weights: Floats) -> Iterator[tuple[tuple[str, str], tuple[Floats, Floats]]]:
        """Counts of every group, (groups, R), for each method and estimand, under weights (employers, R)."""
        ground, confusion = self.ground, self.ground.confusion
        drawn = {
            method: tuple(
                np.asarray(matrix @ weights)
                for matrix in (ground.classes[method].base, ground.classes[method].current)
            )
            for method in self.predicted
            if method != CORRECTED
        }
        everyone, fixed = None, None
        if confusion is not None:
            drawn[CORRECTED] = drawn[RAW]
            audited = np.asarray(confusion.rows @ weights)
            belief = drawn_belief(confusion, self.random, weights.shape[1])
            everyone = mixture(confusion, audited, drawn[RAW][0] + drawn[RAW][1], belief)
            observed = np.repeat(self.predicted[RAW][0] + self.predicted[RAW][1], weights.shape[1], axis=1)
            fixed = mixture(confusion, audited, observed, belief)
        for method in self.predicted:
            base, current = drawn[method]
            yield (
                (method, EMPLOYERS),
                self._grouped(method, everyone, (base, current), held=HELD_IN_REPLICATES),
            )
            if method in self.noise:
                erring = self.noise[method].draw(self.random, weights.shape[1])
                found = self._grouped(method, fixed, erring, FURTHER_TILTS)
                for side, window in zip(found, self.predicted[method], strict=True):
                    side[0] = window.sum()
                yield (method, CRAWLED), found
            elif method == PANEL:
                # As classified: no interval comes of it, but the shape must be whole.
                one, other = self._grouped(method, None, self.predicted[method])
                yield (method, CRAWLED), (one, other)

    def _grouped(
        self,
        method: str,
        model: Mixture | None,
        predicted: tuple[Floats, Floats],
        tilts: int = TILTS,
        held: float = HELD,
    ) -> tuple[Floats, Floats]:
        sides = []
        for window, near in zip(predicted, self.nearness.get(method, (1.0, 1.0)), strict=True):
            corrected = self.ground.is_corrected(method) and model is not None
            titles = (
                model.titles_of(window, tilts, held * near)
                if corrected and model is not None
                else self.ground.classes[method].as_classified(window)
            )
            sides.append(self.ground.grouped(titles, window.sum(axis=0)))
        return sides[0], sides[1]


def _rows(
    ground: _Ground, method: str, estimand: str, drawn: _Drawn, pair: str, replicates: int, seed: int
) -> pa.Table:
    base, current = drawn.estimated[method, estimand]
    of_method = ground.counts[method]
    grouped_base, grouped_current = (_group_matrix(ground, m) for m in (of_method.base, of_method.current))
    effective = effective_employers(grouped_base, grouped_current)
    exact = estimand == CRAWLED and np.arange(len(base)) == 0
    missed = drawn.missed & ground.is_corrected(method)
    withheld = [
        _reason_to_withhold(
            b, c, e, is_exact=x, is_raw=estimand == CRAWLED and not ground.is_corrected(method), is_missed=m
        )
        for b, c, e, x, m in zip(
            *(one.tolist() for one in (base, current, effective, np.broadcast_to(exact, base.shape), missed)),
            strict=True,
        )
    ]
    shown = np.array([reason is None for reason in withheld])
    se, relative_se = np.zeros(len(base)), np.zeros(len(base))
    degrees = np.full(len(base), np.inf)
    if (method, estimand) in drawn.replicates:
        logs = log_ratios(*drawn.replicates[method, estimand])
        se = np.std(logs, axis=1, ddof=1)
        relative_se = np.std(logs - logs[:1], axis=1, ddof=1)
    if ground.is_corrected(method):
        added = drawn.shifted * _concentration(ground, base + current)
        se, relative_se = np.sqrt(se**2 + added), np.sqrt(relative_se**2 + added)
    if estimand == EMPLOYERS:
        degrees = degrees_of_freedom(grouped_base, grouped_current)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(current) - np.log(base)
        change = current / base - 1
        low, high = (np.exp(log_ratio + sign * student_quantile(degrees) * se) - 1 for sign in (-1, 1))
        distance = log_ratio - log_ratio[0]
        z = distance / relative_se
        relative = np.exp(distance) - 1
    tested = shown & np.isfinite(z) & (relative_se > 0)
    tested[0] = False
    p = np.where(tested, p_values(np.where(tested, z, 0.0), degrees), np.nan)
    levels = np.array([level for level, _ in ground.groups])
    q = np.full(len(base), np.nan)
    for level in np.unique(levels):
        q = np.where(levels == level, q_values(p, tested & (levels == level)), q)
    verdicts: list[str | None] = list(words(z, q))
    verdicts[0] = None
    return pa.table(
        {
            "pair": [pair] * len(base),
            "level": levels.tolist(),
            "group_id": [group for _, group in ground.groups],
            "method": [method] * len(base),
            "estimand": [estimand] * len(base),
            "base_postings": np.round(base, 6),
            "current_postings": np.round(current, 6),
            "change": _where((base > 0) & ~missed, change),
            "change_low": _where(shown, low),
            "change_high": _where(shown, high),
            "log_ratio_se": _where(shown, se),
            "relative_change": _where((base > 0) & (base[0] > 0) & (current[0] > 0) & ~missed, relative),
            "z": _where(tested, z),
            "p_value": _where(tested, p),
            "q_value": _where(tested, q),
            "verdict": verdicts,
            "employers_effective": np.round(effective, DIGITS),
            "replicates": [replicates] * len(base),
            "seed": [seed] * len(base),
            "withheld": withheld,
            "notes": _notes(ground, method, np.broadcast_to(exact, base.shape)),
        },
        schema=ESTIMATES,
    )


def _concentration(ground: _Ground, postings: Floats) -> Floats:
    """(groups,): the sum of squared shares of a group's titles; 1 of a title, 0 of the market.

    Titles shift each by itself, so that in a family part of it evens out; what one title gains another loses, so that
    the market does not move.
    """
    titles = postings[len(postings) - len(ground.title_ids) :]
    sums = np.maximum(ground.members @ titles, TINY)
    found = np.asarray((ground.members @ titles**2) / sums**2)
    found[0] = 0.0
    found[len(found) - len(titles) :] = 1.0
    return found


def _group_matrix(ground: _Ground, matrix: Any) -> Any:
    """Groups x employers: the market's row, and the titles' rows summed by group."""
    from scipy.sparse import vstack

    return vstack([matrix[:1], ground.members[1:] @ matrix[1:]], format="csr")


def _reason_to_withhold(
    base: float, current: float, effective: float, *, is_exact: bool, is_raw: bool, is_missed: bool
) -> str | None:
    if base <= 0:
        return NO_BASE
    if is_exact:
        return None
    if is_missed:
        return MOSTLY_MISSED
    if is_raw:
        return NOT_CORRECTED
    if effective < FEWEST_EMPLOYERS:
        return TOO_FEW_EMPLOYERS
    return NO_CURRENT if current <= 0 else None


def _notes(ground: _Ground, method: str, exact: npt.NDArray[np.bool_]) -> list[str]:
    corrected = ground.is_corrected(method)
    labels = ground.confusion.labels if ground.confusion is not None else np.ones(len(ground.title_ids))
    by_group = np.asarray(ground.members @ labels.astype(np.float64)).ravel()
    return [
        ",".join(
            note
            for note, holds in (
                (EXACT, is_exact),
                (NO_LABELS, corrected and level == TITLE_LEVEL and not seen),
                (AS_CLASSIFIED, method in (PANEL, WITHIN) and not corrected),
            )
            if holds
        )
        for (level, _), seen, is_exact in zip(ground.groups, by_group, exact, strict=True)
    ]


def _reading_order(table: pa.Table) -> list[int]:
    """Rows group by group, in the order of the first method."""
    keys: dict[tuple[str, str], list[int]] = {}
    for number, key in enumerate(
        zip(table.column("level").to_pylist(), table.column("group_id").to_pylist(), strict=True)
    ):
        keys.setdefault(key, []).append(number)
    return [number for numbers in keys.values() for number in numbers]


def _where(shown: npt.NDArray[np.bool_], values: Floats) -> pa.Array:
    return pa.array(np.round(np.where(shown, values, 0.0), DIGITS), mask=~shown)
