from __future__ import annotations

import html.parser
import json
import re
import string
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from bench import main
from benchmarks.analysis.leaderboard import Row
from benchmarks.api import load_run
from benchmarks.common.atomic_files import write_json
from benchmarks.common.errors import BenchError
from benchmarks.datasets.spec import Images, Split
from benchmarks.records.dataset_file import DATASET_FILE, dataset_named, only_dataset_of
from benchmarks.records.scores import score
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Environment, Inputs, Measurement, Predictions, Resources, Timing, TrialResult
from benchmarks.regression.synthetic_run import N_MODELS, store_run
from benchmarks.report.comparison.pair import explain
from benchmarks.report.data.findings import read_findings
from benchmarks.report.data.mistakes import HardImage, correct_examples, hardest, mistakes
from benchmarks.report.data.pictures import read_pictures
from benchmarks.report.data.reproduction import commands
from benchmarks.report.files import write_files
from benchmarks.report.readme import README, figures, main_rows, reference_board, table, with_table
from benchmarks.report.text.table import warnings
from benchmarks.report.write import write_reports
from tests.conftest import a_dataset, a_result, predictions_of

TRUTH = [0] * 10
AUDIT = a_dataset(TRUTH)


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    """A run of three trials: a good one, a bad one and one that failed; names try to break out of HTML."""
    store = ResultStore(tmp_path, "local", "digits")
    write_json(store.folder / DATASET_FILE, asdict(AUDIT))
    for result, n_wrong in ((a_result(accuracy=0.9), 1), (a_result("<b>bad", 0.2), 8)):
        store.save(on_this_data(result), Predictions(np.array([1] * n_wrong + [0] * (10 - n_wrong))))
    store.save(on_this_data(replace(a_result("lost", status="failed"), reason="<script>alert(1)</script>")), None)
    return store


def on_this_data(result: TrialResult, machine_id: str = "here") -> TrialResult:
    inputs = Inputs("c", AUDIT.data_hash, "v", machine_id)
    machine = Environment(machine_id, "x", 2, 4, "Linux", "3.11", {"numpy": "2"})
    return replace(result, inputs=inputs, environment=machine)


def test_reports_are_written_and_lead_to_each_trial(store: ResultStore) -> None:
    findings = write_reports(store, {})
    page = (store.folder / "report.html").read_text()
    markdown = (store.folder / "LEADERBOARD.md").read_text()
    assert [row.model for row in findings.board.rows] == ["knn", "<b>bad", "lost"]
    links = re.findall(r"report\.html#(\S+)\)", markdown)
    assert len(links) == 2 and all(f'id="{link}"' in page for link in links)
    assert "- `lost` on pixels: failed" in markdown


def test_names_and_reasons_cannot_break_out_of_the_page(store: ResultStore) -> None:
    write_reports(store, {})
    page = (store.folder / "report.html").read_text()
    assert page.count("<script>") == 1 and "<script>alert" not in page and "<b>bad" not in page
    assert "&lt;script&gt;" in page


def test_every_element_is_closed(store: ResultStore) -> None:
    write_reports(store, {})
    open_elements: list[str] = []

    class Checker(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "br", "link", "img", "input"):
                open_elements.append(tag)

        def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag in ("path", "circle")

        def handle_endtag(self, tag: str) -> None:
            assert open_elements.pop() == tag

    Checker().feed((store.folder / "report.html").read_text())
    assert not open_elements


def test_the_confusion_matrix_shows_the_numbers_of_the_json(store: ResultStore) -> None:
    write_reports(store, {})
    page = (store.folder / "report.html").read_text()
    part = page[page.index('id="knn@pixels"') :]
    matrix = part[part.index('class="confusion"') :].split("</table>")[0]
    cells = re.findall(r"<td(?: class=[^>]*)?>(\d*)", matrix)
    record = json.loads((store.folder / "trials/knn@pixels-s0.json").read_text())
    counts = [count for row in record["evaluation"]["test"]["confusion"] for count in row]
    assert [int(cell or 0) for cell in cells] == counts


