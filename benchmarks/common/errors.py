"""The error shown to users, and errors in one line."""

from __future__ import annotations

LONGEST_REASON = 300  # characters


def in_one_line(error: BaseException) -> str:
    """Return an error's type and message as one line."""
    text = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
    return "".join(character for character in text if character.isprintable())[:LONGEST_REASON]


class BenchError(Exception):
    """Bad arguments or bad data.

    The message is one line: what is wrong and what to do. ``bench.py`` prints it and exits with code 2. Line breaks and
    control characters, as in text quoted from a file, become spaces.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(character if character.isprintable() else " " for character in message))
