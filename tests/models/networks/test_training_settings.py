"""What the settings of a network's training mean, and which make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.networks.training import TrainingSettings
from models.networks.training_settings import SCHEDULES, TRAINING
from models.spec import Setting

DEFAULTS = {name: param.default for name, param in TRAINING.items()}


def settings(**changed: Any) -> TrainingSettings:
    return TrainingSettings.of({**DEFAULTS, "dropout": 0.5, **changed})


@given(st.sampled_from(SCHEDULES), st.integers(1, 400), st.floats(1e-6, 1.0))
def test_the_learning_rate_stays_above_nought_and_never_passes_the_largest(
    schedule: str, steps: int, largest: float
) -> None:
    training = settings(schedule=schedule, learning_rate=largest)
    rates = [training.learning_rate_at(step, steps) for step in range(steps)]
    assert all(0 < rate <= largest * (1 + 1e-9) for rate in rates)


@given(st.integers(20, 400))
def test_one_cycle_rises_for_a_quarter_and_then_falls_to_almost_nought(steps: int) -> None:
    training = settings(schedule="one-cycle", learning_rate=1.0)
    rates = [training.learning_rate_at(step, steps) for step in range(steps)]
    top = rates.index(max(rates))
    assert steps / 4 - 2 <= top <= steps / 4 + 1
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.02


def test_a_constant_rate_is_constant_and_a_cosine_only_falls() -> None:
    assert {settings().learning_rate_at(step, 10) for step in range(10)} == {0.001}
    cosine = [settings(schedule="cosine").learning_rate_at(step, 10) for step in range(10)]
    assert cosine == sorted(cosine, reverse=True) and cosine[0] == 0.001 and cosine[5] == pytest.approx(0.0005)


@given(st.integers(1, 50), st.integers(0, 1000), st.integers(1, 100))
def test_few_images_mean_more_epochs(epochs: int, min_steps: int, steps: int) -> None:
    n = settings(epochs=epochs, min_steps=min_steps).epochs_of(steps)
    assert n >= epochs and n * steps >= min_steps
    assert n == epochs or (n - 1) * steps < min_steps


def test_the_amounts_of_change_are_the_augmentation() -> None:
    assert settings(rotation=10.0, flip=0.5).augmentation.rotation == 10.0
    assert not settings().augmentation.changes_anything()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("epochs", 0, "a whole number from 1 to 10000"),
        ("batch", -1, "a whole number from 1 to 100000"),
        ("schedule", "up", "one of constant, cosine, one-cycle"),
        ("precision", "float8", "one of float32, bfloat16"),
        ("label_smoothing", 2.0, "a number from 0.0 to 1.0"),
        ("ema", 1.0, "a number from 0.0 to 0.999999"),
        ("learning_rate", float("nan"), "a number from 1e-07 to 10.0"),
        ("rotation", -3.0, "a number from 0.0 to 180.0"),
    ],
)
def test_values_out_of_range_are_refused_in_one_line(name: str, value: Setting, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^should be {allowed}, not {value}$"):
        TRAINING[name].check(value)


def test_patience_needs_a_validation_split() -> None:
    with pytest.raises(ValueError, match="hold_out must be true"):
        settings(patience=3, hold_out=False)
