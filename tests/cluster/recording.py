"""A relay between the bench and a scheduler that keeps all that goes through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Wire:
    """What was sent to the scheduler, and what came back, by connection."""

    sent: list[bytearray] = field(default_factory=list)
    received: list[bytearray] = field(default_factory=list)

    def holds(self, part: bytes) -> bool:
        return any(part in stream for stream in (*self.sent, *self.received))


@contextlib.contextmanager
def recorded(port: int) -> Iterator[tuple[int, Wire]]:
    """Give the port of a relay to ``port``, and what goes through it."""
    wire, server = Wire(), socket.create_server(("127.0.0.1", 0))

    def relay(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(2**16):
                kept.extend(data)
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                bench, _ = server.accept()
                scheduler = socket.create_connection(("127.0.0.1", port))
                sent, received = bytearray(), bytearray()
                wire.sent.append(sent)
                wire.received.append(received)
                for way in ((bench, scheduler, sent), (scheduler, bench, received)):
                    threading.Thread(target=relay, args=way, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1], wire
    finally:
        server.close()
