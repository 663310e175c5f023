"""The average of the weights, against the same average written out with plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.networks.weight_average import EVERY, WeightAverage


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
    with average.applied_to(network, permanently=False):
        assert 1.0 < network.weights[0][0] < 2.0
    assert network.weights[0][0] == 2.0
    with average.applied_to(network, permanently=True):
        pass
    assert 1.0 < network.weights[0][0] < 2.0


def test_without_decay_or_before_the_first_look_the_weights_are_the_networks_own() -> None:
    for values, decay in (([3.0] * 50, 0.0), ([3.0] * (EVERY - 1), 0.9)):
        average, network = average_after(values, decay)
        with average.applied_to(network, permanently=True):
            assert network.weights[0][0] == 3.0


def test_in_the_long_run_each_step_keeps_the_decay() -> None:
    steps = 200 * EVERY
    average, _ = average_after([0.0] * steps + [1.0] * EVERY, decay=0.99)
    assert average.weights[0][0] == pytest.approx(1 - 0.99**EVERY)


def test_it_is_the_exponential_average_that_forgets_faster_at_the_start() -> None:
    values = [float(number % 7) for number in range(8 * EVERY)]
    average, _ = average_after(values, decay=0.97)
    expected = values[EVERY - 1]
    for step in range(2 * EVERY, len(values) + 1, EVERY):
        kept = min(0.97, (1 + step) / (10 + step)) ** EVERY
        expected = kept * expected + (1 - kept) * values[step - 1]
    assert average.weights[0][0] == pytest.approx(expected)
