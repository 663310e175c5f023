"""``POST /api/read`` and the page read numbers of several digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.benchmarks.serve.test_api import digit, png

if TYPE_CHECKING:
    import httpx
    from numpy.typing import NDArray

pytestmark = pytest.mark.e2e


def number(*indices: int) -> NDArray[np.uint8]:
    """Return scikit-learn's digits of these indices in a line, light on dark."""
    return np.pad(np.hstack([np.pad(digit(i, 80), ((0, 0), (4, 4))) for i in indices]), 8)


def test_numbers_are_read_in_order_with_their_boxes(http: httpx.Client) -> None:
    pictures = [number(0, 1, 2), 255 - number(1), np.zeros((60, 60), np.uint8)]
    files = [("images", (f"{i}.png", png(one))) for i, one in enumerate(pictures)]
    found = http.post("/api/read?model=knn&model=centroids", files=files).json()
    readings = {one["model"]: one for one in found["readings"]}
    assert found["dataset"] == "digits" and set(readings) == {"knn@pixels", "centroids@pixels"}
    knn = readings["knn@pixels"]
    assert [one["number"] for one in knn["images"]] == ["012", "1", ""] and knn["error"] is None
    boxes = knn["images"][0]["digits"]
    lefts = [box["left"] for box in boxes]
    assert lefts == sorted(lefts) and all(0 < box["probability"] <= 1 for box in boxes)
    assert all(box["left"] >= 0 and box["left"] + box["width"] <= pictures[0].shape[1] for box in boxes)
    as_array = http.post("/api/read?model=knn", json=pictures[0].tolist()).json()
    assert as_array["readings"][0]["images"][0] == knn["images"][0]


def test_what_shows_no_number_is_refused(http: httpx.Client) -> None:
    fence = np.zeros((100, 900), np.uint8)
    for column in range(3):
        fence[20:80, 50 + column : 850 : 10] = 255
    for content in (png(fence), b"no image"):
        answer = http.post("/api/read", content=content, headers={"content-type": "image/png"})
        assert answer.status_code == 422 and set(answer.json()) == {"error"}
    many = http.post("/api/read", json=np.zeros((21, 8, 8), int).tolist())
    assert many.status_code == 422 and "at most 20" in many.json()["error"]
    assert http.post("/api/read?model=no", content=png(number(1)), headers={"content-type": "image/png"}).is_error
