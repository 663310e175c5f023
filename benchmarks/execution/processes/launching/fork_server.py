"""``python -m …launching.fork_server DESCRIPTOR PARENT MODULE…``: forks processes on request.

It imports libraries once, so that the processes need not: each is a fork of this one that runs what the request names,
as a fresh one would that has imported them, with the variables that they set. It imports no code of models and
pipelines, so that every fork reads what that is now, and starts no thread but those of libraries that are safe to fork
(OpenBLAS ends its own before). The bench holds the other end of DESCRIPTOR, a socket; when that is closed, or has been
idle for long, this process ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import random
import select
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence

import msgspec

from benchmarks.common.clock import timed
from benchmarks.execution.processes.launching import subreaper
from benchmarks.execution.processes.launching.fork_messages import LARGEST, ForkRequest, Ready
from benchmarks.execution.processes.launching.process import MARK
from benchmarks.execution.processes.launching.shared_pages import note_files

IDLE_S = 120.0
LOOK_EVERY_S = 1.0


class Server:
    """Forks what the bench asks for over a socket, and tells it how each fork ended."""

    def __init__(self, connection: socket.socket, parent: int) -> None:
        self._connection, self._parent, self._own_pid = connection, parent, os.getpid()
        self._told_to: dict[int, int] = {}  # where the exit code is written, by the process
        self._ended, self._tell_ended = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._tell_ended)

    def serve(self) -> ForkRequest:
        """Answer requests; return in each fork, with what that is to run. The server itself ends in here."""
        poll, asked = select.poll(), self._connection.fileno()
        for descriptor in (asked, self._ended):
            poll.register(descriptor, select.POLLIN)
        idle_s = 0.0
        while os.getppid() == self._parent and idle_s < IDLE_S:
            ready = [descriptor for descriptor, _ in poll.poll(1000 * LOOK_EVERY_S)]
            idle_s = 0.0 if ready or self._told_to else idle_s + LOOK_EVERY_S
            if self._ended in ready:
                os.read(self._ended, LARGEST)
            self._reap()
            if asked not in ready:
                continue
            request = self._fork()
            if request is None:
                break
            if os.getpid() != self._own_pid:
                return request
        os._exit(0)

    def _fork(self) -> ForkRequest | None:
        """Fork once, and return the request in both; None at the end of requests."""
        message, descriptors, _, _ = socket.recv_fds(self._connection, LARGEST, 3)
        if not message:
            return None
        request = msgspec.msgpack.decode(message, type=ForkRequest)
        output, status, *channel = descriptors
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of libraries' threads
            pid = os.fork()
        if pid == 0:
            self._close()
            os.close(status)
            _become(request, output, channel)
            return request
        for descriptor in (output, *channel):
            os.close(descriptor)
        self._told_to[pid] = status
        self._connection.send(b"%d" % pid)
        self._connection.recv(1)  # the bench has looked at the process, whose number is its own until it is reaped
        return request

    def _reap(self) -> None:
        for pid, descriptor in list(self._told_to.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with contextlib.suppress(OSError):  # nobody waits for it any longer
                    os.write(descriptor, b"%d" % os.waitstatus_to_exitcode(status))
                os.close(descriptor)
                del self._told_to[pid]

    def _close(self) -> None:
        """Leave a fork nothing by which it could ask for others, or tell how they ended."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._connection.close()
        for descriptor in (self._ended, self._tell_ended, *self._told_to.values()):
            os.close(descriptor)


def _become(request: ForkRequest, output: int, channel: Sequence[int]) -> None:
    """Make this fork what a fresh process would be."""
    os.setsid()
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    if request.channel is not None and channel[0] != request.channel:
        os.dup2(channel[0], request.channel)
        os.close(channel[0])
    os.chdir(request.folder)
    _write_mark(request.mark)
    for name, value in {**request.variables, MARK: request.mark.encode()}.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = os.fsdecode(value)
    tempfile.tempdir = None
    _reseed()


def _write_mark(mark: str) -> None:
    """Write the mark over the server's where the system looks it up: in the environment that the program began with.

    It has to be done before ``os.environ`` is changed, which has C look for it elsewhere.
    """
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    ctypes.memmove(library.getenv(MARK.encode()), mark.encode(), len(mark))


def _reseed() -> None:
    """Have generators that nobody seeds differ between forks, as they do between fresh processes."""
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def _import_all(modules: Sequence[str]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):  # who needs it imports it again, and says what is wrong
            importlib.import_module(name)


@contextlib.contextmanager
def _ending_with(parent: int) -> Iterator[None]:
    """End this process when its parent has ended; a thread looks, which is gone before anything is forked."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            if os.getppid() != parent:
                os._exit(0)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    yield
    done.set()
    looking.join()


def main(connection: socket.socket, parent: int, modules: Sequence[str]) -> None:
    """Import the modules, say so, and serve."""
    own_pid = os.getpid()
    with _ending_with(parent):
        _, seconds = timed(lambda: _import_all(modules))
    note_files()
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page that holds an object
    connection.send(msgspec.msgpack.encode(Ready(seconds)))
    request = Server(connection, parent).serve()
    subreaper.main(own_pid, request.module, [os.fsdecode(argument) for argument in request.arguments])


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), sys.argv[3:])
