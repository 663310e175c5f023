"""Missing libraries, and how to install them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder

DISTRIBUTIONS = {
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "sklearn": ("scikit-learn",),
    "sklearnex": ("scikit-learn-intelex",),
    "skimage": ("scikit-image",),
    "xgboost": ("xgboost", "xgboost-cpu"),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "keras": ("keras",),
    "jax": ("jax",),
}
"""The distributions that provide a package, the usual one first."""


def distributions(module: str) -> tuple[str, ...]:
    """Return the distributions that may provide a module or a package, the usual one first."""
    package = module.partition(".")[0]
    return DISTRIBUTIONS.get(package, (package,))


def missing_modules(modules: Sequence[str]) -> list[str]:
    """Return those of ``modules`` that cannot be imported, without importing them."""
    return [module for module in modules if not _is_installed(module)]


def _is_installed(module: str) -> bool:
    """Look for a module's file; ``importlib.util.find_spec`` would import the packages above a dotted name."""
    if module in sys.modules:
        return sys.modules[module] is not None
    package, *parts = module.split(".")
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:  # the name is empty, or a module in memory has no spec
        return False
    for part in parts:
        if spec is None or spec.submodule_search_locations is None:
            return False
        spec = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
    return spec is not None


def how_to_install(missing: Sequence[str]) -> str:
    """Return what is missing and the command that installs it; empty if nothing is missing."""
    if not missing:
        return ""
    packages = dict.fromkeys(distributions(module)[0] for module in missing)
    return f"needs {', '.join(missing)}; install with: pip install {' '.join(packages)}"
