"""Shares of a role's postings: by industry, city, company size, and what they ask for.

What belongs here: the marts that have one row a value with share, rank and change. What does not: applicants.
"""

from __future__ import annotations

from dataclasses import dataclass

from report import blocks, wording
from report.bars import drawn, percent_tick
from report.fields import ALL, Fields, Role, Row, Scope
from report.sections.field.part import (
    MOST_ROWS,
    UNSURE,
    Part,
    changed,
    flags_of,
    is_stated,
    later_window,
    share_drawn,
    share_line,
    shared,
)


@dataclass(frozen=True)
class Dimension:
    """A mart of shares: the columns of its value and of the value's names, and how it is spoken of."""

    mart: str
    key: str
    heading: str
    one: str
    value: str
    english: str
    chinese: str
    ordered: bool = False


DIMENSIONS = (
    Dimension(
        "mart_role_industry",
        "industry",
        "By industry",
        "industry",
        "industry_id",
        "industry_en",
        "industry_zh",
    ),
    Dimension("mart_role_city", "city", "By city", "city", "city", "city", "city_zh"),
    Dimension(
        "mart_role_company_size",
        "size",
        "By company size",
        "company size",
        "size_band",
        "band_en",
        "band_zh",
        True,
    ),
    Dimension(
        "mart_role_education",
        "education",
        "Education asked for",
        "education",
        "education_level",
        "level_en",
        "level_zh",
        True,
    ),
    Dimension(
        "mart_role_experience",
        "experience",
        "Experience asked for",
        "experience",
        "experience_band",
        "band_en",
        "band_zh",
        True,
    ),
    Dimension("mart_role_skills", "skills", "Skills asked for", "skill", "skill_id", "skill_en", "skill_zh"),
)


def shares_part(fields: Fields, role: Role, scope: Scope, dimension: Dimension, prefix: str) -> Part:
    """Shares of one dimension in the headline pair, the market and the other pairs beside them."""
    pair = fields.pairs[0] if fields.pairs else ""
    rows = fields.of(dimension.mart, role.role_id, scope.scope_id, pair)
    key = f"{prefix}{dimension.key}"
    empty = f"No posting of this role states the {dimension.one}, so there is nothing to show."
    stated = [row for row in rows if is_stated(row[dimension.value])]
    if not stated:
        return Part(key, dimension.heading, None, empty)
    if dimension.ordered:  # from the value that all others lie above, on
        stated.sort(key=lambda row: (-(row["share_or_more"] or 0.0), str(row[dimension.value])))
    market = {
        _identity(row, dimension): row
        for row in fields.of(dimension.mart, ALL, scope.scope_id, pair)
        if role.role_id != ALL
    }
    others = [
        (
            other,
            {
                _identity(row, dimension): row
                for row in fields.of(dimension.mart, role.role_id, scope.scope_id, other)
            },
        )
        for other in fields.pairs[1:]
    ]
    by_size = sorted(
        stated, key=lambda row: (row["rank"] is None, row["rank"] or 0, str(row[dimension.value]))
    )
    listed = (stated if dimension.ordered else by_size)[:MOST_ROWS] + [
        row for row in rows if row not in stated
    ]
    columns = (
        blocks.Column(dimension.one.capitalize()),
        blocks.Column("Rank", number=True),
        blocks.Column(
            "Share", number=True, note="Of the postings that state it, raw, with its 95 % interval"
        ),
        blocks.Column("Corrected share", number=True, note="The classifier's errors allowed for"),
        blocks.Column("Share earlier", number=True),
        *(
            (blocks.Column("All postings", number=True, note="The same share over all postings"),)
            if market
            else ()
        ),
        *((blocks.Column("This or more", number=True),) if dimension.ordered else ()),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Change", number=True),
        *(
            blocks.Column(f"Change, {later_window(other)}", number=True, note=wording.pair(other))
            for other, _ in others
        ),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(_name(row, dimension), sub=_second(row, dimension), flags=flags_of(row)),
                blocks.count(row["rank"]),
                blocks.share_with(row["share"], row["share_low"], row["share_high"]),
                shared(row, "corrected_share"),
                blocks.share(row["base_share"]),
                *(
                    (blocks.share((market.get(_identity(row, dimension)) or {}).get("share")),)
                    if market
                    else ()
                ),
                *((blocks.share(row["share_or_more"]),) if dimension.ordered else ()),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
                changed(row, "change"),
                *(changed(known.get(_identity(row, dimension)) or {}, "change") for _, known in others),
            )
        )
        for row in listed
    )
    left = len(stated) - min(len(stated), MOST_ROWS)
    more = f" {wording.count(left)} smaller ones are in the CSV." if left else ""
    of = "postings" if dimension.key == "skills" else f"postings that state the {dimension.one}"
    n = stated[0]["stating_postings"]
    drawn_rows = stated if dimension.ordered else sorted(by_size, key=share_drawn, reverse=True)
    lines = [share_line(row, _name(row, dimension), _second(row, dimension)) for row in drawn_rows]
    return Part(
        key,
        dimension.heading,
        blocks.Table(
            key,
            f"{role.english}, {dimension.heading[:1].lower()}{dimension.heading[1:]}, {wording.pair(pair)}",
            columns,
            cells,
            dimension.mart,
            tall=len(cells) > 14,
        ),
        empty,
        lambda: drawn(key, f"{dimension.heading}: {role.english}", lines, percent_tick),
        f"Share of the n\u00a0=\u00a0{wording.count(n)} {of} in {later_window(pair)}, corrected where that can "
        f"be (raw where the corrected interval is over {UNSURE} times as wide). Lines: 95 % intervals; grey "
        "tick: the share a year before. Rank, change and counts in "
        f"the table behind.{more} Data: "
        f"{dimension.mart}.",
    )


def _identity(row: Row, dimension: Dimension) -> tuple[str, str]:
    return str(row[dimension.value]), str(row.get("country") or "")


def _name(row: Row, dimension: Dimension) -> str:
    return wording.plain(row[dimension.english] or row[dimension.value])


def _second(row: Row, dimension: Dimension) -> str:
    chinese = wording.plain(row[dimension.chinese])
    names = ("" if chinese == _name(row, dimension) else chinese, wording.plain(row.get("country")))
    return ", ".join(name for name in names if name)
