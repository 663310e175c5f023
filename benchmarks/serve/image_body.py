"""Images in the body of a request: a file, a form with files, or a JSON array."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.pixel_values import as_given_pixels
from benchmarks.serve.limits import RejectedError, RequestLimits
from benchmarks.serve.messages import ImageArray

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORM, JSON = "multipart/form-data", "application/json"
FILES = ("image/*", "application/octet-stream")
LONGEST_NAME = 100

# for the OpenAPI schema: bodies are read by hand, because one endpoint takes three kinds
BODY_SCHEMA: dict[str, Any] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["images"],
                "properties": {"images": {"type": "array", "items": {"type": "string", "format": "binary"}}},
            }
        },
        "image/png": {"schema": {"type": "string", "format": "binary"}},
        JSON: {
            "schema": {
                "type": "array",
                "description": "Pixels of 0 to 255, or of 0 to 1: rows of one image, or several images.",
                "items": {"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "array"}]}},
            }
        },
    },
}


@dataclass(frozen=True)
class GivenImages:
    """Image files with their names for messages, or an array."""

    files: Sequence[bytes] = ()
    names: Sequence[str] = ()
    array: ImageArray | None = None


async def read_images(request: Request, limits: RequestLimits) -> GivenImages:
    """Return the images of a request; raises ``RejectedError``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == JSON:
        return GivenImages(array=await asyncio.to_thread(_array, await request.body(), limits))
    if kind == FORM:
        return await _from_form(request, limits)
    if kind.startswith("image/") or kind == FILES[1]:
        content = await request.body()
        if not content:
            raise RejectedError(422, "the body is empty; it should be an image file")
        return GivenImages((content,), ("the image",))
    expected = f"{FORM}, {', '.join(FILES)} or {JSON}"
    raise RejectedError(415, f"the content type should be {expected}, not {kind[:80] or 'none'}")


async def _from_form(request: Request, limits: RequestLimits) -> GivenImages:
    try:
        form = await request.form(max_files=limits.images, max_fields=1, max_part_size=limits.body_bytes)
    except Exception as error:  # the parser raises several kinds on a broken body
        detail = str(getattr(error, "detail", "") or error)[:200]
        raise RejectedError(400, f"the form cannot be read ({detail})") from error
    try:
        parts = form.getlist("images")
        files = [part for part in parts if isinstance(part, UploadFile)]
        if not files or len(files) < len(form.multi_items()):
            raise RejectedError(422, "a form should have files only, each in a field named 'images'")
        names = tuple((part.filename or "the image")[:LONGEST_NAME] for part in files)
        return GivenImages(tuple([await part.read() for part in files]), names)
    finally:
        await form.close()


def _array(body: bytes, limits: RequestLimits) -> ImageArray:
    """Return the array of a JSON body, of shape (n, height, width) or (n, height, width, 3)."""
    import numpy as np

    try:
        given = msgspec.json.decode(body, type=list)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RejectedError(422, f"the body is no JSON array ({str(error)[:200]})") from error
    try:
        array = np.asarray(given)
    except (ValueError, OverflowError) as error:
        raise RejectedError(422, "the rows of the images, and all images, should be of one length") from error
    if array.ndim == 2:
        array = array[np.newaxis]
    if array.ndim not in (3, 4) or not array.size or array.dtype.kind not in "buif":
        raise RejectedError(
            422,
            f"an array of shape {array.shape}; it should be (height, width), (n, height, width) or with 3 colours last",
        )
    return ImageArray.of(_within(array, limits))


def _within(array: NDArray[Any], limits: RequestLimits) -> NDArray[np.uint8]:
    if len(array) > limits.images:
        raise RejectedError(422, f"{len(array):,} images; at most {limits.images:,} at once")
    try:
        return as_given_pixels(array, "the images")
    except BenchError as error:
        raise RejectedError(422, str(error)) from error
