"""One trial, measured stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.prediction_checks import checked_labels, probabilities_from
from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import Result, clock, timed
from benchmarks.execution.processes.process_tree import own_peak_mb
from benchmarks.execution.protocol import Request, Workplace
from benchmarks.execution.stages.channel import StageWriter
from benchmarks.execution.worker.feature_maps import feature_maps
from benchmarks.execution.worker.parameter_count import parameter_count
from benchmarks.execution.worker.transformers import FeatureMatrices, read_matrices, read_transformer
from benchmarks.execution.worker.trial_data import TrialData, load_data
from benchmarks.provenance.implementation import ImplementationWatch, model_bytes
from benchmarks.records.checks.history import MOST_EPOCHS
from benchmarks.records.saved_models import Fitted
from benchmarks.records.trial import TEST, Measurement, Predictions, Resources, Timing
from models.spec import BuildContext, Estimator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.spec import Transformer

PREDICT_REPEATS, PREDICT_SECONDS = 3, 1.0
LATENCY_REPEATS, LATENCY_SECONDS = 200, 1.0
N_WARM_UP, N_WARM_UP_SINGLE = 1_000, 3  # a network is compiled again for batches of another size
N_TRAIN_SCORED = 2_000  # enough to see over-fitting; scoring all 60,000 can take longer than the fit
PROGRESS_EVERY_S = 0.2


def measure(
    request: Request, workplace: Workplace, catalog: Catalog, writer: StageWriter
) -> tuple[Measurement, dict[str, Predictions], Fitted]:
    """Run one trial; return what each stage cost, the predictions by evaluation set, and the fitted model.

    Only predicting the test set is timed.

    Raises whatever the model raises, and ``InvalidPredictionError`` if its predictions cannot be scored.
    """
    startup_s = clock() - workplace.launched_at
    progress = Progress(writer)
    spec, pipeline = catalog.models[request.trial.model], catalog.features[request.trial.features]
    writer.begin("weights")
    for weights in filter(None, (spec.weights, pipeline.weights)):
        weights.path()  # fetched here, so that the network's speed is in no figure but the total
    writer.begin("data")
    (data, matrices), load_s = timed(lambda: _read(request, workplace))
    writer.begin("imports")
    (transformer, model), imports_s = timed(lambda: _built(request, workplace, catalog, data, progress))
    watch = ImplementationWatch()
    writer.begin("fit")
    _, fit_s = timed(lambda: model.fit(matrices.train, data.labels))
    writer.begin("warm-up")
    model.predict(matrices.test[:N_WARM_UP])
    writer.begin("predict")
    answer, predict_s = _repeatedly(lambda: model.predict(matrices.test), PREDICT_REPEATS, PREDICT_SECONDS)
    latencies_s = _latencies(model, transformer, data.test_images, writer)
    writer.begin("score")
    labels = checked_labels(answer, len(matrices.test), request.n_classes)
    resources = Resources(
        own_peak_mb(), model_bytes(model), request.threads, watch.library_of(model), parameter_count(model)
    )
    timing = Timing(startup_s, imports_s, load_s, fit_s=fit_s, predict_s=tuple(predict_s))
    known = data.labels[:N_TRAIN_SCORED]
    predicted = checked_labels(model.predict(matrices.train[: len(known)]), len(known), request.n_classes)
    measurement = Measurement(
        timing=timing,
        resources=resources,
        history=tuple(progress.history),
        train_accuracy=float((predicted == known).mean()),
        n_train=len(data.labels),
        n_train_scored=len(known),
        latencies_ms=tuple(1000 * seconds for seconds in latencies_s),
    )
    of_test = Predictions(
        labels,
        probabilities_from(model, matrices.test, request.n_classes),
        feature_maps(model, matrices.train, data.images, data.labels),
    )
    predictions = {TEST: of_test, **_further_predictions(model, transformer, data, request.n_classes)}
    return measurement, predictions, Fitted(model, transformer, data.test_images.shape[1:])


@dataclass
class Progress:
    """What a model calls while it is fitted: collects the history, and reports a few steps a second.

    Of a history without end, the first epochs are kept.
    """

    writer: StageWriter
    history: list[dict[str, float]] = field(default_factory=list)
    last_report: float = 0.0

    def __call__(self, step: int, steps: int, /, **figures: float) -> None:
        step, steps = int(step), int(steps)  # a number of NumPy is none that can be written
        numbers = {name: float(value) for name, value in figures.items()}
        if numbers and len(self.history) < MOST_EPOCHS:
            self.history.append({"epoch": step, **numbers})
        if clock() - self.last_report >= PROGRESS_EVERY_S or step == steps:
            self.last_report = clock()
            self.writer.step("fit", step, steps, numbers)


def _read(request: Request, workplace: Workplace) -> tuple[TrialData, FeatureMatrices]:
    return load_data(request, Path(workplace.arrays), workplace.checksums), read_matrices(workplace.features)


def _built(
    request: Request, workplace: Workplace, catalog: Catalog, data: TrialData, progress: Progress
) -> tuple[Transformer, Estimator]:
    """Import the pipeline's libraries and the model's; return the fitted transformer and the model to fit."""
    pipeline = catalog.features[request.trial.features]
    for name in pipeline.requires:
        import_module(name)
    transformer = read_transformer(workplace.features, pipeline, data.images)
    return transformer, catalog.models[request.trial.model].build(_context(request, data, transformer, progress))


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


def _latencies(
    model: Estimator, transformer: Transformer, images: NDArray[np.uint8], writer: StageWriter
) -> list[float]:
    """Return the seconds from a raw image to its label, of single images."""

    def read(i: int) -> object:
        return model.predict(transformer.transform(images[i : i + 1]))

    writer.begin("latency warm-up")
    for i in range(min(N_WARM_UP_SINGLE, len(images))):
        read(i)
    writer.begin("latency")
    position = iter(range(LATENCY_REPEATS))
    return _repeatedly(lambda: read(next(position) % len(images)), LATENCY_REPEATS, LATENCY_SECONDS)[1]
