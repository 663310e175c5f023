"""MNIST: 70,000 handwritten digits (LeCun, Cortes & Burges 1998)."""

from __future__ import annotations

from benchmarks.datasets.sources.checked_files import location_of, read_all
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = tuple(
    RemoteFile(name, sha256, MIRRORS)
    for name, sha256 in (
        ("train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ("train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ("t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ("t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    )
)
FOLDER = "mnist"
N_CLASSES = 10
N_VALIDATION = 10_000


def load(places: DataPlaces, files: tuple[RemoteFile, ...] = FILES) -> Images:
    """Find or download the four files, verify them, and split off the last 10,000 of train for validation."""
    from benchmarks.datasets.preprocessing.cleaning import check_counts, drop_bad_images, reject_bad_images
    from benchmarks.datasets.preprocessing.splits import take
    from benchmarks.datasets.readers.idx import parse_idx

    contents = read_all(files, places, FOLDER)
    arrays = [parse_idx(content, file.name) for content, file in zip(contents, files, strict=True)]
    check_counts(arrays[0], arrays[1], "train")
    check_counts(arrays[2], arrays[3], "test")
    training, dropped = drop_bad_images(Split(arrays[0], arrays[1].astype("int64")), N_CLASSES, "train")
    return Images(
        train=take(training, slice(0, -N_VALIDATION)),
        validation=take(training, slice(-N_VALIDATION, None)),
        test=reject_bad_images(Split(arrays[2], arrays[3].astype("int64")), N_CLASSES, "test"),
        class_names=tuple(str(digit) for digit in range(N_CLASSES)),
        dropped=dropped,
        checksums=tuple((file.name.removesuffix(".gz"), file.sha256) for file in files),
        centred=True,
    )


def location(places: DataPlaces) -> str | None:
    """Return the folder of the first file if all four exist locally; they are not read."""
    return location_of(FILES, places, FOLDER)


DATASETS = (Dataset("mnist", "70,000 handwritten digits, 60,000 of them for training", load, location),)
