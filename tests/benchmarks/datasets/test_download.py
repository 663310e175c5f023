from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.datasets.sources import transfer
from benchmarks.datasets.sources.download import DownloadError, RemoteFile, fetch, find, read_verified
from tests.benchmarks.datasets.helpers import error_message, files_in, remote
from tests.benchmarks.datasets.loopback import Mirrors, Response

ROOT = Path(__file__).parents[3]
CONTENT = bytes(range(256)) * 40
PACKED = gzip.compress(CONTENT, compresslevel=0)  # longer than one chunk of a download
NAME = "images.gz"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def start_fetch(file: RemoteFile, cache: Path, *, largest_file: int | None = None) -> subprocess.Popen[str]:
    words = [file.name, file.sha256, *file.mirrors, str(cache), *([] if largest_file is None else [str(largest_file)])]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.datasets.fetch_one", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def failure(file: RemoteFile, cache: Path) -> str:
    """Return the error of ``fetch``, after checking that it left no file."""
    message = error_message(lambda: fetch(file, cache), DownloadError)
    assert find(file, (cache,)) is None
    assert files_in(cache) == []
    return message


def test_a_file_is_fetched_whole_from_the_first_mirror(mirrors: Mirrors, downloads: Path) -> None:
    file = remote(
        CONTENT, mirrors.serve("first", NAME, Response(PACKED)), mirrors.serve("second", NAME, Response(PACKED))
    )
    path = fetch(file, downloads)
    assert path == find(file, (downloads,)) == downloads / NAME
    assert read_verified(path, file) == CONTENT
    assert files_in(downloads) == [path]
    assert mirrors.requests == ["/first/images.gz"]


def test_a_local_file_is_not_downloaded_again(mirrors: Mirrors, downloads: Path) -> None:
    file = remote(CONTENT, mirrors.serve("first", NAME, Response(PACKED)))
    assert fetch(file, downloads) == fetch(file, downloads)
    assert len(mirrors.requests) == 1


@pytest.mark.parametrize("headers", [(), (("Content-Encoding", "gzip"),)], ids=["unpacked", "unpacked on the way"])
def test_the_uncompressed_content_decides_however_a_mirror_packs_it(
    mirrors: Mirrors, downloads: Path, headers: tuple[tuple[str, str], ...]
) -> None:
    response = Response(PACKED if headers else CONTENT, headers=headers)
    file = remote(CONTENT, mirrors.serve("first", NAME, response))
    assert read_verified(fetch(file, downloads), file) == CONTENT


@pytest.mark.parametrize(
    "bad",
    [
        Response(status=404),
        Response(b"<html>busy</html>", status=503),
        Response(b"<html>log in first</html>"),
        Response(gzip.compress(CONTENT[:-1] + b"x")),
        Response(PACKED[:-3]),
        Response(PACKED[:5000], content_length=len(PACKED)),
        Response(),
    ],
    ids=["not there", "busy", "a page", "another checksum", "truncated gzip", "truncated body", "empty"],
)
def test_after_a_bad_mirror_the_next_one_delivers(mirrors: Mirrors, downloads: Path, bad: Response) -> None:
    file = remote(CONTENT, mirrors.serve("first", NAME, bad), mirrors.serve("second", NAME, Response(PACKED)))
    path = fetch(file, downloads)
    assert read_verified(path, file) == CONTENT
    assert files_in(downloads) == [path]
    assert mirrors.requests == ["/first/images.gz", "/second/images.gz"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Response(status=404), "404"),
        (Response(PACKED[:5000], content_length=len(PACKED)), "connection lost"),
        (Response(PACKED[:-3]), "damaged"),
        (Response(gzip.compress(b"something else")), "damaged"),
    ],
    ids=["not there", "truncated body", "truncated gzip", "another checksum"],
)
def test_if_no_mirror_delivers_each_is_named_with_its_reason(
    mirrors: Mirrors, downloads: Path, bad: Response, reason: str
) -> None:
    file = remote(CONTENT, mirrors.url("first"), mirrors.serve("second", NAME, bad))
    message = failure(file, downloads)
    first, second = message.split("; ")[:2]
    assert mirrors.url("first") in first
    assert "404" in first
    assert mirrors.url("second") in second
    assert reason in second


def test_the_error_says_where_to_put_the_file(mirrors: Mirrors, downloads: Path) -> None:
    message = failure(remote(CONTENT, mirrors.url("first")), downloads)
    assert f"put it into {downloads}" in message
    assert "--data-dir" in message


def test_a_file_put_there_is_used(mirrors: Mirrors, downloads: Path) -> None:
    file = remote(CONTENT, mirrors.url("first"))
    failure(file, downloads)
    (downloads / "images").write_bytes(CONTENT)
    assert fetch(file, downloads) == downloads / "images"


