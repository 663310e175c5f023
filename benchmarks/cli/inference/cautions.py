"""What ``predict`` says of images that are unlike those that a model was trained on, and the options to give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.common.formatting import counted
from benchmarks.inference.image_files import AUTO, OPPOSITE, PreparedFile, PreparedFiles

MOST_NAMED = 5
KINDS = {True: "dark on light", False: "light on dark"}


def cautions(found: PreparedFiles, read_as: bool) -> list[str]:
    """Return a line on images of another polarity, and one on those that an option would make like the training.

    ``read_as``: whether as dark on light. All lines suggest the same options.
    """
    lines = []
    if found.n_of_two_values:
        lines.append(f"{counted(found.n_of_two_values, 'image')} of 0 and 1: read as black and white")
    opposite = [file for file in found.files if file.contradicts]
    unlike = [file for file in found.files if file.differences]
    advice, n = _advice(found.files, opposite, unlike, read_as), len(found.files)
    if opposite:
        other = KINDS[not read_as]
        lines.append(
            f"CAREFUL: {len(opposite)} of {n} images look {other}, but all are read as {KINDS[read_as]}; "
            f"if they are {other}, give {advice}: {_named(opposite)}"
        )
    if unlike:
        differences = Counter(words for file in unlike for words in file.differences)
        lines.append(
            f"CAREFUL: {len(unlike)} of {n} images are unlike those that it was trained on "
            f"({', '.join(words for words, _ in differences.most_common())}); try {advice}: {_named(unlike)}"
        )
    return lines


def why_hidden(file: PreparedFile, read_as: bool) -> str:
    """Return why nothing is seen of an image that is not blank, and the options to give."""
    why = [KINDS[not read_as]] if file.contradicts else []
    if file.option:
        why.append("too faint")
    return f"{' and '.join(why)}: give {file.advice}"


def _advice(
    files: Sequence[PreparedFile], opposite: Sequence[PreparedFile], unlike: Sequence[PreparedFile], read_as: bool
) -> str:
    """Return the options for all images together: a polarity, if each looks to be of it, else that of each."""
    polarity = f"--polarity {OPPOSITE[read_as]}" if len(opposite) == len(files) else AUTO
    options = Counter(file.option for file in unlike if file.option).most_common(1)
    return " ".join([*([polarity] if opposite else []), *(option for option, _ in options)])


def _named(files: Sequence[PreparedFile]) -> str:
    more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
    return f"{', '.join(file.name for file in files[:MOST_NAMED])}{more}"
