"""``bench.py predict``: a saved model predicts image files."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.cli.inference.loading import load_predictor
from benchmarks.cli.inference.quiet import without_notices
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import counted
from benchmarks.inference.answers import ImageAnswer, ModelAnswer, Options, answer
from benchmarks.inference.image_files import PreparedFiles, files_meant, prepare_files
from benchmarks.inference.resemblance import Resemblance
from benchmarks.inference.saved_model import SavedModel
from benchmarks.inference.thresholds import threshold_of
from benchmarks.report.data.pictures import read_pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.api import Predictor

OK, UNREADABLE = 0, 2
N_SHOWN = 3
MOST_NAMED = 5
KINDS = {True: "dark on light", False: "light on dark"}
OPTIONS = {True: "dark-on-light", False: "light-on-dark"}


def predict(options: Namespace) -> int:
    """Print the predicted class of each file, in their order; 2 if one of them cannot be read."""
    files = files_meant(options.images)
    predictor = load_predictor(options, options.run, options.model)
    samples = _training_samples(predictor)
    wanted = _wanted(options, predictor, samples)
    found = prepare_files(predictor, files, wanted, samples)
    for reason in found.unreadable.values():
        print(f"bench.py: {reason}", file=sys.stderr)
    if not found.names:
        return UNREADABLE
    for warning in _warnings(found, bool(predictor.preparation.dark_on_light)):
        print(warning, file=sys.stderr)
    with without_notices():
        answers = answer(predictor, found.prepared(), wanted)
    print(_as_json(predictor.saved, found, answers) if options.json else "\n".join(_lines(found, answers)))
    return UNREADABLE if found.unreadable else OK


def _training_samples(predictor: Predictor) -> NDArray[np.uint8] | None:
    """Return some of the images that a model was trained on, as they were prepared; None where they are not known."""
    pictures = None if predictor.data_changed else read_pictures(predictor.saved.store)
    if pictures is None or pictures.samples.shape[2:] != predictor.preparation.image_shape:
        return None
    return pictures.samples.reshape(-1, *predictor.preparation.image_shape)


def _wanted(options: Namespace, predictor: Predictor, samples: NDArray[np.uint8] | None) -> Options:
    """Return how images are prepared and what is answered; raises ``BenchError`` if no threshold can be chosen."""
    own = predictor.preparation
    training = None if samples is None or own.centred or own.normalised else Resemblance.to(samples)
    return Options(
        polarity=options.polarity,
        centre=options.centre,
        normalise=options.normalise,
        transpose=options.transpose,
        ink_share=own.ink_share if training is None else training.ink_share,
        threshold=None if options.error is None else _threshold(predictor.saved, options.error),
    )


def _threshold(saved: SavedModel, error_rate: float) -> float:
    """Return the probability below which a model is not sure, and say on the error output what it costs."""
    threshold = threshold_of(saved, error_rate)
    if threshold is None:
        raise BenchError(f"{saved.row} gives no probabilities, by which --error decides; leave it out")
    print(f"{saved.row}: {threshold.sentence()}", file=sys.stderr)
    return threshold.probability


def _warnings(found: PreparedFiles, dark_on_light: bool) -> list[str]:
    """Return a line on the images of another polarity, and one on those that an option would make like the training."""
    lines = []
    if found.n_of_two_values:
        lines.append(f"{counted(found.n_of_two_values, 'image')} of 0 and 1: read as black and white")
    n = len(found.names)
    if names := [name for name, contradicts in zip(found.names, found.contradicting, strict=True) if contradicts]:
        trained, other = KINDS[dark_on_light], KINDS[not dark_on_light]
        lines.append(
            f"CAREFUL: {len(names)} of {n} images look {other}, but are read as {trained}, as the training images "
            f"were; give --polarity {OPTIONS[not dark_on_light]} if they are not: {_named(names)}"
        )
    if unlike := {name: one for name, one in zip(found.names, found.unlike, strict=True) if one}:
        differences = Counter(words for one in unlike.values() for words in one.differences)
        advised = Counter(one.option for one in unlike.values()).most_common(1)[0][0]
        lines.append(
            f"CAREFUL: {len(unlike)} of {n} images are unlike those that it was trained on "
            f"({', '.join(words for words, _ in differences.most_common())}); try {advised}: {_named(list(unlike))}"
        )
    return lines


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _lines(found: PreparedFiles, answers: ModelAnswer) -> list[str]:
    """Return a line for each file, with the three most probable classes."""
    return [_line(name, one, answers) for name, one in zip(found.names, answers.images, strict=True)]


def _line(name: str, one: ImageAnswer, answers: ModelAnswer) -> str:
    label = one.label or one.status
    if not (probabilities := _probabilities(one, answers)):
        return f"{name}: {label}"
    likeliest = sorted(probabilities.items(), key=lambda item: -item[1])[:N_SHOWN]
    return f"{name}: {label}  ({', '.join(f'{of_class} {share:.1%}' for of_class, share in likeliest)})"


def _probabilities(one: ImageAnswer, answers: ModelAnswer) -> dict[str, float] | None:
    if answers.kind != "probabilities" or one.values is None:
        return None
    return dict(zip(answers.classes, one.values, strict=True))


def _as_json(saved: SavedModel, found: PreparedFiles, answers: ModelAnswer) -> str:
    """Return all that is known of each file for programs, with the status as the web application has it."""
    images = [
        {
            "image": name,
            "label": one.label,
            "status": one.status,
            "probabilities": _probabilities(one, answers),
            "contradicts_polarity": one.contradicts_polarity,
            "unlike_training": list(unlike.differences) if unlike else [],
            "try": unlike.option if unlike else None,
        }
        for name, one, unlike in zip(found.names, answers.images, found.unlike, strict=True)
    ]
    about = {"run": saved.store.run, "dataset": saved.store.dataset, "trial": saved.result.trial.key}
    unreadable = [{"image": name, "reason": reason} for name, reason in found.unreadable.items()]
    return json.dumps({**about, "images": images, "unreadable": unreadable}, indent=1)
