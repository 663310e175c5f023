"""A picture with the boxes of the digits that were read, and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.inference.reading.number import NOT_SURE, ReadDigit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as PillowImage

COLOUR = (0, 114, 178)  # as the charts of the report
PAPER = (255, 255, 255)
LABEL_SHARE = 0.3  # of the height of the tallest box
SMALLEST_LABEL = 12  # pixels


def marked(picture: NDArray[np.uint8], digits: Sequence[ReadDigit]) -> PillowImage.Image:
    """Return a picture in colour with a box around each digit, and above it, on a strip of its own, the label."""
    from PIL import Image, ImageDraw, ImageFont

    given = Image.fromarray(picture).convert("RGB")
    tallest = max((digit.height for digit in digits), default=0)
    label_height = max(round(LABEL_SHARE * tallest), SMALLEST_LABEL)
    strip = round(1.4 * label_height)
    page = Image.new("RGB", (given.width, given.height + strip), PAPER)
    page.paste(given, (0, strip))
    drawing = ImageDraw.Draw(page)
    font = ImageFont.load_default(label_height)
    thickness = max(round(tallest / 60), 1)
    for digit in digits:
        right, bottom = digit.left + digit.width - 1, strip + digit.top + digit.height - 1
        drawing.rectangle((digit.left, strip + digit.top, right, bottom), outline=COLOUR, width=thickness)
        middle = (digit.left + digit.width / 2, strip / 2)
        drawing.text(middle, digit.label or NOT_SURE, fill=COLOUR, font=font, anchor="mm")
    return page
