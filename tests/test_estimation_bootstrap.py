"""The raw change of titles and market: what it says and withholds, and how its interval covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.estimation import replicates as replicates_module
from ml.estimation.changes import Evidence, estimate_changes
from ml.estimation.replicates import count_matrices, poisson_weights, replicate_totals
from ml.estimation.tables import EMPLOYER_COUNTS
from ml.schema import ESTIMATES

PAIR = "2025-01..2025-10 / 2024-01..2024-10"


def counts_table(rows: list[tuple[str, str, str, int]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    return pa.table([pa.array(column) for column in columns], names=EMPLOYER_COUNTS.names).cast(
        EMPLOYER_COUNTS
    )


def small_market(employers: int = 40, seed: int = 3) -> pa.Table:
    rng = np.random.default_rng(seed)
    rows = []
    for employer in range(employers):
        for title in ("cook", "nurse", "unassigned"):
            for window in ("base", "current"):
                postings = int(rng.poisson(4))
                if postings:
                    rows.append((f"e{employer:02d}", title, window, postings))
    return counts_table(rows)


def bootstrap_changes(
    counts: pa.Table, pair: str, replicates: int = 1000, seed: int = 0, title_ids: Sequence[str] = ()
) -> pa.Table:
    """The raw changes alone, for the employers behind the postings."""
    table = estimate_changes(Evidence(counts, title_ids=title_ids), pair, replicates, seed)
    return table.filter(pc.and_(pc.equal(table["estimand"], "employers"), pc.equal(table["method"], "raw")))


def by_title(table: pa.Table) -> dict[str, dict[str, object]]:
    return {str(row["group_id"]): row for row in table.to_pylist()}


def clustered_titles(
    titles: int, employers: int, spread: float, true_ratio: float, postings_each: float, seed: int
) -> pa.Table:
    """Many independent titles: lognormal employer sizes, and a gamma shock per employer and window."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(-(spread**2) / 2, spread, (titles, employers)) * postings_each
    base = rng.poisson(size * rng.gamma(2.0, 0.5, size.shape))
    current = rng.poisson(size * true_ratio * rng.gamma(2.0, 0.5, size.shape))
    title, employer = np.indices(size.shape)
    parts = []
    for window, counted in (("base", base), ("current", current)):
        kept = counted > 0
        parts.append(
            pa.table(
                {
                    "employer_id": [f"t{t}e{e}" for t, e in zip(title[kept], employer[kept], strict=True)],
                    "title_id": [f"title-{t:04d}" for t in title[kept]],
                    "window": [window] * int(kept.sum()),
                    "postings": counted[kept],
                },
                schema=EMPLOYER_COUNTS,
            )
        )
    return pa.concat_tables(parts)


@pytest.mark.parametrize(
    ("employers", "spread"),
    [
        pytest.param(120, 1.0, id="moderately unequal employers"),
        pytest.param(200, 1.6, id="a few employers hold most postings"),
    ],
)
def test_the_95_percent_interval_covers_the_true_ratio_about_95_percent_of_the_time(employers, spread):
    true_ratio = 0.7
    counts = clustered_titles(900, employers, spread, true_ratio, postings_each=3.0, seed=20)
    rows = bootstrap_changes(counts, PAIR, seed=5, replicates=400).slice(1).to_pylist()
    shown = [row for row in rows if row["withheld"] is None]
    covered = [row["change_low"] <= true_ratio - 1 <= row["change_high"] for row in shown]
    assert len(shown) > 700
    assert 0.93 <= np.mean(covered) <= 0.97


def test_an_interval_that_took_postings_as_independent_would_be_far_too_narrow():
    counts = clustered_titles(200, 120, 1.0, 0.7, postings_each=3.0, seed=21)
    rows = bootstrap_changes(counts, PAIR, seed=5, replicates=400).slice(1).to_pylist()
    naive = [
        abs(np.log((1 + row["change"]) / 0.7))
        <= 1.96 * np.sqrt(1 / row["base_postings"] + 1 / row["current_postings"])
        for row in rows
        if row["withheld"] is None
    ]
    assert np.mean(naive) < 0.8


def test_counts_changes_and_the_market_are_the_plain_sums():
    table = counts_table(
        [(f"e{i:02d}", "cook", "base", 2) for i in range(20)]
        + [(f"e{i:02d}", "cook", "current", 3) for i in range(20)]
        + [(f"e{i:02d}", "unassigned", "base", 5) for i in range(20)]
    )
    result = bootstrap_changes(table, PAIR, seed=0, replicates=100)
    assert result.schema.equals(ESTIMATES)
    rows = by_title(result)
    assert list(rows) == ["*", "cook"]
    assert (rows["cook"]["base_postings"], rows["cook"]["current_postings"]) == (40, 60)
    assert rows["cook"]["change"] == pytest.approx(0.5)
    assert (rows["*"]["base_postings"], rows["*"]["current_postings"]) == (140, 60)
    assert rows["*"]["change"] == pytest.approx(60 / 140 - 1)
    assert rows["*"]["pair"] == "2025-01..2025-10 / 2024-01..2024-10"
    assert rows["*"]["estimand"] == "employers"


def test_effective_employers_is_their_number_when_they_are_equal_and_small_when_one_dominates():
    equal = counts_table([(f"e{i:02d}", "cook", "base", 3) for i in range(12)])
    assert by_title(bootstrap_changes(equal, PAIR, seed=0, replicates=100))["cook"][
        "employers_effective"
    ] == pytest.approx(12)
    one_giant = counts_table(
        [("giant", "cook", "base", 1000), ("giant", "cook", "current", 900)]
        + [(f"e{i:02d}", "cook", "base", 1) for i in range(30)]
    )
    giant = by_title(bootstrap_changes(one_giant, PAIR, seed=0, replicates=100))["cook"]
    assert giant["employers_effective"] == pytest.approx(1930**2 / (1900**2 + 30))
    assert giant["withheld"] == "too_few_employers"
    assert giant["change_low"] is None
    assert giant["change"] == pytest.approx(900 / 1030 - 1)


