"""Rejection: what a model is not certain enough of is answered with "not sure" (Chow 1970).

The threshold is chosen on validation images, for a wished share of errors among the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Threshold:
    """The smallest probability that is answered, and what that gave on the validation images.

    ``answered``: the share of images that was answered. ``error_rate``: the share of errors among these; ``wished``:
    what it was to be at most.
    """

    probability: float
    answered: float
    error_rate: float
    n_validation: int
    wished: float

    @property
    def n_answered(self) -> int:
        return round(self.answered * self.n_validation)

    def sentence(self) -> str:
        """Return it for people."""
        if not self.n_answered:
            return (
                f"no threshold reaches an error rate of {self.wished:.3%} on {self.n_validation:,} validation images: "
                "everything is 'not sure'"
            )
        said = (
            f"{self.answered:.2%} of {self.n_validation:,} validation images are answered, {self.error_rate:.3%} of "
            f"these wrongly; below a probability of {self.probability:.4f} it is 'not sure'"
        )
        upper = highest_error_rate(self.n_answered)
        if upper <= self.wished:
            return said
        return (
            f"{said}; {self.n_answered:,} images are too few to show {self.wished:.3%}: even without an "
            f"error among them it may be up to {upper:.2%}"
        )


def highest_error_rate(n: int) -> float:
    """Return the upper 95 % limit of an error rate of which ``n`` answers, all correct, are a sample.

    The exact one-sided limit, about 3 / n (Clopper & Pearson 1934).
    """
    return float(1 - 0.05 ** (1 / n))


def is_certain(confidence: float, threshold: float) -> bool:
    """Return whether an answer with this probability is given.

    Compared in half precision, as probabilities are stored: with more digits 0.99999 would be below a stored 1.
    """
    import numpy as np

    return bool(np.float16(confidence) >= np.float16(threshold))


def choose_threshold(confidence: NDArray[np.floating], correct: NDArray[np.bool_], error_rate: float) -> Threshold:
    """Return the threshold that answers most images with at most ``error_rate`` errors among the answers.

    ``confidence``: the probability of the predicted class of each validation image, shape (n,). If no threshold
    reaches the rate, nothing is answered: the probability is then 2.
    """
    import numpy as np

    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order].astype(np.float64)
    errors = np.cumsum(~correct[order])
    answered = np.arange(1, len(order) + 1)
    # images of equal confidence are answered together
    last_of_equal = np.append(sorted_confidence[1:] != sorted_confidence[:-1], True)
    fit = np.flatnonzero(last_of_equal & (errors <= error_rate * answered))
    if not fit.size:
        return Threshold(2.0, 0.0, 0.0, len(order), error_rate)
    at = int(fit[-1])
    share, rate = float(answered[at] / len(order)), float(errors[at] / answered[at])
    return Threshold(float(sorted_confidence[at]), share, rate, len(order), error_rate)
