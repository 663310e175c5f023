"""Every metric of a trial, in the order of the tables.

A new score or cost is one entry of ``METRICS``. The leaderboard and its files, the report, the cost charts, the
terminal, the README and ``compare`` follow from that entry.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks.analysis.metric import (
    COEFFICIENT,
    COUNT,
    MEBIBYTES,
    MILLISECONDS,
    NUMBER,
    PERCENT,
    SECONDS,
    Metric,
    Noise,
    Shown,
    of_scores,
)

if TYPE_CHECKING:
    from benchmarks.records.trial import TrialResult

MIB = 2**20


def _training_s(result: TrialResult) -> float | None:
    features_s, fit_s = result.timing.features_s, result.timing.fit_s
    return None if features_s is None or fit_s is None else features_s + fit_s


def _model_mb(result: TrialResult) -> float | None:
    return None if result.resources.model_bytes is None else result.resources.model_bytes / MIB


ACCURACY = Metric(
    name="accuracy",
    heading="accuracy",
    label="accuracy",
    unit=PERCENT,
    better="higher",
    read=of_scores(lambda scores: scores.accuracy),
    aggregate=fmean,
    shown=Shown.EVERYWHERE,
    gate=True,
)

METRICS: tuple[Metric, ...] = (
    ACCURACY,
    Metric(
        name="n_errors",
        heading="errors",
        label="misclassified test images",
        unit=COUNT,
        better="lower",
        read=of_scores(lambda scores: scores.n_errors),
        aggregate=fmean,
    ),
    Metric(
        name="precision",
        heading="precision",
        label="precision, macro average",
        unit=PERCENT,
        better="higher",
        read=of_scores(lambda scores: scores.precision_macro),
        aggregate=fmean,
    ),
    Metric(
        name="recall",
        heading="recall",
        label="recall, macro average",
        unit=PERCENT,
        better="higher",
        read=of_scores(lambda scores: scores.recall_macro),
        aggregate=fmean,
    ),
    Metric(
        name="f1",
        heading="F1",
        label="F1, macro average",
        unit=PERCENT,
        better="higher",
        read=of_scores(lambda scores: scores.f1_macro),
        aggregate=fmean,
        shown=Shown.TABLES,
    ),
    Metric(
        name="train_accuracy",
        heading="train accuracy",
        label="accuracy on training images",
        unit=PERCENT,
        better="higher",
        read=of_scores(lambda scores: scores.train_accuracy),
        aggregate=fmean,
    ),
    Metric(
        name="log_loss",
        heading="log loss",
        label="log loss",
        unit=NUMBER,
        better="lower",
        read=of_scores(lambda scores: scores.log_loss),
        aggregate=fmean,
    ),
    Metric(
        name="brier",
        heading="Brier score",
        label="Brier score",
        unit=NUMBER,
        better="lower",
        read=of_scores(lambda scores: scores.brier),
        aggregate=fmean,
    ),
    Metric(
        name="ece",
        heading="ECE",
        label="expected calibration error",
        unit=NUMBER,
        better="lower",
        read=of_scores(lambda scores: scores.ece),
        aggregate=fmean,
    ),
    Metric(
        name="r2",
        heading="R²",
        label="R² of the label as a number",
        unit=COEFFICIENT,
        better="higher",
        read=of_scores(lambda scores: scores.r2),
        aggregate=fmean,
    ),
    Metric(
        name="features_s",
        heading="feature time",
        label="time for the features of all images",
        unit=SECONDS,
        better="lower",
        read=lambda result: result.timing.features_s,
        shown=Shown.SHORT_TABLES,
        noise=Noise(ratio=1.25, smallest=0.02),
        shared_by_seeds=True,
    ),
    Metric(
        name="fit_s",
        heading="fit",
        label="fit time",
        unit=SECONDS,
        better="lower",
        read=lambda result: result.timing.fit_s,
        shown=Shown.EVERYWHERE,
        noise=Noise(ratio=1.25, smallest=0.02),
        gate=True,
    ),
    Metric(
        name="training_s",
        heading="training time",
        label="time for features and fit",
        unit=SECONDS,
        better="lower",
        read=_training_s,
        charted=True,
    ),
    Metric(
        name="predict_s",
        heading="predict",
        label="time to predict all test images",
        unit=SECONDS,
        better="lower",
        read=lambda result: result.timing.predict_s,
        shown=Shown.SHORT_TABLES,
        noise=Noise(ratio=1.15, smallest=0.02),
        gate=True,
    ),
    Metric(
        name="latency_ms_p50",
        heading="one image",
        label="prediction latency, one image",
        unit=MILLISECONDS,
        better="lower",
        read=lambda result: result.timing.latency_ms.p50 if result.timing.latency_ms else None,
        shown=Shown.TABLES,
        charted=True,
        noise=Noise(ratio=1.25, smallest=0.5),
    ),
    Metric(
        name="latency_ms_p99",
        heading="one image, p99",
        label="prediction latency, 99th percentile",
        unit=MILLISECONDS,
        better="lower",
        read=lambda result: result.timing.latency_ms.p99 if result.timing.latency_ms else None,
    ),
    Metric(
        name="peak_rss_mb",
        heading="memory",
        label="peak memory",
        unit=MEBIBYTES,
        better="lower",
        read=lambda result: result.resources.peak_rss_mb,
        shown=Shown.TABLES,
        charted=True,
        noise=Noise(ratio=1.10),
        gate=True,
    ),
    Metric(
        name="model_mb",
        heading="size",
        label="size of the model without its features",
        unit=MEBIBYTES,
        better="lower",
        read=_model_mb,
        shown=Shown.TABLES,
        charted=True,
        noise=Noise(ratio=1.01),
    ),
    Metric(
        name="parameters",
        heading="parameters",
        label="parameters of the model without its features",
        unit=COUNT,
        better="lower",
        read=lambda result: result.resources.parameters,
        shown=Shown.TABLES,
        charted=True,
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}
BY_RATIO = tuple(metric for metric in METRICS if metric.noise)
COMPARED = (ACCURACY, *BY_RATIO)  # accuracy by a paired test
