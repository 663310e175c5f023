"""scikit-learn's ``check_estimator`` on models that are scikit-learn estimators."""

from __future__ import annotations

from benchmarks.conformance.checks import NotApplicableError

MAX_NAMED = 3


def check_estimator_summary(model: object) -> str:
    """Return how many of scikit-learn's checks pass, and which fail.

    For information only: they require more than digitbench does, for example sample weights, and some of
    scikit-learn's classifiers fail some of them. Raises ``NotApplicableError`` for other models.
    """
    from sklearn.base import BaseEstimator
    from sklearn.utils.estimator_checks import check_estimator

    if not isinstance(model, BaseEstimator):
        raise NotApplicableError("not a scikit-learn estimator, which is not required")
    found = check_estimator(model, on_fail=None)
    failed = [check["check_name"] for check in found if check["status"] == "failed"]
    more = ", …" if len(failed) > MAX_NAMED else ""
    named = f"; failed: {', '.join(failed[:MAX_NAMED])}{more}" if failed else ""
    return f"{sum(check['status'] == 'passed' for check in found)} of {len(found)} checks pass{named}"
