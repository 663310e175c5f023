"""What a prepared image is like: its background, and how strong, how large and where its ink is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from benchmarks.datasets.preprocessing.polarity import background, border
from benchmarks.datasets.spec import Preparation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STROKE = 0.35  # of the contrast: what differs more from the background is ink
SAMPLE = 200  # training images, evenly spaced, that advice looks at
THIN = 100  # of 255: of the strokes of most images; those of MNIST have 250, a clean scan of a pen 115
SMALL, FAR = 0.4, 0.2  # of the side: the size of most images' ink, and the offset of one in ten


@dataclass(frozen=True)
class Traits:
    """What an image, light on dark, is like.

    ``background``: of 255, along the border. ``unevenness``: by how much that differs from place to place, of 255.
    ``ink``: how far the strongest strokes are above it. ``size``: of the ink's longer side, and ``offset``: of its
    middle from the centre; both as shares of the frame's shorter side.
    """

    background: float
    unevenness: float
    ink: float
    size: float
    offset: float

    @classmethod
    def of(cls, image: NDArray[np.uint8]) -> Self:
        """Return the traits of an image of shape (height, width)."""
        import numpy as np

        paper = background(image)
        darkest, lightest = np.percentile(border(image), (10, 90))
        above = image.astype(float) - paper
        strongest = float(np.percentile(above, 99))
        rows, columns = (np.flatnonzero((above > STROKE * above.max()).any(axis=axis)) for axis in (1, 0))
        side = min(image.shape)
        size = max((np.ptp(lines) + 1 for lines in (rows, columns) if lines.size), default=0) / side
        middles = [
            abs((lines[0] + lines[-1] + 1 - length) / 2)
            for lines, length in zip((rows, columns), image.shape, strict=True)
            if lines.size
        ]
        return cls(float(paper), float(lightest - darkest), strongest, float(size), max(middles, default=0) / side)


def advice(images: NDArray[np.uint8], preparation: Preparation) -> list[str]:
    """Return notes on training images, of shape (n, height, width), that another preparation may suit better.

    Nothing if they are centred already, as by any option.
    """
    import numpy as np

    if preparation.centred or preparation.normalised or not len(images):
        return []
    traits = [Traits.of(image) for image in images[:: -(-len(images) // SAMPLE)]]
    ink, size = (float(np.median([getattr(one, name) for one in traits])) for name in ("ink", "size"))
    offset = float(np.percentile([one.offset for one in traits], 90))
    found = {"thin or faint": ink < THIN, "small": size < SMALL, "off-centre": offset > FAR}
    return _notes([words for words, is_so in found.items() if is_so])


def _notes(words: Sequence[str]) -> list[str]:
    if not words:
        return []
    option = "--normalise" if "thin or faint" in words else "--centre"
    return [f"CAREFUL: what the training images show is {', '.join(words)}; try {option}, and check images.png"]
