"""What is stored of a run's dataset: the audit, and the labels that results are judged by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.common.atomic_files import write_json
from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.datasets.spec import Images
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Count

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
        import numpy as np

        return np.array(self.test_labels, np.int64)


def store_dataset(store: ResultStore, images: Images, findings: Audit) -> None:
    """Store what the results are judged by: the audit and the labels of the evaluation sets.

    Further evaluation sets that earlier runs used stay, as long as the data are the same.
    """
    further = {name: tuple(split.labels.tolist()) for name, split in images.further.items()}
    with store.locked():
        before = _read(store.folder)
        if isinstance(before, DatasetRecord) and before.data_hash == findings.data_hash:
            further = {**before.evaluation_labels, **further}
        stored = {**asdict(findings), "test_labels": images.test.labels.tolist(), "evaluation_labels": further}
        write_json(store.folder / DATASET_FILE, stored)


def read_dataset(folder: Path) -> DatasetRecord:
    """Return what is stored of a run's dataset.

    Raises ``NoResultsError`` if nothing is, and ``BenchError`` if it cannot be read.
    """
    found = _read(folder)
    if isinstance(found, DatasetRecord):
        return found
    if isinstance(found, FileNotFoundError):
        raise NoResultsError(f"there are no results in {folder}; run some first")
    raise BenchError(f"{folder / DATASET_FILE} is damaged ({found}); any trial of this run writes it again") from found


def name_of_user_data(run: Path, name: str, source: str, taken: Container[str]) -> str:
    """Return the folder name for a user's data: ``name``, with a hash of its path where another has that name.

    ``run`` is the run's folder; ``taken`` are the names of registered datasets.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "data"
    if plain not in taken and plain != "auto":
        stored = _read(run / plain)
        if not isinstance(stored, DatasetRecord) or stored.source == source:
            return plain
    return f"{plain}-{hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()[:6]}"


def _read(folder: Path) -> DatasetRecord | Exception:
    """Return the stored record, or why there is none."""
    try:
        record = msgspec.json.decode((folder / DATASET_FILE).read_bytes(), type=DatasetRecord)
        # a file that holds no labels is none that a run wrote
        return record if record.test_labels else ValueError("it holds no labels of the test set")
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        return error
