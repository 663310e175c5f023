"""Image files to be predicted: which are meant, which cannot be read, and how their images look to a model."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.polarity import contradicts
from benchmarks.datasets.preprocessing.transparency import on_paper
from benchmarks.datasets.readers.image_file import SUFFIXES, read_image
from benchmarks.datasets.readers.raw_images import shown
from benchmarks.datasets.spec import Polarity, Preparation
from benchmarks.inference.answers import Options, Pixels, is_blank, prepare
from benchmarks.inference.image_classifier import ImageClassifier, Prepared, polarity_of
from benchmarks.inference.resemblance import Resemblance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPPOSITE: dict[bool, Polarity] = {True: "light-on-dark", False: "dark-on-light"}
AUTO = "--polarity auto"


@dataclass(frozen=True)
class PreparedFile:
    """An image file as a model expects it: ``image``, of shape (height, width).

    ``contradicts``: it looks to be of another polarity than it is read in; never of a polarity that was given, unless
    nothing of it is seen. ``differences``: in what else it differs from the training images, in words; ``option``: with
    what it would not.
    """

    name: str
    image: NDArray[np.uint8]
    contradicts: bool
    differences: tuple[str, ...] = ()
    option: str | None = None

    @property
    def advice(self) -> str | None:
        """The options with which it would be read as the training images are; None where it is."""
        return " ".join(filter(None, (AUTO if self.contradicts else None, self.option))) or None

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it is seen as it is prepared, but would be with the advice."""
        return is_blank(self.image) and self.advice is not None


@dataclass
class PreparedFiles:
    """Files that can be read, in order; ``unreadable``: why the others cannot.

    ``n_of_two_values``: files whose pixels are 0 and 1, and were read as black and white.
    """

    files: list[PreparedFile] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    n_of_two_values: int = 0

    def prepared(self) -> Prepared:
        """Return them as one batch; there must be some."""
        import numpy as np

        contradicting = np.array([file.contradicts for file in self.files], bool)
        return Prepared(np.stack([file.image for file in self.files]), contradicting)


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
        found_by_place: dict[str, Path] = {}  # a link to a folder above would bring the same files again and again
        names = glob.glob(str(path), recursive=True)  # noqa: PTH207  # of any root
        for name in sorted(names, key=lambda name: name.count(os.sep)):
            found_by_place.setdefault(os.path.realpath(name), Path(name))
        return sorted(found_by_place.values()) or [path]
    return [path]


def _is_shown_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.parts)


def there(files: Sequence[Path]) -> tuple[list[Path], dict[str, str]]:
    """Return the files that there are, and why each of the others cannot be read."""
    found: list[Path] = []
    missing: dict[str, str] = {}
    for file in files:
        try:
            file.stat()
            found.append(file)
        except OSError as error:
            missing[shown(str(file))] = f"{shown(str(file))} cannot be read ({error.strerror})"
    return found, missing


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
            found.unreadable[shown(str(file))] = str(error)
            continue
        if scales and original.shape[2:] != (4,) and original.max() == 1:
            original = original * 255
            found.n_of_two_values += 1
        try:
            found.files.append(_prepared(predictor, shown(str(file)), original, options, training))
        except BenchError as error:
            found.unreadable[shown(str(file))] = f"{shown(str(file))}: {error}"
    return found


def _prepared(
    predictor: ImageClassifier,
    name: str,
    original: NDArray[np.uint8],
    options: Options,
    training: Resemblance | None,
) -> PreparedFile:
    """Return an image, and in what it differs from the training images once it is read in its own polarity."""
    own = options.preparation(predictor.preparation)
    found = prepare(predictor, Pixels(array=original[None]), options)
    image, read_as = found.images[0], polarity_of(own, options.polarity)
    opposite = bool(found.contradicting[0])
    if is_blank(image) and read_as is not None:
        opposite = contradicts(on_paper(original, own.paper), read_as)
    polarity = OPPOSITE[bool(read_as)] if opposite else options.polarity

    def prepared(preparation: Preparation) -> NDArray[np.uint8]:
        of_preparation = replace(predictor, preparation=preparation)
        frame: NDArray[np.uint8] = of_preparation.prepare_images([original], polarity).images[0]
        return frame

    differences, option = (training and training.advice(own, prepared)) or ([], None)
    if opposite and option is None and is_blank(prepared(own)):
        opposite = False  # nothing is drawn in either polarity
    return PreparedFile(name, image, opposite, tuple(differences), option)
