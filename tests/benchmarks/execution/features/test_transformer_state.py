from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.execution.features.transformer_state import TREE, NotPlainError, decoded, encoded
from features.pixels import Pixels
from features.registry import FEATURES
from tests.plugins import example_features

IMAGES = np.random.default_rng(0).integers(0, 256, (300, 28, 28)).astype(np.uint8)
HOME = (example_features.__name__,)


@pytest.mark.parametrize("name", [name for name, spec in FEATURES.items() if "keras" not in spec.requires])
def test_every_pipeline_is_plain_data_and_computes_the_same(name: str) -> None:
    transformer = FEATURES[name].build().fit(IMAGES)
    assert (decoded(encoded(transformer)).transform(IMAGES) == transformer.transform(IMAGES)).all()


@pytest.mark.parametrize("name", [name for name, spec in FEATURES.items() if "keras" in spec.requires])
def test_a_network_is_plain_data_before_it_is_created_again(name: str) -> None:
    transformer = FEATURES[name].build()
    transformer.made_from = (Path("/weights.h5"), "abc")  # type: ignore[attr-defined]
    assert decoded(encoded(transformer)).__dict__ == transformer.__dict__


def test_a_plug_in_is_plain_data_where_its_module_is_allowed() -> None:
    transformer = example_features.Eigenimages().fit(IMAGES)
    assert (decoded(encoded(transformer, HOME), HOME).transform(IMAGES) == transformer.transform(IMAGES)).all()
    with pytest.raises(NotPlainError, match="neither of the suite"):
        encoded(transformer)
    with pytest.raises(NotPlainError, match="neither of the suite"):
        decoded(encoded(transformer, HOME))


def holding(value: Any) -> Pixels:
    transformer = Pixels()
    transformer.held = value  # type: ignore[attr-defined]
    return transformer


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 2.5, float("inf"), "text", "\udcff", (1, (2,)), [1, [2]], {"a": 1, 3: (4,), (5, 6): None},
        np.float32(1.5), np.arange(6).reshape(2, 3), np.array(7), np.array(["a", "bc"]), Path("x/y"),
    ],
)  # fmt: skip
def test_values_come_back_with_their_types(value: Any) -> None:
    again = decoded(encoded(holding(value))).held  # type: ignore[attr-defined]
    assert type(again) is type(value)
    assert repr(again) == repr(value)


def itself() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


class Local:
    pass


@pytest.mark.parametrize(
    "value",
    [print, len, lambda: 0, partial(print, 1), object(), Local(), np.array([{}]), np.random.default_rng(0), itself(),
     Path, {1, 2}, 1j, (one for one in "ab")],
)  # fmt: skip
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    with pytest.raises((NotPlainError, TypeError)):
        encoded(holding(value))


def forged(tree: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{TREE: np.frombuffer(json.dumps(tree).encode(), "u1")})
    return buffer.getvalue()


@pytest.mark.parametrize(
    "tree",
    [
        {"object": "os:system", "state": None},
        {"object": "subprocess:Popen", "state": {"dict": []}},
        {"object": "features.chunks:in_chunks", "state": None},
        {"object": "features.pixels:math", "state": None},
        {"object": "featuresx.pixels:Pixels", "state": None},
        {"object": "sklearn:os.system", "state": None},
        {"object": "builtins:eval", "state": None},
        {"array": 5},
        {"call": "x"},
        [1],
    ],
)
def test_a_forged_state_makes_no_object_of_another_place(tree: Any) -> None:
    with pytest.raises(NotPlainError):
        decoded(forged(tree))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04cos\nsystem\n", encoded(Pixels())[:-30]])
def test_what_is_no_state_is_refused(content: bytes) -> None:
    with pytest.raises(NotPlainError):
        decoded(content)