def test_a_title_without_base_has_no_change_and_one_without_current_postings_has_no_interval():
    rows = by_title(
        bootstrap_changes(
            counts_table(
                [(f"e{i:02d}", "new-title", "current", 1) for i in range(15)]
                + [(f"e{i:02d}", "gone-title", "base", 1) for i in range(15)]
            ),
            PAIR,
            seed=0,
            replicates=100,
            title_ids=["never-seen"],
        )
    )
    assert rows["new-title"]["withheld"] == "no_base"
    assert rows["new-title"]["change"] is None
    assert rows["gone-title"]["withheld"] == "no_current"
    assert rows["gone-title"]["change"] == -1
    assert rows["gone-title"]["log_ratio_se"] is None
    assert rows["never-seen"]["withheld"] == "no_base"
    assert rows["never-seen"]["employers_effective"] == 0


def test_no_posting_at_all_still_gives_a_market_row():
    result = bootstrap_changes(counts_table([]), PAIR, seed=0, replicates=100).to_pylist()
    assert [(row["group_id"], row["base_postings"], row["withheld"]) for row in result] == [
        ("*", 0, "no_base")
    ]


def test_the_same_seed_gives_the_same_table_whatever_the_order_of_the_rows():
    table = small_market()
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    assert bootstrap_changes(table, PAIR, seed=9, replicates=200).equals(
        bootstrap_changes(shuffled, PAIR, seed=9, replicates=200)
    )
    assert not bootstrap_changes(table, PAIR, seed=10, replicates=200).equals(
        bootstrap_changes(table, PAIR, seed=9, replicates=200)
    )


def test_a_row_split_in_two_counts_the_same():
    table = small_market()
    split = pa.concat_tables(
        [
            table.set_column(3, "postings", pa.array(part))
            for part in (table["postings"].to_numpy() - 1, np.ones(table.num_rows, dtype=np.int64))
        ]
    )
    assert bootstrap_changes(split, PAIR, seed=9, replicates=200).equals(
        bootstrap_changes(table, PAIR, seed=9, replicates=200)
    )


def test_replicates_do_not_depend_on_the_block_size(monkeypatch):
    matrices = count_matrices(small_market())
    whole = replicate_totals(matrices, seed=4, replicates=150)
    monkeypatch.setattr(replicates_module, "WEIGHT_BLOCK_BYTES", 8 * 40 * 7)
    in_blocks = replicate_totals(matrices, seed=4, replicates=150)
    for one, other in zip(whole, in_blocks, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_market_replicates_are_the_sum_over_titles_and_the_unassigned():
    matrices = count_matrices(small_market())
    weights = poisson_weights(matrices.employer_ids, 4, range(150)).astype(float)
    base, current = replicate_totals(matrices, seed=4, replicates=150)
    np.testing.assert_array_equal(base, matrices.base.toarray() @ weights)
    np.testing.assert_array_equal(current, matrices.current.toarray() @ weights)
    assert (base[0] >= base[1:].sum(axis=0)).all()


def test_weights_are_poisson_with_mean_one_and_independent_between_employers_and_replicates():
    employers = tuple(f"employer-{i}" for i in range(2000))
    weights = poisson_weights(employers, seed=1, replicates=range(500))
    shares = np.bincount(weights.ravel(), minlength=6)[:6] / weights.size
    expected = np.exp(-1) / np.array([1, 1, 2, 6, 24, 120])
    assert np.abs(shares - expected).max() < 0.0015
    centred = weights - 1.0
    assert abs(np.mean(centred[1:] * centred[:-1])) < 0.005
    assert abs(np.mean(centred[:, 1:] * centred[:, :-1])) < 0.005


def test_an_employer_keeps_its_weight_whoever_else_is_in_the_table():
    alone = poisson_weights(("acme",), seed=7, replicates=range(100))
    among = poisson_weights(("aaa", "acme", "zzz"), seed=7, replicates=range(100))
    np.testing.assert_array_equal(alone[0], among[1])
    np.testing.assert_array_equal(alone[:, 40:60], poisson_weights(("acme",), 7, range(40, 60)))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30).map(lambda i: f"e{i}"),
            st.sampled_from(["a", "b", "unassigned", "*"]),
            st.sampled_from(["base", "current"]),
            st.integers(0, 10**9),
        ),
        max_size=60,
    )
)
def test_whatever_the_counts_the_interval_holds_the_change_and_stays_above_minus_one(rows):
    for row in bootstrap_changes(counts_table(rows), PAIR, seed=0, replicates=100).to_pylist():
        if row["withheld"] is None:
            assert -1 <= row["change_low"] <= row["change"] <= row["change_high"]
        else:
            assert row["change_low"] is None
            assert row["change_high"] is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop_columns(["window"]), "missing: \\['window'\\]"),
        (lambda t: t.set_column(2, "window", pa.array(["BASE"] * t.num_rows)), "window must be"),
        (lambda t: t.set_column(3, "postings", pa.array([-1] * t.num_rows)), "negative"),
        (lambda t: t.set_column(0, "employer_id", pa.nulls(t.num_rows, pa.string())), "empty cells"),
    ],
)
def test_a_malformed_table_is_refused_with_its_fault(spoil, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_changes(spoil(small_market()), PAIR, seed=0, replicates=100)


def test_too_few_replicates_are_refused():
    with pytest.raises(ValueError, match="too few"):
        bootstrap_changes(small_market(), PAIR, seed=0, replicates=20)
