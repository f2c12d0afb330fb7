"""One role in depth: every table of it in one scope, as a chart with the table behind.

What belongs here: which tables there are, in which order. What does not: the whole market's sections; the tables
themselves stand in the modules of this package.
"""

from __future__ import annotations

from report import blocks
from report.fields import Fields, Role, Scope
from report.sections.field.demand import demand_part
from report.sections.field.part import Part
from report.sections.field.pay import salary_city_part, salary_part
from report.sections.field.people import ATTRIBUTES, applicants_part, competition_part
from report.sections.field.shares import DIMENSIONS, shares_part


def parts_of(fields: Fields, role: Role, scope: Scope, prefix: str = "") -> list[Part]:
    """All tables of a role in one scope, in reading order; `prefix` keeps the keys of several scopes apart."""
    one, two, *rest = (shares_part(fields, role, scope, dimension, prefix) for dimension in DIMENSIONS)
    return [
        demand_part(fields, role, scope, prefix),
        one,
        two,
        rest[0],
        salary_part(fields, role, scope, prefix),
        salary_city_part(fields, role, scope, prefix),
        *rest[1:],
        competition_part(fields, role, scope, prefix),
        *(applicants_part(fields, role, scope, *attribute, prefix=prefix) for attribute in ATTRIBUTES),
    ]


def blocks_of(part: Part, numbering: blocks.Numbering) -> list[blocks.Block]:
    """A part on a page: the chart with the table behind it, the table alone, or the sentence."""
    if part.table is None or not part.table.rows:
        return [blocks.Paragraph(part.empty)]
    if part.figure is None:
        return [blocks.TableBlock(numbering.table(), part.table)]
    return [blocks.FigureBlock(numbering.figure(), part.figure(), part.note, data=part.table)]
