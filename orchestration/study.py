"""A study: the unit a user thinks in, read from one YAML file and checked before any work starts.

What belongs here: the form of a study file, and messages that say what is wrong and how to mend it. What does
not: anything that touches the data (see `study_sources.py` for the check of a study against its files).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from market.spec import MarketSpec, MarketSpecError
from ml.contrastive import ContrastiveSettings
from ml.encoder import EncoderSpec
from ml.forest import ForestSettings
from orchestration.roles import Role, Scope, check_roles
from orchestration.study_around import Benchmark, Sensitivity
from orchestration.study_side import Applications, Coverage, Lifecycle, SideTable
from postings.months import MONTH, months_between
from postings.schema import RAW_FIELDS

UNKNOWN_MONTH = "unknown"
NAME = re.compile(r"^[a-z][a-z0-9_]{0,59}$")


class StudyError(ValueError):
    """A study file that cannot be used; the message lists every fault, with the way to mend it."""


class Form(BaseModel):
    """Base of the sections: unknown keys are refused, because a misspelt key would be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Months(Form):
    """A closed range of months, both ends included."""

    first: str = Field(alias="from")
    last: str = Field(alias="to")

    @field_validator("first", "last", mode="before")
    @classmethod
    def _is_month(cls, value: Any) -> str:
        if not isinstance(value, str) or not MONTH.match(value):
            raise ValueError(f"{value!r} is not a month; write it as YYYY-MM, for example 2025-01")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError(
                f"the range ends ({self.last}) before it begins ({self.first}); swap `from` and `to`"
            )
        return self

    def keys(self) -> list[str]:
        """All months of the range, in order."""
        return months_between(self.first, self.last)


class Window(Form):
    """A pair of windows of equal length: `current` is compared with `base`."""

    current: Months
    base: Months

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if len(self.current.keys()) != len(self.base.keys()):
            raise ValueError(
                f"`current` has {len(self.current.keys())} months and `base` {len(self.base.keys())}; "
                "a change needs windows of equal length"
            )
        return self

    @property
    def pair(self) -> str:
        """The name of the pair in every table."""
        return f"{self.current.first}..{self.current.last} / {self.base.first}..{self.base.last}"


class SyntheticMarket(Form):
    """A synthetic market as a source; `market.spec.MarketSpec` says what the settings mean."""

    name: Literal["worldwide", "china_ai"] = "worldwide"
    postings: int = Field(default=200_000, ge=200, le=100_000_000)
    labelled: int = Field(default=10_000, ge=50)
    seed: int = Field(default=1, ge=0)
    difficulty: float = Field(default=0.5, ge=0, le=1)
    coverage_drift: float = Field(default=1.0, ge=0, le=1)

    def spec(self, months: Months) -> MarketSpec:
        """The market over the study's months. Raises MarketSpecError where its truth does not reach so far."""
        return MarketSpec(**self.model_dump(), first_month=months.first, last_month=months.last)


class Source(Form):
    """Files of postings: where they are, and which of their columns hold what."""

    name: str
    kind: Literal["files"] = "files"
    path: str
    columns: dict[str, str] = Field({}, description="absent: the layout of the files is recognised")
    layout: str = Field("", description="a known layout, or auto; `columns` then correct it field by field")
    records: str = Field("", description="in a JSON file, the dotted path to the array of postings")
    batch: str = Field("1", description="the retrieval; names sort in the order of retrieval")
    encoding: str = "utf-8"
    delimiter: str | None = None

    @field_validator("name")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not NAME.match(value):
            raise ValueError(f"{value!r}: use small letters, digits and _, beginning with a letter")
        return value

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(RAW_FIELDS))
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}; the fields are {', '.join(RAW_FIELDS)}")
        return value

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if self.columns and not self.layout and not {"title", "description"} & set(self.columns):
            raise ValueError("map at least `title` or `description`, or there is no text to classify")
        return self


class Taxonomy(Form):
    """The list of titles: Jobtide's own, or the distinct labels found in the sources."""

    kind: Literal["jobtide", "found"] = "jobtide"


class Gold(Form):
    """Gold questions: a CSV file of tasks whose answer is known, and when a worker's answers stop counting."""

    file: str
    task_column: str = "source_id"
    title_column: str = "title"
    least: int = Field(default=5, ge=1, description="gold questions a worker must have met to be judged")
    pass_share: float = Field(default=0.6, ge=0, le=1, description="share of them that must be right")


class CrowdLabels(Form):
    """Labels from several crowd answers a posting; what the ways in have in common."""

    files: list[str] = Field(min_length=1)
    task_source: str | None = Field(
        None, description="the source whose own ids stand in the task column; null when it holds posting ids"
    )
    consensus: Literal["majority", "dawid_skene_one_coin"] = "dawid_skene_one_coin"
    gold: Gold | None = None


