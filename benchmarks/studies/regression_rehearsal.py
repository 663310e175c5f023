"""``python -m benchmarks.studies.regression_rehearsal``: false positives and power of the regression check.

In a committed copy of the working tree: saves a baseline, compares unchanged code with it repeatedly, then code with a
HOG that takes 30 % longer, then code with a ``knn`` that misclassifies every hundredth image.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.paths import ROOT

SLOWER_HOG = """

def _slower(build):
    from time import process_time

    def built():
        transformer = build()
        transform = transformer.transform

        def slowly(images):
            start = process_time()
            matrix = transform(images)
            end = process_time() + 0.3 * (process_time() - start)
            while process_time() < end:
                pass
            return matrix

        transformer.transform = slowly
        return transformer

    return built


from dataclasses import replace

FEATURES = Registry(
    "feature pipeline",
    [replace(one, build=_slower(one.build)) if one.name == "hog" else one for one in FEATURES.values()],
)
"""
WORSE_KNN = """

def _worse(build):
    def built(context):
        model = build(context)
        predict = model.predict

        def misclassify(X):
            labels = predict(X).copy()
            labels[::100] = (labels[::100] + 1) % context.n_classes
            return labels

        model.predict = misclassify
        return model

    return built


from dataclasses import replace

MODELS = Registry(
    "model", [replace(one, build=_worse(one.build)) if one.name == "knn" else one for one in MODELS.values()]
)
"""
CHANGES = {
    "slower hog": (
        "features/registry.py",
        SLOWER_HOG,
        "test_features.py",
        "`test_features.py::test_transform[hog]` is slower",
    ),
    "worse knn": (
        "models/registry.py",
        WORSE_KNN,
        "test_models.py",
        "`test_models.py::test_predict[knn]` is less accurate",
    ),
}
FILES = tuple(benchmarks for _, _, benchmarks, _ in CHANGES.values())


def main(arguments: Sequence[str]) -> int:
    """Print the result of every comparison; return 1 if one of them was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies.regression_rehearsal")
    parser.add_argument("--unchanged", type=int, default=20, metavar="N", help="comparisons of unchanged code (20)")
    parser.add_argument("--tries", type=int, default=5, metavar="N", help="comparisons of each change (5)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        tree = _copy(Path(folder) / "unchanged")
        _regress(tree, "--save", *([] if options.unchanged else FILES))
        wrong = sum(_was_wrong(tree, "unchanged", "No regressions in") for _ in range(options.unchanged))
        for name, (path, text, benchmarks, expected) in CHANGES.items():
            changed = Path(folder) / name.replace(" ", "-")
            shutil.copytree(tree, changed)
            with (changed / path).open("a", encoding="utf-8") as file:
                file.write(text)
            wrong += sum(_was_wrong(changed, name, expected, benchmarks) for _ in range(options.tries))
    print(f"{wrong} of {options.unchanged + len(CHANGES) * options.tries} comparisons were wrong")
    return int(wrong > 0)


def _copy(tree: Path) -> Path:
    """Copy the working tree without ignored files and published results into a new repository."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    for name in names:
        if not name.startswith("results/") and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    author = ["-c", "user.name=rehearsal", "-c", "user.email=nobody@invalid"]
    for command in (["init"], ["add", "."], [*author, "commit", "--message", "as it is"]):
        subprocess.run(["git", *command], cwd=tree, check=True, capture_output=True)
    return tree


def _was_wrong(tree: Path, name: str, expected: str, *files: str) -> bool:
    summary, repeated = _regress(tree, *files)
    wrong = expected not in summary
    print(f"{name}: {summary}; repeated: {repeated or 'nothing'}{' (WRONG)' if wrong else ''}", flush=True)
    return wrong


def _regress(tree: Path, *options: str) -> tuple[str, str]:
    """Return the summary line of a comparison, and its messages about repetitions."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.regression", *options], cwd=tree, capture_output=True, text=True
    )
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    lines = done.stdout.splitlines()
    return lines[2] if len(lines) > 2 else "", "; ".join(done.stderr.splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
