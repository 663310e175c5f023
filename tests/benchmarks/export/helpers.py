"""Models fitted on a few small digits, as if they had been saved."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from benchmarks.datasets.spec import Images, Preparation, Split
from benchmarks.inference.predictor import Predictor
from benchmarks.inference.saved_model import SavedModel
from benchmarks.records.saved_models import Fitted
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Trial
from features.registry import FEATURES
from models.registry import MODELS
from models.spec import BuildContext, Setting
from tests.conftest import a_result

LIBRARIES = ("onnx", "onnxruntime", "skl2onnx", "onnxmltools")
CLASSES = tuple("0123456789")
SHAPE = (8, 8)


@cache
def digits() -> Images:
    """Return scikit-learn's digits of 8 by 8 pixels: 300 to train on, 60 to validate and 200 to test."""
    found = load_digits()
    pixels, labels = (found.images * 15).astype(np.uint8), found.target.astype(np.int64)
    train, validation, test = (Split(pixels[a:b], labels[a:b]) for a, b in ((0, 300), (300, 360), (360, 560)))
    return Images(train, validation, test, CLASSES, preparation=Preparation(SHAPE))


@cache
def fitted(model: str, features: str = "pixels", **changed: Setting) -> Predictor:
    """Return a model of the registry, fitted on the digits, with some settings that are not its defaults."""
    images, spec = digits(), MODELS[model]
    transformer = FEATURES[features].build().fit(images.train.images)
    context = BuildContext(
        n_classes=len(CLASSES),
        image_shape=SHAPE,
        n_validation=len(images.validation),
        settings={**spec.defaults_on(features), **changed},
        features=features,
        images=images.train.images,
        transformer=transformer,
    )
    estimator = spec.build(context)
    estimator.fit(transformer.transform(images.train.images), images.train.labels)
    return as_saved(Fitted(estimator, transformer, SHAPE), model, features)


def as_saved(model: Fitted, name: str, features: str) -> Predictor:
    """Return what ``Predictor.load`` would of a fitted model, without its files."""
    result = replace(a_result(), trial=Trial(name, features, "digits", 0))
    saved = SavedModel(ResultStore(Path("results"), "local", "digits"), result)
    return Predictor(CLASSES, Preparation(SHAPE), saved, model, changes="")
