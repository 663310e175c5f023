"""The average of the weights, against the same average written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.weight_average import EVERY, WeightAverage


class Network:
    """Its one weight is what it is set to."""

    def __init__(self) -> None:
        self.weights = [np.zeros(1)]

    def get_weights(self) -> list[Any]:
        return [each.copy() for each in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = [each.copy() for each in weights]


def average_after(values: list[float], decay: float) -> tuple[WeightAverage, Network]:
    network, average = Network(), WeightAverage(decay)
    for value in values:
        network.weights = [np.array([value])]
        average.after_step(network)
    return average, network


def test_it_is_lent_and_given_back() -> None:
    average, network = average_after([1.0] * EVERY + [2.0] * EVERY, decay=0.9)
    with average.lent_to(network, for_good=False):
        assert 1.0 < network.weights[0][0] < 2.0
    assert network.weights[0][0] == 2.0
    with average.lent_to(network, for_good=True):
        pass
    assert 1.0 < network.weights[0][0] < 2.0


def test_without_decay_or_before_the_first_look_the_weights_are_the_networks_own() -> None:
    for values, decay in (([3.0] * 50, 0.0), ([3.0] * (EVERY - 1), 0.9)):
        average, network = average_after(values, decay)
        with average.lent_to(network, for_good=True):
            assert network.weights[0][0] == 3.0


def test_in_the_long_run_each_step_keeps_the_decay() -> None:
    steps = 200 * EVERY
    average, _ = average_after([0.0] * steps + [1.0] * EVERY, decay=0.99)
    assert average.weights[0][0] == pytest.approx(1 - 0.99**EVERY)
