"""The API answers as ``predict`` does, and contains what goes wrong."""

from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from benchmarks.inference.predictor import Predictor
from tests.benchmarks.serve.conftest import WELL_BEHAVED, Client

if TYPE_CHECKING:
    import httpx
    from numpy.typing import NDArray

pytestmark = pytest.mark.e2e


def png(image: NDArray[np.uint8], kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind)
    return buffer.getvalue()


def digit(i: int, size: int = 28) -> NDArray[np.uint8]:
    shades = np.uint8(load_digits().images[i] * 15)
    return np.asarray(Image.fromarray(shades).resize((size, size), Image.Resampling.BICUBIC))


def bad_image() -> NDArray[np.uint8]:
    image = digit(0).copy()
    image[0, 0] = 255
    return image


def predict(client: httpx.Client, image: NDArray[np.uint8] | None = None, **query: Any) -> Any:
    content = png(digit(0) if image is None else image)
    response = client.post("/api/predict", content=content, headers={"content-type": "image/png"}, params=query)
    assert response.status_code == 200, response.text
    return response.json()["answers"]


def test_files_arrays_and_forms_get_the_answers_of_the_predictor(http: httpx.Client, saved: Path) -> None:
    images = [digit(0, 60), digit(1, 90)]
    predictor = Predictor.load("local", "knn@pixels", dataset="digits", results_dir=saved)
    labels, probabilities = predictor.predictions(predictor.prepare_images(images).images)
    form = http.post("/api/predict?model=knn", files=[("images", ("a.png", png(one))) for one in images]).json()
    (answer,) = form["answers"]
    assert answer["error"] is None, answer
    assert [one["label"] for one in answer["images"]] == [predictor.classes[label] for label in labels]
    assert probabilities is not None
    for one, expected in zip(answer["images"], probabilities, strict=True):
        assert one["values"] == pytest.approx(expected.tolist())
    assert answer["kind"] == "probabilities" and answer["seconds"] > 0 and answer["error"] is None
    array = http.post("/api/predict?model=knn", json=[digit(0).tolist(), digit(1).tolist()]).json()
    assert [one["label"] for one in array["answers"][0]["images"]] == ["0", "1"]
    one_image = http.post("/api/predict?model=knn@pixels", json=(digit(1) / 255).tolist()).json()
    assert [one["label"] for one in one_image["answers"][0]["images"]] == ["1"]


def test_every_model_answers_in_order_with_scores_where_it_has_no_probabilities(http: httpx.Client) -> None:
    answers = {answer["model"]: answer for answer in predict(http, pictures=True)}
    assert set(answers) == set(WELL_BEHAVED)
    assert [answers[row]["kind"] for row in WELL_BEHAVED] == ["probabilities", "probabilities", "scores"]
    assert all(answer["images"][0]["label"] == "0" for answer in answers.values())
    models = http.get("/api/models").json()
    assert [model["name"] for model in models["models"]] == list(answers)
    assert [model["state"] for model in models["models"]] == ["loaded"] * 3
    assert not any(model["centred"] for model in models["models"]), "scikit-learn's digits are not"
    assert sorted((model["accuracy"] for model in models["models"]), reverse=True) == [
        model["accuracy"] for model in models["models"]
    ]


def test_an_empty_picture_is_no_digit(http: httpx.Client) -> None:
    for blank in (np.zeros((50, 50), np.uint8), np.full((28, 28), 255, np.uint8)):
        (answer,) = predict(http, blank, model="knn")
        assert [(one["status"], one["label"], one["values"]) for one in answer["images"]] == [
            ("nothing drawn", None, None)
        ]