def test_a_mirror_that_does_not_respond_times_out(
    mirrors: Mirrors, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "SILENCE_S", 0.1)
    silent = mirrors.serve("first", NAME, Response(PACKED, after=threading.Event()))
    assert "timed out" in failure(remote(CONTENT, silent), downloads)


def test_a_closed_port_is_reported(closed_port: int, downloads: Path) -> None:
    message = failure(remote(CONTENT, f"http://127.0.0.1:{closed_port}/"), downloads)
    assert "connection refused" in message


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError(101, "Network is unreachable"),
    ],
    ids=["name not known", "no name server", "unreachable"],
)
def test_a_missing_network_is_reported(downloads: Path, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def resolve(*query: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert "no network" in failure(remote(CONTENT, "http://mirror.invalid/"), downloads)


def test_an_invalid_url_is_a_failure(downloads: Path) -> None:
    failure(remote(CONTENT, "nowhere/", "http://"), downloads)


def test_a_full_disk_is_a_failure_in_one_line(mirrors: Mirrors, downloads: Path) -> None:
    file = remote(CONTENT, mirrors.serve("first", NAME, Response(PACKED)))
    with start_fetch(file, downloads, largest_file=5000) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(errors.splitlines()) == 1
    assert f"cannot write to {downloads} (File too large)" in errors
    assert "--data-dir" in errors
    assert files_in(downloads) == []


@pytest.mark.parametrize("below", ["", "data"], ids=["a file", "below a file"])
def test_a_cache_that_cannot_be_written_is_a_failure(mirrors: Mirrors, tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("a regular file")
    file = remote(CONTENT, mirrors.serve("first", NAME, Response(PACKED)))
    message = error_message(lambda: fetch(file, tmp_path / "taken" / below), DownloadError)
    assert "cannot write to" in message
    assert "choose another folder with --data-dir or DIGITBENCH_CACHE" in message
    assert mirrors.requests == []


def test_of_two_processes_one_downloads_and_both_get_the_file(mirrors: Mirrors, downloads: Path) -> None:
    both_run = threading.Event()
    file = remote(CONTENT, mirrors.serve("first", NAME, Response(PACKED, after=both_run)))
    with start_fetch(file, downloads) as one, start_fetch(file, downloads) as other:
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        both_run.set()
        outputs = [process.communicate(timeout=60) for process in (one, other)]
    assert outputs == [(f"{downloads / NAME}\n", "")] * 2
    assert read_verified(downloads / NAME, file) == CONTENT
    assert len(mirrors.requests) == 1


@pytest.mark.parametrize("half", [PACKED[:5000], PACKED[:-1], b""], ids=["half", "all but a byte", "nothing"])
def test_a_truncated_file_is_never_used(mirrors: Mirrors, downloads: Path, half: bytes) -> None:
    file = remote(CONTENT, mirrors.serve("first", NAME, Response(PACKED)))
    downloads.mkdir(parents=True)
    (downloads / NAME).write_bytes(half)
    assert str(downloads / NAME) in error_message(lambda: read_verified(fetch(file, downloads), file))


def test_of_several_folders_the_first_that_has_the_file_counts(tmp_path: Path) -> None:
    file = remote(CONTENT)
    folders = [tmp_path / name for name in ("nothing", "plain", "packed")]
    (tmp_path / "plain").mkdir()
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "images.gz").touch()
    assert find(file, folders) == tmp_path / "packed" / "images.gz"
    (tmp_path / "plain" / "images").touch()
    assert find(file, folders) == tmp_path / "plain" / "images"


def test_a_folder_of_the_same_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "images.gz").mkdir()
    assert find(remote(CONTENT), (tmp_path,)) is None


def test_an_unreadable_folder_has_no_files(tmp_path: Path) -> None:
    name_too_long = tmp_path / ("x" * 300)
    assert find(remote(CONTENT), (name_too_long,)) is None
    assert "cannot write to" in error_message(lambda: fetch(remote(CONTENT), name_too_long), DownloadError)


@pytest.mark.parametrize(
    "bad", [(), (Response(PACKED[:5000], content_length=len(PACKED)),)], ids=["whole", "after a failure"]
)
def test_each_download_tells_how_far_it_is(mirrors: Mirrors, downloads: Path, bad: tuple[Response, ...]) -> None:
    told: list[tuple[str, int, int]] = []
    served = [mirrors.serve(str(i), NAME, response) for i, response in enumerate((*bad, Response(PACKED)))]
    fetch(remote(CONTENT, *served), downloads, lambda *progress: told.append(progress))
    assert {name for name, _, _ in told} == {NAME} and told[-1] == (NAME, len(PACKED), len(PACKED))
    assert all(0 < done <= total for _, done, total in told)


def test_nothing_is_printed(mirrors: Mirrors, downloads: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fetch(remote(CONTENT, mirrors.serve("first", NAME, Response(PACKED))), downloads)
    assert capfd.readouterr() == ("", "")
