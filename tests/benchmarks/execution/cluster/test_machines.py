"""Which machine a trial gets, and which is lost. Nothing is started: workers are what the scheduler says of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.execution.cluster import machines as under_test
from benchmarks.execution.cluster.machines import Machine, Machines, Patience
from benchmarks.execution.progress import Event, MachinesChanged

A, B, C = "tcp://10.0.0.1:1", "tcp://10.0.0.1:2", "tcp://10.0.0.2:1"
GO_ON = threading.Event()


@dataclass
class Case:
    """Machines under a clock that is set by hand."""

    now: float = 0.0
    told: list[Event] = field(default_factory=list)
    at_once: int = 1

    def __post_init__(self) -> None:
        self.machines = Machines("tcp://s:1", self.at_once, Patience(10, 20), self.told.append, contact=0, usable=0)

    def hear(self, *addresses: str, heartbeat: float | None = None) -> None:
        beat = self.now if heartbeat is None else heartbeat
        self.machines.update({address: (address[-10:], beat) for address in addresses})

    def acquire(self, *avoid: str) -> Machine:
        machine = self.machines.acquire(GO_ON, avoid)
        assert machine
        return machine

    @property
    def news(self) -> list[str]:
        return [text for event in self.told if isinstance(event, MachinesChanged) for text in event.news]


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    one = Case()
    monkeypatch.setattr(under_test, "clock", lambda: one.now)
    return one


def none_is_free(case: Case, within: float = 0.3) -> bool:
    """Return whether a trial waits."""
    stop = threading.Event()
    threading.Timer(within, stop.set).start()
    return case.machines.acquire(stop) is None


def test_a_host_runs_one_trial_at_a_time_whatever_its_number_of_workers(case: Case) -> None:
    case.hear(A, B, C)
    assert case.machines.places == 2
    first, second = case.acquire(), case.acquire()
    assert {first.host, second.host} == {"10.0.0.1", "10.0.0.2"}
    assert none_is_free(case)
    case.machines.release(first)
    assert case.acquire().host == first.host


def test_with_jobs_a_host_runs_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(at_once=2)
    monkeypatch.setattr(under_test, "clock", lambda: case.now)
    case.hear(A, B)
    assert {case.acquire().address, case.acquire().address} == {A, B}


def test_the_machine_that_waited_longest_is_next(case: Case) -> None:
    case.hear(A, C)
    used = []
    for _ in range(4):
        machine = case.acquire()
        used.append(machine.address)
        case.machines.release(machine)
    assert used == [A, C, A, C]


def test_machines_with_troubles_come_last_and_those_avoided_only_where_there_are_no_others(case: Case) -> None:
    case.hear(A, C)
    case.machines.known[A].troubles = 1
    machine = case.acquire()
    assert machine.address == C
    case.machines.release(machine)
    assert case.acquire("10.0.0.2").address == A
    assert case.acquire("10.0.0.1").address == C
    case.machines.release(case.machines.known[C])
    case.hear(C)
    assert case.acquire("10.0.0.2").address == C


def test_a_machine_is_lost_when_it_is_gone_or_silent_and_comes_back(case: Case) -> None:
    case.hear(A, C)
    lost = case.machines.known[A]
    case.now = 8
    case.machines.sign_of_life(A)
    case.now = 11
    case.hear(A, C, heartbeat=0)
    assert not case.machines.why_lost(lost) and case.machines.why_lost(case.machines.known[C])
    case.now = 12
    case.hear(C)
    assert case.machines.why_lost(lost) == "its worker has gone"
    assert not case.machines.why_lost(case.machines.known[C])
    case.hear(A, C)
    assert not case.machines.why_lost(lost)
    said = [text.partition(" ")[2] for text in case.news]
    assert said == ["has joined"] * 2 + ["gives no sign of life for 10 s", "has gone", "is back", "is back"]


def test_while_the_scheduler_does_not_answer_no_machine_is_silent(case: Case) -> None:
    case.hear(A)
    case.now = 9.5
    assert not case.machines.why_lost(case.machines.known[A])
    case.machines.check()
    case.now = 10.5
    with pytest.raises(BenchError, match="the scheduler of --cluster tcp://s:1 does not answer"):
        case.machines.check()


def test_without_machines_the_run_ends_after_a_while(case: Case) -> None:
    case.now = 15
    case.hear()
    case.machines.check()
    case.now = 21
    case.hear()
    with pytest.raises(BenchError, match="no worker is connected"):
        case.machines.acquire(GO_ON)
    case.hear(A)
    assert case.acquire().address == A


def test_a_cluster_that_only_has_refused_machines_ends_the_run_with_the_reason(case: Case) -> None:
    case.hear(A, C)
    case.machines.refuse(case.machines.known[A], "it is old")
    assert case.acquire().address == C
    case.machines.refuse(case.machines.known[C], "it is older")
    with pytest.raises(BenchError, match=r"no machine of --cluster .* can be used: .*: it is older"):
        case.machines.check()


def test_those_who_wait_longer_are_first_but_for_trials_that_lost_their_machine(case: Case) -> None:
    case.hear(A)
    held = case.acquire()
    order: list[str] = []

    def wait(name: str, *avoid: str) -> Callable[[], None]:
        def run() -> None:
            machine = case.machines.acquire(GO_ON, avoid)
            assert machine
            order.append(name)
            case.machines.release(machine)

        return run

    threads = []
    for name, avoid in (("first", ()), ("second", ()), ("lost", ("10.0.0.9",))):
        threads.append(threading.Thread(target=wait(name, *avoid)))
        threads[-1].start()
        while len(case.machines.queue) < len(threads):
            pass
    case.machines.release(held)
    for thread in threads:
        thread.join(10)
    assert order == ["lost", "first", "second"]
