"""User data as read from disk → splits of 28×28 images for training and testing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.cleaning import drop_bad_images, reject_bad_images
from benchmarks.datasets.preprocessing.contact_sheet import Pair, contact_sheet, sample_across_classes, thumbnail
from benchmarks.datasets.preprocessing.normalization import SIDE, is_dark_on_light, normalize_image
from benchmarks.datasets.preprocessing.splits import shuffled, split_off_test, split_off_validation
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit
from benchmarks.datasets.spec import Images, Polarity, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POLARITY_SAMPLE = 1_000  # images, evenly spaced, whose borders decide the polarity
MIXED_POLARITY_WARNING = 0.1  # share of opposite polarity above which a warning is given
LOW_RANGE_WARNING = 64  # of 255: a lower maximum suggests another range of values
MAX_CLASSES = 1_000
MIN_PER_CLASS = 3  # one of them for the test split
MIN_TRAINING_PER_CLASS = 2
MAX_NAMED = 5


def no_progress(done: int, total: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class PreprocessingOptions:
    """How user images are normalized. ``centre``: by mass, as MNIST's were.

    ``on_progress`` is called with the number of images that are read and of all: many large files take minutes.
    """

    polarity: Polarity = "auto"
    centre: bool = False
    on_progress: Callable[[int, int], object] = field(default=no_progress, compare=False)


def preprocess(raw: RawDataset, name: str, options: PreprocessingOptions) -> Images:
    """Normalize every image and make the splits that are missing; ``name`` is used in messages.

    Without a test set a stratified fifth of the images becomes one (fixed seed). Raises ``BenchError`` for images
    that cannot be read, a single class, a class with too few images, and classes that occur only in the test set.
    """
    class_names = _class_names(raw, name)
    dark_on_light, notes = _polarity(raw.train, options.polarity)
    pictured = sample_across_classes(raw.train.labels)
    split, pairs = _normalized_split(raw.train, class_names, dark_on_light, options, pictured)
    training, dropped = drop_bad_images(split, len(class_names), name, raw.train.name)
    _check_sizes(training, class_names, name, MIN_PER_CLASS if raw.test is None else MIN_TRAINING_PER_CLASS)
    if raw.test is None:
        training, test = split_off_test(training)
        notes = (*notes, "no test set found: a stratified fifth of the images is used (fixed seed)")
    else:
        test, _ = _normalized_split(raw.test, class_names, dark_on_light, options, ())
        reject_bad_images(test, len(class_names), name, raw.test.name)
    train, validation = split_off_validation(shuffled(training))  # most datasets are ordered by class
    return Images(
        train=train,
        validation=validation,
        test=test,
        class_names=class_names,
        dropped=dropped,
        checksums=raw.checksums,
        notes=(*raw.notes, *notes),
        picture=contact_sheet(pairs),
        centred=options.centre,
        polarity=options.polarity,
    )


def _class_names(raw: RawDataset, name: str) -> tuple[str, ...]:
    """Return the classes of the training set, sorted; raises ``BenchError`` for too few or too many."""
    names = set(raw.train.labels)
    if len(names) < 2:
        raise BenchError(f"{name} has a single class, '{min(names)}'; at least two are needed")
    if len(names) > MAX_CLASSES:
        raise BenchError(
            f"{name} has {len(names):,} classes; at most {MAX_CLASSES:,} are supported. Is this the label column?"
        )
    if raw.test and (unknown := sorted(set(raw.test.labels) - names)):
        first = raw.test.name(raw.test.labels.index(unknown[0]))
        raise BenchError(f"{first}: label '{unknown[0]}' is out of range: no training image has it")
    numbers = all(label.isdecimal() for label in names)
    return tuple(sorted(names, key=lambda label: (int(label) if numbers else 0, label)))


def _check_sizes(training: Split, class_names: Sequence[str], name: str, minimum: int) -> None:
    counted = Counter(training.labels.tolist())
    few = [f"'{label}' has {counted[i]}" for i, label in enumerate(class_names) if counted[i] < minimum]
    if few:
        more = f" and {len(few) - MAX_NAMED} more" if len(few) > MAX_NAMED else ""
        raise BenchError(
            f"{name}: each class needs at least {minimum} valid images, but {', '.join(few[:MAX_NAMED])}{more}"
        )


def _polarity(part: RawSplit, polarity: Polarity) -> tuple[bool, tuple[str, ...]]:
    """Decide whether the images are dark on light, and return that with notes for the user.

    All images are inverted or none: the border of an image that fills its frame is no evidence.
    """
    votes: Counter[bool | None] = Counter()
    brightest = 0
    for i in range(0, len(part), -(-len(part) // POLARITY_SAMPLE)):
        image = _read_or_none(part, i)
        if image is not None:
            votes[is_dark_on_light(image)] += 1
            brightest = max(brightest, int(image.max()))
    dark, light = votes[True], votes[False]
    inverted = dark > light if polarity == "auto" else polarity == "dark-on-light"
    kind = "dark on light, inverted to light on dark" if inverted else "light on dark, unchanged"
    n_opposite, n_seen = (light if inverted else dark), max(dark + light, 1)
    origin = "" if polarity == "auto" else "; set by --polarity"
    notes = [f"polarity: {kind} ({n_seen - n_opposite:,} of {n_seen:,} images{origin})"]
    if n_opposite / n_seen > MIXED_POLARITY_WARNING:
        notes.append(
            f"WARNING: {n_opposite / n_seen:.0%} have the opposite polarity; check images.png, or set --polarity"
        )
    if 0 < brightest < LOW_RANGE_WARNING:
        notes.append(f"WARNING: no pixel is above {brightest} of 255; do the values have another range?")
    return inverted, tuple(notes)


def _read_or_none(part: RawSplit, i: int) -> NDArray[np.uint8] | None:
    """Return image i; None if it cannot be read, which ``_normalized_split`` reports for all of them."""
    try:
        return part.read(i)
    except BenchError:
        return None


def _normalized_split(
    part: RawSplit,
    class_names: Sequence[str],
    dark_on_light: bool,
    options: PreprocessingOptions,
    pictured: Sequence[int],
) -> tuple[Split, list[Pair]]:
    """Return the normalized images, and pairs of original and result for those in ``pictured``."""
    import numpy as np

    frames = np.empty((len(part), SIDE, SIDE), np.uint8)
    pairs, unreadable = [], []
    to_picture = set(pictured)
    for i in range(len(part)):
        options.on_progress(i, len(part))
        try:
            original = part.read(i)
        except BenchError as error:
            unreadable.append(str(error))
            continue
        frames[i] = normalize_image(original, centre=options.centre, dark_on_light=dark_on_light)
        if i in to_picture:
            pairs.append((part.labels[i], thumbnail(original), frames[i]))
    if unreadable:
        more = f" (and {len(unreadable) - 1} more images cannot be read)" if len(unreadable) > 1 else ""
        raise BenchError(unreadable[0] + more)
    number = {name: i for i, name in enumerate(class_names)}
    return Split(frames, np.array([number[label] for label in part.labels], np.int64)), pairs