class MturkLabels(CrowdLabels):
    """Answers in Amazon Mechanical Turk's batch result files."""

    kind: Literal["mturk"]
    task_column: str = "Input.source_id"
    answer_column: str = "Answer.title"


class AnswerFileLabels(CrowdLabels):
    """Answers of any provider, as CSV or Parquet with a column for task, worker, answer and time."""

    kind: Literal["answers"]
    provider: str
    columns: dict[str, str]


class ColumnLabels(Form):
    """Labels from the sources' own `label` field: a random sample is used, the rest stays hidden."""

    kind: Literal["column"]
    sample: int = Field(default=5_000, ge=10)


class WordingLabels(Form):
    """Labels from the postings' own titles, where one of the taxonomy's wordings fits well. Nobody checked them."""

    kind: Literal["wordings"]
    sample: int = Field(
        default=20_000, ge=10, description="postings that are looked up; all others are classified"
    )
    least_score: float = Field(default=0.7, gt=0, le=1, description="of the title search; 1 is word for word")


Labels = Annotated[MturkLabels | AnswerFileLabels | ColumnLabels | WordingLabels, Field(discriminator="kind")]


class Classification(Form):
    """From probabilities to titles: below `threshold` a posting is `unassigned`."""

    threshold: float = Field(default=0.1, ge=0, lt=1)
    write_embeddings: bool = False


class Evaluation(Form):
    """How the labelled sample judges the model: folds of the whole path, and the grid it chooses from."""

    folds: int = Field(default=5, ge=2, le=20)
    cross_fit: bool = Field(
        default=True,
        description="every posting is scored by a model that never saw its employer; else nothing is corrected",
    )
    grid: list[dict[str, dict[str, Any]]] = Field(
        default=[{"forest": {"max_features": features}} for features in (16, 8, 32)],
        description="changes to `forest` and `contrastive` to choose between; the first of equals wins",
    )


class Estimates(Form):
    """Settings of the intervals and of the flags beside a figure."""

    replicates: int = Field(default=1_000, ge=100, le=100_000)
    min_postings: int = Field(default=30, ge=1)
    min_employers: int = Field(default=10, ge=2)
    min_people: int = Field(default=10, ge=3, description="counts of fewer applicants are withheld")


class Study(Form):
    """One study. `home` and `origin` are not in the file: they are where it lives and where it was read."""

    name: str
    title: str
    about: str = ""
    months: Months
    market: SyntheticMarket | None = None
    sources: list[Source] = Field(min_length=1)
    date_order: Literal["dmy", "mdy"] | None = Field(
        None, description="how dates such as 03/04/2024 are meant; without it they are set aside as ambiguous"
    )
    coverage: Coverage | None = Field(None, description="polls of employers' boards")
    applications: Applications | None = None
    lifecycle: Lifecycle | None = Field(None, description="sightings of postings, day by day")
    taxonomy: Taxonomy = Taxonomy()
    labels: Labels | None = Field(None, description="absent: the study ends with its postings")
    text: list[Literal["title", "description", "core_text", "employer", "industry", "skills"]] = Field(
        default=["title", "description"], min_length=1
    )
    encoder: EncoderSpec = EncoderSpec()
    contrastive: ContrastiveSettings | None = ContrastiveSettings()
    forest: ForestSettings = ForestSettings()
    classification: Classification = Classification()
    evaluation: Evaluation = Evaluation()
    windows: list[Window] = []
    estimates: Estimates = Estimates()
    benchmark: Benchmark | None = None
    sensitivity: Sensitivity = Sensitivity()
    roles: list[Role] = Field([], description="the fields that are shown in depth")
    scopes: list[Scope] = Field([], description="industries that the roles are also shown in")
    seed: int = Field(default=0, ge=0)
    origin: Path = Path()

    @field_validator("name")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not NAME.match(value):
            raise ValueError(f"{value!r}: use small letters, digits and _, beginning with a letter")
        return value

    @model_validator(mode="after")
    def _market_can_be_made(self) -> Self:
        if self.market is not None:
            try:
                self.market.spec(self.months)
            except MarketSpecError as error:
                raise ValueError(f"market: {error}") from error
        return self

    @model_validator(mode="after")
    def _grid_fits(self) -> Self:
        for changes in self.evaluation.grid:
            if unknown := set(changes) - {"forest", "contrastive"}:
                raise ValueError(
                    f"evaluation.grid: {', '.join(sorted(unknown))} is neither forest nor contrastive"
                )
            ForestSettings.model_validate({**self.forest.model_dump(), **changes.get("forest", {})})
            tuned = self.contrastive or ContrastiveSettings()
            ContrastiveSettings.model_validate({**tuned.model_dump(), **changes.get("contrastive", {})})
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        inside = set(self.months.keys())
        for window in self.windows:
            outside = [m for m in window.current.keys() + window.base.keys() if m not in inside]
            if outside:
                raise ValueError(
                    f"windows: {outside[0]} is outside the study's months {self.months.first} to {self.months.last}; "
                    "widen `months` or move the window"
                )
        names = [source.name for source in self.sources]
        if len(set(names)) != len(names):
            raise ValueError(f"sources: the names {names} are not distinct; rename one")
        if isinstance(self.labels, ColumnLabels) and not any("label" in s.columns for s in self.sources):
            raise ValueError("labels: kind `column` needs a source that maps `label` to one of its columns")
        if isinstance(self.labels, AnswerFileLabels) and not {
            "task",
            "worker",
            "answer",
            "answered_at",
        } <= set(self.labels.columns):
            raise ValueError(
                "labels.columns: name the file's columns for task, worker, answer and answered_at"
            )
        if isinstance(self.labels, CrowdLabels) and self.labels.task_source not in (None, *names):
            raise ValueError(
                f"labels: task_source {self.labels.task_source!r} is none of the sources {names}"
            )
        for key, table in self.side_tables.items():
            try:
                table.source_among(names)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from error
        if self.taxonomy.kind == "found" and not isinstance(self.labels, ColumnLabels):
            raise ValueError("taxonomy: kind `found` needs labels of kind `column`")
        if self.classified and not self.windows:
            raise ValueError(
                "windows: name at least one pair, or leave out `labels` too: then nothing is compared"
            )
        if not self.classified and (self.windows or self.roles or self.market):
            raise ValueError("labels: a study with `windows`, `roles` or a `market` needs them")
        if isinstance(self.labels, WordingLabels) and self.evaluation.cross_fit:
            raise ValueError(
                "evaluation: labels of kind `wordings` are no random sample of what is classified, so no change can be "
                "corrected by them; write `evaluation: {cross_fit: false}`"
            )
        return self

    @model_validator(mode="after")
    def _roles_are_known(self) -> Self:
        check_roles(self.roles, self.scopes, standard_titles=self.taxonomy.kind == "jobtide")
        return self

    @property
    def classified(self) -> bool:
        """Whether postings get titles; a study without labels ends with its postings."""
        return self.labels is not None

    @property
    def side_tables(self) -> dict[str, SideTable]:
        """The tables beside the postings that the study names, by their keys."""
        named = {
            "coverage": self.coverage,
            "applications": self.applications,
            "lifecycle": self.lifecycle,
        }
        return {key: table for key, table in named.items() if table is not None}

    @property
    def partition_keys(self) -> list[str]:
        """The study's months and the partition of postings without a date."""
        return [*self.months.keys(), UNKNOWN_MONTH]

    @property
    def job_name(self) -> str:
        """The Dagster job that materialises the whole study."""
        return f"study__{self.name}"


