"""A contact sheet of user images: each original beside its normalized image."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

Pair = tuple[str, "NDArray[np.uint8]", "NDArray[np.uint8]"]

SIDE = 84  # pixels of a picture: 28 enlarged three times
GAP = 8
CAPTION = 14
COLUMNS = 5
BACKGROUND = (120, 140, 170)  # unlike the paper and the ink of an image
MAX_PAIRS = 60


def contact_sheet(pairs: Sequence[Pair]) -> bytes:
    """Return a PNG of pairs: the class, the thumbnail of the original, and the normalized image as large."""
    from PIL import Image, ImageDraw

    width, height = 2 * SIDE + 2 * GAP, SIDE + CAPTION + GAP
    rows = -(-len(pairs) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width + GAP, rows * height + GAP), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for place, (label, original, frame) in enumerate(pairs):
        left, top = GAP + place % COLUMNS * width, GAP + place // COLUMNS * height
        draw.text((left, top), label[:20].encode("latin-1", "replace").decode("latin-1"), fill="white")
        picture = Image.fromarray(frame).resize((SIDE, SIDE), _resampling(max(frame.shape)))
        sheet.paste(Image.fromarray(original), (left, top + CAPTION))
        sheet.paste(picture.convert("RGB"), (left + SIDE + GAP // 2, top + CAPTION))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def sample_across_classes(labels: Sequence[str], n: int = MAX_PAIRS) -> list[int]:
    """Return up to ``n`` indices: the first image of each class, then the second of each, and so on."""
    occurrence: dict[str, int] = {}
    order = []
    for i, label in enumerate(labels):
        occurrence[label] = occurrence.get(label, -1) + 1
        order.append((occurrence[label], i))
    return sorted(i for _, i in sorted(order)[:n])


def thumbnail(original: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image scaled to the size at which it is shown; small images are enlarged without smoothing."""
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(original[..., 0] if original.ndim == 3 and original.shape[2] == 1 else original)
    scale = SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return np.asarray(picture.convert("RGB").resize(size, _resampling(max(picture.size))))


def _resampling(side: int) -> Image.Resampling:
    """Return how images of this size are scaled: small ones are enlarged without smoothing."""
    from PIL import Image

    return Image.Resampling.NEAREST if side < SIDE else Image.Resampling.BICUBIC
