"""How a network learns, epoch by epoch. Written in Keras and NumPy alone, so that every backend can run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.networks.augment import augmented
from models.networks.early_stopping import EarlyStopping
from models.networks.training_settings import TrainingSettings
from models.networks.weight_average import WeightAverage
from models.spec import Progress

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

PREDICT_BATCH = 500


@dataclass(frozen=True)
class Examples:
    """Images of shape (n, height, width), or rows of features (n, n_features), and their labels."""

    X: NDArray[np.float32]
    y: NDArray[np.int64]


def train(
    network: keras.Model,
    settings: TrainingSettings,
    learnt: Examples,
    held_out: Examples | None,
    seed: int,
    progress: Progress,
) -> None:
    """Train a network that gives probabilities, in place; tell ``progress`` every epoch's loss and accuracy.

    ``held_out`` is only looked at, for the history and for early stopping; None for neither. From ``seed`` come
    the order of ``learnt`` and its changes; the network comes with its first weights.
    The loss told is the cross-entropy without label smoothing, so that networks compare. Early stopping watches the
    loss that is trained: the other can be least while much is still to be learnt.
    In the end the network has the weights that shall predict: of the best epoch, the average, or the last.
    """
    import keras
    import numpy as np

    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    loss_of = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
    # A model around the same layers, so that the network that is kept carries no optimizer.
    learner = keras.Model(network.inputs, network.outputs)
    figures_of = [keras.metrics.CategoricalCrossentropy(), "accuracy"]
    learner.compile(optimizer, loss_of, metrics=figures_of, jit_compile=network.jit_compile)
    generator = np.random.default_rng(seed)
    one_hot = np.eye(network.output_shape[-1], dtype=np.float32)
    batch = min(settings.batch, len(learnt.X))
    in_epoch = len(learnt.X) // batch  # the images left over have their turn in another epoch's order
    epochs = settings.epochs_of(in_epoch)
    changes = settings.augmentation.changes_anything()
    average, stopping = WeightAverage(settings.ema), EarlyStopping(settings.patience_of(in_epoch))
    for epoch in range(epochs):
        seed_of_changes = int(generator.integers(2**32))
        X = augmented(learnt.X, settings.augmentation, seed_of_changes) if changes else learnt.X
        order = generator.permutation(len(X))[: in_epoch * batch].reshape(in_epoch, batch)
        seen = np.zeros(3)
        for step, rows in enumerate(order, start=epoch * in_epoch):
            optimizer.learning_rate = settings.learning_rate_at(step, epochs * in_epoch)
            seen += learner.train_on_batch(X[rows], one_hot[learnt.y[rows]])
            average.after_step(network)
        _, loss, accuracy = (seen / in_epoch).tolist()
        figures = {"loss": loss, "accuracy": accuracy}
        with average.lent_to(network, for_good=epoch == epochs - 1):
            if held_out:
                shares = probabilities(network, held_out.X)
                figures["val_loss"] = cross_entropy(shares, held_out.y)
                figures["val_accuracy"] = float((shares.argmax(axis=1) == held_out.y).mean())
                stopping.look(cross_entropy(shares, held_out.y, settings.label_smoothing), network)
        progress(epoch + 1, epochs, **figures)
        if stopping.is_due:
            break
    stopping.restore_best(network)


def cross_entropy(shares: NDArray[np.float32], y: NDArray[np.int64], label_smoothing: float = 0.0) -> float:
    """Return the mean cross-entropy of probabilities of shape (n, n_classes) with the labels, smoothed or not."""
    import numpy as np

    logs = np.log(np.maximum(shares, np.finfo(np.float32).tiny))
    of_label, of_all = logs[np.arange(len(y)), y], logs.mean(axis=1)
    return float(-((1 - label_smoothing) * of_label + label_smoothing * of_all).mean())


def probabilities(network: keras.Model, X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the network's probabilities: shape (n, n_classes)."""
    import numpy as np

    starts = range(0, max(1, len(X)), PREDICT_BATCH)
    return np.concatenate([network.predict_on_batch(X[start : start + PREDICT_BATCH]) for start in starts])