def read_study(path: Path) -> Study:
    """Read and check one study file. Raises StudyError with every fault found."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise StudyError(
            f"{path}: there is no such study file; `ls studies/` shows the ones that come with Jobtide"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not a YAML file in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise StudyError(
            f"{path}: a study is a mapping of keys such as `name` and `sources`; see docs/studies-file.md"
        )
    return study_from(content, path)


def study_from(content: dict[str, Any], path: Path) -> Study:
    """Check the content of a study file; `path` is where relative paths in it start from."""
    origin = Path(content.pop("origin", path.parent.resolve()))
    try:
        return Study.model_validate({**content, "origin": origin})
    except ValidationError as error:
        faults = "\n".join(f"  - {_place(fault['loc'])}: {_mending(fault)}" for fault in error.errors())
        raise StudyError(f"{path}: {error.error_count()} fault(s)\n{faults}") from error


def resolve_path(template: str, study: Study, home: Path) -> str:
    """A path of the study file made absolute.

    `{source}` stands for the folder of the synthetic market, `${NAME}` and `${NAME:-default}` for an environment
    variable; relative paths start at the folder of the study file, addresses (s3://, https://) stay as they are.
    Raises StudyError for an unset variable.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match["name"], match["default"])
        if found is None:
            raise StudyError(f"{template}: set the environment variable {match['name']}, or write a default")
        return found

    text = re.sub(r"\$\{(?P<name>[A-Z_][A-Z0-9_]*)(?::-(?P<default>[^}]*))?\}", value, template)
    text = text.replace("{source}", str(home / study.name / "source"))
    if "://" in text:
        return text
    return str((study.origin / text).absolute()) if not Path(text).is_absolute() else text


def _place(location: tuple[int | str, ...]) -> str:
    return (
        ".".join(str(part) for part in location if part not in ("mturk", "answers", "column", "wordings"))
        or "study"
    )


def _mending(fault: Any) -> str:
    match fault["type"]:
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "there is no such key; check its spelling, or remove it"
        case "missing":
            return "this key is missing; add it"
        case "value_error":
            return str(fault["msg"]).removeprefix("Value error, ")
        case "union_tag_not_found" | "union_tag_invalid":
            return "`kind` must be one of mturk, answers, column, wordings"
        case _:
            return f"{fault['msg']} (found: {str(fault['input'])[:80]!r})"
