"""A person's own data as it was found → the splits of 28×28 that models learn from and are judged by."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.cleaning import keep_good, refuse_bad
from benchmarks.datasets.preprocessing.contact_sheet import Pair, contact_sheet, reduced, spread_over_classes
from benchmarks.datasets.preprocessing.frame import FRAME, is_dark_on_light, to_frame
from benchmarks.datasets.preprocessing.splits import mixed, with_test, with_validation
from benchmarks.datasets.readers.raw_images import Part, Source
from benchmarks.datasets.spec import Images, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Polarity = Literal["auto", "dark-on-light", "light-on-dark"]

LOOKED_AT = 1_000  # images, spread evenly over all, whose borders decide on the polarity
ODD_SHARE = 0.1  # of them that look the other way round is worth a warning
FAINT = 64  # of 255: where no pixel is above this, the values were probably of another range
MOST_CLASSES = 1_000
FEWEST_OF_A_CLASS = 3  # one of them to test with
FEWEST_TO_LEARN_FROM = 2
NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Preparation:
    """How a person's own images are brought to the frame. ``centre``: by mass, as MNIST's were."""

    polarity: Polarity = "auto"
    centre: bool = False


def prepare(source: Source, name: str, how: Preparation) -> Images:
    """Bring every image to the frame and split what is not split; ``name`` is for messages.

    Without a test part a stratified fifth becomes one, always the same. Raises ``BenchError`` for images that cannot
    be read, for a single class, for one with too few images, and for classes that only the test part has.
    """
    class_names = _class_names(source, name)
    dark_on_light, said = _polarity(source.train, how.polarity)
    shown = spread_over_classes(source.train.labels)
    framed, pairs = _framed(source.train, class_names, dark_on_light, how.centre, shown)
    learnable, dropped = keep_good(framed, len(class_names), name, source.train.name)
    _check_sizes(learnable, class_names, name, FEWEST_OF_A_CLASS if source.test is None else FEWEST_TO_LEARN_FROM)
    if source.test is None:
        learnable, test = with_test(learnable)
        said = (*said, "no test part was found: a stratified fifth of the images is one, always the same")
    else:
        test, _ = _framed(source.test, class_names, dark_on_light, how.centre, ())
        refuse_bad(test, len(class_names), name, source.test.name)
    train, validation = with_validation(mixed(learnable))  # most lie class by class
    return Images(
        train=train,
        validation=validation,
        test=test,
        class_names=class_names,
        dropped=dropped,
        checksums=source.checksums,
        notes=(*source.notes, *said),
        picture=contact_sheet(pairs),
        centred=how.centre,
        polarity=how.polarity,
    )


def _class_names(source: Source, name: str) -> tuple[str, ...]:
    """Return the classes of the training part, numbers in their order; raises ``BenchError`` where they are no task."""
    names = set(source.train.labels)
    if len(names) < 2:
        raise BenchError(f"{name} has a single class, '{min(names)}'; there is nothing to tell apart")
    if len(names) > MOST_CLASSES:
        raise BenchError(f"{name} has {len(names):,} classes, and {MOST_CLASSES:,} are the most; are these the labels?")
    if source.test and (strange := sorted(set(source.test.labels) - names)):
        first = source.test.name(source.test.labels.index(strange[0]))
        raise BenchError(f"{first}: label '{strange[0]}' is out of range: nothing to learn from has it")
    numbers = all(label.isdecimal() for label in names)
    return tuple(sorted(names, key=lambda label: (int(label) if numbers else 0, label)))


def _check_sizes(learnable: Split, class_names: Sequence[str], name: str, fewest: int) -> None:
    counted = Counter(learnable.labels.tolist())
    few = [f"'{label}' has {counted[i]}" for i, label in enumerate(class_names) if counted[i] < fewest]
    if few:
        more = f" and {len(few) - NAMED_AT_MOST} more" if len(few) > NAMED_AT_MOST else ""
        raise BenchError(
            f"{name}: each class needs {fewest} good images at least, but {', '.join(few[:NAMED_AT_MOST])}{more}"
        )


def _polarity(part: Part, wanted: Polarity) -> tuple[bool, tuple[str, ...]]:
    """Decide for all images together whether they are dark on light, and say what was seen.

    All are turned or none: an image that fills its frame says nothing by its border.
    """
    votes: Counter[bool | None] = Counter()
    brightest = 0
    for i in range(0, len(part), -(-len(part) // LOOKED_AT)):
        image = _readable(part, i)
        if image is not None:
            votes[is_dark_on_light(image)] += 1
            brightest = max(brightest, int(image.max()))
    dark, light = votes[True], votes[False]
    turned = dark > light if wanted == "auto" else wanted == "dark-on-light"
    kind = "dark on light, turned round to light on dark" if turned else "light on dark, kept so"
    others, n_seen = (light if turned else dark), max(dark + light, 1)
    asked = "" if wanted == "auto" else "; as asked for"
    said = [f"polarity: {kind} ({n_seen - others:,} of {n_seen:,} looked at are so{asked})"]
    if others / n_seen > ODD_SHARE:
        said.append(f"CAREFUL: {others / n_seen:.0%} look the other way round; see the picture, or set --polarity")
    if 0 < brightest < FAINT:
        said.append(f"CAREFUL: no pixel is above {brightest} of 255; were the values of another range?")
    return turned, tuple(said)


def _readable(part: Part, i: int) -> NDArray[np.uint8] | None:
    """Return image i; None if it cannot be read, which ``_framed`` says of all such images together."""
    try:
        return part.read(i)
    except BenchError:
        return None


def _followed(n_images: int) -> Iterable[int]:
    """Count up to ``n_images``, with a bar on a terminal: many large files take minutes."""
    if not sys.stderr.isatty():
        return range(n_images)
    from rich.console import Console
    from rich.progress import track

    return track(range(n_images), "reading the images", console=Console(stderr=True), transient=True)


def _framed(
    part: Part, class_names: Sequence[str], dark_on_light: bool, centre: bool, shown: Sequence[int]
) -> tuple[Split, list[Pair]]:
    """Return every image in the frame, and the originals of those to be shown beside it."""
    import numpy as np

    frames = np.empty((len(part), FRAME, FRAME), np.uint8)
    pairs, unreadable = [], []
    wanted = set(shown)
    for i in _followed(len(part)):
        try:
            original = part.read(i)
        except BenchError as error:
            unreadable.append(str(error))
            continue
        frames[i] = to_frame(original, centre=centre, dark_on_light=dark_on_light)
        if i in wanted:
            pairs.append((part.labels[i], reduced(original), frames[i]))
    if unreadable:
        more = f" (and {len(unreadable) - 1} more images cannot be read)" if len(unreadable) > 1 else ""
        raise BenchError(unreadable[0] + more)
    number = {name: i for i, name in enumerate(class_names)}
    return Split(frames, np.array([number[label] for label in part.labels], np.int64)), pairs
