"""The ranges of what is stored of a dataset, as types that are checked when a file is read."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

NImages = Annotated[int, Meta(ge=0, le=10**9)]
Label = Annotated[int, Meta(ge=0, le=10**6)]
Pixels = Annotated[int, Meta(ge=1, le=10**5)]  # along one side
IMAGE_SIZES = (8, 256)  # pixels, smallest and largest of the option
ImageSize = Annotated[int, Meta(ge=IMAGE_SIZES[0], le=IMAGE_SIZES[1])]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]  # \Z, because $ would let a line break stand at the end
