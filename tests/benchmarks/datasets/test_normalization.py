from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from benchmarks.datasets.preprocessing.normalization import is_dark_on_light, normalize_image, to_grayscale
from benchmarks.datasets.readers.image_file import decode_image, read_image
from benchmarks.datasets.spec import Images
from tests.benchmarks.datasets.helpers import error_message

Picture = NDArray[np.uint8]

shapes = st.tuples(st.integers(1, 70), st.integers(1, 70))
pictures = st.one_of(
    shapes.flatmap(lambda shape: arrays(np.uint8, shape)),
    shapes.flatmap(lambda shape: arrays(np.uint8, (*shape, 3))),
)


def stroke(height: int = 60, width: int = 40, paper: int = 240, ink: int = 20) -> Picture:
    """Return an image of a vertical bar, slightly right of the centre."""
    picture = np.full((height, width), paper, np.uint8)
    picture[height // 5 : -height // 5, width // 2 : width // 2 + max(2, width // 8)] = ink
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@given(pictures, st.booleans(), st.sampled_from([None, True, False]))
def test_any_image_becomes_28_by_28(picture: Picture, centre: bool, dark_on_light: bool | None) -> None:
    frame = normalize_image(picture, centre=centre, dark_on_light=dark_on_light)
    assert frame.shape == (28, 28) and frame.dtype == np.uint8


def test_an_image_of_28_by_28_is_unchanged(digit_images: Images) -> None:
    for image in digit_images.test.images[:50]:
        np.testing.assert_array_equal(normalize_image(image), image)
        np.testing.assert_array_equal(normalize_image(255 - image), image)


@given(st.integers(20, 90), st.integers(20, 90))
def test_both_polarities_become_light_on_dark(height: int, width: int) -> None:
    dark = stroke(height, width)
    assert is_dark_on_light(dark) and not is_dark_on_light(255 - dark)
    one, other = normalize_image(dark), normalize_image(255 - dark)
    assert np.abs(one.astype(int) - other).max() <= 1
    assert one[0, 0] < 30 and one.max() > 100


def test_a_uniform_image_has_no_polarity() -> None:
    assert is_dark_on_light(np.full((5, 5), 200, np.uint8)) is None


def test_the_aspect_ratio_is_preserved_and_padding_is_background() -> None:
    frame = normalize_image(stroke(60, 30, paper=255, ink=0))
    rows, columns = (np.flatnonzero((frame > 100).any(axis=axis)) for axis in (1, 0))
    assert abs((rows[-1] - rows[0] + 1) - 0.6 * 28) <= 1.5
    assert columns[0] >= 13 and columns[-1] <= 18
    assert not frame[:, :6].any() and not frame[:, -6:].any()


def test_downscaling_antialiases() -> None:
    """A checkerboard of single pixels becomes uniform grey, without aliasing."""
    board = (np.indices((280, 280)).sum(axis=0) % 2 * 255).astype(np.uint8)
    frame = normalize_image(board, dark_on_light=False)
    assert abs(frame[4:-4, 4:-4].astype(int) - 127).max() <= 3


@given(st.integers(0, 30), st.integers(0, 18))
def test_centring_by_mass_does_not_depend_on_the_position_of_the_ink(down: int, right: int) -> None:
    picture = np.full((60, 40), 230, np.uint8)
    picture[5 + down : 25 + down, 4 + right : 8 + right] = 30
    picture[20 + down : 25 + down, 4 + right : 20 + right] = 30
    frame = normalize_image(picture, centre=True)
    at_origin = np.full((60, 40), 230, np.uint8)
    at_origin[5:25, 4:8] = 30
    at_origin[20:25, 4:20] = 30
    np.testing.assert_array_equal(frame, normalize_image(at_origin, centre=True))
    mass = frame.astype(float) / frame.sum()
    assert abs(mass.sum(axis=1) @ np.arange(28) - 13.5) <= 0.6
    assert abs(mass.sum(axis=0) @ np.arange(28) - 13.5) <= 0.6
    assert frame.max() == 255 and frame[0].max() == 0


def test_centring_a_blank_image_gives_a_blank_image() -> None:
    assert not normalize_image(np.full((30, 20), 9, np.uint8), centre=True).any()


def test_colour_becomes_greyscale() -> None:
    colour = np.zeros((3, 3, 3), np.uint8)
    colour[..., 1] = 255
    assert set(to_grayscale(colour).ravel()) == {150}
    np.testing.assert_array_equal(to_grayscale(colour[..., :1]), colour[..., 0])


KINDS = {"PNG": "L RGB 1 P", "BMP": "L RGB 1 P", "GIF": "L RGB 1 P", "TIFF": "L RGB 1 P", "PPM": "L RGB 1"}


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("WEBP", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "RGB"),
        *((kind, mode) for kind in KINDS for mode in KINDS[kind].split()),
    ],
)
def test_every_format_is_read(kind: str, mode: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(Image.fromarray(stroke()).convert(mode), kind))
    frame = normalize_image(read_image(path))
    assert np.abs(frame.astype(int) - normalize_image(stroke())).mean() < 20


def test_sixteen_bits_are_read_over_their_range(tmp_path: Path) -> None:
    deep = (stroke().astype(np.uint16) - 20) * 18  # 12 bits used of 16
    path = tmp_path / "deep.png"
    path.write_bytes(encoded(Image.fromarray(deep)))
    assert set(np.unique(read_image(path))) == {0, 255}


@pytest.mark.parametrize("ink", [0, 255])
def test_transparent_pixels_are_background(ink: int) -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[10:30, 18:22] = (ink, ink, ink, 255)
    frame = normalize_image(decode_image(encoded(Image.fromarray(picture)), "ink.png"))
    assert frame[14, 14] > 200 and frame[0, 0] == 0


def test_exif_orientation_is_applied() -> None:
    rotated = Image.fromarray(np.rot90(stroke()))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90°
    decoded = decode_image(encoded(rotated, "JPEG", exif=exif, quality=95), "photo.jpg")
    assert decoded.shape[:2] == (60, 40)


def test_bad_files_give_a_one_line_error(tmp_path: Path) -> None:
    good = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50), np.uint8)))
    bad = {
        "empty.png": b"",
        "cut.png": good[: len(good) // 2],
        "words.png": b"these are words",
        "flipped.png": bytes([good[0] ^ 255]) + good[1:],
        "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "huge.png": huge_png(),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        message = error_message(lambda name=name: read_image(tmp_path / name))  # type: ignore[misc]
        assert str(tmp_path / name) in message, name
    assert "64,000,000 pixels" in error_message(lambda: read_image(tmp_path / "huge.png"))
    assert "No such file" in error_message(lambda: read_image(tmp_path / "none.png"))
    assert "not a regular file" in error_message(lambda: read_image(tmp_path))


def huge_png() -> bytes:
    """Return a small PNG file whose header declares 30,000 by 30,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(10_000))
    chunks = (header, body, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )
