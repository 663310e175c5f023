"""Gradient-boosted trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from models.spec import BuildContext, ModelSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xgboost.callback import TrainingCallback


class EarlyStoppedBoosting:
    """XGBoost (Chen & Guestrin 2016) that stops when the validation loss no longer falls.

    The last ``context.n_validation`` rows that ``fit`` receives are held out for that. Without any,
    all ``trees`` are grown.
    """

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Grow trees on X of shape (n, n_features) and labels of shape (n,), some of which may not occur."""
        import numpy as np
        from xgboost import XGBClassifier

        n_train = len(y) - self.context.n_validation
        self.classes_, encoded = np.unique(y, return_inverse=True)
        stops = self._can_stop_early(encoded, n_train)
        settings = self.context.settings
        self.estimator_ = XGBClassifier(
            n_estimators=settings["trees"],
            learning_rate=settings["learning_rate"],
            max_depth=settings["max_depth"],
            max_bin=settings["max_bin"],
            subsample=settings["subsample"],
            colsample_bynode=settings["colsample_bynode"],
            early_stopping_rounds=settings["patience"] if stops else None,
            tree_method="hist",
            n_jobs=self.context.threads,
            random_state=self.context.seed,
            callbacks=[_progress_callback(self.context)],
        )
        held_out = [(X[n_train:], encoded[n_train:])] if stops else None
        rows = slice(0, n_train) if stops else slice(None)
        self.estimator_.fit(X[rows], encoded[rows], eval_set=held_out, verbose=False)
        # callbacks hold the context's channel to the bench, which does not pickle
        self.estimator_.set_params(callbacks=None)
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        labels: NDArray[np.int64] = self.classes_[self.estimator_.predict(X)]
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = self.estimator_.predict_proba(X)
        return probabilities

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what predicts, without the context."""
        return {name: value for name, value in self.__dict__.items() if name != "context"}

    def _can_stop_early(self, encoded: NDArray[np.int64], n_train: int) -> bool:
        """Say whether there is a validation split, and every class left to learn from without it."""
        return n_train < len(encoded) and len(set(encoded[:n_train])) == len(self.classes_)


def build(context: BuildContext) -> EarlyStoppedBoosting:
    """Return boosted trees; XGBoost is imported now, so that ``fit`` is not charged for it."""
    import xgboost  # noqa: F401

    return EarlyStoppedBoosting(context)


def _progress_callback(context: BuildContext) -> TrainingCallback:
    """Return what tells the bench of each tree; the class exists only once XGBoost is imported."""
    from xgboost.callback import TrainingCallback

    class TellProgress(TrainingCallback):
        def after_iteration(self, model: object, epoch: int, evals_log: dict[str, Any]) -> bool:
            losses = [values[-1] for log in evals_log.values() for values in log.values()]
            figures = {"val_loss": losses[0]} if losses else {}
            context.progress(epoch + 1, int(context.settings["trees"]), **figures)
            return False

    return TellProgress()


MODELS = (
    ModelSpec(
        name="xgboost",
        family="boosting",
        summary="gradient-boosted trees, stopped early",
        build=build,
        features=("pixels", "hog"),
        requires=("xgboost", "sklearn"),
        settings={
            "trees": 400,
            "learning_rate": 0.2,
            "max_depth": 5,
            "max_bin": 64,
            "subsample": 0.8,
            "colsample_bynode": 0.3,
            "patience": 20,
        },
        stochastic=True,
    ),
)
