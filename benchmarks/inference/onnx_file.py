"""Exported models: ONNX files that hold a model, its features, and what its numbers mean.

Reading one runs no code of its own, and needs neither the library that trained it nor a pickle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from benchmarks.analysis.prediction_checks import InvalidPredictionError, checked_labels, checked_probabilities
from benchmarks.common.bounded_reading import read_file
from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.datasets.spec import Preparation
from benchmarks.inference.image_classifier import ImageClassifier

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ABOUT = "digitbench"
"""The key of the file's metadata under which ``About`` stands as JSON."""
INPUT, LABEL, PROBABILITIES, SCORES = "images", "label", "probabilities", "scores"
LARGEST = 1 << 31  # bytes: no ONNX file is larger, as its format counts in 32 bits
IN_ONE_BATCH = 500  # images: a nearest neighbour search holds all distances at once
QUIET = 3  # errors only


@dataclass(frozen=True)
class About:
    """What an exported model is: its row, with the names of the model and of the features, and its run and data.

    ``classes``: the names of the labels. ``preparation``: how its training images were made of originals.
    ``accuracy``: on the test images, of this file. ``int8``: its weights are quantised.
    """

    row: str
    model: str
    features: str
    run: str
    dataset: str
    data_hash: str
    classes: tuple[str, ...]
    preparation: Preparation
    accuracy: float | None = None
    int8: bool = False

    @property
    def name(self) -> str:
        """The row; of a quantised file, of which there may be another in full precision, with that."""
        return f"{self.row} (int8)" if self.int8 else self.row


@dataclass(frozen=True)
class OnnxFile:
    """An exported model: the file, what it says of itself, and its size in bytes."""

    path: Path
    about: About
    n_bytes: int

    @property
    def row(self) -> str:
        return self.about.name

    @property
    def centred(self) -> bool:
        """Whether the training images were scaled and centred."""
        return self.about.preparation.centred or self.about.preparation.normalised

    @property
    def label(self) -> str:
        """The name of the model, with the settings that are not its defaults."""
        return self.about.model

    @property
    def features(self) -> str:
        return self.about.features

    @property
    def accuracy(self) -> float | None:
        """On the test images."""
        return self.about.accuracy

    def has_name(self, name: str) -> bool:
        """Return whether a user may mean this model by ``name``: its row, or the model alone."""
        return name in (self.row, self.label, self.label.partition("[")[0])


@dataclass(frozen=True)
class OnnxClassifier(ImageClassifier):
    """An exported model, ready to predict with ONNX Runtime."""

    about: About
    session: Any

    @classmethod
    def load(cls, path: Path, threads: int = 1) -> Self:
        """Return the model in a file that ``export-model`` wrote; raises ``BenchError``."""
        return cls.of(_content(path), str(path), threads)

    @classmethod
    def of(cls, content: bytes, name: str, threads: int = 1) -> Self:
        """Return the model in the content of a file, which messages call ``name``; raises ``BenchError``."""
        session = _session(content, name, threads)
        about = _about(session, name)
        return cls(about.classes, about.preparation, about, session)

    @property
    def row(self) -> str:
        return self.about.name

    def predictions(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
        """Return the labels of prepared images, of shape (n,), and the probabilities, where the model gives them."""
        found = self._run(images)
        n, n_classes = len(images), len(self.classes)
        try:
            labels = checked_labels(found[LABEL], n, n_classes)
            if PROBABILITIES not in found:
                return labels, None
            return labels, checked_probabilities(found[PROBABILITIES], None, n, n_classes)
        except InvalidPredictionError as error:
            raise BenchError(f"{self.row}: {error}") from error

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return a score of each class for prepared images, of shape (n, n_classes); None if the model gives none."""
        if SCORES not in self._outputs:
            return None
        scores: NDArray[np.float32] = self._run(images)[SCORES]
        return scores

    @property
    def _outputs(self) -> list[str]:
        return [output.name for output in self.session.get_outputs()]

    def _run(self, images: NDArray[np.uint8]) -> dict[str, Any]:
        import numpy as np

        starts = range(0, max(1, len(images)), IN_ONE_BATCH)
        parts = [self.session.run(None, {INPUT: images[start : start + IN_ONE_BATCH]}) for start in starts]
        return {name: np.concatenate(values) for name, *values in zip(self._outputs, *parts, strict=True)}


def read_about(path: Path) -> OnnxFile:
    """Return what an exported model says of itself; raises ``BenchError``."""
    content = _content(path)
    return OnnxFile(path, _about(_session(content, str(path), 1), str(path)), len(content))


def _content(path: Path) -> bytes:
    if missing_modules(("onnxruntime",)):
        raise BenchError("ONNX files need onnxruntime; install with: pip install '.[export]'")
    try:
        return read_file(path, LARGEST)
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({error.strerror or error})") from error


def _session(content: bytes, name: str, threads: int) -> Any:
    """Return the file, ready to run; raises ``BenchError`` for one that is damaged."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other models need the processors too
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # it raises many kinds, with no common base
        raise BenchError(f"{name} is no ONNX file that can be run ({in_one_line(error)})") from error


def _about(session: Any, name: str) -> About:
    written = session.get_modelmeta().custom_metadata_map.get(ABOUT)
    if written is None:
        raise BenchError(f"{name} was not written by 'bench.py export-model': it does not say what its labels mean")
    try:
        about = msgspec.json.decode(written, type=About)
    except msgspec.DecodeError as error:
        raise BenchError(f"{name} is damaged: what it says of itself cannot be read ({error})") from error
    expected = [None, *about.preparation.image_shape]
    inputs = [(one.name, one.type, [None, *one.shape[1:]]) for one in session.get_inputs()]
    if inputs != [(INPUT, "tensor(uint8)", expected)] or LABEL not in [one.name for one in session.get_outputs()]:
        raise BenchError(f"{name} is damaged: its inputs and outputs are not those of an exported model")
    return about
