"""Mirrors on loopback: a real HTTP server with configurable responses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_DELAY_S = 10  # limit for a failing test


@dataclass(frozen=True)
class Response:
    """The response for one file.

    ``content_length``: if it differs from the body's; the response is delayed until ``after`` is set.
    """

    body: bytes = b""
    status: int = 200
    content_length: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    after: threading.Event = field(default_factory=lambda: _set(threading.Event()))


class Mirrors(ThreadingHTTPServer):
    """Several mirrors, distinguished by the first folder of the path; unknown paths give 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.responses: dict[str, Response] = {}
        self.requests: list[str] = []

    def url(self, mirror: str) -> str:
        """Return the address of a mirror, as a ``RemoteFile`` lists it."""
        return f"http://127.0.0.1:{self.server_address[1]}/{mirror}/"

    def serve(self, mirror: str, name: str, response: Response) -> str:
        """Set the response; return the address of the mirror."""
        self.responses[f"/{mirror}/{name}"] = response
        return self.url(mirror)

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not print errors of clients that disconnect, as in some tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Mirrors

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        response = self.server.responses.get(self.path, Response(status=404))
        response.after.wait(MAX_DELAY_S)
        self.send_response(response.status)
        self.send_header(
            "Content-Length", str(len(response.body) if response.content_length is None else response.content_length)
        )
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

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
            for response in mirrors.responses.values():
                response.after.set()
            mirrors.shutdown()
            thread.join()


def _set(event: threading.Event) -> threading.Event:
    event.set()
    return event
