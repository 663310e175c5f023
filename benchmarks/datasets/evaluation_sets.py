"""Evaluation sets beside the test split, made from its images: what if images differ from those trained on?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.datasets.spec import Images, Split
from features.naming import Registry, UnknownNameError
from features.shift import Shift, shifted


@dataclass(frozen=True)
class EvaluationSet:
    """One entry of the registry of evaluation sets. ``make`` returns a split of the test images, always the same."""

    name: str
    summary: str
    make: Callable[[Split], Split]


SHIFTS: tuple[Shift, ...] = ((-2, 0), (0, 2), (2, 0), (0, -2))


def shifted_by_two_pixels(test: Split) -> Split:
    """Return the test images moved by two pixels: up, right, down and left in turn."""
    import numpy as np

    moved = np.empty_like(test.images)
    for start, shift in enumerate(SHIFTS):
        moved[start :: len(SHIFTS)] = shifted(test.images[start :: len(SHIFTS)], shift)
    return replace(test, images=moved)


EVALUATION_SETS: Registry[EvaluationSet] = Registry(
    "evaluation set", (EvaluationSet("shifted", "the test images moved by two pixels", shifted_by_two_pixels),)
)


def check_names(names: Sequence[str]) -> None:
    """Raise ``UnknownNameError`` unless there is an evaluation set of each name."""
    for name in names:
        if name not in EVALUATION_SETS:
            raise UnknownNameError(EVALUATION_SETS.kind, name, EVALUATION_SETS)


def with_evaluation_sets(images: Images, names: Sequence[str]) -> Images:
    """Return the images with these evaluation sets beside the test split; raises ``UnknownNameError``."""
    return replace(images, further={name: EVALUATION_SETS[name].make(images.test) for name in names})
