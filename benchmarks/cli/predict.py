"""``bench.py predict``: a saved model predicts image files."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.api import Predictor
from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.weight_files import use_weights, with_weight_files
from benchmarks.execution.processes.supervisor import FOR_KERAS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_SHOWN = 3


@dataclass(frozen=True)
class FilePrediction:
    """The predicted class of one file; ``probabilities`` are those of every class by name, None without any."""

    image: str
    label: str
    probabilities: dict[str, float] | None

    def line(self) -> str:
        """Return it in one line, with the three most probable classes."""
        if self.probabilities is None:
            return f"{self.image}: {self.label}"
        likeliest = sorted(self.probabilities.items(), key=lambda item: -item[1])[:N_SHOWN]
        return f"{self.image}: {self.label}  ({', '.join(f'{name} {share:.1%}' for name, share in likeliest)})"


def predict(options: Namespace) -> int:
    """Print the predicted class of each file, in their order."""
    os.environ.update(FOR_KERAS)
    catalog = read_catalog()
    use_weights(catalog, with_weight_files(catalog, options.weights).weights)
    predictor = Predictor.load(
        options.run,
        options.model,
        dataset=options.dataset,
        results_dir=options.results_dir,
        plugins=options.plugins,
        trust=options.trust,
    )
    saved = predictor.saved
    if predictor.changes:
        text = f"{saved.row}: {predictor.changes} changed since it was trained; its predictions may have too"
        print(text, file=sys.stderr)
    labels, probabilities = predictor.predictions(predictor.prepared_files(options.images, options.polarity))
    found = _by_file(options.images, predictor.classes, labels, probabilities)
    if options.json:
        about = {"run": saved.store.run, "dataset": saved.store.dataset, "trial": saved.result.trial.key}
        print(json.dumps({**about, "images": [vars(one) for one in found]}, indent=1))
    else:
        print("\n".join(one.line() for one in found))
    return 0


def _by_file(
    files: Sequence[Path],
    classes: Sequence[str],
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32] | None,
) -> list[FilePrediction]:
    rows = [None] * len(files) if probabilities is None else probabilities.tolist()
    return [
        FilePrediction(str(path), classes[label], None if row is None else dict(zip(classes, row, strict=True)))
        for path, label, row in zip(files, labels, rows, strict=True)
    ]