def test_what_is_less_certain_than_the_threshold_is_not_sure(client: Client) -> None:
    blend = (digit(0) // 2 + digit(1) // 2).astype(np.uint8)
    with client(only=("logistic@pixels", "centroids@pixels"), error_rate=0.0) as http:
        by_name = {answer["model"]: answer["images"][0] for answer in predict(http, blend)}
        assert by_name["logistic@pixels"]["status"] == "not sure" and by_name["logistic@pixels"]["label"] is None
        assert by_name["centroids@pixels"]["status"] == "ok"  # it has no probabilities
        infos = {model["name"]: model for model in http.get("/api/models").json()["models"]}
        assert 0 < infos["logistic@pixels"]["threshold"] <= 1 and infos["centroids@pixels"]["threshold"] is None


@pytest.mark.parametrize(
    ("model", "why", "answer_s"),
    [
        ("hangs", "did not answer within 4 s", 4.0),
        ("crashes", "exit code 3", 20.0),
        ("raises", "no answer to this one", 20.0),
    ],
)
def test_a_model_that_fails_is_one_failed_answer_and_answers_again(
    client: Client, model: str, why: str, answer_s: float
) -> None:
    with client(only=(f"{model}@pixels", "centroids@pixels"), answer_s=answer_s) as http:
        failed, good = sorted(predict(http, bad_image()), key=lambda answer: answer["error"] is None)
        assert why in failed["error"] and failed["images"] == []
        assert good["model"] == "centroids@pixels" and good["images"][0]["label"] == "0"
        (answer,) = predict(http, model=model)
        assert answer["error"] is None and answer["images"][0]["label"] == "0"


def test_a_model_that_cannot_be_loaded_says_so(client: Client) -> None:
    with client(only=("cannot-be-loaded@pixels",)) as http:
        (answer,) = predict(http)
        assert "cannot be loaded" in answer["error"]
        (model,) = http.get("/api/models").json()["models"]
        assert model["state"] == "failed" and "cannot be loaded" in model["reason"]


@pytest.mark.slow
def test_models_beyond_the_memory_are_ended_least_recently_used_first(client: Client) -> None:
    with client(memory_mb=700) as http:  # two processes of about 200 MiB, and what a third is expected to take
        for name in (*WELL_BEHAVED, *WELL_BEHAVED):
            (answer,) = predict(http, model=name)
            assert answer["error"] is None
        states = {model["name"]: model["state"] for model in http.get("/api/models").json()["models"]}
        assert states["centroids@pixels"] == "loaded"
    with client(memory_mb=100) as http:
        (answer,) = predict(http, model="knn")
        assert "--memory" in answer["error"]


def test_beyond_the_limits_it_answers_429_at_once_and_goes_on(client: Client) -> None:
    with client(only=("hangs@pixels", "centroids@pixels"), answer_s=5.0, concurrent=2) as http:
        predict(http, model="hangs")
        found: list[int] = []

        def ask() -> None:
            found.append(http.post("/api/predict?model=hangs", json=bad_image().tolist()).status_code)

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        response = http.post("/api/predict", content=png(digit(0)), headers={"content-type": "image/png"})
        assert response.status_code == 429 and response.headers["retry-after"] == "1"
        assert "ask again later" in response.json()["error"]
        assert http.get("/api/models").status_code == 200 and found == []  # the two are still under way
        for thread in threads:
            thread.join()
        assert found == [200, 200]
        assert predict(http, model="centroids")[0]["error"] is None


def test_many_questions_at_the_same_moment_do_not_queue(client: Client) -> None:
    with client(only=("hangs@pixels",), answer_s=2.0) as http:
        predict(http)
        content = bad_image().tolist()
        found: list[int] = []  # in the order in which they are answered

        def ask() -> None:
            found.append(http.post("/api/predict", json=content).status_code)

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [429] * (12 - 4) + [200] * 4


def test_bad_requests_get_one_clear_line(http: httpx.Client) -> None:
    bomb = png(np.zeros((6000, 6000), np.uint8))  # 36 million pixels in few bytes
    image = {"content-type": "image/png"}
    bad: list[tuple[int, str, dict[str, Any]]] = [
        (422, "cannot be read as an image", {"content": b"no image", "headers": image}),
        (422, "pixels; make it smaller", {"content": bomb, "headers": image}),
        (422, "is empty", {"content": b"", "headers": image}),
        (413, "the body has more than", {"content": bytes(3_000_000), "headers": image}),
        (415, "content type should be", {"content": b"x", "headers": {"content-type": "text/plain"}}),
        (422, "no JSON array", {"content": b"[1, 2", "headers": {"content-type": "application/json"}}),
        (422, "no JSON array", {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}),
        (422, "of one length", {"json": [[1, 2], [3]]}),
        (422, "shape", {"json": []}),
        (422, "shape", {"json": [["a"]]}),
        (422, "pixels range", {"json": [[-1, 200]]}),
        (422, "at most 20", {"json": np.zeros((21, 2, 2), int).tolist()}),
        (422, "files only", {"data": {"images": "text"}, "files": {"other": b"x"}}),
        (400, "cannot be read", {"content": b"x", "headers": {"content-type": "multipart/form-data"}}),
        (404, "no saved model 'svm'", {"json": [[1]], "params": {"model": "svm"}}),
        (422, "polarity", {"json": [[1]], "params": {"polarity": "up"}}),
    ]
    for status, text, request in bad:
        response = http.post("/api/predict", **request)
        found = response.status_code, response.json()["error"]
        assert found[0] == status and text in found[1] and "\n" not in found[1], (found, str(request)[:80])
    assert http.get("/api/predict").status_code == 405 and http.get("/nothing").json() == {"error": "Not Found"}
    assert predict(http)[0]["images"][0]["label"] == "0"


def test_only_trusted_hosts_and_this_site_may_ask(http: httpx.Client, client: Client) -> None:
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000", "LOCALHOST:1"):
        assert http.get("/api/models", headers={"host": host}).status_code == 200, host
    for host in ("evil.example", "127.0.0.1.evil.example", "192.0.2.7", "", "[::1", "localhost@evil.example"):
        assert http.get("/api/models", headers={"host": host}).status_code == 400, host
    for header in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
    ):
        assert http.post("/api/predict", json=[[1, 200]], headers=header).status_code == 403, header
    own = {"origin": str(http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    assert http.post("/api/predict", json=[[1, 200]], headers=own).status_code == 200
    with client(only=("centroids@pixels",), host="0.0.0.0") as for_all:
        assert for_all.get("/api/models", headers={"host": "192.0.2.7:8000"}).status_code == 200
        assert for_all.get("/api/models", headers={"host": "evil.example"}).status_code == 400


def test_pages_are_served_with_a_policy_and_no_address_of_another_site(http: httpx.Client) -> None:
    for path in ("/", "/docs", "/report", "/theme.css", "/assets/main.js", "/openapi.json", "/api/leaderboard"):
        response = http.get(path)
        assert response.status_code == 200, path
        assert "default-src 'none'" in response.headers["content-security-policy"], path
        assert response.headers["x-content-type-options"] == "nosniff"
        if path != "/report":
            assert "https://" not in response.text, path
    assert http.get("/assets/../app.py").status_code == 404 and http.get("/assets/%2e%2e/app.py").status_code == 404
    schema = http.get("/openapi.json").json()
    assert set(schema["paths"]) >= {"/api/predict", "/api/models", "/api/leaderboard"}
    assert "429" in schema["paths"]["/api/predict"]["post"]["responses"]
    rows = http.get("/api/leaderboard").json()["rows"]
    assert {row["name"] for row in rows} >= set(WELL_BEHAVED) and json.dumps(rows)


def test_no_image_file_whatever_its_bytes_breaks_the_server(http: httpx.Client) -> None:
    rng = np.random.default_rng(0)
    image = digit(0, 40)
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM"):
        whole = png(image, kind)
        for _ in range(15):
            content = bytearray(whole)
            for place in rng.integers(len(content), size=rng.integers(1, 8)):
                content[place] = rng.integers(256)
            cut = bytes(content[: rng.integers(1, len(content) + 1)])
            response = http.post("/api/predict", content=cut, headers={"content-type": "image/x"})
            assert response.status_code in (200, 422), (kind, response.text)
    assert predict(http)[0]["images"][0]["label"] == "0"
