"""The pages people read: a static folder per study, and the rows of `jobtide show`.

What belongs here: turning mart files and the model card into pages, charts, CSV downloads and short tables.
What does not: computing a measurement (the marts do), running anything in order (orchestration does), and
any knowledge of how postings, labels or models are made. This package reads mart files and
`model_card.json` only.
"""

from report.build import build_report
from report.facts import ReportError, ReportResult, StudyFacts
from report.show import HeadlineTable, headline_tables, role_tables

__all__ = [
    "HeadlineTable",
    "ReportError",
    "ReportResult",
    "StudyFacts",
    "build_report",
    "headline_tables",
    "role_tables",
]
