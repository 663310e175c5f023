"""Mirrors on loopback: a real HTTP server that answers as it is told, well or badly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_SILENCE_S = 10  # that a test which fails can take


@dataclass(frozen=True)
class Answer:
    """What a mirror sends for one file.

    ``promised`` is the Content-Length where it is not that of the body; the answer waits for ``after``.
    """

    body: bytes = b""
    status: int = 200
    promised: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    after: threading.Event = field(default_factory=lambda: _set(threading.Event()))


class Mirrors(ThreadingHTTPServer):
    """Several mirrors, told apart by the first folder of the path; what was not offered is a 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []

    def url(self, mirror: str) -> str:
        """Return the address of a mirror, as a ``RemoteFile`` lists it."""
        return f"http://127.0.0.1:{self.server_address[1]}/{mirror}/"

    def offer(self, mirror: str, name: str, answer: Answer) -> str:
        """Answer so from now on; return the address of the mirror."""
        self.answers[f"/{mirror}/{name}"] = answer
        return self.url(mirror)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up: some tests have them do so."""


class _Handler(BaseHTTPRequestHandler):
    server: Mirrors

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path, Answer(status=404))
        answer.after.wait(LONGEST_SILENCE_S)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body) if answer.promised is None else answer.promised))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def serving() -> Iterator[Mirrors]:
    """Run the mirrors in a thread until the end of the block."""
    with Mirrors() as mirrors:
        thread = threading.Thread(target=mirrors.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield mirrors
        finally:
            for answer in mirrors.answers.values():
                answer.after.set()
            mirrors.shutdown()
            thread.join()


def _set(event: threading.Event) -> threading.Event:
    event.set()
    return event
