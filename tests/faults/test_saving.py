"""A fault at each file operation of saving, reporting and tidying leaves the old files or the new ones, whole.

Each action is carried out once to count its file operations; then once for each operation and each kind of fault, in a
process of its own on a fresh copy of the folder. ``make test-faults`` injects all of them, ``make test`` a sample.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.atomic_files import PART_PREFIX
from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.spec import Images, Split
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.scores import score
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import FeatureMaps, Inputs, Measurement, Predictions, Resources, Timing, TrialResult
from benchmarks.report.data.pictures import read_pictures
from benchmarks.report.write import write_reports
from tests.conftest import a_result
from tests.faults.injection import BROKEN, DONE, KILLED, KINDS, REFUSED, Fault, ending_with, operations

N, KEY, NEIGHBOUR = 20, "knn@pixels-s0", "dummy@pixels-s0"
REPORTS = ("leaderboard.csv", "LEADERBOARD.md", "report.html")
EVERY_IN_A_SAMPLE = 13

Action = Callable[[ResultStore], object]
Check = Callable[[ResultStore, bool], None]


def images() -> Images:
    def split(n: int) -> Split:
        return Split(np.arange(n * 784, dtype=np.int64).reshape(n, 28, 28).astype(np.uint8), np.arange(n) % 2)

    return Images(split(12), split(4), split(N), ("0", "1"))


IMAGES = images()
AUDIT = audit(IMAGES)


def predicted(n_wrong: int) -> Predictions:
    """Return predictions of which the first ``n_wrong`` are wrong; the feature maps show that number too."""
    labels = np.where(np.arange(N) < n_wrong, 1 - IMAGES.test.labels, IMAGES.test.labels)
    maps = FeatureMaps(np.full((2, 4, 4), n_wrong, np.uint8), np.arange(2), {"conv": np.zeros((2, 3, 3, 1), np.uint8)})
    return Predictions(labels, np.eye(2)[labels] * 0.8 + 0.1, maps)


def measured(model: str, n_wrong: int) -> TrialResult:
    scores = score(IMAGES.test.labels, predicted(n_wrong), ("0", "1"), Measurement(Timing(), Resources()))
    inputs = Inputs("c", AUDIT.data_hash, "v", "m")
    return replace(a_result(model), inputs=inputs, evaluation={"test": scores}, n_train=16)


def save(store: ResultStore, n_wrong: int, model: str = "knn") -> bool:
    return store.save(measured(model, n_wrong), predicted(n_wrong), fitted_folder(store, n_wrong))


def fitted_folder(store: ResultStore, n_wrong: int) -> Path:
    return store.folder.parent.parent / f"fitted-{n_wrong}"


def stored_wrong(store: ResultStore, key: str = KEY) -> int | None:
    """Return the number that all files of a trial agree on; None if nothing is stored."""
    result, predictions = store.load(key), store.predictions(key)
    if result is None:
        return None
    assert result.scores and predictions and predictions.feature_maps and predictions.probabilities is not None
    model = store.model_folder(result)
    numbers = {
        result.scores.n_errors,
        int((predictions.labels != IMAGES.test.labels).sum()),
        int(predictions.feature_maps.images.max()),
        *(int((model / name).read_text()) for name in ("weights", "inner/more")),
    }
    assert len(numbers) == 1, numbers
    return numbers.pop()


# ---- what is done, from which state, and what must hold after a fault; ``new``: the action ended well


def nothing_stored(store: ResultStore) -> None:
    for n_wrong in range(5):
        folder = fitted_folder(store, n_wrong)
        (folder / "inner").mkdir(parents=True)
        for path in (folder / "weights", folder / "inner" / "more"):
            path.write_text(str(n_wrong))
    store.save_dataset(IMAGES, AUDIT)
    save(store, 3, "dummy")


def one_stored(store: ResultStore) -> None:
    nothing_stored(store)
    save(store, 1)
    store.save_log(KEY, b"old")
    write_reports(store, {}, IMAGES)


def leftovers(store: ResultStore) -> None:
    one_stored(store)
    for kind in ("trials", "predictions", "models"):
        (store.folder / kind / f"{PART_PREFIX}x").mkdir(parents=True)
        (store.folder / kind / f"{PART_PREFIX}x" / "half").write_text("half")
    (store.folder / "predictions" / f"{KEY}~2.npz").write_bytes(b"half")
    shutil.copytree(store.folder / "models" / KEY, store.folder / "models" / f"{KEY}~2")


def two_stored(store: ResultStore) -> None:
    one_stored(store)
    save(store, 0, "svm")  # no report has it yet


def saved_first(store: ResultStore, new: bool) -> None:
    assert stored_wrong(store) in ({2} if new else {None, 2})


def saved_again(store: ResultStore, new: bool) -> None:
    assert stored_wrong(store) in ({2} if new else {1, 2})
    reports_whole(store, False)


def failed_again(store: ResultStore, new: bool) -> None:
    result = store.load(KEY)
    assert result and (result.status == "failed" if new else True)
    assert (result.ok and stored_wrong(store) == 1) or (result.status == "failed" and store.predictions(KEY) is None)


def reports_whole(store: ResultStore, new: bool) -> None:
    assert stored_wrong(store) in (1, 2)
    assert read_pictures(store) is not None
    texts = [(store.folder / name).read_text() for name in REPORTS]
    assert all(text.endswith(end) for text, end in zip(texts, ("\n", "\n", "</html>"), strict=True))
    if new:
        assert all("svm" in text for text in texts)


def logged(store: ResultStore, new: bool) -> None:
    assert (store.folder / "logs" / f"{KEY}.log").read_bytes() in ({b"new"} if new else {b"old", b"new"})


def tidied(store: ResultStore, new: bool) -> None:
    assert stored_wrong(store) == 1
    if new:
        assert not left_behind(store)


def dataset_whole(store: ResultStore, new: bool) -> None:
    assert read_dataset(store.folder).test_labels and stored_wrong(store) == 1


def save_failed(store: ResultStore) -> bool:
    return store.save(replace(a_result(status="failed"), inputs=Inputs("other", AUDIT.data_hash, "v", "m")), None)


ACTIONS: dict[str, tuple[Action, Action, Check]] = {
    "the first save": (nothing_stored, lambda store: save(store, 2), saved_first),
    "a save that replaces": (one_stored, lambda store: save(store, 2), saved_again),
    "a failure that replaces": (one_stored, save_failed, failed_again),
    "a log": (one_stored, lambda store: store.save_log(KEY, b"new"), logged),
    "the reports": (two_stored, lambda store: write_reports(store, {}, IMAGES), reports_whole),
    "tidying": (leftovers, lambda store: store.tidy(), tidied),
    "the dataset": (one_stored, lambda store: store.save_dataset(IMAGES, AUDIT), dataset_whole),
}


def left_behind(store: ResultStore) -> list[Path]:
    """Return temporary files, and files of trials beyond one of each kind."""
    names = Counter(
        (path.parent.name, path.name.removesuffix(".npz").removesuffix("~2"))
        for kind in ("predictions", "feature_maps", "models")
        for path in (store.folder / kind).glob("*")
    )
    twice = [store.folder / kind / name for (kind, name), n in names.items() if n > 1]
    return [*store.folder.rglob(f"{PART_PREFIX}*"), *twice]


def resumed_run(store: ResultStore) -> None:
    """Do what the next bench does: it must end well, whatever the fault left."""
    store.save_dataset(IMAGES, AUDIT)
    store.tidy()
    save(store, 4)
    findings = write_reports(store, {}, IMAGES)
    assert stored_wrong(store) == 4 and not findings.damaged and not left_behind(store)
    assert {KEY, NEIGHBOUR} <= findings.results.keys()


def inject(name: str, tmp_path: Path, every: int) -> Counter[str]:
    """Inject each kind of fault at every ``every``-th operation of an action; return how often it ended how."""
    prepare, action, check = ACTIONS[name]
    start, counted, root = tmp_path / "start", tmp_path / "counted", tmp_path / "faulty"
    prepare(ResultStore(start, "local", "digits"))
    shutil.copytree(start, counted)
    names = operations(lambda: action(ResultStore(counted, "local", "digits")))
    endings: Counter[str] = Counter()
    for number, kind in enumerate(range(0, len(names) * len(KINDS), every)):
        at, fault = kind // len(KINDS), KINDS[kind % len(KINDS)]
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(start, root)
        said = tmp_path / "said"
        said.write_text("")
        code = ending_with(lambda: action(ResultStore(root, "local", "digits")), Fault(at, fault), said)
        where = f"{name}: {fault} at operation {at}, {names[at]}: {said.read_text()}"
        assert code != BROKEN, where
        assert code == (KILLED if fault == "kill" else code), where
        assert code != REFUSED or (said.read_text() and "\n" not in said.read_text()), where
        store = ResultStore(root, "local", "digits")
        try:
            check(store, code == DONE)
            assert stored_wrong(store, NEIGHBOUR) == 3
            if number % 5 == 0:
                resumed_run(store)
        except Exception as error:
            raise AssertionError(where) from error
        endings[{DONE: "ended well", REFUSED: "ended with one line", KILLED: "killed"}[code]] += 1
    print(f"{name}: {len(names)} operations, {endings.total()} faults: {dict(endings)}, nothing lost")
    return endings


@pytest.mark.parametrize("name", ACTIONS)
def test_a_sample_of_faults_loses_nothing(name: str, tmp_path: Path) -> None:
    assert inject(name, tmp_path, EVERY_IN_A_SAMPLE).total() > 2


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ACTIONS)
def test_every_fault_loses_nothing(name: str, tmp_path: Path) -> None:
    endings = inject(name, tmp_path, 1)
    assert endings["killed"] and endings["ended with one line"]
