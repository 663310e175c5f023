"""Gradient-boosted trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from features.shift import SHIFTS_OF_ONE_PIXEL
from models.spec import BuildContext, Estimator, ModelSpec, Param

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xgboost import Booster, QuantileDMatrix

    Floats = NDArray[np.float32]
    Labels = NDArray[np.int64]


# XGBoost skips missing values. Blank pixels are most of an image, so declaring them missing saves half the time.
BLANK = 0.0


class SampledBoosting:
    """XGBoost (Chen & Guestrin 2016), trained in stages on the images with the largest errors.

    Each stage grows some rounds of trees on the images whose label has the lowest predicted probability so far,
    and on a random sample of the others, weighted to represent all of them (gradient-based one-side
    sampling: Ke et al. 2017, LightGBM). Most images are soon classified with high confidence and contribute almost
    nothing to the gradient. The learning rate falls from stage to stage. With ``moved_copies``, it is also trained on
    copies of all images shifted by a pixel in each direction.
    """

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: Floats, y: Labels) -> Self:
        """Grow trees on X of shape (n, n_features) and labels of shape (n,), some of which may not occur."""
        import numpy as np
        import xgboost
        from scipy.special import log_softmax

        self.classes_, encoded = np.unique(y, return_inverse=True)
        X, encoded = self._with_copies(X, encoded)
        everything = self._matrix(X)
        margins = np.zeros((len(X), len(self.classes_)), np.float32)
        generator = np.random.default_rng(self.context.seed)
        doubt = generator.random(len(X), np.float32)  # nothing has been predicted yet
        rounds, at_once = int(self.context.settings["rounds"]), int(self.context.settings["rounds_a_stage"])
        booster: Booster | None = None
        for done in range(0, rounds, at_once):
            rows, weights = self._sample(doubt, generator)
            sample = self._matrix(X[rows], label=encoded[rows], weight=weights, ref=everything)
            end = min(done + at_once, rounds)
            booster = xgboost.train(self._parameters(done, rounds), sample, end - done, xgb_model=booster)
            margins += booster.predict(everything, output_margin=True, iteration_range=(done, end))
            log_shares = log_softmax(margins, axis=1)[np.arange(len(X)), encoded]
            doubt = 1 - np.exp(log_shares)
            self.context.progress(
                end, rounds, loss=-log_shares.mean(), accuracy=(margins.argmax(axis=1) == encoded).mean()
            )
        assert booster is not None, "no rounds"
        self.estimator_ = booster
        return self

    def predict(self, X: Floats) -> Labels:
        """Return the label of each row: shape (n,)."""
        labels: Labels = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: Floats) -> Floats:
        """Return the probability of each of ``classes_``: shape (n, number of classes)."""
        shares: Floats = self.estimator_.inplace_predict(X, missing=BLANK)
        return shares

    def _with_copies(self, X: Floats, y: Labels) -> tuple[Floats, Labels]:
        import numpy as np

        if not self.context.settings["moved_copies"]:
            return X, y
        rows = np.arange(len(X))
        copies = [self.context.shifted(rows, shift) for shift in SHIFTS_OF_ONE_PIXEL]
        return np.concatenate([X, *copies]), np.tile(y, 1 + len(copies))

    def _matrix(self, X: Floats, **more: Any) -> QuantileDMatrix:
        from xgboost import QuantileDMatrix

        return QuantileDMatrix(
            X, max_bin=self.context.settings["max_bin"], missing=BLANK, nthread=self.context.threads, **more
        )

    def _sample(self, doubt: Floats, generator: np.random.Generator) -> tuple[Labels, Floats]:
        """Return the rows of the next stage, the least confident and some of the others, and their weights."""
        import numpy as np

        settings = self.context.settings
        n_images = len(doubt) // (1 + len(SHIFTS_OF_ONE_PIXEL) * bool(settings["moved_copies"]))
        n_doubtful, n_others = (max(1, round(float(settings[name]) * n_images)) for name in ("doubtful", "others"))
        if n_doubtful + n_others >= len(doubt):
            return np.arange(len(doubt)), np.ones(len(doubt), np.float32)
        by_doubt = np.argpartition(-doubt, n_doubtful)
        others = generator.choice(by_doubt[n_doubtful:], n_others, replace=False)
        weights = np.ones(n_doubtful + n_others, np.float32)
        weights[n_doubtful:] = (len(doubt) - n_doubtful) / n_others
        return np.concatenate([by_doubt[:n_doubtful], others]), weights

    def _parameters(self, done: int, rounds: int) -> dict[str, Any]:
        settings = self.context.settings
        first, last = float(settings["first_rate"]), float(settings["last_rate"])
        return {
            "objective": "multi:softprob",
            "num_class": len(self.classes_),
            "base_score": 0.5,
            "tree_method": "hist",
            "learning_rate": first + (last - first) * done / rounds,
            "max_depth": settings["max_depth"],
            "max_bin": settings["max_bin"],
            "colsample_bynode": settings["colsample_bynode"],
            "nthread": self.context.threads,
            "seed": self.context.seed + done,
        }


def build_xgboost(context: BuildContext) -> SampledBoosting:
    """Return boosted trees; XGBoost is imported now, so that the import is not timed as part of ``fit``."""
    import xgboost  # noqa: F401

    return SampledBoosting(context)


def build_hist(context: BuildContext) -> Estimator:
    """Return scikit-learn's boosted trees on binned features (after LightGBM, Ke et al. 2017)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings = context.settings
    classifier: Estimator = HistGradientBoostingClassifier(
        max_iter=settings["rounds"],
        learning_rate=settings["learning_rate"],
        max_leaf_nodes=settings["max_leaves"],
        max_bins=settings["max_bin"],
        max_features=settings["share_of_features"],
        l2_regularization=1.0,  # without any it diverges where a leaf is pure
        early_stopping=False,
        random_state=context.seed,
    )
    return classifier


