"""The settings that every network of the suite has, and what they mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from features.pretrained.precision import POLICIES
from models.networks.augment import Augmentation
from models.spec import Setting

SCHEDULES = ("constant", "cosine", "one-cycle")
RISING = 0.25  # the share of a one-cycle schedule's steps in which the rate rises

TRAINING: dict[str, Setting] = {
    "epochs": 10,
    "batch": 128,
    "min_steps": 0,
    "learning_rate": 0.001,
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "ema": 0.0,
    "patience": 0,
    "hold_out": True,
    "precision": "float32",
    "rotation": 0.0,
    "scale": 0.0,
    "shift": 0.0,
    "shear": 0.0,
    "elastic": 0.0,
    "flip": 0.0,
}
"""Every setting of a network's training, and its value where a model does not say another."""

DISTORTED: dict[str, Setting] = {"rotation": 8.0, "scale": 0.1, "shift": 1.5, "elastic": 0.5}
"""How far images are changed at most, where they are: chosen on the validation split."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Parameters
    ----------
    epochs, batch
        Passes over the images, and images a step.
    min_steps
        Where ``epochs`` come to fewer steps than this, because there are few images, there are more epochs, and as
        many times more patience.
    learning_rate, schedule
        The largest learning rate of AdamW (Loshchilov & Hutter 2019), and how it goes: ``constant``,
        ``cosine`` (falls to nought; Loshchilov & Hutter 2017), ``one-cycle`` (rises, then falls to nought; Smith 2018).
    weight_decay
        Of AdamW; with 0 it is Adam (Kingma & Ba 2015).
    label_smoothing
        The share of each label that all classes are given alike (Szegedy et al. 2016).
    ema
        Decay of the exponential average of the weights, which then predicts (Polyak & Juditsky 1992); 0 for none.
    patience
        Epochs without a smaller validation loss before training stops and returns to the best; 0 to train on.
    hold_out
        Whether the validation split is only validated on, or learnt from as well.
    precision
        ``float32``, or ``bfloat16`` where the processor has it.
    augmentation
        How every image is changed, anew in each epoch.
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
        _within("epochs", self.epochs, 1, math.inf)
        _within("batch", self.batch, 1, math.inf)
        _within("learning_rate", self.learning_rate, 0, math.inf)
        _within("weight_decay", self.weight_decay, 0, math.inf)
        _within("label_smoothing", self.label_smoothing, 0, 1)
        _within("ema", self.ema, 0, 0.999999)
        _within("patience", self.patience, 0, math.inf)
        _one_of("schedule", self.schedule, SCHEDULES)
        _one_of("precision", self.precision, POLICIES)
        if self.patience and not self.hold_out:
            raise ValueError("patience needs a validation split to look at: hold_out must be true")

    @classmethod
    def of(cls, settings: Mapping[str, Setting]) -> TrainingSettings:
        """Read them from a model's settings, of which it may have others too; raises ValueError."""
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


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(
            f"{name} must be {f'from {low:g} to {high:g}' if high < math.inf else f'at least {low:g}'}, not {value}"
        )


def _one_of(name: str, value: str, known: Mapping[str, str] | tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value}")
