"""Files of weights that do not come with the suite: where they are, how they are fetched, and their checksums."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from features.unavailable import Unavailable

SILENCE_S = 10.0  # a server that does not respond for so long is not available


@dataclass(frozen=True)
class Weights:
    """A network's published weights: one file, in the layout of ``keras.applications`` (HDF5, a group for each layer).

    Parameters
    ----------
    network
        The name of the network, as in ``keras.applications``, in small letters.
    layer
        A layer that only this network has: it identifies a file.
    file, url, md5, size_mb
        The published file: its name, where it is fetched from, its MD5, its size in MB of 10^6 bytes.
    chosen
        Another file to take the weights from; what ``use`` was told counts where this is None.
    """

    network: str
    layer: str
    file: str
    url: str
    md5: str
    size_mb: float
    chosen: Path | None = None

    @property
    def variable(self) -> str:
        """The environment variable that names another file."""
        return f"DIGITBENCH_WEIGHTS_{self.network.upper()}"

    @property
    def folder(self) -> Path:
        """The folder in which Keras stores files of weights."""
        return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"

    def use(self, file: Path | None) -> None:
        """Have this process take the weights from ``file`` from now on; from the published one if it is None."""
        if file:
            os.environ[self.variable] = str(file.absolute())
        else:
            os.environ.pop(self.variable, None)

    @property
    def given(self) -> Path | None:
        """The file to take the weights from instead of the published one."""
        if self.chosen:
            return self.chosen
        return Path(os.environ[self.variable]) if self.variable in os.environ else None

    @property
    def content(self) -> str:
        """The MD5 of the weights that are used, whether they are available locally or not."""
        return md5_of(self.given) if self.given else self.md5

    @property
    def available(self) -> bool:
        """Whether the file exists locally; its content is not checked."""
        return (self.given or self.folder / self.file).is_file()

    def path(self) -> Path:
        """Return the file: the one given, else the published one, fetched by Keras if it is not in Keras' folder.

        Raises Unavailable if it cannot be fetched.
        """
        return self.given or _published(self, self.folder)

    def path_of(self, content: str, last_seen: Path) -> Path:
        """Return a file with the MD5 ``content``, which was once at ``last_seen``. Raises Unavailable without one."""
        if content == self.content:
            return self.path()
        if content == self.md5:
            return _published(self, self.folder)
        if last_seen.is_file() and md5_of(last_seen) == content:
            return last_seen
        raise Unavailable(
            f"the weights of {self.network} were read from {last_seen}, which changed; give --weights FILE"
        )


def md5_of(file: Path) -> str:
    """Return the MD5 of a file, which identifies its content and is not for security. Raises OSError."""
    state = file.stat()
    return _md5(file, state.st_mtime_ns, state.st_size)


@cache
def _md5(file: Path, mtime_ns: int, size: int) -> str:
    import hashlib

    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _published(weights: Weights, folder: Path) -> Path:
    """Return the published file, fetched if need be. Raises Unavailable."""
    path = folder / weights.file
    if path.is_file() and md5_of(path) == weights.md5:
        return path
    if why := _why_not_fetched(weights, folder):
        raise Unavailable(
            f"needs {weights.file} ({weights.size_mb} MB), which cannot be fetched ({why}); "
            f"put it into {_from_home(folder)}, or give --weights FILE"
        )
    return path


def _from_home(folder: Path) -> str:
    """Return the folder with ``~`` for the home folder: what is stored should not name its user."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)


@cache
def _why_not_fetched(weights: Weights, folder: Path) -> str:
    """Have Keras fetch the file; return why it failed, or "". A process tries once."""
    import keras

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder.parent, os.W_OK):  # Keras would write into another folder
            return f"{folder.parent} cannot be written"
        with _impatient():
            keras.utils.get_file(
                weights.file, weights.url, cache_subdir=folder.name, cache_dir=folder.parent, file_hash=weights.md5
            )
    except Exception as error:  # Keras raises bare exceptions
        return " ".join(str(error).rpartition(" -- ")[2].split()) or type(error).__name__  # "… on URL: None -- why"
    return ""


@contextmanager
def _impatient() -> Iterator[None]:
    import socket

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
