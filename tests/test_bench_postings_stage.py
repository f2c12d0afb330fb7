"""The bench of the postings stage: what it takes for the truth, and for memory; and work shared among processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.postings_stage import STEPS, _study, pairwise, peak_megabytes, section
from market.generate import generate_market
from orchestration.home import StudyPlaces
from postings.side_by_side import WORTH_PROCESSES, in_order, processes_for

POSTINGS = 2_000


def test_planted_duplicates_are_found_with_an_f1_of_95_percent_and_nothing_is_lost_on_the_way(
    tmp_path: Path,
) -> None:
    study = _study(POSTINGS)
    places = StudyPlaces(tmp_path / study.name)
    assert study.market is not None
    made = generate_market(study.market.spec(study.months), places.source, places.truth)
    records = {step: take(study, tmp_path, places) for step, take in STEPS.items()}
    assert records["reading"] == records["canonical"] == records["conservation"] == made.records
    judged = pairwise(places)
    assert float(str(judged["f1"])) >= 0.95, judged


def test_memory_is_that_of_a_process_and_its_children_together() -> None:
    hold = "import time; held = bytearray(b'x') * 150_000_000; time.sleep(1.5)"
    also = f"held = bytearray(b'x') * 150_000_000; subprocess.run([sys.executable, '-c', {hold!r}])"
    both = f"import subprocess, sys; {also}"
    with subprocess.Popen([sys.executable, "-c", both], stdout=subprocess.PIPE, text=True) as process:
        assert 290 < peak_megabytes(process) < 400


def test_the_kept_figures_say_the_rate_the_memory_and_the_f1() -> None:
    said = "\n".join(section())
    assert "files to postings" in said
    assert "F1 " in said


def test_results_of_several_processes_come_in_the_order_of_the_batches() -> None:
    assert list(in_order(abs, iter(range(-9, 0)), 2)) == [(number, -number) for number in range(-9, 0)]


def test_an_error_in_another_process_arrives_where_the_work_was_asked_for() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(in_order(int, iter(["1", "two", "3"]), 2))


def test_few_batches_stay_in_this_process() -> None:
    assert processes_for(WORTH_PROCESSES - 1) == 1
