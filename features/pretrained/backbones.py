"""Networks for photographs from ``keras.applications``: VGG16 and ResNet50 without their last layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.pretrained.weights import Weights

if TYPE_CHECKING:
    import keras
    from keras import KerasTensor

SIDE = 32  # pixels: the smallest images that both networks take
CHANNELS = 3

PUBLISHED = "https://storage.googleapis.com/tensorflow/keras-applications"
VGG16 = Weights(
    network="vgg16",
    layer="block1_conv1",
    file="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    url=f"{PUBLISHED}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    md5="6d6bbae143d832006294945121d1f1fc",
    size_mb=58.9,
)
RESNET50 = Weights(
    network="resnet50",
    layer="conv1_conv",
    file="resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    url=f"{PUBLISHED}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    md5="4d473c1dd8becc155b73f8504c6f6626",
    size_mb=94.8,
)
"""Trained on ImageNet (Deng et al. 2009), as ``keras.applications`` publishes them."""

NETWORKS = {"vgg16": ("VGG16", VGG16), "resnet50": ("ResNet50", RESNET50)}


def backbone(name: str, file: Path | None = None, onto: KerasTensor | None = None) -> keras.Model:
    """Return a network for images of shape (32, 32, 3), as ``prepared`` makes them, without its last layers.

    Parameters
    ----------
    name
        ``vgg16`` (Simonyan & Zisserman 2015) or ``resnet50`` (He et al. 2016).
    file
        Weights in the layout of ``keras.applications``; without one they are drawn at random, by Keras' own
        initializers and the seed that ``keras.utils.set_random_seed`` set.
    onto
        The output of another network's layers to build on; None for an input of its own.

    Raises
    ------
    ValueError
        If the file does not hold the weights of this network.
    """
    import keras

    network = getattr(keras.applications, NETWORKS[name][0])(
        include_top=False, weights=None, input_shape=(SIDE, SIDE, CHANNELS), input_tensor=onto
    )
    if file:
        try:
            network.load_weights(file)
        except Exception as error:  # whatever h5py and Keras raise for what is no such file
            why = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{file} does not hold the weights of {name} without its last layers: {why}") from error
    return network


def prepared(images: Any, name: str) -> Any:
    """Return images as a network was trained on them: centred in 32x32 pixels, in colour, its means subtracted.

    Parameters
    ----------
    images
        A tensor or array of floats of shape (n, height, width), 0 the background, 255 full ink. Larger images
        are resized to 32x32, preserving their aspect ratio.
    name
        The network: ``vgg16`` or ``resnet50``.
    """
    import keras

    height, width = images.shape[1:]
    colours = keras.ops.repeat(images[..., None], CHANNELS, axis=-1)
    if max(height, width) > SIDE:
        colours = keras.ops.image.resize(colours, (SIDE, SIDE), antialias=True, pad_to_aspect_ratio=True)
    else:
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        edges = ((0, 0), (top, SIDE - height - top), (left, SIDE - width - left), (0, 0))
        colours = keras.ops.pad(colours, edges)
    return getattr(keras.applications, name).preprocess_input(colours)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Keras meanwhile; the state of NumPy's and Python's own generators is restored afterwards."""
    import random

    import keras
    import numpy as np

    python, numpy = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
