"""``bench.py new-model``: a starting file for a model of one's own."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.catalog.catalog import read_catalog
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import ROOT
from benchmarks.common.suggestions import bench_command

TEMPLATE = ROOT / "benchmarks" / "catalog" / "templates" / "my_model.py"


def write_new_model(path: Path) -> str:
    """Write the starting file; return what to do next. The model is named after the file.

    Raises ``BenchError`` if the file is there already, cannot be written, or would give a model a name
    that is taken.
    """
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")
    if path.suffix != ".py" or not name:
        raise BenchError(f"{path} should be the name of a Python file, as my_model.py")
    if name in read_catalog().models:
        raise BenchError(f"there is a model named '{name}' already; give the file another name than {path.name}")
    text = TEMPLATE.read_text(encoding="utf-8").replace('"my-model"', f'"{name}"').replace("my-model[", f"{name}[")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BenchError(f"{path} is there already, and is left as it is; choose another name") from None
    except OSError as error:
        raise BenchError(f"cannot write {path} ({error.strerror or error})") from error
    check = bench_command("check", str(path))
    run = bench_command("--plugin", str(path), "--models", f"{name},svm-rbf", "--dataset", "digits")
    return f"{path} holds a model named '{name}' that runs as it is. Next:\n  {check}\n  {run}"
