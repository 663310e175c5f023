"""The adapter between Keras networks and fit and predict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from features.pretrained.backend import compiled_where_faster
from features.pretrained.precision import layers_in
from models.spec import BuildContext, Unavailable

if TYPE_CHECKING:
    import keras
    import numpy as np
    from keras import KerasTensor
    from numpy.typing import NDArray

Architecture = Callable[["KerasTensor", BuildContext], "KerasTensor"]
"""Takes images of shape (n, height, width, 1), or rows of features; returns the input of the last, linear layer."""

FILE = "network.keras"


class KerasClassifier:
    """A Keras network behind fit and predict.

    Parameters
    ----------
    context
        The trial. With ``hold_out`` its validation split is not trained on; without one, nothing is held
        out and nothing stops early.
    architecture
        The layers between the input and the classes.
    reads_images
        Whether its input is images, or rows of features as they are.
    """

    def __init__(self, context: BuildContext, architecture: Architecture, reads_images: bool = True) -> None:
        """Raises ValueError if settings of the training contradict each other."""
        import keras  # noqa: F401  # so that the import is not timed as part of fit

        from models.networks.training import TrainingSettings

        self.context = context
        self.architecture = architecture
        self.reads_images = reads_images
        self.training = TrainingSettings.of(context.settings)

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Fit on X of shape (n, n_features) and labels of shape (n,), the validation split last.

        Raises Unavailable if its input is images, or it augments them, and the features are not pixels.
        """
        import keras

        from models.networks.training import Examples, train

        context = self.context
        keras.utils.set_random_seed(context.seed)
        rows = X.reshape(-1, *self._input_shape(X.shape[1]))
        self.network = self._network(rows.shape[1:])
        n = len(X) - (context.n_validation if self.training.hold_out else 0)
        held_out = Examples(rows[n:], y[n:]) if n < len(X) else None
        train(self.network, self.training, Examples(rows[:n], y[:n]), held_out, context.seed, context.progress)
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the label of each row: shape (n,)."""
        labels: NDArray[np.int64] = self.predict_proba(X).argmax(axis=1)
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each class: shape (n, n_classes)."""
        from models.networks.training import probabilities

        return probabilities(self.network, X.reshape(-1, *self.network.input_shape[1:]))

    @property
    def estimator_(self) -> object:
        """The network, whose library is recorded."""
        return self.network

    def feature_maps(self, X: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the activations of each convolution: {layer: shape (n, rows, columns, channels)}."""
        import keras
        import numpy as np

        shown = [layer for layer in self.network.layers if isinstance(layer, keras.layers.Conv2D)]
        if not shown:
            return {}
        inside = keras.Model(self.network.inputs, [layer.output for layer in shown])
        maps = inside.predict_on_batch(X.reshape(-1, *self.network.input_shape[1:]))
        return {f"convolution {at}": np.asarray(each, np.float32) for at, each in enumerate(maps, start=1)}

    def save(self, folder: Path) -> None:
        """Write the network into ``folder``, in Keras' own format."""
        self.network.save(folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return a classifier that predicts as the saved one did."""
        import keras

        loaded = cls.__new__(cls)
        loaded.network = compiled_where_faster(keras.saving.load_model(folder / FILE, compile=False))
        return loaded

    def _input_shape(self, n_features: int) -> tuple[int, ...]:
        height, width = self.context.image_shape
        if n_features == height * width:
            return (height, width)
        if self.reads_images or self.training.augmentation.changes_anything():
            raise Unavailable(f"it needs images, not {self.context.features} features; run it with --features pixels")
        return (n_features,)

    def _network(self, shape: tuple[int, ...]) -> keras.Model:
        import keras
        from keras import layers

        with layers_in(self.training.precision):
            inputs = keras.Input(shape)
            image = layers.Reshape((*shape, 1))(inputs) if self.reads_images else layers.Flatten()(inputs)
            logits = layers.Dense(self.context.n_classes, name="classes")(self.architecture(image, self.context))
            outputs = layers.Activation("softmax", dtype="float32", name="probabilities")(logits)
        return compiled_where_faster(keras.Model(inputs, outputs))
