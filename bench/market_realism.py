"""How real the synthetic markets are, and how hard to read: writes docs/quality/market.md.

    python -m bench.market_realism
    python -m bench.market_realism --realism

`--realism` prints the first part alone, without training anything. Real files are read from $JOBTIDE_REAL_DATA, by
default the folder shared/data beside the project; no text of theirs is written anywhere. All takes some 10 minutes on
two cores.
"""

import argparse
import os
import sys
import tempfile
import textwrap
from pathlib import Path

from bench.market_difficulty import WANTED, Exam, Judged, examine
from bench.market_samples import real_samples, synthetic_market
from bench.market_tables import percent, realism, table
from market.spec import MarketSpec
from orchestration.home import BUILT_IN_STUDIES, jobtide_home
from orchestration.study import Study, read_study
from orchestration.taxonomies import jobtide_seeds
from storage import write_text_atomically

PAGE = Path("docs/quality/market.md")
POSTINGS = 60_000
DIFFICULTIES = (0.1, 0.3, 0.5, 0.7, 0.9)
DEFAULT = MarketSpec().difficulty
ABSENT = 2


def real_data() -> Path:
    """The folder of real files. Exits where it is not there."""
    folder = Path(
        os.environ.get("JOBTIDE_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
    )
    if not (folder / "usajobs").is_dir():
        print(
            f"{folder} holds no real files to compare with; set JOBTIDE_REAL_DATA to the folder that holds usajobs/, "
            "china_postings/ and the others",
            file=sys.stderr,
        )
        sys.exit(ABSENT)
    return folder


def realism_part(worldwide: Study, china: Study, data: Path, folder: Path) -> list[str]:
    """Make both markets as their studies set them, but smaller, and compare them with the real files."""
    made = []
    for study in (worldwide, china):
        if study.market is None:
            raise ValueError(f"study {study.name} has no synthetic market")
        spec = study.market.model_copy(update={"postings": POSTINGS}).spec(study.months)
        made.append(synthetic_market(study.market.name, spec, folder / study.name))
    return [
        "# The synthetic markets beside real postings",
        "",
        f"Written by `python -m bench.market_realism`. Synthetic: {POSTINGS:,} postings of each market, with "
        f"the settings of `studies/{worldwide.name}.yaml` ({made[0].fingerprint}) and "
        f"`studies/{china.name}.yaml` ({made[1].fingerprint}); another fingerprint is another market. Real: "
        "the files of `shared/data`, which are for evaluation only; nothing of their texts stands here. They "
        "are single boards, one country or a few occupations each, so a market of all occupations is not to "
        "equal any of them, but to lie among them.",
        "",
        *realism(made[0], made[1], real_samples(data), data),
    ]


def difficulty_part(worldwide: Study, china: Study, folder: Path) -> list[str]:
    """Examine `worldwide` at each difficulty and `china_ai` at its own."""
    seeds, cache = jobtide_seeds(), jobtide_home() / ".shared" / "encoders"
    runs = [(worldwide, difficulty) for difficulty in DIFFICULTIES]
    if china.market is not None:
        runs.append((china, china.market.difficulty))
    exams = []
    for study, difficulty in runs:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            exams.append(examine(study, POSTINGS, difficulty, seeds, Path(name), cache))
        print(
            f"{study.name} at {difficulty}: {exams[-1].new.accuracy:.3f} on new employers, {exams[-1].seconds:.0f} s"
        )
    names = {row["title_id"]: row["title_en"] for row in seeds.titles}
    return difficulty_page(exams, names)


def difficulty_page(exams: list[Exam], names: dict[str, str]) -> list[str]:
    """The second part of the page. One of the exams is of `worldwide` at the default difficulty."""
    default = next(exam for exam in exams if exam.market == "worldwide" and exam.difficulty == DEFAULT)
    header = [
        "market",
        "difficulty",
        "labels right",
        "new employers",
        "random split",
        "top 5",
        "errors in family",
    ]
    rows = [
        [
            f"`{exam.market}`",
            exam.difficulty,
            percent(exam.label_accuracy),
            f"{percent(exam.new.accuracy)} ± {100 * exam.new.error:.1f}",
            percent(exam.random.accuracy),
            percent(exam.new.top_5),
            percent(exam.new.inside, 0),
            *(
                percent(share)
                for share in (exam.new.english, exam.new.chinese, exam.new.plain, exam.new.obscured)
            ),
        ]
        for exam in exams
    ]
    labels = sorted({exam.labels for exam in exams})
    emerging = [f"{percent(exam.emerging)} in `{exam.market}`" for exam in (default, exams[-1])]
    wrong = default.new.confused.total()
    pairs = [
        [names[true], names[predicted], count, percent(count / wrong)]
        for (true, predicted), count in sorted(
            default.new.confused.items(), key=lambda pair: (-pair[1], pair[0])
        )[:10]
    ]
    return [
        "## How hard the markets are to read",
        "",
        "The default path with the settings of the study files (encoder, tuning, forest and text; without a "
        f"search over a grid), {POSTINGS:,} postings, {labels[0]:,} to {labels[-1]:,} labels, of which two "
        "thirds teach. Labels are the consensus of the approved answers of the MTurk file by the study's "
        "method (no worker is judged by gold questions), not the truth; accuracy is against the truth. New "
        "employers: each of three folds of whole employers held out in turn, an agency's copy counting to "
        "its client; random split: one fold of three. Ads of titles outside of the taxonomy are left out of "
        f"the accuracy ({' and '.join(emerging)}), though they take part in the training. ±: one standard "
        "error, clustered by employer. All columns but the split are of new employers; obscured: the ad's "
        "own title is vague or a neighbour's.",
        "",
        *table([*header, "English", "Chinese", "plain", "obscured"], rows),
        *requirement(default.new),
        "",
        f"The ten most confused pairs at difficulty {DEFAULT}, new employers (of {wrong:,} errors):",
        "",
        *table(["true title", "predicted", "ads", "of all errors"], pairs),
    ]


def requirement(new: Judged) -> list[str]:
    """What is asked of the default difficulty, and whether it holds."""
    low, high = WANTED
    met = low <= new.accuracy <= high
    inside = new.inside > 0.5
    return [
        f"Required at the default difficulty {DEFAULT}: accuracy on new employers between {percent(low, 0)} "
        f"and {percent(high, 0)}. **{'Holds' if met else 'Does not hold'}**: {percent(new.accuracy)} ± "
        f"{100 * new.error:.1f}.",
        f"Required there: most errors stay inside the family. **{'Holds' if inside else 'Does not hold'}**: "
        f"{percent(new.inside)} of {new.confused.total():,} errors.",
    ]


def wrapped(lines: list[str]) -> str:
    """The page as text: paragraphs in lines of at most 120 characters, tables and headings as they are."""
    whole = [
        line if line.startswith(("|", "#")) else textwrap.fill(line, 120, break_on_hyphens=False)
        for line in lines
    ]
    return "\n".join(whole).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.market_realism", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--realism", action="store_true", help="print the first part only")
    only_realism = parser.parse_args().realism
    data = real_data()
    worldwide, china = (read_study(BUILT_IN_STUDIES / f"{name}.yaml") for name in ("demo", "china_ai"))
    with tempfile.TemporaryDirectory(prefix="jobtide-market-") as name:
        lines = realism_part(worldwide, china, data, Path(name))
        if only_realism:
            print("\n".join(lines))
            return
        lines += difficulty_part(worldwide, china, Path(name))
    write_text_atomically(PAGE, wrapped(lines))
    print(f"{PAGE} is written")


if __name__ == "__main__":
    main()
