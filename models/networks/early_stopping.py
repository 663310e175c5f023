"""When to stop learning, and what to go back to."""

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

    def look(self, loss: float, network: keras.Model) -> None:
        """Take note of an epoch's validation loss and, if it is the least so far, of the weights."""
        self.epochs_since += 1
        if self.patience and loss < self.least:
            self.least, self.epochs_since = loss, 0
            self.best_weights = network.get_weights()

    @property
    def is_due(self) -> bool:
        """Whether learning should stop now."""
        return 0 < self.patience <= self.epochs_since

    def restore_best(self, network: keras.Model) -> None:
        """Give the network the weights of the best epoch, if they were kept."""
        if self.best_weights is not None:
            network.set_weights(self.best_weights)
