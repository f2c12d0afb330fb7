"""The market's change taken apart: what employers, kinds of ads, countries and industries make up of it.

What belongs here: blocks made of mart_decomposition. What does not: the change itself (market.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from report import blocks, wording
from report.bars import Bar, change_tick
from report.headline import MarketRow
from report.sections.around import Row, charted, empty, of_pair, three

KEY, HEADING = "decomposition", "The change taken apart"
AXES = {
    "employers": "By what happened to employers",
    "ads": "By kind of ad",
    "country": "By country",
    "industry": "By industry",
}
# In the words of docs/method.md, English and Chinese.
COMPONENTS = {
    "continuing_jobs": ("Employers in both windows: jobs", "持续雇主：岗位"),
    "continuing_repeats": ("Employers in both windows: repeated ads", "持续雇主：重复广告"),
    "births": ("Employers new among those asked", "新出现的雇主"),
    "deaths": ("Employers gone silent", "不再招聘的雇主"),
    "crawl_entries": ("Boards only read later", "新抓取的网站"),
    "crawl_exits": ("Boards only read earlier", "不再抓取的网站"),
    "not_polled": ("Employers that no poll names", "未轮询的雇主"),
    "began": ("Employers only in the later window", "仅后期出现的雇主"),
    "ceased": ("Employers only in the earlier window", "仅前期出现的雇主"),
    "unique": ("Ads that repeat nothing", "不重复的广告"),
    "exact": ("The same words again", "完全重复"),
    "near": ("Nearly the same words again", "近似重复"),
    "repost": ("The same job again, later", "再次发布"),
    "multi_location": ("The same job for another city", "多地发布"),
    "unknown": ("Not stated", "未注明"),
}
NOTES = {
    "employers": "Boards that were found, lost or could not be read are the crawl's own doing, not the market's.",
    "ads": "Of ads that repeat another one, and of those that do not.",
}


def decomposition_section(
    rows: Sequence[Row],
    industries: Mapping[str, tuple[str, str]],
    market: MarketRow,
    numbering: blocks.Numbering,
) -> blocks.Section:
    """One chart an axis; the parts of one axis add up to the market's change. `industries`: id to both names."""
    found = of_pair(rows, market.pair)
    if not found:
        return empty(KEY, HEADING, "The change was not taken apart: the study's estimates were not made.")
    axes = sorted(
        {row["axis"] for row in found}, key=lambda axis: (list(AXES).index(axis) if axis in AXES else 9, axis)
    )
    parts: list[blocks.Block] = [
        blocks.Paragraph(
            f"Each part is what its postings add to or take from the market's change of "
            f"{wording.signed_percent(market.change)}, in percent of all earlier postings; the parts of one "
            "figure add up "
            "to it."
        )
    ]
    parts += [
        _axis(axis, [row for row in found if row["axis"] == axis], industries, market, numbering)
        for axis in axes
    ]
    return blocks.Section(KEY, HEADING, tuple(parts))


def _axis(
    axis: str,
    rows: list[Row],
    industries: Mapping[str, tuple[str, str]],
    market: MarketRow,
    numbering: blocks.Numbering,
) -> blocks.Block:
    rows.sort(key=lambda row: (-abs(row["contribution"] or 0.0), str(row["component"])))
    key, title = f"apart-{axis}", AXES.get(axis, f"By {wording.readable(axis).lower()}")
    lines = []
    for row in rows:
        name, second = _name(row, axis, industries)
        value, low, high = three(row, "contribution")
        words = wording.signed_percent(value)
        hint = f"{name}: {words}, 95 % interval {wording.interval(low, high)}"
        colour = "up" if (value or 0.0) > 0 else "down"
        lines.append(Bar(name, value or 0.0, words, hint, second, low, high, colour=colour))
    columns = (
        blocks.Column("Part"),
        blocks.Column("Contribution", number=True, note="Its difference in percent of all earlier postings"),
        blocks.Column("Beyond the market's rate", number=True, note="Sums to 0"),
        blocks.Column("Its own change", number=True),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("Employers", number=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(line.label, sub=line.second_label),
                blocks.change_with(*three(row, "contribution")),
                blocks.change(row.get("beyond_market")),
                blocks.change(row["change"]),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
                blocks.count(row["employers"]),
            )
        )
        for row, line in zip(rows, lines, strict=True)
    )
    table = blocks.Table(
        key,
        f"{title}, {wording.pair(market.pair)}",
        columns,
        cells,
        "mart_decomposition",
        tall=len(cells) > 14,
    )
    note = (
        f"Contributions to the market's change with 95 % intervals, the largest first. {NOTES.get(axis, '')}"
    )
    return charted(numbering, key, title, lines, change_tick, note.rstrip(), table, floor=None)


def _name(row: Row, axis: str, industries: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    component = wording.plain(row["component"])
    if axis == "industry" and component in industries:
        return industries[component]
    if axis == "country" and component != "unknown":
        return component, ""
    return COMPONENTS.get(component, (wording.readable(component), ""))
