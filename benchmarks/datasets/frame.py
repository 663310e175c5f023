"""Image files of any size, grey or colour, dark on light or light on dark → the frame of 28×28 that models read."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as PillowImage

FRAME = 28
BOX = 20  # MNIST's digits were scaled to fit this many pixels before they were centred (LeCun et al. 1998)
INK = 51  # a fifth of full ink: what is fainter is paper, shadow or an antialiased edge
MOST_PIXELS = 64_000_000  # of one image; a few kilobytes can claim to be many gigabytes
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm")


def to_frame(image: NDArray[np.uint8], *, centre: bool = False, dark_on_light: bool | None = None) -> NDArray[np.uint8]:
    """Return one image as 28×28, 0 the background and 255 full ink.

    ``image`` has shape (height, width), or (height, width, 3) in colour. It is scaled to fit with antialiasing,
    its proportions kept. With ``centre`` the ink alone is scaled to fit 20×20 and its centre of mass put in the
    middle, as MNIST's digits were (LeCun et al. 1998). ``dark_on_light`` of None: the image's border decides.
    """
    grey = to_grey(image)
    if is_dark_on_light(grey) if dark_on_light is None else dark_on_light:
        grey = 255 - grey
    if centre:
        return _centred(grey)
    if grey.shape == (FRAME, FRAME):
        return grey
    return _placed(_fitted(grey, FRAME), _background(grey))


def is_dark_on_light(image: NDArray[np.uint8]) -> bool | None:
    """Say whether the border of an image is nearer to its lightest than to its darkest; None if it is of one value."""
    grey = to_grey(image)
    darkest, lightest = int(grey.min()), int(grey.max())
    return None if darkest == lightest else _background(grey) > (darkest + lightest) / 2


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the lightness of a colour image (ITU-R 601), or a grey image as it is."""
    import numpy as np
    from PIL import Image

    if image.ndim == 2:
        return image
    if image.shape[-1] == 1:
        return image[..., 0]
    return np.asarray(Image.fromarray(np.ascontiguousarray(image[..., :3])).convert("L"))


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


def _background(grey: NDArray[np.uint8]) -> int:
    """Return the median of the outermost pixels."""
    import numpy as np

    return int(np.median(np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])))


def _fitted(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale an image to ``size`` pixels on its longer side, by cubic interpolation with antialiasing."""
    import numpy as np
    from PIL import Image

    height, width = grey.shape
    scale = size / max(height, width)
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(np.ascontiguousarray(grey))
    return np.asarray(picture.resize(new, Image.Resampling.BICUBIC))


def _placed(image: NDArray[np.uint8], background: int, middle: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Put an image that fits into the frame, ``middle`` (row, column; its own by default) in the frame's middle."""
    import numpy as np

    height, width = image.shape
    row, column = middle or ((height - 1) / 2, (width - 1) / 2)
    top = min(max(round(FRAME / 2 - 0.5 - row), 0), FRAME - height)
    left = min(max(round(FRAME / 2 - 0.5 - column), 0), FRAME - width)
    frame = np.full((FRAME, FRAME), background, np.uint8)
    frame[top : top + height, left : left + width] = image
    return frame


def _centred(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink of a light-on-dark image at full strength, fitted to 20×20 and centred by mass."""
    import numpy as np

    strength = np.clip(grey.astype(np.float64) - _background(grey), 0, None)
    ink = np.rint(strength * (255 / max(strength.max(), 1))).astype(np.uint8)
    rows, columns = (np.flatnonzero((ink >= INK).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros((FRAME, FRAME), np.uint8)
    fitted = _fitted(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], BOX)
    weight = max(int(fitted.sum()), 1)
    row = float(fitted.sum(axis=1) @ np.arange(fitted.shape[0])) / weight
    column = float(fitted.sum(axis=0) @ np.arange(fitted.shape[1])) / weight
    return _placed(fitted, 0, (row, column))


def _in_short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return "it is in no format that is known" if "cannot identify" in text else text[:120]
