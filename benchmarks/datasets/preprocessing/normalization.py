"""Size and polarity normalization: images of any size, grey or colour → 28×28, light on dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 28
DIGIT_SIDE = 20  # MNIST's digits were scaled to fit this many pixels before they were centred (LeCun et al. 1998)
INK = 51  # a fifth of full ink; fainter pixels are paper, shadow or antialiased edges


def normalize_image(
    image: NDArray[np.uint8], *, centre: bool = False, dark_on_light: bool | None = None
) -> NDArray[np.uint8]:
    """Return one image as 28×28, 0 the background and 255 full ink.

    ``image`` has shape (height, width), or (height, width, 3) in colour. It is scaled with antialiasing; the aspect
    ratio is preserved. With ``centre`` the ink is scaled to 20×20 and centred by its mass, as MNIST's digits were
    (LeCun et al. 1998). ``dark_on_light=None``: decided by the image's border.
    """
    grey = to_grayscale(image)
    if is_dark_on_light(grey) if dark_on_light is None else dark_on_light:
        grey = 255 - grey
    if centre:
        return _centred(grey)
    if grey.shape == (SIDE, SIDE):
        return grey
    return _pasted(_resized(grey, SIDE), _background(grey))


def is_dark_on_light(image: NDArray[np.uint8]) -> bool | None:
    """Return whether the border is closer to the lightest than to the darkest pixel; None if all pixels are equal."""
    grey = to_grayscale(image)
    darkest, lightest = int(grey.min()), int(grey.max())
    return None if darkest == lightest else _background(grey) > (darkest + lightest) / 2


def to_grayscale(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the lightness of a colour image (ITU-R 601), or a grey image as it is."""
    import numpy as np
    from PIL import Image

    if image.ndim == 2:
        return image
    if image.shape[-1] == 1:
        return image[..., 0]
    return np.asarray(Image.fromarray(np.ascontiguousarray(image[..., :3])).convert("L"))


def _background(grey: NDArray[np.uint8]) -> int:
    """Return the median of the outermost pixels."""
    import numpy as np

    return int(np.median(np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])))


def _resized(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale an image to ``size`` pixels on its longer side, by cubic interpolation with antialiasing."""
    import numpy as np
    from PIL import Image

    height, width = grey.shape
    scale = size / max(height, width)
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(np.ascontiguousarray(grey))
    return np.asarray(picture.resize(new, Image.Resampling.BICUBIC))


def _pasted(image: NDArray[np.uint8], background: int, middle: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Paste an image into a 28×28 background, its ``middle`` (row, column; default: the centre) in the centre."""
    import numpy as np

    height, width = image.shape
    row, column = middle or ((height - 1) / 2, (width - 1) / 2)
    top = min(max(round(SIDE / 2 - 0.5 - row), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - 0.5 - column), 0), SIDE - width)
    frame = np.full((SIDE, SIDE), background, np.uint8)
    frame[top : top + height, left : left + width] = image
    return frame


def _centred(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink of a light-on-dark image at full strength, fitted to 20×20 and centred by mass."""
    import numpy as np

    strength = np.clip(grey.astype(np.float64) - _background(grey), 0, None)
    ink = np.rint(strength * (255 / max(strength.max(), 1))).astype(np.uint8)
    rows, columns = (np.flatnonzero((ink >= INK).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros((SIDE, SIDE), np.uint8)
    fitted = _resized(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], DIGIT_SIDE)
    weight = max(int(fitted.sum()), 1)
    row = float(fitted.sum(axis=1) @ np.arange(fitted.shape[0])) / weight
    column = float(fitted.sum(axis=0) @ np.arange(fitted.shape[1])) / weight
    return _pasted(fitted, 0, (row, column))
