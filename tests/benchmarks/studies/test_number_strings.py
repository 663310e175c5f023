"""Numbers composed of digits, and what is published of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label
from sklearn.datasets import load_digits

from benchmarks.datasets.spec import Split
from benchmarks.studies.number_strings import DOCUMENT, with_table
from benchmarks.studies.whole_numbers.composed import KINDS, MARGIN, compose


def digits() -> Split:
    """Return the ones and sevens of scikit-learn's digits, which are in one piece, in frames of 28×28 pixels."""
    found = load_digits()
    rows = np.flatnonzero(np.isin(found.target, (1, 7)))[:40]
    images = np.kron(np.uint8(found.images[rows] * 15), np.ones((1, 3, 3), np.uint8))
    return Split(np.pad(images, ((0, 0), (2, 2), (2, 2))), found.target[rows].astype(np.int64))


@pytest.mark.parametrize("kind", KINDS)
def test_composed_digits_stand_apart_or_touch_in_order(kind: str) -> None:
    numbers = compose(digits(), kind, 20, seed=3)
    assert [one.number for one in numbers] == [one.number for one in compose(digits(), kind, 20, seed=3)]
    for one in numbers:
        assert 1 + (kind != "apart") <= len(one.number) <= 5
        assert one.image.shape == one.owners.shape and one.image[:, :MARGIN].max() == 0
        firsts = [np.flatnonzero((one.owners == i + 1).any(axis=0))[0] for i in range(len(one.number))]
        assert firsts == sorted(firsts)
        columns = (one.image >= 51).any(axis=0)
        n_gaps = int((np.diff(columns.astype(int)) == 1).sum()) - 1
        assert (n_gaps >= len(one.number) - 1) if kind == "apart" else n_gaps == 0
        assert kind == "apart" or label(one.image >= 51, np.ones((3, 3)))[1] == 1


def test_the_document_holds_a_table_of_every_kind() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.partition("<!-- numbers")[2]
    assert all(f"| {kind}" in table for kind in KINDS)
    assert with_table(with_table(text, "first table"), "second table").count(" table\n") == 1
