"""Keys of a study file for the tables beside the postings: who was polled, who applied, which posting was seen when."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from postings.side_tables import applications, coverage, sightings


class SideTable(BaseModel):
    """Files of a table beside the postings. Fields that are not mapped stand in a column of their own name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: ClassVar[tuple[str, ...]]
    optional: ClassVar[frozenset[str]]

    path: str
    source: str = Field("", description="the source that it speaks of; the study's only one where absent")
    columns: dict[str, str] = {}

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value) - set(cls.fields)):
            raise ValueError(f"no such field: {', '.join(unknown)}; the fields are {', '.join(cls.fields)}")
        return value

    def source_among(self, names: list[str]) -> str:
        """The source's name. Raises ValueError where it is unknown, or absent among several."""
        if self.source in names or (not self.source and len(names) == 1):
            return self.source or names[0]
        said = f"{self.source!r} is none of" if self.source else "say `source:`, which of"
        raise ValueError(f"{said} the sources {names}")


class Coverage(SideTable):
    """Polls of employers' boards."""

    fields = coverage.FIELDS
    optional = coverage.OPTIONAL


class Applications(SideTable):
    """Applications for postings."""

    fields = applications.FIELDS
    optional = applications.OPTIONAL


class Lifecycle(SideTable):
    """Sightings of postings, such as daily snapshots of boards."""

    fields = sightings.FIELDS
    optional = sightings.OPTIONAL
