"""Multi-layer perceptrons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.pretrained.backend import REQUIRES
from models.networks.keras_classifier import KerasClassifier
from models.networks.normalization import normalized
from models.networks.training_settings import DISTORTED, DROPOUT, TRAINING
from models.spec import BuildContext, ModelSpec, Param, with_defaults

if TYPE_CHECKING:
    from keras import KerasTensor


def two_layers(x: KerasTensor, context: BuildContext) -> KerasTensor:
    """Return 128 and then 64 rectified units, each with dropout (Srivastava et al. 2014)."""
    from keras import layers

    for units in (128, 64):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(context.settings["dropout"])(x)
    return x


def wide_layers(x: KerasTensor, context: BuildContext) -> KerasTensor:
    """Return three wide layers with batch normalization."""
    from keras import layers

    for _ in range(3):
        x = normalized(layers.Dense(context.settings["units"], use_bias=False)(x))
    return layers.Dropout(context.settings["dropout"])(x)


def build_mlp(context: BuildContext) -> KerasClassifier:
    """Return the well-known perceptron of 128 and 64 units."""
    return KerasClassifier(context, two_layers, reads_images=False)


def build_mlp_best(context: BuildContext) -> KerasClassifier:
    """Return a wide perceptron trained on distorted images, as by Cireşan et al. (2010)."""
    return KerasClassifier(context, wide_layers, reads_images=False)


MODELS = (
    ModelSpec(
        name="mlp",
        family="network",
        summary="perceptron of 128 and 64 units with dropout, 20 epochs of Adam",
        build=build_mlp,
        features=("pixels",),
        requires=REQUIRES,
        settings={**with_defaults(TRAINING, epochs=20), "dropout": DROPOUT},
        stochastic=True,
    ),
    ModelSpec(
        name="mlp-best",
        family="network",
        summary="wide perceptron with batch normalization, on distorted images",
        build=build_mlp_best,
        features=("pixels",),
        requires=REQUIRES,
        settings={
            **with_defaults(
                DISTORTED,
                epochs=30,
                min_steps=300,
                learning_rate=0.003,
                schedule="one-cycle",
                label_smoothing=0.1,
                patience=15,
            ),
            "units": Param(512, 1, 10_000, log=True, help="units of each hidden layer"),
            "dropout": DROPOUT,
        },
        stochastic=True,
    ),
)
