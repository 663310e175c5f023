"""A saved model → an ONNX file, verified and measured beside the original, with a model card."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.atomic_files import write_all
from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.export.conversion import about, convert, describe, serialized
from benchmarks.export.evaluation import Answered, Parity, answers_of, compare
from benchmarks.export.exported import Export, ExportedFile
from benchmarks.export.int8 import quantised
from benchmarks.export.latency import Model, latencies_ms
from benchmarks.export.model_card import model_card
from benchmarks.inference.onnx_file import OnnxClassifier
from benchmarks.inference.predictor import Predictor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnx import ModelProto

    from benchmarks.datasets.spec import Images

NEEDED = ("onnx", "onnxruntime", "skl2onnx", "onnxmltools", "tf2onnx")
SUFFIX = ".onnx"


@dataclass(frozen=True)
class _Candidate:
    path: Path
    model: ModelProto
    content: bytes
    classifier: OnnxClassifier
    parity: Parity


def check_absent(path: Path, int8: bool = False) -> None:
    """Raise ``BenchError`` if a file that ``export_model`` would write is there."""
    for file in (path, _card(path), *([_int8(path)] if int8 else [])):
        if file.exists():
            raise BenchError(f"{file} is there already; give another name with --out, or --force to replace it")


def _card(path: Path) -> Path:
    return path.with_suffix(".md")


def _int8(path: Path) -> Path:
    return path.with_suffix(f".int8{SUFFIX}")


def export_model(predictor: Predictor, images: Images, path: Path, int8: bool = False) -> Export:
    """Write a saved model to ``path`` and a model card beside it; ``int8``: a quantised file too.

    ``images`` are those of its run. A file that differs from the original is written too, and its card says so.
    Raises ``BenchError`` if the model cannot be exported or a file not be written.
    """
    if missing := missing_modules(NEEDED):
        raise BenchError(f"'export-model' needs {', '.join(missing)}; install with: pip install '.[export]'")
    if path.suffix != SUFFIX:
        raise BenchError(f"--out {path} should end in {SUFFIX}")
    model = convert(predictor)
    # first, because it may be refused
    quantised_model = quantised(model, _calibration(images), predictor.row) if int8 else None
    original = answers_of(predictor, images.test.images)
    candidates = [_candidate(predictor, model, path, original, images)]
    if quantised_model is not None:
        candidates.append(_candidate(predictor, quantised_model, _int8(path), original, images, int8=True))
    runs = [_as_measured(predictor), *(one.classifier.predictions for one in candidates)]
    first, *times = latencies_ms(runs, images.test.images)
    files = [
        ExportedFile(one.path, len(one.content), one.parity, time, one is not candidates[0])
        for one, time in zip(candidates, times, strict=True)
    ]
    done = Export(files, _card(path), first)
    card = model_card(predictor, images, done)
    write_all({**{one.path: one.content for one in candidates}, done.card: card.encode()})
    return done


def _as_measured(predictor: Predictor) -> Model:
    """Return what the latency of a trial is: features and labels, without the probabilities, which need another run."""
    model, transformer = predictor.fitted.model, predictor.fitted.transformer
    return lambda images: model.predict(transformer.transform(images))


def _calibration(images: Images) -> NDArray[np.uint8]:
    return images.validation.images if len(images.validation) else images.train.images


def _candidate(
    predictor: Predictor, model: ModelProto, path: Path, original: Answered, images: Images, int8: bool = False
) -> _Candidate:
    """Return what may be written to ``path``, with how it answers the test images."""
    text = replace(about(predictor), int8=int8)
    describe(model, text)
    classifier = OnnxClassifier.of(serialized(model), str(path))
    parity = compare(classifier, original, images.test)
    describe(model, replace(text, accuracy=parity.accuracy))
    return _Candidate(path, model, serialized(model), classifier, parity)
