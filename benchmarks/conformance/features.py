"""What every feature pipeline keeps to."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import Catalog
from benchmarks.conformance.checks import BrokenError, Check
from benchmarks.conformance.tiny import OTHERS, USUAL, digits
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

    def images(self, shape: tuple[int, int] = USUAL) -> NDArray[np.uint8]:
        """Return digits of ``shape`` that may be written into."""
        return digits(shape)[0][:N_IMAGES].copy()

    @cached_property
    def fitted(self) -> Transformer:
        return self.spec.build().fit(self.images())

    @cached_property
    def X(self) -> NDArray[np.float32]:
        return self.fitted.transform(self.images())


def _has_no_faults(case: FeatureCase) -> str:
    if faults := case.catalog.faults_of(case.spec):
        raise BrokenError("; ".join(faults))
    return ""


def _builds(case: FeatureCase) -> str:
    transformer = case.spec.build()
    if lacking := [name for name in ("fit", "transform") if not callable(getattr(transformer, name, None))]:
        raise BrokenError(f"build returned a {type(transformer).__name__}, which has no {' and no '.join(lacking)}")
    return ""


def _fits(case: FeatureCase) -> str:
    if not callable(getattr(case.fitted, "transform", None)):
        raise BrokenError("fit returned something else than the transformer; end it with 'return self'")
    return ""


def _gives_one_row_an_image(case: FeatureCase) -> str:
    _check_matrix(case.X, N_IMAGES)
    return f"{case.X.shape[1]:,} features of 28×28 pixels"


def _takes_other_sizes(case: FeatureCase) -> str:
    for shape in OTHERS:
        try:
            _check_matrix(case.spec.build().fit(case.images(shape)).transform(case.images(shape)), N_IMAGES)
        except Unavailable:
            raise
        except Exception as error:
            raise BrokenError(f"images of {shape[0]}×{shape[1]}: {type(error).__name__}: {error}") from error
    return ""


def _takes_empty_images(case: FeatureCase) -> str:
    _check_matrix(case.fitted.transform(case.images()[:2] * 0), 2)
    return ""


def _takes_no_image_and_one(case: FeatureCase) -> str:
    for n in (0, 1):
        X = case.fitted.transform(case.images()[:n])
        if X.shape != (n, case.X.shape[1]):
            raise BrokenError(f"{n} images give shape {X.shape}; it should be ({n}, {case.X.shape[1]})")
    return ""


def _tells_images_apart(case: FeatureCase) -> str:
    import numpy as np

    n = len(np.unique(case.X, axis=0))
    if n < N_IMAGES:
        raise BrokenError(f"{N_IMAGES} different images give {n} different rows")
    return ""


def _rows_stand_alone(case: FeatureCase) -> str:
    import numpy as np

    images, X = case.images(), case.X
    backwards = case.fitted.transform(images[::-1].copy())[::-1]
    alone = case.fitted.transform(images[2:3])
    if not (np.allclose(alone, X[2:3], atol=1e-5) and np.allclose(backwards, X, atol=1e-5)):
        raise BrokenError("the same image gives another row among other images")
    return ""


def _writes_into_nothing(case: FeatureCase) -> str:
    images = case.images()
    images.flags.writeable = False
    case.spec.build().fit(images).transform(images)
    if (images != case.images()).any():
        raise BrokenError("it changed the images")
    return ""


def _same_answer_again(case: FeatureCase) -> str:
    if (case.spec.build().fit(case.images()).transform(case.images()) != case.X).any():
        raise BrokenError("fitted again on the same images it gives other features")
    return ""


def _can_be_kept(case: FeatureCase) -> str:
    again: Transformer = pickle.loads(pickle.dumps(case.fitted))
    if (again.transform(case.images()) != case.X).any():
        raise BrokenError("read back from its pickle it gives other features")
    return ""


def _check_matrix(X: object, n: int) -> None:
    """Raise ``BrokenError`` unless ``X`` is a matrix of ``n`` rows as models read them."""
    import numpy as np

    if not isinstance(X, np.ndarray) or X.ndim != 2 or len(X) != n:
        raise BrokenError(f"{n} images give {getattr(X, 'shape', type(X).__name__)}; it should be a matrix of {n} rows")
    if X.dtype != np.float32 or not X.flags.c_contiguous:
        order = "" if X.flags.c_contiguous else ", not C-contiguous"
        raise BrokenError(f"the matrix is of {X.dtype}{order}; it should be C-contiguous float32")
    if not np.isfinite(X).all():
        raise BrokenError("some features are NaN or infinite")


FEATURE_CHECKS: tuple[Check[FeatureCase], ...] = (
    Check("its spec is well-formed", _has_no_faults, essential=True),
    Check("builds", _builds, essential=True),
    Check("fits", _fits, essential=True),
    Check("gives one row of finite float32 for each image", _gives_one_row_an_image, essential=True),
    Check("takes images of 8×8 and 32×20 as of 28×28", _takes_other_sizes),
    Check("takes images without ink", _takes_empty_images),
    Check("takes no image, and a single one", _takes_no_image_and_one),
    Check("tells different images apart", _tells_images_apart),
    Check("makes each row of its own image alone", _rows_stand_alone),
    Check("same images, same features", _same_answer_again),
    Check("writes into nothing it is given", _writes_into_nothing),
    Check("can be kept in a file", _can_be_kept),
)
