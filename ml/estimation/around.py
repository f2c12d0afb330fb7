"""The tables that stand around the estimates, as Arrow schemas: names and types, nothing else."""

from __future__ import annotations

import pyarrow as pa


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


EMERGING = pa.schema(
    [
        _required("pair", pa.string()),
        _required("concept_id", pa.string()),
        _required("wording", pa.string()),
        _required("wordings", pa.string()),
        _required("examples", pa.list_(pa.string())),
        _required("postings", pa.int64()),
        _required("base_postings", pa.int64()),
        _required("current_postings", pa.int64()),
        _required("employers_effective", pa.float64()),
        pa.field("change", pa.float64()),
        pa.field("change_low", pa.float64()),
        pa.field("change_high", pa.float64()),
        pa.field("withheld", pa.string()),
        pa.field("expected_change", pa.float64()),
        _required("novelty", pa.float64()),
        pa.field("nearest_title_id", pa.string()),
        pa.field("classified_as", pa.string()),
        _required("classified_share", pa.float64()),
        _required("mean_probability", pa.float64()),
        pa.field("trend_z", pa.float64()),
        pa.field("p_value", pa.float64()),
        pa.field("q_value", pa.float64()),
        _required("is_emerging", pa.bool_()),
        _required("replicates", pa.int32()),
        _required("seed", pa.int64()),
    ]
)
"""One row per pair and concept: wordings whose postings read alike and like no standard title's. concept_id: its most
frequent wording in normal form; examples: ids of postings; postings: in all months up to the end of the current window;
expected_change: that of the titles which its postings are classified as."""

DECOMPOSITION = pa.schema(
    [
        _required("pair", pa.string()),
        _required("axis", pa.string()),
        _required("component", pa.string()),
        _required("base_postings", pa.int64()),
        _required("current_postings", pa.int64()),
        _required("difference", pa.int64()),
        pa.field("contribution", pa.float64()),
        pa.field("contribution_low", pa.float64()),
        pa.field("contribution_high", pa.float64()),
        pa.field("change", pa.float64()),
        pa.field("at_market_rate", pa.float64()),
        pa.field("beyond_market", pa.float64()),
        _required("employers", pa.int64()),
        pa.field("withheld", pa.string()),
        _required("replicates", pa.int32()),
        _required("seed", pa.int64()),
    ]
)
"""One row per pair, axis and component. Within an axis `difference` sums to the market's, and `contribution`, the
difference over all base postings, to the market's change. contribution = at_market_rate + beyond_market."""

AXES = (EMPLOYER_AXIS, ADS_AXIS, COUNTRY_AXIS, INDUSTRY_AXIS) = ("employers", "ads", "country", "industry")
"""How the change is taken apart: by what became of the employers, by what an ad repeats, by place, by industry."""

BENCHMARK = pa.schema(
    [
        _required("pair", pa.string()),
        _required("country", pa.string()),
        _required("series", pa.string()),
        _required("base_level", pa.float64()),
        _required("current_level", pa.float64()),
        _required("base_days", pa.int32()),
        _required("current_days", pa.int32()),
        _required("benchmark_change", pa.float64()),
        _required("base_postings", pa.int64()),
        _required("current_postings", pa.int64()),
        pa.field("change", pa.float64()),
        pa.field("change_low", pa.float64()),
        pa.field("change_high", pa.float64()),
        pa.field("withheld", pa.string()),
        pa.field("panel_change", pa.float64()),
        pa.field("panel_change_low", pa.float64()),
        pa.field("panel_change_high", pa.float64()),
        pa.field("market_change", pa.float64()),
        pa.field("difference", pa.float64()),
        pa.field("explained_by_mix", pa.float64()),
        pa.field("unexplained", pa.float64()),
        _required("source", pa.string()),
        _required("licence", pa.string()),
    ]
)
"""One row per pair, country (`*`: all that the benchmark has, at this study's weights) and series of the benchmark.

difference = market_change - benchmark_change = explained_by_mix (the market's change minus this country's) +
unexplained (this country's change minus the benchmark's)."""

WATCH_LIST = pa.schema(
    [
        _required("pair", pa.string()),
        _required("title_id", pa.string()),
        _required("reason", pa.string()),
        _required("method", pa.string()),
        _required("base_postings", pa.float64()),
        _required("current_postings", pa.float64()),
        _required("change", pa.float64()),
        _required("change_low", pa.float64()),
        _required("change_high", pa.float64()),
        _required("fall_q_value", pa.float64()),
        pa.field("previous_change", pa.float64()),
        pa.field("previous_change_low", pa.float64()),
        pa.field("previous_change_high", pa.float64()),
        pa.field("neighbours", pa.list_(pa.string())),
        pa.field("neighbours_change", pa.float64()),
        pa.field("difference", pa.float64()),
        pa.field("difference_high", pa.float64()),
        pa.field("difference_q_value", pa.float64()),
        pa.field("verdict", pa.string()),
    ]
)
"""One row per pair, title and reason to watch it. difference: (1 + change) / (1 + the neighbours' change) - 1."""

NEW_FALL, NEIGHBOURS_HOLD = "new_fall", "neighbours_hold"
"""A fall this year and none in the year before; a fall while the titles next to it, taken together, do not follow."""

CONTRASTS = pa.schema(
    [
        _required("pair", pa.string()),
        _required("title_id", pa.string()),
        _required("neighbour_id", pa.string()),
        _required("method", pa.string()),
        _required("change", pa.float64()),
        _required("neighbour_change", pa.float64()),
        _required("difference_in_differences", pa.float64()),
        _required("difference_low", pa.float64()),
        _required("difference_high", pa.float64()),
        _required("z", pa.float64()),
        _required("p_value", pa.float64()),
        _required("q_value", pa.float64()),
        pa.field("previous_difference", pa.float64()),
    ]
)
"""One row per pair of windows and pair of near titles, the faster one first: (1 + change) / (1 + neighbour_change) - 1,
the relative difference in differences; previous_difference: the same a pair of windows earlier."""

SENSITIVITY = pa.schema(
    [
        _required("pair", pa.string()),
        _required("level", pa.string()),
        _required("group_id", pa.string()),
        _required("dimension", pa.string()),
        _required("variant", pa.string()),
        _required("base_postings", pa.float64()),
        _required("current_postings", pa.float64()),
        pa.field("change", pa.float64()),
        pa.field("change_low", pa.float64()),
        pa.field("change_high", pa.float64()),
        pa.field("withheld", pa.string()),
        pa.field("difference", pa.float64()),
        pa.field("difference_low", pa.float64()),
        pa.field("difference_high", pa.float64()),
        _required("notes", pa.string()),
    ]
)
"""One row per pair, headline (the market or a title), dimension and variant. difference: the variant's change minus
the headline's; from the same weights of the employers, so what both share is not in its interval."""

SEASONAL = pa.schema(
    [
        _required("level", pa.string()),
        _required("group_id", pa.string()),
        _required("month", pa.string()),
        _required("postings", pa.int64()),
        _required("method", pa.string()),
        pa.field("adjusted", pa.float64()),
        pa.field("seasonal_factor", pa.float64()),
        pa.field("trend", pa.float64()),
        pa.field("year_before", pa.int64()),
        pa.field("change_on_year", pa.float64()),
        pa.field("opened", pa.int64()),
        pa.field("closed", pa.int64()),
        pa.field("stock", pa.float64()),
    ]
)
"""One row per month of the market and of the headline titles. method: `stl`, or `same_month` where fewer than 36 months
stand: then adjusted is null and the same month a year before is what to compare with. opened, closed, stock: the
market's flow and stock, where the study knows the life of its postings."""
