"""Which test images a report shows: misclassified ones, correct ones for comparison, the hardest. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.records.trial import Predictions
from benchmarks.report.data.findings import Findings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MISTAKES_SHOWN = 24
HARDEST_SHOWN = 48
FEWEST_MODELS = 3  # of two models, "most" says nothing


@dataclass(frozen=True)
class ImagePrediction:
    """The label predicted for test image number ``image``, and its probability where the model gives one."""

    image: int
    label: int
    confidence: float | None


@dataclass(frozen=True)
class HardImage:
    """A test image, the number of rows that misclassify it, and (label, number of rows), the most frequent first."""

    image: int
    n_wrong: int
    predicted: tuple[tuple[int, int], ...]


def mistakes(truth: NDArray[np.int64], predictions: Predictions) -> list[ImagePrediction]:
    """Return the misclassified images of the highest confidence; without probabilities the first ones."""
    import numpy as np

    wrong = np.flatnonzero(predictions.labels != truth)
    confidence = _confidence(predictions)
    if confidence is not None:
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    return _of_images(wrong[:MISTAKES_SHOWN], predictions)


def correct_examples(truth: NDArray[np.int64], predictions: Predictions) -> list[ImagePrediction]:
    """Return the first image of each class that was classified correctly."""
    import numpy as np

    correct = np.flatnonzero(predictions.labels == truth)
    _, first = np.unique(truth[correct], return_index=True)
    return _of_images(correct[first], predictions)


def hardest(truth: NDArray[np.int64], of_rows: Sequence[Predictions | None]) -> list[HardImage]:
    """Return the images that more than half of the rows misclassify, the hardest first."""
    import numpy as np

    known = [one.labels for one in of_rows if one]
    if len(known) < FEWEST_MODELS:
        return []
    labels = np.stack(known)
    n_wrong = (labels != truth).sum(axis=0)
    order = np.argsort(-n_wrong, kind="stable")[:HARDEST_SHOWN]
    return [
        HardImage(int(i), int(n_wrong[i]), tuple(Counter(labels[labels[:, i] != truth[i], i].tolist()).most_common()))
        for i in order
        if n_wrong[i] * 2 > len(known)
    ]


def shown_images(findings: Findings) -> list[int]:
    """Return the numbers of all test images that a report shows."""
    of_rows = findings.first_predictions()
    shown = {hard.image for hard in hardest(findings.truth, of_rows)}
    for one in of_rows:
        if one:
            shown |= {image.image for image in (*mistakes(findings.truth, one), *correct_examples(findings.truth, one))}
    return sorted(shown)


def _confidence(predictions: Predictions) -> NDArray[np.float64] | None:
    import numpy as np

    if predictions.probabilities is None:
        return None
    rows = np.arange(len(predictions.labels))
    return predictions.probabilities[rows, predictions.labels].astype(np.float64)


def _of_images(images: NDArray[np.int64], predictions: Predictions) -> list[ImagePrediction]:
    confidence = _confidence(predictions)
    return [
        ImagePrediction(int(i), int(predictions.labels[i]), None if confidence is None else float(confidence[i]))
        for i in images
    ]
