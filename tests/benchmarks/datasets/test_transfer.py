"""Downloads from servers that send too much, too slowly, or never."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.datasets.sources import transfer
from benchmarks.datasets.sources.transfer import receive

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def server(first: bytes, then: bytes, every_s: float) -> Iterator[str]:
    """Send ``first`` and then ``then``, again and again, to one client."""
    ended = threading.Event()

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            client.recv(10_000)
            try:
                client.sendall(first)
                while not ended.wait(every_s):
                    client.sendall(then)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/file"
        ended.set()


@pytest.mark.parametrize(
    ("first", "then", "every_s", "message"),
    [
        (HEAD % (1 << 40), b"x", 0.01, "more than 1 MiB"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100_000, 0, "more than 1 MiB"),
        (HEAD % 1000, b"x", 0.05, "too slow"),
        (HEAD % 1000, b"", 0.05, "timed out"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05, "timed out"),
        (b"", b"", 0.05, "timed out"),
        (b"HTTP/1.1 302 Found\r\nLocation: ftp://b/\r\nContent-Length: 0\r\n\r\n", b"", 1, "No connection adapters"),
    ],
    ids=["long", "endless", "dripping", "silent", "dripping head", "no head", "elsewhere"],
)
def test_what_is_too_large_or_too_slow_is_given_up(
    first: bytes, then: bytes, every_s: float, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"LARGEST": 1 << 20, "ANSWER_S": 1.0, "SILENCE_S": 0.7, "SLOW_AFTER_S": 0.5}
    for name, value in limits.items():
        monkeypatch.setattr(transfer, name, value)
    start = time.monotonic()
    with server(first, then, every_s) as url, pytest.raises(ConnectionError, match=message):
        receive(url, tmp_path / "file", lambda done, total: None)
    assert time.monotonic() - start < 4
    assert not (tmp_path / "file").exists() or (tmp_path / "file").stat().st_size < 2 << 20
