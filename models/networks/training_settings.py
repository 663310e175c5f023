"""The settings that every network of the suite has, and the augmentation among them."""

from __future__ import annotations

from features.pretrained.precision import POLICIES
from models.spec import Param, with_defaults

SCHEDULES = ("constant", "cosine", "one-cycle")

AUGMENTATION: dict[str, Param] = {
    "rotation": Param(0.0, 0.0, 180.0, help="largest rotation of a training image, in degrees"),
    "scale": Param(0.0, 0.0, 0.99, help="largest change of height and of width, as a share of them"),
    "shift": Param(0.0, 0.0, 1000.0, help="largest shift along each axis, in pixels"),
    "shear": Param(0.0, 0.0, 89.0, help="largest slant of vertical lines, in degrees"),
    "elastic": Param(0.0, 0.0, 1000.0, help="root mean square of the elastic displacement, in pixels"),
    "flip": Param(0.0, 0.0, 1.0, help="probability of a mirror image; wrong for digits"),
}
"""How much training images are distorted at random, again in each epoch."""

TRAINING: dict[str, Param] = {
    "epochs": Param(10, 1, 10_000, log=True, help="passes over the training images"),
    "batch": Param(128, 1, 100_000, log=True, help="images in a batch"),
    "min_steps": Param(0, 0, 1_000_000, help="with few images: train for more epochs, to at least so many steps"),
    "learning_rate": Param(0.001, 1e-7, 10.0, log=True, help="largest learning rate of AdamW"),
    "schedule": Param("constant", choices=SCHEDULES, help="how the learning rate changes over the steps"),
    "weight_decay": Param(0.0, 0.0, 10.0, help="weight decay of AdamW; with 0 it is Adam"),
    "label_smoothing": Param(0.0, 0.0, 1.0, help="share of each label that is spread evenly over all classes"),
    "ema": Param(0.0, 0.0, 0.999999, help="decay of the moving average of the weights, which then predicts; 0: none"),
    "patience": Param(0, 0, 10_000, help="epochs without a smaller validation loss before training stops; 0: never"),
    "hold_out": Param(True, help="hold the validation split out of training"),
    "precision": Param("float32", choices=tuple(POLICIES), help="of the layers; bfloat16 where the processor has it"),
    **AUGMENTATION,
}
"""Every setting of a network's training; a model changes defaults by ``with_defaults(TRAINING, epochs=5)``."""

DISTORTED = with_defaults(TRAINING, rotation=8.0, scale=0.1, shift=1.5, elastic=0.5)
"""The same on distorted images; the amounts were chosen on the validation split."""

DROPOUT = Param(0.2, 0.0, 0.95, help="share of units that are set to 0 at random in training")
