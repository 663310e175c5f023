"""How long a trial will take, judged by how long it took before."""

from __future__ import annotations

import math
from collections.abc import Iterable

from benchmarks.records.trial import Trial, TrialResult

FIXED_S = 2.0  # process start and imports, which do not grow with the images


class Estimates:
    """Wall times of stored trials. Those given first count more: a run's own before the reference's."""

    def __init__(self, *sources: Iterable[TrialResult]) -> None:
        self._seconds: dict[tuple[str, str], tuple[float, int]] = {}
        for results in sources:
            # the largest training set first, so that it stands where several were run
            for result in sorted(results, key=lambda result: -(result.n_train or 0)):
                if result.ok and result.timing.total_s and result.n_train:
                    n_pixels = result.n_train * math.prod(result.image_shape)
                    self._seconds.setdefault(_kind(result.trial), (result.timing.total_s, n_pixels))

    def seconds(self, trial: Trial, n_train: int, image_shape: tuple[int, int]) -> float | None:
        """Return the expected wall time of a trial on ``n_train`` images, in s; None if it never ran.

        The part beyond start-up is taken to grow in proportion to the images and to their pixels.
        """
        known = self._seconds.get(_kind(trial))
        if known is None:
            return None
        total_s, n_known = known
        return min(total_s, FIXED_S) + max(total_s - FIXED_S, 0.0) * n_train * math.prod(image_shape) / n_known


def _kind(trial: Trial) -> tuple[str, str]:
    return trial.label, trial.features
