"""A parser of arguments whose errors name the option and what it accepts."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

# what argparse says, and what a user is told
MESSAGES = (
    (r"argument (.*?): invalid choice: '(.*?)' \(choose from (.*)\)", r"\1 '\2' should be one of \3"),
    (r"argument (.*?): invalid (.*) value: '(.*)'", r"\1 '\3' should be a \2"),
    (r"argument (.*?): expected one argument", r"\1 needs a value"),
    (r"argument (.*?): expected at least one argument", r"\1 needs a value"),
    (r"the following arguments are required: (.*)", r"\1 is missing"),
    (r"argument (.*?): (.*)", r"\1 \2"),
)
CHOICES = re.compile(r"(?<= should be one of ).*")


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` with errors of one line below the usage."""

    def error(self, message: str) -> NoReturn:
        """Print how the command is used and what is wrong; exit with 2."""
        self.exit(2, f"{self.format_usage()}bench.py: {_said(message)}; '{self.prog} --help' tells more\n")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Exit because of words that are no arguments; name the option that may be meant."""
        import difflib  # ``list`` is to be fast

        known = [option for action in self._actions for option in action.option_strings]
        options = [word.partition("=")[0] for word in words if word.startswith("-")]
        alike = difflib.get_close_matches(options[0], known, n=3) if options else []
        meant = self._place_of(options) or (f"; did you mean {' or '.join(alike)}?" if alike else "")
        self.error(f"there is no {'option' if options else 'argument'} {(options or list(words))[0]:.60} here{meant}")

    def _place_of(self, options: Sequence[str]) -> str:
        """Say where the first of these is given, if it is an argument without an option; else ""."""
        places = {f"--{action.dest}": action for action in self._actions if not action.option_strings}
        if not options or options[0] not in places:
            return ""
        words = [str(action.metavar or action.dest) for action in places.values()]
        return f"; {places[options[0]].metavar} is given without it: {self.prog} {' '.join(words)}"


def _said(message: str) -> str:
    """Return an error of argparse in words of the suite."""
    for pattern, words in MESSAGES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return CHOICES.sub(lambda choices: choices[0].replace("'", ""), found.expand(words))
    return message
