"""The library that computes for Keras: TensorFlow, or what ``KERAS_BACKEND`` names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")

REQUIRES = ("keras", BACKEND)
"""The modules that a network needs."""


def compiled_where_faster(network: keras.Model) -> keras.Model:
    """Have XLA compile a network for JAX alone: TensorFlow's own convolutions are several times faster."""
    network.jit_compile = BACKEND == "jax"
    return network
