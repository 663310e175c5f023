"""One trial, measured stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.prediction_checks import checked_labels, probabilities_from
from benchmarks.common.clock import Result, clock, timed
from benchmarks.execution.answer_checks import MOST_EPOCHS
from benchmarks.execution.processes.process_tree import own_peak_mb
from benchmarks.execution.protocol import ProgressWriter, Request, Workplace
from benchmarks.execution.worker.feature_cache import FeatureCache, FeatureMatrices, cache_key
from benchmarks.execution.worker.feature_maps import feature_maps
from benchmarks.execution.worker.parameter_count import parameter_count
from benchmarks.execution.worker.trial_data import TrialData, load_data
from benchmarks.provenance.environment import machine_environment
from benchmarks.provenance.implementation import ImplementationWatch, model_bytes
from benchmarks.records.saved_models import Fitted
from benchmarks.records.trial import TEST, Latency, Measurement, Predictions, Resources, Timing
from models.spec import BuildContext, Estimator, ModelSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.spec import FeaturePipeline, Transformer

PREDICT_REPEATS, PREDICT_SECONDS = 3, 1.0
LATENCY_REPEATS, LATENCY_SECONDS = 200, 1.0
N_WARM_UP, N_WARM_UP_SINGLE = 1_000, 3  # a network is compiled again for batches of another size
N_TRAIN_SCORED = 2_000  # enough to see over-fitting; scoring all 60,000 can take longer than the fit
PROGRESS_EVERY_S = 0.2


def measure(
    request: Request, workplace: Workplace, spec: ModelSpec, pipeline: FeaturePipeline, writer: ProgressWriter
) -> tuple[Measurement, dict[str, Predictions], Fitted]:
    """Run one trial; return what each stage cost, the predictions by evaluation set, and the fitted model.

    Only predicting the test set is timed.

    Raises whatever the model raises, and ``InvalidPredictionError`` if its predictions cannot be scored.
    """
    startup_s = clock() - workplace.launched_at
    progress = Progress(writer)
    writer.report("weights")
    for weights in filter(None, (spec.weights, pipeline.weights)):
        weights.path()  # fetched here, so that the network's speed is in no figure but the total
    writer.report("data")
    data, load_s = timed(lambda: load_data(request, Path(workplace.arrays)))
    writer.report("imports")
    _, libraries_s = timed(lambda: [import_module(name) for name in pipeline.requires])
    writer.report("features")
    (matrices, cached), reading_s = timed(lambda: _matrices(data, pipeline, request, workplace.cache))
    writer.report("imports")
    model, build_s = timed(lambda: spec.build(_context(request, data, matrices.transformer, progress)))
    watch = ImplementationWatch()
    writer.report("fit")
    _, fit_s = timed(lambda: model.fit(matrices.train, data.labels))
    writer.report("predict")
    labels, predict_s = _predict(model, matrices.test, request.n_classes)
    latency = _latency(model, matrices, data.test_images)
    resources = Resources(
        own_peak_mb(), model_bytes(model), request.threads, watch.library_of(model), parameter_count(model)
    )
    timing = Timing(
        startup_s=startup_s,
        imports_s=libraries_s + build_s,
        load_s=load_s + (reading_s if cached else reading_s - matrices.seconds),
        features_s=matrices.seconds,
        features_cached=cached,
        fit_s=fit_s,
        predict_s=tuple(predict_s),
        latency_ms=latency,
    )
    writer.report("score")
    known = data.labels[:N_TRAIN_SCORED]
    predicted = checked_labels(model.predict(matrices.train[: len(known)]), len(known), request.n_classes)
    measurement = Measurement(
        timing=timing,
        resources=resources,
        history=tuple(progress.history),
        train_accuracy=float((predicted == known).mean()),
        n_train=len(data.labels),
        n_train_scored=len(known),
    )
    of_test = Predictions(
        labels,
        probabilities_from(model, matrices.test, request.n_classes),
        feature_maps(model, matrices.train, data.images, data.labels),
    )
    predictions = {TEST: of_test, **_further_predictions(model, matrices.transformer, data, request.n_classes)}
    return measurement, predictions, Fitted(model, matrices.transformer, data.test_images.shape[1:])


@dataclass
class Progress:
    """What a model calls while it is fitted: collects the history, and reports a few steps a second.

    Of a history without end, the first epochs are kept.
    """

    writer: ProgressWriter
    history: list[dict[str, float]] = field(default_factory=list)
    last_report: float = 0.0

    def __call__(self, step: int, steps: int, /, **figures: float) -> None:
        step, steps = int(step), int(steps)  # a number of NumPy is none that can be written
        numbers = {name: float(value) for name, value in figures.items()}
        if numbers and len(self.history) < MOST_EPOCHS:
            self.history.append({"epoch": step, **numbers})
        if clock() - self.last_report >= PROGRESS_EVERY_S or step == steps:
            self.last_report = clock()
            self.writer.report("fit", step, steps, **numbers)


def _context(request: Request, data: TrialData, transformer: Transformer, progress: Progress) -> BuildContext:
    height, width = data.test_images.shape[1:]
    return BuildContext(
        n_classes=request.n_classes,
        image_shape=(height, width),
        n_validation=data.n_validation,
        seed=request.trial.seed,
        threads=request.threads,
        settings=request.settings,
        progress=progress,
        features=request.trial.features,
        images=data.images,
        transformer=transformer,
    )


def _matrices(
    data: TrialData, pipeline: FeaturePipeline, request: Request, cache_folder: str | None
) -> tuple[FeatureMatrices, bool]:
    """Return the feature matrices, and whether they came from the cache."""
    cache = FeatureCache(Path(cache_folder)) if cache_folder else None
    # what else than the code decides how long computing takes
    conditions = f"{machine_environment().machine_id}, {request.threads} threads{', contended' * request.contended}"
    key = cache_key(pipeline.name, request.pipeline_hash, conditions, data.images, data.test_images)
    stored = cache.load(key) if cache else None
    if stored:
        # touch every page now, so that reading from disk is not counted as fitting
        stored.train.sum(), stored.test.sum()
        return stored, True
    (transformer, train, test), seconds = timed(lambda: _transform(pipeline, data))
    computed = FeatureMatrices(train, test, transformer, seconds)
    return cache.save(key, computed) if cache else computed, False


def _transform(
    pipeline: FeaturePipeline, data: TrialData
) -> tuple[Transformer, NDArray[np.float32], NDArray[np.float32]]:
    transformer = pipeline.build().fit(data.images)
    return transformer, transformer.transform(data.images), transformer.transform(data.test_images)


def _predict(model: Estimator, X: NDArray[np.float32], n_classes: int) -> tuple[NDArray[np.int64], list[float]]:
    """Return the label of every row, and the time of each repeat after a warm-up; raises ``InvalidPredictionError``."""
    model.predict(X[:N_WARM_UP])
    answer, taken = _repeatedly(lambda: model.predict(X), PREDICT_REPEATS, PREDICT_SECONDS)
    return checked_labels(answer, len(X), n_classes), taken


def _further_predictions(
    model: Estimator, transformer: Transformer, data: TrialData, n_classes: int
) -> dict[str, Predictions]:
    """Return the predictions for the evaluation sets other than the test set, by name."""
    found = {}
    for name, images in data.further_images.items():
        X = transformer.transform(images)
        labels = checked_labels(model.predict(X), len(X), n_classes)
        found[name] = Predictions(labels, probabilities_from(model, X, n_classes))
    return found


def _repeatedly(work: Callable[[], Result], times: int, seconds: float) -> tuple[Result, list[float]]:
    """Do ``work`` until it was done ``times`` times or took ``seconds``; return its last result and every time."""
    result, first = timed(work)
    taken = [first]
    while len(taken) < times and sum(taken) < seconds:
        result, again = timed(work)
        taken.append(again)
    return result, taken


def _latency(model: Estimator, matrices: FeatureMatrices, images: NDArray[np.uint8]) -> Latency:
    """Time single images from the raw image to the label."""
    import numpy as np

    def read(i: int) -> object:
        return model.predict(matrices.transformer.transform(images[i : i + 1]))

    for i in range(min(N_WARM_UP_SINGLE, len(images))):
        read(i)
    position = iter(range(LATENCY_REPEATS))
    _, taken = _repeatedly(lambda: read(next(position) % len(images)), LATENCY_REPEATS, LATENCY_SECONDS)
    p50, p99 = np.percentile(np.array(taken) * 1000, [50, 99])
    return Latency(float(p50), float(p99))
