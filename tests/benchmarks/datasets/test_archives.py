"""Zip and tar archives are read as the folders that were packed, without writing anything to disk."""

from __future__ import annotations

import io
import os
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.archives import tar_archive, zip_archive
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message, files_in
from tests.benchmarks.datasets.sample_files import (
    png,
    some_images,
    write_csv,
    write_folder,
    write_idx,
    write_npz,
    write_parquet,
)
from tests.benchmarks.datasets.test_user_data_formats import whole

TRAIN, TEST = some_images(), some_images(12, seed=1)
MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}
SUFFIXES = (".zip", ".ZIP", *MODES)
Pack = Callable[[Path, Path], Path]


def opened(path: Path) -> Images:
    return open_path(str(path), PreprocessingOptions())


def pack(folder: Path, target: Path, top: str = "") -> Path:
    """Pack everything in a folder, with or without a folder around it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if target.suffix.lower() == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, top + path.relative_to(folder).as_posix())
    else:
        suffix = "".join(target.suffixes).removeprefix(target.name.partition(".")[0])
        with tarfile.open(target, MODES[suffix]) as tar:  # type: ignore[call-overload]
            for path in files:
                tar.add(path, top + path.relative_to(folder).as_posix())
    return target


def packed_folder(root: Path) -> Path:
    write_folder(root / "train", *TRAIN)
    write_folder(root / "test", *TEST)
    return root


def packed_tables(root: Path) -> Path:
    root.mkdir()
    write_csv(root / "train.csv", *TRAIN)
    write_csv(root / "test.csv", *TEST)
    return root


def packed_shards(root: Path) -> Path:
    root.mkdir()
    write_parquet(root / "train.parquet", [png(image) for image in TRAIN[0]], TRAIN[1])
    write_parquet(root / "test.parquet", [png(image) for image in TEST[0]], TEST[1])
    return root


def packed_npz(root: Path) -> Path:
    root.mkdir()
    write_npz(root / "data.npz", TRAIN, TEST)
    return root


CONTENTS: dict[str, Callable[[Path], Path]] = {
    "folder": packed_folder,
    "idx": lambda root: write_idx(root, TRAIN, TEST),
    "csv": packed_tables,
    "parquet": packed_shards,
    "npz": packed_npz,
}


@pytest.mark.parametrize("top", ["", "some data/"])
@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_an_archive_is_read_as_the_folder_that_was_packed(suffix: str, kind: str, top: str, tmp_path: Path) -> None:
    folder = CONTENTS[kind](tmp_path / "data")
    images = opened(pack(folder, tmp_path / f"data{suffix}", top))
    expected = opened(folder)
    assert whole(images) == whole(expected)
    assert [note for note in images.notes if "polarity" not in note] == [
        note for note in expected.notes if "polarity" not in note
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_of_archive_is_read_and_nothing_is_written(suffix: str, tmp_path: Path) -> None:
    path = pack(write_folder(tmp_path / "data", *TRAIN), tmp_path / f"letters{suffix}")
    before = files_in(tmp_path)
    images = opened(path)
    assert images.n_trainable == 30 and images.source == str(path)
    assert files_in(tmp_path) == before


def test_what_an_archive_holds_has_a_path(tmp_path: Path) -> None:
    write_folder(tmp_path / "data" / "other", *TEST)
    write_folder(tmp_path / "data" / "letters", *TRAIN)
    path = pack(tmp_path / "data", tmp_path / "two.zip")
    assert whole(opened(path / "letters")) == whole(opened(tmp_path / "data" / "letters"))
    assert "there is no such file" in error_message(lambda: opened(path / "digits"))


def test_a_table_on_its_own_may_be_zipped(tmp_path: Path) -> None:
    packed_tables(tmp_path / "data")
    with zipfile.ZipFile(tmp_path / "train.csv.zip", "w") as archive:
        archive.write(tmp_path / "data" / "train.csv", "train.csv")
    assert opened(tmp_path / "train.csv.zip").n_trainable + 6 == 36


def test_a_folder_may_hold_one_archive(tmp_path: Path) -> None:
    write_folder(tmp_path / "data", *TRAIN)
    (tmp_path / "download").mkdir()
    path = pack(tmp_path / "data", tmp_path / "download" / "letters.tgz")
    assert whole(opened(tmp_path / "download")) == whole(opened(path))
    path.rename(tmp_path / "data" / "letters.tgz")
    assert "passed over: letters.tgz" in opened(tmp_path / "data").notes


def test_what_macos_and_windows_add_is_no_class(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for i, (image, label) in enumerate(zip(*TRAIN, strict=True)):
            archive.writestr(f"letters\\{'abc'[label]}\\{i}.png", png(image))
            archive.writestr(f"__MACOSX/letters/{'abc'[label]}/._{i}.png", b"no image")
        archive.writestr("letters/.DS_Store", b"x")
        archive.writestr("letters/a/Thumbs.db", b"x")
        archive.writestr("letters/a/@eaDir/thumb.png", b"x")
    images = opened(tmp_path / "d.zip")
    assert images.class_names == ("a", "b", "c") and images.n_trainable == 30


def test_names_in_utf_8_need_no_mark(tmp_path: Path) -> None:
    """macOS writes decomposed names in UTF-8 and leaves the flag for UTF-8 unset."""
    names = ("é", "ü", "字")
    with zipfile.ZipFile(tmp_path / "unmarked.zip", "w") as archive:
        for i, (image, label) in enumerate(zip(*TRAIN, strict=True)):
            entry = _Unmarked(f"{unicodedata.normalize('NFD', names[label])}/{i}.png")
            archive.writestr(entry, png(image))
    assert opened(tmp_path / "unmarked.zip").class_names == names


class _Unmarked(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(), self.flag_bits & ~zip_archive.UTF_8


def test_any_bytes_are_accepted_in_the_names_of_a_tar(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", *TRAIN)
    os.rename(folder / "alpha" / "000.png", os.fsencode(folder / "alpha") + b"/caf\xe9.png")
    (folder / "alpha" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"no image")
    message = error_message(lambda: opened(pack(folder, tmp_path / "d.tar.gz")))
    assert "d.tar.gz/alpha/caf\\xe9.png cannot be read as an image" in message


def with_entry(name: str, **changed: object) -> Pack:
    """Pack a folder into a tar, and one more entry."""

    def write(folder: Path, root: Path) -> Path:
        path = pack(folder, root / "d.tar")
        with tarfile.open(path, "a") as tar:
            entry = tarfile.TarInfo(name)
            for attribute, value in changed.items():
                setattr(entry, attribute, value)
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))
        return path

    return write


def with_zip_entry(name: str, mode: int = 0o100644, flags: int = 0) -> Pack:
    def write(folder: Path, root: Path) -> Path:
        path = pack(folder, root / "d.zip")
        with zipfile.ZipFile(path, "a") as archive:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, b"target")
            entry.flag_bits |= flags
        return path

    return write


def zip_bomb(folder: Path, root: Path) -> Path:
    with zipfile.ZipFile(root / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(8):
            archive.writestr(f"a/{i}.png", bytes(200_000))
    return root / "d.zip"


def tar_bomb(folder: Path, root: Path) -> Path:
    with tarfile.open(root / "d.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("a/0.png")
        entry.size = 2 << 20
        tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    return root / "d.tar.gz"


def header_bomb(folder: Path, root: Path) -> Path:
    """Write a comment of two megabytes, which tarfile reads at once."""
    with tarfile.open(root / "d.tar.gz", "w:gz", pax_headers={"comment": "x" * (2 << 20)}):
        pass
    return root / "d.tar.gz"


def half(folder: Path, root: Path, name: str) -> Path:
    path = pack(folder, root / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def without_header(folder: Path, root: Path) -> Path:
    """Zero the header of a file in the middle."""
    path = pack(folder, root / "d.tar")
    with tarfile.open(path) as tar:
        at = tar.getmembers()[15].offset
    content = path.read_bytes()
    path.write_bytes(content[:at] + bytes(512) + content[at + 512 :])
    return path


def concatenated(folder: Path, root: Path) -> Path:
    path = pack(folder / "alpha", root / "d.tar", "alpha/")
    path.write_bytes(path.read_bytes() + pack(folder / "beta", root / "e.tar", "beta/").read_bytes())
    return path


def cut(name: str, n_bytes: int) -> Pack:
    """Cut the last bytes off, which are checksums and sizes."""

    def write(folder: Path, root: Path) -> Path:
        path = pack(folder, root / name)
        path.write_bytes(path.read_bytes()[:-n_bytes])
        return path

    return write


def wrong_checksum(folder: Path, root: Path) -> Path:
    path = pack(folder, root / "d.tar.gz")
    content = bytearray(path.read_bytes())
    content[-8] ^= 1
    path.write_bytes(content)
    return path


REFUSED: dict[str, tuple[str, Pack]] = {
    "tar: absolute": ("leads out of it", with_entry("/etc/passwd")),
    "tar: ..": ("leads out of it", with_entry("a/../../b.png")),
    "tar: link": ("a link or a device", with_entry("alpha/x.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "tar: hard link": ("a link or a device", with_entry("alpha/x.png", type=tarfile.LNKTYPE, linkname="alpha/000.png")),
    "tar: device": ("a link or a device", with_entry("alpha/x.png", type=tarfile.CHRTYPE)),
    "tar: twice": ("alpha/000.png twice", with_entry("alpha/000.png", size=3)),
    "tar: file and folder": ("alpha twice", with_entry("alpha", size=3)),
    "tar: bomb": ("MiB uncompressed", tar_bomb),
    "tar: header bomb": ("MiB uncompressed", header_bomb),
    "tar: truncated": ("", lambda folder, root: half(folder, root, "d.tar")),
    "tar.gz: truncated": ("not a readable tar archive", lambda folder, root: half(folder, root, "d.tar.gz")),
    "tar.xz: truncated": ("not a readable tar archive", lambda folder, root: half(folder, root, "d.tar.xz")),
    "tar: no header": ("data behind its end", without_header),
    "tar: concatenated": ("data behind its end", concatenated),
    "tar.gz: no trailer": ("not a readable tar archive", cut("d.tar.gz", 6)),
    "tar.bz2: no trailer": ("not a readable tar archive", cut("d.tar.bz2", 4)),
    "tar.xz: no trailer": ("not a readable tar archive", cut("d.tar.xz", 8)),
    "tar.gz: wrong checksum": ("not a readable tar archive", wrong_checksum),
    "zip: absolute": ("leads out of it", with_zip_entry("/etc/passwd")),
    "zip: ..": ("leads out of it", with_zip_entry("../b.png")),
    "zip: drive": ("leads out of it", with_zip_entry("C:\\b.png")),
    "zip: link": ("a link or a device", with_zip_entry("alpha/x.png", 0o120777)),
    "zip: encrypted": ("an encrypted file", with_zip_entry("alpha/x.png", flags=1)),
    "zip: bomb": ("MiB uncompressed", zip_bomb),
    "zip: truncated": ("not a readable zip archive", lambda folder, root: half(folder, root, "d.zip")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_an_archive_should_not_hold_is_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tar_archive, zip_archive):
        monkeypatch.setattr(module, "LARGEST", 1 << 20)
    expected, write = REFUSED[case]
    path = write(write_folder(tmp_path / "data", *TRAIN), tmp_path)
    message = error_message(lambda: opened(path))
    assert expected in message and path.name in message and len(message) < 300 + len(str(tmp_path))


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w"):
        pass
    (tmp_path / "d.tar").write_bytes(b"")
    assert "no subfolders" in error_message(lambda: opened(tmp_path / "d.zip"))
    assert "not a readable tar archive" in error_message(lambda: opened(tmp_path / "d.tar"))


def test_several_archives_in_a_folder_are_named(tmp_path: Path) -> None:
    for name in ("train.zip", "test.zip"):
        (tmp_path / name).write_bytes(b"")
    message = error_message(lambda: open_path(str(tmp_path), PreprocessingOptions()))
    assert "has several archives (test.zip, train.zip); pass one, or unpack them" in message
