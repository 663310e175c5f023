"""The report of a real run in a real browser."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.analysis.metrics import METRICS
from tests.conftest import ROOT, bench_command
from tests.many_rows import store_many_rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECTIONS = (
    *("Leaderboard", "Accuracy against cost", "Each model", "Across models", "The data", "How it was measured"),
    *("Images that most models misclassify", "Agreement of predictions", "Significance of differences"),
    *("Learning curves", "knn on hog", "Misclassified", "Classified correctly", "Feature maps"),
)
CHARTED = [metric.label for metric in METRICS if metric.charted]
LIBRARIES = ("sklearn", "xgboost", "tensorflow", "torch", "matplotlib")
Opened = Callable[..., "Page"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run: three rows that are ok, and one that fails."""
    results = tmp_path_factory.mktemp("results")
    arguments = ("--plugin", str(ROOT / "tests/plugins/seeing.py"), "--models", "knn,seeing", "--dataset", "digits")
    command = bench_command(results, *arguments, "--features", "pixels,hog")
    # a temporary folder of its own: benches that share one take turns
    scratch = {"DIGITBENCH_CACHE": str(tmp_path_factory.mktemp("cache")), "TMPDIR": str(tmp_path_factory.mktemp("tmp"))}
    environment = {**os.environ, **scratch}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return results / "local" / "digits"


@pytest.fixture
def opened(browser: Browser, run: Path) -> Iterator[Opened]:
    """Open the report as a reader would; whatever the console says is an error."""
    pages = []
    printed: list[str] = []

    def open_it(width: int = 1200, path: Path = run / "report.html", **context: Any) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **context)
        pages.append(page)
        page.on("console", lambda message: printed.append(message.text))
        page.on("pageerror", lambda error: printed.append(str(error)))
        page.on("request", lambda request: printed.append(request.url) if request.url.startswith("http") else None)
        page.goto(path.as_uri())
        return page

    yield open_it
    for page in pages:
        page.close()
    assert printed == []


def column(page: Page, heading: str) -> list[str]:
    """Return the cells of the rows of the leaderboard that are seen, in one column; empty for failures."""
    script = """(heading) => {
        const table = document.getElementById("board");
        const i = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === heading);
        return [...table.tBodies[0].rows].filter((row) => !row.hidden)
            .map((row) => row.cells[i] && row.cells[i].colSpan === 1 ? row.cells[i].textContent : "");
    }"""
    cells: list[str] = page.evaluate(script, heading)
    return cells


def seconds(text: str) -> float:
    value, unit = text.split()
    return float(value) * {"ms": 1e-3, "s": 1.0}[unit]


def test_every_section_is_there_and_the_summary_comes_first(opened: Opened) -> None:
    page = opened()
    headings = page.locator("h1, h2, h3, h4").all_text_contents()
    assert set(SECTIONS) <= {re.sub(r"\s+", " ", heading) for heading in headings}
    summary = page.locator(".summary").inner_text()
    assert re.match(r"knn on (hog|pixels) is the most accurate: it classifies 9\d\.\d\d % of 360 test images", summary)
    assert page.locator("#board .failed").count() == 1
    assert page.locator("pre").inner_text().count("python bench.py") == 1


def test_a_heading_sorts_by_mouse_and_by_keyboard_and_failures_stay_last(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="fit", exact=True).click()
    fit = column(page, "fit")
    assert len(fit) == 4 and fit[-1] == ""
    assert [seconds(text) for text in fit[:-1]] == sorted(map(seconds, fit[:-1]))
    assert page.locator("th[aria-sort]").inner_text() == "fit"
    page.get_by_role("button", name="fit", exact=True).press("Enter")
    assert column(page, "fit") == [*reversed(fit[:-1]), ""]
    page.get_by_role("button", name="accuracy %").click()
    accuracy = column(page, "accuracy %")[:-1]
    assert accuracy == sorted(accuracy, reverse=True)


