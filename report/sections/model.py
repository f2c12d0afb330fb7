"""The model behind the titles: how often it is right, and where it is not.

What belongs here: blocks made of the model card. What does not: the market's figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from report import blocks, figures, wording
from report.card import NOT_RECORDED, ModelCard, finite

HARDEST = 12


@dataclass(frozen=True)
class Measure:
    """One measure of quality in words: by a random split, by employer, and what it says."""

    name: str
    random: str
    by_employer: str
    meaning: str


def model_section(card: ModelCard, names: Mapping[str, str], numbering: blocks.Numbering) -> blocks.Section:
    """Accuracy, calibration, the hardest titles and how the model was made. `names`: title id to title."""
    heading = "How good the titles are"
    if not card.content:
        text = "No model card was recorded, so nothing can be said of how often these titles are right."
        return blocks.Section("model", heading, (blocks.Paragraph(text),))
    parts: list[blocks.Block] = [
        blocks.Paragraph(
            "A model reads each posting and gives it a title. It is tested on labelled postings that "
            "it has not seen. "
            "The test by employer keeps all postings of an employer on one side, so it shows what "
            "happens with employers "
            "that the model has never met; a random split flatters, because employers repeat their own texts."
        ),
        _quality_table(card, numbering),
    ]
    bins = calibration_bins(card)
    if bins:
        parts.append(_calibration_figure(card, bins, numbering))
    else:
        parts.append(blocks.Paragraph(f"Calibration: {NOT_RECORDED}.", quiet=True))
    hardest = hardest_titles(card)
    if hardest:
        parts.append(_hardest_table(card, hardest, names, numbering))
    else:
        parts.append(blocks.Paragraph(f"Accuracy title by title: {NOT_RECORDED}.", quiet=True))
    families = card.rows(f"{detailed(card)}.families")
    if families:
        parts.append(_families_table(card, families, numbering))
    parts.append(_making_table(card, numbering))
    return blocks.Section("model", heading, tuple(parts))


def detailed(card: ModelCard) -> str:
    """The test that details are taken from: by employer where postings are scored that way, else the random split."""
    return "by_employer" if card.at("cross_fitted") else "random"


def _test_in_words(card: ModelCard) -> str:
    return {"by_employer": "by employer", "random": "random split"}[detailed(card)]


def quality_measures(card: ModelCard) -> list[Measure]:
    """The card's measures, "not recorded" where it has none, and the encoder's before and after tuning."""

    def words(path: str) -> str:
        value = card.number(path)
        return NOT_RECORDED if value is None else wording.percent(value)

    measures = [
        Measure(name, words(f"random.{key}"), words(f"by_employer.{key}"), meaning)
        for name, key, meaning in (
            ("Accuracy", "accuracy", "share of test postings given their label's title"),
            ("Macro F1", "macro_f1", "average over titles, small ones counting as much as large ones"),
            ("Top 5", "top_5", "share whose label is among the model's five best titles"),
            (
                "Calibration error",
                "calibration_error",
                "average gap between stated and actual accuracy; 0 is perfect",
            ),
        )
    ]
    meaning = "share of test postings whose most similar labelled posting has their title"
    return [
        *measures,
        Measure("Encoder before tuning", words("contrastive_effect.before.nearest"), "", meaning),
        Measure("Encoder after tuning", words("contrastive_effect.after.nearest"), "", meaning),
    ]


def calibration_bins(card: ModelCard) -> list[tuple[float, float, int]]:
    """(stated probability, share right, n) of every filled bin, in order of probability."""
    bins = []
    for row in card.rows(f"{detailed(card)}.calibration"):
        stated, right, number = (
            finite(row.get(key)) for key in ("mean_probability", "accuracy", "predictions")
        )
        if stated is not None and right is not None and number:
            bins.append((stated, right, int(number)))
    return sorted(bins)


def hardest_titles(card: ModelCard) -> list[Mapping[str, Any]]:
    """Labelled titles with the lowest F1, hardest first."""
    rows = [
        (score, -labels, str(row.get("title_id", "")), row)
        for row in card.rows(f"{detailed(card)}.per_class")
        if (score := finite(row.get("f1"))) is not None and (labels := finite(row.get("labels")) or 0) > 0
    ]
    return [row for *_, row in sorted(rows, key=lambda entry: entry[:3])[:HARDEST]]


def _quality_table(card: ModelCard, numbering: blocks.Numbering) -> blocks.TableBlock:
    columns = (
        blocks.Column("Measure"),
        blocks.Column("Random split", number=True),
        blocks.Column("By employer", number=True),
        blocks.Column("What it says", prose=True),
    )
    rows = tuple(
        blocks.Row(
            (
                blocks.text(measure.name),
                blocks.Cell(measure.random),
                blocks.Cell(measure.by_employer),
                blocks.text(measure.meaning),
            )
        )
        for measure in quality_measures(card)
    )
    n = [f"n\u00a0=\u00a0{_whole(card, 'labels')} labelled postings", f"{_whole(card, 'titles')} titles"]
    caption = f"Quality of the titles ({', '.join(n)}, {_whole(card, 'employers')} employers)"
    return blocks.TableBlock(
        numbering.table(), blocks.Table("quality", caption, columns, rows, "model_card.json")
    )


def _calibration_figure(
    card: ModelCard, bins: list[tuple[float, float, int]], numbering: blocks.Numbering
) -> blocks.FigureBlock:
    error = card.number(f"{detailed(card)}.calibration_error")
    description = f"Stated probability against actual accuracy in {len(bins)} bins"
    description += f"; expected calibration error {wording.percent(error)}." if error is not None else "."
    columns = (
        blocks.Column("Probability stated", number=True),
        blocks.Column("Share right", number=True),
        blocks.Column("n", number=True),
    )
    rows = tuple(
        blocks.Row((blocks.share(stated), blocks.share(right), blocks.count(number)))
        for stated, right, number in bins
    )
    n = sum(number for *_, number in bins)
    return blocks.FigureBlock(
        numbering.figure(),
        figures.calibration("calibration", "Calibration of the model", description, bins),
        f"On the dashed line the model is as often right as it says; above it, it is too modest, below "
        "it too sure. A forest is modest by its nature: its probability is the mean of its trees' votes, which many "
        "titles share. Corrected counts go by how often it was right in the audit, not by what it states. "
        f"Random split, n\u00a0=\u00a0{wording.count(n)} labelled postings that it had not seen. Data: "
        "model_card.json.",
        data=blocks.Table("calibration-data", "Calibration", columns, rows, "model_card.json"),
        small=True,
    )


def _hardest_table(
    card: ModelCard, hardest: list[Mapping[str, Any]], names: Mapping[str, str], numbering: blocks.Numbering
) -> blocks.TableBlock:
    columns = (
        blocks.Column("Title"),
        blocks.Column("n labelled", number=True),
        blocks.Column("n predicted", number=True),
        blocks.Column("Precision", number=True, note="Of the postings given this title, the share that are"),
        blocks.Column("Recall", number=True, note="Of the postings that are this title, the share found"),
        blocks.Column("F1", number=True),
    )
    rows = []
    for row in hardest:
        identifier = wording.plain(row.get("title_id"))
        rows.append(
            blocks.Row(
                (
                    blocks.text(names.get(identifier) or wording.readable(identifier)),
                    blocks.count(finite(row.get("labels"))),
                    blocks.count(finite(row.get("predicted"))),
                    blocks.share(finite(row.get("precision"))),
                    blocks.share(finite(row.get("recall"))),
                    blocks.share(finite(row.get("f1"))),
                )
            )
        )
    caption = f"Titles that the model finds hardest ({_test_in_words(card)})"
    table = blocks.Table("hardest", caption, columns, tuple(rows), "model_card.json")
    return blocks.TableBlock(numbering.table(), table)


def _families_table(
    card: ModelCard, families: list[Mapping[str, Any]], numbering: blocks.Numbering
) -> blocks.TableBlock:
    columns = (
        blocks.Column("Family"),
        blocks.Column("n labelled", number=True),
        blocks.Column("Title right", number=True),
        blocks.Column("Family right", number=True, note="Any title of the family counts"),
    )
    rows = tuple(
        blocks.Row(
            (
                blocks.text(wording.readable(row.get("family"))),
                blocks.count(finite(row.get("labels"))),
                blocks.share(finite(row.get("accuracy"))),
                blocks.share(finite(row.get("family_accuracy"))),
            )
        )
        for row in families
    )
    caption = f"Accuracy by family of titles ({_test_in_words(card)})"
    table = blocks.Table("families", caption, columns, rows, "model_card.json", tall=len(rows) > 14)
    return blocks.TableBlock(numbering.table(), table)


def _making_table(card: ModelCard, numbering: blocks.Numbering) -> blocks.TableBlock:
    seconds = card.number("duration_seconds")
    facts = [
        ("Labelled postings", _whole(card, "labels")),
        ("Titles among the labels", _whole(card, "titles")),
        ("Employers among the labels", _whole(card, "employers")),
        ("Folds", _whole(card, "folds")),
        ("Seed", card.text("seed")),
        ("Dimensions of the embedding", _whole(card, "embedding_dimensions")),
        ("Time to train", NOT_RECORDED if seconds is None else f"{wording.decimal_number(seconds)} s"),
    ]
    for group in ("versions", "encoder", "contrastive", "forest"):
        values = card.at(group)
        if not isinstance(values, Mapping):
            facts.append((group.capitalize(), NOT_RECORDED))
            continue
        facts += [
            (f"{group.capitalize()}: {wording.plain(key).replace('_', ' ')}", _scalar(values[key]))
            for key in sorted(values, key=str)
        ]
    columns = (blocks.Column("Fact"), blocks.Column("Value", prose=True))
    rows = tuple(blocks.Row((blocks.text(name), blocks.text(value))) for name, value in facts)
    table = blocks.Table("making", "How the model was made", columns, rows, "model_card.json", tall=True)
    return blocks.TableBlock(numbering.table(), table)


def _whole(card: ModelCard, path: str) -> str:
    value = card.number(path)
    return NOT_RECORDED if value is None else wording.count(value)


def _scalar(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_scalar(value[key])}" for key in sorted(value, key=str)) or "none"
    if isinstance(value, list):
        return ", ".join(_scalar(part) for part in value) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
