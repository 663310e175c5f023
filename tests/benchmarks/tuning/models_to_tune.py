"""A model for tests of search spaces."""

from __future__ import annotations

from models.baseline import MODELS
from models.spec import ModelSpec, Param


def model(**settings: Param) -> ModelSpec:
    """Return a model with these settings."""
    return ModelSpec("mine", "mine", "a model to tune", MODELS[0].build, ("pixels",), settings=settings)
