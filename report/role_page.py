"""The page of one role: every table of the field in depth, scope by scope.

What belongs here: which sections stand on the page, and in which order. What does not: what a section holds, HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from report import blocks
from report.facts import StudyFacts
from report.fields import Fields, Role, Scope
from report.sections.field import blocks_of, parts_of


@dataclass(frozen=True)
class ScopePart:
    """The tables of a role in one scope."""

    scope: Scope
    sections: tuple[blocks.Section, ...]


@dataclass(frozen=True)
class RolePage:
    """Everything the template of a role prints."""

    study: StudyFacts
    role: Role
    roles: tuple[Role, ...]
    nesting: tuple[str, ...]
    scopes: tuple[ScopePart, ...]
    versions: tuple[tuple[str, str], ...]


def role_page(
    study: StudyFacts, fields: Fields, role: Role, versions: tuple[tuple[str, str], ...]
) -> RolePage:
    """All tables of the role in all industries, then in each scope of the study."""
    numbering = blocks.Numbering()
    scopes = []
    for place, scope in enumerate(fields.scopes):
        sections = tuple(
            blocks.Section(part.key, part.heading, tuple(blocks_of(part, numbering)))
            for part in parts_of(fields, role, scope, f"s{place}-")
        )
        scopes.append(ScopePart(scope, sections))
    return RolePage(study, role, fields.roles, nesting(fields, role), tuple(scopes), versions)


def nesting(fields: Fields, role: Role) -> tuple[str, ...]:
    """Which roles this one contains and which contain it."""
    names = {one.role_id: one.english for one in fields.roles}
    holds = [one.english for one in fields.roles if role.role_id in one.inside]
    within = [names.get(name, name) for name in role.inside]
    lines = []
    if holds:
        lines.append(f"Contains {', '.join(holds)}.")
    if within:
        lines.append(f"Is contained in {', '.join(within)}; the two do not add up.")
    return tuple(lines)
