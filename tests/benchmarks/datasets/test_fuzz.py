"""For arbitrary bytes in a file, its reader returns images or raises ``BenchError``, never another exception.

The slow test runs for ``DIGITBENCH_FUZZ_S`` seconds, five minutes by default.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions, preprocess
from benchmarks.datasets.readers.idx_files import read_idx
from benchmarks.datasets.readers.image_file import decode_image
from benchmarks.datasets.readers.npz import read_npz
from benchmarks.datasets.readers.parquet import read_parquet
from benchmarks.datasets.readers.parts import Parts
from benchmarks.datasets.readers.pixel_table import read_csv
from benchmarks.datasets.readers.raw_images import RawDataset
from benchmarks.datasets.spec import Preparation
from tests.benchmarks.datasets.helpers import idx_bytes
from tests.benchmarks.datasets.sample_files import csv_text, png, some_images, write_npz, write_parquet
from tests.benchmarks.datasets.test_normalization import encoded

IMAGES, LABELS = some_images(9, 3, side=6)
LONGEST = 300  # characters of a message, without the path
QUICK = 60  # examples of each reader
SECONDS = float(os.environ.get("DIGITBENCH_FUZZ_S", "300"))


def written(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "file")
        return next(Path(folder).iterdir()).read_bytes()


def parquet_seed() -> bytes:
    return written(lambda path: write_parquet(path, [png(image) for image in IMAGES], LABELS))


PICTURE = Image.fromarray(IMAGES[0])
SEEDS: dict[str, list[bytes]] = {
    "idx": [idx_bytes(IMAGES), gzip.compress(idx_bytes(IMAGES))],
    "npz": [
        written(lambda path: write_npz(path.with_suffix(".npz"), (IMAGES, LABELS))),
        written(lambda path: np.savez(path, x=IMAGES / 255.0, y=np.array(list("abcabcabc")))),
    ],
    "csv": [csv_text(IMAGES, LABELS).encode(), csv_text(IMAGES / 255, list("abcabcabc"), header=False).encode()],
    "image": [encoded(PICTURE.convert("RGB"), kind) for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")],
    "parquet": [parquet_seed()],
}


def read(kind: str, content: bytes, folder: Path) -> None:
    """Read and preprocess a file as ``--dataset`` does; only ``BenchError`` is allowed."""
    try:
        if kind == "image":
            frame = normalize_image(decode_image(content, "picture"), Preparation(centred=True))
            assert frame.shape == (28, 28)
        else:
            preprocess(_source(kind, content, folder), "data", PreprocessingOptions())
    except BenchError as error:
        assert len(str(error).splitlines()) == 1, error
        assert len(str(error).replace(str(folder), "")) <= LONGEST, error


def _source(kind: str, content: bytes, folder: Path) -> RawDataset:
    path = folder / f"images.{kind}"
    path.write_bytes(content)
    if kind == "idx":
        (folder / "labels.idx").write_bytes(idx_bytes(LABELS))
        return read_idx(path)
    if kind == "npz":
        return read_npz(path)
    parts = Parts((path,))
    return read_csv(parts) if kind == "csv" else read_parquet(parts)


def mutated(content: bytes, random: Random) -> bytes:
    """Return a valid file with some of its bytes changed, removed, duplicated or overwritten."""
    body = bytearray(content)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(body) + 1)
        n = random.choice((1, 1, 2, 4, 16, 64))
        change = random.randrange(4)
        if change == 0:
            body[at : at + n] = random.randbytes(min(n, len(body) - at))
        elif change == 1:
            del body[at : at + n]
        elif change == 2:
            body[at:at] = body[at : at + n]
        else:
            body[at : at + 4] = random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b",,,,", b"-1e9", b"nan\n"))
    return bytes(body)


@pytest.mark.parametrize("kind", SEEDS)
@settings(max_examples=QUICK, deadline=None)
@given(data=st.data())
def test_readers_raise_only_bench_errors_on_any_bytes(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seed = data.draw(st.sampled_from(SEEDS[kind]))
    content = data.draw(st.binary(max_size=300) | st.randoms(use_true_random=False).map(lambda r: mutated(seed, r)))
    read(kind, content, tmp_path_factory.getbasetemp())


@given(st.lists(st.lists(st.text(max_size=6), max_size=6), max_size=8))
def test_the_csv_reader_raises_only_bench_errors_on_any_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    text = "\n".join(",".join(row) for row in rows)
    read("csv", text.encode("utf-8", "surrogatepass"), tmp_path_factory.getbasetemp())


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
def test_readers_for_five_minutes(tmp_path: Path) -> None:
    random = Random(os.environ.get("DIGITBENCH_FUZZ_SEED", "0"))
    end = time.monotonic() + SECONDS
    n_read = 0
    while time.monotonic() < end:
        kind = random.choice(list(SEEDS))
        content = mutated(random.choice(SEEDS[kind]), random)
        try:
            read(kind, content, tmp_path)
        except Exception:
            (Path(tempfile.gettempdir()) / f"digitbench-fuzz.{kind}").write_bytes(content)
            raise
        n_read += 1
    assert n_read > 10 * SECONDS


def test_the_seeds_themselves_are_read(tmp_path: Path) -> None:
    for kind, seeds in SEEDS.items():
        for content in seeds:
            if kind == "image":
                assert decode_image(content, kind).ndim in (2, 3)
            else:
                assert _images_of(_source(kind, content, tmp_path)).shape == (28, 28)


def _images_of(source: RawDataset) -> NDArray[np.uint8]:
    return normalize_image(source.train.read(0))
