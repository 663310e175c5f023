"""What predicts the classes of images: originals are prepared as the training images were."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.preprocessing.polarity import contradicts
from benchmarks.datasets.preprocessing.transparency import on_paper
from benchmarks.datasets.readers.pixel_values import as_given_pixels
from benchmarks.datasets.spec import Preparation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from benchmarks.datasets.spec import Polarity

DARK_ON_LIGHT = {"auto": None, "dark-on-light": True, "light-on-dark": False}


@dataclass(frozen=True)
class Prepared:
    """Images as a model expects them, of shape (n, height, width).

    ``contradicting``, of shape (n,): whether each original clearly has another polarity than the images that the model
    was trained on, and the one it was prepared by; never where the polarity was given.
    """

    images: NDArray[np.uint8]
    contradicting: NDArray[np.bool_]


@dataclass(frozen=True)
class ImageClassifier(ABC):
    """A fitted model, ready to predict.

    ``classes``: the names of the classes, in the order of the columns of ``predict_proba``. ``preparation``: how the
    training images were made of originals, and images to predict are.
    """

    classes: tuple[str, ...]
    preparation: Preparation

    @property
    @abstractmethod
    def row(self) -> str:
        """The model and its features, as ``svm-rbf@hog``."""

    @abstractmethod
    def predictions(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
        """Return the labels of prepared images, of shape (n,), and the probabilities, where the model gives them."""

    @abstractmethod
    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return a score of each class for prepared images, of shape (n, n_classes); None if the model gives none.

        They are what a model without probabilities decides by, as the distances of a support vector machine.
        """

    def predict(self, images: ArrayLike, polarity: Polarity | None = None) -> NDArray[np.str_]:
        """Return the name of the predicted class of each image: shape (n,).

        A blank image gets a class too, as a model answers whatever it is given; ``answers.is_blank`` tells which of
        the prepared images are.

        Parameters
        ----------
        images
            Shape (n, height, width), or with 3 colours last, or 4 with opacity; values of 0 to 255, of 0 to 1, or of
            the range of the training images. They are prepared as these were. Of a published dataset, whose images are
            prepared already, those of its size are taken as they are.
        polarity
            Of the images: by default that of the training images; ``auto`` decides for each by its border.

        Raises
        ------
        BenchError
            If the images are none, their range is not certain, or the model cannot predict them.
        """
        import numpy as np

        labels, _ = self.predictions(self._frames(self._as_array(images), polarity))
        return np.array(self.classes)[labels]

    def predict_proba(self, images: ArrayLike, polarity: Polarity | None = None) -> NDArray[np.float32] | None:
        """Return the probability of each class for each image: shape (n, n_classes); None if the model gives none."""
        return self.predictions(self._frames(self._as_array(images), polarity))[1]

    def prepare(self, images: ArrayLike, polarity: Polarity | None = None) -> Prepared:
        """Return images, as ``predict`` takes them, as the model expects them; raises ``BenchError``."""
        import numpy as np

        originals = self._as_array(images)
        frames = self._frames(originals, polarity)
        return Prepared(frames, np.array([self._contradicts(image, polarity) for image in originals], bool))

    def prepare_images(self, originals: Iterable[NDArray[np.uint8]], polarity: Polarity | None = None) -> Prepared:
        """Return decoded images of any sizes as the model expects them; raises ``BenchError``."""
        import numpy as np

        preparation = self._preparation(polarity)
        frames, contradicting = [], []
        for original in originals:
            frames.append(self._frame(original, preparation))
            contradicting.append(self._contradicts(original, polarity))
        return Prepared(np.stack(frames), np.array(contradicting, bool))

    def _as_array(self, images: ArrayLike) -> NDArray[np.uint8]:
        """Return images of shape (n, height, width), or with channels last; raises ``BenchError``."""
        import numpy as np

        try:
            given = np.asarray(images)
        except ValueError as error:
            raise BenchError(f"the images are no array ({error})") from error
        if given.ndim not in (3, 4) or not given.size or given.shape[3:] not in ((), (1,), (3,), (4,)):
            raise BenchError(
                f"images of shape {given.shape}; it should be (n, height, width), or with 3 colours last, or 4 with "
                "opacity"
            )
        return as_given_pixels(given, "the images", self.preparation.pixel_range)

    def _frames(self, originals: NDArray[np.uint8], polarity: Polarity | None) -> NDArray[np.uint8]:
        import numpy as np

        preparation = self._preparation(polarity)
        is_prepared = self.preparation.dark_on_light is None and preparation.dark_on_light is False
        if is_prepared and originals.shape[1:] == preparation.image_shape:
            return originals
        return np.stack([self._frame(image, preparation) for image in originals])

    def _frame(self, original: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
        return normalize_image(original.swapaxes(0, 1) if preparation.transposed else original, preparation)

    def _preparation(self, polarity: Polarity | None) -> Preparation:
        """Return how images of a polarity are prepared; without one, as the training images, never by a guess."""
        return replace(self.preparation, dark_on_light=polarity_of(self.preparation, polarity))

    def _contradicts(self, original: NDArray[np.uint8], polarity: Polarity | None) -> bool:
        if polarity is not None:
            return False
        return contradicts(on_paper(original, self.preparation.paper), bool(self.preparation.dark_on_light))


def polarity_of(own: Preparation, given: Polarity | None) -> bool | None:
    """Return whether images are read as dark on light, where a model's preparation is ``own``; None: each as it looks.

    Raises ``BenchError`` for a polarity that is none.
    """
    if given is None:
        return bool(own.dark_on_light)
    if given not in DARK_ON_LIGHT:
        raise BenchError(f"polarity should be one of {', '.join(DARK_ON_LIGHT)}, not {given!r}")
    return DARK_ON_LIGHT[given]
