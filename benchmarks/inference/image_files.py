"""Image files to be predicted: which are meant, which cannot be read, and how their images look to a model."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.image_file import SUFFIXES, read_image
from benchmarks.datasets.spec import Polarity, Preparation
from benchmarks.inference.answers import Options, Pixels, prepare
from benchmarks.inference.image_classifier import ImageClassifier, Prepared
from benchmarks.inference.resemblance import Resemblance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPPOSITE: dict[bool, Polarity] = {True: "light-on-dark", False: "dark-on-light"}


@dataclass(frozen=True)
class Unlike:
    """In what an image differs from the training images, and the option with which it would not."""

    differences: tuple[str, ...]
    option: str


@dataclass
class PreparedFiles:
    """Files as a model expects them, in order; ``unreadable``: why the others cannot be read.

    ``unlike``: of each, None where it is like the training images. ``n_of_two_values``: files whose pixels are 0 and 1,
    and were read as black and white.
    """

    names: list[str] = field(default_factory=list)
    images: list[NDArray[np.uint8]] = field(default_factory=list)
    contradicting: list[bool] = field(default_factory=list)
    unlike: list[Unlike | None] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    n_of_two_values: int = 0

    def prepared(self) -> Prepared:
        """Return them as one batch; there must be some."""
        import numpy as np

        return Prepared(np.stack(self.images), np.array(self.contradicting, bool))


def files_meant(given: Sequence[Path]) -> list[Path]:
    """Return the files that paths stand for: themselves, the images in a folder and below it, and those of a glob.

    Raises ``BenchError`` for a folder without images.
    """
    return [file for path in given for file in _files_of(path)]


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if _is_shown_image(file.relative_to(path)))
        if not found:
            raise BenchError(f"{path} is a folder without images; give one with files as .png or .jpg")
        return found
    if glob.has_magic(str(path)) and not path.exists():
        return [Path(name) for name in sorted(glob.glob(str(path), recursive=True))] or [path]  # noqa: PTH207  # of any root
    return [path]


def _is_shown_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.parts)


def prepare_files(
    predictor: ImageClassifier, files: Sequence[Path], options: Options, samples: NDArray[np.uint8] | None
) -> PreparedFiles:
    """Read files and prepare their images; ``samples``: prepared training images, of shape (n, height, width).

    What cannot be read is noted. Raises ``BenchError`` for a polarity that is none.
    """
    training = Resemblance.to(samples) if samples is not None else None
    scales = samples is None or not len(samples) or samples.max() > 1
    found = PreparedFiles()
    for file in files:
        try:
            original = read_image(file, transparent=True)
        except BenchError as error:
            found.unreadable[str(file)] = str(error)
            continue
        if scales and original.shape[2:] != (4,) and original.max() == 1:
            original = original * 255
            found.n_of_two_values += 1
        prepared = prepare(predictor, Pixels(array=original[None]), options)
        found.names.append(str(file))
        found.images.append(prepared.images[0])
        found.contradicting.append(bool(prepared.contradicting[0]))
        found.unlike.append(_unlike(predictor, original, options, found.contradicting[-1], training))
    return found


def _unlike(
    predictor: ImageClassifier,
    original: NDArray[np.uint8],
    options: Options,
    contradicts: bool,
    training: Resemblance | None,
) -> Unlike | None:
    """Return in what an image differs, once it is read in its own polarity."""
    if training is None:
        return None
    own = options.preparation(predictor.preparation)
    polarity = OPPOSITE[bool(own.dark_on_light)] if contradicts else options.polarity

    def prepared(preparation: Preparation) -> NDArray[np.uint8]:
        image: NDArray[np.uint8] = (
            replace(predictor, preparation=preparation).prepare_images([original], polarity).images[0]
        )
        return image

    advice = training.advice(own, prepared)
    return advice and Unlike(tuple(advice[0]), advice[1])
