"""Decoding of image files."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import LONGEST_START, DataPath, check_is_content
from benchmarks.datasets.readers.raw_images import shown_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as PillowImage

MAX_PIXELS = 64_000_000  # of one image; a file of kilobytes can declare gigabytes
MOST_FRAMES, MOST_PIECES = 10_000, 2_000_000  # of one file; a GIF of 256 MiB has a million pieces
OF_SEVERAL = (".tif", ".tiff", ".gif", ".png", ".webp")
FURTHER = "images after the first of a file"
# how files begin that may hold several images, and what is near the beginning if they do
SEVERAL = ((b"GIF8", b""), (b"II*\0", b""), (b"MM\0*", b""), (b"\x89PNG", b"acTL"), (b"RIFF", b"ANIM"))
START = 1 << 16  # bytes in which that is
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp"),
    *(".pgm", ".ppm", ".pbm", ".pnm"),
)


def read_image(path: DataPath, transparent: bool = False) -> NDArray[np.uint8]:
    """Return the first image of a file, of shape (height, width), or (height, width, 3) in colour.

    A transparent image is put on a background that its own ink decides; with ``transparent`` it is returned as
    (height, width, 4). Raises ``BenchError`` if it cannot be read or is too large.
    """
    try:
        content = read_file(path) if isinstance(path, Path) else path.read_bytes()
    except OSError as error:
        raise BenchError(f"{shown_path(path)} cannot be read ({error.strerror or error})") from error
    check_is_content(content[:LONGEST_START], shown_path(path))
    return decode_image(content, shown_path(path), transparent)


def n_further_images(path: DataPath) -> int:
    """Return how many images a file holds after the first, which is the one that is read; 0 if it cannot be read.

    Raises ``BenchError`` where it holds so many that counting them would take long.
    """
    if path.suffix.lower() not in OF_SEVERAL:
        return 0
    try:
        with path.open("rb") as file:
            return n_further_in(file, shown_path(path))
    except OSError:  # which is reported when it is read
        return 0


def n_further_in(file: IO[bytes], name: str) -> int:
    """Return how many images an open file holds after the first, as ``n_further_images`` does."""
    from PIL import Image

    start = file.read(START)
    if not any(start.startswith(magic) and piece in start for magic, piece in SEVERAL):
        return 0  # most files; they need not be opened for that
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as picture:
                return _n_frames(picture, file) - 1
    except _TooManyError:
        raise BenchError(f"{name} holds more than {MOST_FRAMES:,} images; give the one that is meant") from None
    except Exception:  # decoders raise any exception on broken files, which are reported when they are read
        return 0


class _TooManyError(Exception):
    """There are more frames, or more pieces of them, than are counted."""


def _n_frames(picture: PillowImage.Image, file: IO[bytes]) -> int:
    """Return the number of frames; Pillow would go through those of GIF and TIFF without a limit."""
    if picture.format == "GIF":
        return _n_frames_of_gif(file)
    if picture.format != "TIFF":
        return int(getattr(picture, "n_frames", 1))
    for n in range(MOST_FRAMES + 1):
        try:
            picture.seek(n)
        except EOFError:
            return n
    raise _TooManyError


def _n_frames_of_gif(file: IO[bytes]) -> int:
    """Count the frames of a GIF by the heads of its blocks, and by the lengths of the pieces that they are made of."""
    file.seek(0)
    _pass_over_colours(file, file.read(13)[10])
    n, inside = 0, False
    for _ in range(MOST_PIECES):
        byte = file.read(1)
        if inside and byte:
            inside = byte[0] > 0
            file.seek(byte[0], os.SEEK_CUR)
        elif byte not in (b",", b"!"):
            return n
        else:
            if byte == b",":
                n += 1
                _pass_over_colours(file, file.read(9)[8])
            file.seek(1, os.SEEK_CUR)
            inside = True
        if n > MOST_FRAMES:
            break
    raise _TooManyError


def _pass_over_colours(file: IO[bytes], flags: int) -> None:
    if flags & 0x80:
        file.seek(3 << ((flags & 7) + 1), os.SEEK_CUR)


def decode_image(
    content: bytes, name: str, transparent: bool = False, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Return the image encoded in ``content``, as ``read_image`` does; ``name`` is used in messages.

    What declares more than ``max_pixels`` is not decoded.
    """
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd tags; the size is checked below
            with Image.open(io.BytesIO(content), formats=FORMATS) as file:
                if file.width * file.height <= max_pixels:
                    return np.array(_to_8_bit(ImageOps.exif_transpose(file), transparent))
    except Image.DecompressionBombError:
        pass  # far more than that
    except Exception as error:  # decoders raise any exception on broken files
        raise BenchError(f"{name} cannot be read as an image ({_short_message(error)}); fix or remove it") from error
    raise BenchError(f"{name} has more than {max_pixels:,} pixels; make it smaller")


def _to_8_bit(picture: PillowImage.Image, transparent: bool) -> PillowImage.Image:
    """Return an image of 8 bits without palette, and without transparency unless that is asked for."""
    if picture.mode[0] in "IF":
        return _eight_bits(picture)
    if picture.has_transparency_data:
        with_opacity = picture.convert("RGBA")
        return with_opacity if transparent else _on_background(with_opacity)
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _eight_bits(picture: PillowImage.Image) -> PillowImage.Image:
    """Return an image of 16 or 32 bits stretched to 0..255: devices differ in the range that they use."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(picture, np.float64), posinf=0, neginf=0)
    values -= values.min()
    return Image.fromarray(np.rint(values * (255 / max(values.max(), 1e-300))).astype(np.uint8))


def _on_background(picture: PillowImage.Image) -> PillowImage.Image:
    """Composite a transparent image on white if its ink is dark, on black otherwise."""
    import numpy as np
    from PIL import Image

    opaque = np.asarray(picture.getchannel("A")) > 127
    lightness = np.asarray(picture.convert("L"))[opaque]
    dark = lightness.size == 0 or lightness.mean() < 128
    background = Image.new("RGBA", picture.size, "white" if dark else "black")
    return Image.alpha_composite(background, picture).convert("RGB")


def _short_message(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return "unknown format" if "cannot identify" in text else text[:120]
