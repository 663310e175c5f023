from __future__ import annotations

import pytest

from benchmarks.common.errors import LONGEST_REASON, BenchError, in_one_line


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("a\n  b\tc\x1b[31m"), "ValueError: a b c[31m"),
        (SystemExit(), "SystemExit"),
        (RuntimeError("x" * 1000), f"RuntimeError: {'x' * 1000}"[:LONGEST_REASON]),
    ],
)
def test_an_error_is_one_line(error: BaseException, expected: str) -> None:
    assert in_one_line(error) == expected


def test_what_a_message_quotes_stays_one_line() -> None:
    assert str(BenchError("bad\nname\x00")) == "bad name "
