"""The studies `demo` and `china_ai` on markets drawn anew, for how often intervals hold over several markets.

    python -m bench.studies_markets 2 3        # two more markets of each, under $JOBTIDE_HOME or ./data
    python -m bench.studies_table              # counts them beside the first

What belongs here: making the studies and running them one after the other; a market takes ten minutes for both. What
does not: what is counted (`bench.studies_table`). A study that has run already is current and takes seconds.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.studies_table import DRAWN_ANEW, STUDIES
from orchestration.home import BUILT_IN_STUDIES, jobtide_home
from orchestration.registration import register, variant
from orchestration.study import read_study


def market_variant(study: str, seed: int, home: Path) -> str:
    """Make the study known under `home` with its market drawn with another seed; its name."""
    built_in = read_study(BUILT_IN_STUDIES / f"{study}.yaml")
    if built_in.market is None:
        raise ValueError(f"{study}: no synthetic market")
    market = {**built_in.market.model_dump(mode="json", exclude_unset=True), "seed": seed}
    drawn_anew = variant(built_in, f"{DRAWN_ANEW}{seed}", {"market": market})
    register(drawn_anew, home)
    return drawn_anew.name


def main(arguments: Sequence[str]) -> int:
    """Run both studies for every seed; the exit status of the first that fails."""
    try:
        seeds = [int(argument) for argument in arguments]
    except ValueError:
        print(f"{' '.join(arguments)}: write the seeds as whole numbers, for example 2 3", file=sys.stderr)
        return 2
    home = jobtide_home()
    for seed in seeds:
        for study in STUDIES:
            name = market_variant(study, seed, home)
            print(f"{name} ...", flush=True)
            ended = subprocess.run([Path(sys.executable).parent / "jobtide", "run", name], check=False)
            if ended.returncode:
                return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
