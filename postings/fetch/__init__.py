"""Asking public boards and career pages for their postings, politely, and writing down that they were asked.

What belongs here: everything between an employer's name and a file of raw answers. What does not: reading those files
(`postings.sources`).
"""

from __future__ import annotations

from postings.fetch.boards import BOARDS
from postings.fetch.client import USER_AGENT, Clock, Limits
from postings.fetch.coverage import COVERAGE, FAILED, NOT_MODIFIED, OK, read_coverage
from postings.fetch.run import fetch
from postings.fetch.spec import PAGES, FetchReport, FetchSpec, SpecError

__all__ = [
    "BOARDS",
    "COVERAGE",
    "FAILED",
    "NOT_MODIFIED",
    "OK",
    "PAGES",
    "USER_AGENT",
    "Clock",
    "FetchReport",
    "FetchSpec",
    "Limits",
    "SpecError",
    "fetch",
    "read_coverage",
]