def test_rows_are_filtered_by_family_and_features(opened: Opened) -> None:
    page = opened()
    page.select_option("#features", "hog")
    assert set(column(page, "features")) == {"hog"} and page.locator("#count").inner_text() == "2 of 4 rows"
    page.select_option("#family", "neighbours")
    assert column(page, "model") == ["knn"]
    page.select_option("#features", "")
    assert column(page, "model") == ["knn", "knn"]


def test_the_cost_is_chosen_by_the_reader_and_a_point_tells_its_details(opened: Opened) -> None:
    page = opened()
    places = {}
    for label in CHARTED:
        page.get_by_label(label, exact=True).check()
        (figure,) = page.locator(".cost:visible").all()
        assert label in figure.locator("svg:visible").text_content()  # type: ignore[operator]
        marks = figure.locator("svg:visible .mark circle")
        places[label] = [marks.nth(i).get_attribute("cx") for i in range(marks.count())]
        assert len(places[label]) + ("1 row has no value" in figure.inner_text()) == 3
    assert len({tuple(place) for place in places.values()}) == len(CHARTED)
    page.locator(".cost:visible svg:visible .mark").first.focus()
    assert re.fullmatch(rf"\S+ on \S+: \d.* %.*, {CHARTED[-1]} .*", page.locator("#tip").inner_text())


def test_a_confusion_matrix_shows_the_numbers_of_the_json(opened: Opened, run: Path) -> None:
    page = opened()
    for key in ("knn@hog", "knn@pixels", "seeing@pixels"):
        scores = json.loads((run / "trials" / f"{key}-s0.json").read_text())["evaluation"]["test"]
        script = "(rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
        cells = page.locator(f'[id="{key}"] .confusion tbody tr').evaluate_all(script)
        for row, expected in zip(cells, scores["confusion"], strict=True):
            assert row == [f"{n}{100 * n / sum(expected):.1f}" if n else "" for n in expected]


def test_a_link_opens_the_part_of_its_model(opened: Opened) -> None:
    page = opened()
    part = page.locator('[id="seeing@pixels"]')
    assert part.get_attribute("open") is None
    page.locator('#board a[href="#seeing@pixels"]').click()
    part.and_(page.locator("[open]")).wait_for()  # the page learns of the new address after the click
    assert part.locator(".layers img").count() == 3
    assert {"Loss by epoch", "Accuracy by epoch"} <= set(part.locator("figcaption").all_inner_texts())


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_is_wider_than_the_screen(opened: Opened, width: int) -> None:
    page = opened(width)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # what is wide by nature scrolls in a box of its own, but not the leaderboard and not a confusion matrix
    script = """() => [...document.querySelectorAll(".wide")].filter((box) => box.scrollWidth > box.clientWidth + 1)
        .map((box) => box.querySelector("table").id || box.querySelector("table").className)"""
    assert set(page.evaluate(script)) <= {"p-values", "agreement"}


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
def test_axe_finds_no_serious_fault(opened: Opened, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = Axe().run(page).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], fault["nodes"][0]["html"], fault["nodes"][0]["failureSummary"]) for fault in serious] == []


def test_without_a_script_everything_is_shown(opened: Opened) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator(".cost:visible").count() == len(CHARTED)
    assert not page.locator("#features").is_visible()


def test_a_report_of_thirty_rows_is_small_quick_and_needs_no_model_library(opened: Opened, tmp_path: Path) -> None:
    store = store_many_rows(tmp_path, 30, 4_000, n_networks=8)
    probe = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import bench; code = bench.main(sys.argv[1:]); "
        f"print([name for name in {LIBRARIES!r} if name in sys.modules]); sys.exit(code)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", probe, "report", "--results-dir", str(tmp_path)], capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0 and done.stdout.endswith("[]\n"), done.stdout + done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 15  # a busy machine takes longer
    report = store.folder / "report.html"
    assert report.stat().st_size < 5 * 2**20
    page = opened(path=report)
    assert page.locator(".model").count() == 30 and page.locator("#board tbody tr:visible").count() == 30
