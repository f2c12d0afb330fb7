"""Boilerplate stripped from advertisements: how much of the real files goes, and what it does to accuracy.

    python -m bench.postings_boilerplate                   # shares removed on the real files
    python -m bench.postings_boilerplate --accuracy FOLDER # a synthetic market with and without, on unseen employers

What belongs here: both measurements. What does not: the default path of encoder, tuning and forest, which is that of
`bench.market_difficulty`, with the settings of studies/demo.yaml.
"""

import csv
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.market_difficulty import FOLDS, judge, read_labelled
from bench.postings_skills import DATA, FILES, texts
from market.generate import MarketSpec, generate_market
from ml.training import employer_folds, employer_groups
from orchestration.study import read_study
from orchestration.taxonomies import jobtide_seeds
from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.language import language_of

POSTINGS, LABELLED = 30_000, 6_000
ACCURACY = Path(__file__).parents[1] / "docs" / "quality" / "postings" / "boilerplate.csv"
"""Where the accuracies are kept, for the page on the quality of the postings stage."""

STUDY = Path(__file__).parents[1] / "studies" / "demo.yaml"


def measure(data: Path) -> list[dict[str, object]]:
    """One row a file: texts, those that lose something, the share of all characters removed, texts a second."""
    table: list[dict[str, object]] = []
    without_boilerplate("", "zh")  # the phrases are read once, before the clock starts
    for file, (language, _) in FILES.items():
        rows = texts(data, file)
        started = time.process_time()
        left = [without_boilerplate(text, language) for text in rows]
        took = time.process_time() - started
        before, after = sum(map(len, rows)), sum(map(len, left))
        shorter = sum(short != text for short, text in zip(left, rows, strict=True))
        table.append(
            {
                "field": "boilerplate",
                "file": file,
                "language": language,
                "texts": len(rows),
                "shortened": f"{shorter / len(rows):.1%}",
                "characters removed": f"{1 - after / before:.1%}",
                "less than half left": f"{_share_halved(rows, left):.1%}",
                "texts a second": f"{len(rows) / took:,.0f}",
            }
        )
    return table


def _share_halved(before: list[str], after: list[str]) -> float:
    return sum(2 * len(short) < len(text) for short, text in zip(after, before, strict=True)) / len(before)


def _stripped(text: str) -> str:
    """The composed text of an ad (its title, repeated, then its description) with a stripped description."""
    lines = text.split("\n")
    titles = next((n for n, line in enumerate(lines) if line != lines[0]), len(lines))
    description = "\n".join(lines[titles:])
    return "\n".join([*lines[:titles], without_boilerplate(description, language_of(lines[0], description))])


def accuracy(folder: Path) -> list[dict[str, object]]:
    """Accuracy on employers never seen, of whole texts and of stripped ones: same market, labels, folds and seed."""
    import torch

    torch.set_num_threads(1)
    study, seeds = read_study(STUDY), jobtide_seeds()
    whole = ["description" if name == "core_text" else name for name in study.text]
    study = study.model_copy(update={"text": whole})
    market = MarketSpec(postings=POSTINGS, labelled=LABELLED)
    generate_market(market, folder / "out", folder / "truth")
    ads = read_labelled(study, seeds, folder)
    folds = employer_folds(employer_groups(ads.employers), FOLDS, study.seed)
    if folds is None:
        raise ValueError("the labelled ads have too few employers")
    families = {row["title_id"]: row["family_id"] for row in seeds.titles}
    variants = {"whole": ads, "stripped": replace(ads, texts=[_stripped(text) for text in ads.texts])}
    table: list[dict[str, object]] = []
    every = [folds == fold for fold in range(FOLDS)]
    for name, variant in variants.items():
        judged = judge(study, variant, every, families, folder / "cache")
        table.append(
            {
                "texts": name,
                "characters": f"{sum(map(len, variant.texts)) / len(variant.texts):.0f}",
                "rows": judged.rows,
                "accuracy": f"{judged.accuracy:.4f}",
                "standard_error": f"{judged.error:.4f}",
                "top_5": f"{judged.top_5:.4f}",
                "english": f"{judged.english:.4f}",
                "chinese": f"{judged.chinese:.4f}",
            }
        )
        print(" | ".join(map(str, table[-1].values())), flush=True)
    return table


def main() -> None:
    if "--accuracy" in sys.argv:
        found = accuracy(Path(sys.argv[-1]))
        with ACCURACY.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(found)
        return
    rows = measure(DATA)
    print(" | ".join(rows[0]))
    for row in rows:
        print(" | ".join(map(str, row.values())))


if __name__ == "__main__":
    main()
