"""Activations of an inner layer of a large network: the features of transfer learning (Yosinski et al. 2014)."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from features.pretrained.backbones import NETWORKS, backbone, prepared, seeded
from features.pretrained.backend import REQUIRES, compiled_where_faster
from features.pretrained.precision import layers_in
from features.spec import FeaturePipeline

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

# An inner layer of each network, and the width of the squares that it is averaged over: 4,096 features of an image
# from either. In deeper layers of these networks, 32x32 pixels are reduced to a single point.
LAYERS = {"vgg16": ("block3_pool", 1), "resnet50": ("conv2_block3_out", 2)}

# VGG16 takes half the time of float32 on a processor with bfloat16, whose two significant digits are more than a linear
# classifier needs.
PRECISION = "bfloat16"

SEED = 2015  # of the random weights: one draw for everybody on the same backend
BATCH = 250  # images; more are no faster


class Embedding:
    """The activations of one layer of a network that was trained on photographs, or has random weights.

    It holds no network, and so pickles: the network is created from its seed, or from the file of its weights, when it
    is needed. ``pretrained``: weights from ImageNet; else random ones, which show what the architecture alone gives.
    """

    def __init__(self, network: str, pretrained: bool) -> None:
        self.network = network
        self.pretrained = pretrained
        self.made_from: tuple[Path, str] | None = None

    def fit(self, images: NDArray[np.uint8]) -> Self:
        """Create the network for images of shape (n, height, width). Raises Unavailable without its weights."""
        if self.pretrained:
            weights = NETWORKS[self.network][1]
            self.made_from = weights.path(), weights.content
        self._network_of(images.shape[1:])
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the activations of images of shape (n, height, width), flattened: shape (n, 4096).

        Raises Unavailable if a network that is created again lacks its weights.
        """
        import numpy as np

        model = self._network_of(images.shape[1:])
        X = np.empty((len(images), model.output_shape[1]), np.float32)
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH].astype(np.float32)
            X[start : start + BATCH] = model.predict_on_batch(part)
        return X

    def _network_of(self, shape: tuple[int, ...]) -> keras.Model:
        """Return the network that maps images of this shape to rows."""
        if not self.made_from:
            return _network_for(self.network, shape)
        path, content = self.made_from
        file = NETWORKS[self.network][1].path_of(content, last_seen=path)
        return _network_for(self.network, shape, file, content)


@lru_cache(maxsize=4)
def _network_for(network: str, shape: tuple[int, ...], file: Path | None = None, content: str = "") -> keras.Model:
    """Return a cached network that maps images to rows; ``content`` is that of ``file``, which may change."""
    import keras

    layer, width = LAYERS[network]
    with seeded(SEED), layers_in(PRECISION):
        whole = backbone(network, file)
        inner = keras.Model(whole.inputs, whole.get_layer(layer).output)
        images = keras.Input(shape)
        x = inner(prepared(images, network))
        if width > 1:
            x = keras.layers.AveragePooling2D(width)(x)
        return compiled_where_faster(keras.Model(images, keras.layers.Flatten(dtype="float32")(x)))


FEATURES = tuple(
    FeaturePipeline(
        f"{network}-{'imagenet' if pretrained else 'random'}",
        summary=f"layer {LAYERS[network][0]} of {name} with {'ImageNet' if pretrained else 'random'} weights",
        build=partial(Embedding, network, pretrained),
        requires=REQUIRES,
        weights=weights if pretrained else None,
    )
    for network, (name, weights) in NETWORKS.items()
    for pretrained in (True, False)
)
