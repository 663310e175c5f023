"""Images that are unlike the training images are found, with the option that makes them alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.spec import Preparation
from benchmarks.inference.resemblance import Resemblance
from tests.benchmarks.datasets.handwriting import PHOTOGRAPH, SCAN, written

OWN = Preparation(dark_on_light=True)


def drawn(kind: str, seed: int = 0, digit: str = "4") -> NDArray[np.uint8]:
    """Return a picture of a digit, dark on light."""
    clean = replace(SCAN, texture=0.0, ink=0, pen=40, paper=255, rotation=0.0, quality=100)
    generator = np.random.default_rng(seed)
    if kind == "photograph":
        return written(digit, replace(PHOTOGRAPH, height=480, width=360, shadow=0.6), generator)
    picture = written(digit, clean, generator)
    match kind:
        case "small":
            return np.pad(picture, 140, constant_values=255)
        case "off-centre":
            return np.pad(picture, ((0, 250), (0, 370)), constant_values=255)
    return picture


@pytest.fixture(scope="module")
def training() -> Resemblance:
    samples = [normalize_image(drawn("clean", i, digit), OWN) for i, digit in enumerate("0234567")]
    found = Resemblance.to(np.stack([*samples, np.zeros_like(samples[0])]))
    assert found
    return found


@pytest.mark.parametrize(
    ("kind", "difference", "option"),
    [
        ("small", "small", "--centre"),
        ("off-centre", "off-centre", "--centre"),
        ("photograph", "faint strokes", "--normalise"),
    ],
)
def test_what_differs_is_named_with_the_option_that_helps(
    kind: str, difference: str, option: str, training: Resemblance
) -> None:
    advice = training.advice(OWN, lambda preparation: normalize_image(drawn(kind), preparation))
    assert advice and difference in advice[0] and advice[1] == option


def test_images_like_the_training_images_are_not_named(training: Resemblance) -> None:
    assert training.advice(OWN, lambda preparation: normalize_image(drawn("clean", 9), preparation)) is None
    assert not training.options(replace(OWN, normalised=True)), "there is nothing more to try"
    assert list(training.options(replace(OWN, centred=True))) == ["--normalise"]


def test_without_drawn_training_images_nothing_is_known() -> None:
    assert Resemblance.to(np.zeros((3, 28, 28), np.uint8)) is None


def test_a_centred_digit_is_as_large_as_those_of_the_training(training: Resemblance) -> None:
    share = training.ink_share or 20 / 28
    prepared = normalize_image(drawn("small"), training.options(OWN)["--centre"])
    assert abs(int((prepared.max(axis=1) > 100).sum()) - 28 * share) <= 2
