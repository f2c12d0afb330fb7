"""Layouts that are recognised by themselves: one small module each, registered here in the order they are tried.

A study whose source has no `columns` gets the first layout that fits its file's columns; `layout: NAME` names one.
"""

from __future__ import annotations

from collections.abc import Collection

from postings.sources.layouts.ashby import ASHBY
from postings.sources.layouts.board_tables import CHINESE_TABLE, ENGLISH_TABLE
from postings.sources.layouts.china_51job import JOB51_2022, JOB51_2024
from postings.sources.layouts.greenhouse import GREENHOUSE
from postings.sources.layouts.job_posting import JOB_POSTING
from postings.sources.layouts.layout import Headers, Layout, Objects
from postings.sources.layouts.lever import LEVER
from postings.sources.layouts.smartrecruiters import SMARTRECRUITERS
from postings.sources.layouts.usajobs import USAJOBS_HISTORIC, USAJOBS_SEARCH, USAJOBS_TABLE
from postings.sources.layouts.workable import WORKABLE

AUTO = "auto"

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        JOB_POSTING,
        GREENHOUSE,
        LEVER,
        ASHBY,
        SMARTRECRUITERS,
        WORKABLE,
        USAJOBS_HISTORIC,
        USAJOBS_SEARCH,
        USAJOBS_TABLE,
        JOB51_2022,
        JOB51_2024,
        CHINESE_TABLE,
        ENGLISH_TABLE,
    )
}
"""By name, the particular before the general."""


def recognised(columns: Collection[str]) -> Layout | None:
    """The first layout that fits these columns; None where none does."""
    return next((layout for layout in LAYOUTS.values() if layout.fits(columns)), None)


__all__ = ["AUTO", "LAYOUTS", "Headers", "Layout", "Objects", "recognised"]
