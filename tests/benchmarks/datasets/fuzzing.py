"""Good files of every format and of every published dataset, changed at random, and reading them as a run does."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image
from scipy.io import savemat

from benchmarks.common.errors import BenchError
from benchmarks.datasets.openml.arff import as_csv
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.sources import emnist, mnist, mnist_c, mnist_variants, usps
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import DataPlaces, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import fake_mnist, idx_bytes
from tests.benchmarks.datasets.sample_files import csv_text, png, some_images, write_parquet
from tests.benchmarks.datasets.test_normalization import encoded
from tests.benchmarks.datasets.test_published_datasets import integers, npy

IMAGES, LABELS = some_images(12, 3, side=6)
LONGEST = 300  # characters of a message, without the folder's path
Files = dict[str, bytes]
Pack = Callable[[Files], Files]


def unchanged(files: Files) -> Files:
    return files


@dataclass(frozen=True)
class Seed:
    """Good contents that are changed before they are packed, or after; ``read`` reads the folder that they are in."""

    files: Files
    read: Callable[[Path], object]
    pack: Pack = unchanged


def compressed(compress: Callable[[bytes], bytes], suffix: str) -> Pack:
    return lambda files: {f"{name}{suffix}": compress(content) for name, content in files.items()}


def zipped(name: str) -> Pack:
    def pack(files: Files) -> Files:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for inner, content in files.items():
                archive.writestr(inner, content)
        return {name: buffer.getvalue()}

    return pack


def tarred(name: str, mode: str) -> Pack:
    def pack(files: Files) -> Files:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
            for inner, content in files.items():
                entry = tarfile.TarInfo(inner)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return {name: buffer.getvalue()}

    return pack


def at(name: str, **reading: Any) -> Callable[[Path], object]:
    """Return what reads the file or folder of that name as ``--dataset`` does."""
    options = PreprocessingOptions(centre=bool(reading), reading=ReadingOptions(**reading))
    return lambda folder: open_path(str(folder / name), options)


def mat(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, arrays)
    return buffer.getvalue()


def hdf5(**arrays: Any) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in arrays.items():
            file[name] = np.asarray(array).T
    return buffer.getvalue()


def parquet(cells: Any) -> bytes:
    buffer = io.BytesIO()
    write_parquet(buffer, cells, LABELS)  # type: ignore[arg-type]
    return buffer.getvalue()


def pictures(kind: str) -> Files:
    """Return a folder of images of one format, of two classes, with and without colour and opacity."""
    modes = ("L", "RGB", "RGBA") if kind in ("PNG", "WEBP", "TIFF") else ("L", "RGB")
    files = {}
    for i, image in enumerate(IMAGES):
        picture = Image.fromarray(image).convert(modes[i % len(modes)])
        files[f"data/{'ab'[i % 2]}/{i}.{kind.lower()}"] = encoded(picture, kind)
    return files


ARFF = "\n".join(
    ["@relation r", *(f"@attribute p{i} real" for i in range(36)), "@attribute 'a class' {0,1,2}", "@data"]
    + [",".join(map(str, [*image.ravel().tolist(), label])) for image, label in zip(IMAGES, LABELS, strict=True)]
).encode()
CSV = csv_text(IMAGES, LABELS).encode()
FRACTIONS = csv_text(IMAGES / 255, list("abc") * 4, header=False).encode()
NAMED = "\n".join(["name,label", *(f"{i}.png,{label}" for i, label in enumerate(LABELS))]).encode()
PARTS = ["train"] * 9 + ["test"] * 3
CSV_OF_PARTS = "\n".join(f"{line},{of}" for line, of in zip(CSV.decode().splitlines(), ["split", *PARTS], strict=True))
BY_WRITER = {f"w{i % 2}/{i}.png": png(image) for i, image in enumerate(IMAGES)}
NAMED_OF_PARTS = "\n".join(
    ["file,label,Usage", *(f"{name},{of},{part}" for name, of, part in zip(BY_WRITER, LABELS, PARTS, strict=True))]
).encode()
SORTED = {f"train/{of}/{i}.png": png(image) for i, (image, of) in enumerate(zip(IMAGES, LABELS, strict=True))}
EMNIST_LABELS = LABELS + 1
IMAGES_NAME, LABELS_NAME = "images-idx3-ubyte", "labels-idx1-ubyte"
USER: dict[str, list[Seed]] = {
    "idx": [
        Seed(
            {"train-images-idx3-ubyte": idx_bytes(IMAGES), "train-labels-idx1-ubyte": idx_bytes(LABELS)}, at("."), pack
        )
        for pack in (unchanged, compressed(gzip.compress, ".gz"))
    ],
    "emnist": [
        Seed({"emnist-letters-train.csv": csv_text(IMAGES, EMNIST_LABELS, header=False).encode()}, at(".")),
        Seed(
            {
                "emnist-letters-train-images-idx3-ubyte": idx_bytes(IMAGES),
                "emnist-letters-train-labels-idx1-ubyte": idx_bytes(EMNIST_LABELS),
            },
            at("."),
            compressed(gzip.compress, ".gz"),
        ),
    ],
    "npz": [
        Seed({"x_train.npy": npy(IMAGES), "y_train.npy": npy(LABELS)}, at("d.npz"), zipped("d.npz")),
        Seed({"x.npy": npy(IMAGES / 255), "y.npy": npy(np.array(list("abc") * 4))}, at("d.npz"), zipped("d.npz")),
        Seed({"n/x_train.npy": npy(IMAGES), "n/y_train.npy": npy(LABELS)}, at("n", pixel_range=(-1, 300))),
    ],
    "named": [
        Seed(
            {"train.csv": NAMED, **{f"train/{i}.png": png(image) for i, image in enumerate(IMAGES)}},
            at("."),
            pack,
        )
        for pack in (unchanged, zipped("d.zip"))
    ]
    + [
        Seed({"d.csv": NAMED_OF_PARTS, **{f"images/{name}": image for name, image in BY_WRITER.items()}}, at(".")),
        Seed({"test.csv": NAMED, **{f"test/{i}.png": png(image) for i, image in enumerate(IMAGES)}, **SORTED}, at(".")),
    ],
    "csv": [
        Seed({"train.csv": CSV, "test.csv": CSV}, at(".")),
        Seed({"d.csv": CSV_OF_PARTS.encode()}, at("d.csv")),
        Seed(
            {"d.csv": csv_text(IMAGES / 255, list("abcabcabcabc"), header=False).encode()}, at("d.csv", heading=False)
        ),
        Seed({"d.csv": CSV}, at("d.csv.gz", transpose=True), compressed(gzip.compress, ".gz")),
        Seed({"d.csv": FRACTIONS.replace(b",", b";").replace(b".", b",")}, at("d.csv", heading=False)),
        Seed({"d.tsv": CSV.replace(b",", b"\t").decode().encode("utf-16")}, at("d.tsv", pixel_range=(0, 1000))),
    ],
    "parquet": [
        Seed({"d.parquet": parquet([png(image) for image in IMAGES])}, at("d.parquet")),
        Seed({"d.parquet": parquet([{"bytes": png(image), "path": "x"} for image in IMAGES])}, at("d.parquet")),
    ],
    "mat": [
        Seed({"d.mat": mat(X=IMAGES, y=LABELS)}, at("d.mat")),
        Seed(
            {
                "d.mat": mat(
                    dataset={
                        "train": {"images": IMAGES.reshape(12, -1), "labels": LABELS[:, None]},
                        "test": {"images": IMAGES.reshape(12, -1), "labels": LABELS[:, None]},
                        "mapping": np.array([[i, 65 + i] for i in range(3)]),
                    }
                )
            },
            at("d.mat"),
        ),
        Seed({"d.mat": mat(images=IMAGES, labels=np.array(list("abc") * 4, object))}, at("d.mat")),
    ],
    "hdf5": [Seed({"d.mat": hdf5(x=IMAGES, y=LABELS)}, at("d.mat"))],
    "images": [Seed(pictures(kind), at("data")) for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")],
    "zip": [Seed({f"a/{name}": content for name, content in pictures("PNG").items()}, at("d.zip"), zipped("d.zip"))],
    "tar": [
        Seed(pictures("PNG"), at(f"d.tar{suffix}"), tarred(f"d.tar{suffix}", f"w:{suffix[1:]}"))
        for suffix in ("", ".gz", ".bz2", ".xz")
    ],
    "arff": [Seed({"d.arff": ARFF}, lambda folder: as_csv((folder / "d.arff").read_bytes(), ("p0",), "d.arff"))],
}


def published(folder: Path, load: Callable[[DataPlaces, tuple[RemoteFile, ...]], object]) -> object:
    """Load a published dataset from files in a folder, whose checksums are right whatever they hold."""
    files = tuple(
        RemoteFile(path.name, "", ("http://127.0.0.1:9/",), f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    return load(DataPlaces((folder.parent,), folder.parent / "cache"), files)


def in_order(files: tuple[RemoteFile, ...], *starts: str) -> tuple[RemoteFile, ...]:
    return tuple(next(file for file in files if file.name.startswith(start)) for start in starts)


TRAIN, TRAIN_LABELS, TEST, TEST_LABELS = fake_mnist(n_test=30)
FOUR = {
    "train-images-idx3-ubyte": idx_bytes(TRAIN),
    "train-labels-idx1-ubyte": idx_bytes(TRAIN_LABELS),
    "t10k-images-idx3-ubyte": idx_bytes(TEST),
    "t10k-labels-idx1-ubyte": idx_bytes(TEST_LABELS),
}
ORDER = ("train-im", "train-la", "t10k-im", "t10k-la")
EIGHT = [np.stack([column, *[column * 0 + 7] * 7], axis=1) for column in (TRAIN_LABELS, TEST_LABELS)]
USPS = "\n".join(
    f"{i % 10 + 1} {' '.join(f'{k + 1}:{v:g}' for k, v in enumerate(row))} "
    for i, row in enumerate(np.random.default_rng(0).uniform(-1, 1, (20, 256)).round(2))
).encode()


def in_folder(folder: str, pack: Pack) -> Pack:
    return lambda files: {f"{folder}/{name}": content for name, content in pack(files).items()}


def corrupted_members() -> Files:
    members: Files = {}
    for corruption in (mnist_c.CLEAN, *mnist_c.CORRUPTIONS):
        arrays = {"train_images": TRAIN, "train_labels": TRAIN_LABELS, "test_images": TEST, "test_labels": TEST_LABELS}
        members |= {f"mnist_c/{corruption}/{name}.npy": npy(array) for name, array in arrays.items()}
    return members


gz = compressed(gzip.compress, ".gz")
PUBLISHED: dict[str, list[Seed]] = {
    "mnist": [
        Seed(
            FOUR,
            lambda at: published(at / "mnist", lambda places, files: mnist.load(places, in_order(files, *ORDER))),
            in_folder("mnist", gz),
        )
    ],
    "fashion-mnist": [
        Seed(
            FOUR,
            lambda at: published(
                at / "fashion-mnist",
                lambda places, files: mnist_variants.load_four(
                    places, "fashion-mnist", in_order(files, *ORDER), mnist_variants.CLOTHES
                ),
            ),
            in_folder("fashion-mnist", gz),
        )
    ],
    "qmnist": [
        Seed(
            {
                "a-train-images": FOUR["train-images-idx3-ubyte"],
                "b-train-labels": integers(EIGHT[0]),
                "c-test-images": FOUR["t10k-images-idx3-ubyte"],
                "d-test-labels": integers(EIGHT[1]),
            },
            lambda at: published(
                at / "qmnist", lambda places, files: mnist_variants.load_qmnist(places, files, n_of_mnist=2)
            ),
            in_folder("qmnist", gz),
        )
    ],
    "emnist-letters": [
        Seed(
            {
                f"gzip/emnist-letters-{kind}-ubyte.gz": gzip.compress(idx_bytes(array))
                for kind, array in zip(emnist.FILES, (TRAIN, TRAIN_LABELS + 1, TEST, TEST_LABELS + 1), strict=True)
            },
            lambda at: published(
                at / "emnist", lambda places, files: emnist.load(places, "letters", emnist.LETTERS, files[0])
            ),
            in_folder("emnist", zipped("gzip.zip")),
        )
    ],
    "usps": [
        Seed(
            {"usps": USPS, "usps.t": USPS},
            lambda at: published(at / "usps", lambda places, files: usps.load(places, (files[0], files[1]))),
            in_folder("usps", compressed(bz2.compress, ".bz2")),
        )
    ],
    "mnist-c": [
        Seed(
            corrupted_members(),
            lambda at: published(at / "mnist-c", lambda places, files: mnist_c.load(places, files[0])),
            in_folder("mnist-c", zipped("mnist_c.zip")),
        )
    ],
}
SEEDS = {**USER, **PUBLISHED}

WORDS = (
    *(b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1", b"\1\0\0\0", b",,,,", b"-1e9"),
    *(b"nan\n", b"inf,", b'"', b"'", b"\r\n", b"\n\n", b"1e999", b"0x10", b"1_0", b"{0 1}", b"\xef\xbb\xbf", b"\0"),
    *("١٢".encode(), b"-1", b":", b" 257:1", b"999999999999999999999", b"@data\n", b"%", b"\\", b"../", b"/"),
)


def mutated(content: bytes, random: Random) -> bytes:
    """Return a file with some of its bytes changed, removed, repeated or overwritten, mostly near its beginning."""
    body = bytearray(content)
    for _ in range(random.randint(1, 6)):
        end = random.choice((len(body), len(body), min(len(body), 400)))
        place, n = random.randrange(end + 1), random.choice((1, 1, 2, 4, 8, 16, 64))
        change = random.randrange(7)
        if change == 0:
            body[place : place + n] = random.randbytes(min(n, len(body) - place))
        elif change == 1:
            del body[place : place + n]
        elif change == 2:
            body[place:place] = body[place : place + n] * random.choice((1, 1, 50))
        elif change == 3:
            word = random.choice(WORDS)
            body[place : place + len(word)] = word
        elif change == 4:
            body[place:place] = random.choice(WORDS)
        elif change == 5 and place < len(body):
            body[place] = (body[place] + random.choice((-1, 1, 128))) % 256
        elif change == 6 and random.random() < 0.2:
            del body[place:]
    return bytes(body)


def changed(seed: Seed, random: Random) -> Files:
    """Return packed files of which some, or what they were packed from, are changed."""

    def some(files: Mapping[str, bytes]) -> Files:
        names = set(random.sample(sorted(files), k=random.randint(1, min(2, len(files)))))
        return {name: mutated(content, random) if name in names else content for name, content in files.items()}

    return seed.pack(some(seed.files)) if random.random() < 0.6 else some(seed.pack(seed.files))


def read(seed: Seed, files: Files, folder: Path) -> None:
    """Read files as a run does; only ``BenchError`` is allowed, with a message of one line that is not too long."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    try:
        seed.read(folder)
    except BenchError as error:
        assert len(str(error).splitlines()) == 1, error
        assert len(str(error).replace(str(folder), "")) <= LONGEST, error


def good(seed: Seed) -> Files:
    return seed.pack(dict(seed.files))
