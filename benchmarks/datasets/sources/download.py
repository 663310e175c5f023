"""Downloads: several mirrors, verified checksums, atomic writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.common.file_lock import file_lock
from benchmarks.datasets.sources.transfer import receive
from benchmarks.datasets.spec import report_to_nobody

LONGEST_WAIT_S = 4 * 3600.0  # while another process downloads the same file
OnDownload = Callable[[str, int, int], object]
NETWORK_ERRORS = (  # text in a network error, and the message for the user
    ("NameResolution", "no network"),
    ("Errno -", "no network"),
    ("unreachable", "no network"),
    ("timed out", "timed out"),
    ("refused", "connection refused"),
    ("Connection broken", "connection lost"),
)


class DownloadError(BenchError):
    """A file is not available locally and cannot be downloaded."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on several mirrors.

    ``sha256`` is that of the *uncompressed* content, which does not depend on a mirror's compression. If none is
    published, ``sha256`` is empty and ``packed`` is the checksum of the compressed file: ``md5:…`` or ``sha256:…``; of
    an answer that is made on demand, there is neither.
    """

    name: str
    sha256: str
    mirrors: tuple[str, ...]
    packed: str = ""


def find(file: RemoteFile, folders: Sequence[Path]) -> Path | None:
    """Return the path of a local file, without reading it.

    If the checksum of its content is known, also that of an uncompressed one, named as Kaggle does: in a folder of its
    own name, or ``train-images.idx3-ubyte``.
    """
    names = [file.name]
    if file.sha256:
        unpacked = file.name.removesuffix(".gz")
        names += [unpacked, unpacked.replace("-idx", ".idx"), f"{unpacked}/{unpacked}"]
    return next((path for folder in folders for name in names if _is_file(path := folder / name)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no permission: treated as absent
        return False


def read_verified(path: Path, file: RemoteFile) -> bytes:
    """Return the uncompressed content of ``path``; raises ``BenchError`` if its checksum is wrong."""
    import hashlib

    from benchmarks.datasets.readers.idx import read_uncompressed

    if not file.sha256:
        check_packed(path, file)
    content = read_uncompressed(path)
    if file.sha256 and hashlib.sha256(content).hexdigest() != file.sha256:
        raise BenchError(
            f"{path} is damaged or another file: its SHA-256 is not {file.sha256[:12]}…; move it away and run again"
        )
    return content


def check_packed(path: Path, file: RemoteFile) -> None:
    """Raise ``BenchError`` unless ``path`` has the published checksum of the compressed file."""
    import hashlib

    kind, _, expected = file.packed.partition(":")
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, partial(hashlib.new, kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({error.strerror or error})") from error
    if found != expected:
        raise BenchError(
            f"{path} is damaged or another file: its {kind} is not {expected[:12]}…; move it away and run again"
        )


def _check(path: Path, file: RemoteFile) -> None:
    """Verify a downloaded file, without loading a large archive into memory."""
    if file.sha256:
        read_verified(path, file)
    elif file.packed:
        check_packed(path, file)


def fetch(file: RemoteFile, cache: Path, on_download: OnDownload = report_to_nobody) -> Path:
    """Download the file into ``cache`` from the first mirror that delivers it intact; return its path.

    Of two processes that need the same file, one downloads and the other waits. Raises
    ``DownloadError`` with each mirror's failure if none delivers, or if ``cache`` cannot be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with file_lock(cache / f"{file.name}.lock", LONGEST_WAIT_S):
            return find(file, (cache,)) or _fetch_from_mirrors(file, cache, on_download)
    except OSError as error:
        raise DownloadError(
            f"cannot write to {cache} ({error.strerror or error}); "
            "choose another folder with --data-dir or DIGITBENCH_CACHE"
        ) from error


def _fetch_from_mirrors(file: RemoteFile, cache: Path, on_download: OnDownload) -> Path:
    import tempfile

    failures = []
    for mirror in file.mirrors:
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as folder:
            try:
                part = _download(mirror + file.name, file.name, Path(folder), on_download)
                _check(part, file)
            except BenchError:
                failures.append(f"{mirror}: damaged file")
                continue
            except (ConnectionError, ValueError) as error:
                failures.append(f"{mirror}: {_short_message(error)}")
                continue
            os.replace(part, cache / file.name)
            return cache / file.name
    raise DownloadError(
        f"{file.name} cannot be downloaded ({'; '.join(failures)}); "
        f"put it into {cache}, or pass its folder with --data-dir"
    )


def _download(url: str, name: str, folder: Path, on_download: OnDownload) -> Path:
    """Download one file; raises ConnectionError where the network or the mirror fails."""
    receive(url, folder / name, lambda done, total: on_download(name, done, total))
    return folder / name


def _short_message(error: Exception) -> str:
    text = " ".join(str(error).split())
    for pattern, meaning in NETWORK_ERRORS:
        if pattern in text:
            return meaning
    return text if len(text) <= 120 else text[:117] + "…"
