"""Does what is stored of a dataset agree with itself? Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from benchmarks.records.trial import TEST

if TYPE_CHECKING:
    from benchmarks.datasets.preprocessing.audit import Audit

Labels = Mapping[str, tuple[int, ...]]  # of each evaluation set, by name

SPLITS = ("train", "validation", "test")
PAIRS = (("train", "validation"), ("train", "test"), ("validation", "test"))
# files of before images could have another size, and before there were further evaluation sets, have none of these
LATER = ("image_shape", "image_size", "normalised", "reading", "evaluation_hashes", "evaluation_labels")


def fault_of_dataset(data: Audit, labels: Labels) -> str:
    """Return where an audit and the labels of the evaluation sets contradict each other; empty if they do not."""
    faults = (*_faults_of_names(data, labels), _fault_of_labels(data, labels))
    return next(filter(None, faults), "") or _fault_of_counts(data, labels) or _fault_of_size(data)


def _faults_of_names(data: Audit, labels: Labels) -> Iterator[str]:
    for name, of_split in (("counts", data.counts), ("hashes", data.hashes)):
        if {*of_split} != {*SPLITS}:
            yield f"its {name} are not of {', '.join(SPLITS)}"
    if {*data.duplicates} != {*SPLITS, *(" and ".join(pair) for pair in PAIRS)}:
        yield "its duplicates are not of its splits and their pairs"
    if {*data.evaluation_hashes} - ({*labels} - {TEST}):
        yield "it has a hash of an evaluation set without labels"


def _fault_of_labels(data: Audit, labels: Labels) -> str:
    n_classes = len(data.class_names)
    for name, of_set in labels.items():
        if not of_set:
            return f"it holds no labels of the {name} set"
        if max(of_set) >= n_classes:
            return f"the {name} set has the label {max(of_set)}, of {n_classes} classes"
    return ""


def _fault_of_counts(data: Audit, labels: Labels) -> str:
    n_classes, counted = len(data.class_names), Counter(labels[TEST])
    if any(len(of_split) != n_classes for of_split in data.counts.values()):
        return f"its counts are not of {n_classes} classes"
    if data.counts[TEST] != tuple(counted[label] for label in range(n_classes)):
        return "its labels of the test set are not those that were counted"
    sizes = {name: sum(of_split) for name, of_split in data.counts.items()}
    if not sizes["train"]:
        return "it has no training images"
    return "it has more duplicates than images" if _has_more_duplicates(data.duplicates, sizes) else ""


def _has_more_duplicates(duplicates: Mapping[str, int], sizes: Mapping[str, int]) -> bool:
    limits = {**sizes, **{f"{first} and {second}": sizes[second] for first, second in PAIRS}}
    return any(n > limits[name] for name, n in duplicates.items())


def _fault_of_size(data: Audit) -> str:
    size = data.image_size
    return "" if size is None or data.image_shape == (size, size) else f"its images are not of {size} pixels"
