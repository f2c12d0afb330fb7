"""What the tests of the synthetic market share: reading what it wrote, and working out what it must show."""

from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from market.employers import Employers
from market.plan import Plan

Floats = npt.NDArray[np.float64]


def read_shards(folder: Path, columns: list[str] | None = None) -> pa.Table:
    """All postings' files of a folder, in order."""
    paths = sorted(folder.glob("postings-*.parquet"))
    return pa.concat_tables(pq.read_table(path, columns=columns) for path in paths)


def query(sql: str, **files: Path) -> list[tuple]:
    """Rows of a query whose parameters are files."""
    with duckdb.connect() as connection:
        return connection.execute(sql, {name: str(path) for name, path in files.items()}).fetchall()


def file_bytes(folder: Path) -> dict[str, bytes]:
    """The content of every file of a folder but its lock."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


def window(plan: Plan, year: int) -> npt.NDArray[np.int64]:
    """The indices of January to October of a year."""
    return np.array([plan.months.index(f"{year}-{month:02d}") for month in range(1, 11)])


def by_title(plan: Plan, volume: Floats) -> Floats:
    """(titles, months) from (cells, months)."""
    sums = np.zeros((len(plan.content.titles), volume.shape[1]))
    np.add.at(sums, plan.cell_title, volume)
    return sums


def change(plan: Plan, volume: Floats, year: int) -> float:
    """How much a volume (..., months) changes in a year's window against the year before."""
    current = window(plan, year)
    return float(volume[..., current].sum() / volume[..., current - 12].sum() - 1)


def volume_by_employer(plan: Plan, employers: Employers) -> Floats:
    """(employers, months): each employer's expected share of the whole market, whether the crawl reaches it or not."""
    volume = np.zeros((len(employers), len(plan.months)))
    for segment, (begin, end) in enumerate(zip(employers.starts[:-1], employers.starts[1:], strict=True)):
        cells = np.flatnonzero(plan.cell_segment == segment)
        if len(cells):
            some = np.arange(begin, end)
            liking = employers.affinity(some[:, None], plan.cell_title[cells][None, :])
            weight = employers._weight[some]
            volume[some] = weight * (liking @ (plan.volume[cells] / (liking.T @ weight)))
    return volume
