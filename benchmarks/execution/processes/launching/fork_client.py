"""Has fork servers start processes: one server for each environment and set of libraries."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from benchmarks.execution.processes.fence import OWN_VARIABLES
from benchmarks.execution.processes.launching.fork_messages import LARGEST, ForkRequest, Ready
from benchmarks.execution.processes.launching.module_command import module_command
from benchmarks.execution.processes.launching.process import MARK, ForkedProcess, Launch

SERVER = "benchmarks.execution.processes.launching.fork_server"
NOWHERE = "/nonexistent"
LOOK_EVERY_S = 0.2
LONGEST_ANSWER_S = 10.0  # forking takes a hundredth of a second
MOST_SERVERS = 4
OF_EACH_PROCESS = (*OWN_VARIABLES, MARK)


class ServerEndedError(Exception):
    """The server is no longer there, or does not answer."""


class ForkServer:
    """The bench's side of a server. ``environment``: of all its forks, without what each has for itself."""

    def __init__(self, environment: Mapping[str, str], modules: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._ready: Ready | None = None
        self.n_running = 0
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                module_command(SERVER, str(theirs.fileno()), str(os.getpid()), *modules),
                cwd="/",
                env={**environment, **dict.fromkeys(OWN_VARIABLES, NOWHERE), MARK: "-" * 32},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )

    def launch(self, launch: Launch, may_wait: Callable[[], bool]) -> ForkedProcess | None:
        """Start a process; None if it may not be waited for until the server has imported its libraries.

        Raises ``ServerEndedError``, also where the server does not answer, and OSError.
        """
        while not self._lock.acquire(timeout=LOOK_EVERY_S):
            if not may_wait():
                return None
        try:
            while self._ready is None:
                if self._answers(LOOK_EVERY_S):
                    self._ready = msgspec.msgpack.decode(self._received(), type=Ready)
                elif not may_wait():
                    return None
            return self._launch(launch, self._ready.imports_s)
        finally:
            self._lock.release()

    def _launch(self, launch: Launch, imports_s: float) -> ForkedProcess:
        variables = {name: _bytes(launch.environment.get(name)) for name in OWN_VARIABLES}
        arguments, mark = tuple(map(os.fsencode, launch.arguments)), launch.environment[MARK]
        request = ForkRequest(launch.module, arguments, os.fsencode(launch.folder), variables, mark, launch.channel)
        channel = [] if launch.channel is None else [launch.channel]
        status, tell_status = os.pipe()
        try:
            self._send(msgspec.msgpack.encode(request), [launch.output, tell_status, *channel])
            if not self._answers(LONGEST_ANSWER_S):
                raise ServerEndedError
            process = ForkedProcess(int(self._received()), status, imports_s, self._closed)
            self._send(b"\n")
        except BaseException:
            os.close(status)
            raise
        finally:
            os.close(tell_status)
        self.n_running += 1
        return process

    def _send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._connection, [message], descriptors)
        except OSError as error:
            raise ServerEndedError from error

    def _answers(self, within_s: float) -> bool:
        readable = select.poll()
        readable.register(self._connection, select.POLLIN)
        return bool(readable.poll(1000 * within_s))

    def _received(self) -> bytes:
        try:
            message = self._connection.recv(LARGEST)
        except OSError as error:
            raise ServerEndedError from error
        if not message:
            raise ServerEndedError
        return message

    def _closed(self) -> None:
        self.n_running -= 1

    def close(self) -> None:
        """End the server, and wait for it."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        """Have a fork of this process let go of the server, which is its parent's."""
        self._connection.close()
        self._process.returncode = 0


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else os.fsencode(value)


class ForkServers:
    """The servers that this process has started, by what their forks have in common, the last used one last."""

    def __init__(self) -> None:
        self._servers: dict[tuple[object, ...], ForkServer] = {}
        self._lock = threading.Lock()

    def server(self, environment: Mapping[str, str], modules: Sequence[str]) -> ForkServer:
        """Return the server of such processes, which is started if there is none; of many, unused ones are ended."""
        common = {name: value for name, value in environment.items() if name not in OF_EACH_PROCESS}
        key = (*modules, *sorted(common.items()))
        with self._lock:
            found = self._servers.pop(key, None)
            if found is None:
                unused = [other for other, server in self._servers.items() if not server.n_running]
                for other in unused[: max(len(self._servers) + 1 - MOST_SERVERS, 0)]:
                    self._servers.pop(other).close()
                found = ForkServer(common, modules)
            self._servers[key] = found
            return found

    def launch(self, launch: Launch, modules: Sequence[str], may_wait: Callable[[], bool]) -> ForkedProcess | None:
        """Start a process; None if it may not be waited for until its server has imported the libraries.

        Raises ``ServerEndedError`` if the server ends, and a new one too.
        """
        server = self.server(launch.environment, modules)
        try:
            return server.launch(launch, may_wait)
        except ServerEndedError:
            self._forget(server)
        return self.server(launch.environment, modules).launch(launch, may_wait)

    def close(self) -> None:
        """End all servers that this process has started."""
        with self._lock:
            for server in self._servers.values():
                server.close()
            self._servers.clear()

    def leave(self) -> None:
        """Begin anew in a fork of this process; whoever held the lock is not there."""
        self._lock = threading.Lock()
        for server in self._servers.values():
            server.leave()
        self._servers.clear()

    def _forget(self, server: ForkServer) -> None:
        with self._lock:
            self._servers = {key: other for key, other in self._servers.items() if other is not server}
        with contextlib.suppress(OSError):
            server.close()


SERVERS = ForkServers()
atexit.register(SERVERS.close)
os.register_at_fork(after_in_child=SERVERS.leave)
