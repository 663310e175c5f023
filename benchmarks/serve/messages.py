"""The messages between the server and the process of a model: MessagePack, each after its length."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.inference.answers import ModelAnswer, Options, Pixels
from benchmarks.inference.reading.number import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTH = struct.Struct("<Q")
Answer = ModelAnswer | Reading


@dataclass(frozen=True)
class ModelSource:
    """Which saved model a process loads. ``weights``: files of published weights, by their networks.

    ``onnx``: the file of an exported model, which is loaded in place of a saved one.
    """

    results_dir: str
    run: str
    dataset: str
    row: str
    plugins: Sequence[str] = ()
    weights: Sequence[str] = ()
    trust: bool = False
    onnx: str = ""

    def paths(self) -> tuple[Path, tuple[Path, ...], tuple[Path, ...]]:
        """Return the folder of the results, the plug-in files and the files of weights."""
        return Path(self.results_dir), tuple(map(Path, self.plugins)), tuple(map(Path, self.weights))


@dataclass(frozen=True)
class ImageArray:
    """An array of images as bytes."""

    dtype: str
    shape: Sequence[int]
    data: bytes

    @classmethod
    def of(cls, array: NDArray[np.generic]) -> ImageArray:
        """Return the message that holds an array."""
        return cls(array.dtype.str, array.shape, array.tobytes())

    def array(self) -> NDArray[np.generic]:
        """Return the array that the message holds."""
        import numpy as np

        found: NDArray[np.generic] = np.frombuffer(self.data, self.dtype).reshape(self.shape)
        return found


@dataclass(frozen=True)
class Question:
    """Images for a model, as files or as an array. ``numbers``: each shows a number of several digits."""

    options: Options
    files: Sequence[bytes] = ()
    names: Sequence[str] = ()
    array: ImageArray | None = None
    max_pixels: int = 0
    numbers: bool = False

    def pixels(self) -> Pixels:
        """Return the images to be answered."""
        array = None if self.array is None else self.array.array()
        return Pixels(self.files, self.names, array, self.max_pixels)

    def failed(self, model: str, reason: str) -> Answer:
        """Return the answer of a model that gives none."""
        return Reading(model, error=reason) if self.numbers else ModelAnswer(model, error=reason)


@dataclass(frozen=True)
class Reply:
    """What the process says: an answer, a reading, in ``refused`` why images are no good, or in ``failed`` what broke.

    The first reply comes when the model is loaded, and is empty but for ``failed``.
    """

    answer: ModelAnswer | None = None
    reading: Reading | None = None
    refused: str | None = None
    failed: str | None = None


def packed(message: ModelSource | Question | Reply) -> bytes:
    """Return a message as bytes with its length in front."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body
