"""What the API answers with, and its errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.inference.answers import ModelAnswer
from benchmarks.inference.reading.number import Reading
from benchmarks.serve.model_pool import State


@dataclass(frozen=True)
class Problem:
    """Why a request was not answered."""

    error: str


@dataclass(frozen=True)
class ModelInfo:
    """A saved model.

    ``centred``: whether its training images were scaled and centred, as images to predict then are. ``threshold``: the
    probability below which it is not sure; null for none.
    """

    name: str
    model: str
    features: str
    accuracy: float | None
    centred: bool
    state: State
    reason: str
    threshold: float | None
    threshold_meaning: str | None


@dataclass(frozen=True)
class Models:
    """The saved models of the run that is served, the most accurate first."""

    run: str
    dataset: str
    error_rate: float | None
    models: Sequence[ModelInfo]


@dataclass(frozen=True)
class Prediction:
    """The answers of the models that were asked."""

    run: str
    dataset: str
    answers: Sequence[ModelAnswer]


@dataclass(frozen=True)
class Numbers:
    """What the models that were asked read."""

    run: str
    dataset: str
    readings: Sequence[Reading]


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": why}
    for status, why in {
        400: "the request cannot be read, or the host is not trusted",
        403: "the request comes from another site",
        404: "there is no saved model of that name",
        408: "the body did not arrive in time",
        413: "the body is too large",
        415: "the content type is none that is read",
        422: "the images or the parameters are not valid",
        429: "too many requests at once",
    }.items()
}
