"""What the stages of one study share: asset keys, groups, months, and how a range of months is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration.study import Study

WAREHOUSE_POOL = "warehouse"
GPU_POOL = "gpu"
OWNERS = ["team:jobtide"]
STAGES = ("postings", "labels", "model", "classification", "estimates", "marts", "publication")
EXAM = "exam"
"""The stage that only studies with a synthetic market have."""


@dataclass(frozen=True)
class StudyAssets:
    """Names and partitions for the assets of one study."""

    study: Study

    def key(self, name: str) -> dg.AssetKey:
        """The asset key of `name` in this study."""
        return dg.AssetKey([self.study.name, name])

    def op(self, name: str) -> str:
        """A name for the op, distinct among studies."""
        return f"{self.study.name}__{name}"

    def group(self, stage: str) -> str:
        """The group of a stage in this study."""
        return f"{self.study.name}__{stage}"

    @property
    def months(self) -> dg.StaticPartitionsDefinition:
        """The study's months, and `unknown` for postings without a date."""
        return dg.StaticPartitionsDefinition(self.study.partition_keys)

    def spec(
        self,
        name: str,
        stage: str,
        description: str,
        *,
        deps: Sequence[str] = (),
        kinds: set[str] | None = None,
        code_version: str = "1",
    ) -> dg.AssetSpec:
        """The spec of one asset: key, group, owners and what it reads."""
        return dg.AssetSpec(
            key=self.key(name),
            description=description,
            deps=[self.dep(dep) for dep in deps],
            group_name=self.group(stage),
            kinds=kinds or {"python", "parquet"},
            owners=OWNERS,
            code_version=code_version,
        )

    def dep(self, name: str) -> dg.AssetDep:
        """A dependency; whole-study assets read all months of a partitioned one."""
        return dg.AssetDep(self.key(name), partition_mapping=None)


def wanted_months(context: dg.AssetExecutionContext) -> list[str]:
    """The months that this run was asked for, in the order of the study."""
    return list(context.partition_keys)


def table_metadata(rows: Sequence[dict[str, Any]]) -> dg.MetadataValue:
    """A small Markdown table for the asset's page; cell texts are escaped."""
    if not rows:
        return dg.MetadataValue.md("_no rows_")
    names = list(rows[0])

    def cell(value: object) -> str:
        return (
            str("" if value is None else value)
            .replace("|", "\\|")
            .replace("<", "&lt;")
            .replace("\n", " ")[:120]
        )

    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(cell(row[name]) for name in names) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines))
