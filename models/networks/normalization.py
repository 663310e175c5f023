"""Batch normalization as the suite's networks use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras import KerasTensor

MOMENTUM = 0.9
"""Of the running mean and variance: with Keras' default, 0.99, they would need a longer training to converge."""


def normalized(x: KerasTensor) -> KerasTensor:
    """Return rectified, batch-normalized values (Ioffe & Szegedy 2015)."""
    from keras import layers

    return layers.Activation("relu")(layers.BatchNormalization(momentum=MOMENTUM)(x))
