"""Every model and every feature pipeline works on images of other sizes than 28×28, and as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from benchmarks.common.dependencies import missing_modules
from benchmarks.conformance.features import FeatureCase
from benchmarks.conformance.models import ModelCase
from benchmarks.conformance.tiny import Tiny, tiny
from benchmarks.execution.worker.feature_maps import feature_maps
from features.registry import FEATURES
from models.registry import MODELS
from models.spec import Unavailable
from tests.models.test_contract import CATALOG, SLOW, case_of

SIZES = (16, 28, 32, 64)
QUICK_SIZES = (16, 64)  # the others lie between
CONVOLUTION = ("lenet5", 16)  # the one case of a network that is not among the slow tests
SLOW_NAMES = {*SLOW, "mlp", "xgboost", *(name for name, spec in FEATURES.items() if spec.weights)}


@dataclass(frozen=True)
class SizedCase(ModelCase):
    """A model on images of one size."""

    side: int = 28

    @cached_property
    def data(self) -> Tiny:
        return tiny(self.pipeline, (self.side, self.side))


def is_slow(name: str, side: int) -> bool:
    return side not in QUICK_SIZES or name in SLOW_NAMES


def cases(names: Iterable[str]) -> list[ParameterSet]:
    return [
        pytest.param(
            name, side, marks=[pytest.mark.slow] if is_slow(name, side) and (name, side) != CONVOLUTION else []
        )
        for name in names
        for side in SIZES
    ]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # so few images
@pytest.mark.parametrize(("name", "side"), cases(MODELS))
def test_every_model_learns_from_images_of_every_size(name: str, side: int) -> None:
    usual = case_of(name)
    case = SizedCase(usual.spec, CATALOG, usual.changed, side)
    try:
        accuracy = (case.predictions == case.data.test_labels).mean()
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert (accuracy > 0.5) if name != "dummy" else (accuracy < 0.2), accuracy
    maps = feature_maps(case.fitted, case.data.train, case.data.images, case.data.labels)
    assert maps is None or maps.images.shape[1:] == (side, side)


@pytest.mark.parametrize(("name", "side"), cases(FEATURES))
def test_every_pipeline_tells_images_of_every_size_apart(name: str, side: int) -> None:
    if missing := missing_modules(FEATURES[name].requires):
        pytest.skip(f"needs {missing}")
    case = FeatureCase(FEATURES[name], CATALOG)
    images = case.images((side, side))
    try:
        X = case.spec.build().fit(images).transform(images)
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert X.dtype == np.float32 and np.isfinite(X).all() and len(np.unique(X, axis=0)) == len(images)
