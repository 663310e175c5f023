"""How an exported model differs from the original on the test images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.common.formatting import counted
from benchmarks.inference.image_classifier import ImageClassifier

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.datasets.spec import Split


@dataclass(frozen=True)
class Answered:
    """The answers of a model about the test images: labels of shape (n,), and probabilities or else scores."""

    labels: NDArray[np.int64]
    values: NDArray[np.float32] | None
    kind: Literal["probability", "score"]


@dataclass(frozen=True)
class Parity:
    """An exported model beside its original on ``n`` test images.

    ``n_different``: images with another label. ``largest_difference``: of a probability or score, whichever ``kind``
    says; None where the model has neither. ``accuracy``, ``original_accuracy``: fractions of one.
    """

    n: int
    n_different: int
    largest_difference: float | None
    kind: str
    accuracy: float
    original_accuracy: float

    @property
    def labels_equal(self) -> bool:
        return not self.n_different

    def sentence(self) -> str:
        """Return it for people."""
        labels = "all labels are equal" if self.labels_equal else f"{counted(self.n_different, 'label')} DIFFERENT"
        if self.largest_difference is None:
            return f"on {self.n:,} test images {labels}"
        return f"on {self.n:,} test images {labels}; largest difference of a {self.kind}: {self.largest_difference:.2g}"


def answers_of(model: ImageClassifier, images: NDArray[np.uint8]) -> Answered:
    """Return what a model answers about prepared images."""
    labels, probabilities = model.predictions(images)
    if probabilities is not None:
        return Answered(labels, probabilities, "probability")
    return Answered(labels, model.scores(images), "score")


def compare(exported: ImageClassifier, original: Answered, test: Split) -> Parity:
    """Return how the answers of an exported model differ from the original's."""
    found = answers_of(exported, test.images)
    largest = None
    if found.values is not None and original.values is not None:
        largest = float(abs(found.values - original.values).max())
    return Parity(
        len(test),
        int((found.labels != original.labels).sum()),
        largest,
        original.kind,
        float((found.labels == test.labels).mean()),
        float((original.labels == test.labels).mean()),
    )
