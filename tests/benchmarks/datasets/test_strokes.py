"""Thin pens on large sheets are noticed, and normalised strokes are even whatever pen and light they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.preprocessing.strokes import n_faint
from benchmarks.datasets.spec import Images, Preparation
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.handwriting import (
    PHOTOGRAPH,
    SCAN,
    STROKES,
    THIN_PEN,
    Paper,
    write_class_folders,
    written,
)

SHEETS = {
    f"{pen} of {side}": replace(THIN_PEN, height=side, width=round(side * 0.8), pen=pen)
    for pen, side in ((1, 300), (2, 600), (1, 1000), (3, 1500))
}
NORMALISED = Preparation(normalised=True, dark_on_light=True)


def frames(on: Paper, preparation: Preparation, digits: str = "047", seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.stack([normalize_image(written(digit, on, generator), preparation) for digit in digits])


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("frame", [0, 8])
def test_a_thin_pen_on_a_large_sheet_is_faint_until_it_is_normalised(sheet: str, frame: int) -> None:
    picture = written("4", replace(SHEETS[sheet], frame=frame), np.random.default_rng(0))
    faint = {
        name: n_faint(normalize_image(picture, preparation)[None])
        for name, preparation in (
            ("scaled", replace(NORMALISED, normalised=False)),
            ("centred", replace(NORMALISED, normalised=False, centred=True)),
            ("normalised", NORMALISED),
        )
    }
    assert faint == {"scaled": 1, "centred": 1, "normalised": 0}


@pytest.mark.parametrize("on", [SCAN, PHOTOGRAPH, Paper(28, 28, 3, texture=0, gradient=0)])
def test_usual_pens_are_not_faint(on: Paper) -> None:
    assert n_faint(frames(on, replace(NORMALISED, normalised=False))) == 0


@pytest.mark.parametrize("side", [16, 28, 32, 64])
@pytest.mark.parametrize(
    "on",
    [
        replace(THIN_PEN, height=600, width=500),
        replace(THIN_PEN, pen=1, height=1600, width=1200),
        SCAN,
        PHOTOGRAPH,
        replace(PHOTOGRAPH, shadow=0.4),
        replace(SCAN, ruled=40),
        replace(SCAN, frame=12),
        replace(SCAN, texture=12.0, quality=40),
    ],
)
def test_normalised_strokes_look_alike_on_any_paper(on: Paper, side: int) -> None:
    ideal = frames(
        Paper(400, 300, 22, paper=255, ink=0, gradient=0, texture=0, rotation=0),
        replace(NORMALISED, image_shape=(side, side)),
    )
    found = frames(replace(on, rotation=0), replace(NORMALISED, image_shape=(side, side)))
    for image, expected in zip(found, ideal, strict=True):
        assert image.max() > 200 and image[0].max() < 30 and image[:, 0].max() < 30
        assert np.corrcoef(image.ravel(), expected.ravel())[0, 1] > 0.6
        assert 0.04 < (image > 128).mean() < 0.3


def test_a_published_dataset_is_not_faint_and_stays_readable_when_normalised(digit_images: Images) -> None:
    images = digit_images.test.images[:100]
    assert n_faint(images) == 0
    preparation = Preparation(normalised=True, dark_on_light=False)
    again = np.stack([normalize_image(image, preparation) for image in images])
    centred = [normalize_image(image, Preparation(centred=True, dark_on_light=False)) for image in images]
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(centred, again, strict=True)]
    assert np.quantile(alike, 0.1) > 0.6 and n_faint(again) == 0


def test_blank_paper_stays_blank() -> None:
    for value in (0, 255):
        assert not normalize_image(np.full((300, 200), value, np.uint8), NORMALISED).any()


def test_faint_strokes_of_every_part_are_said_with_the_way_out(tmp_path: Path) -> None:
    on = replace(THIN_PEN, height=400, width=300, pen=1)
    write_class_folders(tmp_path / "train", SCAN, 3, digits=tuple(STROKES)[:3])
    write_class_folders(tmp_path / "test", on, 2, seed=1, digits=tuple(STROKES)[:3])
    notes = open_path(str(tmp_path), PreprocessingOptions()).notes
    (faint,) = (note for note in notes if "fainter" in note)
    assert faint.startswith("CAREFUL: the strokes of 6 of 6 test images") and "--normalise" in faint
    images = open_path(str(tmp_path), PreprocessingOptions(normalise=True))
    assert not [note for note in images.notes if "fainter" in note] and images.preparation.normalised
