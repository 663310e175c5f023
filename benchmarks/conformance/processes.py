"""The checks of one subject, run in supervised processes: one that hangs or crashes fails, and the others still run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from benchmarks.common.bounded_reading import open_regular
from benchmarks.common.clock import clock
from benchmarks.common.errors import one_line
from benchmarks.common.own_requests import encode_request
from benchmarks.conformance.checks import CheckResult
from benchmarks.conformance.worker import REQUEST, RESULTS, CheckRequest, Line
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits, how_it_ended, supervise
from models.spec import Unavailable

LARGEST_READ = 1 << 20  # bytes at once
STARTUP_S = 120.0  # importing the libraries does not count as time of a check


def run_checks(
    request: CheckRequest, limits: Limits, preloads: Sequence[str], report: Callable[[CheckResult], object]
) -> None:
    """Run the checks of a subject, with ``preloads`` imported, and report the result of each as soon as it is known.

    A check that exceeds a limit or ends its process fails; the following ones run in a new process. After a failed
    essential check no others are run. Raises ``Unavailable``.
    """
    at = request.start
    while at < len(request.checks):
        reader, reason = _run_process(replace(request, start=at), limits, preloads, report)
        results = list(reader.results)
        if at + len(results) < len(request.checks) and not _is_last(request, at, results):
            check = request.checks[at + len(results)]
            results.append(check.failure(reason if reader.ready else f"its process did not start: {reason}"))
            report(results[-1])
        if _is_last(request, at, results):
            return
        at += len(results)


def _run_process(
    request: CheckRequest, limits: Limits, preloads: Sequence[str], report: Callable[[CheckResult], object]
) -> tuple[_Reader, str]:
    """Run checks in one process; return what it wrote, and how it ended."""
    with scratch_folder() as (folder, cleanup):
        (folder / REQUEST).write_bytes(encode_request(request))
        reader = _Reader(folder / RESULTS, len(request.checks) - request.start, report)
        command = ["benchmarks.conformance.worker", str(folder)]
        stop, started_at = threading.Event(), reader.current_check_started_at
        outcome = supervise(command, folder, limits, cleanup, stop, started_at, preloads=preloads)
        reader.read()
    reason = outcome.ended_for[1] if outcome.ended_for else how_it_ended(outcome.exit_code, outcome.log)
    return reader, one_line(reason)


def _is_last(request: CheckRequest, at: int, results: Sequence[CheckResult]) -> bool:
    """Return whether no check is run after these results, which begin with check ``at``: an essential one failed."""
    return bool(results) and results[-1].status == "failed" and request.checks[at + len(results) - 1].essential


@dataclass
class _Reader:
    """Reads the lines that the process of the checks writes, at most ``most`` results."""

    path: Path
    most: int
    report: Callable[[CheckResult], object]
    results: list[CheckResult] = field(default_factory=list)
    ready: bool = False
    last_line_at: float = field(default_factory=clock)
    position: int = 0

    def current_check_started_at(self) -> float:
        """Report new results; return since when the time limit counts."""
        if self.read():
            self.last_line_at = clock()
        return self.last_line_at + (0 if self.ready else STARTUP_S)

    def read(self) -> bool:
        """Report the results in whole new lines; return whether there were any. Raises ``Unavailable``.

        What is no result is passed over: code of others runs in the process that writes them.
        """
        content = self._new_content()
        lines = content[: content.rfind(b"\n") + 1]
        self.position += len(lines)
        for text in lines.splitlines():
            try:
                line = msgspec.json.decode(text, type=Line)
            except (ValueError, RecursionError):
                continue
            self.ready = True
            if line.unavailable:
                raise Unavailable(one_line(line.unavailable))
            if line.result and len(self.results) < self.most:
                result = replace(line.result, name=one_line(line.result.name), message=one_line(line.result.message))
                self.results.append(result)
                self.report(result)
        return bool(lines)

    def _new_content(self) -> bytes:
        try:
            with open_regular(self.path, follow=False) as file:
                file.seek(self.position)
                return file.read(LARGEST_READ)
        except OSError:
            return b""
