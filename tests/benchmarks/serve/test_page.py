"""The page in a real browser, with a real server behind it."""

from __future__ import annotations

import base64
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.benchmarks.serve.conftest import WELL_BEHAVED, Client
from tests.benchmarks.serve.strokes import DIGITS, draw
from tests.conftest import bench_command

if TYPE_CHECKING:
    import httpx
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e
READ_BY_KNN = "0123789"  # from strokes drawn on a page, by a model that was trained on 1,437 scans
Opened = Callable[..., "Page"]


@pytest.fixture
def opened(browser: Browser, http: httpx.Client) -> Iterator[Opened]:
    """Open the page of a server; whatever the console says, and whatever it asks of others, is an error."""
    closing: list[Any] = []
    problems: list[str] = []

    def open_it(width: int = 1200, server: httpx.Client = http, **context: Any) -> Page:
        made = browser.new_context(viewport={"width": width, "height": 900}, **context)
        closing.append(made)
        page = made.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        own = str(server.base_url)
        page.on("request", lambda request: None if is_own(request.url, own) else problems.append(request.url))
        page.goto(own)
        page.wait_for_selector("#board tbody tr")
        return page

    yield open_it
    for made in closing:
        made.close()
    assert problems == []


def is_own(url: str, own: str) -> bool:
    return url.startswith((own, "data:", "blob:"))


def label_of(page: Page, row: str = "knn@pixels") -> Any:
    return page.locator(f'[id="model-{row}"] .label')


def expect_label(page: Page, label: str, row: str = "knn@pixels") -> None:
    from playwright.sync_api import expect

    expect(label_of(page, row)).to_have_text(label, timeout=20_000)


def expect_text(page: Page, selector: str, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(text, timeout=20_000)


def test_each_drawn_digit_is_answered_side_by_side_and_clearing_empties(opened: Opened) -> None:
    page = opened()
    for label in READ_BY_KNN:
        draw(page, DIGITS[label])
        expect_label(page, label)
        page.click("#clear")
        expect_label(page, "nothing drawn")
        expect_text(page, "#agreement", "Nothing drawn")
    draw(page, DIGITS["3"])
    for row in WELL_BEHAVED:
        expect_label(page, "3", row)
    expect_text(page, "#agreement", "3: 3 of 3 models")
    kinds = page.locator(".answer .kind").all_inner_texts()
    assert sorted(kinds) == ["probabilities", "probabilities", "scores, no probabilities"]
    assert page.locator('[id="model-knn@pixels"] .bars li').count() == 10
    assert page.evaluate("document.querySelector('[id=\"model-knn@pixels\"] .seen').naturalWidth") == 28
    assert page.locator('[id="row-knn@pixels"] a').all_inner_texts() == ["knn", "answer"]


def test_undo_takes_back_the_last_stroke(opened: Opened) -> None:
    page = opened()
    draw(page, [*DIGITS["1"], [(0.2, 0.9), (0.8, 0.9)], [(0.2, 0.1), (0.8, 0.1)]])
    page.click("#undo")
    page.click("#undo")
    expect_label(page, "1")
    page.click("#undo")
    expect_label(page, "nothing drawn")


def test_a_drawn_number_is_read_with_a_box_around_each_digit(opened: Opened) -> None:
    from playwright.sync_api import expect

    page = opened()
    page.check("[name=kind][value=number]")
    for i, label in enumerate("372"):
        draw(page, DIGITS[label], left=0.2 + 0.8 * i)
    row = page.locator('[id="model-knn@pixels"]')
    expect(row).to_have_attribute("data-number", "372", timeout=20_000)
    assert row.locator(".read small").count() == 3
    page.click('[id="model-centroids@pixels"] .boxes')
    assert page.get_attribute('[id="model-centroids@pixels"] .boxes', "aria-pressed") == "true"
    page.click("#clear")
    expect(row).to_have_attribute("data-number", "", timeout=20_000)
    page.check("[name=kind][value=digit]")
    draw(page, DIGITS["3"])
    expect_label(page, "3")


def test_touch_draws_and_does_not_scroll(opened: Opened) -> None:
    page = opened(390, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    session = page.context.new_cdp_session(page)
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    for stroke in DIGITS["7"]:
        places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in stroke]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [places[0]]})
        for place in places[1:]:
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect_label(page, "7")
    assert page.evaluate("scrollY") == 0


