"""Which test images a report shows: mistakes, some that were read right, those that most models get wrong. Pure."""

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
class Reading:
    """What a model said of the test image number ``image``; ``sureness`` is its probability, if it gave one."""

    image: int
    said: int
    sureness: float | None


@dataclass(frozen=True)
class Hard:
    """A test image, how many rows read it wrong, and what they said, the most frequent answer first."""

    image: int
    n_wrong: int
    answers: tuple[tuple[int, int], ...]


def mistakes(truth: NDArray[np.int64], predictions: Predictions) -> list[Reading]:
    """Return the mistakes that the model was surest of; without probabilities the first ones."""
    import numpy as np

    wrong = np.flatnonzero(predictions.labels != truth)
    sureness = _sureness(predictions)
    if sureness is not None:
        wrong = wrong[np.argsort(-sureness[wrong], kind="stable")]
    return _readings(wrong[:MISTAKES_SHOWN], predictions)


def right_ones(truth: NDArray[np.int64], predictions: Predictions) -> list[Reading]:
    """Return the first image of each class that the model read right."""
    import numpy as np

    right = np.flatnonzero(predictions.labels == truth)
    _, first = np.unique(truth[right], return_index=True)
    return _readings(right[first], predictions)


def hardest(truth: NDArray[np.int64], of_rows: Sequence[Predictions | None]) -> list[Hard]:
    """Return the images that more than half of the rows read wrong, those that most did first."""
    import numpy as np

    known = [one.labels for one in of_rows if one]
    if len(known) < FEWEST_MODELS:
        return []
    said = np.stack(known)
    n_wrong = (said != truth).sum(axis=0)
    order = np.argsort(-n_wrong, kind="stable")[:HARDEST_SHOWN]
    return [
        Hard(int(i), int(n_wrong[i]), tuple(Counter(said[said[:, i] != truth[i], i].tolist()).most_common()))
        for i in order
        if n_wrong[i] * 2 > len(known)
    ]


def shown_images(findings: Findings) -> list[int]:
    """Return the numbers of all test images that a report shows."""
    of_rows = findings.first_predictions()
    shown = {hard.image for hard in hardest(findings.truth, of_rows)}
    for one in of_rows:
        if one:
            shown |= {reading.image for reading in (*mistakes(findings.truth, one), *right_ones(findings.truth, one))}
    return sorted(shown)


def _sureness(predictions: Predictions) -> NDArray[np.float64] | None:
    import numpy as np

    if predictions.probabilities is None:
        return None
    rows = np.arange(len(predictions.labels))
    return predictions.probabilities[rows, predictions.labels].astype(np.float64)


def _readings(images: NDArray[np.int64], predictions: Predictions) -> list[Reading]:
    sureness = _sureness(predictions)
    return [
        Reading(int(i), int(predictions.labels[i]), None if sureness is None else float(sureness[i])) for i in images
    ]
