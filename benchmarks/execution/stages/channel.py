"""Messages from a supervised process to the bench: which stage begins, how far it is, which answer it leaves.

On Linux the kernel stamps each as it is sent: the stamp is right however late the bench reads it, because it was
suspended or the process keeps the machine busy. Elsewhere it is stamped when it is read. The process may send anything:
what is no message or too long is passed over, and a flood is read slowly.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import socket
import struct
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from benchmarks.common.clock import clock, system_time
from benchmarks.records.checks.ranges import Count

LONGEST = 4096  # bytes of a message
MOST_STAGES = 100
AT_ONCE, FLOOD_PAUSE_S = 100, 0.02  # at most 5,000 messages a second are read
LAST = 1000  # read after the process has ended: more than there is room for
ROOM = 1 << 16  # bytes that may wait to be read; by default a few messages on macOS
STAMPED = 35  # SO_TIMESTAMPNS, and the type of what comes with a message then
STAMP = struct.Struct("@ll")  # seconds and nanoseconds

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
class _Message:
    """What is said: a stage begins, where it has no step; a step of one; or, with ``answer``, that all is done."""

    stage: Stage | None = None
    answer: Annotated[str, Meta(max_length=64)] = ""


class StageWriter:
    """The side of the process. ``descriptor``: where it writes to, which its children do not inherit."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._own_pid = os.getpid()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        os.set_inheritable(descriptor, False)

    def begin(self, stage: str) -> None:
        """Say that a stage begins now."""
        self._write(_Message(Stage(stage)))

    def step(self, stage: str, step: int, steps: int, figures: Mapping[str, float]) -> None:
        """Say how far a stage is; nothing is said while the bench does not listen, so that a step waits for nobody."""
        if self._poll.poll(0):
            with contextlib.suppress(ValueError, OverflowError):  # odd figures cost a model nothing here
                self._write(_Message(Stage(stage, step, steps, figures)))

    def end(self, answer: str) -> None:
        """Say that all is done, and the hash of the answer."""
        self._write(_Message(answer=answer))

    def _write(self, message: _Message) -> None:
        content = msgspec.json.encode(message)
        # a model may have forked, and its child go on as if it were the process itself
        if len(content) <= LONGEST and os.getpid() == self._own_pid:
            with contextlib.suppress(OSError):  # the bench is gone, or a model has closed the descriptor
                os.write(self._descriptor, content)


class StageReader:
    """The side of the bench, a context: ``descriptor`` is what the process inherits to write to.

    ``begun``: the stages in the order in which they began, and when. ``ended_at``: when the process said that it was
    done, and ``answer`` the hash of what it left; None and empty if it did not. All are complete after the context.
    """

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.descriptor = self._write.fileno()
        self._wake_read, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="stages", daemon=True)
        self._closing = threading.Event()
        self._stamps = _have_stamped(self._read)
        self.begun: list[tuple[str, float]] = []
        self.latest: Stage | None = None
        self.ended_at: float | None = None
        self.answer = ""

    def __enter__(self) -> Self:
        self._read.setblocking(False)
        self._read.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._write.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        os.write(self._wake, b"x")
        self._thread.join()
        for end in (self._read, self._write):
            end.close()
        for descriptor in (self._wake_read, self._wake):
            os.close(descriptor)

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._read, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self._closing.is_set():
                selector.select()
                if self._take(AT_ONCE) == AT_ONCE:
                    self._closing.wait(FLOOD_PAUSE_S)
        self._take(LAST)

    def _take(self, most: int) -> int:
        """Read what is there, at most so many messages; return how many there were."""
        for n in range(most):
            try:
                # no room for descriptors, which a process could send along
                content, attached, flags, _ = self._read.recvmsg(LONGEST, self._stamps)
            except BlockingIOError:
                return n
            if not flags & socket.MSG_TRUNC:
                self._understand(content, _sent_at(attached))
        return most

    def _understand(self, content: bytes, sent_at: float) -> None:
        # recursion is what a million brackets cause
        with contextlib.suppress(ValueError, RecursionError):
            message = msgspec.json.decode(content, type=_Message)
            if message.answer:
                self.answer, self.ended_at = message.answer, sent_at
            if message.stage:
                self.latest = message.stage
                if message.stage.step is None and len(self.begun) < MOST_STAGES:
                    self.begun.append((message.stage.stage, sent_at))


def _have_stamped(end: socket.socket) -> int:
    """Have the kernel stamp what is sent to a socket; return the size of a stamp, 0 where it cannot."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            end.setsockopt(socket.SOL_SOCKET, STAMPED, 1)
            return socket.CMSG_SPACE(STAMP.size)
    return 0


def _sent_at(attached: Sequence[tuple[int, int, bytes]]) -> float:
    """Return when, by the clock, a message was sent that was read just now."""
    now, age_s = clock(), 0.0
    for level, kind, data in attached:
        if (level, kind, len(data)) == (socket.SOL_SOCKET, STAMPED, STAMP.size):
            seconds, nanoseconds = STAMP.unpack(data)
            age_s = system_time() - seconds - nanoseconds / 1e9
    return now - max(age_s, 0.0)
