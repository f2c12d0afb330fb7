"""The suites: what is expected of the rows and of the whole of each table, as code.

What belongs here: expectations, each with a reason and a severity. What does not: running them. An
expectation of severity "critical" (Great Expectations' word) blocks what comes after the table; one of
severity "warning" is shown and lets pass. Blocking are the promises that later stages rely on (keys, value
sets, ranges); warnings are habits of sources (missing dates, long texts) that a person should see.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from expectations.parameters import SuiteParameters

BLOCKS, WARNS = "critical", "warning"
POSTING_ID = "^[0-9a-f]{32}$"
EMPLOYER_ID = "^(?:[0-9a-f]{16}|unknown)$"
MONTH = r"^(?:\d{4}-(?:0[1-9]|1[0-2])|unknown)$"
STATUSES = ["given", "parsed", "missing", "unparsed"]
LANGUAGES = ["en", "zh", "other", "und"]
PAY_PERIODS = ["hour", "day", "week", "month", "year"]
EVALUATIONS = ["out_of_fold", "model", "wording"]
UNASSIGNED, UNKNOWN = "unassigned", "unknown"


@dataclass(frozen=True)
class Suite:
    """The expectations of one table: those of its rows, and those of its facts (see `facts`)."""

    table: str
    rows: list[Any]
    whole_table: list[Any]


def suite(table: str, parameters: SuiteParameters) -> Suite:
    """The suite of `raw`, `postings`, `labels` or `classifications`. Raises KeyError for another table."""
    return Suite(table, rows=_ROWS[table](parameters), whole_table=_WHOLE_TABLE[table](parameters))


def _expect(name: str, because: str, severity: str = BLOCKS, **arguments: Any) -> Any:
    from great_expectations import expectations

    return getattr(expectations, name)(severity=severity, notes=because, **arguments)


def _filled(*columns: str, because: str) -> list[Any]:
    return [_expect("ExpectColumnValuesToNotBeNull", because, column=column) for column in columns]


def _one_of(column: str, values: list[str], because: str) -> Any:
    return _expect("ExpectColumnValuesToBeInSet", because, column=column, value_set=values)


def _pattern(column: str, regex: str, because: str, severity: str = BLOCKS) -> Any:
    return _expect("ExpectColumnValuesToMatchRegex", because, severity, column=column, regex=regex)


def _between(column: str, low: Any, high: Any, because: str, severity: str = BLOCKS) -> Any:
    return _expect(
        "ExpectColumnValuesToBeBetween", because, severity, column=column, min_value=low, max_value=high
    )


def _mostly_filled(column: str, missing_at_most: float, because: str) -> Any:
    return _expect(
        "ExpectColumnValuesToNotBeNull", because, WARNS, column=column, mostly=round(1 - missing_at_most, 6)
    )


def _ordered(larger: str, smaller: str, because: str) -> Any:
    return _expect(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        because,
        column_A=larger,
        column_B=smaller,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )


def _fact(name: str, low: float | None, high: float | None, because: str, severity: str = BLOCKS) -> Any:
    return _between(name, low, high, because, severity)


def _keys_are_sound() -> list[Any]:
    return [
        _fact("keyless_rows", 0, 0, "A row without its key cannot be followed through the stages."),
        _fact("duplicate_keys", 0, 0, "A key that stands twice would be counted twice."),
    ]


def _some_rows(table: str) -> Any:
    return _fact("rows", 1, None, f"A run without {table} has nothing to measure.")


# raw --------------------------------------------------------------------------


def _raw_rows(parameters: SuiteParameters) -> list[Any]:
    return [
        *_filled("batch", "source", "file", "row", because="Every record says where it came from."),
        _between("row", 1, None, "Records are numbered from 1 within their file."),
        _mostly_filled(
            "posted_date", parameters.missing_dates_at_most, "A posting without a date has no month."
        ),
        _mostly_filled(
            "title", parameters.missing_titles_at_most, "The title carries most of what is classified."
        ),
        _mostly_filled("employer", parameters.missing_employers_at_most, "Intervals resample employers."),
    ]


def _raw_whole_table(parameters: SuiteParameters) -> list[Any]:
    return [_some_rows("raw records"), *_keys_are_sound(), *_text_lengths(parameters)]


def _text_lengths(parameters: SuiteParameters) -> list[Any]:
    because = "A text this long is seldom a posting: often a page with its menus, or a hostile cell."
    return [
        _fact("longest_title", None, parameters.longest_title, because, WARNS),
        _fact("longest_description", None, parameters.longest_description, because, WARNS),
    ]


# postings ---------------------------------------------------------------------


def _postings_rows(parameters: SuiteParameters) -> list[Any]:
    monthly = "Median pay is read from these."
    return [
        *_filled(
            "posting_id",
            "source",
            "posting_month",
            "employer_id",
            because="Later stages join and group by it.",
        ),
        _pattern("posting_id", POSTING_ID, "The id is a hash, 32 hex digits."),
        _expect("ExpectColumnValuesToBeUnique", "Shows which ids stand twice.", column="posting_id"),
        _pattern("employer_id", EMPLOYER_ID, "The id is a hash of the name, 16 hex digits, or `unknown`."),
        _pattern("posting_month", MONTH, "Months are written YYYY-MM."),
        *_in_months(parameters),
        _mostly_filled(
            "posted_date", parameters.missing_dates_at_most, "Postings without a date are in no window."
        ),
        _mostly_filled(
            "title", parameters.missing_titles_at_most, "The title carries most of what is classified."
        ),
        _one_of("language", LANGUAGES, "Encoders are chosen by language."),
        *(
            _one_of(f"{field}_status", STATUSES, "Unparsed is not missing, and missing is not zero.")
            for field in ("posted_date", "place", "pay", "education", "experience")
        ),
        _between("pay_min", 0, None, "Nobody pays to work."),
        _between("pay_max", 0, None, "Nobody pays to work."),
        _ordered("pay_max", "pay_min", "A range begins with its lower end."),
        _between("pay_monthly_min", 0, None, monthly),
        _between("pay_monthly_max", 0, None, monthly),
        _ordered("pay_monthly_max", "pay_monthly_min", "A range begins with its lower end."),
        _one_of("pay_period", PAY_PERIODS, "Pay becomes monthly by its period."),
        _between("pay_months", 1, 36, "Salaries are paid 12 to 18 times a year, seldom otherwise.", WARNS),
        _pattern("pay_currency", "^[A-Z]{3}$", "Currencies are ISO 4217 codes.", WARNS),
        _between("openings", 0, 100_000, "One posting seldom seeks more people than a town has.", WARNS),
        _between("row", 1, None, "Records are numbered from 1 within their file."),
    ]


def _in_months(parameters: SuiteParameters) -> list[Any]:
    if not parameters.months:
        return []
    midnight = datetime.time()
    return [
        _one_of("posting_month", [*parameters.months, UNKNOWN], "The study has these months and no other."),
        _between(
            "posted_date",
            datetime.datetime.combine(parameters.first_day(), midnight),
            datetime.datetime.combine(parameters.last_day(), midnight),
            "A date outside the study's months belongs to no window.",
            WARNS,
        ),
    ]


def _postings_whole_table(parameters: SuiteParameters) -> list[Any]:
    return [
        _some_rows("postings"),
        *_keys_are_sound(),
        _fact("dates_outside_their_month", 0, 0, "A posting stands in the month of its date."),
        *_text_lengths(parameters),
    ]


# labels -----------------------------------------------------------------------


def _labels_rows(parameters: SuiteParameters) -> list[Any]:
    return [
        *_filled(
            "posting_id",
            "title_id",
            "method",
            "label_version",
            because="A label names its posting and origin.",
        ),
        _pattern("posting_id", POSTING_ID, "The id is that of a posting."),
        _expect("ExpectColumnValuesToBeUnique", "Shows which ids stand twice.", column="posting_id"),
        *_titles("title_id", parameters, also=[]),
        _expect(
            "ExpectColumnValuesToNotBeInSet",
            "A labelled posting has a title.",
            column="title_id",
            value_set=[UNASSIGNED],
        ),
        *_filled("confidence", "agreement", "answers", because="Training weighs labels by them."),
        _between("confidence", 0, 1, "Confidence is a probability."),
        _between("agreement", 0, 1, "Agreement is a share of the answers."),
        _between("answers", 1, None, "A label rests on at least one answer."),
    ]


def _labels_whole_table(parameters: SuiteParameters) -> list[Any]:
    return [
        _some_rows("labels"),
        *_keys_are_sound(),
        _fact("label_versions", None, 1, "A model is never trained on two versions of the labels."),
    ]


def _titles(column: str, parameters: SuiteParameters, also: list[str]) -> list[Any]:
    if not parameters.title_ids:
        return []
    return [_one_of(column, [*parameters.title_ids, *also], "Titles come from the study's taxonomy.")]


# classifications --------------------------------------------------------------


def _classifications_rows(parameters: SuiteParameters) -> list[Any]:
    return [
        *_filled(
            "posting_id",
            "posting_month",
            "title_id",
            "best_title_id",
            "probability",
            "evaluation",
            "model_version",
            because="Every posting is classified, by a model that is known.",
        ),
        _pattern("posting_id", POSTING_ID, "The id is that of a posting."),
        _expect("ExpectColumnValuesToBeUnique", "Shows which ids stand twice.", column="posting_id"),
        _pattern("posting_month", MONTH, "Months are written YYYY-MM."),
        *(
            [
                _one_of(
                    "posting_month", [*parameters.months, UNKNOWN], "The study has these months and no other."
                )
            ]
            if parameters.months
            else []
        ),
        *_titles("title_id", parameters, also=[UNASSIGNED]),
        *_titles("best_title_id", parameters, also=[]),
        *_titles("second_title_id", parameters, also=[]),
        _between("probability", 0, 1, "A probability lies between 0 and 1."),
        _between("second_probability", 0, 1, "A probability lies between 0 and 1."),
        _ordered("probability", "second_probability", "The runner-up is not ahead."),
        _one_of("evaluation", EVALUATIONS, "Labelled rows are scored out of fold, all others by the model."),
    ]


def _classifications_whole_table(parameters: SuiteParameters) -> list[Any]:
    return [
        _some_rows("classified postings"),
        *_keys_are_sound(),
        _fact("model_versions", None, 1, "A change between two windows never mixes model versions."),
        _fact(
            "unassigned_share",
            None,
            parameters.unassigned_at_most,
            "When this many postings get no title, the titles' counts say little.",
            WARNS,
        ),
    ]


_ROWS: dict[str, Callable[[SuiteParameters], list[Any]]] = {
    "raw": _raw_rows,
    "postings": _postings_rows,
    "labels": _labels_rows,
    "classifications": _classifications_rows,
}

_WHOLE_TABLE: dict[str, Callable[[SuiteParameters], list[Any]]] = {
    "raw": _raw_whole_table,
    "postings": _postings_whole_table,
    "labels": _labels_whole_table,
    "classifications": _classifications_whole_table,
}
