"""The one error that is the user's to mend."""

from __future__ import annotations

LONGEST_REASON = 300  # characters


def in_one_line(error: BaseException) -> str:
    """Return an error's type and message in one line that can be shown in a table."""
    text = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
    return "".join(character for character in text if character.isprintable())[:LONGEST_REASON]


class BenchError(Exception):
    """Bad arguments or bad data.

    The message is one line: what is wrong and what to do. ``bench.py`` prints it and leaves with 2. What it quotes from
    a file stays one line too: line breaks and control characters become spaces.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(character if character.isprintable() else " " for character in message))
