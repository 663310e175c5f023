"""A relay between the bench and a scheduler that keeps all that goes through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Wire:
    """What went each way, by connection."""

    streams: list[bytearray] = field(default_factory=list)

    def holds(self, part: bytes) -> bool:
        return any(part in stream for stream in self.streams)


@contextlib.contextmanager
def recorded(port: int) -> Iterator[tuple[int, Wire]]:
    """Give the port of a relay to ``port``, and what goes through it."""
    wire, server = Wire(), socket.create_server(("127.0.0.1", 0))
    opened, threads = [server], list[threading.Thread]()

    def relay(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(2**16):
                kept.extend(data)
                target.sendall(data)
        end(source, target)

    def end(*sockets: socket.socket) -> None:
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def start(target: object, *arguments: object) -> None:
        threads.append(threading.Thread(target=target, args=arguments))  # type: ignore[arg-type]
        threads[-1].start()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                bench, _ = server.accept()
                opened.append(bench)
                scheduler = socket.create_connection(("127.0.0.1", port))
                opened.append(scheduler)
                for way in ((bench, scheduler), (scheduler, bench)):
                    wire.streams.append(bytearray())
                    start(relay, *way, wire.streams[-1])

    start(accept)
    try:
        yield server.getsockname()[1], wire
    finally:
        end(*opened)
        for thread in threads:
            thread.join()
        for one in opened:
            one.close()
