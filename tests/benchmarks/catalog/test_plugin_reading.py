"""Plug-ins are read in a process of their own: what the bench knows of them, and what they cannot do to it."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.catalog import plugin_reading
from benchmarks.catalog.catalog import load_catalog, read_catalog
from benchmarks.catalog.plugin_images import ImagesAnswer, read_images
from benchmarks.common.errors import BenchError
from benchmarks.datasets.spec import DataPlaces
from benchmarks.execution.processes.fencing import landlock
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.trial import Trial
from tests.conftest import ROOT

PLUGINS = ROOT / "tests" / "plugins"
SETTINGS = """
from functools import partial
from math import inf
from features.hog import HOG
from features.spec import FeaturePipeline
from models.neighbors import MODELS as KNN
from models.spec import ModelSpec, Param

print("a plug-in may print")
FEATURES = (FeaturePipeline("coarse", "large cells", partial(HOG, cell_sizes=(7,)), requires=("numpy",)),)
SETTINGS = {
    "rate": Param(1.0, 0.0, inf), "n": Param(3), "size": Param(10**30), "kind": Param("a", choices=("a", "b")),
    "on": Param(True, help="whether"), "C": Param(0.1, 1e-9, 10.0, log=True),
}
MODELS = (
    ModelSpec("mine", "own", "a summary", lambda context: None, ("coarse", "pixels"), ("numpy",), ("sklearnex",),
              SETTINGS, {"pixels": {"C": 0.5}}, True),
    ModelSpec("near", "own", "the suite's own", KNN[0].build, ("pixels",)),
)
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(text)
    return file


def test_what_is_read_is_what_an_import_would_give_but_for_the_code(tmp_path: Path) -> None:
    file = written(tmp_path, SETTINGS)
    before = {*sys.modules}
    read = read_catalog([file])
    assert not [name for name in {*sys.modules} - before if name.startswith("plugin_")]
    loaded = load_catalog([file])
    for name in ("mine", "near"):
        one, other = vars(read.models[name]), vars(loaded.models[name])
        assert {**one, "build": None} == {**other, "build": None}
        with pytest.raises(TypeError, match="never in the bench's own"):
            read.models[name].build(None)  # type: ignore[arg-type]
    settings = read.models["mine"].settings
    assert settings["rate"].high == math.inf and settings["size"].default == 10**30
    assert [type(settings[name].default) for name in ("rate", "n", "on")] == [float, int, bool]
    for trial in (Trial("mine", "coarse", "digits"), Trial("near", "pixels", "digits")):
        assert inputs_of(trial, read, "d") == inputs_of(trial, loaded, "d")


def test_an_edited_plug_in_has_another_hash_in_the_same_process(tmp_path: Path) -> None:
    trial = Trial("mine", "coarse", "digits")
    codes = []
    for text in (SETTINGS, SETTINGS.replace("(7,)", "(6,)")):
        codes.append(inputs_of(trial, read_catalog([written(tmp_path, text)]), "d").code)
    assert codes[0] != codes[1]


def test_images_of_a_plug_ins_dataset_are_those_that_it_loads(tmp_path: Path) -> None:
    places = DataPlaces((), tmp_path / "downloads")
    file = PLUGINS / "example_dataset.py"
    read, loaded = read_catalog([file]).datasets["stripes"], load_catalog([file]).datasets["stripes"]
    assert read.location(places) == loaded.location(places) == "drawn"
    images, expected = read.load(places), loaded.load(places)
    assert images.class_names == expected.class_names
    for name, split in expected.evaluation.items():
        assert (images.evaluation[name].images == split.images).all()
    assert np.array_equal(images.train.labels, expected.train.labels)


def test_no_text_of_a_plug_in_brings_control_characters(tmp_path: Path) -> None:
    text = """
import numpy as np
from benchmarks.datasets.spec import Dataset, Images, Split
BAD = "a\\x1b[2J\\nb\\u202e\\ud800"
def load(places):
    split = Split(np.zeros((2, 28, 28), np.uint8), np.arange(2))
    return Images(split, split, split, (BAD, "c"), (BAD,), ((BAD, BAD),), (BAD,), None, BAD, further={BAD: split})
DATASETS = (Dataset("mine", "own", load, lambda places: BAD * 5000),)
"""
    places = DataPlaces((), tmp_path / "downloads")
    dataset = read_catalog([written(tmp_path, text)]).datasets["mine"]
    location, images = dataset.location(places), dataset.load(places)
    assert location and location.startswith("a [2J b  a") and location.isprintable() and len(location) < 5000
    texts = [*images.class_names, *images.dropped, *images.notes, *images.checksums[0], images.source, *images.further]
    assert all(one.isprintable() for one in texts)


@pytest.mark.parametrize("param", ["Param('a\\x1b')", "Param('a', choices=('a', 'b\\n'))", "Param(1, help='\\x1b[2J')"])
def test_a_setting_with_control_characters_is_refused(tmp_path: Path, param: str) -> None:
    text = f"""
from models.spec import ModelSpec, Param
MODELS = (ModelSpec("m", "own", "s", lambda c: None, ("pixels",), settings={{"s": {param}}}),)
"""
    with pytest.raises(BenchError, match=r"setting 's' should have (lines|one line) of text"):
        read_catalog([written(tmp_path, text)])


