"""What is served without a run: exported models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.inference.onnx_file import OnnxFile, read_about
from benchmarks.inference.thresholds import Thresholds
from benchmarks.serve.messages import ModelSource
from benchmarks.serve.model_pool import PooledModel
from benchmarks.serve.served import LeaderboardTable

TIMES_THE_FILE = 3  # in memory: the file, what is made of it, and what one answer needs


@dataclass(frozen=True)
class ServedFiles:
    """ONNX files that ``export-model`` wrote, the most accurate first."""

    models: Sequence[OnnxFile]
    error_rate: float | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)

    @classmethod
    def open(cls, paths: Sequence[Path]) -> ServedFiles:
        """Return the models in these files; raises ``BenchError`` if one is none, or two are of one row."""
        found: dict[str, OnnxFile] = {}
        for one in map(read_about, paths):
            if one.row in found:
                raise BenchError(f"{found[one.row].path} and {one.path} are both of {one.row}; serve one of them")
            found[one.row] = one
        datasets = {one.about.dataset: one.path for one in found.values()}
        if len(datasets) > 1:
            several = ", ".join(f"{path} on {dataset}" for dataset, path in datasets.items())
            raise BenchError(f"the files are of models on several datasets ({several}); serve those of one")
        return cls(sorted(found.values(), key=lambda one: -(one.accuracy or 0)))

    @property
    def origin(self) -> str:
        return f"exported from run '{self.run}'"

    @property
    def has_leaderboard(self) -> bool:
        return False

    @property
    def run(self) -> str:
        return ", ".join(sorted({one.about.run for one in self.models}))

    @property
    def dataset(self) -> str:
        return self.models[0].about.dataset

    def named(self, name: str) -> list[OnnxFile]:
        """Return the models that a name stands for: a row, as ``svm-rbf@hog``, or all rows of a model."""
        return [model for model in self.models if model.has_name(name)]

    def pooled(self) -> list[PooledModel]:
        """Return where the models are, and how large."""
        return [_pooled(model) for model in self.models]

    def leaderboard(self) -> LeaderboardTable:
        """Raise ``BenchError``: files have no leaderboard."""
        raise BenchError("exported files have no leaderboard; 'python bench.py serve RUN' shows that of a run")

    def report(self) -> Path:
        """Raise ``BenchError``: files have no report."""
        raise BenchError("exported files have no report; 'python bench.py serve RUN' shows that of a run")


def _pooled(model: OnnxFile) -> PooledModel:
    source = ModelSource("", model.about.run, model.about.dataset, model.row, onnx=str(model.path.absolute()))
    return PooledModel(source, TIMES_THE_FILE * model.n_bytes / 2**20)
