"""The machines of a cluster: which are there, which is free, and which gives no sign of life."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import duration
from benchmarks.execution.progress import Listener, MachinesChanged

LOOK_S = 0.25


@dataclass(frozen=True)
class Patience:
    """How long, in s, a machine or the scheduler may give no sign of life, and no machine be there."""

    lost_after_s: float = 30.0
    no_machine_s: float = 60.0


@dataclass
class Machine:
    """One worker of the cluster. ``seen``: when it last gave a sign of life; ``heartbeat``: by the scheduler's clock.

    ``refused``: why it can run no trial of this bench. ``troubles``: how many trials failed because of it.
    ``used``: the number of the turn that had it last.
    """

    address: str
    name: str
    heartbeat: float
    seen: float
    is_here: bool = True
    is_silent: bool = False
    refused: str = ""
    troubles: int = 0
    busy: bool = False
    used: int = 0

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or self.address

    @property
    def is_usable(self) -> bool:
        return self.is_here and not self.is_silent and not self.refused


@dataclass
class Machines:
    """Follows the workers of a cluster, and gives those of one host to at most ``at_once`` trials at the same time.

    ``where``: the cluster, as the user named it. ``contact``: when the scheduler last answered. ``usable``: when there
    last was a machine that could run a trial.
    """

    where: str
    at_once: int
    patience: Patience
    tell: Listener
    known: dict[str, Machine] = field(default_factory=dict)
    contact: float = field(default_factory=clock)
    usable: float = field(default_factory=clock)
    queue: list[object] = field(default_factory=list)
    turns: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def places(self) -> int:
        """How many trials can run at the same time on the machines that are there."""
        hosts = Counter(machine.host for machine in self.known.values() if machine.is_usable)
        return sum(min(n, self.at_once) for n in hosts.values())

    def update(self, workers: Mapping[str, tuple[str, float]]) -> None:
        """Take note of who is connected: by address, a name and when the scheduler last heard of it."""
        news = []
        with self.changed:
            self.contact = clock()
            for address, (name, heartbeat) in workers.items():
                machine = self.known.get(address)
                if machine is None:
                    machine = self.known[address] = Machine(address, name, heartbeat, clock())
                    news.append(f"{name} has joined")
                if machine.heartbeat != heartbeat:
                    machine.heartbeat, machine.seen = heartbeat, clock()
            for machine in self.known.values():
                news += self._changes_of(machine, machine.address in workers)
            if any(machine.is_usable for machine in self.known.values()):
                self.usable = clock()
            self.changed.notify_all()
        self._tell(news)

    def sign_of_life(self, address: str) -> None:
        """Take note that a machine told something of a trial."""
        if machine := self.known.get(address):
            machine.seen = clock()

    def refuse(self, machine: Machine, why: str) -> None:
        """Give a machine to no further trial."""
        with self.changed:
            is_new, machine.refused = not machine.refused, why
        if is_new:
            self._tell([f"{machine.name} is not used: {why}"])

    def acquire(self, stop: threading.Event, avoid: Collection[str] = ()) -> Machine | None:
        """Wait for a free machine, those who wait longer first; None once ``stop`` is set.

        ``avoid``: hosts that are taken only where there are no others. Raises ``BenchError`` if the cluster is lost.
        """
        ticket = object()
        with self.changed:
            # a trial that has lost its machine has waited longest
            self.queue.insert(0 if avoid else len(self.queue), ticket)
            try:
                while not stop.is_set():
                    self.check()
                    if self.queue[0] is ticket and (machine := self._free(avoid)):
                        self.turns += 1
                        machine.busy, machine.used = True, self.turns
                        return machine
                    self.changed.wait(LOOK_S)
                return None
            finally:
                self.queue.remove(ticket)
                self.changed.notify_all()

    def release(self, machine: Machine) -> None:
        """Give a machine back."""
        with self.changed:
            machine.busy = False
            self.changed.notify_all()

    def why_lost(self, machine: Machine) -> str:
        """Return why nothing is to be expected of a machine any more; empty if something is."""
        if not machine.is_here:
            return "its worker has gone"
        return self._no_sign() if machine.is_silent else ""

    def check(self) -> None:
        """Raise ``BenchError`` if the scheduler is lost, or there has been no machine for too long."""
        if clock() - self.contact > self.patience.lost_after_s:
            raise BenchError(
                f"the scheduler of --cluster {self.where} does not answer any more; results so far are stored, and the "
                "same command goes on once it is back"
            )
        here = [machine for machine in self.known.values() if machine.is_here]
        if here and all(machine.refused for machine in here):
            raise BenchError(f"no machine of --cluster {self.where} can be used: {here[-1].name}: {here[-1].refused}")
        if clock() - self.usable > self.patience.no_machine_s:
            raise BenchError(
                f"no worker is connected to --cluster {self.where}; results so far are stored, and the same command "
                "goes on once there are some (docs/many-machines.md)"
            )

    def _changes_of(self, machine: Machine, is_here: bool) -> list[str]:
        """Update whether a machine is there, and alive; return what is new, in words."""
        was_here, was_silent = machine.is_here, machine.is_silent
        if is_here and not was_here:
            machine.seen = clock()
        machine.is_here = is_here
        machine.is_silent = is_here and self.contact - machine.seen > self.patience.lost_after_s
        if is_here != was_here:
            return [f"{machine.name} {'is back' if is_here else 'has gone'}"]
        if machine.is_silent != was_silent:
            return [f"{machine.name} {self._no_sign() if machine.is_silent else 'is back'}"]
        return []

    def _no_sign(self) -> str:
        return f"gives no sign of life for {duration(self.patience.lost_after_s)}"

    def _free(self, avoid: Collection[str]) -> Machine | None:
        usable = [machine for machine in self.known.values() if machine.is_usable]
        usable = [machine for machine in usable if machine.host not in avoid] or usable
        load = Counter(machine.host for machine in self.known.values() if machine.busy)
        free = [machine for machine in usable if not machine.busy and load[machine.host] < self.at_once]
        return min(free, key=lambda machine: (machine.troubles, machine.used), default=None)

    def _tell(self, news: list[str]) -> None:
        if news:
            names = tuple(machine.name for machine in self.known.values() if machine.is_usable)
            self.tell(MachinesChanged(names, tuple(news)))