DATASET = """
from benchmarks.datasets.spec import Dataset
def load(places): {body}
DATASETS = (Dataset("mine", "own", load, lambda places: None),)
"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return None", "load returned a NoneType; expected Images"),
        ("raise ValueError('no such file')", "ValueError: no such file"),
        ("open('/etc/hostname', 'a')", "PermissionError"),
        ("import os; os._exit(4)", "exit code 4"),
    ],
)
def test_a_dataset_that_cannot_be_loaded_is_one_line(tmp_path: Path, body: str, message: str) -> None:
    dataset = read_catalog([written(tmp_path, DATASET.format(body=body))]).datasets["mine"]
    with pytest.raises(BenchError, match=message) as error:
        dataset.load(DataPlaces((), tmp_path / "downloads"))
    assert "mine.py" in str(error.value) and "\n" not in str(error.value)


def test_a_plug_ins_dataset_writes_into_a_folder_that_nothing_else_reads(tmp_path: Path) -> None:
    body = "(places.cache / 'own').touch(); (places.folders[-1] / 'other').touch()"
    dataset = read_catalog([written(tmp_path, DATASET.format(body=body))]).datasets["mine"]
    with pytest.raises(BenchError, match="PermissionError" if landlock.version() else "returned a NoneType"):
        dataset.load(DataPlaces((), tmp_path / "downloads"))
    assert (tmp_path / "downloads" / "plugins" / "mine" / "own").exists()
    assert (tmp_path / "downloads" / "other").exists() != bool(landlock.version())
    for name in ("../../x", "", "/etc", "a.b"):
        assert DataPlaces((), tmp_path).of_plugin(name).cache.resolve().is_relative_to(tmp_path / "plugins")


LEAVES = """
import os
from pathlib import Path
import numpy as np
def array(shape, dtype="|u1"):
    text = repr({{"descr": dtype, "fortran_order": False, "shape": shape}}) + " " * 50 + "\\n"
    return b"\\x93NUMPY\\x01\\x00" + len(text).to_bytes(2, "little") + text.encode()
for n in range(3):
    np.save(f"{{n}}-images.npy", np.zeros((2, 28, 28), np.uint8))
    np.save(f"{{n}}-labels.npy", np.arange(2))
images, picture = Path("0-images.npy"), Path("picture.png")
{leave}
"""


@pytest.mark.parametrize(
    ("leave", "message"),
    [
        ("images.write_bytes(array((10**12, 28, 28)))", "0-images.npy should have 784000000000000 bytes"),
        ("images.write_bytes(array((0,) * 30))", "0-images.npy has dtype uint8 and shape"),
        ("images.write_bytes(array((2, 28, 28), '|O'))", "0-images.npy contains Python objects"),
        ("images.write_bytes(b'x' * 1000)", "0-images.npy is not a readable array"),
        ("os.truncate(images, 1 << 40)", "0-images.npy of its images cannot be read (larger than 2048 MiB)"),
        ("images.unlink()", "0-images.npy of its images cannot be read (No such file"),
        ("images.unlink(); os.mkfifo(images)", "0-images.npy of its images cannot be read (not a regular file)"),
        ("images.unlink(); images.symlink_to('1-images.npy')", "0-images.npy of its images cannot be read (a link)"),
        ("picture.symlink_to('/etc/passwd')", "picture.png of its images cannot be read (a link)"),
        ("os.mkfifo(picture)", "picture.png of its images cannot be read (not a regular file)"),
        ("picture.touch(); os.truncate(picture, 1 << 40)", "picture.png of its images cannot be read (larger than 64 "),
    ],
)
def test_images_that_are_left_in_another_form_are_one_line(tmp_path: Path, leave: str, message: str) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    subprocess.run([sys.executable, "-c", LEAVES.format(leave=leave)], cwd=folder, check=True)
    answer = ImagesAnswer(splits=("train", "validation", "test"))
    with pytest.raises(BenchError) as error:
        read_images(answer, folder)
    assert message in str(error.value) and "\n" not in str(error.value) and str(tmp_path) not in str(error.value)


FORGED = """
import os
from pathlib import Path
place = Path.cwd() / "plugin_answer.json"
place.write_text({answer!r})
os._exit(0)
"""
ENTRY = '{"error": "", "plugins": [{"origin": "o", "entries": {"MODELS": [%s]}}]}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "SyntaxError"),
        ("import nowhere", "ModuleNotFoundError"),
        (
            "from models.spec import ModelSpec\nModelSpec('m', summary='s', build=None)",
            "mine.py cannot be loaded: a ModelSpec lacks family and features; "
            "write ModelSpec(name=…, family=…, summary=…, build=…, features=…)",
        ),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os._exit(0)", "exit code 0 before it gave an answer"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
        ("print('x' * 10**6); raise ValueError('y' * 10**6)", "ValueError: y"),
        ("import os\nif not os.fork(): raise ValueError\nos.wait(); os._exit(5)", "exit code 5"),
        (FORGED.format(answer="{"), "its description cannot be read"),
        (FORGED.format(answer='{"error": 3}'), "Expected `str`"),
        (FORGED.format(answer=ENTRY % '{"name": "m", "code": ["/nowhere.py"]}'), "is said to be in /nowhere.py"),
        (FORGED.format(answer=ENTRY % '{"name": "m", "features": ["nothing"]}'), "family should be a word"),
        (FORGED.format(answer=ENTRY % '{"name": "knn"}'), "two models are named 'knn'"),
        ("import os\nos.mkfifo('plugin_answer.json')\nos._exit(0)", "not a regular file"),
    ],
)
def test_a_plug_in_that_cannot_be_read_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BenchError) as error:
        read_catalog([written(tmp_path, text)])
    assert message in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 1000


WITH_WEIGHTS = """
from dataclasses import replace
from pathlib import Path
from features.hog import HOG
from features.pretrained.backbones import VGG16
from features.spec import FeaturePipeline
from models.spec import ModelSpec

