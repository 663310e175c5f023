from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from benchmarks.datasets.preprocessing.splits import (
    shuffled,
    split_off_validation,
    stratified_order,
    subset,
    take,
    validation_as_test,
)
from benchmarks.datasets.sources.digits import TEST_SEED
from benchmarks.datasets.spec import Images, Split
from tests.benchmarks.datasets.helpers import numbered, numbers

Labels = NDArray[np.int64]

some_labels = arrays(np.int64, st.integers(1, 150), elements=st.integers(0, 4))
balanced_labels = st.builds(
    lambda n_each, n_classes: np.repeat(np.arange(n_classes), n_each), st.integers(1, 30), st.integers(1, 10)
)
seeds = st.integers(0, 2**32 - 1)


def largest_difference(labels: Labels, prefix: Labels) -> float:
    """Return the largest deviation of a class count in ``prefix`` from its overall share, in images."""
    shares = np.bincount(labels) / len(labels)
    return float(abs(np.bincount(prefix, minlength=len(shares)) - shares * len(prefix)).max())


def three_splits(labels: Labels) -> Images:
    whole = numbered(labels)
    n_test = len(labels) // 5
    train, validation = split_off_validation(take(whole, slice(n_test, None)))
    return Images(train, validation, take(whole, slice(0, n_test)), tuple("01234"))


@settings(deadline=None)
@given(some_labels, seeds)
def test_a_stratified_order_holds_every_row_once(labels: Labels, seed: int) -> None:
    assert sorted(stratified_order(labels, seed)) == list(range(len(labels)))


@settings(deadline=None)
@given(balanced_labels, seeds)
def test_every_prefix_holds_balanced_classes_in_equal_numbers(labels: Labels, seed: int) -> None:
    order = stratified_order(labels, seed)
    for size in range(len(labels) + 1):
        assert largest_difference(labels, labels[order[:size]]) < 2


@settings(deadline=None)
@given(some_labels, seeds)
def test_every_prefix_holds_any_classes_in_nearly_their_shares(labels: Labels, seed: int) -> None:
    order = stratified_order(labels, seed)
    n_classes = len(np.unique(labels))
    for size in range(len(labels) + 1):
        assert largest_difference(labels, labels[order[:size]]) < max(n_classes - 1, 1)


def test_prefixes_of_real_digits_hold_the_shares_within_two_images() -> None:
    labels = load_digits().target
    order = stratified_order(labels, seed=0)
    assert max(largest_difference(labels, labels[order[:size]]) for size in range(0, 1700, 7)) < 2


def test_the_order_depends_on_its_seed() -> None:
    labels = np.arange(1000) % 10
    np.testing.assert_array_equal(stratified_order(labels, 7), stratified_order(labels.copy(), 7))
    assert (stratified_order(labels, 7) != stratified_order(labels, 8)).mean() > 0.9


def test_within_a_class_the_order_is_shuffled() -> None:
    order = stratified_order(np.zeros(1000, np.int64), 0)
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.1


def test_the_order_stays_the_one_that_published_results_were_measured_on() -> None:
    assert stratified_order(load_digits().target, TEST_SEED)[:5].tolist() == [1493, 648, 1296, 1009, 1762]


@settings(deadline=None)
@given(some_labels)
def test_validation_is_a_sixth_and_shares_nothing_with_train(labels: Labels) -> None:
    whole = numbered(labels)
    train, validation = split_off_validation(whole)
    assert len(validation) == len(labels) // 6
    assert sorted(numbers(train) + numbers(validation)) == list(range(len(labels)))
    for part in (train, validation):
        np.testing.assert_array_equal(part.labels, labels[numbers(part)])


@settings(deadline=None)
@given(some_labels)
def test_validation_is_always_the_same_sixth(labels: Labels) -> None:
    one, other = (split_off_validation(numbered(labels))[1] for _ in range(2))
    assert numbers(one) == numbers(other)


@settings(deadline=None)
@given(balanced_labels)
def test_validation_is_stratified(labels: Labels) -> None:
    assert largest_difference(labels, split_off_validation(numbered(labels))[1].labels) < 2


@settings(deadline=None, max_examples=50)
@given(some_labels, some_labels, seeds)
def test_subsets_are_as_large_as_asked_for_nested_and_of_the_given_images(
    train_labels: Labels, validation_labels: Labels, seed: int
) -> None:
    train, validation = numbered(train_labels), numbered(validation_labels)
    sizes = range(len(train) + len(validation) + 1)
    parts = [subset(train, validation, size, seed) for size in sizes]
    assert [len(some_train) + len(some_validation) for some_train, some_validation in parts] == list(sizes)
    for whole, side in ((train, 0), (validation, 1)):
        chosen = [numbers(pair[side]) for pair in parts]
        assert all(set(smaller) <= set(larger) for smaller, larger in pairwise(chosen))
        assert sorted(chosen[-1]) == numbers(whole)
        for pair in parts:
            np.testing.assert_array_equal(pair[side].labels, whole.labels[numbers(pair[side])])


def test_in_shuffled_data_the_first_images_have_every_class() -> None:
    sorted_by_class = numbered(np.repeat(np.arange(10), 60))
    once, again = shuffled(sorted_by_class), shuffled(sorted_by_class)
    assert numbers(once) == numbers(again) and sorted(numbers(once)) == numbers(sorted_by_class)
    counts = np.bincount(once.labels[:100], minlength=10)
    assert counts.min() >= 9 and counts.max() <= 11


def test_a_subset_holds_validation_in_the_share_of_the_whole() -> None:
    train, validation = split_off_validation(numbered(np.arange(600) % 10))
    some_train, some_validation = subset(train, validation, 60, seed=0)
    assert (len(some_train), len(some_validation)) == (50, 10)


def test_a_subset_depends_on_its_seed() -> None:
    train, validation = split_off_validation(numbered(np.arange(600) % 10))
    first, again, other = (subset(train, validation, 60, seed)[0] for seed in (1, 1, 2))
    assert numbers(first) == numbers(again)
    assert set(numbers(first)) != set(numbers(other))


def test_a_subset_without_size_is_everything() -> None:
    train, validation = split_off_validation(numbered(np.arange(60) % 10))
    assert subset(train, validation, None, seed=3) == (train, validation)


@settings(deadline=None)
@given(some_labels)
def test_validation_as_test_has_no_test_image_and_no_overlap(labels: Labels) -> None:
    images = three_splits(labels)
    chosen = validation_as_test(images)
    left = [numbers(split) for split in (chosen.train, chosen.validation, chosen.test)]
    assert not set(numbers(images.test)) & {number for split in left for number in split}
    assert sorted(left[0] + left[1] + left[2]) == sorted(numbers(images.train) + numbers(images.validation))


@settings(deadline=None)
@given(some_labels)
def test_in_validation_as_test_the_end_of_train_becomes_validation(labels: Labels) -> None:
    images = three_splits(labels)
    chosen = validation_as_test(images)
    assert numbers(chosen.test) == numbers(images.validation)
    assert len(chosen.validation) == len(images.validation)
    assert numbers(chosen.train) + numbers(chosen.validation) == numbers(images.train)


def test_take_keeps_images_and_labels_together() -> None:
    selected = take(numbered(np.array([5, 6, 7])), np.array([2, 0]))
    assert numbers(selected) == [2, 0]
    assert selected.labels.tolist() == [7, 5]
    assert isinstance(selected, Split)
