"""One file over HTTP, with limits on its size and on the time that it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common.clock import clock

SILENCE_S = 10  # without a byte
ANSWER_S = 60.0  # until a server has sent the head of its answer, after redirections too
LONGEST_S = 3600.0  # for one file
SLOWEST, SLOW_AFTER_S = 8_000, 30.0  # bytes a second on average, and from when on
LARGEST = 2 << 30  # bytes
PIECE = 1 << 16  # bytes


def receive(url: str, file: Path, on_progress: Callable[[int, int], object]) -> None:
    """Write what is at ``url`` to a new file; ``on_progress`` is told the bytes so far and, if known, of all.

    Raises ConnectionError where the network or the server fails, is too slow, or sends too much, and OSError where the
    file cannot be written.
    """
    import requests
    import urllib3

    start = clock()
    try:
        # compressed on the way, a small answer could hold a large file
        asked: dict[str, Any] = {"stream": True, "timeout": SILENCE_S, "headers": {"Accept-Encoding": "identity"}}
        with _within(ANSWER_S, lambda: requests.get(url, **asked)) as response, file.open("wb") as opened:
            response.raise_for_status()
            total, done = int(response.headers.get("content-length", 0)), 0
            _check(total, done, start)
            # whatever has arrived: waiting for a whole piece would have no end where single bytes drip
            while piece := response.raw.read1(PIECE):
                opened.write(piece)
                done += len(piece)
                _check(total, done, start)
                on_progress(done, total)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        # requests' errors derive from OSError, which callers take for a disk error
        raise ConnectionError(str(error)) from error
    if total and done != total:
        raise ConnectionError("Connection broken")


def _check(total: int, done: int, start: float) -> None:
    if max(total, done) > LARGEST:
        raise ConnectionError(f"more than {LARGEST >> 20:,} MiB")
    seconds = clock() - start
    if seconds > LONGEST_S or (seconds > SLOW_AFTER_S and done < SLOWEST * seconds):
        raise ConnectionError(f"too slow: {done / seconds / 1000:.1f} kB a second")


def _within(seconds: float, ask: Callable[[], Any]) -> Any:
    """Return the answer if it comes in time; raises what asking raises, or ConnectionError.

    A server that sends the head of its answer byte by byte can make asking take for ever.
    """
    answers: list[Any] = []

    def work() -> None:
        try:
            answers.append(ask())
        except Exception as error:
            answers.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise ConnectionError("timed out")
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]
