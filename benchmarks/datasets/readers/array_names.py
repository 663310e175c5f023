"""Which arrays of a file hold images and labels of which part, and labels in arrays of any form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.labels import are_missing, label_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHOLE = (
    *(("x", "y"), ("images", "labels"), ("data", "target"), ("data", "labels"), ("arr_0", "arr_1")),
    *(("fea", "gnd"), ("patterns", "labels"), ("image", "label"), ("images", "label"), ("data", "label")),
    *(("features", "labels"), ("features", "target"), ("features", "targets"), ("images", "targets")),
    *(("data", "targets"), ("images", "target"), ("imgs", "labels"), ("x", "labels"), ("images", "y")),
)
WORDS = {
    "train": ("train", "training", "trn"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "tst"),
}
MAX_SHOWN = 40  # characters of a name
Pair = tuple[str, str]
Value = TypeVar("Value")


def in_lower_case(held: Iterable[tuple[str, Value]], path: str) -> dict[str, Value]:
    """Return what a file holds by its names in lower case, with underscores for hyphens.

    Raises ``BenchError`` if two are the same.
    """
    found: dict[str, Value] = {}
    for name, value in held:
        lower = name.lower().replace("-", "_")
        if lower in found:
            raise BenchError(f"{path} has two arrays named {lower[:40]}, in upper or lower case; leave one of them")
        found[lower] = value
    return found


def find_pairs(held: Sequence[str], path: str) -> tuple[dict[str, Pair], tuple[str, ...]]:
    """Return the names of images and labels of each part, in lower case, and those of images that have no labels.

    Raises ``BenchError`` if the training part has none.
    """
    pairs = {}
    unlabelled: list[str] = []
    for part, words in WORDS.items():
        names = [pair for word in words for pair in _names(word)] + [*(WHOLE if part == "train" else ())]
        found = [pair for pair in names if pair[0] in held]
        chosen = next((pair for pair in found if pair[1] in held), found[0] if found else None)
        if chosen and chosen[1] in held:
            pairs[part] = chosen
        elif part == "train":
            missing = chosen[1] if chosen else "x_train"
            contents = ", ".join(held)
            raise BenchError(
                f"{path} has no {missing}; it contains: {contents[:120] or 'no arrays'}"
                f"{'…' if len(contents) > 120 else ''} (x_train, y_train, x_test and y_test are expected)"
            )
        elif chosen:
            unlabelled.append(chosen[0])
    return pairs, tuple(unlabelled)


def has_no_labels(part: str, labels: NDArray[Any]) -> bool:
    """Return whether no label of a part is told, as where all are -1; those of the training part have to be."""
    return part != "train" and labels.size > 0 and are_missing(labels.ravel().tolist())


def unlabelled_note(images: str, n: int, name: str) -> str:
    """Return the note on an array of images without labels."""
    return f"passed over: {images[:MAX_SHOWN]} of {name}, {n:,} images without labels"


def _names(word: str) -> tuple[Pair, ...]:
    return (
        *((f"x_{word}", f"y_{word}"), (f"{word}_images", f"{word}_labels"), (f"{word}_x", f"{word}_y")),
        *((f"x{word}", f"y{word}"), (f"{word}x", f"{word}y"), (f"{word}_patterns", f"{word}_labels")),
        *((f"{word}_data", f"{word}_labels"), (f"{word}_data", f"{word}_target"), (f"{word}_image", f"{word}_label")),
        *((f"{word}_imgs", f"{word}_labels"), (f"{word}_features", f"{word}_labels"), (f"x_{word}", f"{word}_labels")),
        *((f"images_{word}", f"labels_{word}"), (f"data_{word}", f"labels_{word}")),
        *((f"{word}_data", f"{word}_targets"), (f"{word}_images", f"{word}_targets")),
        *((f"{word}_arr_0", f"{word}_arr_1"), (f"{word}_features", f"{word}_targets")),
    )


def by_class(held: Mapping[str, NDArray[Any]]) -> dict[str, list[tuple[str, NDArray[Any]]]]:
    """Return the arrays ``train0``, ``train1``, …, ``test0``, … of the images of one class each, by their part."""
    found: dict[str, list[tuple[str, NDArray[Any]]]] = {}
    for name, array in held.items():
        match = re.fullmatch(r"(train|test)_?(\d{1,3})", name)
        if match and array.ndim > 1:
            found.setdefault(match[1], []).append((match[2], array))
    return found if len(found.get("train", ())) > 1 else {}


def label_vector(labels: NDArray[Any], n_images: Sequence[int], name: str) -> tuple[str, ...]:
    """Return the names of labels, one for each image, from a column, a row, or ones in a column for each class.

    ``n_images``: how many there may be, where that depends on the axis. Raises ``BenchError``.
    """
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if labels.ndim == 2:
        if labels.shape[0] not in n_images and labels.shape[1] in n_images:
            labels = labels.T
        labels = _of_ones(labels)
    if labels.ndim != 1:
        raise BenchError(f"{name} has shape {labels.shape}; expected (n,), one label per image")
    return label_names(labels, name)


def _of_ones(labels: NDArray[Any]) -> NDArray[Any]:
    """Return the numbers of the columns that hold the one of each row; other arrays as they are."""
    import numpy as np

    if labels.dtype.kind not in "biuf" or not labels.size:
        return labels
    lowest, highest = labels.min(), labels.max()
    is_one = labels == highest
    if not (lowest < highest == 1 and (is_one | (labels == lowest)).all() and (is_one.sum(axis=1) == 1).all()):
        return labels
    numbers: NDArray[Any] = np.argmax(is_one, axis=1)
    return numbers
