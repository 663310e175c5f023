"""Fine-tuning: large networks for photographs, all layers trained, from ImageNet's weights or from random ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from features.pretrained.backbones import NETWORKS, backbone, prepared
from features.pretrained.backend import REQUIRES
from models.networks.keras_classifier import KerasClassifier
from models.networks.normalization import MOMENTUM
from models.networks.training_settings import TRAINING
from models.spec import BuildContext, ModelSpec, with_defaults

if TYPE_CHECKING:
    from keras import KerasTensor

FULL_INK = 255.0  # pixels come as 0..1


def large(x: KerasTensor, context: BuildContext, network: str, pretrained: bool) -> KerasTensor:
    """Return the activations of a network's last convolutions, averaged over the image."""
    from keras import layers, ops

    images = prepared(ops.squeeze(x, -1) * FULL_INK, network)
    whole = backbone(network, NETWORKS[network][1].path() if pretrained else None, onto=images)
    for layer in whole.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return layers.GlobalAveragePooling2D()(whole.output)


def build(context: BuildContext, network: str, pretrained: bool) -> KerasClassifier:
    """Return the network behind fit and predict. Raises Unavailable if it needs weights that cannot be fetched."""
    if pretrained:
        NETWORKS[network][1].path()
    return KerasClassifier(context, partial(large, network=network, pretrained=pretrained))


SETTINGS = with_defaults(
    TRAINING,
    epochs=4,
    min_steps=60,
    schedule="one-cycle",
    learning_rate=0.0003,
    hold_out=False,
    precision="bfloat16",
)


def _row(network: str, pretrained: bool) -> ModelSpec:
    name, weights = NETWORKS[network]
    return ModelSpec(
        name=f"{network}-finetune{'' if pretrained else '-random'}",
        family="transfer",
        summary=f"{name}, all layers trained, {'from ImageNet' if pretrained else 'from random weights'}",
        build=partial(build, network=network, pretrained=pretrained),
        features=("pixels",),
        requires=REQUIRES,
        settings=SETTINGS,
        stochastic=True,
        weights=weights if pretrained else None,
    )


MODELS = tuple(_row(network, pretrained) for pretrained in (True, False) for network in NETWORKS)
