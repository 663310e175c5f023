"""An average of the weights that a network went through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

EVERY = 10  # steps; from one to the next the weights change too little for more to matter


class WeightAverage:
    """The exponential moving average of a network's weights (Polyak & Juditsky 1992).

    ``decay`` is what is left of it after a step; 0 keeps no average. Early on it forgets faster, so that
    the weights of the start do not linger. It is brought up to date every tenth step; under ten there is none.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights: list[NDArray[np.float32]] = []

    def after_step(self, network: keras.Model) -> None:
        """Take note of the network's weights."""
        self.steps += 1
        if not self.decay or self.steps % EVERY:
            return
        kept = min(self.decay, (1 + self.steps) / (10 + self.steps)) ** EVERY
        now = network.get_weights()
        if not self.weights:
            self.weights = now
        for average, weights in zip(self.weights, now, strict=True):
            average += (1 - kept) * (weights - average)

    @contextmanager
    def lent_to(self, network: keras.Model, for_good: bool) -> Iterator[None]:
        """Give the network the average, where there is one, for a while or for good."""
        if not self.weights:
            yield
            return
        own = network.get_weights()
        network.set_weights(self.weights)
        yield
        if not for_good:
            network.set_weights(own)
