"""What libraries write to the error output is seen only if something fails."""

from __future__ import annotations

import os

import pytest

from benchmarks.cli.inference.quiet import STANDARD_ERROR, without_notices
from benchmarks.common.errors import BenchError


@pytest.mark.parametrize(("error", "is_shown"), [(None, False), (BenchError("bad"), False), (ValueError("odd"), True)])
def test_notices_are_shown_after_an_unexpected_error_only(
    error: Exception | None, is_shown: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        with without_notices():
            os.write(STANDARD_ERROR, b"a notice of a library\n")
            if error:
                raise error
    except Exception as raised:
        assert raised is error
    os.write(STANDARD_ERROR, b"later\n")
    assert capfd.readouterr().err == ("a notice of a library\n" if is_shown else "") + "later\n"
