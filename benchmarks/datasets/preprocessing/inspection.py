"""A look at some images of every part, before they are normalized: polarity, brightness, size, transparency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.polarity import is_dark_on_light
from benchmarks.datasets.preprocessing.transparency import chosen_paper, has_dark_ink, on_paper
from benchmarks.datasets.readers.raw_images import RawSplit
from benchmarks.datasets.spec import WHITE, Polarity

SAMPLE = 1_000  # images of each part, evenly spaced
MIXED_POLARITY = 0.1  # share of opposite polarity above which a warning is given
# of 255: a lower maximum suggests another range of values, of photographs and of arrays of whole numbers
LOW_RANGE, LOW_RANGE_OF_ARRAYS = 64, 200
OTHER_CONTRAST = 2.0  # ratio of two parts' contrasts from which they differ
OTHER_SIZE = 1.5  # ratio of two parts' sizes
SHOWN = {"train": "training", "validation": "validation", "test": "test"}
KINDS = {True: "dark on light", False: "light on dark"}


@dataclass(frozen=True)
class Look:
    """What some images of a part are like; contrast (0 to 255) and size (of the longer side) are medians.

    ``of_array``: their range is not known from a file. ``brightest`` is then of all of them.
    """

    dark: int
    light: int
    brightest: int
    contrast: float
    size: float
    inks: Counter[bool | None]
    of_array: bool = False

    @property
    def dark_on_light(self) -> bool:
        return self.dark > self.light

    def n_opposite(self, inverted: bool) -> int:
        return self.light if inverted else self.dark


@dataclass(frozen=True)
class Inspection:
    """What holds for all images of a dataset: whether they are dark on light, and the paper of transparent ones."""

    dark_on_light: bool
    paper: int
    notes: tuple[str, ...]


def inspect(parts: Mapping[str, RawSplit], polarity: Polarity) -> Inspection:
    """Look at all parts; the training part decides the polarity of all images, unless it is given.

    All images are inverted or none: the border of an image that fills its frame is no evidence.
    """
    looks = {name: _look(part, WHITE) for name, part in parts.items()}
    paper, notes = chosen_paper(sum((look.inks for look in looks.values()), Counter()))
    if paper != WHITE:
        looks = {name: _look(part, paper) for name, part in parts.items()}
    train = looks["train"]
    inverted = train.dark_on_light if polarity == "auto" else polarity == "dark-on-light"
    n_seen = max(train.dark + train.light, 1)
    done = "inverted to light on dark" if inverted else "unchanged"
    origin = "" if polarity == "auto" else "; set by --polarity"
    n_alike = n_seen - train.n_opposite(inverted)
    decided = f"polarity: {KINDS[inverted]}, {done} ({n_alike:,} of {n_seen:,} images{origin})"
    warnings = [note for name, look in looks.items() for note in _warnings(name, look, inverted)]
    warnings += [note for name, look in looks.items() if name != "train" for note in _differences(name, look, train)]
    return Inspection(inverted, paper, (decided, *notes, *warnings))


def _look(part: RawSplit, paper: int) -> Look:
    """Look at images of a part; those that cannot be read are reported later, when all are normalized."""
    import numpy as np

    votes: Counter[bool | None] = Counter()
    inks: Counter[bool | None] = Counter()
    brightest, contrasts, sizes = 0, [], []
    for i in range(0, len(part), -(-len(part) // SAMPLE)):
        try:
            original = part.read(i)
        except BenchError:
            continue
        inks[has_dark_ink(original)] += 1
        image = on_paper(original, paper)
        votes[is_dark_on_light(image)] += 1
        brightest = max(brightest, int(image.max()))
        contrasts.append(int(image.max()) - int(image.min()))
        sizes.append(max(image.shape[:2]))
    return Look(
        votes[True],
        votes[False],
        brightest if part.largest is None else part.largest,
        float(np.median(contrasts or [0])),
        float(np.median(sizes or [0])),
        inks,
        part.largest is not None,
    )


def _warnings(name: str, look: Look, inverted: bool) -> list[str]:
    """Return what to be careful with in one part."""
    n_seen, n_opposite = max(look.dark + look.light, 1), look.n_opposite(inverted)
    warnings = []
    if look.dark != look.light and look.dark_on_light != inverted and name != "train":
        warnings.append(
            f"CAREFUL: the {name} images are {KINDS[look.dark_on_light]} ({n_opposite:,} of {n_seen:,}), unlike the "
            "training images, and treated as these; check images.png"
        )
    elif n_opposite / n_seen > MIXED_POLARITY:
        warnings.append(
            f"CAREFUL: {n_opposite / n_seen:.0%} of the {SHOWN[name]} images have the opposite polarity; check "
            "images.png, or set --polarity"
        )
    if 0 < look.brightest < (LOW_RANGE_OF_ARRAYS if look.of_array else LOW_RANGE):
        can_say = look.of_array and name == "train"  # a range is one of all parts
        way_out = f"; if that is full, give --pixel-range 0..{look.brightest}" if can_say else ""
        warnings.append(f"CAREFUL: in the {SHOWN[name]} images no pixel is above {look.brightest} of 255{way_out}")
    return warnings


def _differences(name: str, look: Look, train: Look) -> list[str]:
    """Return in what a part differs from the training part."""
    notes = []
    if _ratio(look.size, train.size) >= OTHER_SIZE:
        notes.append(
            f"CAREFUL: the {name} images have {look.size:g} pixels on the longer side, the training images "
            f"{train.size:g}"
        )
    if _ratio(look.contrast, train.contrast) >= OTHER_CONTRAST:
        notes.append(
            f"CAREFUL: the {name} images have a contrast of {look.contrast:g} of 255, the training images "
            f"{train.contrast:g}"
        )
    return notes


def _ratio(one: float, other: float) -> float:
    return max(one, other) / max(min(one, other), 1)
