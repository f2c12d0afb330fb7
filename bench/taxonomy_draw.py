"""The draw of real titles on which the taxonomy's coverage is judged; the same rows on every machine.

    python -m bench.taxonomy_draw LINKEDIN_TITLES CHINA_FOLDER OUT.csv

300 postings from a list of distinct titles with posting counts (each title with a chance in proportion to its
count, with replacement), and 200 rows from three Chinese files (67, 67 and 66, without replacement), seed 1.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

SEED, ENGLISH = 1, 300
CHINESE = (
    ("51job_2022_it_with_text.parquet", "title", 67),
    ("51job_2023_dated.parquet", "title", 67),
    ("51job_2024_ten_occupations.parquet", "职位", 66),
)


def draw(linkedin: Path, china: Path) -> list[dict[str, str | int]]:
    """Rows: number, file, row (0-based), wording, times (how often it was drawn)."""
    random = np.random.default_rng(SEED)
    titles = pq.read_table(linkedin)
    counts = titles.column("postings").to_numpy().astype(float)
    drawn = random.choice(len(counts), ENGLISH, p=counts / counts.sum())
    found: list[tuple[str, int, str, int]] = []
    for row, times in zip(*np.unique(drawn, return_counts=True), strict=True):
        found.append((linkedin.name, int(row), str(titles.column("title")[int(row)]), int(times)))
    for name, column, size in CHINESE:
        wordings = pq.read_table(china / name, columns=[column]).column(column)
        for row in sorted(random.choice(len(wordings), size, replace=False).tolist()):
            found.append((name, row, str(wordings[row]), 1))
    return [
        {"number": number, "file": file, "row": row, "wording": wording, "times": times}
        for number, (file, row, wording, times) in enumerate(found, start=1)
    ]


if __name__ == "__main__":
    rows = draw(Path(sys.argv[1]), Path(sys.argv[2]))
    with Path(sys.argv[3]).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
