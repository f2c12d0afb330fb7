"""Tables that stand beside the postings: who was polled (coverage), who applied (applications), and which posting was
seen when (sightings, which become the lives of postings).

What belongs here: from files of any layout to one canonical table each, streamed, with faulty rows set aside. What
does not: postings themselves (`postings.ingest`), and figures.

- `text_tables`: files as bounded Arrow tables of texts;
- `reading`: what both ingestions share: files in order, faults, what is current;
- `coverage`, `applications`, `sightings`: the tables.
"""

from __future__ import annotations

from postings.side_tables.applications import ingest_applications
from postings.side_tables.coverage import ingest_coverage
from postings.side_tables.reading import SideFile, SideReport, check_side_file, named_files
from postings.side_tables.sightings import ingest_sightings

__all__ = [
    "SideFile",
    "SideReport",
    "check_side_file",
    "ingest_applications",
    "ingest_coverage",
    "ingest_sightings",
    "named_files",
]
