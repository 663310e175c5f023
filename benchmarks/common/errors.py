"""The error shown to users, and errors in one line."""

from __future__ import annotations

from collections.abc import Collection

LONGEST_REASON = 300  # characters
LONGEST_QUOTED = 120


def in_one_line(error: BaseException) -> str:
    """Return an error's type and message as one line."""
    return one_line(f"{type(error).__name__}: {message_of(error)}".rstrip(": "))


def message_of(error: BaseException) -> str:
    """Return an error's message; none if asking for it raises, as the class of an error may be anyone's."""
    try:
        return str(error)
    except BaseException:
        return ""


def one_line(text: str) -> str:
    """Return a text as one line of at most 300 characters, without control characters."""
    printable = (character for character in " ".join(text[: 20 * LONGEST_REASON].split()) if character.isprintable())
    return "".join(printable)[:LONGEST_REASON]


def short_message(error: BaseException) -> str:
    """Return the beginning of an error's message, for another one: it may quote a whole file."""
    return one_line(message_of(error))[:LONGEST_QUOTED]


class BenchError(Exception):
    """Bad arguments or bad data.

    The message is one line: what is wrong and what to do. ``bench.py`` prints it and exits with code 2. Line breaks and
    control characters, as in text quoted from a file, become spaces.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(character if character.isprintable() else " " for character in message))


def check_case(kind: str, name: str, known: Collection[str]) -> None:
    """Raise ``BenchError`` for what is the name of none, but would be in another case."""
    alike = [] if name in known else [one for one in known if one.casefold() == name.casefold()]
    if alike:
        raise BenchError(f"no {kind} is named '{name}'; did you mean {' or '.join(alike)}?")
