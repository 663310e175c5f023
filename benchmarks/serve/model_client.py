"""The server's side of a model's process: starts it, asks it, ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TypeVar

import msgspec
import psutil

from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.process_tree import tree
from benchmarks.execution.processes.supervisor import how_it_ended, worker_environment
from benchmarks.serve.messages import LENGTH, ModelSource, Question, Reply, packed

MIB = 2**20
LOG_BYTES = 16_384  # of what a process printed, its end is kept
LARGEST_REPLY = 256 * MIB

Result = TypeVar("Result")


class ModelFailedError(Exception):
    """The model gave no answer; the message says why."""


class ModelClient:
    """The process of one saved model. It answers one question at a time; whoever calls sees to that."""

    def __init__(self, source: ModelSource, threads: int) -> None:
        self._source = source
        self._threads = threads
        self._process: asyncio.subprocess.Process | None = None
        self._ended_because = ""
        self._log = bytearray()
        self._reading_log: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.returncode is None and not self._ended_because

    def memory_mb(self) -> float:
        """Return the resident memory of the process in MiB; 0 once it has ended."""
        if self._process is None or not self.is_alive:
            return 0.0
        try:
            return float(psutil.Process(self._process.pid).memory_info().rss) / MIB
        except psutil.Error:
            return 0.0

    async def start(self, timeout_s: float) -> None:
        """Start the process and wait until the model is loaded; raises ``ModelFailedError``."""
        await self.close()
        self._log.clear()
        self._ended_because = ""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.serve.model_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=worker_environment(self._threads),
            cwd=ROOT,
            start_new_session=True,
        )
        self._reading_log = asyncio.create_task(self._read_log(self._process))
        await self._exchange(self._source, timeout_s, "was not loaded")

    async def ask(self, question: Question, timeout_s: float) -> Reply:
        """Return the reply to a question; raises ``ModelFailedError``, and the process has then ended."""
        return await self._exchange(question, timeout_s, "did not answer")

    def kill(self, reason: str = "it was ended") -> None:
        """End the process and all that it started, for a reason that the question it has is answered with."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._ended_because = self._ended_because or reason
        with contextlib.suppress(psutil.Error):
            for member in tree(psutil.Process(process.pid)):
                with contextlib.suppress(psutil.Error):
                    member.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End the process and wait until it has."""
        self.kill()
        if self._process is not None:
            await self._process.wait()
        if self._reading_log is not None:
            self._reading_log.cancel()

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
        assert self._process is not None and self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(packed(message))
        await self._process.stdin.drain()
        (size,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
        if size > LARGEST_REPLY:
            raise EOFError
        return msgspec.msgpack.decode(await self._process.stdout.readexactly(size), type=Reply)

    async def _why_ended(self) -> str:
        reason = self._ended_because
        self.kill()
        assert self._process is not None
        code = await self._process.wait()
        if reason:
            return reason
        if self._reading_log is not None:
            await asyncio.wait([self._reading_log], timeout=1)
        return how_it_ended(code, bytes(self._log))

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while chunk := await process.stderr.read(LOG_BYTES):
            self._log += chunk
            del self._log[:-LOG_BYTES]
