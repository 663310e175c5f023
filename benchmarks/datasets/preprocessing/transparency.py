"""Transparent images on one paper for all: by themselves, light and dark inks would get papers of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPAQUE = 128  # opacity from which a pixel counts as ink


def has_dark_ink(image: NDArray[np.uint8]) -> bool | None:
    """Return whether the visible pixels of a transparent image are dark; None if it is not transparent, or empty."""
    if image.ndim != 3 or image.shape[2] != 4:
        return None
    opacity = image[..., 3]
    visible = image[opacity >= OPAQUE]
    if opacity.min() == 255 or not len(visible):
        return None
    return bool((visible[:, :3] @ (0.299, 0.587, 0.114)).mean() < OPAQUE)


def chosen_paper(inks: Mapping[bool | None, int]) -> tuple[int, tuple[str, ...]]:
    """Return the grey value of the paper for all transparent images, and a note if their inks differ.

    ``inks`` counts images by what ``has_dark_ink`` says of them.
    """
    dark, light = inks.get(True, 0), inks.get(False, 0)
    white = dark >= light
    if not dark or not light:
        return 255 * white, ()
    return 255 * white, (
        f"CAREFUL: of the transparent images {dark:,} have dark ink and {light:,} light ink; all are put on "
        f"{'white' if white else 'black'} paper: check images.png",
    )


def on_paper(image: NDArray[np.uint8], paper: int) -> NDArray[np.uint8]:
    """Return an image of (height, width, 4) on a uniform background, of (height, width, 3); others unchanged."""
    import numpy as np

    if image.ndim != 3 or image.shape[2] != 4:
        return image
    opacity = image[..., 3:].astype(np.float32) / 255
    return np.rint(image[..., :3] * opacity + paper * (1 - opacity)).astype(np.uint8)