def test_the_keyboard_draws(opened: Opened) -> None:
    page = opened()
    page.focus("#canvas")
    for key, times in (("ArrowUp", 17), (" ", 1), ("ArrowDown", 34), (" ", 1)):
        for _ in range(times):
            page.keyboard.press(key)
    expect_label(page, "1")
    page.keyboard.press("Control+z")
    expect_label(page, "nothing drawn")


def test_an_image_file_is_dropped_or_chosen_and_another_file_is_refused(opened: Opened) -> None:
    page = opened()
    buffer = io.BytesIO()
    Image.fromarray(255 - np.uint8(load_digits().images[12] * 15)).resize((140, 140)).save(buffer, "PNG")
    data = page.evaluate_handle(
        """(content) => {
            const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "two.png", { type: "image/png" }));
            return data;
        }""",
        base64.b64encode(buffer.getvalue()).decode(),
    )
    page.dispatch_event("#canvas", "drop", {"dataTransfer": data})
    expect_label(page, "2")
    page.click("#clear")
    page.set_input_files("#file", {"name": "two.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    expect_label(page, "2")
    page.set_input_files("#file", {"name": "no.png", "mimeType": "image/png", "buffer": b"no image"})
    page.wait_for_selector("#message:visible")
    expect_text(page, "#message", "no.png cannot be shown as an image")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_axe_finds_no_serious_fault(opened: Opened, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(width, color_scheme=scheme)
    draw(page, DIGITS["3"])
    expect_label(page, "3")
    page.click("#maps summary")
    assert serious(Axe().run(page).response) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.click("text=API")
    page.wait_for_selector("h2")
    assert serious(Axe().run(page).response) == []


def serious(response: Any) -> list[Any]:
    return [
        (fault["id"], fault["nodes"][0]["html"], fault["nodes"][0]["failureSummary"])
        for fault in response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.slow
def test_a_model_trained_on_mnist_reads_every_digit_and_only_when_centred(
    opened: Opened, client: Client, tmp_path: Path, environment: dict[str, str]
) -> None:
    if "DIGITBENCH_DATA" not in os.environ:
        pytest.skip("needs MNIST in DIGITBENCH_DATA")
    rows = ("--models", "logistic", "--features", "orientation-maps-pca", "--train-size", "6000")
    command = bench_command(tmp_path, *rows, "--dataset", "mnist", "--keep-models")
    data = {"DIGITBENCH_DATA": os.environ["DIGITBENCH_DATA"]}
    subprocess.run(command, env={**environment, **data}, check=True, capture_output=True, timeout=240)
    row = "logistic@orientation-maps-pca"
    with client(only=(row,), results=tmp_path, dataset="mnist") as http:
        reads_every_digit(opened(server=http), row)


def reads_every_digit(page: Page, row: str) -> None:
    for label, strokes in DIGITS.items():
        page.click("#clear")
        expect_label(page, "nothing drawn", row)
        draw(page, strokes)
        expect_label(page, label, row)
    page.locator("#width").fill("4")
    wrong = 0
    for label, strokes in DIGITS.items():
        page.click("#clear")
        expect_label(page, "nothing drawn", row)
        draw(page, strokes, left=0.05, scale=0.3)
        expect_label(page, label, row)  # small and off the centre
        page.uncheck("#centre")
        page.wait_for_timeout(700)
        wrong += label_of(page, row).inner_text() != label
        page.check("#centre")
    assert wrong >= 3
