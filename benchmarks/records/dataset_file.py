"""What is stored of a run's dataset: the audit, and the labels that results are judged by."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError, one_line
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.records.trial import TEST, Count, Inputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATASET_FILE = "dataset.json"


class NoResultsError(BenchError):
    """There is nothing to report on."""


@dataclass(frozen=True)
class DatasetRecord(Audit):
    """The content of dataset.json. ``evaluation_labels``: of each further evaluation set, by name."""

    test_labels: tuple[Count, ...] = ()
    evaluation_labels: Mapping[str, tuple[Count, ...]] = field(default_factory=dict)

    @property
    def truth(self) -> NDArray[np.int64]:
        """The labels of the test set, of shape (n_test,)."""
        return self.truth_of(TEST)

    def truth_of(self, evaluation_set: str) -> NDArray[np.int64]:
        """Return the labels of an evaluation set; raises KeyError for one that is not stored."""
        return self._truths[evaluation_set]

    @cached_property
    def _truths(self) -> Mapping[str, NDArray[np.int64]]:
        import numpy as np

        labels = {TEST: self.test_labels, **self.evaluation_labels}
        return {name: np.array(of_set, np.int64) for name, of_set in labels.items()}

    def judges(self, inputs: Inputs, evaluation_set: str) -> bool:
        """Return whether a trial with these inputs was judged by the labels of this file."""
        if inputs.data != self.data_hash or evaluation_set not in (TEST, *self.evaluation_labels):
            return False
        # of sets that only earlier runs used there is no hash
        used = self.evaluation_hashes.get(evaluation_set)
        return used in (None, inputs.evaluation.get(evaluation_set))


def read_dataset(folder: Path) -> DatasetRecord:
    """Return what is stored of a run's dataset.

    Raises ``NoResultsError`` if nothing is, and ``BenchError`` if it cannot be read.
    """
    found = stored_dataset(folder)
    if isinstance(found, DatasetRecord):
        return found
    if isinstance(found, FileNotFoundError):
        raise NoResultsError(f"there are no results in {folder}; run some first")
    raise BenchError(
        f"{folder / DATASET_FILE} is damaged ({one_line(str(found))}); any trial of this run writes it again"
    ) from found


def name_of_user_data(run: Path, name: str, source: str, taken: Container[str], variant: str = "") -> str:
    """Return the folder name for a user's data: ``name``, with a hash of its path where another has that name.

    ``run`` is the run's folder; ``taken`` are the names of registered datasets. ``variant`` is what the folder's name
    ends in.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "data"
    if plain not in taken and plain != "auto":
        stored = stored_dataset(run / f"{plain}{variant}")
        if not isinstance(stored, DatasetRecord) or stored.source == source:
            return f"{plain}{variant}"
    return f"{plain}-{hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()[:6]}{variant}"


def datasets_of(root: Path, run: str) -> list[str]:
    """Return the datasets that a run has results on; raises ``BenchError`` if there are none."""
    names = sorted(path.parent.name for path in (root / run).glob("*/dataset.json"))
    if not names:
        raise BenchError(f"there is no run '{run}' in {root}; 'python bench.py --run {run}' makes one")
    return names


def only_dataset_of(root: Path, run: str) -> str:
    """Return the one dataset that a run has results on; raises ``BenchError`` if there are several or none."""
    names = datasets_of(root, run)
    if len(names) > 1:
        raise BenchError(f"run '{run}' has results on {', '.join(names)}; say which with --dataset NAME")
    return names[0]


def stored_dataset(folder: Path) -> DatasetRecord | Exception:
    """Return the stored record, or why there is none."""
    try:
        record = msgspec.json.decode(read_file(folder / DATASET_FILE), type=DatasetRecord)
    except (OSError, ValueError, RecursionError, msgspec.DecodeError) as error:
        return error
    fault = _contradiction(record)
    return ValueError(fault) if fault else record


def _contradiction(record: DatasetRecord) -> str:
    """Return where a record contradicts itself, as no run writes it; empty if it does not."""
    if not record.test_labels:
        return "it holds no labels of the test set"
    n_classes = len(record.class_names)
    for name, labels in {TEST: record.test_labels, **record.evaluation_labels}.items():
        if max(labels, default=0) >= n_classes:
            return f"the {name} set has the label {max(labels)}, of {n_classes} classes"
    if any(len(of_split) != n_classes for of_split in record.counts.values()):
        return f"its counts are not of {n_classes} classes"
    counted = Counter(record.test_labels)
    if record.counts.get(TEST) not in (None, tuple(counted[label] for label in range(n_classes))):
        return "its labels of the test set are not those that were counted"
    return ""
