"""Convolutional networks, from the classic to the best of this suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from features.pretrained.backend import REQUIRES
from models.networks.keras_classifier import Architecture, KerasClassifier
from models.networks.normalization import normalized
from models.networks.training_settings import DISTORTED, DROPOUT, TRAINING
from models.spec import BuildContext, ModelSpec, Param, with_defaults

if TYPE_CHECKING:
    from keras import KerasTensor

SIDE = 28  # images of another size are resized inside the network, so that its layers fit any data


def at_fixed_size(x: KerasTensor, context: BuildContext) -> KerasTensor:
    """Return the images at 28 by 28 pixels."""
    from keras import layers

    return x if context.image_shape == (SIDE, SIDE) else layers.Resizing(SIDE, SIDE)(x)


def lenet5(x: KerasTensor, context: BuildContext) -> KerasTensor:
    """Return LeNet-5 (LeCun et al. 1998) with rectified linear units and max pooling."""
    from keras import layers

    x = at_fixed_size(x, context)
    x = layers.Conv2D(6, 5, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(16, 5, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(120, activation="relu")(x)
    return layers.Dense(84, activation="relu")(x)


def simple(x: KerasTensor, context: BuildContext) -> KerasTensor:
    """Return the two convolutions of the Keras example for MNIST (Chollet 2015)."""
    from keras import layers

    x = at_fixed_size(x, context)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    return layers.Dropout(context.settings["dropout"])(x)


def pooled_early(x: KerasTensor, context: BuildContext) -> KerasTensor:
    """Return two convolutions of 5 by 5, each followed by pooling at once."""
    from keras import layers

    x = at_fixed_size(x, context)
    for filters in (16, 32):
        x = layers.Conv2D(filters, 5, use_bias=False)(x)
        x = normalized(layers.MaxPooling2D()(x))
    x = layers.Flatten()(x)
    return normalized(layers.Dense(128, use_bias=False)(x))


def stages(x: KerasTensor, context: BuildContext, filters: Sequence[Sequence[int]]) -> KerasTensor:
    """Return convolutions of 3 by 3 without padding in stages, with pooling between stages.

    Normalization comes after pooling, where there are a quarter as many values to normalize.
    """
    from keras import layers

    x = at_fixed_size(x, context)
    for i, stage in enumerate(filters):
        if i:
            x = normalized(layers.MaxPooling2D()(x))
        for width in stage[:-1]:
            x = layers.Conv2D(width, 3, use_bias=False)(x)
            x = layers.Activation("relu")(x)
        x = layers.Conv2D(stage[-1], 3, use_bias=False)(x)
    x = layers.Flatten()(normalized(x))
    return layers.Dropout(context.settings["dropout"])(x)


def build(context: BuildContext, architecture: Architecture) -> KerasClassifier:
    """Return a classifier of images with these layers."""
    return KerasClassifier(context, architecture)


WELL_TRAINED = with_defaults(
    DISTORTED,
    min_steps=300,
    schedule="one-cycle",
    learning_rate=0.005,
    label_smoothing=0.1,
    precision="bfloat16",
)

FIVE = ((16, 16), (32, 32), (64,))
BEST = ((24, 24), (64, 96), (192,))


def _spec(name: str, summary: str, architecture: Architecture, settings: Mapping[str, Param]) -> ModelSpec:
    return ModelSpec(
        name=name,
        family="network",
        summary=summary,
        build=partial(build, architecture=architecture),
        features=("pixels",),
        requires=REQUIRES,
        settings=settings,
        stochastic=True,
    )


MODELS = (
    _spec(
        "lenet5",
        "LeNet-5 with rectified units, on distorted images",
        lenet5,
        with_defaults(
            WELL_TRAINED, epochs=20, learning_rate=0.003, label_smoothing=0.0, patience=10, precision="float32"
        ),
    ),
    _spec(
        "cnn-simple",
        "two convolutions, as in the Keras example, 12 epochs",
        simple,
        {
            **with_defaults(
                TRAINING,
                epochs=12,
                min_steps=300,
                schedule="one-cycle",
                learning_rate=0.003,
                label_smoothing=0.1,
                hold_out=False,
            ),
            "dropout": DROPOUT.with_default(0.5),
        },
    ),
    _spec(
        "cnn-5",
        "five convolutions, on distorted images",
        partial(stages, filters=FIVE),
        {**with_defaults(WELL_TRAINED, epochs=10, patience=5), "dropout": DROPOUT},
    ),
    _spec(
        "cnn-fast",
        "two convolutions with early pooling: the network that needs the least time for 99 % on MNIST",
        pooled_early,
        with_defaults(TRAINING, epochs=2, min_steps=300, schedule="one-cycle", learning_rate=0.005, hold_out=False),
    ),
    _spec(
        "cnn",
        "five wide convolutions, on distorted images: the best in ten minutes",
        partial(stages, filters=BEST),
        {**with_defaults(WELL_TRAINED, epochs=24, hold_out=False), "dropout": DROPOUT},
    ),
)
