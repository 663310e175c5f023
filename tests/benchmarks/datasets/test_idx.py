from __future__ import annotations

import gzip
import struct
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.idx import LARGEST, parse_idx, read_uncompressed
from tests.benchmarks.datasets.helpers import error_message, idx_bytes

Pack = Callable[[bytes], bytes]
MEBIBYTE = 1 << 20
IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)

any_array = arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6))
any_header = st.builds(
    lambda code, sides, n: bytes([0, 0, code, n % 256]) + struct.pack(f">{len(sides)}I", *sides),
    st.sampled_from([0x08, 0x0D]),
    st.lists(st.sampled_from([0, 1, 2, 28, 2**31, 2**32 - 1]), max_size=5),
    st.integers(0, 255),
)


def read_array(path: Path) -> NDArray[np.uint8]:
    return parse_idx(read_uncompressed(path), path.name)


def peak_memory(path: Path, largest: int = LARGEST) -> int:
    tracemalloc.start()
    try:
        read_uncompressed(path, largest)
    except BenchError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@settings(deadline=None)
@given(any_array)
def test_what_is_written_is_read(array: NDArray[np.uint8]) -> None:
    parsed = parse_idx(idx_bytes(array), "images")
    assert parsed.dtype == np.uint8
    np.testing.assert_array_equal(parsed, array, strict=True)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_file_is_read_gzipped_or_not_whatever_its_name(tmp_path: Path, pack: Pack) -> None:
    for name in ("images.gz", "images"):
        (tmp_path / name).write_bytes(pack(idx_bytes(IMAGES)))
        np.testing.assert_array_equal(read_array(tmp_path / name), IMAGES, strict=True)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_file_truncated_at_any_byte_is_rejected(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "images"
    whole = pack(idx_bytes(IMAGES))
    for n_bytes in range(len(whole)):
        path.write_bytes(whole[:n_bytes])
        error_message(lambda: read_array(path))


@settings(deadline=None)
@given(any_array, st.binary(min_size=1, max_size=20))
def test_trailing_bytes_are_rejected(array: NDArray[np.uint8], more: bytes) -> None:
    assert "download it again" in error_message(lambda: parse_idx(idx_bytes(array) + more, "images"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "nothing"),
        (b"\0\1" + idx_bytes(IMAGES)[2:], "00010803"),
        (b"<!DOCTYPE html>", "3c21444f"),
        (idx_bytes(IMAGES, type_code=0x0D), "floats of 32 bits"),
        (bytes([0, 0, 8, 0]), "0 dimensions"),
        (bytes([0, 0, 8, 255]) + struct.pack(">255I", *[1] * 255) + b"x", "255 dimensions"),
        (bytes([0, 0, 8, 3, 0, 0]), "truncated header"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 3, 3, 4) + bytes(24), r"36 bytes for shape (3, 3, 4) but has 24"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 1, 3, 4) + bytes(24), r"12 bytes for shape (1, 3, 4) but has 24"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 0, *[2**32 - 1] * 2) + b"", "impossible shape"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value.split(" but")[0],
)
def test_content_of_another_format_is_rejected_naming_the_file(content: bytes, expected: str) -> None:
    message = error_message(lambda: parse_idx(content, "the labels"))
    assert message.startswith("the labels ")
    assert expected in message


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=64), st.builds(bytes.__add__, any_header, st.binary(max_size=64))))
@example(bytes([0, 0, 8, 4]) + struct.pack(">4I", 0, *[2**32 - 1] * 3))
@example(bytes([0, 0, 8, 65]) + struct.pack(">65I", *[1] * 65) + b"x")
def test_any_bytes_are_parsed_or_rejected(content: bytes) -> None:
    try:
        parsed = parse_idx(content, "images")
    except BenchError as error:
        message = str(error)
        assert len(message.splitlines()) == 1
        assert len(message) < 250
    else:
        assert idx_bytes(parsed) == content


def damaged(at: int, value: int) -> bytes:
    whole = bytearray(gzip.compress(idx_bytes(IMAGES), mtime=0))
    whole[at % len(whole)] = value
    return bytes(whole)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=64),
        st.binary(max_size=64).map(lambda rest: b"\x1f\x8b" + rest),
        st.binary(max_size=64).map(lambda rest: gzip.compress(b"one member") + rest),
        st.builds(damaged, st.integers(0, 200), st.integers(0, 255)),
    )
)
def test_a_file_of_any_bytes_is_read_or_rejected(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images"
        path.write_bytes(content)
        try:
            uncompressed = read_uncompressed(path)
        except BenchError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert uncompressed == (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)


def test_a_changed_byte_in_a_gzipped_file_is_detected(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    stored = bytearray(gzip.compress(idx_bytes(IMAGES), compresslevel=0))
    stored[-12] ^= 1
    path.write_bytes(stored)
    assert "CRC" in error_message(lambda: read_uncompressed(path))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_file_may_be_as_large_as_allowed_and_no_larger(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "images"
    path.write_bytes(pack(bytes(MEBIBYTE)))
    assert len(read_uncompressed(path, largest=MEBIBYTE)) == MEBIBYTE
    path.write_bytes(pack(bytes(MEBIBYTE + 1)))
    assert "more than 1 MiB" in error_message(lambda: read_uncompressed(path, largest=MEBIBYTE))


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(bytes(64 * MEBIBYTE), compresslevel=1))
    assert "more than 1 MiB" in error_message(lambda: read_uncompressed(path, largest=MEBIBYTE))
    assert peak_memory(path, largest=MEBIBYTE) < 8 * MEBIBYTE


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_small_file_needs_little_memory(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(IMAGES)))
    assert peak_memory(path) < 8 * MEBIBYTE


def test_an_unreadable_file_is_rejected(tmp_path: Path) -> None:
    assert "not there" in error_message(lambda: read_uncompressed(tmp_path / "nothing"))
    assert "no file" in error_message(lambda: read_uncompressed(tmp_path))
