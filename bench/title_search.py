"""How well, and how fast, the title search finds the right title.

    python -m bench.title_search JUDGEMENTS.csv
    python -m bench.title_search --held-out

JUDGEMENTS.csv has the columns wording, title_id: wordings with the title that judges agreed on; rows without a
title_id (no right title, or out of scope) are left out and counted. `--held-out` asks for a third of the aliases
(seed 1) of an index that does not hold them: a hard test, for such an alias often shares no word with what is left.
"""

import argparse
import csv
import random
import re
import sys
import time
from collections import defaultdict
from pathlib import Path

from ml.titles import TitleSearch, build_cards
from orchestration.taxonomies import TaxonomySeeds, jobtide_seeds

SEED = 1
LISTED = 5

Judgement = tuple[str, str]


def read_judgements(path: Path, known: set[str]) -> tuple[list[Judgement], int]:
    """(wording, title_id) of the rows with a title, and how many rows have none. Exits where the file is wrong."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        lacking = {"wording", "title_id"} - set(reader.fieldnames or [])
        if lacking:
            sys.exit(f"{path}: has no column {', '.join(sorted(lacking))}")
        rows = [(row["wording"], (row["title_id"] or "").strip()) for row in reader]
    strange = sorted({title_id for _, title_id in rows if title_id and title_id not in known})
    if strange:
        sys.exit(f"{path}: not titles of the taxonomy: {', '.join(strange[:5])}")
    judged = [row for row in rows if row[1]]
    if not judged:
        sys.exit(f"{path}: no row has a title_id")
    return judged, len(rows) - len(judged)


def held_out(seeds: TaxonomySeeds) -> tuple[TitleSearch, list[Judgement]]:
    """A search without a random third of the aliases, and that third."""
    hidden = set(random.Random(SEED).sample(range(len(seeds.aliases)), len(seeds.aliases) // 3))  # noqa: S311
    kept = [row for at, row in enumerate(seeds.aliases) if at not in hidden]
    cards = build_cards(seeds.titles, seeds.families, kept, seeds.neighbours)
    return TitleSearch(cards), [
        (row["alias"], row["title_id"]) for at, row in enumerate(seeds.aliases) if at in hidden
    ]


def language(wording: str) -> str:
    """zh where a Chinese character stands in the wording, else en."""
    return "zh" if re.search("[㐀-鿿]", wording) else "en"


def measure(search: TitleSearch, judged: list[Judgement]) -> str:
    """A Markdown table: per language, how often the right title is first and among five, and questions a second."""
    places: dict[str, list[int | None]] = defaultdict(list)
    slowest = 0.0
    start = time.perf_counter()
    for wording, title_id in judged:
        asked = time.perf_counter()
        found = [hit.title_id for hit in search.find(wording, LISTED)]
        slowest = max(slowest, time.perf_counter() - asked)
        place = found.index(title_id) if title_id in found else None
        for group in (language(wording), "all"):
            places[group].append(place)
    seconds = time.perf_counter() - start
    lines = [f"| language | wordings | first | among {LISTED} |", "| --- | ---: | ---: | ---: |"]
    for group in sorted(places, key=lambda name: (name == "all", name)):
        number = len(places[group])
        first = sum(place == 0 for place in places[group])
        listed = sum(place is not None for place in places[group])
        lines.append(
            f"| {group} | {number} | {first} ({first / number:.1%}) | {listed} ({listed / number:.1%}) |"
        )
    return "\n".join(
        [*lines, "", f"{len(judged) / seconds:,.0f} questions a second, the slowest {1000 * slowest:.0f} ms"]
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.title_search", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("judgements", nargs="?", type=Path, help="CSV with the columns wording, title_id")
    given.add_argument("--held-out", action="store_true", help="measure on a third of the aliases instead")
    arguments = parser.parse_args()
    start = time.perf_counter()
    seeds = jobtide_seeds()
    if arguments.held_out:
        search, judged = held_out(seeds)
    else:
        judged, without = read_judgements(arguments.judgements, {row["title_id"] for row in seeds.titles})
        print(f"{without} rows without a title are left out")
        start = time.perf_counter()
        search = TitleSearch(jobtide_seeds().cards())
    print(f"taxonomy {seeds.version}, read and indexed in {time.perf_counter() - start:.2f} s\n")
    print(measure(search, judged))


if __name__ == "__main__":
    main()
