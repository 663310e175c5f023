"""How a network is trained, epoch by epoch. Written in Keras and NumPy alone, so that every backend can run it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from models.networks.augment import Augmentation, augmented
from models.networks.early_stopping import EarlyStopping
from models.networks.weight_average import WeightAverage
from models.spec import Progress, Setting

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

PREDICT_BATCH = 500
RISING = 0.25  # the share of a one-cycle schedule's steps in which the rate rises


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained: ``training_settings.TRAINING`` as values.

    Parameters
    ----------
    epochs, batch
        Passes over the training images, and images in a batch.
    min_steps
        Where ``epochs`` amount to fewer steps than this, because there are few images, epochs and patience are
        increased by the same factor.
    learning_rate, schedule
        The largest learning rate of AdamW (Loshchilov & Hutter 2019), and its schedule: ``constant``,
        ``cosine`` (falls to zero; Loshchilov & Hutter 2017), ``one-cycle`` (rises, then falls to zero; Smith 2018).
    weight_decay
        Of AdamW; with 0 it is Adam (Kingma & Ba 2015).
    label_smoothing
        The share of each label that is spread evenly over all classes (Szegedy et al. 2016).
    ema
        Decay of the moving average of the weights, which then predicts (Polyak & Juditsky 1992); 0 for none.
    patience
        Epochs without a smaller validation loss before training stops and the best weights are restored; 0: never.
    hold_out
        Whether the validation split is held out, or trained on as well.
    precision
        ``float32``, or ``bfloat16`` where the processor has it.
    augmentation
        How every training image is distorted, again in each epoch.
    """

    epochs: int
    batch: int
    min_steps: int
    learning_rate: float
    schedule: str
    weight_decay: float
    label_smoothing: float
    ema: float
    patience: int
    hold_out: bool
    precision: str
    augmentation: Augmentation

    def __post_init__(self) -> None:
        if self.patience and not self.hold_out:
            raise ValueError("patience needs a validation split: hold_out must be true")

    @classmethod
    def of(cls, settings: Mapping[str, Setting]) -> TrainingSettings:
        """Return those among a model's settings, which may have others; raises ValueError if they contradict."""
        own: dict[str, Any] = {field.name: settings[field.name] for field in fields(cls) if field.name in settings}
        changes: dict[str, Any] = {
            field.name: settings[field.name] for field in fields(Augmentation) if field.name in settings
        }
        return cls(**own, augmentation=Augmentation(**changes))

    def epochs_of(self, steps: int) -> int:
        """Return the number of epochs of so many steps each."""
        return max(self.epochs, -(-self.min_steps // steps))

    def patience_of(self, steps: int) -> int:
        """Return the patience in epochs of so many steps each."""
        return -(-self.patience * self.epochs_of(steps) // self.epochs)

    def learning_rate_at(self, step: int, steps: int) -> float:
        """Return the learning rate of step 0, 1, ... of ``steps``."""
        if self.schedule == "constant":
            return self.learning_rate
        rising = RISING * steps if self.schedule == "one-cycle" else 0.0
        if step < rising:
            return self.learning_rate * (step + 1) / (rising + 1)
        return self.learning_rate * (1 + math.cos(math.pi * (step - rising) / (steps - rising))) / 2


@dataclass(frozen=True)
class Examples:
    """Images of shape (n, height, width), or rows of features (n, n_features), and their labels."""

    X: NDArray[np.float32]
    y: NDArray[np.int64]


def train(
    network: keras.Model,
    settings: TrainingSettings,
    examples: Examples,
    held_out: Examples | None,
    seed: int,
    progress: Progress,
) -> None:
    """Train a network that predicts probabilities, in place; report every epoch's loss and accuracy to ``progress``.

    ``held_out`` is only evaluated on, for the history and for early stopping; None for neither. ``seed`` determines
    the order of ``examples`` and their augmentation; the network has its initial weights already.
    The loss reported is the cross-entropy without label smoothing, so that networks compare. Early stopping monitors
    the loss that is minimised: the other can reach its minimum long before training has converged.
    In the end the network has the weights that predict: of the best epoch, the average, or the last.
    """
    import keras
    import numpy as np

    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    loss_of = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
    # A model around the same layers, so that the network that is saved carries no optimizer.
    learner = keras.Model(network.inputs, network.outputs)
    figures_of = [keras.metrics.CategoricalCrossentropy(), "accuracy"]
    learner.compile(optimizer, loss_of, metrics=figures_of, jit_compile=network.jit_compile)
    generator = np.random.default_rng(seed)
    one_hot = np.eye(network.output_shape[-1], dtype=np.float32)
    batch = min(settings.batch, len(examples.X))
    in_epoch = len(examples.X) // batch  # the remainder is used in the order of another epoch
    epochs = settings.epochs_of(in_epoch)
    changes = settings.augmentation.changes_anything()
    average, stopping = WeightAverage(settings.ema), EarlyStopping(settings.patience_of(in_epoch))
    for epoch in range(epochs):
        seed_of_changes = int(generator.integers(2**32))
        X = augmented(examples.X, settings.augmentation, seed_of_changes) if changes else examples.X
        order = generator.permutation(len(X))[: in_epoch * batch].reshape(in_epoch, batch)
        seen = np.zeros(3)
        for step, rows in enumerate(order, start=epoch * in_epoch):
            optimizer.learning_rate = settings.learning_rate_at(step, epochs * in_epoch)
            seen += learner.train_on_batch(X[rows], one_hot[examples.y[rows]])
            average.after_step(network)
        _, loss, accuracy = (seen / in_epoch).tolist()
        figures = {"loss": loss, "accuracy": accuracy}
        with average.applied_to(network, permanently=epoch == epochs - 1):
            if held_out:
                shares = probabilities(network, held_out.X)
                figures["val_loss"] = cross_entropy(shares, held_out.y)
                figures["val_accuracy"] = float((shares.argmax(axis=1) == held_out.y).mean())
                stopping.update(cross_entropy(shares, held_out.y, settings.label_smoothing), network)
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
