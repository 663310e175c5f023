"""What is stored of a run's dataset: what results were judged by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.atomic_files import write_json
from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.datasets.spec import Images
from benchmarks.records.store import ResultStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATASET_FILE = "dataset.json"


class NoResultsError(BenchError):
    """There is nothing to report on."""


def store_dataset(store: ResultStore, images: Images, findings: Audit) -> None:
    """Keep beside the results what they are judged by: the audit and the labels of the test split."""
    with store.locked():
        write_json(store.folder / DATASET_FILE, {**asdict(findings), "test_labels": images.test.labels.tolist()})


def name_of_own(run: Path, name: str, source: str, taken: Container[str]) -> str:
    """Return the folder name for a person's own data: ``name``, with a hash of its path where another has that name.

    ``run`` is the run's folder; ``taken`` are the names of registered datasets.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "data"
    if plain not in taken and plain != "auto":
        try:
            other = json.loads((run / plain / DATASET_FILE).read_text(encoding="utf-8")).get("source")
        except (OSError, ValueError, AttributeError):
            other = source
        if other == source:
            return plain
    return f"{plain}-{hashlib.sha256(source.encode()).hexdigest()[:6]}"


def read_dataset(folder: Path) -> tuple[Audit, NDArray[np.int64]]:
    """Return what is stored of a run's dataset: the audit, and the labels of the test split, of shape (n_test,).

    Raises ``NoResultsError`` if nothing is, and ``BenchError`` if it cannot be read.
    """
    import numpy as np

    try:
        stored: dict[str, Any] = json.loads((folder / DATASET_FILE).read_text(encoding="utf-8"))
        truth = np.array(stored.pop("test_labels"), np.int64)
        return Audit(**{**stored, **_tuples(stored, ("class_names", "dropped", "notes"))}), truth
    except FileNotFoundError:
        raise NoResultsError(f"there are no results in {folder}; run some first") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        place = folder / DATASET_FILE
        raise BenchError(f"{place} is damaged ({error}); any trial of this run writes it anew") from error


def _tuples(stored: Mapping[str, Any], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(stored[name]) for name in names if name in stored}
