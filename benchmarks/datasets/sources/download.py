"""Files from the network: several mirrors, a checksum that decides, nothing half-written."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.common.errors import BenchError

SECONDS_WITHOUT_DATA = 10
IN_SHORT = (  # what is looked for in an error of the network, and what it means
    ("NameResolution", "no network"),
    ("Errno -", "no network"),
    ("unreachable", "no network"),
    ("timed out", "no answer in time"),
    ("refused", "connection refused"),
    ("Connection broken", "the connection broke off"),
)


class DownloadError(BenchError):
    """A file is not at hand and cannot be fetched."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that several mirrors offer.

    ``sha256`` is of the *uncompressed* content, which stays the same however a mirror packs it. Where a publisher
    gives none, ``sha256`` is empty and ``packed`` is the checksum of the file as it is offered: ``md5:…`` or
    ``sha256:…``.
    """

    name: str
    sha256: str
    mirrors: tuple[str, ...]
    packed: str = ""


def find(file: RemoteFile, folders: Sequence[Path]) -> Path | None:
    """Return where the file lies, without reading it; gzipped or not, where the content itself has a checksum."""
    names = (file.name, file.name.removesuffix(".gz")) if file.sha256 else (file.name,)
    return next((path for folder in folders for name in names if _is_file(path := folder / name)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into has nothing for us
        return False


def read_verified(path: Path, file: RemoteFile) -> bytes:
    """Return the uncompressed content of ``path``; raises ``BenchError`` if its checksum is wrong."""
    import hashlib

    from benchmarks.datasets.readers.idx import read_uncompressed

    if not file.sha256:
        check_packed(path, file)
    content = read_uncompressed(path)
    if file.sha256 and hashlib.sha256(content).hexdigest() != file.sha256:
        raise BenchError(f"{path} is damaged: its SHA-256 is not {file.sha256[:12]}…; delete it and run again")
    return content


def check_packed(path: Path, file: RemoteFile) -> None:
    """Raise ``BenchError`` unless ``path`` has the checksum of the file as it is offered."""
    import hashlib

    kind, _, expected = file.packed.partition(":")
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, partial(hashlib.new, kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({error.strerror or error})") from error
    if found != expected:
        raise BenchError(f"{path} is damaged: its {kind} is not {expected[:12]}…; delete it and run again")


def _check(path: Path, file: RemoteFile) -> None:
    """Verify a file that was just fetched, without holding a large archive in memory."""
    if file.sha256:
        read_verified(path, file)
    else:
        check_packed(path, file)


def fetch(file: RemoteFile, cache: Path) -> Path:
    """Download the file into ``cache`` from the first mirror that has it whole; return where it lies.

    Of two processes that want the same file, one downloads and the other waits for it. Raises
    ``DownloadError`` with each mirror's failure if none delivers, or if ``cache`` cannot be written.
    """
    from filelock import FileLock

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{file.name}.lock"):
            return find(file, (cache,)) or _from_any_mirror(file, cache)
    except OSError as error:
        raise DownloadError(
            f"cannot write to {cache} ({error.strerror or error}); "
            "choose another folder with --data-dir or DIGITBENCH_CACHE"
        ) from error


def _from_any_mirror(file: RemoteFile, cache: Path) -> Path:
    import tempfile

    failures = []
    for mirror in file.mirrors:
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as folder:
            try:
                part = _download(mirror + file.name, file.name, Path(folder))
                _check(part, file)
            except BenchError:
                failures.append(f"{mirror}: what it sent is damaged")
                continue
            except (ConnectionError, ValueError) as error:
                failures.append(f"{mirror}: {_in_short(error)}")
                continue
            os.replace(part, cache / file.name)
            return cache / file.name
    raise DownloadError(
        f"{file.name} cannot be downloaded ({'; '.join(failures)}); "
        f"put it into {cache} by hand, or name its folder with --data-dir"
    )


def _download(url: str, name: str, folder: Path) -> Path:
    """Download one file with pooch; raises ConnectionError where the network or the mirror fails."""
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    bar = _RichBar(name) if sys.stderr.isatty() else None
    downloader = pooch.HTTPDownloader(progressbar=bar or False, timeout=SECONDS_WITHOUT_DATA)
    try:
        return Path(pooch.retrieve(url, known_hash=None, fname=name, path=folder, downloader=downloader))
    except requests.RequestException as error:
        # requests derives from OSError, which here stands for the disk
        raise ConnectionError(str(error)) from error
    finally:
        if bar:  # pooch closes it only after a success
            bar.close()


def _in_short(error: Exception) -> str:
    text = " ".join(str(error).split())
    for sign, meaning in IN_SHORT:
        if sign in text:
            return meaning
    return text if len(text) <= 120 else text[:117] + "…"


class _RichBar:
    """The few methods of a tqdm bar that pooch calls, drawn by rich."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.total = 0
        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(name)
        self._progress.start()

    def update(self, n_bytes: int) -> None:
        self._progress.update(self._task, total=self.total, advance=n_bytes)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.stop()
