"""The outside index: read as it is, fetched politely, and set beside the study's own change."""

from __future__ import annotations

from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from ml.estimation.benchmark import (
    ALL_COUNTRIES,
    BenchmarkError,
    against_benchmark,
    benchmark_file,
    mean_level,
    read_indeed,
)
from ml.estimation.benchmark_download import download, local_files
from ml.estimation.decomposition import Cells
from orchestration.study import Window

REAL = Path(__file__).parents[2] / "shared" / "data" / "indeed_hiring_lab"
HEADER = "date,jobcountry,indeed_job_postings_index_SA,indeed_job_postings_index_NSA,variable\n"
TEN_MONTHS = Window.model_validate(
    {"current": {"from": "2025-01", "to": "2025-10"}, "base": {"from": "2024-01", "to": "2024-10"}}
)
ONE_MONTH = Window.model_validate(
    {"current": {"from": "2025-01", "to": "2025-01"}, "base": {"from": "2024-01", "to": "2024-01"}}
)


def _index(folder: Path, country: str, base: float, current: float) -> Path:
    path = folder / benchmark_file(country)
    # Not in the order of time, as the real files of some countries.
    rows = [
        f"{day},{country},{level},{level},{series} postings\n"
        for series in ("new", "total")
        for day, level in (("2025-01-02", current), ("2024-01-01", base), ("2025-01-01", current))
    ]
    path.write_text(HEADER + "".join(rows), "utf-8")
    return path


def _cells(counts: dict[tuple[str, str], tuple[int, int]]) -> Cells:
    """(employer, country) -> postings of both windows."""
    rows = [
        {
            "employer_id": employer,
            "side": side,
            "polled": "base+current",
            "class": "unique",
            "country": country,
            "industry": "x",
            "postings": postings,
        }
        for (employer, country), sides in counts.items()
        for side, postings in zip(("base", "current"), sides, strict=True)
        if postings
    ]
    return Cells(pa.Table.from_pylist(rows), has_polls=True)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real index is not beside this checkout")
def test_the_real_index_of_the_united_states_fell_as_its_makers_say() -> None:
    levels = read_indeed(sorted(REAL.glob("*.csv")))
    changes = {}
    for series in ("total", "new"):
        base = mean_level(levels["US", series], TEN_MONTHS.base.keys())
        current = mean_level(levels["US", series], TEN_MONTHS.current.keys())
        assert base is not None
        assert current is not None
        assert (base[1], current[1]) == (305, 304)
        changes[series] = 100 * (current[0] / base[0] - 1)
    assert changes == pytest.approx({"total": -8.35, "new": -14.52}, abs=0.005)
    assert {country for country, _ in levels} >= {"US", "GB", "NL", "DE"}


def test_the_difference_is_split_into_mix_and_what_it_does_not_explain(tmp_path: Path) -> None:
    _index(tmp_path, "US", 100, 90)
    _index(tmp_path, "DE", 80, 100)
    cells = _cells(
        {(f"u{n}", "US"): (10, 9) for n in range(20)}
        | {(f"d{n}", "DE"): (10, 12) for n in range(10)}
        | {(f"x{n}", "XX"): (10, 20) for n in range(10)}
    )
    levels = read_indeed(sorted(tmp_path.glob("*.csv")))
    rows = {
        row["country"]: row
        for row in against_benchmark(levels, cells, ONE_MONTH, 100).to_pylist()
        if row["series"] == "new"
    }
    assert list(rows) == ["DE", "US", ALL_COUNTRIES]
    us, both = rows["US"], rows[ALL_COUNTRIES]
    assert us["benchmark_change"] == pytest.approx(-0.1)
    assert (us["base_postings"], us["current_postings"]) == (200, 180)
    assert us["market_change"] == pytest.approx(500 / 400 - 1)
    assert us["explained_by_mix"] == pytest.approx(0.25 + 0.1)
    assert us["unexplained"] == pytest.approx(0)
    assert us["difference"] == pytest.approx(us["explained_by_mix"] + us["unexplained"])
    # Two thirds at -10 %, one third at +25 %.
    assert both["benchmark_change"] == pytest.approx(2 / 3 * -0.1 + 1 / 3 * 0.25)
    assert both["change"] == pytest.approx(300 / 300 - 1)
    assert us["change_low"] <= us["change"] <= us["change_high"]
    assert us["panel_change"] == us["change"]


def test_a_country_that_one_side_lacks_has_no_row_and_neither_has_a_window_without_days(
    tmp_path: Path,
) -> None:
    _index(tmp_path, "US", 100, 90)
    _index(tmp_path, "FR", 100, 90)
    levels = read_indeed(sorted(tmp_path.glob("*.csv")))
    cells = _cells({(f"u{n}", "US"): (10, 9) for n in range(20)})
    assert set(against_benchmark(levels, cells, ONE_MONTH, 100).column("country").to_pylist()) == {"US"}
    assert against_benchmark(levels, cells, TEN_MONTHS, 100).num_rows == 0
    assert against_benchmark({}, cells, ONE_MONTH, 100).num_rows == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "has no column date"),
        (HEADER + "2024-01-01,US,high,1,total postings\n", "row 2, indeed_job_postings_index_SA: 'high'"),
        (HEADER + "2024-13-01,US,1,1,total postings\n", "row 2, date: '2024-13-01'"),
        (HEADER + "2024-01-01,US,nan,1,total postings\n", "a positive number"),
        (HEADER + "2024-01-01,US,1,1,old postings\n", "row 2, variable"),
        (
            HEADER + "2024-01-01,US,1,1,new postings\n2024-01-01,US,2,1,new postings\n",
            "row 3: 2024-01-01 stands twice",
        ),
    ],
)
def test_a_damaged_file_is_named_with_row_and_column(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(BenchmarkError, match=r"x\.csv") as caught:
        read_indeed([path])
    assert said in str(caught.value)


def test_a_folder_that_lacks_a_country_says_so_and_gives_the_others(tmp_path: Path) -> None:
    path = _index(tmp_path, "US", 100, 90)
    found = local_files(tmp_path, ["US", "JP"])
    assert found.paths == [path]
    assert "no benchmark for JP" in found.messages[0]


def _client(status: int, calls: list[str]) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        return httpx.Response(status, text=HEADER)

    return httpx.Client(transport=httpx.MockTransport(answer))


def test_a_file_is_fetched_once_a_week(tmp_path: Path) -> None:
    calls: list[str] = []
    for _ in range(2):
        found = download(tmp_path, ["US"], "https://example.org/{country}.csv", client=_client(200, calls))
    assert calls == ["https://example.org/US.csv"]
    assert found.paths == [tmp_path / benchmark_file("US")]
    assert not found.messages


def test_without_an_answer_there_is_a_message_and_the_file_fetched_earlier(tmp_path: Path) -> None:
    import os

    old = _index(tmp_path, "US", 100, 90)
    os.utime(old, (0, 0))
    found = download(tmp_path, ["US", "GB"], client=_client(503, []))
    assert found.paths == [old]
    assert "fetched earlier" in found.messages[0]
    assert "no benchmark for GB" in found.messages[1]
