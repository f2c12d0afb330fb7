"""Who applies: the competition index, and applicants by city, age, education and what they did before.

What belongs here: mart_role_competition and the marts of applicants, whose small cells are withheld. What does not:
the change of supply (demand.py).
"""

from __future__ import annotations

import re

from report import blocks, wording
from report.bars import Bar, drawn, number_tick, percent_tick
from report.fields import ALL, Fields, Role, Row, Scope
from report.sections.field.part import (
    MOST_ROWS,
    Part,
    best,
    flags_of,
    is_stated,
    later_window,
    share_drawn,
    share_line,
    shared,
    three,
)

EDUCATION = ("senior high school or below", "junior college", "bachelor", "master or above")
ORDERED = ("age", "education")
ATTRIBUTES = (
    ("mart_applicants_city", "city", "Applicants by city", "city"),
    ("mart_applicants_age", "age", "Applicants by age band", "age"),
    ("mart_applicants_education", "education", "Applicants by education", "education"),
    ("mart_applicants_major", "major", "Applicants by major", "major"),
    (
        "mart_applicants_previous_industry",
        "previous-industry",
        "Applicants by previous industry",
        "previous_industry",
    ),
    (
        "mart_applicants_previous_occupation",
        "previous-occupation",
        "Applicants by previous occupation",
        "previous_occupation",
    ),
)


def competition_part(fields: Fields, role: Role, scope: Scope, prefix: str) -> Part:
    """Submissions for each posting, of this role, the whole market and the other roles."""
    pair = fields.newest("mart_role_competition", role.role_id, scope.scope_id)
    key = f"{prefix}competition"
    empty = "The study has no applications for these postings, so there is no competition index."
    rows = {row["role_id"]: row for row in fields.beside("mart_role_competition", scope.scope_id, pair)}
    own = rows.get(role.role_id)
    if own is None:
        return Part(key, "Competition", None, empty)
    order = [role.role_id, ALL, *(name for name in rows if name not in (role.role_id, ALL))]
    listed = [rows[name] for name in dict.fromkeys(order) if name in rows]
    columns = (
        blocks.Column("Role"),
        blocks.Column("Index", number=True, note="Submissions for each posting, raw"),
        blocks.Column("Corrected", number=True),
        blocks.Column("Submissions", number=True),
        blocks.Column("Postings", number=True),
        blocks.Column("Without any submission", number=True),
        blocks.Column("Whole market", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(row["role_en"], sub=wording.plain(row["role_zh"]), flags=flags_of(row)),
                blocks.amount_with(row["competition_index"], row["index_low"], row["index_high"], 1),
                blocks.amount_with(*three(row, "corrected_index"), 1),
                blocks.count(row["submissions"])
                if row["submissions"] is not None
                else blocks.Cell("withheld"),
                blocks.count(row["postings"]),
                blocks.share(row["share_without_submissions"]),
                blocks.number(wording.decimal_number(row["market_index"], 1), row["market_index"]),
            )
        )
        for row in listed
    )
    lines = []
    for row in listed:
        value, low, high = best(row, "corrected_index", ("competition_index", "index_low", "index_high"))
        if value is not None:
            words = wording.decimal_number(value, 1)
            lines.append(
                Bar(
                    wording.plain(row["role_en"]),
                    float(value),
                    words,
                    f"{wording.plain(row['role_en'])}: {words} submissions a posting",
                    wording.plain(row["role_zh"]),
                    low,
                    high,
                    colour="current" if row is own else "base",
                )
            )
    market = own["market_index"]
    reference = (
        None if market is None else (float(market), f"whole market {wording.decimal_number(market, 1)}")
    )
    return Part(
        key,
        "Competition",
        blocks.Table(
            key, f"Competition index, {later_window(pair)}", columns, cells, "mart_role_competition"
        ),
        empty,
        (lambda: drawn(key, "Submissions for each posting", lines, number_tick, reference=reference))
        if lines
        else None,
        "Submissions count each application, so one person may count in several. A posting without any "
        "submission on record may have had none or may not have been recorded. Lines: 95 % "
        "intervals. Data: mart_role_competition.",
    )


def applicants_part(
    fields: Fields, role: Role, scope: Scope, mart: str, name: str, heading: str, column: str, *, prefix: str
) -> Part:
    """Who applied, by one attribute; withheld cells stay in the table, without their count."""
    pair = fields.newest(mart, role.role_id, scope.scope_id)
    rows = fields.of(mart, role.role_id, scope.scope_id, pair)
    key = f"{prefix}applicants-{name}"
    words = column.replace("_", " ")
    if not rows:
        return Part(key, heading, None, f"The study has no applicants of this role whose {words} is known.")
    columns = (
        blocks.Column(words.capitalize()),
        blocks.Column("Rank", number=True),
        blocks.Column("Applicants", number=True),
        blocks.Column("Share", number=True),
        blocks.Column("Corrected share", number=True, note="The classifier's errors allowed for"),
    )
    known = [row for row in rows if row["applicants"] is not None]
    hidden = [row for row in rows if row["applicants"] is None]
    known.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, str(row[column])))
    if name in ORDERED:
        known.sort(key=lambda row: _place(str(row[column])))
    listed = known[:MOST_ROWS]
    listed += [row for row in hidden if row not in listed]
    cells = tuple(
        blocks.Row(
            (
                blocks.text(row[column], sub=_chinese(row, column), flags=flags_of(row)),
                blocks.count(row["rank"]),
                blocks.count(row["applicants"]) if row["applicants"] is not None else blocks.Cell("withheld"),
                blocks.share_with(row["share"], row["share_low"], row["share_high"]),
                shared(row, "corrected_share") if row["applicants"] is not None else blocks.Cell("withheld"),
            )
        )
        for row in listed
    )
    drawn_rows = [row for row in known if row["share"] is not None and is_stated(row[column])]
    if name not in ORDERED:
        drawn_rows.sort(key=share_drawn, reverse=True)
    lines = [share_line(row, wording.plain(row[column]), _chinese(row, column)) for row in drawn_rows]
    suppressed = (
        f" {wording.count(len(hidden))} values are withheld: counts of few people, and others that would give them "
        "away."
        if hidden
        else ""
    )
    people = rows[0]["role_applicants"]
    n = "" if people is None else f" n\u00a0=\u00a0{wording.count(people)} people."
    return Part(
        key,
        heading,
        blocks.Table(
            key,
            f"{heading}, {role.english}, {later_window(pair)}",
            columns,
            cells,
            mart,
            tall=len(cells) > 14,
        ),
        "",
        (lambda: drawn(key, f"{heading}: {role.english}", lines, percent_tick)) if lines else None,
        f"Share of the people who applied in {later_window(pair)} and state it, corrected where that can be.{n}"
        f"{suppressed} Data: {mart}.",
    )


def _place(value: str) -> tuple[int, str]:
    """Where a band stands in its order: education by the list below, ages by their first number, the open ends "
    "outside."""
    if value in EDUCATION:
        return EDUCATION.index(value), ""
    digits = re.search(r"\d+", value)
    number = int(digits.group()) * 2 if digits else 999
    return number + (-1 if value.startswith("<") else 1 if value.startswith(">") else 0), value


def _chinese(row: Row, column: str) -> str:
    """The value's name in Chinese, where it has one of its own."""
    name = wording.plain(row[f"{column}_zh"])
    return "" if name == wording.plain(row[column]) else name
