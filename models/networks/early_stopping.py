"""Early stopping: when training ends, and which weights are restored."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray


class EarlyStopping:
    """Stops after ``patience`` epochs without a smaller validation loss (Prechelt 1998); 0 never stops."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.least = math.inf
        self.epochs_since = 0
        self.best_weights: list[NDArray[np.float32]] | None = None

    def update(self, loss: float, network: keras.Model) -> None:
        """Record an epoch's validation loss and, if it is the smallest so far, the weights."""
        self.epochs_since += 1
        if self.patience and loss < self.least:
            self.least, self.epochs_since = loss, 0
            self.best_weights = network.get_weights()

    @property
    def is_due(self) -> bool:
        """Whether training should stop now."""
        return 0 < self.patience <= self.epochs_since

    def restore_best(self, network: keras.Model) -> None:
        """Set the network's weights to those of the best epoch, if there are any."""
        if self.best_weights is not None:
            network.set_weights(self.best_weights)
