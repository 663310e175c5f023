"""User data as read from disk → splits of images of one size for training and testing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.audit import Origins
from benchmarks.datasets.preprocessing.classes import (
    check_sizes,
    chosen_classes,
    missing_note,
    similar_note,
    with_joined_labels,
)
from benchmarks.datasets.preprocessing.cleaning import drop_bad_images, reject_bad_images
from benchmarks.datasets.preprocessing.contact_sheet import Pair, contact_sheet, sample_across_classes, thumbnail
from benchmarks.datasets.preprocessing.inspection import inspect
from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.preprocessing.orientation import look_transposed
from benchmarks.datasets.preprocessing.splits import shuffled, split_off_test, split_off_validation
from benchmarks.datasets.preprocessing.strokes import n_faint
from benchmarks.datasets.preprocessing.transparency import on_paper
from benchmarks.datasets.readers.pixel_values import Range
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, in_full_range, with_parts
from benchmarks.datasets.spec import SIDE, Images, Polarity, Preparation, ReadingOptions, Split
from benchmarks.datasets.traits import advice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_FURTHER_PAIRS = 30  # of validation or test images in the picture
SOME_FAINT = 0.05  # share of images with faint strokes above which a warning is given


def no_progress(done: int, total: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class PreprocessingOptions:
    """How user images are normalized. ``centre``: by mass, as MNIST's were. ``normalise``: strokes too.

    ``image_size``: pixels of the height and width of the results; None for 28, or what a published dataset has.
    ``on_progress`` is called with the number of images that are read and of all: many large files take minutes.
    """

    polarity: Polarity = "auto"
    centre: bool = False
    normalise: bool = False
    image_size: int | None = None
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    on_progress: Callable[[int, int], object] = field(default=no_progress, compare=False)


def preprocess(raw: RawDataset, name: str, options: PreprocessingOptions) -> Images:
    """Normalize every image and make the splits that are missing; ``name`` is used in messages.

    Without a test part the validation part is the test set; without either, a stratified fifth of the images (fixed
    seed). Raises ``BenchError`` for images that cannot be read, a single class, a class with too few images, and
    classes that no training image has.
    """
    scaled, pixel_range = _in_full_range(raw)
    raw, notes = _with_test(with_joined_labels(scaled))
    class_names = chosen_classes(raw, name)
    found = inspect(raw.parts, options.polarity)
    side = options.image_size or SIDE
    preparation = Preparation(
        (side, side),
        options.centre,
        options.normalise,
        found.dark_on_light,
        found.paper,
        bool(options.reading.transpose),
        options.reading.pixel_range or pixel_range,
    )
    job = Normalization(class_names, preparation, options)
    split, pairs = job.split(raw.train, "training", sample_across_classes(raw.train.labels))
    training, dropped = drop_bad_images(split, len(class_names), name, raw.train.name)
    check_sizes(training, class_names, name, has_test=bool(raw.test))
    train, validation, test, more = _three_splits(raw, training, job, name)
    return Images(
        train=train,
        validation=validation,
        test=test,
        class_names=class_names,
        dropped=(*dropped, *more),
        checksums=raw.checksums,
        notes=(
            *(*raw.notes, *similar_note(class_names), *found.notes, *notes, *job.orientation_note(training)),
            *(*(job.faint_notes or advice(training.images, preparation)), *missing_note(test, class_names)),
        ),
        picture=contact_sheet([*pairs, *job.pairs]),
        preparation=preparation,
        image_size=options.image_size,
        polarity=options.polarity,
        reading=options.reading.words(),
        merged=frozenset(job.origins.merged),
    )


def _in_full_range(raw: RawDataset) -> tuple[RawDataset, Range | None]:
    """Return the data with all parts scaled to 0..255 if none has a pixel above 1, 15 or 16, with a note, and if so
    their range."""
    scaled, largest = in_full_range(list(raw.parts.values()))
    if not largest:
        return raw, None
    parts = dict(zip(raw.parts, scaled, strict=True))
    values = "0 and 1 are read as 0 and 255" if largest == 1 else f"0 to {largest} are scaled to 0 to 255"
    note = f"pixels: {values} (no pixel of any part is above {largest})"
    return with_parts(raw, parts, [note]), (0, largest)


def _with_test(raw: RawDataset) -> tuple[RawDataset, tuple[str, ...]]:
    """Return the data with the validation part as test part where there is none, and a note."""
    if raw.test:
        return raw, ()
    if raw.validation:
        note = "no test set found: the validation set is used; a sixth of the training images replaces it"
        return replace(raw, test=raw.validation, validation=None), (note,)
    return raw, ("no test set found: a stratified fifth of the images is used (fixed seed)",)


def _three_splits(
    raw: RawDataset, training: Split, job: Normalization, name: str
) -> tuple[Split, Split, Split, tuple[str, ...]]:
    """Return train, validation and test, and a message for each validation image that is left out."""
    if raw.test:
        test = reject_bad_images(job.further(raw.test, "test"), len(job.class_names), name, raw.test.name)
    else:
        training, test = split_off_test(training)
    training = shuffled(training)  # most datasets are ordered by class
    if not raw.validation:
        return *split_off_validation(training), test, ()
    validation, dropped = drop_bad_images(
        job.further(raw.validation, "validation"), len(job.class_names), name, raw.validation.name
    )
    return training, validation, test, dropped


@dataclass(frozen=True)
class Normalization:
    """How the images of all parts are normalized.

    ``pairs``: originals and results of further parts, for the picture. ``faint_notes``: on parts with faint strokes.
    """

    class_names: Sequence[str]
    preparation: Preparation
    options: PreprocessingOptions
    pairs: list[Pair] = field(default_factory=list)
    faint_notes: list[str] = field(default_factory=list)
    origins: Origins = field(default_factory=Origins)

    def further(self, part: RawSplit, name: str) -> Split:
        """Return the normalized images of a validation or test part, some of which go into the picture."""
        split, pairs = self.split(part, name, sample_across_classes(part.labels, MAX_FURTHER_PAIRS))
        self.pairs.extend((f"{name}: {label}", original, frame) for label, original, frame in pairs)
        return split

    def split(self, part: RawSplit, name: str, pictured: Sequence[int]) -> tuple[Split, list[Pair]]:
        """Return the normalized images, and pairs of original and result for those in ``pictured``."""
        import numpy as np

        frames = np.empty((len(part), *self.preparation.image_shape), np.uint8)
        pairs, unreadable = [], []
        to_picture = set(pictured)
        for i in range(len(part)):
            self.options.on_progress(i, len(part))
            try:
                original = on_paper(part.read(i), self.preparation.paper)
            except BenchError as error:
                unreadable.append(str(error))
                continue
            frames[i] = normalize_image(original, self.preparation)
            self.origins.add(frames[i], original)
            if i in to_picture:
                pairs.append((part.labels[i], thumbnail(original), frames[i]))
        if unreadable:
            more = f" (and {len(unreadable) - 1} more images cannot be read)" if len(unreadable) > 1 else ""
            raise BenchError(unreadable[0] + more)
        self._note_faint(frames, name)
        number = {name: i for i, name in enumerate(self.class_names)}
        return Split(frames, np.array([number[label] for label in part.labels], np.int64)), pairs

    def orientation_note(self, training: Split) -> tuple[str, ...]:
        """Return a note if digits look transposed and no option says what they are."""
        if self.options.reading.transpose is not None or not look_transposed(training, self.class_names):
            return ()
        return ("CAREFUL: the digits look transposed; check images.png, and give --transpose or --no-transpose",)

    def _note_faint(self, frames: NDArray[np.uint8], name: str) -> None:
        """Note a part in which thin strokes became faint."""
        n = n_faint(frames)
        if n > SOME_FAINT * len(frames):
            size = "×".join(map(str, self.preparation.image_shape))
            way_out = "" if self.options.normalise else ", or give --normalise"
            self.faint_notes.append(
                f"CAREFUL: the strokes of {n:,} of {len(frames):,} {name} images are fainter than a quarter of the "
                f"range at {size} pixels; check images.png{way_out}"
            )
