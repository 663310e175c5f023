"""Data that would take all memory or all time: refused in one line within seconds and within 3 GiB."""

from __future__ import annotations

import gzip
import io
import os
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT

MOST_KB = 3 << 20
READ = """
import resource, sys
from pathlib import Path
from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.datasets.user_data import open_path
what, path = sys.argv[1:]
try:
    open_path(path, PreprocessingOptions()) if what == "dataset" else read_image(Path(path))
    print("it was read")
except BenchError as error:
    print(str(error).replace(path, "PATH"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
Maker = Callable[[Path], Path]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(path: Path, width: int, height: int) -> Path:
    """Write a PNG that says how large it is, and holds nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path


def folder_of(make: Maker) -> Maker:
    """Put what ``make`` writes beside good images in a folder of classes."""

    def write(place: Path) -> Path:
        for name in ("a", "b"):
            (place / "data" / name).mkdir(parents=True)
            for i in range(10):
                Image.new("L", (28, 28), i * 20).save(place / "data" / name / f"{i}.png")
        make(place / "data" / "a")
        return place / "data"

    return write


def many_frames(place: Path) -> Path:
    path = place / "long.gif"
    first = io.BytesIO()
    Image.new("L", (8, 8)).save(first, "GIF")
    body = first.getvalue()
    frame = body[body.index(b",") : -1]
    path.write_bytes(body[:-1] + frame * 200_000 + b";")
    return path


def many_pieces(place: Path) -> Path:
    """A GIF with a comment in pieces of one byte each."""
    path, first = place / "long.gif", io.BytesIO()
    Image.new("L", (8, 8)).save(first, "GIF")
    path.write_bytes(first.getvalue()[:-1] + b"!\xfe" + b"\x01x" * 20_000_000 + b"\0;")
    return path


def many_pages(place: Path) -> Path:
    """A TIFF of 20,000 pages, which are one."""
    path, first = place / "long.tiff", io.BytesIO()
    Image.new("L", (8, 8)).save(first, "TIFF")
    body = bytearray(first.getvalue())
    (start,) = struct.unpack_from("<I", body, 4)
    (n_tags,) = struct.unpack_from("<H", body, start)
    entries = bytes(body[start : start + 2 + 12 * n_tags])
    body += bytes(len(body) % 2)
    end = len(body)
    pages = b"".join(
        entries + struct.pack("<I", end + (i + 1) * (len(entries) + 4) if i < 19_999 else 0) for i in range(20_000)
    )
    struct.pack_into("<I", body, start + 2 + 12 * n_tags, end)
    path.write_bytes(body + pages)
    return path


def gzipped(name: str, head: bytes, block: bytes, times: int) -> Maker:
    def write(place: Path) -> Path:
        with (place / name).open("wb") as file:
            file.write(gzip.compress(head))
            packed = gzip.compress(block, 1)  # gzip reads several parts, one after the other
            for _ in range(times):
                file.write(packed)
        return place / name

    return write


def idx_bomb(place: Path) -> Path:
    gzipped("train-labels-idx1-ubyte.gz", b"", b"", 1)(place)
    return gzipped("train-images-idx3-ubyte.gz", b"\0\0\x08\x03", bytes(1 << 24), 150)(place)


def npz_bomb(place: Path) -> Path:
    path = place / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", bytes(1000))
        archive.writestr("y_train.npy", bytes(1000))
        archive.filelist[0].file_size = 1 << 33
    return path


