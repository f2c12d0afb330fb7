"""Keys of a study file for what stands around the estimates: the outside benchmark, the sensitivity of headlines."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

BENCHMARK_COUNTRIES = ("AU", "CA", "DE", "ES", "FR", "GB", "IE", "IT", "JP", "NL", "US")
"""Countries that Indeed Hiring Lab publishes an index for; its EA, the euro area, is no country of a posting."""


class Benchmark(BaseModel):
    """An outside index. `path`: a folder or file at hand; else the files are fetched, and kept for a week."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["indeed"]
    countries: list[str] = Field(default=list(BENCHMARK_COUNTRIES), min_length=1)
    path: str = Field("", description="a folder with aggregate_job_postings_XX.csv, or one such file")
    url: str = Field("", description="another address to fetch from, with {country} in it")

    @field_validator("countries")
    @classmethod
    def _are_known(cls, value: list[str]) -> list[str]:
        unknown = [country for country in value if country not in BENCHMARK_COUNTRIES]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)}: the index has the countries {', '.join(BENCHMARK_COUNTRIES)}"
            )
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.path and self.url:
            raise ValueError("give `path` or `url`, not both")
        if self.url and ("{country}" not in self.url or not self.url.startswith(("http://", "https://"))):
            raise ValueError("url: an address that begins with https:// and holds {country}")
        return self


class Sensitivity(BaseModel):
    """Which headlines are counted in other ways, and by which further thresholds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    titles: int = Field(
        default=10, ge=0, le=200, description="of the fastest, the steepest falls and the largest"
    )
    thresholds: list[float] = Field(default=[0.0, 0.2, 0.3, 0.5])
    aggregators: bool = Field(default=True, description="correct by the labels of the other aggregator too")

    @field_validator("thresholds")
    @classmethod
    def _are_probabilities(cls, value: list[float]) -> list[float]:
        if any(not 0 <= one < 1 for one in value):
            raise ValueError("thresholds are probabilities: 0 or more, and below 1")
        return sorted(set(value))
