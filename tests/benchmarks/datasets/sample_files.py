"""Small user data, written in every supported format."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.benchmarks.datasets.helpers import idx_bytes

N_TRAIN, N_TEST = 36, 12
NAMES = ("alpha", "beta", "gamma")
Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]
Many = Sequence[Any] | NDArray[Any]


def some_images(n: int = N_TRAIN, n_classes: int = 3, seed: int = 0, side: int = 12) -> Arrays:
    """Return distinct light-on-dark images of shape (n, side, side), and cyclic labels."""
    generator = np.random.default_rng(seed)
    images = np.zeros((n, side, side), np.uint8)
    images[:, 2:-2, 2:-2] = generator.integers(60, 256, (n, side - 4, side - 4), np.uint8)
    return images, np.arange(n) % n_classes


def png(image: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def write_folder(root: Path, images: NDArray[np.uint8], labels: Many, names: Sequence[str] = NAMES) -> Path:
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = root / names[label]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:03}.png").write_bytes(png(image))
    return root


def write_idx(root: Path, train: Arrays, test: Arrays | None = None, zipped: bool = True) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for kind, arrays in (("train", train), *((("t10k", test),) if test else ())):
        for name, array in zip((f"{kind}-images-idx3-ubyte", f"{kind}-labels-idx1-ubyte"), arrays, strict=True):
            content = idx_bytes(array)
            (root / f"{name}{'.gz' if zipped else ''}").write_bytes(gzip.compress(content) if zipped else content)
    return root


def write_npz(path: Path, train: tuple[Any, Any], test: tuple[Any, Any] | None = None) -> Path:
    arrays = dict(zip(("x_train", "y_train"), train, strict=True))
    if test:
        arrays |= dict(zip(("x_test", "y_test"), test, strict=True))
    np.savez_compressed(path, **arrays)
    return path


def csv_text(images: NDArray[Any], labels: Many, header: bool = True) -> str:
    flat = images.reshape(len(images), -1)
    lines = [",".join(map(str, (label, *row.tolist()))) for label, row in zip(labels, flat, strict=True)]
    names = ["label", *(f"pixel{i}" for i in range(flat.shape[1]))]
    return "\n".join([*([",".join(names)] if header else []), *lines]) + "\n"


def write_csv(path: Path, images: NDArray[Any], labels: Many, header: bool = True) -> Path:
    path.write_text(csv_text(images, labels, header))
    return path


def write_parquet(path: Path, cells: Many, labels: Many, names: Sequence[str] | None = None) -> Path:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"image": list(cells), "label": list(labels)})
    if names:
        features = {"info": {"features": {"label": {"names": list(names), "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    pyarrow.parquet.write_table(table, path)
    return path
