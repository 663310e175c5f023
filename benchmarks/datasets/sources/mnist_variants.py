"""Variants of MNIST in four IDX files: Fashion-MNIST (Xiao et al. 2017), Kuzushiji-MNIST (Clanuwat et al. 2018) and
QMNIST (Yadav & Bottou 2019).

The checksums are of the compressed files; none of the uncompressed content are known. SHA-256: from
tensorflow-datasets (url_checksums/fashion_mnist.txt and kmnist.txt). MD5: from torchvision (datasets/mnist.py).
"""

from __future__ import annotations

from functools import partial

from benchmarks.datasets.sources.checked_files import DIGITS, as_images, checksums, location_of, read_all
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import DataPlaces, Dataset, Images

Files = tuple[RemoteFile, ...]

FASHION_MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
FASHION = tuple(
    RemoteFile(name, "", FASHION_MIRRORS, f"sha256:{sha256}")
    for name, sha256 in (
        ("train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        ("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        ("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        ("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    )
)
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
# one host, two URLs: no other mirror is known to have these files
KUZUSHIJI_MIRRORS = (
    "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
)
KUZUSHIJI = tuple(
    RemoteFile(name, "", KUZUSHIJI_MIRRORS, f"sha256:{sha256}")
    for name, sha256 in (
        ("train-images-idx3-ubyte.gz", "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
        ("train-labels-idx1-ubyte.gz", "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
        ("t10k-images-idx3-ubyte.gz", "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
        ("t10k-labels-idx1-ubyte.gz", "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
    )
)
SYLLABLES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
QMNIST_MIRRORS = (
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
    "https://github.com/facebookresearch/qmnist/raw/master/",
)
QMNIST = tuple(
    RemoteFile(name, "", QMNIST_MIRRORS, f"md5:{md5}")
    for name, md5 in (
        ("qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
        ("qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
        ("qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
        ("qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
    )
)
N_OF_MNIST = 10_000  # the first of QMNIST's 60,000 test digits are MNIST's


def load_four(places: DataPlaces, folder: str, files: Files, class_names: tuple[str, ...]) -> Images:
    """Find or download images and labels of train and test, and verify them."""
    from benchmarks.datasets.readers.idx import parse_idx

    contents = read_all(files, places, folder)
    names = [file.name.removesuffix(".gz") for file in files]
    arrays = [parse_idx(content, name) for content, name in zip(contents, names, strict=True)]
    return as_images((arrays[0], arrays[1]), (arrays[2], arrays[3]), class_names, checksums(names, contents))


def load_qmnist(places: DataPlaces, files: Files = QMNIST, n_of_mnist: int = N_OF_MNIST) -> Images:
    """Return QMNIST's training digits (MNIST's), and its 50,000 additional test digits.

    Labels have eight columns; the first is the digit.
    """
    from benchmarks.datasets.readers.idx import parse_idx, parse_idx_integers

    contents = read_all(files, places, "qmnist")
    names = [file.name.removesuffix(".gz") for file in files]
    images = [parse_idx(contents[i], names[i]) for i in (0, 2)]
    labels = [parse_idx_integers(contents[i], names[i]) for i in (1, 3)]
    digits = [table[:, 0] if table.ndim == 2 and table.shape[1] else table for table in labels]
    train, test = (images[0], digits[0]), (images[1][n_of_mnist:], digits[1][n_of_mnist:])
    return as_images(train, test, DIGITS, checksums(names, contents), centred=True)


DATASETS = (
    Dataset(
        "fashion-mnist",
        "70,000 images of clothing (Xiao et al. 2017)",
        partial(load_four, folder="fashion-mnist", files=FASHION, class_names=CLOTHES),
        lambda places: location_of(FASHION, places, "fashion-mnist"),
    ),
    Dataset(
        "kmnist",
        "70,000 characters of cursive Japanese (Clanuwat et al. 2018)",
        partial(load_four, folder="kmnist", files=KUZUSHIJI, class_names=SYLLABLES),
        lambda places: location_of(KUZUSHIJI, places, "kmnist"),
    ),
    Dataset(
        "qmnist",
        "MNIST's training digits, 50,000 additional test digits (Yadav & Bottou 2019)",
        load_qmnist,
        lambda places: location_of(QMNIST, places, "qmnist"),
    ),
)
