"""The life of postings: what closes them, what does not, and how flow and stock follow."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postings.lifecycle import CARRIED_DAYS, EMPTY_POLLS, LIFECYCLE, MANY, flow_and_stock, lifecycle

START = dt.date(2026, 7, 1)


def day(number: int) -> dt.date:
    return START + dt.timedelta(number - 1)


def seen(jobs: dict[str, list[int]], board: str = "acme") -> pa.Table:
    """Jobs by the days of July on which they were seen."""
    rows = [(name, day(number)) for name, days in jobs.items() for number in days]
    return pa.table(
        {
            "source": pa.array(["ats"] * len(rows)),
            "source_id": pa.array([f"{board}:{name}" for name, _ in rows]),
            "board": pa.array([board] * len(rows)),
            "seen_on": pa.array([on for _, on in rows], pa.date32()),
        }
    )


def polled(results: dict[int, str], board: str = "acme") -> pa.Table:
    return pa.table(
        {
            "board": pa.array([board] * len(results)),
            "polled_on": pa.array([day(number) for number in results], pa.date32()),
            "result": pa.array(list(results.values())),
        }
    )


def lives(*sightings: pa.Table, coverage: pa.Table | None = None) -> dict[str, dict[str, object]]:
    table = lifecycle(pa.concat_tables(sightings), coverage)
    assert table.schema.equals(LIFECYCLE)
    return {row["source_id"].split(":")[1]: row for row in table.to_pylist()}


def test_a_job_that_a_good_poll_no_longer_shows_is_removed_on_that_day() -> None:
    found = lives(seen({"a": [1, 2, 3], "b": [1, 2, 3, 4, 5], "c": [3, 4, 5]}))
    assert (found["a"]["first_seen"], found["a"]["last_seen"], found["a"]["removed_on"]) == (
        day(1),
        day(3),
        day(4),
    )
    assert found["b"]["removed_on"] is None
    assert [found[name]["open_at_start"] for name in "abc"] == [True, True, False]
    assert [found[name]["open_at_end"] for name in "abc"] == [False, True, True]
    assert [found[name]["sightings"] for name in "abc"] == [3, 5, 3]


def test_a_board_that_failed_a_day_does_not_close_its_jobs() -> None:
    results = dict.fromkeys(range(1, 6), "ok") | {3: "failed"}
    found = lives(seen({"a": [1, 2, 4, 5], "b": [1, 2]}), coverage=polled(results))
    assert (found["a"]["removed_on"], found["a"]["gaps"], found["a"]["missed_polls"]) == (None, 0, 0)
    assert found["b"]["removed_on"] == day(4)


def test_what_a_failed_poll_still_showed_was_seen_and_what_it_did_not_show_stays_open() -> None:
    found = lives(seen({"a": [1, 2, 3], "b": [1, 2]}), coverage=polled({1: "ok", 2: "ok", 3: "failed"}))
    assert found["a"]["last_seen"] == day(3)
    assert (found["b"]["removed_on"], found["b"]["open_at_end"]) == (None, True)


@pytest.mark.parametrize("coverage", [None, polled(dict.fromkeys(range(1, 13), "ok"))])
def test_a_board_that_had_many_jobs_and_then_none_is_doubted_for_a_week_of_polls(
    coverage: pa.Table | None,
) -> None:
    jobs = {f"j{number}": [1, 2] for number in range(MANY)}
    other = seen({"z": list(range(1, 13))}, "other")
    back = {name: [*days, 2 + EMPTY_POLLS] for name, days in jobs.items()}
    assert {
        row["removed_on"] for name, row in lives(seen(back), other, coverage=coverage).items() if name != "z"
    } <= {
        None,
        day(3 + EMPTY_POLLS),
    }
    gone = lives(seen(jobs), other, coverage=coverage)
    assert {row["removed_on"] for name, row in gone.items() if name != "z"} == {day(3)}
    few = {f"j{number}": [1, 2] for number in range(MANY - 1)}
    closed = lives(seen(few | {"j0": [1, 2, 9]}), other, coverage=coverage)
    assert (closed["j1"]["removed_on"], closed["j0"]["gaps"]) == (day(3), 1)


def test_a_job_that_comes_back_is_one_job_with_a_gap() -> None:
    found = lives(seen({"a": [1, 4, 5, 8], "b": list(range(1, 9))}))
    assert (found["a"]["gaps"], found["a"]["missed_polls"], found["a"]["sightings"]) == (2, 4, 4)
    assert found["a"]["removed_on"] is None


def test_days_on_which_nothing_was_polled_say_nothing() -> None:
    found = lives(seen({"a": [1, 15], "b": [1], "c": [1, 8, 15]}))
    assert (found["a"]["gaps"], found["b"]["removed_on"]) == (1, day(8))
    found = lives(seen({"a": [1, 15], "b": [1, 15]}))
    assert (found["a"]["gaps"], found["a"]["missed_polls"]) == (0, 0)


def test_polls_before_the_first_job_show_that_it_opened() -> None:
    found = lives(seen({"a": [3]}), coverage=polled(dict.fromkeys(range(1, 4), "ok")))
    assert not found["a"]["open_at_start"]
    assert lives(seen({"a": [3]}), coverage=polled({1: "failed", 3: "ok"}))["a"]["open_at_start"]


def test_boards_are_judged_each_on_its_own() -> None:
    found = lives(seen({"a": [1, 2, 3, 4]}), seen({"b": [2, 3]}, "late"))
    assert found["b"]["open_at_start"]
    assert (found["a"]["removed_on"], found["b"]["removed_on"]) == (None, day(4))


def test_a_sighting_that_is_repeated_within_a_day_counts_once_and_order_does_not_matter() -> None:
    table = seen({"a": [1, 2, 3], "b": [1, 3]})
    twice = pa.concat_tables([table, table]).take(list(range(9, -1, -1)))
    assert lifecycle(table).equals(lifecycle(twice))
    assert lifecycle(table).equals(
        lifecycle(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))
    )


def test_without_boards_a_source_is_one_board_and_without_sightings_there_are_no_lives() -> None:
    table = seen({"a": [1, 2], "b": [1, 2, 3]})
    assert lifecycle(table.drop_columns("board"))["board"].unique().to_pylist() == ["ats"]
    assert lifecycle(table.slice(0, 0)).num_rows == 0


def test_flow_counts_what_opened_and_stock_what_is_open_on_the_mean_day() -> None:
    found = lifecycle(seen({"a": list(range(1, 11)), "b": [1, 2, 3, 4], "c": [6, 7, 8, 9, 10], "d": [2]}))
    (june, july) = flow_and_stock(found, ["2026-07", "2026-06"]).to_pylist()
    assert june == {"month": "2026-06", "days": 0, "opened": None, "closed": None, "stock": None}
    # a for 10 days, b for 4, c for 5, d for 1, over the ten days that were polled
    assert july == {"month": "2026-07", "days": 10, "opened": 2, "closed": 2, "stock": 2.0}


def test_flow_and_stock_of_groups_add_up_over_months() -> None:
    found = lifecycle(
        pa.concat_tables(
            [seen({"a": list(range(1, 41)), "b": [1, 35, 40]}), seen({"c": list(range(20, 41))}, "late")]
        )
    )
    whole = flow_and_stock(found, ["2026-07", "2026-08"])
    parts = flow_and_stock(found, ["2026-07", "2026-08"], ["board"])
    for row in whole.to_pylist():
        mine = [part for part in parts.to_pylist() if part["month"] == row["month"]]
        assert {part["board"] for part in mine} == {"acme", "late"}
        assert sum(part["stock"] for part in mine) == pytest.approx(row["stock"], abs=0.01)
        assert sum(part["opened"] for part in mine) == row["opened"]
    assert whole["days"].to_pylist() == [31, 9]


def test_jobs_of_a_board_that_is_no_longer_polled_leave_the_stock_after_a_week() -> None:
    found = lifecycle(
        pa.concat_tables([seen({"a": [1, 2]}), seen({"b": list(range(1, 31))}, "other")]),
        pa.concat_tables([polled({1: "ok", 2: "ok"}), polled(dict.fromkeys(range(1, 31), "ok"), "other")]),
    )
    (row,) = flow_and_stock(found, ["2026-07"], ["board"]).slice(0, 1).to_pylist()
    assert row["stock"] == pytest.approx((2 + CARRIED_DAYS) / 30, abs=0.001)


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        flow_and_stock(lifecycle(seen({"a": [1]})), ["2026-13"])


JOBS = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.integers(1, 12), min_size=1, max_size=12), min_size=1, max_size=6
)
RESULTS = st.one_of(
    st.none(), st.dictionaries(st.integers(1, 14), st.sampled_from(["ok", "failed"]), max_size=14)
)


@given(JOBS, RESULTS)
@settings(max_examples=60, deadline=None)
def test_every_life_agrees_with_a_plain_count_over_the_days(
    jobs: dict[str, list[int]], results: dict[int, str] | None
) -> None:
    found = lives(seen(jobs), coverage=None if results is None else polled(results))
    days = {number for numbers in jobs.values() for number in numbers}
    shown = {number: sum(number in numbers for numbers in jobs.values()) for number in range(15)}
    if results is None:
        good = days
    else:
        good = {number for number in days if number not in results}
        before = 0
        for number in range(15):  # fewer than EMPTY_POLLS empty answers in a row are doubted after many jobs
            if results.get(number) == "ok" and shown[number]:
                good.add(number)
            if results.get(number) == "ok" and not shown[number]:
                run = 0
                for other in range(15):
                    if shown[other]:
                        if other > number:
                            break
                        run = 0
                    elif results.get(other) == "ok":
                        run += 1
                if before < MANY or run >= EMPTY_POLLS:
                    good.add(number)
            before = shown[number] or before
    for name, numbers in jobs.items():
        row, first, last = found[name], min(numbers), max(numbers)
        later = [number for number in good if number > last]
        assert (row["first_seen"], row["last_seen"]) == (day(first), day(last))
        assert row["removed_on"] == (day(min(later)) if later else None)
        assert row["sightings"] == len(set(numbers))
        assert row["missed_polls"] == len([n for n in good if first < n < last and n not in numbers])
        assert row["open_at_start"] == (not [n for n in good if n < first])
