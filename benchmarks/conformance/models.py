"""Checks of a model."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.prediction_checks import checked_labels, probabilities_from
from benchmarks.catalog.catalog import Catalog
from benchmarks.conformance.checks import Check, CheckFailedError, NotApplicableError
from benchmarks.conformance.estimators import check_estimator_summary
from benchmarks.conformance.tiny import N_CLASSES, OTHER_SHAPES, OTHER_SIZES, Tiny, context, tiny
from benchmarks.records.saved_models import read_model, write_model
from features.spec import FeaturePipeline
from models.spec import Estimator, ModelSpec, Setting, Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLASS_LEFT_OUT = 3
N_TRAINING_SAMPLE = 20
MIN_SHARE_EQUAL = 0.97  # with several threads rounding may change a few labels
MIN_SHARE_AGREEING = 0.9  # labels may differ from the largest probability, but permuted columns are detected


@dataclass(frozen=True)
class ModelCase:
    """A model on the first of its pipelines, with its default settings there and the ``changed`` ones."""

    spec: ModelSpec
    catalog: Catalog
    changed: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def pipeline(self) -> FeaturePipeline:
        return self.catalog.features[self.spec.features[0]]

    @property
    def settings(self) -> dict[str, Setting]:
        return {**self.spec.defaults_on(self.pipeline.name), **self.changed}

    @cached_property
    def data(self) -> Tiny:
        return tiny(self.pipeline)

    @cached_property
    def fitted(self) -> Estimator:
        """The fitted model shared by all checks that only predict."""
        return self.fit(self.data)

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        return _predicted_labels(self.fitted, self.data.test)

    def fit(self, data: Tiny) -> Estimator:
        model = self.spec.build(context(data, self.settings))
        model.fit(data.train.copy(), data.labels.copy())
        return model


def _predicted_labels(model: Estimator, X: NDArray[np.float32]) -> NDArray[np.int64]:
    return checked_labels(model.predict(X.copy()), len(X), N_CLASSES)


def _spec_is_valid(case: ModelCase) -> str:
    if faults := case.catalog.faults_of(case.spec):
        raise CheckFailedError("; ".join(faults))
    return ""


def _builds(case: ModelCase) -> str:
    model = case.spec.build(context(case.data, case.settings))
    if missing_methods := [name for name in ("fit", "predict") if not callable(getattr(model, name, None))]:
        raise CheckFailedError(
            f"build returned a {type(model).__name__}, which has no {' and no '.join(missing_methods)}"
        )
    return ""


def _fits(case: ModelCase) -> str:
    return f"a {type(case.fitted).__name__}"


def _predicts_labels(case: ModelCase) -> str:
    right = int((case.predictions == case.data.test_labels).sum())
    return f"{right} of {len(case.predictions)} tiny digits classified correctly"


def _predicts_one_image(case: ModelCase) -> str:
    one = _predicted_labels(case.fitted, case.data.test[:1])
    if one[0] != case.predictions[0]:
        raise CheckFailedError("a single image gets another label than in a batch")
    return ""


def _predicts_training_images(case: ModelCase) -> str:
    import numpy as np

    together = _predicted_labels(case.fitted, np.concatenate([case.data.test, case.data.train[:N_TRAINING_SAMPLE]]))
    return _compare_predictions(case, together[: len(case.predictions)], "with training images in the batch, the model")


def _same_seed_same_predictions(case: ModelCase) -> str:
    return _compare_predictions(
        case, _predicted_labels(case.fit(case.data), case.data.test), "a second model with the same seed"
    )


def _refitting_starts_afresh(case: ModelCase) -> str:
    model = case.spec.build(context(case.data, case.settings))
    backwards = (9 - case.data.labels)[::-1].copy()
    model.fit(case.data.train[::-1].copy(), backwards)
    model.fit(case.data.train.copy(), case.data.labels.copy())
    return _compare_predictions(case, _predicted_labels(model, case.data.test), "a model fitted on other data before")


def _does_not_modify_inputs(case: ModelCase) -> str:
    data = case.data
    train, labels, test = data.train.copy(), data.labels.copy(), data.test.copy()
    train.flags.writeable = labels.flags.writeable = test.flags.writeable = False
    model = case.spec.build(context(data, case.settings))
    try:
        model.fit(train, labels)
        model.predict(test)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise CheckFailedError(f"it writes into its read-only input ({error})") from error
    if (train != data.train).any() or (labels != data.labels).any() or (test != data.test).any():
        raise CheckFailedError("its input was modified")
    return ""


def _accepts_other_sizes(case: ModelCase) -> str:
    for shape in OTHER_SHAPES:
        data = tiny(case.pipeline, shape)
        try:
            _predicted_labels(case.fit(data), data.test)
        except Unavailable:
            raise
        except Exception as error:
            raise CheckFailedError(f"images of {shape[0]}×{shape[1]}: {type(error).__name__}: {error}") from error
    return ""


def _accepts_a_missing_class(case: ModelCase) -> str:
    data = tiny(case.pipeline, without=CLASS_LEFT_OUT)
    model = case.fit(data)
    predictions = _predicted_labels(model, data.test)
    probabilities_from(model, data.test, N_CLASSES)
    if (n := int((predictions == CLASS_LEFT_OUT).sum())) > 0:
        return f"{n} images are predicted as the missing class"
    return ""


def _probabilities_are_valid(case: ModelCase) -> str:
    shares = probabilities_from(case.fitted, case.data.test, N_CLASSES)
    if shares is None:
        raise NotApplicableError("no predict_proba, so metrics that need probabilities stay empty")
    n_agreeing = int((shares.argmax(axis=1) == case.predictions).sum())
    if n_agreeing < MIN_SHARE_AGREEING * len(shares):
        raise CheckFailedError(
            f"the largest probability is that of the predicted label for only {n_agreeing} of {len(shares)} images; "
            "columns must be in the order of classes_, or 0, 1, 2 …"
        )
    return ""


def _can_be_saved(case: ModelCase) -> str:
    with tempfile.TemporaryDirectory() as name:
        write_model(case.fitted, Path(name))
        again = read_model(Path(name))
    if (_predicted_labels(again, case.data.test) != case.predictions).any():
        raise CheckFailedError("different labels after saving and loading")
    return ""


def _reports_progress(case: ModelCase) -> str:
    steps_reported: list[tuple[int, int]] = []

    def progress(step: int, steps: int, /, **figures: float) -> None:
        steps_reported.append((step, steps))

    case.spec.build(context(case.data, case.settings, progress=progress)).fit(
        case.data.train.copy(), case.data.labels.copy()
    )
    if not steps_reported:
        raise NotApplicableError("it reports no progress, which is optional")
    step, steps = steps_reported[-1]
    if any(not 1 <= at <= of for at, of in steps_reported):
        raise CheckFailedError("steps must be counted from 1 to the number of steps")
    return f"{len(steps_reported)} times; the last step was {step} of {steps}"


def _passes_check_estimator(case: ModelCase) -> str:
    return check_estimator_summary(case.spec.build(context(case.data, case.settings)))


def _compare_predictions(case: ModelCase, predictions: NDArray[np.int64], subject: str) -> str:
    """Return how many labels differ from the first model's; raise ``CheckFailedError`` if too many do."""
    n_different, n = int((predictions != case.predictions).sum()), len(predictions)
    if n_different > (n * (1 - MIN_SHARE_EQUAL) if case.spec.stochastic else 0):
        raise CheckFailedError(f"{subject} predicts other labels for {n_different} of {n} images")
    return f"{n_different} of {n} labels differ" if n_different else ""


MODEL_CHECKS: tuple[Check[ModelCase], ...] = (
    Check("spec is valid", _spec_is_valid, essential=True),
    Check("builds", _builds, essential=True),
    Check("fits", _fits, essential=True),
    Check("predicts a valid label for each image", _predicts_labels, essential=True),
    Check("predicts a single image", _predicts_one_image),
    Check("predicts training images and others in one batch", _predicts_training_images),
    Check("same seed gives the same predictions", _same_seed_same_predictions),
    Check("refitting discards the previous fit", _refitting_starts_afresh),
    Check("does not modify its input", _does_not_modify_inputs),
    Check(f"accepts images of {OTHER_SIZES}", _accepts_other_sizes),
    Check("accepts a class missing from the training set", _accepts_a_missing_class),
    Check("probabilities are valid", _probabilities_are_valid),
    Check("can be saved and loaded", _can_be_saved),
    Check("reports progress", _reports_progress),
    Check("scikit-learn's check_estimator", _passes_check_estimator, info_only=True),
)
