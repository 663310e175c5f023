"""What every model keeps to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.prediction_checks import checked_labels, probabilities_from
from benchmarks.catalog.catalog import Catalog
from benchmarks.conformance.checks import BrokenError, Check, DoesNotApplyError
from benchmarks.conformance.estimators import check_estimator_says
from benchmarks.conformance.tiny import N_CLASSES, OTHERS, Tiny, context, tiny
from benchmarks.records.saved_models import read_model, write_model
from features.spec import FeaturePipeline
from models.spec import Estimator, ModelSpec, Setting, Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLASS_LEFT_OUT = 3
N_LEARNT = 20
SHARE_ALIKE = 0.97  # sums over several threads may differ in their last digits, and so a label here and there
SHARE_AGREEING = 0.9  # labels need not be those of the largest probability, but columns in another order show


@dataclass(frozen=True)
class ModelCase:
    """A model on the first of its pipelines, with the settings it has there and ``changed`` ones."""

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
        """One fitted model for all checks that only ask it."""
        return self.fit(self.data)

    @cached_property
    def answer(self) -> NDArray[np.int64]:
        return _labels_from(self.fitted, self.data.test)

    def fit(self, data: Tiny) -> Estimator:
        model = self.spec.build(context(data, self.settings))
        model.fit(data.train.copy(), data.labels.copy())
        return model


def _labels_from(model: Estimator, X: NDArray[np.float32]) -> NDArray[np.int64]:
    return checked_labels(model.predict(X.copy()), len(X), N_CLASSES)


def _has_no_faults(case: ModelCase) -> str:
    if faults := case.catalog.faults_of(case.spec):
        raise BrokenError("; ".join(faults))
    return ""


def _builds(case: ModelCase) -> str:
    model = case.spec.build(context(case.data, case.settings))
    if lacking := [name for name in ("fit", "predict") if not callable(getattr(model, name, None))]:
        raise BrokenError(f"build returned a {type(model).__name__}, which has no {' and no '.join(lacking)}")
    return ""


def _fits(case: ModelCase) -> str:
    return f"a {type(case.fitted).__name__}"


def _predicts_labels(case: ModelCase) -> str:
    right = int((case.answer == case.data.test_labels).sum())
    return f"{right} of {len(case.answer)} tiny digits right"


def _takes_one_image(case: ModelCase) -> str:
    one = _labels_from(case.fitted, case.data.test[:1])
    if one[0] != case.answer[0]:
        raise BrokenError("an image alone gets another label than among others")
    return ""


def _takes_learnt_images(case: ModelCase) -> str:
    import numpy as np

    together = _labels_from(case.fitted, np.concatenate([case.data.test, case.data.train[:N_LEARNT]]))
    return _alike(case, together[: len(case.answer)], "the same model, asked about learnt images too,")


def _same_seed_same_answer(case: ModelCase) -> str:
    return _alike(case, _labels_from(case.fit(case.data), case.data.test), "a second model with the same seed")


def _survives_refitting(case: ModelCase) -> str:
    model = case.spec.build(context(case.data, case.settings))
    backwards = (9 - case.data.labels)[::-1].copy()
    model.fit(case.data.train[::-1].copy(), backwards)
    model.fit(case.data.train.copy(), case.data.labels.copy())
    return _alike(case, _labels_from(model, case.data.test), "a model that had learnt something else before")


def _writes_into_nothing(case: ModelCase) -> str:
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
        raise BrokenError(f"it wants to change what it is given, which is read-only ({error})") from error
    if (train != data.train).any() or (labels != data.labels).any() or (test != data.test).any():
        raise BrokenError("it changed what it was given")
    return ""


def _takes_other_sizes(case: ModelCase) -> str:
    for shape in OTHERS:
        data = tiny(case.pipeline, shape)
        try:
            _labels_from(case.fit(data), data.test)
        except Unavailable:
            raise
        except Exception as error:
            raise BrokenError(f"images of {shape[0]}×{shape[1]}: {type(error).__name__}: {error}") from error
    return ""


def _tolerates_a_missing_class(case: ModelCase) -> str:
    data = tiny(case.pipeline, without=CLASS_LEFT_OUT)
    model = case.fit(data)
    answer = _labels_from(model, data.test)
    probabilities_from(model, data.test, N_CLASSES)
    if (n := int((answer == CLASS_LEFT_OUT).sum())) > 0:
        return f"{n} images are given the class that it never saw"
    return ""


def _gives_probabilities(case: ModelCase) -> str:
    shares = probabilities_from(case.fitted, case.data.test, N_CLASSES)
    if shares is None:
        raise DoesNotApplyError("it gives none, so figures that need them stay empty")
    n_agreeing = int((shares.argmax(axis=1) == case.answer).sum())
    if n_agreeing < SHARE_AGREEING * len(shares):
        raise BrokenError(
            f"the largest is that of the predicted label for {n_agreeing} of {len(shares)} images only; "
            "columns follow classes_, or 0, 1, 2 …"
        )
    return ""


def _can_be_kept(case: ModelCase) -> str:
    with tempfile.TemporaryDirectory() as name:
        write_model(case.fitted, Path(name))
        again = read_model(Path(name))
    if (_labels_from(again, case.data.test) != case.answer).any():
        raise BrokenError("read back from its file it gives other labels")
    return ""


def _tells_progress(case: ModelCase) -> str:
    told: list[tuple[int, int]] = []

    def progress(step: int, steps: int, /, **figures: float) -> None:
        told.append((step, steps))

    case.spec.build(context(case.data, case.settings, progress=progress)).fit(
        case.data.train.copy(), case.data.labels.copy()
    )
    if not told:
        raise DoesNotApplyError("it does not say how far it is, which only models that learn for long need")
    step, steps = told[-1]
    if any(not 1 <= at <= of for at, of in told):
        raise BrokenError("steps are counted from 1 to the number of steps")
    return f"{len(told)} times; the last step was {step} of {steps}"


def _passes_check_estimator(case: ModelCase) -> str:
    return check_estimator_says(case.spec.build(context(case.data, case.settings)))


def _alike(case: ModelCase, answer: NDArray[np.int64], who: str) -> str:
    """Say how many labels differ from the first model's; raise ``BrokenError`` if too many do."""
    n_other, n = int((answer != case.answer).sum()), len(answer)
    if n_other > (n * (1 - SHARE_ALIKE) if case.spec.stochastic else 0):
        raise BrokenError(f"{who} gives other labels to {n_other} of {n} images")
    return f"{n_other} of {n} labels differ" if n_other else ""


MODEL_CHECKS: tuple[Check[ModelCase], ...] = (
    Check("its spec is well-formed", _has_no_faults, essential=True),
    Check("builds", _builds, essential=True),
    Check("fits", _fits, essential=True),
    Check("predicts a known label for each image", _predicts_labels, essential=True),
    Check("takes a single image", _takes_one_image),
    Check("takes images that it has learnt, beside others", _takes_learnt_images),
    Check("same seed, same answer", _same_seed_same_answer),
    Check("survives being fitted again", _survives_refitting),
    Check("writes into nothing it is given", _writes_into_nothing),
    Check("takes images of 8×8 and 32×20 as of 28×28", _takes_other_sizes),
    Check("tolerates a class that is missing from train", _tolerates_a_missing_class),
    Check("its probabilities are probabilities", _gives_probabilities),
    Check("can be kept in a file", _can_be_kept),
    Check("tells its progress", _tells_progress),
    Check("scikit-learn's check_estimator", _passes_check_estimator, told_only=True),
)
