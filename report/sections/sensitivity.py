"""The headlines counted in other ways: duplicates left out, another threshold, another panel, a placebo.

What belongs here: blocks made of mart_sensitivity. What does not: the published figures themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from report import blocks, wording
from report.bars import change_tick
from report.headline import MarketRow
from report.sections.around import Names, Row, change_line, charted, empty, of_pair, three

KEY, HEADING = "sensitivity", "Counted in other ways"
WAYS = {
    ("headline", "headline"): "As published",
    ("duplicates", "jobs_only"): "One ad a job",
    ("duplicates", "without_copies"): "Without copies",
    ("duplicates", "without_reposts"): "Without reposts",
    ("method", "corrected"): "Classifier's errors allowed for",
    ("method", "panel"): "Corrected, polled employers only",
    ("panel", "polled_in_all_months"): "Employers polled in every month",
    ("panel", "polled_in_both_months"): "Employers polled in both months",
    ("panel", "posted_in_both"): "Employers that posted in both windows",
    ("aggregator", "majority"): "Labels by majority of answers",
    ("encoder", "none"): "The labelled sample alone",
    ("placebo", "halves_of_the_employers"): "Placebo: half of the employers against the other",
}


def sensitivity_section(
    rows: Sequence[Row], names: Names, market: MarketRow, numbering: blocks.Numbering
) -> blocks.Section:
    """The market counted in every way, then how far each way moves the headline titles."""
    found = of_pair(rows, market.pair)
    whole = [row for row in found if row["level"] == "market"]
    if not whole:
        return empty(
            KEY, HEADING, "The headlines were not counted in other ways: the study's estimates were not made."
        )
    parts: list[blocks.Block] = [_market(whole, market, numbering)]
    titles = [row for row in found if row["level"] == "title"]
    if titles:
        parts += [_ways(titles, numbering), _titles(titles, names, market, numbering)]
    return blocks.Section(KEY, HEADING, tuple(parts))


def _market(rows: Sequence[Row], market: MarketRow, numbering: blocks.Numbering) -> blocks.Block:
    ordered = sorted(rows, key=lambda row: (row["dimension"] != "headline", row["dimension"] == "placebo"))
    lines = [
        change_line(
            _way(row), "", three(row, "change"), "current" if row["dimension"] == "headline" else "base"
        )
        for row in ordered
        if row["change"] is not None
    ]
    columns = (
        blocks.Column("Way of counting"),
        blocks.Column("Change", number=True),
        blocks.Column(
            "Beside the headline", number=True, note="Its change minus the published one, in percent"
        ),
        blocks.Column("n\u00a0earlier", number=True),
        blocks.Column("n\u00a0later", number=True),
        blocks.Column("To know", prose=True),
    )
    cells = tuple(
        blocks.Row(
            (
                blocks.text(_way(row)),
                blocks.change_with(*three(row, "change")),
                blocks.change_with(*three(row, "difference")),
                blocks.count(row["base_postings"]),
                blocks.count(row["current_postings"]),
                blocks.text(row["notes"]) if row["notes"] else blocks.Cell(""),
            )
        )
        for row in ordered
    )
    key = f"{KEY}-market"
    table = blocks.Table(
        key,
        f"The market counted in other ways, {wording.pair(market.pair)}",
        columns,
        cells,
        "mart_sensitivity",
    )
    note = (
        f"{wording.pair(market.pair)}, with 95 % intervals. The placebo compares one half of the employers with "
        "the other "
        "in one window, so there is no change to be found in it."
    )
    return charted(
        numbering, key, "The market's change, counted in other ways", lines, change_tick, note, table,
        dots=True, floor=-1.0, most=len(lines),
    )  # fmt: skip


def _ways(titles: Sequence[Row], numbering: blocks.Numbering) -> blocks.TableBlock:
    """How many headline titles each way moves, and by how much."""
    by_way: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in titles:
        if row["dimension"] not in ("headline", "placebo") and row["difference"] is not None:
            by_way[(row["dimension"], row["variant"])].append(row)
    columns = (
        blocks.Column("Way of counting"),
        blocks.Column("Titles", number=True),
        blocks.Column(
            "Median shift", number=True, note="Median size of the difference to the published change"
        ),
        blocks.Column("Largest shift", number=True),
        blocks.Column(
            "Surely moved", number=True, note="Titles whose 95 % interval of the difference leaves out 0"
        ),
    )
    cells = []
    for rows in by_way.values():
        sizes = sorted(abs(row["difference"]) for row in rows)
        known = [row for row in rows if row["difference_low"] is not None]
        moved = sum(row["difference_low"] > 0 or row["difference_high"] < 0 for row in known)
        cells.append(
            blocks.Row(
                (
                    blocks.text(_way(rows[0])),
                    blocks.count(len(rows)),
                    blocks.share(sizes[len(sizes) // 2]),
                    blocks.share(sizes[-1]),
                    blocks.count(moved) if known else blocks.Cell(wording.ABSENT),
                )
            )
        )
    caption = "How far each way of counting moves the headline titles"
    table = blocks.Table(f"{KEY}-ways", caption, columns, tuple(cells), "mart_sensitivity")
    return blocks.TableBlock(numbering.table(), table)


def _titles(
    titles: Sequence[Row], names: Names, market: MarketRow, numbering: blocks.Numbering
) -> blocks.TableBlock:
    """One row a headline title, one column a way of counting."""
    ways = list(
        dict.fromkeys((row["dimension"], row["variant"]) for row in titles if row["dimension"] != "headline")
    )
    by_title: dict[str, dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in titles:
        by_title[row["group_id"]][(row["dimension"], row["variant"])] = row
    columns = (
        blocks.Column("Title"),
        blocks.Column("As published", number=True),
        *(
            blocks.Column(_way(by), number=True)
            for by in ({"dimension": one, "variant": two} for one, two in ways)
        ),
    )
    headline = ("headline", "headline")
    ordered = sorted(
        by_title, key=lambda title: (-((by_title[title].get(headline) or {}).get("change") or 0.0), title)
    )
    cells = tuple(
        blocks.Row(
            (
                names.cell(title, by_title[title][next(iter(by_title[title]))].get("title_en")),
                *(blocks.change((by_title[title].get(way) or {}).get("change")) for way in (headline, *ways)),
            )
        )
        for title in ordered
    )
    caption = f"Headline titles counted in other ways, {wording.pair(market.pair)}; intervals in the CSV"
    table = blocks.Table(f"{KEY}-titles", caption, columns, cells, "mart_sensitivity", tall=True)
    return blocks.TableBlock(numbering.table(), table)


def _way(row: Row) -> str:
    way = (str(row["dimension"]), str(row["variant"]))
    if way[0] == "threshold":
        return f"Threshold of probability {way[1]}"
    return WAYS.get(way, wording.readable(f"{way[0]}_{way[1]}"))
