"""Principal components keep distances, and cost nothing where there are few images."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.datasets
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from features.chunks import spread
from features.orientation_maps import OrientationMaps
from features.pixels import Pixels
from features.principal_components import COMPONENTS, PrincipalComponents, build
from features.shift import shifted, transform_shifted


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    images = sklearn.datasets.load_digits().images
    return np.asarray(np.pad(images * 255 / 16, ((0, 0), (1, 1), (1, 1))), np.uint8)


def test_distances_stay_nearly_as_they_were(digits: NDArray[np.uint8]) -> None:
    maps = OrientationMaps().fit(digits).transform(digits[:200])
    few = build().fit(digits).transform(digits[:200])
    assert few.shape == (200, COMPONENTS) and few.dtype == np.float32
    assert pdist(few) == pytest.approx(pdist(maps), rel=0.1)


def test_the_first_components_vary_most(digits: NDArray[np.uint8]) -> None:
    spreads = PrincipalComponents(Pixels(), 20).fit(digits).transform(digits).std(axis=0)
    assert (np.diff(spreads) <= 1e-6).all()


def test_images_sorted_by_class_are_all_looked_at(digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PrincipalComponents, "FIT_ON", 100)
    labels = sklearn.datasets.load_digits().target
    by_class = digits[np.argsort(labels, kind="stable")]
    few = PrincipalComponents(Pixels(), 10)
    lost = [
        np.square(few.fit(images).pca_.inverse_transform(few.transform(digits)) - Pixels().transform(digits)).mean()
        for images in (by_class, digits)
    ]
    assert lost[0] < 1.2 * lost[1]


@pytest.mark.parametrize(("n", "at_most"), [(0, 5), (1, 5), (5, 5), (6, 5), (10_001, 100)])
def test_a_spread_reaches_from_first_to_last(n: int, at_most: int) -> None:
    chosen = spread(np.arange(n), at_most)
    assert len(chosen) <= at_most and len(chosen) >= min(n, at_most) / 2
    assert not n or (chosen[0] == 0 and n - chosen[-1] <= -(-n // at_most))


def test_a_shift_is_what_the_pipeline_in_front_makes_of_it(digits: NDArray[np.uint8]) -> None:
    pixels = PrincipalComponents(Pixels(), 30).fit(digits)
    assert (transform_shifted(pixels, digits[:9], (1, 0)) == pixels.transform(shifted(digits[:9], (1, 0)))).all()
    maps = build().fit(digits)
    assert abs(transform_shifted(maps, digits[:9], (1, 0)) - maps.transform(digits[:9])).max() > 0.01
