"""How right labels from the wordings of titles are: writes docs/quality/wordings.md.

    python -m bench.wordings [LINKEDIN_TITLES CHINA_FOLDER]

Real titles whose right standard title two judges agreed on (docs/quality/taxonomy.md; the files are needed to have the
wordings), and two synthetic markets whose truth is known. What belongs here: the search as a labeller, and a classifier
taught by it on what it does not label. What does not: the search as a tool for people (`bench.title_search`).
"""

import csv
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench.taxonomy_coverage import write_agreed
from bench.title_search import language, read_judgements
from ml.titles import TitleSearch
from orchestration.taxonomies import jobtide_seeds
from storage import write_text_atomically

PAGE = Path(__file__).parents[1] / "docs" / "quality" / "wordings.md"
JUDGEMENTS = PAGE.with_name("taxonomy_judgements.csv")
DATA = Path(__file__).parents[2] / "shared" / "data"
LINKEDIN, CHINA = DATA / "linkedin" / "us_2024_titles.parquet", DATA / "china_postings"
SCORES = (1.0, 0.9, 0.8, 0.7, 0.6)
POSTINGS, TAUGHT, SEED = 12_000, 6_000, 1

Judged = list[tuple[str, str]]
"""(title as written, right standard title)."""


def by_score(search: TitleSearch, judged: Judged) -> list[tuple[float, int, int]]:
    """For each of SCORES: labelled, and of these right."""
    hits = [(search.find(title, 2), truth) for title, truth in judged]
    rows = []
    for least in SCORES:
        right = [
            found[0].title_id == truth
            for found, truth in hits
            if found and found[0].score >= least and not (found[1:] and found[1].score == found[0].score)
        ]
        rows.append((least, len(right), sum(right)))
    return rows


def score_table(name: str, judged: Judged, rows: Iterable[tuple[float, int, int]]) -> list[str]:
    """Lines of the table, a score each."""
    return [
        f"| {name} | {len(judged):,} | {least:g} | {labelled / len(judged):.1%} | {right / max(1, labelled):.1%} |"
        for least, labelled, right in rows
    ]


def market(name: str, folder: Path) -> tuple[Judged, list[str]]:
    """Postings of a synthetic market with a title, and the texts that a study classifies."""
    import duckdb

    from market import MarketSpec, generate_market

    generate_market(MarketSpec(name=name, postings=POSTINGS, seed=SEED), folder / "source", folder / "truth")
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select s.title, t.title_id, s.description
            from read_parquet($source) s join read_parquet($truth) t using (id)
            where s.title is not null and t.title_id is not null
            qualify row_number() over (partition by id) = 1 order by id limit $limit
            """,
            {
                "source": str(folder / "source" / "postings-*.parquet"),
                "truth": str(folder / "truth" / "postings-*.parquet"),
                "limit": POSTINGS,
            },
        ).fetchall()
    texts = ["\n".join([title, title, title, text or ""])[:4_000] for title, _, text in rows]
    return [(title, truth) for title, truth, _ in rows], texts


def taught(search: TitleSearch, judged: Judged, texts: list[str], encoder: str, cache: Path) -> list[str]:
    """The whole method on a market: labels by wording where they fit, the classifier for the rest; cells of a row."""
    import numpy as np

    from ml.contrastive import ContrastiveSettings, fine_tune
    from ml.encoder import EncoderSpec, encode, load_encoder
    from ml.forest import ForestSettings, fit_forest

    found = [search.find(title, 2) for title, _ in judged]
    named = [
        hits[0]
        if hits and hits[0].score >= 0.7 and not (hits[1:] and hits[1].score == hits[0].score)
        else None
        for hits in found
    ]
    rows = [row for row in range(min(TAUGHT, len(judged))) if named[row] is not None]
    labels = [hit.title_id for row in rows if (hit := named[row]) is not None]
    weights = np.array([hit.score for row in rows if (hit := named[row]) is not None])
    model = load_encoder(EncoderSpec(name=encoder), cache, texts=texts)
    model = fine_tune(model, [texts[row] for row in rows], labels, ContrastiveSettings(), SEED).model
    forest = fit_forest(
        encode(model, [texts[row] for row in rows]), labels, ForestSettings(), SEED, None, weights
    )
    best, *_ = forest.top2(encode(model, texts))
    by_model = np.array([forest.classes_[at] == truth for at, (_, truth) in zip(best, judged, strict=True)])
    labelled = np.array([hit is not None for hit in named])
    by_label = np.array(
        [hit is not None and hit.title_id == truth for hit, (_, truth) in zip(named, judged, strict=True)]
    )
    fresh = np.arange(len(judged)) >= TAUGHT
    whole = np.where(labelled, by_label, by_model)
    return [
        f"{labelled.mean():.1%}",
        f"{by_label[labelled].mean():.1%}",
        f"{by_model[fresh & ~labelled].mean():.1%}",
        f"{by_model[fresh].mean():.1%}",
        f"{whole[fresh].mean():.1%}",
    ]


def real_titles(search: TitleSearch, linkedin: Path, china: Path) -> list[str]:
    """Lines of the table on real titles; raises OSError where the files are absent."""
    with tempfile.TemporaryDirectory() as folder:
        agreed = Path(folder) / "agreed.csv"
        with JUDGEMENTS.open(encoding="utf-8", newline="") as stream:
            write_agreed(list(csv.DictReader(stream)), linkedin, china, agreed)
        judged, _ = read_judgements(agreed, set(jobtide_seeds().cards()))
    lines = []
    for name, code in (("real titles, English", "en"), ("real titles, Chinese", "zh")):
        some = [row for row in judged if language(row[0]) == code]
        lines += score_table(name, some, by_score(search, some))
    return lines


OPENING = """# Labels from the wordings of titles

Written by `python -m bench.wordings`. Of titles whose right standard title is known: the share that the title search
labels with at least the score (1 is word for word), and how many of these labels are right. Real titles are those of
[taxonomy.md](taxonomy.md) on which both judges agreed (language models, not people); the markets are the synthetic ones
of [market.md](market.md).

| titles | n | least score | labelled | of these right |
| --- | ---: | ---: | ---: | ---: |
"""

TAUGHT_OPENING = f"""
What a study with `labels: {{kind: wordings}}` makes of a market: {TAUGHT:,} postings are looked up and teach the model,
which reads three times the title and the description; score 0.7. The last three columns are about the other postings:
right by the model where no wording fits, right by the model everywhere, and right where those that fit take
their wording's title and the others the model's.

| market | labelled | labels right | model, where none fits | model, everywhere | both together |
| --- | ---: | ---: | ---: | ---: | ---: |
"""


def main() -> None:
    """Write the page."""
    linkedin, china = map(Path, sys.argv[1:]) if len(sys.argv) == 3 else (LINKEDIN, CHINA)
    if not (linkedin.exists() and china.exists()):
        sys.exit(f"{linkedin} or {china} is not there: the page stays as it is")
    search = TitleSearch(jobtide_seeds().cards())
    lines = real_titles(search, linkedin, china)
    whole = []
    for name, encoder in (("worldwide", "static"), ("china_ai", "corpus")):
        with tempfile.TemporaryDirectory() as folder:
            judged, texts = market(name, Path(folder))
            lines += score_table(f"market {name}", judged, by_score(search, judged))
            whole.append(
                " | ".join([f"| {name}", *taught(search, judged, texts, encoder, Path(folder))]) + " |"
            )
    page = OPENING + "\n".join(lines) + "\n" + TAUGHT_OPENING + "\n".join(whole) + "\n"
    write_text_atomically(PAGE, page)


if __name__ == "__main__":
    main()
