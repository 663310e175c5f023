"""A pipe from a supervised process to the bench: which stage begins, how far it is, which answer it leaves.

The bench stamps what arrives by its own clock. The process may write anything: a line that is no message or too long is
passed over, and a flood is read slowly.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from benchmarks.common.clock import clock
from benchmarks.records.checks.ranges import Count

LONGEST_LINE = 4096  # POSIX's least PIPE_BUF is 512, Linux's 4096: a line is written at once or not at all
CHUNK = 1 << 16
MOST_STAGES = 100
FLOOD_PAUSE_S = 0.05  # after a full chunk: at most 1.3 MB a second are read
LAST_CHUNKS = 16  # read after the process has ended: as much as a pipe may hold

ShortText = Annotated[str, Meta(max_length=60)]


@dataclass(frozen=True)
class Stage:
    """Where a process is: ``step`` of ``steps`` of ``stage``, with the figures of that step. Raises ValueError."""

    stage: ShortText
    step: Count | None = None
    steps: Count | None = None
    figures: Annotated[Mapping[ShortText, float | None], Meta(max_length=20)] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(text.isprintable() for text in (self.stage, *self.figures)):
            raise ValueError("a stage or a figure has an unreadable name")


@dataclass(frozen=True)
class _Line:
    """One message: a stage that begins, where it has no step; a step of one; or, with ``answer``, that all is done."""

    stage: Stage | None = None
    answer: Annotated[str, Meta(max_length=64)] = ""


class StageWriter:
    """The side of the process. ``descriptor``: the writing end of the pipe, which its children do not inherit."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._own_pid = os.getpid()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        os.set_inheritable(descriptor, False)

    def begin(self, stage: str) -> None:
        """Say that a stage begins now."""
        self._write(_Line(Stage(stage)))

    def step(self, stage: str, step: int, steps: int, figures: Mapping[str, float]) -> None:
        """Say how far a stage is; nothing is said while the bench does not listen, so that a step waits for nobody."""
        if self._poll.poll(0):
            with contextlib.suppress(ValueError, OverflowError):  # odd figures cost a model nothing here
                self._write(_Line(Stage(stage, step, steps, figures)))

    def end(self, answer: str) -> None:
        """Say that all is done, and the hash of the answer."""
        self._write(_Line(answer=answer))

    def _write(self, line: _Line) -> None:
        content = msgspec.json.encode(line) + b"\n"
        # a model may have forked, and its child go on as if it were the process itself
        if len(content) <= LONGEST_LINE and os.getpid() == self._own_pid:
            with contextlib.suppress(OSError):  # the bench is gone, or a model has closed the pipe
                os.write(self._descriptor, content)


class StageReader:
    """The side of the bench, a context: ``descriptor`` is what the process inherits to write to.

    ``begun``: the stages in the order in which they began, and when. ``ended_at``: when the process said that it was
    done, and ``answer`` the hash of what it left; None and empty if it did not. All are complete after the context.
    """

    def __init__(self) -> None:
        self._read, self.descriptor = os.pipe()
        self._wake_read, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="stages", daemon=True)
        self._closing = threading.Event()
        self._rest, self._skipping = b"", False
        self.begun: list[tuple[str, float]] = []
        self.latest: Stage | None = None
        self.ended_at: float | None = None
        self.answer = ""

    def __enter__(self) -> Self:
        os.set_blocking(self._read, False)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        os.write(self._wake, b"x")
        self._thread.join()
        for descriptor in (self._read, self.descriptor, self._wake_read, self._wake):
            os.close(descriptor)

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._read, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self._closing.is_set():
                selector.select()
                if self._take() == CHUNK:
                    self._closing.wait(FLOOD_PAUSE_S)
        for _ in range(LAST_CHUNKS):
            if not self._take():
                break

    def _take(self) -> int:
        """Read what is there, at most a chunk; return how much it was."""
        try:
            content = os.read(self._read, CHUNK)
        except BlockingIOError:
            return 0
        now = clock()
        *lines, rest = (self._rest + content).split(b"\n")
        for line in lines:
            if not self._skipping and len(line) <= LONGEST_LINE:
                self._understand(line, now)
            self._skipping = False
        self._skipping = self._skipping or len(rest) > LONGEST_LINE
        self._rest = b"" if self._skipping else rest
        return len(content)

    def _understand(self, line: bytes, now: float) -> None:
        # recursion is what a million brackets cause
        with contextlib.suppress(ValueError, RecursionError):
            message = msgspec.json.decode(line, type=_Line)
            if message.answer:
                self.answer, self.ended_at = message.answer, now
            if message.stage:
                self.latest = message.stage
                if message.stage.step is None and len(self.begun) < MOST_STAGES:
                    self.begun.append((message.stage.stage, now))
