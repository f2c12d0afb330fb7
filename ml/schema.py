"""The tables of labels, classifications and estimates, as Arrow schemas: names and types, nothing else."""

from __future__ import annotations

import pyarrow as pa

UNASSIGNED = "unassigned"
"""The title of a posting whose best probability is below the study's threshold."""

MARKET = "*"
"""The `group_id` of the whole market in the estimates."""

EVALUATIONS = (OUT_OF_FOLD, BY_MODEL, BY_WORDING) = ("out_of_fold", "model", "wording")
"""How a posting was scored: a labelled one by a model that never saw it, any other by the promoted model; where labels
are the wordings of titles, a labelled posting has its label."""


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


ANSWERS = pa.schema(
    [
        _required("task_id", pa.string()),
        _required("worker", pa.string()),
        _required("title_id", pa.string()),
        pa.field("answered_at", pa.timestamp("us", tz="UTC")),
        _required("provider", pa.string()),
        _required("batch", pa.string()),
    ]
)
"""One row per answer: task (a posting), pseudonymous worker, title, time, provider and batch."""

REJECTED_ANSWERS = pa.schema(
    [
        _required("provider", pa.string()),
        _required("batch", pa.string()),
        _required("file", pa.string()),
        _required("row", pa.int64()),
        pa.field("task_id", pa.string()),
        _required("reason", pa.string()),
        _required("message", pa.string()),
    ]
)
"""One row per answer that was set aside, with a stable reason code and a message for a person."""

WORKERS = pa.schema(
    [
        _required("worker", pa.string()),
        _required("answers", pa.int64()),
        _required("gold_answers", pa.int64()),
        _required("gold_right", pa.int64()),
        _required("used", pa.bool_()),
    ]
)
"""One row per pseudonymous worker: gold questions met and answered right, and whether the worker's answers count."""

LABELS = pa.schema(
    [
        _required("posting_id", pa.string()),
        _required("title_id", pa.string()),
        _required("confidence", pa.float64()),
        _required("answers", pa.int32()),
        _required("agreement", pa.float64()),
        _required("method", pa.string()),
        _required("label_version", pa.string()),
        _required("taxonomy_version", pa.string()),
    ]
)
"""One row per labelled posting, with the version of the labels and of the list of titles they are taken from."""

CLASSIFICATIONS = pa.schema(
    [
        _required("posting_id", pa.string()),
        _required("posting_month", pa.string()),
        _required("title_id", pa.string()),
        _required("best_title_id", pa.string()),
        _required("probability", pa.float32()),
        pa.field("second_title_id", pa.string()),
        pa.field("second_probability", pa.float32()),
        _required("evaluation", pa.string()),
        _required("model_version", pa.string()),
    ]
)
"""One row per posting: its predicted title (or `unassigned`) and the runner-up."""

LEVELS = (MARKET_LEVEL, SENIORITY_LEVEL, FAMILY_LEVEL, TITLE_LEVEL) = (
    "market",
    "seniority",
    "family",
    "title",
)
"""What a row of the estimates is about."""

METHODS = (RAW, CORRECTED, PANEL, WITHIN) = ("raw", "corrected", "panel", "within")
"""How its counts were made: as classified; with the classifier's errors allowed for; the same for polled employers; and
as parts of what each employer posts. `within` has the estimand `employers` only, and no row for the market."""

ESTIMANDS = (CRAWLED, EMPLOYERS) = ("crawled", "employers")
"""What its interval is about: the true titles of the crawled postings; the employers behind them as a sample."""

VERDICTS = (ABOVE, BELOW, SAME, TOO_FEW) = ("above", "below", "not_distinguishable", "too_few")
"""A title's growth beside the market's."""

ESTIMATES = pa.schema(
    [
        _required("pair", pa.string()),
        _required("level", pa.string()),
        _required("group_id", pa.string()),
        _required("method", pa.string()),
        _required("estimand", pa.string()),
        _required("base_postings", pa.float64()),
        _required("current_postings", pa.float64()),
        pa.field("change", pa.float64()),
        pa.field("change_low", pa.float64()),
        pa.field("change_high", pa.float64()),
        pa.field("log_ratio_se", pa.float64()),
        pa.field("relative_change", pa.float64()),
        pa.field("z", pa.float64()),
        pa.field("p_value", pa.float64()),
        pa.field("q_value", pa.float64()),
        pa.field("verdict", pa.string()),
        _required("employers_effective", pa.float64()),
        _required("replicates", pa.int32()),
        _required("seed", pa.int64()),
        pa.field("withheld", pa.string()),
        _required("notes", pa.string()),
    ]
)
"""One row per pair of windows, level, group (`*` = the market), method and estimand: counts, change, 95 % interval,
and what follows for the group beside the market. relative_change: (1 + change) / (1 + the market's) - 1."""

DRIFT = pa.schema(
    [
        _required("pair", pa.string()),
        _required("level", pa.string()),
        _required("group_id", pa.string()),
        _required("base_rows", pa.int64()),
        _required("current_rows", pa.int64()),
        pa.field("base_right", pa.float64()),
        pa.field("current_right", pa.float64()),
        pa.field("difference", pa.float64()),
        pa.field("difference_se", pa.float64()),
        pa.field("z", pa.float64()),
        pa.field("p_value", pa.float64()),
        pa.field("q_value", pa.float64()),
    ]
)
"""Whether P(predicted | true) drifted between two windows: one row for the market and one a family. difference: in the
share of audit rows that are right, within true titles."""

ROLE_ESTIMATES = pa.schema(
    [
        _required("pair", pa.string()),
        _required("scope_id", pa.string()),
        _required("role_id", pa.string()),
        _required("measure", pa.string()),
        _required("value", pa.string()),
        _required("country", pa.string()),
        _required("currency", pa.string()),
        _required("method", pa.string()),
        _required("postings", pa.float64()),
        _required("estimate", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        _required("replicates", pa.int32()),
        _required("seed", pa.int64()),
    ]
)
"""One row per pair of windows, scope, role, measure, value and method. measure: demand, pay, submissions, or the
dimension of a share (industry, city, company_size, education, experience, skill, applicant_city ...). estimate: the
change for demand, the mean a month for pay (value: the city, "" for all), submissions a posting, else the share;
postings: corrected count of the current window, of people for applicants."""


def embeddings_schema(dimensions: int) -> pa.Schema:
    """One row per posting: its embedding of `dimensions` float32."""
    return pa.schema(
        [
            _required("posting_id", pa.string()),
            _required("posting_month", pa.string()),
            _required("embedding", pa.list_(pa.float32(), dimensions)),
        ]
    )
