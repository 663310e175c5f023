"""Feature pipelines that each fail one check."""

from __future__ import annotations

from typing import Any

import numpy as np

from features.pixels import Pixels
from features.spec import FeaturePipeline


class ForgetsSelf(Pixels):
    def fit(self, images: Any) -> Any:
        return None


class Doubles(Pixels):
    def transform(self, images: Any) -> Any:
        return super().transform(images).astype(np.float64)


class DividesByInk(Pixels):
    def transform(self, images: Any) -> Any:
        X = super().transform(images)
        with np.errstate(invalid="ignore"):
            return X / X.sum(axis=1, keepdims=True)


class WholeBatch(Pixels):
    def transform(self, images: Any) -> Any:
        X = super().transform(images)
        return X - X.mean(axis=0) if len(X) else X


class Shuffled(Pixels):
    def fit(self, images: Any) -> Any:
        self.order = np.random.default_rng().permutation(images[0].size)
        return self

    def transform(self, images: Any) -> Any:
        return np.ascontiguousarray(super().transform(images)[:, : len(self.order)][:, self.order])


class Blind(Pixels):
    def transform(self, images: Any) -> Any:
        return super().transform(images * 0)


class ScalesInPlace(Pixels):
    def transform(self, images: Any) -> Any:
        images //= 2
        return super().transform(images)


class NotWithoutImages(Pixels):
    def transform(self, images: Any) -> Any:
        images.max()
        return super().transform(images)


FEATURES = tuple(
    FeaturePipeline(name, f"pixels, {what}", build)
    for name, what, build in (
        ("forgets-self", "but fit returns nothing", ForgetsSelf),
        ("doubles", "in float64", Doubles),
        ("divides-by-ink", "divided by their sum", DividesByInk),
        ("whole-batch", "less their mean over whatever is transformed together", WholeBatch),
        ("shuffled", "in another order each time", Shuffled),
        ("blind", "all of them 0", Blind),
        ("scales-in-place", "halved where they are", ScalesInPlace),
        ("not-without-images", "at least one image", NotWithoutImages),
    )
)
