"""Models that try to harm others: files, processes, the network. Each fails with what it could do."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec

PLACES: list[str] = []


def write_everywhere() -> None:
    for place in map(Path, PLACES):
        for path in [place, *place.rglob("*")] if place.is_dir() else [place]:
            (path / "planted" if path.is_dir() else path).write_bytes(b"mine")


def change_what_is_shared() -> None:
    """Write over the arrays of the trial, which others read too."""
    for array in Path.cwd().parent.glob("*.npy"):
        array.write_bytes(b"mine")
    (Path.cwd().parent / "planted").write_bytes(b"mine")


def delete_everything() -> None:
    for place in PLACES:
        shutil.rmtree(place)


def end_the_bench() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def starve_the_bench() -> None:
    resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))


def use_the_network() -> None:
    socket.create_connection(("127.0.0.1", 9))


def send_a_datagram() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"labels", ("127.0.0.1", 9))


def call_a_service() -> None:
    socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")


HARMS: dict[str, Callable[[], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        write_everywhere,
        change_what_is_shared,
        delete_everything,
        end_the_bench,
        starve_the_bench,
        use_the_network,
        send_a_datagram,
        call_a_service,
    )
}


class Vandal:
    """Succeeds only if its harm is refused."""

    def __init__(self, harm: str, context: BuildContext) -> None:
        self.harm = harm

    def fit(self, X: Any, y: Any) -> Self:
        try:
            HARMS[self.harm]()
        except PermissionError:
            return self
        raise RuntimeError(f"nothing kept it from {self.harm}")

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X), np.int64)


MODELS = tuple(
    ModelSpec(harm, "vandal", f"tries to {harm}", partial(Vandal, harm), features=("pixels",)) for harm in HARMS
)
