"""Nearest neighbours, as the fast library finds them and as scikit-learn does."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.conformance.tiny import context, tiny
from features.registry import FEATURES
from models.registry import MODELS


@pytest.mark.parametrize("weights", ["distance", "uniform"])
@pytest.mark.parametrize("stock", [False, True])
def test_training_images_among_them_disturb_no_other(weights: str, stock: bool) -> None:
    data = tiny(FEATURES["pixels"])
    settings = {**MODELS["knn"].defaults_on("pixels"), "weights": weights, "stock": stock}
    model = MODELS["knn"].build(context(data, settings))
    model.fit(data.train, data.labels)
    alone, mixed = model.predict(data.test), model.predict(np.concatenate([data.test, data.train]))
    assert (mixed[: len(alone)] == alone).all() and (alone == data.test_labels).mean() > 0.85
    assert (mixed[len(alone) :] == data.labels).mean() > (0.99 if weights == "distance" else 0.9)
