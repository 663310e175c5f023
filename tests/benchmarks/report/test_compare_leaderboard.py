"""``bench.py compare`` with a leaderboard.csv on one side, the real command."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from benchmarks.analysis.statistics import wilson
from benchmarks.records.store import ResultStore
from benchmarks.report.write import write_reports
from tests.conftest import ROOT, Bench

REFERENCE = ROOT / "results" / "reference"
ROWS = ("dummy@pixels", "logistic@pixels", "knn@pixels")
N_TEST = 10_000
TIMES_REFUSED = "**Times are not compared: a leaderboard.csv does not say on which machine they were measured.**"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three published rows."""
    store = ResultStore(tmp_path_factory.mktemp("results"), "few", "mnist")
    for part in ("trials", "predictions"):
        (store.folder / part).mkdir(parents=True)
        for row in ROWS:
            (path,) = (REFERENCE / "mnist" / part).glob(f"{row}-s0.*")
            shutil.copy(path, store.folder / part)
    shutil.copy(REFERENCE / "mnist" / "dataset.json", store.folder)
    write_reports(store, {})
    return store.folder.parent


@pytest.fixture
def before(run: Path, tmp_path: Path) -> Path:
    """The leaderboard of the run, copied away from all else."""
    return Path(shutil.copy(run / "mnist" / "leaderboard.csv", tmp_path / "before.csv"))


def against(run: Path) -> tuple[str, ...]:
    return str(run), "--dataset", "mnist"


def edit(path: Path, features: str = "pixels", of: str = "dummy", **figures: object) -> None:
    """Change figures of one row; an accuracy gets the interval that belongs to it."""
    if isinstance(accuracy := figures.get("accuracy"), float):
        interval = wilson(accuracy * N_TEST, N_TEST)
        figures = {**figures, "accuracy_low": interval.low, "accuracy_high": interval.high}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    (row,) = (row for row in rows if (row["model"], row["features"]) == (of, features))
    row.update({name: str(value) for name, value in figures.items()})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_the_published_run_has_not_changed_since_its_own_leaderboard(bench: Bench, tmp_path: Path) -> None:
    before = shutil.copy(REFERENCE / "mnist" / "leaderboard.csv", tmp_path / "before.csv")
    done = bench("compare", str(before), str(REFERENCE), "--dataset", "mnist")
    assert done.returncode == 0, done.stderr
    assert "Nothing changed; figures not compared: " in done.stdout and TIMES_REFUSED in done.stdout
    assert done.stdout.count("on which machine") == 1
    assert "Accuracy: unpaired" in done.stdout and "paired test" not in done.stdout
    assert "improved" not in done.stdout and "worse" not in done.stdout


def test_accuracy_is_worse_only_where_the_intervals_have_nothing_in_common(
    bench: Bench, before: Path, run: Path
) -> None:
    edit(before, accuracy=0.1235)
    done = bench("compare", str(before), *against(run))
    assert done.returncode == 0
    assert "within noise: 12.35 % → 11.35 % (unpaired, by 95 % intervals)" in done.stdout
    edit(before, accuracy=0.1335)
    done = bench("compare", str(before), *against(run))
    assert done.returncode == 1 and "Regressions: `dummy@pixels` accuracy." in done.stdout
    assert "**worse**: 13.35 % → 11.35 %" in done.stdout
    other_way_round = bench("compare", str(run), str(before), "--dataset", "mnist")
    assert other_way_round.returncode == 0 and "**improved**: 11.35 % → 13.35 %" in other_way_round.stdout


def test_memory_is_compared_and_times_never_are(bench: Bench, before: Path, run: Path) -> None:
    edit(before, peak_rss_mb=20.0, fit_s=0.0001, predict_s=0.0001)
    done = bench("compare", str(before), *against(run))
    assert done.returncode == 1 and "Regressions: `dummy@pixels` memory." in done.stdout
    assert re.search(r"\*\*worse\*\*: 20 MiB → \d+ MiB \([\d.]+×, noise to 1.10×\)", done.stdout)
    assert bench("compare", str(before), *against(run), "--fail-on", "fit,predict,accuracy").returncode == 0