def store_letters(root: Path, n_classes: int) -> ResultStore:
    """Store a row that misclassifies every first image of a class as the class before it; two images a class."""
    names = tuple(string.ascii_lowercase[:n_classes])
    store = ResultStore(root, "local", f"letters-{n_classes}")
    truth = np.arange(n_classes).repeat(2)
    predicted = truth.copy()
    predicted[::2] = (predicted[::2] - 1) % n_classes
    write_json(store.folder / DATASET_FILE, asdict(a_dataset(truth.tolist(), names)))
    scores = score(truth, Predictions(predicted), names, Measurement(Timing(), Resources()))
    trial = replace(a_result().trial, dataset=store.dataset)
    store.save(replace(on_this_data(a_result()), trial=trial, evaluation={"test": scores}), Predictions(predicted))
    return store


@pytest.mark.parametrize("n_classes", [20, 21, 26])
def test_a_confusion_matrix_of_more_than_20_classes_leaves_out_the_shares(tmp_path: Path, n_classes: int) -> None:
    store = store_letters(tmp_path, n_classes)
    write_reports(store, {})
    page = (store.folder / "report.html").read_text()
    matrix = page[page.index('<table class="confusion">') :].split("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">(\w)</th>(.*)</tr>', matrix)
    assert [name for name, _ in rows] == list(string.ascii_lowercase[:n_classes])
    for i, (_, cells) in enumerate(rows):
        counts = re.findall(r"<td(?: class=[^>]*)?>(\d*)", cells)
        assert len(counts) == n_classes
        assert {j: count for j, count in enumerate(counts) if count} == {i: "1", (i - 1) % n_classes: "1"}
    assert ("% of the true class" in matrix) == ("<small>50.0</small>" in matrix) == (n_classes <= 20)


def test_letters_have_no_r2(tmp_path: Path) -> None:
    for store, n_rows in ((store_letters(tmp_path, 3), 0), (store_run(tmp_path), N_MODELS)):
        write_reports(store, {})
        assert (store.folder / "report.html").read_text().count("R² of the label as a number") == n_rows


def test_results_on_other_data_are_no_rows(store: ResultStore) -> None:
    store.save(a_result("old"), predictions_of(a_result()))
    assert "old" not in [row.model for row in read_findings(store, {}).board.rows]


def test_without_results_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no results"):
        write_reports(ResultStore(tmp_path, "local", "digits"), {})


def test_a_damaged_dataset_file_is_said(store: ResultStore) -> None:
    (store.folder / DATASET_FILE).write_text("{")
    with pytest.raises(BenchError, match="damaged"):
        write_reports(store, {})


def test_a_table_is_put_between_its_marks() -> None:
    text = with_table(README.read_text(), "| a table |")
    assert "\n\n| a table |\n\n" in text and with_table(text, "| a table |") == text


def test_the_table_in_the_readme_is_that_of_the_reference() -> None:
    assert table(reference_board()) in README.read_text(), "stale: run python -m benchmarks.report.readme"


def test_the_main_rows_are_the_best_of_each_family_and_the_best_of_the_others() -> None:
    def row(rank: int, family: str) -> Row:
        return Row(rank, rank == 1, f"{family}-{rank}", "pixels", family, "ok", 1, {"accuracy": 1 - rank / 100})

    rows = [row(1, "a"), row(2, "a"), row(3, "a"), row(4, "b"), row(5, "b"), row(6, "dummy")]
    failed = replace(row(7, "c"), status="failed")
    assert [one.rank for one in main_rows([*rows, failed], 4)] == [1, 2, 4, 6]
    assert [one.rank for one in main_rows(rows, 2)] == [1, 4, 6]
    assert main_rows(rows, 10) == rows


def test_two_rows_are_compared(store: ResultStore) -> None:
    text = explain(store, "knn@pixels", "<b>bad@pixels")
    assert "knn@pixels classifies 9 of 10 images correctly" in text
    assert re.search(r"knn@pixels correct\s+2\s+7", text) and re.search(r"knn@pixels wrong\s+0\s+1", text)
    assert "p = 0.016 (paired test, for this pair alone): knn@pixels is significantly better" in text
    assert "only knn@pixels classifies correctly: #1 (a 0, predicted 1), #2" in text
    assert "only <b>bad@pixels classifies correctly: none" in text


def test_two_rows_of_several_seeds_are_compared_over_seeds(store: ResultStore) -> None:
    for seed, n_wrong in ((1, 2), (2, 1)):
        for name in ("knn", "<b>bad"):
            labels = np.array([1] * n_wrong + [0] * (10 - n_wrong))
            store.save(on_this_data(a_result(name, 1 - n_wrong / 10, seed=seed)), Predictions(labels))
    text = explain(store, "knn@pixels", "<b>bad@pixels")
    assert "on average over 3 seeds" in text
    assert "a run of knn@pixels scores above one of <b>bad@pixels with probability 0.72" in text


def test_a_row_that_is_not_there_is_said(store: ResultStore) -> None:
    with pytest.raises(BenchError, match="has no row 'svm@hog'; it has: knn@pixels"):
        explain(store, "svm@hog", "knn@pixels")


def test_a_model_may_be_named_alone_where_one_row_is_its(store: ResultStore) -> None:
    assert explain(store, "knn", "<b>bad") == explain(store, "knn@pixels", "<b>bad@pixels")
    result = a_result("knn", 0.9)
    other = replace(result, trial=replace(result.trial, features="hog"))
    store.save(on_this_data(other), predictions_of(other))
    with pytest.raises(BenchError, match=r"has several rows 'knn'; it has: knn@(pixels|hog), knn@(pixels|hog)$"):
        explain(store, "knn", "<b>bad")


def test_damaged_trials_are_named_and_not_left_out_in_silence(store: ResultStore) -> None:
    (store.folder / "trials" / "knn@pixels-s0.json").write_text("{")
    findings = write_reports(store, {})
    assert [name.partition(" ")[0] for name in findings.damaged] == ["knn@pixels-s0.json"]
    for name in ("LEADERBOARD.md", "report.html"):
        assert "Damaged and left out: knn@pixels-s0.json" in (store.folder / name).read_text()
    for path in store.folder.glob("trials/*"):
        path.write_text("{")
    with pytest.raises(BenchError, match=r"no results .* that can be read \(.*knn@pixels-s0.json"):
        write_reports(store, {})


def test_times_of_several_machines_and_of_busy_ones_are_warned_of(store: ResultStore) -> None:
    result = on_this_data(a_result("elsewhere"), "there")
    store.save(replace(result, timing=replace(result.timing, contended=True)), predictions_of(result))
    write_reports(store, {})
    page = (store.folder / "report.html").read_text()
    assert (
        page.count('class="warning"') == 3 and "2 different machines" in page and "1 trial ran at the same time" in page
    )


def test_trials_that_could_use_the_network_are_named_and_so_is_the_option(store: ResultStore) -> None:
    result = on_this_data(a_result("svm"))
    store.save(replace(result, environment=replace(result.environment, network=True)), predictions_of(result))
    findings = write_reports(store, {"svm": "svm"})
    sentence = "1 trial ran with --allow-network: models could use the internet."
    assert all(sentence in (store.folder / name).read_text() for name in ("LEADERBOARD.md", "report.html"))
    assert [command.endswith(" --allow-network") for command in commands(findings, {"svm": "svm", "knn": ""})] == [
        "svm" in command for command in commands(findings, {"svm": "svm", "knn": ""})
    ]


def test_the_rows_of_one_machine_are_ranked_by_themselves(store: ResultStore) -> None:
    result = on_this_data(a_result("elsewhere"), "the-other")
    store.save(result, predictions_of(result))
    (warning,) = [text for text in warnings(read_findings(store, {})) if "different machines" in text]
    assert "the-other (1 trial)" in warning and "bench.py report local --machine ID" in warning
    there = read_findings(store, {}, machine="the-o")
    assert [row.name for row in there.board.rows] == ["elsewhere@pixels"] and not warnings(there)
    for unknown in ("nowhere", "", "h" * 500):
        with pytest.raises(BenchError, match=r"one machine of this run, which has here \(3 trials\) and the-o"):
            read_findings(store, {}, machine=unknown)


def test_the_images_of_the_report_are_stored_and_found_again(store: ResultStore) -> None:
    generator = np.random.default_rng(0)
    blank = Split(np.zeros((0, 8, 8), np.uint8), np.zeros(0, np.int64))
    train = Split(generator.integers(0, 256, (20, 8, 8)).astype(np.uint8), np.arange(20) % 2)
    test = Split(generator.integers(0, 256, (10, 8, 8)).astype(np.uint8), np.array(TRUTH))
    write_reports(store, {}, Images(train, blank, test, ("0", "1")))
    pictures = read_pictures(store)
    assert pictures is not None and set(pictures.test) == set(range(9))
    assert all((image == test.images[i]).all() for i, image in pictures.test.items())
    assert (pictures.samples[1] == train.images[1:16:2]).all()
    assert (pictures.means[0] == np.rint(train.images[::2].mean(axis=0))).all()
    with_images = (store.folder / "report.html").read_text()
    write_reports(store, {})
    assert (store.folder / "report.html").read_text() == with_images and "not stored" not in with_images
    (store.folder / "images.npz").write_bytes(b"PK")
    write_reports(store, {})
    assert (store.folder / "report.html").read_text().count("not stored") == 3


def test_figures_and_tables_are_written_as_asked(store: ResultStore) -> None:
    findings = write_reports(store, {})
    assert write_files(findings, None, store.folder, ("latex", "csv")) == [store.folder / "tables"]
    assert not (store.folder / "figures").exists()
    leaderboard = (store.folder / "tables" / "leaderboard.tex").read_text()
    assert r"\toprule" in leaderboard and "90.00" in leaderboard
    pairs = (store.folder / "tables" / "pairs.csv").read_text().splitlines()
    assert pairs[1] == "knn on pixels,<b>bad on pixels,0.016,30.00"
    assert write_files(findings, None, store.folder, ("svg",)) == [store.folder / "figures"]
    assert {path.suffix for path in (store.folder / "figures").iterdir()} == {".svg"}


def test_the_commands_make_every_trial_again(store: ResultStore) -> None:
    for result in (a_result("knn", seed=2), a_result("svm[C=1]", train_size=3)):
        store.save(
            on_this_data(replace(result, trial=replace(result.trial, features="hog"))),
            predictions_of(result),
        )
    findings = read_findings(store, {"knn": "neighbours"})
    assert commands(findings, {"knn": "neighbours"}) == [
        "python bench.py --models 'svm[C=1]' --features hog --dataset digits --train-size 3 --plugin FILE",
        "python bench.py --models knn --features hog,pixels --dataset digits --seeds 3",
        "python bench.py --models '<b>bad,lost' --features pixels --dataset digits --plugin FILE",
    ]


def test_the_commands_prepare_a_persons_own_images_as_they_were(store: ResultStore) -> None:
    dataset = store.folder / DATASET_FILE
    own = {"source": "/my images", "polarity": "dark-on-light", "centred": True}
    dataset.write_text(json.dumps({**json.loads(dataset.read_text()), **own}))
    (one,) = {command.partition(" --dataset ")[2] for command in commands(read_findings(store, {}), {})}
    assert one == "'/my images' --polarity dark-on-light --centre"


def test_the_mistakes_of_the_highest_confidence_come_first() -> None:
    shares = np.array([[0.9, 0.1], [0.3, 0.7], [0.1, 0.9], [0.6, 0.4]])
    predictions = Predictions(shares.argmax(axis=1), shares)
    truth = np.array([0, 0, 0, 1])
    assert [(one.image, one.label, one.confidence) for one in mistakes(truth, predictions)] == [
        (2, 1, 0.9),
        (1, 1, 0.7),
        (3, 0, 0.6),
    ]
    assert [one.image for one in correct_examples(truth, predictions)] == [0]


def test_the_hardest_images_are_those_most_rows_misclassify() -> None:
    truth = np.array([0, 0, 1])
    rows = [Predictions(np.array(labels)) for labels in ([1, 0, 1], [1, 1, 1], [2, 1, 1])]
    assert hardest(truth, rows) == [HardImage(0, 3, ((1, 2), (2, 1))), HardImage(1, 2, ((1, 2),))]
    assert hardest(truth, [*rows[:2], None]) == []


def test_the_figures_in_the_readme_are_those_of_the_reference() -> None:
    for path, svg in figures(reference_board()).items():
        assert path.read_text() == svg, "stale: run python -m benchmarks.report.readme"
        assert f"](docs/figures/{path.name})" in README.read_text()


def test_a_run_on_several_datasets_needs_one_to_be_named(store: ResultStore, tmp_path: Path) -> None:
    assert only_dataset_of(tmp_path, "local") == "digits"
    write_json(tmp_path / "local" / "mnist" / DATASET_FILE, {})
    with pytest.raises(BenchError, match="results on digits, mnist; say which with --dataset NAME"):
        only_dataset_of(tmp_path, "local")
    with pytest.raises(BenchError, match="no run 'other'"):
        only_dataset_of(tmp_path, "other")


def test_a_missing_dataset_file_is_named_where_trials_are(store: ResultStore) -> None:
    (store.folder / DATASET_FILE).unlink()
    assert only_dataset_of(store.folder.parent.parent, "local") == "digits"
    with pytest.raises(BenchError, match=r"dataset\.json is not there, although trials are"):
        read_findings(store, {})


def test_a_path_stands_for_the_dataset_that_was_read_there(
    store: ResultStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data" / "letters"
    data.mkdir(parents=True)
    content = asdict(replace(AUDIT, source=str(data)))
    for name in ("letters-validation", "letters-0a1b2c"):
        write_json(tmp_path / "local" / name / DATASET_FILE, content)
    monkeypatch.chdir(tmp_path / "data")
    for given in (str(data), "letters", "letters/", "./letters", data, "letters-0a1b2c", "letters-0a1b2c/"):
        assert dataset_named(tmp_path, "local", given) == "letters-0a1b2c", given
    assert dataset_named(tmp_path, "local", "letters-validation") == "letters-validation"
    for given in ("..", "../local/digits", "~nobody/x", "a\0b", ""):
        with pytest.raises(BenchError, match="has no results on"):
            dataset_named(tmp_path, "local", given)


def test_report_can_be_of_one_dataset(store: ResultStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(tmp_path / "local" / "other" / DATASET_FILE, asdict(AUDIT))
    assert main(["report", "--results-dir", str(tmp_path), "--dataset", "digits"]) == 0
    assert "other" not in capsys.readouterr().err
    assert main(["report", "--results-dir", str(tmp_path), "--dataset", "none"]) == 2
    assert "it has results on digits, other" in capsys.readouterr().err


def test_python_names_parameters_and_a_run_is_a_short_line(store: ResultStore, tmp_path: Path) -> None:
    assert repr(load_run(results_dir=tmp_path)) == f"Run(name='local', dataset='digits', results_dir='{tmp_path}')"
    write_json(tmp_path / "local" / "other" / DATASET_FILE, asdict(AUDIT))
    with pytest.raises(BenchError, match='say which with dataset="NAME"'):
        load_run(results_dir=tmp_path)
    with pytest.raises(BenchError, match=r"^name 'a/b' should be a plain name"):
        load_run("a/b", results_dir=tmp_path)