OWN = replace(VGG16, {change})
MODELS = (ModelSpec("mine", "own", "a summary", lambda context: None, ("pixels",), weights=OWN),) * {models}
FEATURES = (FeaturePipeline("coarse", "large cells", HOG, weights=OWN),)
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("chosen=Path('/dev/zero')", "chosen is for the user alone"),
        ("file='../../secret.h5'", "file should be a plain name"),
        ("file='/etc/hostname'", "file should be a plain name"),
        ("file='..'", "file should be a plain name"),
        ("file=''", "file should be a plain name"),
        ("file='x' * 200", "file should be a plain name"),
        ("network='a\\nb'", "network should be a plain name"),
        ("layer='a/b'", "layer should be a plain name"),
        ("url='http://localhost/x.h5'", "url should be an https address"),
        ("url='file:///etc/hostname'", "url should be an https address"),
        ("url='https://me:word@example.org/x.h5'", "url should be an https address"),
        ("url='https://example.org/x.h5?a=b'", "url should be an https address"),
        ("url='https://[example/x.h5'", "url should be an https address"),
        ("md5='0' * 31", "md5 should be 32"),
        ("size_mb=-1.0", "size_mb should be"),
    ],
)
def test_weights_that_name_what_they_must_not_are_one_line(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(BenchError) as error:
        read_catalog([written(tmp_path, WITH_WEIGHTS.format(change=change, models=1))])
    assert message in str(error.value) and "mine.py" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("models", "refuse_faults"), [(0, True), (0, False), (1, False)])
def test_weights_of_features_too_and_where_other_faults_are_put_off(
    tmp_path: Path, models: int, refuse_faults: bool
) -> None:
    text = WITH_WEIGHTS.format(change="chosen=Path(__file__)", models=models)
    with pytest.raises(BenchError, match="chosen is for the user alone"):
        read_catalog([written(tmp_path, text)], refuse_faults)


def test_the_suites_weights_and_sound_ones_of_its_own_can_be_used(tmp_path: Path) -> None:
    for change in ("file=VGG16.file", "network='mine', url='https://example.org/x/mine.h5', file='mine.h5'"):
        assert read_catalog([written(tmp_path, WITH_WEIGHTS.format(change=change, models=1))]).models["mine"].weights


@pytest.mark.parametrize(
    ("of", "name"),
    [*(("requires", name) for name in ("../x", "", ".", "a..b", "a b", "/etc")), ("faster_with", "../x")],
)
def test_names_that_are_of_no_module_are_one_line(tmp_path: Path, name: str, of: str) -> None:
    text = f"""
from models.spec import ModelSpec
MODELS = (ModelSpec("mine", "own", "a summary", lambda context: None, ("pixels",), {of}=({name!r},)),)
"""
    forged = FORGED.format(answer=ENTRY % f'{{"name": "m", "{of}": ["{name}"]}}')
    for code, refuse_faults in ((text, True), (forged, False)):
        with pytest.raises(BenchError) as error:
            read_catalog([written(tmp_path, code)], refuse_faults)
        assert "should be a tuple of names of modules" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["while True: pass", "import time; time.sleep(600)"])
def test_reading_has_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(plugin_reading, "SPECS_S", 1.0)
    with pytest.raises(BenchError, match=r"mine\.py cannot be loaded: not done after 1 s"):
        read_catalog([written(tmp_path, text)])


def test_faults_are_found_and_can_be_put_off(tmp_path: Path) -> None:
    file = written(tmp_path, "from models.spec import ModelSpec\nMODELS = (ModelSpec('m', 3, 's', None, 'pixels'),)")
    with pytest.raises(BenchError, match="family should be a word"):
        read_catalog([file])
    catalog = read_catalog([file], refuse_faults=False)
    found = catalog.faults_of(catalog.models["m"])
    assert any("build is no function" in fault for fault in found) and len(found) == 3
