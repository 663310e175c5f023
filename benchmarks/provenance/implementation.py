"""Which library really did the work, and how large what it made is."""

from __future__ import annotations

import logging
import pickle
import sys
import tempfile
from pathlib import Path

from benchmarks.common.dependencies import distributions
from benchmarks.provenance.environment import version_of
from benchmarks.records.saved_models import OWN_FOLDER, saves_itself, write_model
from models.spec import Estimator


class ImplementationWatch(logging.Filter):
    """Listens to scikit-learn-intelex, which logs each call that it hands back to scikit-learn.

    Without this a result would name the fast library although the slow one did the work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fell_back = False
        logger = logging.getLogger("sklearnex")
        logger.addFilter(self)
        logger.setLevel(logging.INFO)

    def filter(self, record: logging.LogRecord) -> bool:
        self.fell_back |= "fallback" in record.getMessage()
        return False

    def library_of(self, model: Estimator) -> str:
        """Return library and version; a wrapper keeps the estimator that does its work in ``estimator_``."""
        worker = getattr(model, "estimator_", model)
        package = type(worker).__module__.partition(".")[0]
        if package == "sklearnex" and self.fell_back:
            return f"{_with_version('sklearn')} ({_with_version('sklearnex')} fell back to it)"
        if package == "keras":
            # what the layers really do: the setting asks for bfloat16, and not every processor has it
            precisions = {layer.compute_dtype for layer in getattr(worker, "layers", ())}
            precision = "bfloat16" if "bfloat16" in precisions else "float32"
            backend = sys.modules["keras"].backend.backend()
            return f"{_with_version('keras')} on {_with_version(backend)}, {precision}"
        return _with_version(package)


def _with_version(package: str) -> str:
    version = version_of(package)
    return f"{distributions(package)[0]} {version}" if version else package


def model_bytes(model: Estimator) -> int | None:
    """Return the size of the files that a model writes, else of its pickle; None if it does neither.

    Arrays that are pickled are counted, not copied.
    """
    if saves_itself(model):
        with tempfile.TemporaryDirectory() as name:
            write_model(model, Path(name))
            return sum(path.stat().st_size for path in Path(name, OWN_FOLDER).rglob("*") if path.is_file())
    buffers: list[pickle.PickleBuffer] = []
    try:
        body = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
    except Exception as error:  # whatever a model's own __reduce__ raises
        print(f"the model does not pickle ({type(error).__name__}: {error}); its size is unknown", file=sys.stderr)
        return None
    return len(body) + sum(buffer.raw().nbytes for buffer in buffers)
