"""Boosting in stages: what each stage learns from, and what is told of it."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from features.pixels import Pixels
from models.boosting import SampledBoosting
from models.registry import MODELS
from models.spec import BuildContext, Setting

DIGITS = sklearn.datasets.load_digits()
IMAGES, LABELS = np.asarray(DIGITS.images * 15, np.uint8), DIGITS.target.astype(np.int64)
SPEC = MODELS["xgboost"]


def context(told: list[tuple[int, int, dict[str, float]]] | None = None, **settings: Setting) -> BuildContext:
    def tell(step: int, steps: int, /, **figures: float) -> None:
        if told is not None:
            told.append((step, steps, figures))

    return BuildContext(
        10,
        (8, 8),
        0,
        settings={**SPEC.defaults_on("hog"), **settings},
        progress=tell,
        images=IMAGES[:500],
        transformer=Pixels(),
    )


def test_it_tells_of_every_stage_and_learns_from_stage_to_stage() -> None:
    told: list[tuple[int, int, dict[str, float]]] = []
    model = SPEC.build(context(told, rounds=25, rounds_a_stage=10))
    model.fit(Pixels().transform(IMAGES[:500]), LABELS[:500])
    assert [(step, steps) for step, steps, _ in told] == [(10, 25), (20, 25), (25, 25)]
    losses = [figures["loss"] for _, _, figures in told]
    assert losses == sorted(losses, reverse=True)
    assert model.estimator_.num_boosted_rounds() == 25  # type: ignore[attr-defined]


def test_moved_copies_help_with_moved_images() -> None:
    X, moved = Pixels().transform(IMAGES[:500]), Pixels().transform(np.roll(IMAGES[500:], 1, axis=1))
    right = []
    for copies in (False, True):
        model = SPEC.build(context(rounds=40, moved_copies=copies, doubtful=1.0, others=1.0))
        model.fit(X, LABELS[:500])
        right.append((model.predict(moved) == LABELS[500:]).mean())
    assert right[1] > right[0] + 0.05, right


@given(
    n=st.integers(1, 300),
    doubtful=st.floats(0, 1),
    others=st.floats(0, 1),
    seed=st.integers(0, 9),
)
def test_a_sample_holds_the_most_doubtful_and_stands_for_all(n: int, doubtful: float, others: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    doubt = generator.random(n).astype(np.float32)
    model = SampledBoosting(context(doubtful=doubtful, others=others, moved_copies=False))
    rows, weights = model._sample(doubt, generator)
    assert len(set(rows.tolist())) == len(rows) == len(weights)
    assert weights.sum() == pytest.approx(n, rel=1e-4)
    kept = min(n, max(1, round(doubtful * n)))
    assert set(np.argsort(-doubt, kind="stable")[: kept if len(rows) < n else 0].tolist()) <= set(rows.tolist())
