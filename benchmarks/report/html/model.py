"""The part of the report on one row: its confusion matrix, its curves, and what it got wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.analysis.leaderboard import Row
from benchmarks.records.trial import FeatureMaps, Scores, TrialResult
from benchmarks.report.charts.curves import calibration_chart, epoch_charts
from benchmarks.report.charts.svg import as_svg
from benchmarks.report.data.findings import Findings
from benchmarks.report.data.mistakes import Reading, mistakes, right_ones
from benchmarks.report.data.pictures import Pictures, Sheet, data_url, tiled
from benchmarks.report.text.table import anchor

CHART_SIZE = (330, 250)
GAP = 1  # pixels between feature maps


@dataclass(frozen=True)
class Shown:
    """An image on the sheet: its place, what is written below it, and what it is in words."""

    place: tuple[int, int]
    caption: str
    words: str


@dataclass(frozen=True)
class ConfusionCell:
    """``rate``: of the images of the true class. ``strength``, 0 to 1: how much the cell is tinted."""

    count: int
    rate: float
    strength: float
    right: bool


@dataclass(frozen=True)
class ModelPart:
    """Everything that the template shows of a row. ``n_without_image``: mistakes whose images are not stored."""

    row: Row
    id: str
    results: Sequence[TrialResult]
    scores: Scores
    confusion: list[list[ConfusionCell]]
    charts: list[tuple[str, str]]
    wrong: list[Shown]
    right: list[Shown]
    n_wrong: int
    n_without_image: int
    has_predictions: bool
    has_sureness: bool
    layers: list[tuple[str, str]]


def model_part(
    findings: Findings, row: Row, results: Sequence[TrialResult], pictures: Pictures | None, sheet: Sheet
) -> ModelPart | None:
    """Put together what is known of a row, in depth of its first seed; None without scores."""
    first = results[0]
    if not first.scores:
        return None
    predictions = findings.predictions.get(first.trial.key)
    wrong = mistakes(findings.truth, predictions) if predictions else []
    right = right_ones(findings.truth, predictions) if predictions else []
    charts = [*epoch_charts(first.history), calibration_chart(findings.truth, predictions)]
    return ModelPart(
        row=row,
        id=anchor(row),
        results=results,
        scores=first.scores,
        confusion=confusion_cells(first.scores),
        charts=[(chart.title, as_svg(chart, *CHART_SIZE)) for chart in charts if chart],
        wrong=_shown(findings, wrong, pictures, sheet),
        right=_shown(findings, right, pictures, sheet),
        n_wrong=first.scores.n_errors,
        n_without_image=sum(not pictures or reading.image not in pictures.test for reading in wrong),
        has_predictions=predictions is not None,
        has_sureness=predictions is not None and predictions.probabilities is not None,
        layers=_layers(predictions.feature_maps) if predictions and predictions.feature_maps else [],
    )


def confusion_cells(scores: Scores) -> list[list[ConfusionCell]]:
    """Return the confusion matrix with rates; wrong cells are tinted by their share of the worst of them."""
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


def _shown(findings: Findings, readings: Sequence[Reading], pictures: Pictures | None, sheet: Sheet) -> list[Shown]:
    names = findings.audit.class_names
    shown = []
    for reading in readings:
        if pictures is None or reading.image not in pictures.test:
            continue
        true, said = names[findings.truth[reading.image]], names[reading.said]
        sure = "" if reading.sureness is None else f"{reading.sureness * 100:.0f} %"
        short = said if true == said else f"{true} → {said}"
        words = f"test image {reading.image}, labelled {true}, read as {said}" + (f", {sure} sure" if sure else "")
        shown.append(Shown(sheet.place(pictures.test[reading.image]), f"{short}, {sure}" if sure else short, words))
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
