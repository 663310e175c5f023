"""The API: which models there are, what they answer, and the leaderboard of their run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from benchmarks.datasets.spec import Polarity
from benchmarks.inference.answers import Options
from benchmarks.serve.api_schema import ERRORS, ModelInfo, Models, Numbers, Prediction
from benchmarks.serve.image_body import BODY_SCHEMA, GivenImages, read_images
from benchmarks.serve.limits import RejectedError, RequestLimits
from benchmarks.serve.messages import Question
from benchmarks.serve.model_pool import BusyError, ModelPool, RefusedError
from benchmarks.serve.served import LeaderboardTable, Served

AGAIN = {"retry-after": "1"}


PolarityOfImages = Annotated[
    Polarity | None, Query(description="Of the images; auto: as the border of each; not given: as in training.")
]
PolarityOfNumbers = Annotated[
    Polarity | None, Query(description="Of the images; not given, or auto: as their borders and strokes show.")
]
ModelNames = Annotated[
    list[str] | None, Query(description="Rows, as knn@hog, or models; all saved models if none is given.")
]


def api_router(served: Served, pool: ModelPool, limits: RequestLimits) -> APIRouter:
    """Return the routes below /api."""
    router = APIRouter(prefix="/api", responses={400: ERRORS[400]})

    @router.get("/models", summary="The saved models")
    async def models() -> Models:
        return _models(served, pool)

    @router.get("/leaderboard", summary="The leaderboard of the run", responses={404: ERRORS[404]})
    async def leaderboard() -> LeaderboardTable:
        return await asyncio.to_thread(served.leaderboard)

    @router.post(
        "/predict",
        summary="Classify images",
        response_model=Prediction,
        responses=ERRORS,
        openapi_extra={"requestBody": BODY_SCHEMA},
    )
    async def predict(
        request: Request,
        model: ModelNames = None,
        polarity: PolarityOfImages = None,
        centre: Annotated[bool | None, Query(description="Centre by mass; not given: as the training images.")] = None,
        pictures: Annotated[bool, Query(description="Return the images as the model sees them.")] = False,
        feature_maps: Annotated[bool, Query(description="Return a network's feature maps of the first image.")] = False,
    ) -> Response:
        """Images are prepared as the training images were, and each model answers all of them in one batch.

        A model that fails gives its reason in `error`; the others answer.
        """
        names = _names(served, model)
        options = Options(polarity, centre, pictures=pictures, feature_maps=feature_maps)
        question = _question(await read_images(request, limits), options, limits)
        return _json(Prediction(served.run, served.dataset, await _ask(served, pool, names, question)))

    @router.post(
        "/read",
        summary="Read numbers of several digits",
        response_model=Numbers,
        responses=ERRORS,
        openapi_extra={"requestBody": BODY_SCHEMA},
    )
    async def read(request: Request, model: ModelNames = None, polarity: PolarityOfNumbers = None) -> Response:
        """Each image shows one line of digits, which is cut into digits; each model reads them in order.

        A digit that a model is not sure of is null, and "?" in the number; where nothing is drawn the number is empty.
        """
        names = _names(served, model)
        given = await read_images(request, replace(limits, images=limits.numbers))
        question = replace(_question(given, Options(polarity), limits), numbers=True)
        return _json(Numbers(served.run, served.dataset, await _ask(served, pool, names, question)))

    return router


def _question(given: GivenImages, options: Options, limits: RequestLimits) -> Question:
    return Question(options, given.files, given.names, given.array, limits.pixels)


async def _ask(served: Served, pool: ModelPool, names: Sequence[str], question: Question) -> list[Any]:
    """Return the answer of each model, below whose own threshold it is not sure."""
    questions = {}
    for name in names:
        threshold = served.thresholds.probability(name)
        questions[name] = replace(question, options=replace(question.options, threshold=threshold))
    try:
        return await pool.ask(questions)
    except RefusedError as error:
        raise RejectedError(422, str(error)) from error
    except BusyError as error:
        raise RejectedError(429, str(error), AGAIN) from error


def _names(served: Served, asked: Sequence[str] | None) -> list[str]:
    """Return the rows that were asked for, each once; raises ``RejectedError``."""
    if not asked:
        return [model.row for model in served.models]
    rows: dict[str, None] = {}
    for name in asked:
        found = served.named(name)
        if not found:
            there = ", ".join(model.row for model in served.models)
            raise RejectedError(404, f"there is no saved model '{name[:100]}'; there are: {there}")
        rows.update(dict.fromkeys(model.row for model in found))
    return list(rows)


def _models(served: Served, pool: ModelPool) -> Models:
    infos = []
    for model in served.models:
        threshold = served.thresholds.of_row.get(model.row)
        state, reason = pool.state(model.row)
        infos.append(
            ModelInfo(
                model.row,
                model.label,
                model.features,
                model.accuracy,
                model.centred,
                state,
                reason,
                threshold.probability if threshold else None,
                threshold.sentence() if threshold else None,
            )
        )
    return Models(served.run, served.dataset, served.error_rate, infos)


def _json(value: object) -> Response:
    """Return a value as JSON; FastAPI would check each of a thousand answers again."""
    return Response(msgspec.json.encode(value), media_type="application/json")
