"""Every model of the suite, by name."""

from __future__ import annotations

from features.naming import Registry
from models import baseline, boosting, forest, linear, neighbors, svm, transfer, voting
from models.networks import cnn, finetune, mlp, network_ensemble
from models.spec import ModelSpec

MODELS: Registry[ModelSpec] = Registry(
    "model",
    (
        *baseline.MODELS,
        *linear.MODELS,
        *neighbors.MODELS,
        *svm.MODELS,
        *forest.MODELS,
        *boosting.MODELS,
        *voting.MODELS,
        *mlp.MODELS,
        *cnn.MODELS,
        *network_ensemble.MODELS,
        *transfer.MODELS,
        *finetune.MODELS,
    ),
)
