"""Settings and their ranges; what a model is told, and what of it goes into a file."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from features.pixels import Pixels
from models.registry import MODELS
from models.spec import BuildContext, ModelSpec, Param, Setting, no_progress, with_defaults

IMAGES = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)


def test_a_pickled_context_leaves_the_images_behind() -> None:
    def to_nobody(step: int, steps: int, /, **figures: float) -> None: ...

    context = BuildContext(10, (4, 4), 1, seed=3, progress=to_nobody, images=IMAGES, transformer=Pixels())
    again = pickle.loads(pickle.dumps(context))
    assert (again.images, again.transformer, again.progress) == (None, None, no_progress)
    assert (again.n_classes, again.image_shape, again.n_validation, again.seed) == (10, (4, 4), 1, 3)
    assert context.images is IMAGES


def test_shifted_rows_are_what_the_pipeline_makes_of_the_moved_images() -> None:
    context = BuildContext(10, (4, 4), 0, images=IMAGES, transformer=Pixels())
    moved = context.shifted(np.array([2, 0]), (0, 1))
    assert (moved.reshape(2, 4, 4)[:, :, 1:] * 255).round().tolist() == IMAGES[[2, 0], :, :3].tolist()
    with pytest.raises(ValueError, match="given none"):
        BuildContext(10, (4, 4), 0).shifted(np.array([0]), (0, 1))


RATE = Param(0.1, 0.01, 1.0, log=True)
COUNT = Param(4, 1)
KIND = Param("near", choices=("near", "far"))


@pytest.mark.parametrize(
    ("param", "value", "checked"),
    [(RATE, 0.01, 0.01), (RATE, 1, 1.0), (COUNT, 10**9, 10**9), (KIND, "far", "far"), (Param(False), True, True)],
)
def test_an_allowed_value_becomes_the_type_of_the_default(param: Param, value: object, checked: Setting) -> None:
    assert param.fault_of(value) == ""
    assert param.check(value) == checked and type(param.check(value)) is type(param.default)


@pytest.mark.parametrize(
    ("param", "value"),
    [
        *((RATE, value) for value in (0.009, 1.1, float("nan"), float("inf"), "0.1", True, None)),
        *((COUNT, value) for value in (0, 4.0, True, "4")),
        *((KIND, value) for value in ("nearer", "", 0)),
        *((Param(False), value) for value in (0, 1, "true")),
        *((Param(0.0), value) for value in (float("nan"), float("inf"), float("-inf"))),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(param: Param, value: object) -> None:
    with pytest.raises(ValueError, match=f"^should be {param.allowed}, not {value}$"):
        param.check(value)


def test_the_allowed_values_are_said_in_words() -> None:
    assert [param.allowed for param in (RATE, COUNT, KIND, Param(True), Param(1, high=3), Param(""))] == [
        "a number from 0.01 to 1.0",
        "a whole number of at least 1",
        "one of near, far",
        "true or false",
        "a whole number of at most 3",
        "text",
    ]


def test_other_defaults_keep_the_rest_of_a_setting() -> None:
    changed = with_defaults({"rate": RATE, "count": COUNT}, rate=1)
    assert changed == {"rate": Param(1.0, 0.01, 1.0, log=True), "count": COUNT}
    with pytest.raises(ValueError, match="should be a number from"):
        with_defaults({"rate": RATE}, rate=2.0)
    with pytest.raises(KeyError):
        with_defaults({"rate": RATE}, count=2)


def test_defaults_are_plain_values_and_may_differ_on_a_pipeline() -> None:
    spec = ModelSpec("m", "f", "s", print, ("hog",), settings={"k": COUNT}, settings_for={"hog": {"k": 2}})  # type: ignore[arg-type]
    assert spec.defaults_on("hog") == {"k": 2} and spec.defaults_on("pixels") == {"k": 4}


def test_every_setting_of_the_suite_has_help_and_every_number_limits() -> None:
    for model in MODELS.values():
        for name, param in model.settings.items():
            assert param.help, (model.name, name)
            number = isinstance(param.default, int | float) and not isinstance(param.default, bool)
            assert not number or (param.low is not None and param.high is not None), (model.name, name)
            assert not isinstance(param.default, str) or param.choices, (model.name, name)
