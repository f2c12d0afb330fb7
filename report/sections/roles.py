"""The way to the pages of the fields in depth, with the main figures of each role.

What belongs here: the list of roles on the main page. What does not: a role's own tables (field/).
"""

from __future__ import annotations

from report import blocks, wording
from report.bars import change_tick, drawn
from report.fields import ALL, Fields, Role, Row
from report.sections.around import change_line, empty
from report.sections.field.demand import method_of

KEY, HEADING = "roles", "Fields in depth"


def roles_section(fields: Fields, numbering: blocks.Numbering) -> blocks.Section:
    """Every role with a link to its page: demand, supply, pay and competition in all industries."""
    if not fields.roles or not fields.pairs or not fields.scopes:
        reason = "The study names no roles (“roles” in its file), so no field is shown in depth."
        return empty(KEY, HEADING, reason)
    scope, pair = fields.scopes[0].scope_id, fields.pairs[0]
    by_role = {
        mart: {row["role_id"]: row for row in fields.beside(mart, scope, pair)}
        for mart in ("mart_role_demand", "mart_role_supply", "mart_role_competition")
    }
    pay = {
        row["role_id"]: row
        for row in fields.beside("mart_role_salary", scope, pair)
        if row["is_main_currency"]
    }
    supplied = bool(by_role["mart_role_supply"])
    columns = (
        blocks.Column("Role"),
        blocks.Column("Demand", number=True, note="Change in postings, corrected where that can be"),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Median pay a month", number=True),
        *(
            (
                blocks.Column("Supply", number=True, note="Change in people who applied"),
                blocks.Column("Submissions a posting", number=True),
            )
            if supplied
            else ()
        ),
    )
    lines, cells = [], []
    for role in fields.roles:
        demand = by_role["mart_role_demand"].get(role.role_id)
        if demand is None:
            continue
        value, low, high = (demand[name] for name in method_of(demand))
        if value is not None:
            colour = "base" if role.role_id == ALL else "current"
            lines.append(change_line(role.english, role.chinese, (value, low, high), colour))
        cells.append(
            blocks.Row(
                (
                    blocks.Cell(
                        role.english, role.english.lower(), role.chinese, _flags(demand), link=role.page
                    ),
                    blocks.change_with(value, low, high),
                    blocks.count(demand["base_postings"]),
                    blocks.count(demand["current_postings"]),
                    _pay(pay.get(role.role_id)),
                    *(_people(by_role, role) if supplied else ()),
                )
            )
        )
    words = (
        "Open a role for its demand and supply, shares, pay, what it asks for, competition and applicants."
    )
    caption = f"Roles in {fields.scopes[0].english.lower()}, {wording.pair(pair)}"
    table = blocks.Table(KEY, caption, columns, tuple(cells), "mart_role_demand")
    parts: list[blocks.Block] = [blocks.Paragraph(words), blocks.TableBlock(numbering.table(), table)]
    if lines:
        chart = drawn(KEY, "Change in demand by role", lines, change_tick, len(lines), dots=True, floor=-1.0)
        note = "Change in postings with 95 % intervals, corrected where that can be; n in the table above."
        parts.append(blocks.FigureBlock(numbering.figure(), chart, f"{note} Data: mart_role_demand."))
    return blocks.Section(KEY, HEADING, tuple(parts))


def _flags(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(wording.flag_words(flag) for flag in wording.flags(row["flags"]))


def _pay(row: Row | None) -> blocks.Cell:
    if row is None or row["median_monthly"] is None:
        return blocks.Cell(wording.ABSENT)
    words = f"{wording.count(round(row['median_monthly']))} {wording.plain(row['currency'])}"
    return blocks.number(words, row["median_monthly"])


def _people(by_role: dict[str, dict[str, Row]], role: Role) -> tuple[blocks.Cell, blocks.Cell]:
    supply = by_role["mart_role_supply"].get(role.role_id)
    rivals = by_role["mart_role_competition"].get(role.role_id)
    index = None if rivals is None else rivals["competition_index"]
    return (
        blocks.Cell(wording.ABSENT)
        if supply is None
        else blocks.change_with(*(supply[name] for name in method_of(supply))),
        blocks.number(wording.decimal_number(index), index),
    )
