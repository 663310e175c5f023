"""Files of weights as ``keras.applications`` publishes them, written by the tests themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.pretrained.backbones import NETWORKS, backbone


def write_weights(file: Path, network: str = "vgg16", seed: int = 1) -> Path:
    """Write random weights in the layout of Keras 2: a group a layer, its arrays named in attributes."""
    import h5py
    import keras

    keras.utils.set_random_seed(seed)
    with h5py.File(file, "w") as opened:
        layers = backbone(network).layers
        opened.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        opened.attrs["backend"], opened.attrs["keras_version"] = b"tensorflow", b"2.0.8"
        for layer in layers:
            group = opened.create_group(layer.name)
            arrays = {f"{layer.name}_{i}:0": np.asarray(value) for i, value in enumerate(layer.get_weights())}
            group.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                group[name] = array
    return file


def write_headings(file: Path, network: str = "vgg16", content: float = 0.0) -> Path:
    """Write a file that looks like one of weights until they are read."""
    import h5py

    with h5py.File(file, "w") as opened:
        opened[NETWORKS[network][1].layer + "/kernel"] = [content]
    return file


def give_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget files given before; what a test gives is forgotten at its end."""
    for _, weights in NETWORKS.values():
        monkeypatch.setenv(weights.variable, "")  # which makes monkeypatch put it back
        monkeypatch.delenv(weights.variable)
