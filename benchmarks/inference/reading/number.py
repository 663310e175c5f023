"""A saved model reads the numbers in pictures that were cut into what may be digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.analysis.rejection import is_certain
from benchmarks.common.clock import clock
from benchmarks.datasets.spec import Polarity
from benchmarks.inference.image_classifier import DARK_ON_LIGHT, ImageClassifier
from benchmarks.inference.reading.atoms import FRAME, Atoms, Candidate, atoms_of
from benchmarks.inference.reading.division import COSTS, Costs, Evidence, divide, evidence_of
from benchmarks.inference.reading.ink import ink_of
from benchmarks.inference.reading.likeness import likeness_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOT_SURE = "?"
NARROW_FRAME = 1.05  # times a digit's longer side: models whose images are not centred may know no margin
SCORE_UNITS = 10.0  # the scores of a digit are so many units above the mean of all classes


@dataclass(frozen=True)
class ReadDigit:
    """One digit: its class, null if the model is not sure; its probability, null without; where it is in the picture.

    ``left``, ``top``, ``width``, ``height``: in pixels.
    """

    label: str | None
    probability: float | None
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class ReadNumber:
    """What is read in one picture, from left to right.

    ``number``: the labels in order, a question mark for one that is not sure; empty if nothing is drawn. Between them
    are spaces where a class of the model has more than one character, as SVHN's 10.
    """

    number: str
    digits: tuple[ReadDigit, ...]

    @property
    def least_certain(self) -> ReadDigit | None:
        """The digit with the lowest probability; None where there are no probabilities."""
        known = [digit for digit in self.digits if digit.probability is not None]
        return min(known, key=lambda digit: digit.probability or 0.0, default=None)


@dataclass(frozen=True)
class Reading:
    """What a model reads in each picture, or in ``error`` why it reads nothing.

    ``seconds``: the time that cutting, preparing, computing features and predicting took together.
    """

    model: str
    images: tuple[ReadNumber, ...] = ()
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Classified:
    """What may be digits in a picture, with the class of each, its probability if known, and what else is known."""

    atoms: Atoms
    labels: Sequence[str]
    probabilities: Sequence[float | None]
    evidence: Evidence

    @property
    def surprise(self) -> float:
        """How unlikely the model finds the digits."""
        return float(self.evidence.surprise[divide(self.evidence)].sum())

    def number(self, costs: Costs = COSTS) -> str:
        """Return the labels of the digits in order, whatever their probabilities."""
        return "".join(self.labels[i] for i in divide(self.evidence, costs))


def separator(classes: Iterable[str]) -> str:
    """Return what stands between labels in a row, which keeps 1 and 10 distinct from 110."""
    return " " if any(len(name) > 1 for name in classes) else ""


def cut(pictures: Iterable[NDArray[np.uint8]], polarity: Polarity | None = None) -> list[Atoms]:
    """Return pictures of one line of digits, cut into what digits may consist of.

    They have shape (height, width), or with 3 colours last, or 4 with opacity. Without a polarity the border and the
    strokes of each say it. Raises ``BenchError`` if one shows no number.
    """
    return [atoms_of(ink_of(picture, DARK_ON_LIGHT[polarity or "auto"])) for picture in pictures]


def read_numbers(
    predictor: ImageClassifier, pictures: Sequence[Atoms], threshold: float | None = None, start: float | None = None
) -> Reading:
    """Return the number in each picture; all that may be digits is classified in one batch.

    A digit with a lower probability than ``threshold`` is "?". The time counts from ``start`` by the clock, or from
    now. Raises ``BenchError`` if the model cannot predict.
    """
    start = clock() if start is None else start
    between = separator(predictor.classes)
    numbers = tuple(_number(found, threshold, between) for found in classified(predictor, pictures))
    return Reading(predictor.row, numbers, clock() - start)


def classified(predictor: ImageClassifier, pictures: Sequence[Atoms]) -> list[Classified]:
    """Return what may be digits in each picture, classified in one batch."""
    candidates = [atoms.candidates() for atoms in pictures]
    if not any(candidates):
        return [Classified(atoms, [], [], evidence_of(atoms, [], [], [])) for atoms in pictures]
    shown = predictor.preparation
    frames = (FRAME,) if shown.centred or shown.normalised else (FRAME, NARROW_FRAME)
    found = [_classified(predictor, pictures, candidates, frame) for frame in frames]
    return min(found, key=lambda in_frame: sum(one.surprise for one in in_frame))


def _classified(
    predictor: ImageClassifier, pictures: Sequence[Atoms], candidates: Sequence[Sequence[Candidate]], frame: float
) -> list[Classified]:
    """Return what a model says of the candidates of each picture, each in a frame so many times as large."""
    images = [atoms.picture(one, frame) for atoms, own in zip(pictures, candidates, strict=True) for one in own]
    # a picture of a number is upright, whatever the files of the training images were
    upright = replace(predictor, preparation=replace(predictor.preparation, transposed=False))
    prepared = upright.prepare_images(images, "light-on-dark").images
    labels, probabilities = predictor.predictions(prepared)
    names = [predictor.classes[label] for label in labels]
    shares: list[float | None] = [None] * len(names)
    if probabilities is None:
        certainty = _certainty(predictor.scores(prepared), len(names))
    else:
        shares = certainty = probabilities.max(axis=1).tolist()
    of_digits = set(predictor.classes) <= set("0123456789")
    found, at = [], 0
    for atoms, own in zip(pictures, candidates, strict=True):
        here = slice(at, at + len(own))
        in_usual_frame = [atoms.picture(one) for one in own] if of_digits else []
        likeness = likeness_of(in_usual_frame, own, atoms.height) if of_digits else [1.0] * len(own)
        evidence = evidence_of(atoms, own, certainty[here], likeness)
        found.append(Classified(atoms, names[here], shares[here], evidence))
        at += len(own)
    return found


def _certainty(scores: NDArray[np.float32] | None, n: int) -> list[float]:
    """Return how certain labels are by the scores of all classes; 1 for each of a model that has none."""
    import numpy as np

    if scores is None:
        return [1.0] * n
    first = scores.max(axis=1, keepdims=True)
    # scores have a unit of their own; what most candidates differ by is one
    unit = float(np.median(first - scores.mean(axis=1, keepdims=True))) / SCORE_UNITS
    shares = 1 / np.exp((scores - first) / max(unit, 1e-9)).sum(axis=1)
    certainty: list[float] = shares.tolist()
    return certainty


def _number(found: Classified, threshold: float | None, between: str) -> ReadNumber:
    digits = []
    for i in divide(found.evidence):
        probability = found.probabilities[i]
        sure = probability is None or threshold is None or is_certain(probability, threshold)
        box = found.atoms.in_picture(found.evidence.candidates[i].box)
        label = found.labels[i] if sure else None
        digits.append(ReadDigit(label, probability, box.left, box.top, box.width, box.height))
    labels = [NOT_SURE if digit.label is None else digit.label for digit in digits]
    return ReadNumber(between.join(labels), tuple(digits))
