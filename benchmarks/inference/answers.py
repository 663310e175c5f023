"""What a saved model answers about images: labels with their certainty, times, and pictures of what it saw."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from benchmarks.analysis.rejection import is_certain
from benchmarks.common.clock import clock
from benchmarks.datasets.preprocessing.normalization import INK
from benchmarks.datasets.readers.image_file import MAX_PIXELS, decode_image
from benchmarks.datasets.spec import Polarity, Preparation
from benchmarks.inference.image_classifier import ImageClassifier, Prepared
from benchmarks.inference.predictor import Predictor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Status = Literal["ok", "not sure", "nothing drawn"]
NOT_SURE: Final = "not sure"
Kind = Literal["probabilities", "scores", "none"]


@dataclass(frozen=True)
class Options:
    """How images are prepared and what is answered.

    ``polarity``, ``centre`` (whether they are centred by mass), ``normalise`` (strokes too) and ``transpose``: None as
    of the training images. ``ink_share``: as in ``Preparation``, where one of these is given. ``threshold``: the
    probability below which the answer is "not sure"; None for none. ``pictures``, ``feature_maps``: whether pictures
    of the prepared images, and of what a network's layers make of the first, are part of the answer.
    """

    polarity: Polarity | None = None
    centre: bool | None = None
    normalise: bool | None = None
    transpose: bool | None = None
    ink_share: float | None = None
    pictures: bool = False
    feature_maps: bool = False
    threshold: float | None = None

    def preparation(self, own: Preparation) -> Preparation:
        """Return how images are prepared, where a model's own preparation is ``own``."""
        if self.transpose is not None:
            own = replace(own, transposed=self.transpose)
        if self.centre is None and self.normalise is None:
            return own
        centred = own.centred if self.centre is None else self.centre
        return replace(own, centred=centred, normalised=bool(self.normalise), ink_share=self.ink_share)


@dataclass(frozen=True)
class ImageAnswer:
    """The answer about one image.

    ``label``: the predicted class; null unless the status is ok. ``values``: what ``ModelAnswer.kind`` says, for each
    class in order. ``picture``: the image as the model sees it, a PNG in base64, if it was asked for.
    ``contradicts_polarity``: it looks to be of another polarity than the training images, as which it was read.
    """

    status: Status
    label: str | None
    values: tuple[float, ...] | None = None
    picture: str | None = None
    contradicts_polarity: bool = False


@dataclass(frozen=True)
class Layer:
    """Feature maps of one layer for the first image, side by side: a PNG in base64."""

    name: str
    picture: str


@dataclass(frozen=True)
class ModelAnswer:
    """The answers of one model, or in ``error`` why it gave none.

    ``kind``: what the values of each image are. ``seconds``: the time that preparing, computing features and
    predicting took together.
    """

    model: str
    kind: Kind = "none"
    classes: tuple[str, ...] = ()
    images: tuple[ImageAnswer, ...] = ()
    seconds: float | None = None
    layers: tuple[Layer, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Pixels:
    """Images to be answered: encoded files, or an array of shape (n, height, width) or (n, height, width, 3)."""

    files: Sequence[bytes] = ()
    names: Sequence[str] = ()
    array: ArrayLike | None = None
    max_pixels: int = MAX_PIXELS

    def decoded(self) -> list[NDArray[np.uint8]]:
        """Return the images as arrays, files of at most ``max_pixels`` together; raises ``BenchError``."""
        import numpy as np

        images = [] if self.array is None else [*np.asarray(self.array)]
        left = self.max_pixels
        for content, name in zip(self.files, self.names, strict=True):
            images.append(decode_image(content, name, transparent=True, max_pixels=left))
            left -= images[-1].shape[0] * images[-1].shape[1]
        return images


def prepare(predictor: ImageClassifier, given: Pixels, options: Options) -> Prepared:
    """Return images as the model expects them; raises ``BenchError`` if they cannot be prepared."""
    import numpy as np

    preparation = options.preparation(predictor.preparation)
    if preparation != predictor.preparation:
        predictor = replace(predictor, preparation=preparation)
        if given.array is not None:  # also those that are of the model's size are to be centred
            return predictor.prepare_images(np.asarray(given.array), options.polarity)
    if given.array is not None:
        return predictor.prepare(given.array, options.polarity)
    return predictor.prepare_images(given.decoded(), options.polarity)


def answer(predictor: ImageClassifier, prepared: Prepared, options: Options, start: float | None = None) -> ModelAnswer:
    """Return what a model answers about prepared images; the time counts from ``start`` by the clock, or from now.

    Raises ``BenchError`` if its predictions are none.
    """
    images = prepared.images
    start = clock() if start is None else start
    labels, probabilities = predictor.predictions(images)
    values = predictor.scores(images) if probabilities is None else probabilities
    seconds = clock() - start
    kind: Kind = "probabilities" if probabilities is not None else "none" if values is None else "scores"
    answers = []
    for i, image in enumerate(images):
        status = _status(image, None if probabilities is None else float(probabilities[i].max()), options)
        answers.append(
            ImageAnswer(
                status,
                predictor.classes[labels[i]] if status == "ok" else None,
                None if values is None or status == "nothing drawn" else tuple(values[i].tolist()),
                as_png(image) if options.pictures else None,
                bool(prepared.contradicting[i]),
            )
        )
    layers = feature_map_pictures(predictor, images[:1]) if options.feature_maps else ()
    return ModelAnswer(predictor.row, kind, predictor.classes, tuple(answers), seconds, layers)


def is_blank(image: NDArray[np.uint8]) -> bool:
    """Return whether nothing is drawn in a prepared image, or too faintly to be seen."""
    return int(image.max()) - int(image.min()) < INK


def _status(image: NDArray[np.uint8], confidence: float | None, options: Options) -> Status:
    if is_blank(image):
        return "nothing drawn"
    if options.threshold is not None and confidence is not None and not is_certain(confidence, options.threshold):
        return NOT_SURE
    return "ok"


def feature_map_pictures(predictor: ImageClassifier, images: NDArray[np.uint8]) -> tuple[Layer, ...]:
    """Return what a network's layers make of one image; nothing for a model without feature maps."""
    import numpy as np

    from benchmarks.execution.worker.feature_maps import feature_maps

    if not isinstance(predictor, Predictor) or not hasattr(predictor.fitted.model, "feature_maps"):
        return ()
    model = predictor.fitted.model
    maps = feature_maps(model, predictor.fitted.transformer.transform(images), images, np.zeros(1, np.int64))
    if maps is None:
        return ()
    return tuple(Layer(name, as_png(np.hstack([*layer[0].transpose(2, 0, 1)]))) for name, layer in maps.layers.items())


def as_png(image: NDArray[np.uint8]) -> str:
    """Return a grey image as a PNG in base64."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
