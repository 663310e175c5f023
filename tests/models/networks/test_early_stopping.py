"""When training stops, and which weights are left."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.networks.early_stopping import EarlyStopping


class Network:
    """Has the number of the epoch for weights."""

    weights: Any = None

    def get_weights(self) -> Any:
        return self.weights

    def set_weights(self, weights: Any) -> None:
        self.weights = weights


def trained(losses: list[float], patience: int) -> tuple[int, Any]:
    """Return the number of epochs and the weights in the end."""
    network, stopping = Network(), EarlyStopping(patience)
    epochs = 0
    for loss in losses:
        epochs, network.weights = epochs + 1, epochs + 1
        stopping.update(loss, network)
        if stopping.is_due:
            break
    stopping.restore_best(network)
    return epochs, network.weights


def test_it_waits_and_goes_back_to_the_best() -> None:
    assert trained([5, 3, 4, 2, 4, 4, 1], patience=2) == (6, 4)
    assert trained([5, 3, 4, 2, 4, 4, 1], patience=3) == (7, 7)


def test_without_patience_it_never_stops_and_the_last_weights_stay() -> None:
    assert trained([1, 2, 3, 4], patience=0) == (4, 4)


def test_a_loss_that_is_no_number_is_no_better() -> None:
    assert trained([2, float("nan"), float("nan"), 1], patience=2) == (3, 1)


@given(st.lists(st.floats(0, 9), min_size=1, max_size=20), st.integers(1, 5))
def test_the_weights_left_are_those_of_the_first_least_loss_seen(losses: list[float], patience: int) -> None:
    epochs, weights = trained(losses, patience)
    seen = losses[:epochs]
    assert weights == seen.index(min(seen)) + 1
    assert epochs == len(losses) or epochs - weights == patience
