"""The tiny study of the whole-path tests: two years of a small synthetic market."""

from pathlib import Path

TINY = """
name: tiny
title: A tiny market for tests
market: {name: worldwide, postings: 1500, labelled: 400, seed: 3}
months: {from: 2024-01, to: 2025-04}
sources:
  - name: careers
    path: "{source}/postings-*.parquet"
    columns:
      source_id: id
      employer: company
      industry: industry
      title: title
      description: description
      posted_date: posted_at
      city: city
      country: country
      pay: salary
labels: {kind: mturk, files: ["{source}/mturk_batch_results.csv"], task_source: careers, consensus: majority}
contrastive: {steps: 30}
forest: {trees: 20}
evaluation: {folds: 2}
estimates: {replicates: 100, min_postings: 5}
windows:
  - {current: {from: 2025-01, to: 2025-04}, base: {from: 2024-01, to: 2024-04}}
"""


def write_tiny_study(folder: Path) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(TINY, "utf-8")
    return path
