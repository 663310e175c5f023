"""Has fork servers start processes: one server for each environment and set of libraries."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
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
OF_EACH_PROCESS = (*OWN_VARIABLES, MARK)


class ServerEndedError(Exception):
    """The server is no longer there."""


class ForkServer:
    """The bench's side of a server. ``environment``: of all its forks, without what each has for itself."""

    def __init__(self, environment: Mapping[str, str], modules: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._ready: Ready | None = None
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

        Raises ``ServerEndedError``.
        """
        readable = select.poll()
        readable.register(self._connection, select.POLLIN)
        while not self._lock.acquire(timeout=LOOK_EVERY_S):
            if not may_wait():
                return None
        try:
            while self._ready is None:
                if readable.poll(1000 * LOOK_EVERY_S):
                    self._ready = msgspec.json.decode(self._received(), type=Ready)
                elif not may_wait():
                    return None
            return self._launch(launch, self._ready.imports_s)
        except OSError as error:
            raise ServerEndedError from error
        finally:
            self._lock.release()

    def _launch(self, launch: Launch, imports_s: float) -> ForkedProcess:
        variables = {name: launch.environment[name] for name in OF_EACH_PROCESS}
        request = ForkRequest(launch.module, launch.arguments, str(launch.folder), variables, launch.channel)
        status, tell_status = os.pipe()
        try:
            channel = [] if launch.channel is None else [launch.channel]
            socket.send_fds(self._connection, [msgspec.json.encode(request)], [launch.output, tell_status, *channel])
            process = ForkedProcess(int(self._received()), status, imports_s)
            self._connection.send(b"\n")
        except BaseException:
            os.close(status)
            raise
        finally:
            os.close(tell_status)
        return process

    def _received(self) -> bytes:
        message = self._connection.recv(LARGEST)
        if not message:
            raise ServerEndedError
        return message

    def close(self) -> None:
        """End the server, and wait for it."""
        self._connection.close()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


class ForkServers:
    """The servers that this process has started, by what their forks have in common."""

    def __init__(self) -> None:
        self._servers: dict[tuple[object, ...], ForkServer] = {}
        self._lock = threading.Lock()

    def server(self, environment: Mapping[str, str], modules: Sequence[str]) -> ForkServer:
        """Return the server of such processes, which is started if there is none."""
        common = {name: value for name, value in environment.items() if name not in OF_EACH_PROCESS}
        key = (os.getpid(), *modules, *sorted(common.items()))
        with self._lock:
            if key not in self._servers:
                self._servers[key] = ForkServer(common, modules)
            return self._servers[key]

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
            for (pid, *_), server in self._servers.items():
                if pid == os.getpid():
                    server.close()
            self._servers.clear()

    def _forget(self, server: ForkServer) -> None:
        with self._lock:
            self._servers = {key: other for key, other in self._servers.items() if other is not server}
        with contextlib.suppress(OSError):
            server.close()


SERVERS = ForkServers()
atexit.register(SERVERS.close)
