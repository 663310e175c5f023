"""What the bench and a worker tell each other, as files in the folder that the worker runs in.

Where a worker is, it tells in messages (``stages.channel``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.own_requests import decode_request, encode_request
from benchmarks.execution.features.cache import FILES, TRANSFORMER, Checksum, FeatureFiles
from benchmarks.execution.processes.fence import Rules
from benchmarks.records.array_files import read_arrays
from benchmarks.records.checks.ranges import Amount
from benchmarks.records.feature_maps import packed, unpacked
from benchmarks.records.predictions_file import array_name
from benchmarks.records.trial import TEST, Measurement, Predictions, Trial
from benchmarks.records.trial_file import DamagedFileError
from models.spec import Setting

if TYPE_CHECKING:
    from numpy.typing import NDArray

REQUEST, WORKPLACE, ANSWER = "request.json", "workplace.json", "answer.json"
PREDICTIONS, FEATURE_MAPS = "predictions.npz", "feature_maps.npz"
SAVED_MODEL = "saved_model"  # the folder of the fitted model, if it was asked for and could be written
LARGEST_MESSAGE = 1 << 24  # bytes

Message = TypeVar("Message")


@dataclass(frozen=True)
class Request:
    """All that a worker is told of its trial, the same on whichever machine it runs.

    Neither this nor any file that it names holds a label of an evaluation set. ``data`` names the arrays by their
    hashes: those of the train and validation splits, and the images of each of the ``evaluation_sets``, the test set
    first. ``contended``: other trials run at the same time. ``network``: its code may use the internet.
    ``fresh``: its processes import all libraries by themselves.
    """

    trial: Trial
    settings: Mapping[str, Setting]
    data: Mapping[str, str]
    evaluation_sets: tuple[str, ...]
    n_classes: int
    pipeline_hash: str
    threads: int
    contended: bool = False
    save_model: bool = False
    network: bool = False
    fresh: bool = False


@dataclass(frozen=True)
class Workplace:
    """Where a worker finds things on its own machine: arrays, plug-in files, files of weights by
    the names of their networks, and its feature matrices; None for the process that computes these.
    ``fence``: what else it may read and write.

    ``checksums``: of each file of arrays. ``launched_at`` is the machine's clock at the start of the
    process; the clock is the system's, so the worker can tell how long it took to come up.
    """

    arrays: str
    plugins: tuple[str, ...]
    weights: Mapping[str, str]
    checksums: Mapping[str, str]
    features: FeatureFiles | None
    fence: Rules
    launched_at: float


def images_file(content_hash: str) -> str:
    """Return the name of the file with the images of the split that has this hash."""
    return f"{content_hash}-images.npy"


def labels_file(content_hash: str) -> str:
    """Return the name of the file with the labels of the split that has this hash."""
    return f"{content_hash}-labels.npy"


@dataclass(frozen=True)
class Answer:
    """What a worker leaves at its end; ``measurement`` and ``predictions`` are there if it is ``ok``.

    ``predictions`` are by evaluation set. ``not_saved``: why the fitted model could not be saved, where it was asked
    for.
    """

    status: Literal["ok", "skipped", "failed", "out-of-memory"]
    reason: str = ""
    measurement: Measurement | None = None
    not_saved: str = ""
    predictions: Mapping[str, Predictions] = field(default_factory=dict)


@dataclass(frozen=True)
class _AnswerFile:
    """The part of an answer that is JSON; the arrays are in other files."""

    status: Literal["ok", "skipped", "failed", "out-of-memory"]
    reason: str
    measurement: Measurement | None
    not_saved: str
    evaluation_sets: tuple[str, ...]


@dataclass(frozen=True)
class FeaturesAnswer:
    """What the process that computes feature matrices leaves at its end, beside them.

    ``checksums``: of each file. ``seconds``: what fitting the transformer and transforming took.
    """

    status: Literal["ok", "skipped", "failed", "out-of-memory"]
    reason: str = ""
    checksums: Mapping[str, Checksum] = field(default_factory=dict)
    seconds: Amount | None = None


def write_message(folder: Path, name: str, message: Request | Workplace | FeaturesAnswer | _AnswerFile) -> None:
    """Write a message under another name and rename it, so that it is there whole or not at all."""
    part = folder / f"{name}.part"
    of_bench = isinstance(message, Request | Workplace)
    part.write_bytes(encode_request(message) if of_bench else msgspec.json.encode(message))
    os.replace(part, folder / name)


def read_message(folder: Path, name: str, kind: type[Message]) -> Message:
    """Return a message; raises OSError, ValueError or RecursionError."""
    content = read_file(folder / name, LARGEST_MESSAGE, follow=False)
    # an answer is not trusted: msgspec reads strict JSON, which NaN is not
    of_bench = kind in (Request, Workplace)
    return decode_request(content, kind) if of_bench else msgspec.json.decode(content, type=kind)


def write_answer(answer: Answer | FeaturesAnswer, folder: Path) -> None:
    """Write an answer, the arrays first."""
    if isinstance(answer, FeaturesAnswer):
        write_message(folder, ANSWER, answer)
        return
    import numpy as np

    arrays: dict[str, NDArray[Any]] = {}
    for name, predictions in answer.predictions.items():
        arrays[array_name("labels", name)] = predictions.labels
        if predictions.probabilities is not None:
            arrays[array_name("probabilities", name)] = predictions.probabilities
        if predictions.feature_maps:
            (folder / FEATURE_MAPS).write_bytes(packed(predictions.feature_maps))
    np.savez(folder / PREDICTIONS, allow_pickle=False, **arrays)
    parts = (answer.status, answer.reason, answer.measurement, answer.not_saved)
    write_message(folder, ANSWER, _AnswerFile(*parts, tuple(answer.predictions)))


def answer_digest(folder: Path) -> str:
    """Return the SHA-256 of all files of an answer, by which the bench knows that it is the one its worker wrote."""
    digest = hashlib.sha256()
    for name in (ANSWER, PREDICTIONS, FEATURE_MAPS):
        with contextlib.suppress(OSError):
            content = read_file(folder / name, follow=False)
            digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def read_answer(folder: Path) -> Answer | None:
    """Return the answer in ``folder``; None if the worker ended without one. Raises ``DamagedFileError``.

    Files are read as data of others: never more than 256 MiB, no link, and nothing that would have to be waited for.
    """
    body = _read_told(folder, _AnswerFile)
    if body is None:
        return None
    if body.status != "ok":
        return Answer(body.status, body.reason)
    try:
        arrays = read_arrays(folder / PREDICTIONS, follow=False)
    except FileNotFoundError:
        raise DamagedFileError("it has no predictions") from None
    predictions = {
        name: Predictions(
            arrays[array_name("labels", name)],
            arrays.get(array_name("probabilities", name)),
            unpacked(folder / FEATURE_MAPS) if name == TEST else None,
        )
        for name in body.evaluation_sets
        if array_name("labels", name) in arrays
    }
    return Answer(body.status, body.reason, body.measurement, body.not_saved, predictions)


def read_features_answer(folder: Path) -> FeaturesAnswer | None:
    """Return what computing feature matrices left in ``folder``; None if there is none. Raises ``DamagedFileError``."""
    answer = _read_told(folder, FeaturesAnswer)
    if answer and answer.status == "ok" and not set(FILES) - {TRANSFORMER} <= set(answer.checksums) <= set(FILES):
        raise DamagedFileError("it does not name the files of the matrices")
    return answer


def _read_told(folder: Path, kind: type[Message]) -> Message | None:
    """Return the message that a worker left; None if there is none. Raises ``DamagedFileError``."""
    try:
        return read_message(folder, ANSWER, kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:  # what msgspec raises is a ValueError
        raise DamagedFileError(getattr(error, "strerror", None) or str(error)) from error
