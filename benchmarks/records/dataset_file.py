"""What is stored of a run's dataset: the audit, and the labels that results are judged by."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.datasets.ranges import Label
from benchmarks.datasets.readers.raw_images import shown_path
from benchmarks.records.checks.fields import fault_of_fields
from benchmarks.records.checks.of_dataset import LATER, fault_of_dataset
from benchmarks.records.layout import keys_in
from benchmarks.records.trial import TEST, Inputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATASET_FILE = "dataset.json"


class NoResultsError(BenchError):
    """There is nothing to report on."""


@dataclass(frozen=True)
class DatasetRecord(Audit):
    """The content of dataset.json. ``evaluation_labels``: of each further evaluation set, by name."""

    test_labels: tuple[Label, ...] = ()
    evaluation_labels: Mapping[str, tuple[Label, ...]] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, tuple[int, ...]]:
        """The labels of each evaluation set by its name."""
        return {TEST: self.test_labels, **self.evaluation_labels}

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

        return {name: np.array(of_set, np.int64) for name, of_set in self.labels.items()}

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
    if isinstance(found, FileNotFoundError) and keys_in(folder):
        raise BenchError(f"{folder / DATASET_FILE} is not there, although trials are; any trial of this run writes it")
    if isinstance(found, FileNotFoundError):
        raise NoResultsError(f"there are no results in {folder}; run some first")
    raise BenchError(
        f"{folder / DATASET_FILE} is damaged ({one_line(str(found))}); any trial of this run writes it again"
    ) from found


def data_prepared_otherwise(folder: Path, now: Audit) -> str:
    """Return the hash of the data that is stored, if options prepared it otherwise than ``now``; else ""."""
    before = stored_dataset(folder)
    if not isinstance(before, DatasetRecord):
        return ""
    names = ("image_shape", "centred", "normalised", "polarity", "reading")
    return before.data_hash if any(getattr(before, name) != getattr(now, name) for name in names) else ""


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
    folders = {path.parent for path in (root / run).glob(f"*/{DATASET_FILE}")}
    folders |= {path.parent.parent for path in (root / run).glob("*/trials/*.json")}
    names = sorted(folder.name for folder in folders)
    if not names:
        raise BenchError(f"there is no run '{run}' in {root}; make one: {bench_command('--run', run)}")
    return names


def dataset_named(root: Path, run: str, given: str | Path | None) -> str:
    """Return the dataset of a run that a user means: its name, or the path of the user's data that the run was given.

    None stands for the only one. Raises ``BenchError`` if the run has no results on it.
    """
    if given is None:
        return only_dataset_of(root, run)
    known, name = datasets_of(root, run), folder_name(root / run, given)
    if name not in known:
        raise BenchError(f"run '{run}' has no results on '{given}'; it has results on {', '.join(known)}")
    return name


def folder_name(run: Path, given: str | Path) -> str:
    """Return the folder in that of a run for what a user calls a dataset; ``given`` itself where the run has none.

    A path stands for the data that were read there. Of both variants it is the one that is not for model selection.
    """
    text = str(given)
    if _is_folder_name(text) and (run / text).is_dir():
        return text
    sources = {text} - {""}
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # no such home, a loop of links, or a null character
        sources |= {shown_path(Path(text).expanduser().resolve())} if text else set()
    folders = sorted((path.parent for path in run.glob(f"*/{DATASET_FILE}")), key=lambda one: (len(one.name), one.name))
    for folder in folders:
        stored = stored_dataset(folder)
        if isinstance(stored, DatasetRecord) and stored.source in sources:
            return folder.name
    plain = text.rstrip("/")
    return plain if _is_folder_name(plain) and (run / plain).is_dir() else text


def _is_folder_name(text: str) -> bool:
    return text not in ("", ".", "..") and not {"/", "\0"} & set(text)


def only_dataset_of(root: Path, run: str) -> str:
    """Return the one dataset that a run has results on; raises ``BenchError`` if there are several or none."""
    names = datasets_of(root, run)
    if len(names) > 1:
        raise BenchError(f"run '{run}' has results on {', '.join(names)}; say which with --dataset NAME")
    return names[0]


def stored_dataset(folder: Path) -> DatasetRecord | Exception:
    """Return the stored record, or why there is none."""
    try:
        fields = msgspec.json.decode(read_file(folder / DATASET_FILE), type=dict[str, Any])
        record = msgspec.convert(fields, DatasetRecord)
    except (OSError, ValueError, RecursionError, msgspec.DecodeError) as error:
        return error
    optional = () if fields.keys() & LATER else LATER
    fault = fault_of_fields(fields, record, optional) or fault_of_dataset(record, record.labels)
    return ValueError(fault) if fault else record
