"""How a role's demand (postings) and supply (applicants) changed, beside all postings.

What belongs here: mart_role_demand and mart_role_supply. What does not: shares, competition.
"""

from __future__ import annotations

from report import blocks, wording
from report.bars import Bar, change_tick, drawn
from report.fields import ALL, Fields, Role, Row, Scope
from report.sections.field.part import Part, changed, flags_of, later_window


def demand_part(fields: Fields, role: Role, scope: Scope, prefix: str) -> Part:
    """Change of postings and applicants in every pair of windows, the whole market beside it."""
    demand = {row["pair"]: row for row in fields.of("mart_role_demand", role.role_id, scope.scope_id)}
    whole = {row["pair"]: row for row in fields.of("mart_role_demand", ALL, scope.scope_id)}
    supply = {row["pair"]: row for row in fields.of("mart_role_supply", role.role_id, scope.scope_id)}
    found: list[tuple[str, Row, str, str, str, tuple[str, str, str]]] = []
    for pair in fields.pairs:
        if pair in demand:
            found.append(
                (
                    "Demand (postings)",
                    demand[pair],
                    "base_postings",
                    "current_postings",
                    "current",
                    method_of(demand[pair]),
                )
            )
        if pair in supply:
            found.append(
                (
                    "Supply (applicants)",
                    supply[pair],
                    "base_applicants",
                    "current_applicants",
                    "up",
                    method_of(supply[pair]),
                )
            )
        if pair in whole and role.role_id != ALL:
            found.append(
                (
                    "Demand, all postings",
                    whole[pair],
                    "base_postings",
                    "current_postings",
                    "base",
                    method_of(whole[pair]),
                )
            )
    columns = (
        blocks.Column("What"),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Raw change", number=True),
        blocks.Column("Corrected", number=True, note="The classifier's errors allowed for"),
        blocks.Column("Panel", number=True, note="Employers polled in both windows"),
        blocks.Column("Share of the market", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(what, sub=wording.pair(row["pair"]), flags=flags_of(row)),
                blocks.count(row[base]),
                blocks.count(row[current]),
                changed(row, "change"),
                changed(row, "corrected_change"),
                changed(row, "panel_change"),
                blocks.share(row.get("share_of_market")),
            )
        )
        for what, row, base, current, _, _ in found
    )
    lines = [
        Bar(
            what,
            float(row[method[0]]),
            wording.signed_percent(row[method[0]]),
            f"{what}, {wording.pair(row['pair'])}: {wording.signed_percent(row[method[0]])}, "
            f"95 % interval {wording.interval(row[method[1]], row[method[2]])}",
            later_window(row["pair"]),
            row[method[1]],
            row[method[2]],
            colour=colour,
        )
        for what, row, _, _, colour, method in found
        if row[method[0]] is not None
    ]
    key = f"{prefix}demand"
    no_supply = "" if supply else " The study has no table of applications, so supply is not shown."
    return Part(
        key,
        "Demand and supply",
        blocks.Table(key, f"Demand and supply of {role.english}", columns, cells, "mart_role_demand"),
        "No posting of this role lies in the study's windows.",
        (
            lambda: drawn(
                key, f"Change in demand and supply, {role.english}", lines, change_tick, dots=True, floor=-1.0
            )
        )
        if lines
        else None,
        "Postings are demand, applicants (people, each once) are supply. Both are corrected for the classifier's "
        "errors where the study has the labels for it; raw and panel in the table behind. Whiskers: 95 % intervals."
        f"{no_supply} Data: mart_role_demand, mart_role_supply.",
    )


def method_of(row: Row) -> tuple[str, str, str]:
    """The columns of the change and its interval: corrected where there is one, else raw."""
    name = "corrected_change" if row.get("corrected_change") is not None else "change"
    return name, f"{name}_low", f"{name}_high"
