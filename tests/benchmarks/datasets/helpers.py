"""Small substitutes for real files and splits, and assertions about errors."""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.common.errors import BenchError
from benchmarks.datasets.sources import mnist
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import Split
from tests.benchmarks.datasets.loopback import Mirrors, Response

FakeMnist = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def idx_bytes(array: NDArray[Any], type_code: int = 0x08) -> bytes:
    """Return the IDX file of an array of bytes."""
    header = bytes([0, 0, type_code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def remote(content: bytes, *mirrors: str, name: str = "images.gz") -> RemoteFile:
    """Return the ``RemoteFile`` of this uncompressed content."""
    return RemoteFile(name, hashlib.sha256(content).hexdigest(), mirrors)


def fake_mnist(n_train: int = 30, n_test: int = 12) -> FakeMnist:
    """Return random images and labels in the order of MNIST's four files."""
    generator = np.random.default_rng(0)
    return (
        generator.integers(0, 256, (n_train, 28, 28), np.uint8),
        np.arange(n_train, dtype=np.uint8) % 10,
        generator.integers(0, 256, (n_test, 28, 28), np.uint8),
        np.arange(n_test, dtype=np.uint8) % 10,
    )


def serve(mirrors: Mirrors, arrays: FakeMnist) -> tuple[RemoteFile, ...]:
    """Serve the arrays under the names of MNIST's files; return their ``RemoteFile`` entries."""
    files = []
    for file, array in zip(mnist.FILES, arrays, strict=True):
        content = idx_bytes(array)
        url = mirrors.serve("mnist", file.name, Response(gzip.compress(content)))
        files.append(remote(content, url, name=file.name))
    return tuple(files)


def numbered(labels: NDArray[np.int64]) -> Split:
    """Return a split of tiny images that encode their index; see ``numbers``."""
    n = len(labels)
    return Split(np.arange(n, dtype=np.uint16).view(np.uint8).reshape(n, 1, 2), labels)


def numbers(split: Split) -> list[int]:
    """Return the indices encoded in images of ``numbered``."""
    return [int(number) for number in np.ascontiguousarray(split.images).view(np.uint16).ravel()]


def error_message(action: Callable[[], object], kind: type[BenchError] = BenchError) -> str:
    """Return the message of the error that ``action`` raises: exactly of this type, one line."""
    with pytest.raises(BenchError) as caught:
        action()
    message = str(caught.value)
    assert type(caught.value) is kind
    assert message.strip()
    assert len(message.splitlines()) == 1
    return message


def files_in(folder: Path) -> list[Path]:
    """Return everything below ``folder`` except empty lock files."""
    return [path for path in folder.rglob("*") if not (path.suffix == ".lock" and path.stat().st_size == 0)]
