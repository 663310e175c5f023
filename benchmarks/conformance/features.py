"""Checks of a feature pipeline."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import Catalog
from benchmarks.conformance.checks import Check, CheckFailedError
from benchmarks.conformance.tiny import DEFAULT_SHAPE, OTHER_SHAPES, OTHER_SIZES, digits
from features.spec import FeaturePipeline, Transformer, Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_IMAGES = 20


@dataclass(frozen=True)
class FeatureCase:
    """A pipeline and some digits."""

    spec: FeaturePipeline
    catalog: Catalog

    def images(self, shape: tuple[int, int] = DEFAULT_SHAPE) -> NDArray[np.uint8]:
        """Return writable digits of ``shape``."""
        return digits(shape)[0][:N_IMAGES].copy()

    @cached_property
    def fitted(self) -> Transformer:
        return self.spec.build().fit(self.images())

    @cached_property
    def X(self) -> NDArray[np.float32]:
        return self.fitted.transform(self.images())


def _spec_is_valid(case: FeatureCase) -> str:
    if faults := case.catalog.faults_of(case.spec):
        raise CheckFailedError("; ".join(faults))
    return ""


def _builds(case: FeatureCase) -> str:
    transformer = case.spec.build()
    if missing_methods := [name for name in ("fit", "transform") if not callable(getattr(transformer, name, None))]:
        raise CheckFailedError(
            f"build returned a {type(transformer).__name__}, which has no {' and no '.join(missing_methods)}"
        )
    return ""


def _fits(case: FeatureCase) -> str:
    if not callable(getattr(case.fitted, "transform", None)):
        raise CheckFailedError("fit must return the transformer; end it with 'return self'")
    return ""


def _returns_one_row_per_image(case: FeatureCase) -> str:
    _check_matrix(case.X, N_IMAGES)
    return f"{case.X.shape[1]:,} features of 28×28 pixels"


def _accepts_other_sizes(case: FeatureCase) -> str:
    for shape in OTHER_SHAPES:
        try:
            _check_matrix(case.spec.build().fit(case.images(shape)).transform(case.images(shape)), N_IMAGES)
        except Unavailable:
            raise
        except Exception as error:
            raise CheckFailedError(f"images of {shape[0]}×{shape[1]}: {type(error).__name__}: {error}") from error
    return ""


def _accepts_blank_images(case: FeatureCase) -> str:
    _check_matrix(case.fitted.transform(case.images()[:2] * 0), 2)
    return ""


def _accepts_zero_images_and_one(case: FeatureCase) -> str:
    for n in (0, 1):
        X = case.fitted.transform(case.images()[:n])
        if X.shape != (n, case.X.shape[1]):
            raise CheckFailedError(f"{n} images give shape {X.shape}; expected ({n}, {case.X.shape[1]})")
    return ""


def _distinguishes_images(case: FeatureCase) -> str:
    import numpy as np

    n = len(np.unique(case.X, axis=0))
    if n < N_IMAGES:
        raise CheckFailedError(f"{N_IMAGES} distinct images give {n} distinct rows")
    return ""


def _rows_are_independent(case: FeatureCase) -> str:
    import numpy as np

    images, X = case.images(), case.X
    backwards = case.fitted.transform(images[::-1].copy())[::-1]
    alone = case.fitted.transform(images[2:3])
    if not (np.allclose(alone, X[2:3], atol=1e-5) and np.allclose(backwards, X, atol=1e-5)):
        raise CheckFailedError("the row of an image depends on the other images")
    return ""


def _does_not_modify_inputs(case: FeatureCase) -> str:
    images = case.images()
    images.flags.writeable = False
    case.spec.build().fit(images).transform(images)
    if (images != case.images()).any():
        raise CheckFailedError("the images were modified")
    return ""


def _is_deterministic(case: FeatureCase) -> str:
    if (case.spec.build().fit(case.images()).transform(case.images()) != case.X).any():
        raise CheckFailedError("refitting on the same images gives different features")
    return ""


def _can_be_saved(case: FeatureCase) -> str:
    again: Transformer = pickle.loads(pickle.dumps(case.fitted))
    if (again.transform(case.images()) != case.X).any():
        raise CheckFailedError("different features after pickling and unpickling")
    return ""


def _check_matrix(X: object, n: int) -> None:
    """Raise ``CheckFailedError`` unless ``X`` is a valid feature matrix of ``n`` rows."""
    import numpy as np

    if not isinstance(X, np.ndarray) or X.ndim != 2 or len(X) != n:
        raise CheckFailedError(
            f"{n} images give {getattr(X, 'shape', type(X).__name__)}; expected a matrix of {n} rows"
        )
    if X.dtype != np.float32 or not X.flags.c_contiguous:
        order = "" if X.flags.c_contiguous else ", not C-contiguous"
        raise CheckFailedError(f"the matrix is {X.dtype}{order}; expected C-contiguous float32")
    if not np.isfinite(X).all():
        raise CheckFailedError("some features are NaN or infinite")


FEATURE_CHECKS: tuple[Check[FeatureCase], ...] = (
    Check("spec is valid", _spec_is_valid, essential=True),
    Check("builds", _builds, essential=True),
    Check("fits", _fits, essential=True),
    Check("returns one row of finite float32 per image", _returns_one_row_per_image, essential=True),
    Check(f"accepts images of {OTHER_SIZES}", _accepts_other_sizes),
    Check("accepts blank images", _accepts_blank_images),
    Check("accepts zero images, and one", _accepts_zero_images_and_one),
    Check("distinguishes different images", _distinguishes_images),
    Check("computes each row from its image alone", _rows_are_independent),
    Check("is deterministic", _is_deterministic),
    Check("does not modify its input", _does_not_modify_inputs),
    Check("can be saved and loaded", _can_be_saved),
)
