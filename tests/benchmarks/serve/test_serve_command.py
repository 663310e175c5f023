"""``bench.py serve`` as a command."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from bench import main
from benchmarks.analysis.rejection import is_certain
from benchmarks.cli.inference.arguments import share
from benchmarks.common.errors import BenchError
from benchmarks.inference.saved_model import find_saved_model, saved_rows
from benchmarks.inference.thresholds import thresholds_of


def one_line(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["serve", *words]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1
    return output.err


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_it_serves_until_it_is_ended_and_leaves_no_process(
    saved: Path, started_bench: Callable[..., subprocess.Popen[str]], end: signal.Signals, code: int
) -> None:
    pytest.importorskip("fastapi")
    server = started_bench("serve", "local", "--results-dir", str(saved), "--port", "0", "--dataset", "digits")
    assert server.stdout is not None
    found = re.search(r"(http://127\.0\.0\.1:\d+) serves 7 models of run 'local' on digits", server.stdout.readline())
    assert found
    with urllib.request.urlopen(f"{found[1]}/api/models", timeout=20) as response:
        names = [model["name"] for model in json.load(response)["models"]]
    assert len(names) == 7 and "knn@pixels" in names
    children: list[psutil.Process] = []
    while not children:
        children = psutil.Process(server.pid).children(recursive=True)
        time.sleep(0.05)
    server.send_signal(end)
    assert server.wait(20) == code
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_a_free_run_name_or_port_is_said_in_one_line(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--results-dir", str(saved))
    assert "no run 'never'" in one_line(capsys, "never", *place, "--port", "0")
    assert "no model is saved in run 'local' on mnist" in one_line(
        capsys, "local", "--dataset", "mnist", *place, "--port", "0"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1, port {port}" in one_line(capsys, "local", *place, "--port", port)
    assert "cannot listen on no.such.host.invalid" in one_line(capsys, "--host", "no.such.host.invalid", *place)
    for wrong in ("70000", "-1", "x", "٣"):
        assert "--port" in one_line(capsys, f"--port={wrong}", *place)


def test_without_the_extra_one_line_names_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert "'serve' needs fastapi; install with: pip install '.[serve]'" in one_line(capsys)


def test_a_threshold_needs_predictions_of_the_validation_split(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = saved_rows(saved, "local", "digits")
    found = thresholds_of(rows, 0.01)
    assert set(found.of_row) == {"knn@pixels", "logistic@pixels"}, "the others do not keep the server from starting"
    assert [row.row for row in rows if found.probability(row.row) is None] and len(found.lines) == len(rows)
    assert "centroids@pixels: gives no probabilities, and so always answers" in found.lines

    words = ("local", "--results-dir", str(saved), "--dataset", "digits", "--port", "0", "--error")
    for wrong in ("200%", "-1", "nan", "x", "1"):
        assert "--error" in one_line(capsys, *words[:-1], f"--error={wrong}")
    assert (share("0.1%"), share("0.25"), share("0")) == (0.001, 0.25, 0.0)
    with pytest.raises(BenchError):
        share("inf")


def test_predict_is_not_sure_where_the_application_is(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
    files = [tmp_path / f"{at}.png" for at in range(len(noise))]
    for file, image in zip(files, noise, strict=True):
        Image.fromarray(image).save(file)
    words = ["predict", "local", "knn", *map(str, files), "--results-dir", str(saved), "--dataset", "digits"]
    model = find_saved_model(saved, "local", "knn", "digits")
    threshold = thresholds_of([model], 0.002).of_row["knn@pixels"]
    assert main([*words, "--error", "0.2%", "--json"]) == 0
    output = capsys.readouterr()
    assert output.err.startswith(f"knn@pixels: {threshold.sentence()}\n")
    answers = json.loads(output.out)["images"]
    certain = [is_certain(max(answer["probabilities"].values()), threshold.probability) for answer in answers]
    assert 0 < sum(certain) < len(certain)
    assert [answer["status"] for answer in answers] == ["ok" if sure else "not sure" for sure in certain]
    assert [answer["label"] is not None for answer in answers] == certain
    assert main([*words, "--error", "0.2%"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [": not sure  (" in line for line in lines] == [not sure for sure in certain]
    assert main([*words[:2], "centroids", *words[3:], "--error", "1%"]) == 0
    output = capsys.readouterr()
    assert "centroids@pixels: gives no probabilities, and so always answers\n" in output.err
    assert "not sure" not in output.out
