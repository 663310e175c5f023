from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.preprocessing.cleaning import (
    MAX_NAMED,
    check_counts,
    drop_bad_images,
    find_bad_images,
    reject_bad_images,
)
from benchmarks.datasets.spec import Split
from tests.benchmarks.datasets.helpers import error_message

N_CLASSES = 10


def good(n: int) -> Split:
    """Return images with a stroke each, and valid labels."""
    images = np.zeros((n, 4, 3), np.uint8)
    images[:, 1:3, 1] = 200
    return Split(images, np.arange(n) % N_CLASSES)


def damaged(n: int, blank: set[int], invalid: set[int]) -> Split:
    split = good(n)
    split.images[sorted(blank)] = 255
    split.labels[sorted(invalid)] = N_CLASSES
    return split


@pytest.mark.parametrize("value", [0, 7, 255])
def test_an_image_of_one_value_is_named_with_it(value: int) -> None:
    split = good(5)
    split.images[3] = value
    assert find_bad_images(split, N_CLASSES, "train") == {3: f"train[3]: every pixel is {value}"}


def test_one_pixel_of_ink_is_enough() -> None:
    split = good(1)
    split.images[0] = 0
    split.images[0, 3, 2] = 1
    assert find_bad_images(split, N_CLASSES, "train") == {}


@pytest.mark.parametrize("label", [-1, 10, 255])
def test_a_label_out_of_range_is_named_with_it(label: int) -> None:
    split = good(5)
    split.labels[2] = label
    assert find_bad_images(split, N_CLASSES, "test") == {2: f"test[2]: label {label} is not one of 0..9"}


@pytest.mark.parametrize("label", [0, 9])
def test_the_first_and_the_last_class_are_in_range(label: int) -> None:
    split = good(2)
    split.labels[:] = label
    assert find_bad_images(split, N_CLASSES, "test") == {}


indices = st.sets(st.integers(0, 19), max_size=9)


@settings(deadline=None)
@given(indices, indices)
def test_exactly_the_bad_images_of_train_are_dropped_and_named(blank: set[int], invalid: set[int]) -> None:
    split = damaged(20, blank, invalid)
    split.images[:, 0, 0] = np.where(np.isin(np.arange(20), sorted(blank)), 255, np.arange(20))
    remaining, dropped = drop_bad_images(split, N_CLASSES, "train")
    bad = sorted(blank | invalid)
    assert [reason.split(":")[0] for reason in dropped] == [f"train[{i}]" for i in bad]
    assert remaining.images[:, 0, 0].tolist() == [i for i in range(20) if i not in bad]
    assert remaining.labels.tolist() == [i % N_CLASSES for i in range(20) if i not in bad]


def test_valid_images_are_unchanged() -> None:
    split = good(20)
    assert drop_bad_images(split, N_CLASSES, "train") == (split, ())
    assert reject_bad_images(split, N_CLASSES, "test") is split


def test_train_without_a_valid_image_is_rejected() -> None:
    message = error_message(
        lambda: drop_bad_images(damaged(20, set(range(15)), {15, 16, 17, 18, 19}), N_CLASSES, "train")
    )
    assert "none of the 20 images" in message
    assert "train[0]" in message


@settings(deadline=None)
@given(indices, indices)
def test_bad_images_of_test_are_rejected_counted_and_named(blank: set[int], invalid: set[int]) -> None:
    bad = sorted(blank | invalid)
    if not bad:
        return
    message = error_message(lambda: reject_bad_images(damaged(20, blank, invalid), N_CLASSES, "test"))
    assert message.startswith(f"{len(bad)} test image")
    for place, i in enumerate(bad):
        assert (f"test[{i}]:" in message) == (place < MAX_NAMED)
    assert (f"and {len(bad) - MAX_NAMED} more" in message) == (len(bad) > MAX_NAMED)


@pytest.mark.parametrize(
    ("images", "labels", "expected"),
    [
        ((5, 28, 28), (4,), "5 images but 4 labels"),
        ((4, 28, 28), (5,), "4 images but 5 labels"),
        ((5, 28, 28, 3), (5,), "images have 4 and labels 1 dimensions"),
        ((5, 784), (5,), "images have 2 and labels 1 dimensions"),
        ((5,), (5,), "images have 1 and labels 1 dimensions"),
        ((5, 28, 28), (5, 1), "images have 3 and labels 2 dimensions"),
        ((0, 28, 28), (0,), "no images"),
        ((5, 0, 28), (5,), "no images"),
    ],
)
def test_images_and_labels_that_do_not_match_are_rejected(
    images: tuple[int, ...], labels: tuple[int, ...], expected: str
) -> None:
    message = error_message(lambda: check_counts(np.ones(images, np.uint8), np.ones(labels, np.uint8), "train"))
    assert message.startswith("train: ")
    assert expected in message


def test_an_image_for_each_label_is_accepted() -> None:
    check_counts(np.ones((5, 28, 28), np.uint8), np.ones(5, np.uint8), "train")
