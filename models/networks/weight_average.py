"""The exponential moving average of a network's weights during training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

EVERY = 10  # steps; from one to the next the weights change too little for more updates to matter


class WeightAverage:
    """The exponential moving average of a network's weights (Polyak & Juditsky 1992).

    ``decay`` is the weight of the old average after a step; 0 computes none. In the first steps it is smaller, so that
    the initial weights are forgotten. The average is updated every tenth step; with fewer steps there is none.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights: list[NDArray[np.float32]] = []

    def after_step(self, network: keras.Model) -> None:
        """Update the average with the network's weights."""
        self.steps += 1
        if not self.decay or self.steps % EVERY:
            return
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps)) ** EVERY
        now = network.get_weights()
        if not self.weights:
            self.weights = now
        for average, weights in zip(self.weights, now, strict=True):
            average += (1 - decay) * (weights - average)

    @contextmanager
    def applied_to(self, network: keras.Model, permanently: bool) -> Iterator[None]:
        """Set the network's weights to the average, if there is one, temporarily or permanently."""
        if not self.weights:
            yield
            return
        own = network.get_weights()
        network.set_weights(self.weights)
        yield
        if not permanently:
            network.set_weights(own)
