"""What an answer must hold to be scored: a worker runs code of others, so nothing in it is taken for granted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.analysis.prediction_checks import InvalidPredictionError, checked_labels, checked_probabilities
from benchmarks.common.errors import one_line
from benchmarks.datasets.spec import Images
from benchmarks.execution.protocol import Answer, Request
from benchmarks.records.checks.history import fault_of_history
from benchmarks.records.trial import FeatureMaps, Measurement, Predictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_MAPS = 100_000  # bytes for each image; the worker leaves a tenth of that


def checked_answer(answer: Answer, request: Request, images: Images) -> Answer:
    """Return what may be stored of an answer; one that is ``ok`` without all that was asked for has failed."""
    answer = replace(answer, reason=one_line(answer.reason), not_saved=one_line(answer.not_saved))
    if answer.status != "ok":
        return replace(answer, measurement=None, predictions={})
    if answer.measurement is None:
        return _failed(answer, "it holds no measurement")
    if fault := _fault_of(answer.measurement, request, images):
        return _failed(answer, fault)
    try:
        predictions = {
            name: _checked(answer.predictions.get(name), len(split.images), request.n_classes)
            for name, split in images.evaluation.items()
        }
    except InvalidPredictionError as error:
        return _failed(answer, str(error))
    resources = answer.measurement.resources
    named = replace(resources, implementation=one_line(resources.implementation or "") or None)
    return replace(answer, measurement=replace(answer.measurement, resources=named), predictions=predictions)


def _failed(answer: Answer, why: str) -> Answer:
    reason = one_line(f"its answer is not valid: {why}")
    return replace(answer, status="failed", reason=reason, measurement=None, predictions={})


def _fault_of(measured: Measurement, request: Request, images: Images) -> str:
    """Return what in a measurement no worker measures; empty if nothing is wrong."""
    n_train = request.trial.train_size or images.n_trainable
    if measured.n_train != n_train:
        return f"it was trained on {measured.n_train} images, and there are {n_train}"
    if not 0 <= (measured.n_train_scored or 0) <= n_train:
        return f"{measured.n_train_scored} training images were scored, of {n_train}"
    if measured.timing.fit_s is None or not measured.timing.predict_s:
        return "it holds no time of fitting or predicting"
    if measured.resources.threads != request.threads:
        return f"it had {measured.resources.threads} threads, and was to have {request.threads}"
    return fault_of_history(measured.history)


def _checked(predictions: Predictions | None, n_images: int, n_classes: int) -> Predictions:
    """Return predictions for images; raises ``InvalidPredictionError`` if they cannot be that."""
    if predictions is None:
        raise InvalidPredictionError("it has no predictions for an evaluation set")
    labels = checked_labels(predictions.labels, n_images, n_classes)
    return Predictions(
        labels,
        _checked_probabilities(predictions.probabilities, n_images, n_classes),
        predictions.feature_maps if _is_small(predictions.feature_maps) else None,
    )


def _checked_probabilities(
    given: NDArray[np.floating] | None, n_images: int, n_classes: int
) -> NDArray[np.float32] | None:
    if given is None:
        return None
    if given.dtype.kind != "f":
        raise InvalidPredictionError(f"its probabilities are {given.dtype} values")
    return checked_probabilities(given, None, n_images, n_classes)


def _is_small(maps: FeatureMaps | None) -> bool:
    return maps is not None and sum(layer.nbytes for layer in maps.layers.values()) <= LARGEST_MAPS * len(maps.images)