MODELS = (
    ModelSpec(
        name="xgboost",
        family="boosting",
        summary="gradient-boosted trees, each stage trained on the images with the largest errors",
        build=build_xgboost,
        features=("pixels", "orientation-maps-pca"),
        requires=("xgboost",),
        settings={
            "rounds": Param(320, 1, 10_000, log=True, help="boosting rounds: trees for each class"),
            "rounds_a_stage": Param(20, 1, 1_000, log=True, help="rounds trained on one sample of the images"),
            "doubtful": Param(0.3, 0.0, 1.0, help="share of the images with the largest errors in a stage's sample"),
            "others": Param(0.3, 0.0, 1.0, help="share of the images drawn at random from the others"),
            "moved_copies": Param(True, help="also train on copies of the images shifted by a pixel"),
            "first_rate": Param(0.3, 1e-4, 1.0, log=True, help="learning rate of the first stage"),
            "last_rate": Param(0.02, 1e-5, 1.0, log=True, help="learning rate that the stages approach"),
            "max_depth": Param(6, 1, 30, help="depth of a tree"),
            "max_bin": Param(32, 2, 1_024, log=True, help="bins of each feature's histogram"),
            "colsample_bynode": Param(0.1, 0.001, 1.0, log=True, help="share of the features tried at each split"),
        },
        settings_for={"pixels": {"rounds": 240, "first_rate": 0.35, "last_rate": 0.03, "max_depth": 8, "max_bin": 16}},
        stochastic=True,
    ),
    ModelSpec(
        name="hist-gradient-boosting",
        family="boosting",
        summary="scikit-learn's gradient-boosted trees on binned features",
        build=build_hist,
        features=("orientation-maps-pca",),
        requires=("sklearn",),
        settings={
            "rounds": Param(80, 1, 10_000, log=True, help="boosting rounds: trees for each class"),
            "learning_rate": Param(0.15, 1e-4, 1.0, log=True, help="learning rate of every round"),
            "max_leaves": Param(15, 2, 10_000, log=True, help="leaves of a tree"),
            "max_bin": Param(63, 2, 255, log=True, help="bins of each feature's histogram"),
            "share_of_features": Param(0.3, 0.001, 1.0, log=True, help="share of the features tried at each split"),
        },
        stochastic=True,
    ),
)
