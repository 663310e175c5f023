"""The part of the report on one row: its metrics, its confusion matrix, its curves, its mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.analysis.leaderboard import Row
from benchmarks.analysis.metrics import ACCURACY, METRICS
from benchmarks.records.trial import FeatureMaps, Scores, TrialResult
from benchmarks.report.charts.curves import calibration_chart, epoch_charts
from benchmarks.report.charts.svg import as_svg
from benchmarks.report.data.findings import Findings
from benchmarks.report.data.mistakes import ImagePrediction, correct_examples, mistakes
from benchmarks.report.data.pictures import Pictures, Sheet, data_url, tiled
from benchmarks.report.text.table import accuracy_text, anchor

CHART_SIZE = (330, 250)
GAP = 1  # pixels between feature maps


@dataclass(frozen=True)
class Thumbnail:
    """An image on the sheet: its place, its caption, and a description in words."""

    place: tuple[int, int]
    caption: str
    words: str


@dataclass(frozen=True)
class ConfusionCell:
    """``rate``: of the images of the true class. ``strength``, 0 to 1: how much the cell is tinted."""

    count: int
    rate: float
    strength: float
    correct: bool


@dataclass(frozen=True)
class ModelPart:
    """Everything that the template shows of a row.

    ``metrics``: (label, value of the row, value of each seed where there are several) of each metric that was
    measured. ``n_without_image``: mistakes whose images are not stored.
    """

    row: Row
    id: str
    results: Sequence[TrialResult]
    scores: Scores
    metrics: list[tuple[str, str, list[str]]]
    confusion: list[list[ConfusionCell]]
    charts: list[tuple[str, str]]
    wrong: list[Thumbnail]
    correct: list[Thumbnail]
    n_wrong: int
    n_without_image: int
    has_predictions: bool
    has_confidence: bool
    layers: list[tuple[str, str]]


def model_part(
    findings: Findings, row: Row, results: Sequence[TrialResult], pictures: Pictures | None, sheet: Sheet
) -> ModelPart | None:
    """Return the contents of a row's part, in detail those of its first seed; None without scores."""
    first = results[0]
    if not first.scores:
        return None
    predictions = findings.predictions.get(first.trial.key)
    wrong = mistakes(findings.truth, predictions) if predictions else []
    correct = correct_examples(findings.truth, predictions) if predictions else []
    charts = [*epoch_charts(first.history), calibration_chart(findings.truth, predictions)]
    return ModelPart(
        row=row,
        id=anchor(row),
        results=results,
        scores=first.scores,
        metrics=metric_lines(row, results),
        confusion=confusion_cells(first.scores),
        charts=[(chart.title, as_svg(chart, *CHART_SIZE)) for chart in charts if chart],
        wrong=_thumbnails(findings, wrong, pictures, sheet),
        correct=_thumbnails(findings, correct, pictures, sheet),
        n_wrong=first.scores.n_errors,
        n_without_image=sum(not pictures or one.image not in pictures.test for one in wrong),
        has_predictions=predictions is not None,
        has_confidence=predictions is not None and predictions.probabilities is not None,
        layers=_layers(predictions.feature_maps) if predictions and predictions.feature_maps else [],
    )


def metric_lines(row: Row, results: Sequence[TrialResult]) -> list[tuple[str, str, list[str]]]:
    """Return (label, value of the row, value of each seed where there are several) of each metric that was measured."""
    lines = []
    for metric in METRICS:
        if metric.name in row.values:
            value = f"{accuracy_text(row)} %" if metric is ACCURACY else metric.text(row.values[metric.name])
            of_seeds = [metric.text(metric.of_trial(result)) for result in results] if len(results) > 1 else []
            lines.append((metric.label, value, of_seeds))
    return lines


def confusion_cells(scores: Scores) -> list[list[ConfusionCell]]:
    """Return the confusion matrix with rates; wrong cells are tinted relative to the worst of them."""
    totals = [max(sum(counts), 1) for counts in scores.confusion]
    wrong = [
        count / total
        for i, (counts, total) in enumerate(zip(scores.confusion, totals, strict=True))
        for j, count in enumerate(counts)
        if i != j
    ]
    worst = max(wrong, default=0.0) or 1.0
    return [
        [
            ConfusionCell(count, count / total, 1.0 if i == j else (count / total / worst) ** 0.5, i == j)
            for j, count in enumerate(counts)
        ]
        for i, (counts, total) in enumerate(zip(scores.confusion, totals, strict=True))
    ]


def _thumbnails(
    findings: Findings, predicted: Sequence[ImagePrediction], pictures: Pictures | None, sheet: Sheet
) -> list[Thumbnail]:
    names = findings.audit.class_names
    shown = []
    for one in predicted:
        if pictures is None or one.image not in pictures.test:
            continue
        true, label = names[findings.truth[one.image]], names[one.label]
        confidence = "" if one.confidence is None else f"{one.confidence * 100:.0f} %"
        short = label if true == label else f"{true} → {label}"
        words = f"test image {one.image}, labelled {true}, predicted {label}"
        if confidence:
            short, words = f"{short}, {confidence}", f"{words}, confidence {confidence}"
        shown.append(Thumbnail(sheet.place(pictures.test[one.image]), short, words))
    return shown


def _layers(maps: FeatureMaps) -> list[tuple[str, str]]:
    """Return the pictures of the input and of each layer, as data URLs: images across, channels down."""
    import numpy as np

    everything = {"input": maps.images[..., None], **maps.layers}
    drawn = []
    for name, layer in everything.items():
        padded = np.pad(layer, ((0, 0), (GAP, GAP), (GAP, GAP), (0, 0)), constant_values=128)
        tiles = [padded[i, :, :, channel] for channel in range(layer.shape[3]) for i in range(len(layer))]
        drawn.append((name, data_url(tiled(tiles, len(layer)))))
    return drawn
