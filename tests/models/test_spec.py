"""What a model is told, and what of it goes into a file."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from features.pixels import Pixels
from models.spec import BuildContext, no_progress

IMAGES = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)


def test_a_pickled_context_leaves_the_images_behind() -> None:
    def to_nobody(step: int, steps: int, /, **figures: float) -> None: ...

    context = BuildContext(10, (4, 4), 1, seed=3, progress=to_nobody, images=IMAGES, transformer=Pixels())
    again = pickle.loads(pickle.dumps(context))
    assert (again.images, again.transformer, again.progress) == (None, None, no_progress)
    assert (again.n_classes, again.image_shape, again.n_validation, again.seed) == (10, (4, 4), 1, 3)
    assert context.images is IMAGES


def test_shifted_rows_are_what_the_pipeline_makes_of_the_moved_images() -> None:
    context = BuildContext(10, (4, 4), 0, images=IMAGES, transformer=Pixels())
    moved = context.shifted(np.array([2, 0]), (0, 1))
    assert (moved.reshape(2, 4, 4)[:, :, 1:] * 255).round().tolist() == IMAGES[[2, 0], :, :3].tolist()
    with pytest.raises(ValueError, match="given none"):
        BuildContext(10, (4, 4), 0).shifted(np.array([0]), (0, 1))
