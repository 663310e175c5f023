from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.transform import resize
from sklearn.datasets import load_digits

from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.sources import digits
from benchmarks.datasets.spec import DataPlaces, Images

SCANS_SHA256 = "20def7f70a702f0af9732fbba4375e147a7d54fe70d8c45569b8e7c1c7010c10"


@pytest.fixture(scope="module")
def enlarged() -> NDArray[np.uint8]:
    """Every scan, in scikit-learn's order."""
    return digits.enlarge(load_digits().images)


def test_the_splits_have_their_sizes(digit_images: Images) -> None:
    assert len(digit_images.train) == len(digit_images.train.images) == 1198
    assert len(digit_images.validation) == len(digit_images.validation.images) == 239
    assert len(digit_images.test) == len(digit_images.test.images) == 360
    assert digit_images.dropped == ()


def test_every_load_is_the_same(digit_images: Images, digit_places: DataPlaces, tmp_path: Path) -> None:
    again = digits.load(digit_places)  # from the cache
    assert audit(again).data_hash == audit(digit_images).data_hash
    assert again.checksums == digit_images.checksums
    shutil.copytree(digit_places.cache, tmp_path / "cache")
    (folder,) = (tmp_path / "cache" / "digits").iterdir()
    cached = folder / digits.SCANS
    whole = cached.read_bytes()
    with np.load(io.BytesIO(whole)) as arrays:
        false = {**arrays, "labels": 9 - arrays["labels"]}

    def falsify() -> None:
        np.savez(cached, **false)

    for change in (lambda: cached.write_bytes(whole[:-100]), falsify, lambda: os.mkfifo(cached)):
        cached.unlink()
        change()
        again = digits.load(replace(digit_places, cache=tmp_path / "cache"))
        assert audit(again).data_hash == audit(digit_images).data_hash


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(digit_images: Images, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a regular file")
    again = digits.load(DataPlaces((), tmp_path / "cache"))
    assert audit(again).data_hash == audit(digit_images).data_hash


def test_loading_from_the_cache_imports_no_scikit_learn(digit_images: Images, digit_places: DataPlaces) -> None:
    code = (
        "import sys; from pathlib import Path; from benchmarks.datasets.registry import DATASETS\n"
        "from benchmarks.datasets.spec import DataPlaces\n"
        f"DATASETS['digits'].load(DataPlaces((), Path({str(digit_places.cache)!r}))); print('sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_the_splits_are_stratified(digit_images: Images) -> None:
    shares = np.bincount(load_digits().target) / 1797
    for split in (digit_images.train, digit_images.validation, digit_images.test):
        assert abs(np.bincount(split.labels) - shares * len(split)).max() < 3


def test_no_scan_is_in_two_splits_and_none_is_lost(digit_images: Images, enlarged: NDArray[np.uint8]) -> None:
    everything = sorted(image.tobytes() for image in enlarged)
    splits = (digit_images.train, digit_images.validation, digit_images.test)
    assert sorted(image.tobytes() for split in splits for image in split.images) == everything
    assert len(set(everything)) == 1797


def test_labels_stay_with_their_scans(digit_images: Images, enlarged: NDArray[np.uint8]) -> None:
    label_of = {image.tobytes(): label for image, label in zip(enlarged, load_digits().target, strict=True)}
    for split in (digit_images.train, digit_images.validation, digit_images.test):
        assert [label_of[image.tobytes()] for image in split.images] == split.labels.tolist()


def test_images_have_the_shape_and_the_types_of_mnist(digit_images: Images) -> None:
    for split in (digit_images.train, digit_images.validation, digit_images.test):
        assert split.images.shape[1:] == (28, 28)
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64


def test_strokes_have_full_ink_and_background_next_to_none(enlarged: NDArray[np.uint8]) -> None:
    background = resize(load_digits().images, enlarged.shape, order=1) == 0
    assert (enlarged.max(axis=(1, 2)) > 240).mean() > 0.95
    assert np.median(enlarged[background]) == 0
    assert enlarged[background].max() < 30  # cubic interpolation overshoots a little
    assert background.mean() > 0.2


def test_blank_stays_background_and_solid_stays_full_ink() -> None:
    scans = np.stack([np.zeros((8, 8)), np.full((8, 8), 16.0)])
    blank, solid = digits.enlarge(scans)
    assert (blank == 0).all()
    assert (solid == 255).all()


def test_a_scan_keeps_its_place_and_is_not_turned() -> None:
    scan = np.zeros((1, 8, 8))
    scan[0, 1, 5] = 16
    brightest = np.unravel_index(digits.enlarge(scan)[0].argmax(), (28, 28))
    np.testing.assert_allclose(brightest, (1.5 * 3.5 - 0.5, 5.5 * 3.5 - 0.5), atol=1)


def test_the_checksum_is_of_the_scans_themselves(digit_images: Images) -> None:
    ((name, sha256),) = digit_images.checksums
    assert name == "scikit-learn digits"
    assert sha256 == SCANS_SHA256