def no_bytes(place: Path) -> Path:
    """An array of a hundred billion texts of no characters, which takes no bytes."""
    path = place / "none.npz"
    images, labels = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(images, np.zeros((4, 28, 28), np.uint8))
    np.lib.format.write_array_header_1_0(labels, {"descr": "|S0", "fortran_order": False, "shape": (10**11,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", images.getvalue())
        archive.writestr("y_train.npy", labels.getvalue())
    return path


def parquet(kind: str) -> Maker:
    def write(place: Path) -> Path:
        arrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet as files

        path = place / "bomb.parquet"
        if kind == "dictionary":
            indices = arrow.array(np.zeros(20_000, np.int32))
            image = arrow.DictionaryArray.from_arrays(indices, arrow.array([os.urandom(1 << 22)]))
            columns = {"image": image, "label": arrow.array(np.zeros(20_000, np.int64))}
        else:
            column = arrow.array(np.zeros(50_000_000, np.int8))
            columns = {"label": column, "p": column}
        files.write_table(arrow.table(columns), path)
        return path

    return write


def fifo(name: str) -> Maker:
    def write(place: Path) -> Path:
        os.mkfifo(place / name)
        return place / name

    return write


def device(name: str) -> Maker:
    def write(place: Path) -> Path:
        (place / name).symlink_to("/dev/zero")
        return place / name

    return write


def sparse(name: str) -> Maker:
    def write(place: Path) -> Path:
        with (place / name).open("wb") as file:
            file.truncate(1 << 38)
        return place / name

    return write


def a_socket(place: Path) -> Path:
    here = Path.cwd()
    os.chdir(place)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("s.png")
    finally:
        os.chdir(here)
    return place / "s.png"


DATASETS: dict[str, tuple[Maker, str]] = {
    "a large image": (folder_of(lambda place: png(place / "x.png", 30_000, 30_000)), "more than 64,000,000 pixels"),
    "many frames": (folder_of(many_frames), "more than 10,000 images"),
    "many pieces": (folder_of(many_pieces), "more than 10,000 images"),
    "many pages": (folder_of(many_pages), "more than 10,000 images"),
    "gzip of IDX": (idx_bomb, "uncompressed"),
    "gzip of CSV": (gzipped("data.csv.gz", b"label,p0\n", b"1,1\n" * 1_000_000, 25), "5,000,000"),
    "a long line": (gzipped("data.csv.gz", b"", b"1," * 5_000_000, 100), "more than 16,777,216 characters"),
    "a long field": (gzipped("data.csv.gz", b"", b"1" * 10_000_000, 100), "more than 16,777,216 characters"),
    "npz": (npz_bomb, "MiB uncompressed"),
    "values of no bytes": (no_bytes, "values of no bytes"),
    "a dictionary": (parquet("dictionary"), "MiB uncompressed"),
    "many rows": (parquet("rows"), "5,000,000"),
    **{f"FIFO {name}": (fifo(name), "no") for name in ("a.csv", "a.npz", "a.parquet", "train-images-idx3-ubyte", "a")},
    **{f"device {name}": (device(name), "no") for name in ("a.csv", "a.npz", "a.parquet", "x-images-idx3-ubyte")},
    **{f"sparse {name}": (sparse(name), "") for name in ("a.csv", "a.npz", "a.parquet", "x-images-idx3-ubyte")},
}  # fmt: skip
IMAGES: dict[str, tuple[Maker, str]] = {
    "FIFO": (fifo("a.png"), "not a regular file"),
    "device": (device("a.png"), "not a regular file"),
    "socket": (a_socket, "not a regular file"),
    "folder": (lambda place: place, "not a regular file"),
    "sparse": (sparse("a.png"), "larger than"),
    "large": (lambda place: png(place / "a.png", 30_000, 30_000), "more than 64,000,000 pixels"),
}
QUICK = {"FIFO a.csv", "device a.npz", "values of no bytes", "FIFO", "socket", "folder"}


def cases(of: dict[str, tuple[Maker, str]]) -> list[object]:
    return [pytest.param(*case, id=name, marks=[] if name in QUICK else pytest.mark.slow) for name, case in of.items()]


def refused(what: str, path: Path, message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, what, str(path)],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *said, peak_kb = done.stdout.splitlines()
    assert len(said) == 1 and message in said[0] and len(said[0]) < 500, said
    assert "it was read" not in said or not message
    assert int(peak_kb) < MOST_KB


@pytest.mark.parametrize(("make", "message"), cases(DATASETS))
def test_a_dataset_is_read_within_bounds(make: Maker, message: str, tmp_path: Path) -> None:
    refused("dataset", make(tmp_path), message)


@pytest.mark.parametrize(("make", "message"), cases(IMAGES))
def test_an_image_is_read_within_bounds(make: Maker, message: str, tmp_path: Path) -> None:
    refused("image", make(tmp_path), message)
