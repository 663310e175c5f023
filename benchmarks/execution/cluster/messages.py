"""What the bench sends to a machine beside orders, and what it hears: files, signs of life, who is there."""

from __future__ import annotations

import contextlib
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from benchmarks.execution.cluster.file_cache import delete_file, read_chunk, receive
from benchmarks.execution.cluster.machines import Machine, Machines
from benchmarks.execution.cluster.order import SavedModelFile
from benchmarks.execution.stages.channel import Stage

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")

CHUNK = 2**20  # a link that needs longer than the patience for so many bytes counts as broken
LOOK_S = 0.5


class MachineLost(Exception):
    """A machine has gone, or gives no sign of life; the message says which of both."""


class MachineTrouble(Exception):
    """Something failed on a machine that is not the trial's fault."""


def imported_there(function: Callable[..., Result]) -> Callable[..., Result]:
    """Return what imports a function where it is called, and calls it.

    Dask sends it as code. Of a function that is sent by its name, a worker or scheduler that does not find it dies.
    """
    module, name = function.__module__, function.__name__

    def call(*arguments: Any) -> Any:
        from importlib import import_module

        return getattr(import_module(module), name)(*arguments)

    return call


@dataclass
class Line:
    """The connection to the machines of a cluster. ``stages``: where each trial is, by the key of its task."""

    client: Client
    machines: Machines
    topic: str = field(default_factory=lambda: f"digitbench-{uuid4().hex}")
    stages: dict[str, Stage] = field(default_factory=dict)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Follow who is connected and what trials tell, until the context ends."""
        done = threading.Event()
        follower = threading.Thread(target=self._follow, args=(done,), daemon=True)
        self.client.subscribe_topic(self.topic, self._heard)
        follower.start()
        try:
            yield
        finally:
            done.set()
            follower.join()

    def call(self, machine: Machine, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns on a machine, also while a trial runs there; raises ``MachineLost``."""
        patience_s = self.machines.patience.lost_after_s
        try:
            # ``client.run`` would wait without end
            found = self.client.sync(
                self.client._run,
                imported_there(function),
                *arguments,
                workers=[machine.address],
                callback_timeout=patience_s,
            )
            return found[machine.address]
        except Exception as error:  # of Dask, tornado or the system; none is the function's own
            raise MachineLost(self.machines.why_lost(machine) or "it cannot be reached") from error

    def send_files(
        self, machine: Machine, names: Sequence[str], files: Mapping[str, tuple[Path, str]], stop: threading.Event
    ) -> None:
        """Send files, whose paths and SHA-256 are given by their names; raises the two exceptions of this module."""
        for name in names:
            path, digest = files[name]
            size, token = path.stat().st_size, uuid4().hex
            with path.open("rb") as file:
                for start in range(0, max(size, 1), CHUNK):
                    if stop.is_set():
                        return
                    fault = self.call(machine, receive, name, digest, token, file.read(CHUNK), start + CHUNK >= size)
                    if fault:
                        raise MachineTrouble(fault)

    def fetch_model(self, machine: Machine, model: SavedModelFile, scratch: Path, outputs: Path) -> None:
        """Fetch a fitted model into the folder for what trials leave; raises ``MachineLost`` or OSError."""
        part = scratch / f"model-{uuid4().hex}.tar"
        try:
            with part.open("wb") as file:
                for start in range(0, model.size, CHUNK):
                    file.write(self.call(machine, read_chunk, model.path, start, CHUNK))
            with tarfile.open(part) as archive:
                archive.extractall(outputs, filter="data")
        finally:
            part.unlink(missing_ok=True)
        self.call(machine, delete_file, model.path)

    def _heard(self, event: tuple[float, Any]) -> None:
        _, message = event
        with contextlib.suppress(KeyError, TypeError, msgspec.DecodeError):
            self.machines.sign_of_life(message["worker"])
            self.stages[message["key"]] = msgspec.json.decode(message["stage"], type=Stage)

    def _follow(self, done: threading.Event) -> None:
        while not done.wait(LOOK_S):
            # while the scheduler is away, many kinds are raised; ``machines`` counts for how long
            with contextlib.suppress(Exception):
                self.look()

    def look(self) -> None:
        """Ask the scheduler who is connected."""
        scheduler: Any = self.client.scheduler
        patience_s = self.machines.patience.lost_after_s
        workers = self.client.sync(scheduler.identity, n_workers=-1, callback_timeout=patience_s)["workers"]
        self.machines.update(
            {address: (_name(address, one["name"]), one["last_seen"]) for address, one in workers.items()}
        )


def _name(address: str, name: object) -> str:
    """Return a worker's name for people: what its user called it, else host and port."""
    text = "".join(character for character in str(name) if character.isprintable())[:40]
    return urlsplit(address).netloc if not text or "://" in text or text.isdecimal() else text
