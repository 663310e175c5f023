"""Is an image dark on light or light on dark? Its border says so, without the frame that a scan may have.

Where a shadow, a frame or ink lies on the border, it is no evidence: then strokes are, which differ from what is
about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THICKEST_FRAME = 0.1  # of a side; what is thicker is no frame
THICK_FRAME = 0.25  # of a side, where what is inside is clearly strokes on paper
MIDDLE = 0.15  # of a side, left out where paper is told from ink
FRAMED = 0.4  # share of paper below which the outermost line may be of a frame: a scan may be rotated
WHOLE = 0.05  # the same, for a line that is all frame
INSIDE = 0.75  # share of paper from which a line is inside the frame
CLEAR = 0.9  # share of the border that leaves no doubt
ALL = 0.97  # share of the border of paper inside a thick frame
CONFIDENT = 0.7  # share of the border from which an image contradicts others
NEIGHBOURHOOD = 0.25  # of the shorter side, with which a pixel is compared: strokes are thinner, shadows wider
DECISIVE = 0.3  # skewness from which it decides
MOST_PIXELS = 128  # of a side, where that is computed


def to_grayscale(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the lightness of a colour image (ITU-R 601), or a grey image as it is."""
    import numpy as np
    from PIL import Image

    if image.ndim == 2:
        return image
    if image.shape[-1] == 1:
        return image[..., 0]
    return np.asarray(Image.fromarray(np.ascontiguousarray(image[..., :3])).convert("L"))


def is_dark_on_light(image: NDArray[np.uint8]) -> bool | None:
    """Return whether the border is closer to the lightest than to the darkest pixel; None if all pixels are equal.

    A thin frame, on one side or on all, does not count as border. Where the border is not of one brightness, or differs
    from what is inside it, the pixels decide that differ from all about them: strokes do.
    """
    grey = without_frame(to_grayscale(image))
    if grey.min() == grey.max():
        return None
    if (clear := _clear_border(grey)) is not None:
        return clear
    skewness = _skewness(grey)
    return skewness < 0 if abs(skewness) >= DECISIVE else _light_share(border(grey), grey) > 0.5


def contradicts(image: NDArray[np.uint8], dark_on_light: bool) -> bool:
    """Return whether an image clearly has the other polarity: most of its border says so, or its strokes do."""
    decided = is_dark_on_light(image)
    if decided is None or decided == dark_on_light:
        return False
    grey = without_frame(to_grayscale(image))
    share = _light_share(border(grey), grey)
    return max(share, 1 - share) >= CONFIDENT or abs(_skewness(grey)) >= DECISIVE


def background(grey: NDArray[np.uint8]) -> int:
    """Return the median of the border, without a frame."""
    import numpy as np

    return int(np.median(border(without_frame(grey))))


def border(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the outermost pixels."""
    import numpy as np

    return np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])


def without_frame(grey: NDArray[np.uint8], on_all_sides: bool = False) -> NDArray[np.uint8]:
    """Return an image without the thin frame that a scanner or a printed box leaves along its sides.

    ``on_all_sides``: only a frame that is whole and on every side is cut off, so that no stroke is: the bar of a T
    that fills its image looks like a frame on one side.
    """
    light = grey > (int(grey.min()) + int(grey.max())) / 2
    height, width = light.shape
    rows, columns = int(height * MIDDLE), int(width * MIDDLE)
    middle = light[rows : height - rows, columns : width - columns]
    paper = light if middle.mean() >= 0.5 else ~light
    by_row, by_column = paper.mean(axis=1), paper.mean(axis=0)
    outermost = WHOLE if on_all_sides else FRAMED
    cuts = [_frame_width(line, outermost) for line in (by_row, by_row[::-1], by_column, by_column[::-1])]
    top, bottom, left, right = cuts
    inside = grey[top : height - bottom, left : width - right]
    if on_all_sides and (not all(cuts) or inside.max() == inside.min()):  # a square that is drawn is no frame
        return grey
    return inside if on_all_sides else _inside_thick_frame(grey, paper, inside)


def _inside_thick_frame(
    grey: NDArray[np.uint8], paper: NDArray[np.bool_], otherwise: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return an image without a thick frame, if what is inside is strokes on clear paper; else ``otherwise``.

    A bold shape on another ground has a frame about it too, but no strokes in it.
    """
    height, width = grey.shape
    rows, columns = (slice(int(side * THICK_FRAME), side - int(side * THICK_FRAME)) for side in (height, width))
    by_row, by_column = paper[:, columns].mean(axis=1), paper[rows].mean(axis=0)
    lines = (by_row, by_row[::-1], by_column, by_column[::-1])
    top, bottom, left, right = (_frame_width(line, WHOLE, THICK_FRAME) for line in lines)
    inside = grey[top : height - bottom, left : width - right]
    if inside.shape == grey.shape or inside.min() == inside.max():
        return otherwise
    share, skewness = _light_share(border(inside), inside), _skewness(inside)
    has_strokes = share >= ALL if skewness <= -DECISIVE else skewness >= DECISIVE and share <= 1 - ALL
    return inside if has_strokes else otherwise


def _frame_width(shares: NDArray[np.float64], outermost: float, thickest: float = THICKEST_FRAME) -> int:
    """Return how many lines from the side are frame, by the share of paper in each line; 0 without a frame."""
    if shares[0] > outermost:
        return 0
    n_most = int(len(shares) * thickest)
    return next((i for i in range(1, n_most + 1) if shares[i] >= INSIDE), 0)


def _clear_border(grey: NDArray[np.uint8]) -> bool | None:
    """Return whether the border, and what is a little inside it, is light; None if it is not all light or all dark."""
    depth = int(min(grey.shape) * THICKEST_FRAME)
    inner = grey[depth : grey.shape[0] - depth, depth : grey.shape[1] - depth]
    shares = [_light_share(border(pixels), grey) for pixels in (grey, inner)]
    if min(shares) >= CLEAR:
        return True
    return False if max(shares) <= 1 - CLEAR else None


def _skewness(grey: NDArray[np.uint8]) -> float:
    """Return from -1 to 1 whether pixels that differ from all about them are darker or lighter than these."""
    import numpy as np
    from PIL import Image
    from scipy.ndimage import uniform_filter

    picture = Image.fromarray(np.ascontiguousarray(grey))
    picture.thumbnail((MOST_PIXELS, MOST_PIXELS), Image.Resampling.BOX)
    small = np.asarray(picture, np.float64)
    cubes = (small - uniform_filter(small, max(3, round(min(small.shape) * NEIGHBOURHOOD)))) ** 3
    return float(cubes.sum() / max(np.abs(cubes).sum(), 1e-9))


def _light_share(pixels: NDArray[np.uint8], grey: NDArray[np.uint8]) -> float:
    """Return the share of pixels that are closer to the lightest than to the darkest pixel of an image."""
    return float((pixels > (int(grey.min()) + int(grey.max())) / 2).mean())
