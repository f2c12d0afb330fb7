"""A frame against its suite, through an ephemeral Great Expectations context.

What belongs here: running a suite and turning its result into plain, bounded, harmless data. What does
not: the expectations (see `suites`), the drawing of the rows (see `sampling`), what a failure stops.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from expectations.facts import Facts, facts_of_frame
from expectations.parameters import SuiteParameters
from expectations.results import (
    ERROR,
    EXAMPLES,
    WARNING,
    CheckResult,
    ValidationSummary,
    harmless,
    harmless_value,
)
from expectations.sampling import sample_for_validation
from expectations.suites import BLOCKS, suite
from storage import Dataset

if TYPE_CHECKING:
    import pandas as pd

ROWS, WHOLE_TABLE = "rows", "whole_table"
FAULT_CHARACTERS = 300


def validate_dataset(
    table: str,
    dataset: Dataset,
    *,
    months: Iterable[str] = (),
    titles: Iterable[str] | None = None,
    parameters: SuiteParameters | None = None,
    rows: int = 100_000,
    seed: int = 0,
    partitions: Sequence[str] | None = None,
) -> ValidationSummary:
    """Validate a committed dataset: about `rows` of its rows one by one, its keys and totals exactly.

    `months` and `titles` are the study's; `parameters`, where given, takes their place. Raises
    storage.DatasetError where nothing was written yet, KeyError for an unknown table.
    """
    told = parameters or SuiteParameters(months=tuple(sorted(months)), title_ids=tuple(sorted(titles or ())))
    drawn = sample_for_validation(table, dataset, rows=rows, seed=seed, partitions=partitions)
    return validate(table, drawn.frame, told, drawn.facts)


def validate(
    table: str, frame: pd.DataFrame, parameters: SuiteParameters, facts: Facts | None = None
) -> ValidationSummary:
    """Hold a frame against the suite of `table` ("raw", "postings", "labels", "classifications").

    `facts` are those of the whole table where the frame is a sample of it; without them the frame is taken to
    be the whole table. An expectation that cannot be evaluated (a column is missing, say) fails and says why.
    Raises KeyError for an unknown table. No request leaves the machine.
    """
    import pandas as pd

    known = facts_of_frame(table, frame) if facts is None else facts
    expected = suite(table, parameters)
    one_row = pd.DataFrame([known]).astype("float64")
    parts = [
        (ROWS, table, frame, expected.rows),
        (WHOLE_TABLE, f"{table}_whole_table", one_row, expected.whole_table),
    ]
    results: list[CheckResult] = []
    documents: list[dict[str, Any]] = []
    for scope, name, part, expectations in parts:
        found = _run(name, part, expectations)
        documents.append(_document(name, found, known if scope == WHOLE_TABLE else {}))
        results += [_check(result, scope, known) for result in found["results"]]
    return ValidationSummary(
        table=table,
        success=all(result.success or result.severity == WARNING for result in results),
        rows=int(known["rows"] or 0),
        rows_checked=len(frame),
        results=tuple(results),
        facts=dict(known),
        documents=tuple(documents),
    )


def quiet_context() -> Any:
    """An ephemeral Great Expectations context without telemetry and progress bars."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _run(name: str, frame: pd.DataFrame, expectations: list[Any]) -> dict[str, Any]:
    context = quiet_context()
    from great_expectations import ExpectationSuite

    asset = context.data_sources.add_pandas("frames").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": frame})
    found = batch.validate(
        ExpectationSuite(name, expectations=expectations),
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES},
    )
    content: dict[str, Any] = found.to_json_dict()
    # In the suite's order: Great Expectations puts what it could not evaluate first.
    order = {_identity(e.configuration.to_json_dict()): place for place, e in enumerate(expectations)}
    content["results"].sort(key=lambda result: order[_identity(result["expectation_config"])])
    return content


def _identity(configuration: dict[str, Any]) -> str:
    arguments = {key: value for key, value in configuration["kwargs"].items() if key != "batch_id"}
    return f"{configuration['type']} {sorted(arguments.items(), key=str)}"


def _check(result: dict[str, Any], scope: str, facts: Facts) -> CheckResult:
    configuration, seen = result["expectation_config"], result["result"]
    arguments = configuration["kwargs"]
    column = arguments.get("column")
    if column is None and "column_A" in arguments:
        column = f"{arguments['column_A']}, {arguments['column_B']}"
    observed = facts.get(str(column)) if scope == WHOLE_TABLE else seen.get("observed_value")
    return CheckResult(
        expectation=configuration["type"],
        column=column,
        severity=ERROR if configuration["severity"] == BLOCKS else WARNING,
        scope=scope,
        success=bool(result["success"]),
        because=configuration.get("notes") or "",
        observed=None if observed is None else _example(observed),
        unexpected=seen.get("unexpected_count"),
        examples=tuple(_example(value) for value in seen.get("partial_unexpected_list", [])[:EXAMPLES]),
        fault=_fault(result["exception_info"]),
    )


def _example(value: Any) -> str:
    """A value, or the values of several columns, as harmless text; whole numbers without a decimal point."""
    if isinstance(value, list | tuple):
        return " / ".join(_example(item) for item in value)
    return f"{value:.10g}" if isinstance(value, float) else harmless(str(value))


def _fault(information: dict[str, Any]) -> str | None:
    """The message of the exception that kept an expectation from being evaluated, if there was one."""
    if "raised_exception" in information:
        information = {"": information}
    messages = {str(one["exception_message"]) for one in information.values() if one["raised_exception"]}
    return "; ".join(harmless(message, FAULT_CHARACTERS) for message in sorted(messages)) or None


def _document(name: str, found: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """Great Expectations' result, reduced to what the Data Docs show: no clock, path or long value.

    Where `facts` are given, each result shows the fact itself; a severity becomes a sentence of the notes:
    Great Expectations renders neither.
    """
    return {
        "suite_name": name,
        "success": found["success"],
        "statistics": found["statistics"],
        "results": [
            {
                "success": result["success"],
                "expectation_config": {
                    **result["expectation_config"],
                    "kwargs": _without_batch(result["expectation_config"]["kwargs"]),
                    "notes": _notes(result["expectation_config"]),
                },
                "result": _shown_result(result, facts),
                "exception_info": {
                    "raised_exception": _fault(result["exception_info"]) is not None,
                    "exception_message": _fault(result["exception_info"]) or "",
                    # Tracebacks name folders of this machine; the template wants a string.
                    "exception_traceback": "",
                },
            }
            for result in found["results"]
        ],
    }


def _shown_result(result: dict[str, Any], facts: Facts) -> dict[str, Any]:
    shown: dict[str, Any] = harmless_value(result["result"])
    if "partial_unexpected_list" in shown:
        shown["partial_unexpected_list"] = [
            _example(value) for value in result["result"]["partial_unexpected_list"]
        ]
    if "partial_unexpected_counts" in shown:
        shown["partial_unexpected_counts"] = [
            {"value": _example(counted["value"]), "count": counted["count"]}
            for counted in result["result"]["partial_unexpected_counts"]
            if "value" in counted
        ]
    shown.pop("partial_unexpected_index_list", None)
    fact = facts.get(str(result["expectation_config"]["kwargs"].get("column")))
    return shown if fact is None else {**shown, "observed_value": fact}


def _notes(configuration: dict[str, Any]) -> str:
    consequence = (
        "stops what comes after" if configuration["severity"] == BLOCKS else "is shown and lets pass"
    )
    return f"{configuration.get('notes') or ''} A failure {consequence}.".strip()


def _without_batch(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key != "batch_id"}
