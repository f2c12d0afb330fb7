"""Runs a study in this process and kills it, without warning, at the n-th time a file gets its final name.

Used by test_interruptions.py as `python -m tests.interruption STUDY HOME POINT`: POINT is `count` (run through
and print how many points there are), `gap` (just after the first shard of the postings got its name, before its
manifest did) or a number; an even one kills just before a rename, an odd one just after.
"""

import os
import signal
import sys
from pathlib import Path


def main() -> None:
    study_file, home, point = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    target = int(point) if point.isdigit() else None
    passed = 0
    replace = os.replace

    def counted_replace(source, destination, **options):  # type: ignore[no-untyped-def]
        nonlocal passed
        if home not in Path(destination).resolve().parents:
            return replace(source, destination, **options)
        die_if(passed)
        replace(source, destination, **options)
        if (
            point == "gap"
            and "/postings/month=" in str(destination)
            and str(destination).endswith(".parquet")
        ):
            os.killpg(os.getpgrp(), signal.SIGKILL)
        die_if(passed + 1)
        passed += 2

    def die_if(number: int) -> None:
        if number == target:
            print(f"killed at point {number}", flush=True)
            os.killpg(os.getpgrp(), signal.SIGKILL)

    os.replace = counted_replace  # type: ignore[assignment]

    from orchestration.runs import run_study
    from orchestration.study import read_study

    run_study(read_study(study_file), home)
    print(f"points {passed}", flush=True)


if __name__ == "__main__":
    main()
