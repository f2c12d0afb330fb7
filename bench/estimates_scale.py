"""How long the estimates take, and how much memory, at the size of the first study.

    python -m bench.estimates_scale [--postings N] [--employers N] [--replicates N] [--out FILE]

Draws counts of 180 million postings by 60,000 employers in 650 titles, with an audit of 100,000 postings and a panel,
and runs the bootstrap over all of it once. Prints seconds and the peak of memory; the wanted limits are 3 minutes and
8 GB on two cores. Drawing the counts is no part of the time, but of the peak.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from pathlib import Path

import numpy as np

from bench.estimates_market import Size, audit, draw, evidence, read_model
from ml.estimation.changes import estimate_changes
from storage import write_json_atomically

AUDITED = 100_000
TITLES_EACH = 60


def main() -> None:
    """Draw, estimate, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postings", type=int, default=180_000_000)
    parser.add_argument("--employers", type=int, default=60_000)
    parser.add_argument("--replicates", type=int, default=1_000)
    parser.add_argument("--out", type=Path, help="also write the figures to this JSON file")
    given = parser.parse_args()
    random = np.random.default_rng(0)
    size = Size(given.postings, given.employers, TITLES_EACH)
    market = draw(read_model(), size, random, drifts=True)
    crawled = market.crawled
    audited = audit(market, crawled, AUDITED, random)
    panel = market.counts * market.reached.all(axis=1)[market.employer][:, None]
    known = evidence(market, crawled, audited, panel)
    rows, postings = known.everyone.num_rows, int(crawled.sum())
    del market, crawled, audited, panel
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _forget_peak()
    started = time.monotonic()
    table = estimate_changes(known, "scale", given.replicates, 0)
    seconds = time.monotonic() - started
    found = {
        "postings": postings,
        "employers": given.employers,
        "counts": rows,
        "replicates": given.replicates,
        "estimates": table.num_rows,
        "seconds": round(seconds, 1),
        "gigabytes": round(_peak_gigabytes(), 2),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
    if given.out:
        write_json_atomically(given.out, found)
    print(json.dumps(found), f"(drawing the counts: {before / 2**20:.2f} GB)")


def _forget_peak() -> None:
    """Start the peak of memory anew, where the system allows it."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", encoding="ascii")


def _peak_gigabytes() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