def test_a_row_that_failed_before_is_improved_and_one_that_is_gone_is_named(
    bench: Bench, before: Path, run: Path
) -> None:
    blank = dict.fromkeys(("rank", "accuracy", "accuracy_low", "accuracy_high"), "")
    edit(before, status="failed", reason="it fell over", **blank)
    edit(before, of="logistic", model="gone")
    done = bench("compare", str(before), *against(run))
    assert done.returncode == 0, done.stderr
    assert "- `dummy@pixels`: failed: it fell over (improved)" in done.stdout
    assert f"Only in {before}: `gone@pixels`." in done.stdout
    assert f"Only in {run}: `logistic@pixels`." in done.stdout
    assert bench("compare", str(run), str(before), "--dataset", "mnist").returncode == 1


def test_columns_are_found_by_name_and_may_be_fewer_or_more(bench: Bench, before: Path, run: Path) -> None:
    """An older file lacks newer metrics, and may have columns that are no longer written."""
    with before.open(newline="") as file:
        rows = list(csv.DictReader(file))
    older = {"tied": "true"}
    for row in rows:
        for name in ("best_group", "model_mb", "log_loss", "training_s"):
            del row[name]
    with before.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["tied", *reversed(list(rows[0]))], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **older} for row in rows)
    done = bench("compare", str(before), *against(run))
    assert done.returncode == 0, done.stderr
    assert "Nothing changed" in done.stdout and "not compared: not measured in both" in done.stdout


def refused(bench: Bench, *words: str) -> str:
    done = bench("compare", *words)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    return done.stderr


def test_two_leaderboards_are_refused(bench: Bench, before: Path, run: Path) -> None:
    assert "one of the two should be a run" in refused(bench, str(before), str(before))


def test_another_number_of_test_images_is_noticed(bench: Bench, before: Path, run: Path) -> None:
    of_fewer = wilson(0.1135 * 360, 360)
    edit(before, accuracy="0.1135", accuracy_low=of_fewer.low, accuracy_high=of_fewer.high)
    printed = refused(bench, str(before), *against(run))
    assert "the interval of 'dummy@pixels'" in printed and "is not one of 10,000 test images" in printed


def test_a_leaderboard_still_beside_its_dataset_is_known_to_be_of_other_images(
    bench: Bench, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "other" / "mnist"
    folder.mkdir(parents=True)
    shutil.copy(run / "mnist" / "leaderboard.csv", folder)
    stored = (run / "mnist" / "dataset.json").read_text()
    (folder / "dataset.json").write_text(re.sub(r'"test": "\w{4}', '"test": "0000', stored))
    assert "was measured on other images" in refused(bench, str(folder / "leaderboard.csv"), *against(run))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rank,", "place,", "it has no column 'rank'"),
        ("rank,", "\0rank,", "is no leaderboard.csv that a run wrote"),
        (",ok,1,", ",ok,one,", "is no leaderboard.csv that a run wrote"),
        (",false,dummy,", ",dummy,", "is no leaderboard.csv that a run wrote"),
        (",dummy,", ",knn,", "it has two rows 'knn@pixels'"),
        (",ok,", ",fine,", "a status is 'fine'"),
        (",0.1135,", ",nan,", "accuracy is nan"),
        (",0.1135,", ",1.5,", "accuracy is 1.5"),
        (",0.1135,", ",,", "a row that is ok has no accuracy"),
    ],
)
def test_a_file_that_no_run_wrote_gets_one_clear_line(
    bench: Bench, before: Path, run: Path, old: str, new: str, message: str
) -> None:
    before.write_text(before.read_text().replace(old, new))
    assert message in refused(bench, str(before), *against(run))


def test_an_empty_file_gets_one_clear_line(bench: Bench, before: Path, run: Path) -> None:
    before.write_bytes(b"")
    assert "it has no column 'rank'" in refused(bench, str(before), *against(run))


def test_help_says_what_may_be_compared(bench: Bench) -> None:
    printed = " ".join(bench("compare", "--help").stdout.split())
    assert "One of the two may also be a leaderboard.csv" in printed and "times are not compared" in printed
