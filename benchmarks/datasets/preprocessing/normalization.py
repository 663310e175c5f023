"""Size and polarity normalization: images of any size, grey or colour → images of one size, light on dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.datasets.preprocessing.polarity import background, is_dark_on_light, to_grayscale, without_frame
from benchmarks.datasets.preprocessing.strokes import even_strokes
from benchmarks.datasets.preprocessing.transparency import on_paper
from benchmarks.datasets.spec import SIDE, Preparation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Shape = tuple[int, int]

DIGIT_SIDE = 20  # MNIST's digits were scaled to fit this many of 28 pixels before they were centred (LeCun et al. 1998)
INK = 51  # a fifth of full ink; fainter pixels are paper, shadow or antialiased edges
AS_IS = Preparation()


def normalize_image(image: NDArray[np.uint8], preparation: Preparation = AS_IS) -> NDArray[np.uint8]:
    """Return one image in the shape that is prepared for, 0 the background and 255 full ink.

    ``image`` has shape (height, width), or (height, width, 3) in colour, or 4 with opacity. It is scaled with
    antialiasing; the aspect ratio is preserved. Centred, the ink is scaled to 20 of 28 pixels and centred by its mass,
    as MNIST's digits were (LeCun et al. 1998). Where ``dark_on_light`` is None the image's border decides.
    """
    grey = to_grayscale(on_paper(image, preparation.paper))
    if is_dark_on_light(grey) if preparation.dark_on_light is None else preparation.dark_on_light:
        grey = 255 - grey
    shape = preparation.image_shape
    share = preparation.ink_share
    side = min(shape) * DIGIT_SIDE / SIDE if share is None else min(shape) * share
    if preparation.normalised:
        return _centred(even_strokes(without_frame(grey, on_all_sides=True), side, min(shape)), side, shape)
    if preparation.centred:
        return _centred(_full_ink(without_frame(grey, on_all_sides=True)), side, shape)
    return resized(grey, shape)


def resized(grey: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Return an image in another shape, its aspect ratio preserved and the rest filled with its background."""
    if grey.shape == shape:
        return grey
    return _pasted(_scaled(grey, shape), background(grey), shape)


def _scaled(grey: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Scale an image to fit ``shape``, by cubic interpolation with antialiasing."""
    import numpy as np
    from PIL import Image

    height, width = grey.shape
    scale = min(shape[0] / height, shape[1] / width)
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(np.ascontiguousarray(grey))
    return np.asarray(picture.resize(new, Image.Resampling.BICUBIC))


def _pasted(
    image: NDArray[np.uint8], background: int, shape: Shape, middle: tuple[float, float] | None = None
) -> NDArray[np.uint8]:
    """Paste an image into a background, its ``middle`` (row, column; default: the centre) in the centre."""
    import numpy as np

    height, width = image.shape
    row, column = middle or ((height - 1) / 2, (width - 1) / 2)
    top = min(max(round(shape[0] / 2 - 0.5 - row), 0), shape[0] - height)
    left = min(max(round(shape[1] / 2 - 0.5 - column), 0), shape[1] - width)
    frame = np.full(shape, background, np.uint8)
    frame[top : top + height, left : left + width] = image
    return frame


def _full_ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the ink of a light-on-dark image at full strength on 0, cropped; None without any."""
    import numpy as np

    strength = np.clip(grey.astype(np.float64) - background(grey), 0, None)
    ink = np.rint(strength * (255 / max(strength.max(), 1))).astype(np.uint8)
    rows, columns = (np.flatnonzero((ink >= INK).any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else None


def _centred(ink: NDArray[np.uint8] | None, side: float, shape: Shape) -> NDArray[np.uint8]:
    """Return ink scaled to fit ``side`` pixels, and centred by mass; a blank image without any."""
    import numpy as np

    if ink is None:
        return np.zeros(shape, np.uint8)
    fitted = _scaled(ink, (max(1, round(side)),) * 2)
    weight = max(int(fitted.sum()), 1)
    row = float(fitted.sum(axis=1) @ np.arange(fitted.shape[0])) / weight
    column = float(fitted.sum(axis=0) @ np.arange(fitted.shape[1])) / weight
    return _pasted(fitted, 0, shape, (row, column))
