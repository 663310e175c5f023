"""Image files of any format → pixels."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as PillowImage

MOST_PIXELS = 64_000_000  # of one image; a few kilobytes can claim to be many gigabytes
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm")


def read_image(path: Path) -> NDArray[np.uint8]:
    """Return the first picture of an image file, of shape (height, width), or (height, width, 3) in colour.

    Raises ``BenchError`` if it cannot be read or is too large.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({error.strerror or error})") from error
    return decode_image(content, str(path))


def decode_image(content: bytes, name: str) -> NDArray[np.uint8]:
    """Return the picture that the bytes of an image file hold; ``name`` is for messages. As ``read_image``."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd tags; the size is checked here
            with Image.open(io.BytesIO(content), formats=FORMATS) as file:
                n_pixels = file.width * file.height
                if n_pixels <= MOST_PIXELS:
                    return np.array(_flat(ImageOps.exif_transpose(file)))
    except Image.DecompressionBombError:
        n_pixels = MOST_PIXELS + 1
    except Exception as error:  # a decoder of broken files raises whatever it stumbles over
        raise BenchError(f"{name} cannot be read as an image ({_in_short(error)}); mend or remove it") from error
    raise BenchError(f"{name} has more than {MOST_PIXELS:,} pixels; make it smaller")


def _flat(picture: PillowImage.Image) -> PillowImage.Image:
    """Return a picture without a palette, without transparency, and of 8 bits."""
    if picture.mode[0] in "IF":
        return _eight_bits(picture)
    if picture.has_transparency_data:
        return _on_paper(picture.convert("RGBA"))
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _eight_bits(picture: PillowImage.Image) -> PillowImage.Image:
    """Return a picture of 16 or 32 bits with its range stretched to 0..255: how much of it is used differs by maker."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(picture, np.float64), posinf=0, neginf=0)
    values -= values.min()
    return Image.fromarray(np.rint(values * (255 / max(values.max(), 1e-300))).astype(np.uint8))


def _on_paper(picture: PillowImage.Image) -> PillowImage.Image:
    """Lay a transparent picture on paper: white under dark ink, black under light."""
    import numpy as np
    from PIL import Image

    opaque = np.asarray(picture.getchannel("A")) > 127
    lightness = np.asarray(picture.convert("L"))[opaque]
    dark = lightness.size == 0 or lightness.mean() < 128
    paper = Image.new("RGBA", picture.size, "white" if dark else "black")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _in_short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return "it is in no format that is known" if "cannot identify" in text else text[:120]
