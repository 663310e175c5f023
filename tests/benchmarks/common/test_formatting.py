from __future__ import annotations

import pytest

from benchmarks.common.formatting import counted, mebibytes, seconds_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.00123456, "1.23 ms"),
        (0.9999, "1 s"),
        (35.42, "35.4 s"),
        (999.7, "1,000 s"),
        (12345.6, "12,346 s"),
    ],
)
def test_times_have_three_digits_and_no_exponent(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0.0005, "0.512 KiB"), (0.999, "0.999 MiB"), (14.24, "14.2 MiB"), (2000, "2,000 MiB")]
)
def test_sizes_likewise(size: float, text: str) -> None:
    assert mebibytes(size) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 trials"), (1, "1 trial"), (2_000, "2,000 trials")])
def test_one_is_no_plural(number: int, text: str) -> None:
    assert counted(number, "trial") == text
