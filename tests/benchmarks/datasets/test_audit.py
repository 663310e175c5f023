from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.datasets.preprocessing.audit import Origins, audit, digest
from benchmarks.datasets.spec import Images, Split

NO_DUPLICATES = {
    "train": 0,
    "validation": 0,
    "test": 0,
    "train and validation": 0,
    "train and test": 0,
    "validation and test": 0,
}


def split(first: int, labels: list[int]) -> Split:
    """Return a split of distinct images, different from those with another ``first``."""
    images = np.zeros((len(labels), 4, 4), np.uint8)
    images[:, 0, 0] = np.arange(first, first + len(labels))
    return Split(images, np.array(labels))


@pytest.fixture
def images() -> Images:
    return Images(
        train=split(0, [0, 1, 1, 2, 2, 2]),
        validation=split(10, [2, 2, 0]),
        test=split(20, [1, 1]),
        class_names=("zero", "one", "two"),
    )


def test_the_images_of_each_class_are_counted_by_split(images: Images) -> None:
    assert audit(images).counts == {"train": (1, 2, 3), "validation": (1, 0, 2), "test": (0, 2, 0)}


def test_images_that_all_differ_are_no_duplicates(images: Images) -> None:
    assert audit(images).duplicates == NO_DUPLICATES


def test_duplicates_within_a_split_are_those_after_the_first(images: Images) -> None:
    images.train.images[[2, 4]] = images.train.images[0]
    assert audit(images).duplicates == NO_DUPLICATES | {"train": 2}


@pytest.mark.parametrize(
    ("first", "second"), [("train", "validation"), ("train", "test"), ("validation", "test")], ids=" and ".join
)
def test_duplicates_across_two_splits_are_counted_there_alone(images: Images, first: str, second: str) -> None:
    getattr(images, second).images[1] = getattr(images, first).images[2]
    assert audit(images).duplicates == NO_DUPLICATES | {f"{first} and {second}": 1}


def test_every_image_of_test_that_is_in_train_counts_however_often_it_is_there(images: Images) -> None:
    images.train.images[[1, 2]] = images.train.images[0]
    images.test.images[:] = images.train.images[0]
    assert audit(images).duplicates == NO_DUPLICATES | {"train": 2, "test": 1, "train and test": 2}


def test_one_pixel_makes_a_difference(images: Images) -> None:
    images.test.images[0] = images.train.images[0]
    images.test.images[0, 3, 3] = 1
    assert audit(images).duplicates == NO_DUPLICATES


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_a_single_pixel_changes_the_hash_of_its_split_and_of_the_data(images: Images, name: str) -> None:
    before = audit(images)
    getattr(images, name).images[1, 2, 3] += 1
    after = audit(images)
    assert {split for split in before.hashes if before.hashes[split] != after.hashes[split]} == {name}
    assert before.data_hash != after.data_hash


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_a_single_label_changes_the_hash_of_its_split_and_of_the_data(images: Images, name: str) -> None:
    before = audit(images)
    getattr(images, name).labels[1] = 0
    after = audit(images)
    assert {split for split in before.hashes if before.hashes[split] != after.hashes[split]} == {name}
    assert before.data_hash != after.data_hash


def test_the_order_of_the_images_and_their_shape_change_the_hash(images: Images) -> None:
    backwards = replace(images, train=Split(images.train.images[::-1], images.train.labels[::-1]))
    wide = replace(images, train=Split(images.train.images.reshape(-1, 2, 8), images.train.labels))
    assert len({audit(some).hashes["train"] for some in (images, backwards, wide)}) == 3


def test_the_same_images_have_the_same_hash(images: Images) -> None:
    copied = replace(images, train=Split(np.asfortranarray(images.train.images), images.train.labels.copy()))
    assert audit(copied).hashes == audit(images).hashes
    assert audit(copied).data_hash == audit(images).data_hash


def test_swapped_splits_have_another_hash(images: Images) -> None:
    traded = replace(images, train=images.validation, validation=images.train)
    assert audit(traded).data_hash != audit(images).data_hash


def test_the_findings_are_printed(images: Images) -> None:
    images.test.images[0] = images.train.images[0]
    dropped = tuple(f"train[{i}]: every pixel is 0" for i in range(12))
    *_, sizes, duplicates, left_out = audit(replace(images, dropped=dropped)).lines()
    assert "train 6, validation 3, test 2" in sizes
    assert "3 classes" in sizes
    assert "train 1 to 3 per class" in sizes
    assert duplicates == "exact duplicates: 1 in train and test"
    assert left_out.splitlines()[0] == "dropped from training: 12"
    assert "train[0]" in left_out
    assert "train[10]" not in left_out


def test_without_findings_the_lines_say_none(images: Images) -> None:
    assert audit(images).lines()[1:] == ["exact duplicates: none", "dropped from training: 0"]


def careful(images: Images) -> list[str]:
    return [note for note in audit(images).notes if note.startswith("CAREFUL")]


def test_an_image_with_two_labels_has_a_line_of_its_own(images: Images) -> None:
    assert careful(images) == []
    images.train.images[[1, 3]] = images.train.images[0]
    images.validation.images[0] = images.train.images[0]
    assert careful(images) == ["CAREFUL: 4 training images equal others that have another label, as 'zero' and 'one'"]


def test_test_images_to_train_on_and_those_with_another_label_have_lines_of_their_own(images: Images) -> None:
    images.test.images[0] = images.train.images[1]
    assert careful(images) == ["CAREFUL: 1 of 2 test images are training images too; scores are too high"]
    images.test.images[1] = images.train.images[3]
    assert careful(images) == [
        "CAREFUL: 1 of 2 test images equal training images that have another label",
        "CAREFUL: 2 of 2 test images are training images too; scores are too high",
    ]


def test_test_images_that_the_preparation_made_equal_are_counted(images: Images) -> None:
    images.test.images[0] = images.train.images[1]
    merged = frozenset([digest(images.test.images[0]), digest(images.test.images[1])])
    assert careful(replace(images, merged=merged)) == [
        "CAREFUL: 1 of 2 test images are training images too (1 of them only as they are prepared: the originals "
        "differ); scores are too high"
    ]


def test_images_are_merged_where_originals_that_differ_become_one() -> None:
    originals = np.eye(4, dtype=np.uint8)[:, None]
    origins, blank, other = Origins(), np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8)
    for prepared, original in ((blank, 0), (blank, 0), (other, 1), (other, 1)):
        origins.add(prepared, originals[original])
    assert not origins.merged
    origins.add(blank, originals[2])
    assert origins.merged == {digest(blank)}
