"""What an export wrote, and how it compares with the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.formatting import mebibytes
from benchmarks.export.evaluation import Parity


@dataclass(frozen=True)
class ExportedFile:
    """One written file: where, its size in bytes, how it differs from the original, and its time for one image."""

    path: Path
    n_bytes: int
    parity: Parity
    latency_ms: float
    int8: bool = False


@dataclass(frozen=True)
class Export:
    """The files of an exported model, the one in full precision first; its card, and the original's latency."""

    files: Sequence[ExportedFile]
    card: Path
    original_latency_ms: float

    @property
    def labels_equal(self) -> bool:
        """Whether the file in full precision answers every test image as the original does."""
        return self.files[0].parity.labels_equal

    def lines(self) -> list[str]:
        """Return what was written and how it compares, for people."""
        found = []
        original_ms = self.original_latency_ms
        for file in self.files:
            found += [
                f"{file.path}: {mebibytes(file.n_bytes / 2**20)}{', int8' if file.int8 else ''}",
                f"  {file.parity.sentence()}",
                f"  accuracy {file.parity.accuracy:.2%}, of the original {file.parity.original_accuracy:.2%}",
                f"  one image on one core: {file.latency_ms:.3g} ms, with the original {original_ms:.3g} ms",
            ]
        return [*found, f"{self.card}: the model card"]
