"""scikit-learn's estimators, in the fast version of scikit-learn-intelex where that is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from models.spec import BuildContext, Param

FASTER_WITH = ("sklearnex",)
STOCK = Param(False, help="use scikit-learn's own code even where scikit-learn-intelex is installed")


def estimator(context: BuildContext, path: str) -> Callable[..., Any]:
    """Return the class at ``path``, as ``svm.SVC``, from the fast library or from scikit-learn.

    The fast class is imported directly: scikit-learn itself stays as it is for everything else that uses it.
    The setting ``stock`` asks for scikit-learn's own.
    """
    stock = context.settings["stock"] or find_spec("sklearnex") is None
    library = "sklearn" if stock else "sklearnex"
    module, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(f"{library}.{module}"), name)
    return found
