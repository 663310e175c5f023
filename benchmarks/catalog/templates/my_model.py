"""A model of one's own. What a model may do and must do: docs/add-a-model.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from models.spec import BuildContext, ModelSpec, Param

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MyModel:
    """Softmax regression, trained by stochastic gradient descent. Put your own in its place."""

    def __init__(self, context: BuildContext) -> None:
        # the value of each setting below: its default, or what the command line says, as my-model[epochs=5]
        self.epochs = int(context.settings["epochs"])
        self.learning_rate = float(context.settings["learning_rate"])
        self.seed = context.seed
        self.n_classes = context.n_classes
        self.progress = context.progress

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Train on X of shape (n, n_features) and labels y of shape (n,), from 0 to n_classes - 1."""
        import numpy as np

        random = np.random.default_rng(self.seed)  # all randomness comes from the seed: the same seed, the same model
        self.weights = np.zeros((X.shape[1], self.n_classes), np.float32)
        wanted = np.eye(self.n_classes, dtype=np.float32)[y]
        for epoch in range(self.epochs):
            for rows in np.array_split(random.permutation(len(X)), max(1, len(X) // 32)):
                error = self.predict_proba(X[rows]) - wanted[rows]
                self.weights -= self.learning_rate * X[rows].T @ error / len(rows)
            self.progress(epoch + 1, self.epochs)  # shown during training; you may leave it out
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return one label for each row of X."""
        labels: NDArray[np.int64] = self.predict_proba(X).argmax(axis=1)
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a row of probabilities for each row of X. A model that has none leaves this method out."""
        import numpy as np

        scores = X @ self.weights
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        normalised: NDArray[np.float32] = shares / shares.sum(axis=1, keepdims=True)
        return normalised

    def __getstate__(self) -> dict[str, object]:
        """Pickle what predicts. The bench listens at the other end of ``progress``, and does not pickle."""
        return {name: value for name, value in self.__dict__.items() if name != "progress"}


MODELS = (
    ModelSpec(
        name="my-model",
        family="linear",  # the kind of model, for the report: any word
        summary="softmax regression, trained by stochastic gradient descent",
        build=MyModel,  # called with a BuildContext; it returns an object with fit and predict
        features=("pixels", "hog"),  # what it is run on; 'python bench.py list' shows what there is
        requires=("numpy",),  # modules that it imports; without one its trials are skipped
        settings={  # default, least and greatest value of each; see docs/add-a-model.md
            "epochs": Param(20, 1, 1_000, log=True, help="passes over the training images"),
            "learning_rate": Param(0.1, 1e-4, 10.0, log=True, help="size of a step along the gradient"),
        },
        stochastic=True,  # another seed gives another model: --seeds 3 runs it with three
    ),
)
