"""What a role pays: by role and currency, and by city.

What belongs here: mart_role_salary and mart_role_salary_city. What does not: the titles' salaries (breakdowns).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from report import blocks, wording
from report.bars import Bar, drawn, number_tick
from report.fields import Fields, Role, Row, Scope
from report.sections.field.part import MOST_ROWS, Part, best, flags_of, is_stated, later_window, three

_PAY_COLUMNS = (
    blocks.Column("What"),
    blocks.Column("Currency, period"),
    blocks.Column("Mean", number=True),
    blocks.Column("Corrected mean", number=True, note="The classifier's errors allowed for"),
    blocks.Column("Lower quartile", number=True),
    blocks.Column("Median", number=True),
    blocks.Column("Upper quartile", number=True),
    blocks.Column("n stating pay", number=True),
    blocks.Column("Share stating pay", number=True),
)


def salary_part(fields: Fields, role: Role, scope: Scope, prefix: str) -> Part:
    """Monthly pay of the role by currency, and of the other roles in its main currency."""
    pair = fields.pairs[0] if fields.pairs else ""
    rows = [
        row for row in fields.of("mart_role_salary", role.role_id, scope.scope_id, pair) if row["stating_pay"]
    ]
    key = f"{prefix}salary"
    empty = "No posting of this role states pay, so there is nothing to show about salaries."
    if not rows:
        return Part(key, "Salary", None, empty)
    rows = sorted(
        rows, key=lambda row: (not row["is_main_currency"], -row["stating_pay"], str(row["currency"]))
    )
    currency = wording.plain(rows[0]["currency"])
    beside = [
        row
        for row in fields.beside("mart_role_salary", scope.scope_id, pair)
        if wording.plain(row["currency"]) == currency and row["mean_monthly"] is not None
    ]
    beside.sort(key=lambda row: (-float(_mean(row)[0] or 0), str(row["role_id"])))
    lines = [
        _pay_line(
            row,
            wording.plain(row["role_en"]),
            wording.plain(row["role_zh"]),
            "current" if row["role_id"] == role.role_id else "base",
        )
        for row in beside
    ]
    others = [row for row in beside if row["role_id"] != role.role_id]
    listed = rows[:MOST_ROWS] + others
    table = blocks.Table(
        key,
        f"Monthly pay, {role.english} by currency and the other roles in {currency}, {later_window(pair)}",
        _PAY_COLUMNS,
        tuple(
            _pay_cells(row, wording.plain(row["role_en"]), wording.plain(row["role_zh"])) for row in listed
        ),
        "mart_role_salary",
        tall=len(listed) > 14,
    )
    return Part(
        key,
        "Salary",
        table,
        empty,
        lambda: drawn(key, f"Mean monthly pay by role, {currency}", lines, number_tick, dots=True),
        f"Mean monthly pay in {currency} as the postings of {later_window(pair)} state it, with its 95 % "
        "interval; this role in colour. Quartiles, medians, n and the share that states pay in the table behind. "
        "Data: mart_role_salary.",
    )


def salary_city_part(fields: Fields, role: Role, scope: Scope, prefix: str) -> Part:
    """Monthly pay of the role by city."""
    pair = fields.pairs[0] if fields.pairs else ""
    rows = fields.of("mart_role_salary_city", role.role_id, scope.scope_id, pair)
    key = f"{prefix}salary-city"
    stated = [row for row in rows if row["stating_pay"] and is_stated(row["city"])]
    empty = "No posting of this role states both a city and pay."
    if not stated:
        return Part(key, "Salary by city", None, empty)
    main = _main_currency(stated)
    stated.sort(
        key=lambda row: (
            row["currency"] != main,
            row["rank"] is None,
            row["rank"] or 0,
            -row["stating_pay"],
            str(row["city"]),
        )
    )
    ranked = [row for row in stated if row["currency"] == main and row["rank"] is not None]
    lines = [_pay_line(row, wording.plain(row["city"]), _second(row), "current") for row in ranked]
    listed = stated[:MOST_ROWS]
    left = len(stated) - len(listed)
    caption = f"Monthly pay by city, {role.english}, {later_window(pair)}" + (
        f"; {wording.count(left)} more rows in the CSV" if left else ""
    )
    cells = tuple(_pay_cells(row, wording.plain(row["city"]), _second(row)) for row in listed)
    table = blocks.Table(key, caption, _PAY_COLUMNS, cells, "mart_role_salary_city", tall=len(listed) > 14)
    return Part(
        key,
        "Salary by city",
        table,
        empty,
        (lambda: drawn(key, f"Mean monthly pay by city, {main}", lines, number_tick, dots=True))
        if lines
        else None,
        f"Mean monthly pay in {wording.plain(main)}, cities with enough postings that state pay, highest first; lines: "
        "95 % intervals. Data: mart_role_salary_city.",
    )


def _second(row: Row) -> str:
    """The city's name in Chinese, where it has one, and its country."""
    chinese = wording.plain(row["city_zh"])
    names = (chinese if chinese != wording.plain(row["city"]) else "", wording.plain(row["country"]))
    return ", ".join(name for name in names if name)


def _pay_cells(row: Row, name: str, second: str) -> blocks.Row:
    return blocks.Row(
        (
            blocks.text(name, sub=second, flags=flags_of(row)),
            blocks.text(f"{wording.plain(row['currency'])} a month"),
            blocks.amount_with(row["mean_monthly"], row["mean_low"], row["mean_high"]),
            blocks.amount_with(*three(row, "corrected_mean")),
            blocks.number(wording.decimal_number(row["p25_monthly"], 0), row["p25_monthly"]),
            blocks.number(wording.decimal_number(row["median_monthly"], 0), row["median_monthly"]),
            blocks.number(wording.decimal_number(row["p75_monthly"], 0), row["p75_monthly"]),
            blocks.count(row["stating_pay"]),
            blocks.share(row["share_stating_pay"]),
        )
    )


def _pay_line(row: Row, name: str, second: str, colour: str) -> Bar:
    value, low, high = _mean(row)
    return Bar(
        name,
        float(value or 0.0),
        wording.count(round(float(value or 0))),
        f"{name}: {wording.count(round(float(value or 0)))} {wording.plain(row['currency'])} a month, "
        f"n\u00a0=\u00a0{wording.count(row['stating_pay'])}",
        second,
        None if low is None else float(low),
        None if high is None else float(high),
        colour=colour,
    )


def _main_currency(rows: Sequence[Row]) -> str:
    stating: dict[str, int] = {}
    for row in rows:
        stating[row["currency"]] = stating.get(row["currency"], 0) + row["stating_pay"]
    return max(sorted(stating), key=lambda currency: stating[currency])


def _mean(row: Row) -> tuple[Any, Any, Any]:
    return best(row, "corrected_mean", ("mean_monthly", "mean_low", "mean_high"))
