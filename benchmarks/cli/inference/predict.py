"""``bench.py predict``: a saved model predicts image files."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.cli.inference.cautions import cautions, why_hidden
from benchmarks.cli.inference.loading import load_predictor
from benchmarks.cli.inference.quiet import without_notices
from benchmarks.cli.inference.several_files import OK, UNREADABLE, as_json, name_unreadable
from benchmarks.inference.answers import ImageAnswer, ModelAnswer, Options, answer
from benchmarks.inference.image_classifier import polarity_of
from benchmarks.inference.image_files import PreparedFile, files_meant, prepare_files, there
from benchmarks.inference.resemblance import Resemblance
from benchmarks.inference.saved_model import SavedModel
from benchmarks.inference.thresholds import thresholds_of
from benchmarks.report.data.pictures import read_pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.api import Predictor

N_SHOWN = 3
HIDDEN = "hidden"  # the status of an image of which nothing is seen as it is prepared


def predict(options: Namespace) -> int:
    """Print the predicted class of each file, in their order; 2 if one of them cannot be read."""
    files, missing = there(files_meant(options.images))
    name_unreadable(missing)
    if not files:
        return UNREADABLE
    predictor = load_predictor(options, options.run, options.model)
    samples = _training_samples(predictor)
    wanted = _wanted(options, predictor, samples)
    found = prepare_files(predictor, files, wanted, samples)
    name_unreadable(found.unreadable)
    if not found.files:
        return UNREADABLE
    read_as = bool(polarity_of(predictor.preparation, options.polarity))
    for caution in cautions(found, read_as):
        print(caution, file=sys.stderr)
    with without_notices():
        answers = answer(predictor, found.prepared(), wanted)
    unreadable = missing | found.unreadable
    if options.json:
        print(_as_json(predictor.saved, found.files, unreadable, answers))
    else:
        print("\n".join(_lines(found.files, answers, read_as)))
    return UNREADABLE if unreadable else OK


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


def _threshold(saved: SavedModel, error_rate: float) -> float | None:
    """Return the probability below which a model is not sure, if it gives any, and say what that costs."""
    chosen = thresholds_of([saved], error_rate)
    for line in chosen.lines:
        print(line, file=sys.stderr)
    return chosen.probability(saved.row)


def _lines(files: Sequence[PreparedFile], answers: ModelAnswer, read_as: bool) -> list[str]:
    """Return a line for each file, with the three most probable classes."""
    return [
        f"{file.name}: {why_hidden(file, read_as)}" if file.is_hidden else _line(file.name, one, answers)
        for file, one in zip(files, answers.images, strict=True)
    ]


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


def _as_json(
    saved: SavedModel, files: Sequence[PreparedFile], unreadable: Mapping[str, str], answers: ModelAnswer
) -> str:
    """Return all that is known of each file for programs, with the status as the web application has it, or hidden."""
    images = [
        {
            "image": file.name,
            "label": one.label,
            "status": HIDDEN if file.is_hidden else one.status,
            "probabilities": _probabilities(one, answers),
            "contradicts_polarity": file.contradicts,
            "unlike_training": list(file.differences),
            "try": file.advice,
        }
        for file, one in zip(files, answers.images, strict=True)
    ]
    return as_json(saved, images, unreadable)
