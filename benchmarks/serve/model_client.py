"""The server's side of a model's process: starts it, asks it, ends it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

import msgspec
import psutil

from benchmarks.common.clock import clock
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.launching.launch import launch
from benchmarks.execution.processes.launching.process import MARK, Launch, Launched
from benchmarks.execution.processes.output import OutputPipe
from benchmarks.execution.processes.process_tree import tree
from benchmarks.execution.processes.supervisor import how_it_ended, worker_environment
from benchmarks.execution.processes.watching.memory import rss_mb
from benchmarks.serve.messages import LENGTH, ModelSource, Question, Reply, packed

LARGEST_REPLY = 256 * 2**20  # bytes
ENDING_S = 1.0
MODEL_PROCESS = "benchmarks.serve.model_process"

Result = TypeVar("Result")


class ModelFailedError(Exception):
    """The model gave no answer; the message says why."""


class ModelClient:
    """The process of one saved model. It answers one question at a time; whoever calls sees to that.

    ``preloads``: modules that its process finds imported.
    """

    def __init__(self, source: ModelSource, threads: int, preloads: Sequence[str]) -> None:
        self._source, self._threads, self._preloads = source, threads, preloads
        self._running: _Running | None = None
        self._ended_because = ""

    @property
    def is_alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._running is not None and not self._ended_because and not self._running.launched.has_ended(0)

    def memory_mb(self) -> float:
        """Return the resident memory of the process, and of what it started, in MiB; 0 once it has ended."""
        if self._running is None or not self.is_alive:
            return 0.0
        return rss_mb(self._running.members())

    async def start(self, timeout_s: float) -> None:
        """Start the process and wait until the model is loaded; raises ``ModelFailedError``."""
        await self.close()
        self._ended_because = ""
        latest = clock() + timeout_s
        self._running = await _Running.start(self._threads, self._preloads, latest)
        if self._running is None:
            raise ModelFailedError(f"it was not loaded within {timeout_s:g} s")
        await self._exchange(self._source, max(latest - clock(), 0.0), "was not loaded")

    async def ask(self, question: Question, timeout_s: float) -> Reply:
        """Return the reply to a question; raises ``ModelFailedError``, and the process has then ended."""
        return await self._exchange(question, timeout_s, "did not answer")

    def kill(self, reason: str = "it was ended") -> None:
        """End the process and all that it started, for a reason that the question it has is answered with."""
        if self._running is not None and not self._running.launched.has_ended(0):
            self._ended_because = self._ended_because or reason
            self._running.kill()

    async def close(self) -> None:
        """End the process and wait until it has."""
        self.kill()
        running, self._running = self._running, None
        if running is not None:
            await running.close()

    async def _exchange(self, message: ModelSource | Question, timeout_s: float, what: str) -> Reply:
        """Send a message and return the reply. Whatever goes wrong, cancelling too, ends the process: its next reply
        would be taken for the answer to another question."""
        try:
            reply = await asyncio.wait_for(self._send(message), timeout_s)
        except TimeoutError:
            self.kill()
            raise ModelFailedError(f"it {what} within {timeout_s:g} s, and was ended") from None
        except (OSError, EOFError, msgspec.DecodeError) as error:
            raise ModelFailedError(await self._why_ended()) from error
        except BaseException:
            self.kill()
            raise
        if reply.failed is not None:
            if message is self._source:
                self.kill()
            raise ModelFailedError(reply.failed)
        return reply

    async def _send(self, message: ModelSource | Question) -> Reply:
        if self._running is None:
            raise EOFError
        self._running.writer.write(packed(message))
        await self._running.writer.drain()
        (size,) = LENGTH.unpack(await self._running.reader.readexactly(LENGTH.size))
        if size > LARGEST_REPLY:
            raise EOFError
        return msgspec.msgpack.decode(await self._running.reader.readexactly(size), type=Reply)

    async def _why_ended(self) -> str:
        self._running, running, reason = None, self._running, self._ended_because
        if running is None:
            return reason
        # the connection breaks a moment before the process has ended by itself
        await asyncio.to_thread(running.launched.has_ended, ENDING_S)
        running.kill()
        code, log = await running.close()
        return reason or how_it_ended(code, log)


@dataclass
class _Running:
    """A process that was started, and the connection to it."""

    launched: Launched
    printed: OutputPipe
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def start(cls, threads: int, preloads: Sequence[str], latest: float) -> _Running | None:
        """Start a process; None if it could not be by the time ``latest``."""
        printed = OutputPipe()
        ours, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            environment = {**worker_environment(threads), MARK: uuid4().hex}
            what = Launch(MODEL_PROCESS, (str(descriptor),), ROOT, environment, printed.writing_end, descriptor)
            # in a thread, as it may have to wait until libraries are imported
            launching = asyncio.create_task(asyncio.to_thread(launch, what, preloads, lambda: clock() < latest))
            try:
                launched = await asyncio.shield(launching)
            except BaseException:
                ours.close()  # which ends a process that is started after all
                launching.add_done_callback(lambda _: printed.close())
                raise
        printed.started()
        if launched is None:
            ours.close()
            printed.close()
            return None
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(launched, printed, reader, writer)

    def members(self) -> list[psutil.Process]:
        """Return the process of the model, and what it started."""
        above = self.launched.process
        return [one for one in tree(above) if one.pid != above.pid]

    def kill(self) -> None:
        """End the process and all that it started; what escapes is left to the subreaper."""
        for process in self.members():
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(psutil.Error):
            self.launched.process.terminate()

    async def close(self) -> tuple[int | None, bytes]:
        """Wait until the process has ended; return its exit code and what it printed."""
        self.writer.close()
        return await asyncio.to_thread(lambda: (self.launched.close(), self.printed.close()))
