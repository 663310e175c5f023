"""Image files of any size, grey or colour, dark on light or light on dark → the frame of 28×28 that models read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME = 28
BOX = 20  # MNIST's digits were scaled to fit this many pixels before they were centred (LeCun et al. 1998)
INK = 51  # a fifth of full ink: what is fainter is paper, shadow or an antialiased edge


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
