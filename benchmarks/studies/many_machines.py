"""``python -m benchmarks.studies.many_machines``: how long the reference's trials take on 1 to 256 machines.

A simulation with the durations of the published trials. It writes its tables into docs/many-machines.md.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from tabulate import tabulate

from benchmarks.common.atomic_files import write_whole
from benchmarks.common.formatting import duration
from benchmarks.common.paths import RESULTS, ROOT
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TrialResult

DOC = ROOT / "docs" / "many-machines.md"
START, END = "<!-- simulation: made by python -m benchmarks.studies.many_machines -->", "<!-- /simulation -->"
MACHINES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LARGE = 10  # times the reference's trials
TRANSFER_S, SLOW_TRANSFER_S = 0.5, 5.0  # 55 MB of MNIST over 1 Gbit/s and 100 Mbit/s, one machine after the other
NOTICED_S, BACK_S = 30.0, 600.0  # after a machine is lost: until its trial runs elsewhere, and until it is back
RARE_H, OFTEN_H = 24.0, 2.0  # mean time between failures of one machine
REPEATS, SEED = 20, 2026
MOST_RUNS = 3


@dataclass(frozen=True)
class Task:
    """A trial: its time without features, the pipeline, and the time of its features where they are not cached."""

    seconds: float
    pipeline: str
    features_s: float


@dataclass(frozen=True)
class Cluster:
    """So many machines, each of which fails after ``fails_after_s`` on average; 0 for never."""

    machines: int
    fails_after_s: float = 0.0
    transfer_s: float = TRANSFER_S


@dataclass(frozen=True)
class Outcome:
    """The time until the last trial ended, in s, the share of all machines' time that was work, and failed trials."""

    makespan_s: float
    efficiency: float
    failed: int


@dataclass(order=True)
class _Machine:
    free_at: float
    number: int
    fails_at: float = field(compare=False, default=float("inf"))
    has_data: bool = field(compare=False, default=False)
    pipelines: set[str] = field(compare=False, default_factory=set)


def tasks_of(results: Iterable[TrialResult]) -> list[Task]:
    """Return the trials that were measured."""
    tasks = []
    for result in results:
        timing = result.timing
        if result.ok and timing.total_s is not None:
            features_s = timing.features_s or 0.0
            own_s = timing.total_s if timing.features_cached else timing.total_s - features_s
            tasks.append(Task(own_s, result.trial.features, features_s))
    return tasks


def simulate(tasks: Sequence[Task], cluster: Cluster, generator: random.Random) -> Outcome:
    """Return what becomes of tasks that machines take in their order.

    The first trial of a machine waits for the data, the first of each pipeline there computes the features. A trial
    whose machine is lost is the next one that runs, elsewhere, three times at most.
    """

    def failure(after: float) -> float:
        return after + generator.expovariate(1 / cluster.fails_after_s) if cluster.fails_after_s else float("inf")

    waiting = [(0.0, number, task, 1) for number, task in enumerate(tasks)]
    machines = [_Machine(0.0, number, failure(0.0)) for number in range(cluster.machines)]
    link_free_at, ended_at, failed = 0.0, 0.0, 0
    while waiting:
        machine = heapq.heappop(machines)
        now = machine.free_at
        if machine.fails_at <= now:  # while it had nothing to do
            machine.free_at = machine.fails_at + BACK_S
            machine.fails_at = failure(machine.free_at)
            heapq.heappush(machines, machine)
            continue
        place = next((i for i, (ready_at, *_) in enumerate(waiting) if ready_at <= now), None)
        if place is None:
            machine.free_at = min(ready_at for ready_at, *_ in waiting)
            heapq.heappush(machines, machine)
            continue
        _, number, task, run = waiting.pop(place)
        start = now
        if not machine.has_data:
            start = link_free_at = max(now, link_free_at) + cluster.transfer_s
            machine.has_data = True
        end = start + task.seconds + (0.0 if task.pipeline in machine.pipelines else task.features_s)
        if machine.fails_at < end:
            if run < MOST_RUNS:
                waiting.insert(0, (machine.fails_at + NOTICED_S, number, task, run + 1))
            else:
                failed += 1
            machine.free_at = machine.fails_at + BACK_S
            machine.fails_at = failure(machine.free_at)
        else:
            machine.pipelines.add(task.pipeline)
            machine.free_at = end
            ended_at = max(ended_at, end)
        heapq.heappush(machines, machine)
    work_s = sum(task.seconds for task in tasks)
    return Outcome(ended_at, work_s / (cluster.machines * ended_at) if ended_at else 0.0, failed)


def table(tasks: Sequence[Task]) -> str:
    """Return the make-span and the efficiency by the number of machines, as markdown."""
    longest = sorted(tasks, key=lambda task: -task.seconds)

    def on(machines: int, order: Sequence[Task], hours: float = 0.0, transfer_s: float = TRANSFER_S) -> list[Outcome]:
        cluster, repeats = Cluster(machines, hours * 3600, transfer_s), REPEATS if hours else 1
        return [simulate(order, cluster, random.Random(f"{SEED} {repeat}")) for repeat in range(repeats)]

    def makespan(outcomes: Sequence[Outcome]) -> str:
        return duration(fmean(one.makespan_s for one in outcomes))

    rows = []
    for machines in MACHINES:
        (quickest_first,), (best,) = on(machines, longest[::-1]), on(machines, longest)
        slow = on(machines, longest, transfer_s=SLOW_TRANSFER_S)
        rare, often = on(machines, longest, RARE_H), on(machines, longest, OFTEN_H)
        cells = [duration(quickest_first.makespan_s), duration(best.makespan_s), f"{best.efficiency:.0%}"]
        failed = fmean(one.failed for one in often)
        rows.append([machines, *cells, makespan(slow), makespan(rare), makespan(often), f"{failed:.2g}"])
    failures = [f"a failure each {RARE_H:.0f} h", f"each {OFTEN_H:.0f} h", "failed trials then"]
    headings = ["machines", "quickest first", "longest first", "efficiency", "slow link", *failures]
    return str(tabulate(rows, headings, "github", disable_numparse=True, colalign=("right",) * len(headings)))


def tables() -> str:
    """Return both tables with their headings."""
    tasks = tasks_of(ResultStore(RESULTS, "reference", "mnist").records())
    parts = []
    for name, of in (("The reference", tasks), (f"{LARGE} times the reference", tasks * LARGE)):
        work_s, longest_s = sum(task.seconds for task in of), max(task.seconds for task in of)
        about = f"{len(of)} trials, {duration(work_s)} of work, the longest trial {duration(longest_s)}"
        parts.append(f"{name}: {about}.\n\n{table(of)}")
    return "\n\n".join(parts)


def with_tables(text: str, made: str) -> str:
    """Return the document with the tables between its two marks replaced."""
    before, _, rest = text.partition(START)
    return f"{before}{START}\n\n{made}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    write_whole(DOC, with_tables(DOC.read_text(encoding="utf-8"), tables()).encode())
    sys.exit(0)
