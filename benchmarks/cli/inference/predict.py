"""``bench.py predict``: a saved model predicts image files."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.rejection import is_certain
from benchmarks.cli.inference.loading import load_predictor
from benchmarks.common.errors import BenchError
from benchmarks.inference.answers import NOT_SURE
from benchmarks.inference.saved_model import SavedModel
from benchmarks.inference.thresholds import threshold_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_SHOWN = 3
MOST_NAMED = 5
KINDS = {True: "dark on light", False: "light on dark"}
OPTIONS = {True: "dark-on-light", False: "light-on-dark"}


@dataclass(frozen=True)
class FilePrediction:
    """The predicted class of one file; ``probabilities`` are those of every class by name, None without any.

    ``label``: None where the model is not sure. ``contradicts_polarity``: it looks to be of another polarity than the
    training images, as which it was read.
    """

    image: str
    label: str | None
    probabilities: dict[str, float] | None
    contradicts_polarity: bool

    def unless_below(self, threshold: float) -> FilePrediction:
        """Return it without its label if the probability of that is below a threshold."""
        if self.probabilities is None or is_certain(max(self.probabilities.values()), threshold):
            return self
        return replace(self, label=None)

    def fields(self) -> dict[str, object]:
        """Return it for programs, with the status as the web application has it."""
        return {**vars(self), "status": NOT_SURE if self.label is None else "ok"}

    def line(self) -> str:
        """Return it in one line, with the three most probable classes."""
        label = NOT_SURE if self.label is None else self.label
        if self.probabilities is None:
            return f"{self.image}: {label}"
        likeliest = sorted(self.probabilities.items(), key=lambda item: -item[1])[:N_SHOWN]
        return f"{self.image}: {label}  ({', '.join(f'{name} {share:.1%}' for name, share in likeliest)})"


def predict(options: Namespace) -> int:
    """Print the predicted class of each file, in their order."""
    predictor = load_predictor(options, options.run, options.model)
    if options.transpose is not None:
        predictor = replace(predictor, preparation=replace(predictor.preparation, transposed=options.transpose))
    prepared = predictor.prepare_files(options.images, options.polarity)
    labels, probabilities = predictor.predictions(prepared.images)
    found = _by_file(options.images, predictor.classes, labels, probabilities, prepared.contradicting.tolist())
    if options.error is not None:
        found = _with_rejection(found, predictor.saved, options.error)
    if warning := _polarity_warning(found, bool(predictor.preparation.dark_on_light)):
        print(warning, file=sys.stderr)
    if options.json:
        saved = predictor.saved
        about = {"run": saved.store.run, "dataset": saved.store.dataset, "trial": saved.result.trial.key}
        print(json.dumps({**about, "images": [one.fields() for one in found]}, indent=1))
    else:
        print("\n".join(one.line() for one in found))
    return 0


def _with_rejection(found: Sequence[FilePrediction], saved: SavedModel, error_rate: float) -> list[FilePrediction]:
    """Return the predictions, "not sure" where this error rate needs it, and say on the error output what it costs.

    Raises ``BenchError`` if no threshold can be chosen.
    """
    threshold = threshold_of(saved, error_rate)
    if threshold is None:
        raise BenchError(f"{saved.row} gives no probabilities, by which --error decides; leave it out")
    print(f"{saved.row}: {threshold.sentence()}", file=sys.stderr)
    return [one.unless_below(threshold.probability) for one in found]


def _polarity_warning(found: Sequence[FilePrediction], dark_on_light: bool) -> str:
    """Return a line on the images that contradict the polarity of the training; empty without any."""
    names = [one.image for one in found if one.contradicts_polarity]
    if not names:
        return ""
    trained, other = KINDS[dark_on_light], KINDS[not dark_on_light]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (
        f"CAREFUL: {len(names)} of {len(found)} images look {other}, but are read as {trained}, as the training images "
        f"were; give --polarity {OPTIONS[not dark_on_light]} if they are not: {', '.join(names[:MOST_NAMED])}{more}"
    )


def _by_file(
    files: Sequence[Path],
    classes: Sequence[str],
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32] | None,
    contradicting: Sequence[bool],
) -> list[FilePrediction]:
    rows = [None] * len(files) if probabilities is None else probabilities.tolist()
    return [
        FilePrediction(str(path), classes[label], row and dict(zip(classes, row, strict=True)), contradicts)
        for path, label, row, contradicts in zip(files, labels, rows, contradicting, strict=True)
    ]
