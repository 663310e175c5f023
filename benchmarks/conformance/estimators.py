"""What scikit-learn's own contract says of a model that is a scikit-learn estimator."""

from __future__ import annotations

from benchmarks.conformance.checks import DoesNotApplyError

MOST_NAMED = 3


def check_estimator_says(model: object) -> str:
    """Return how many of scikit-learn's checks pass, and which do not.

    It is information: they ask for more than the bench does, as sample weights, and some of
    scikit-learn's own classifiers do not pass them all. Raises ``DoesNotApplyError`` for other models.
    """
    from sklearn.base import BaseEstimator
    from sklearn.utils.estimator_checks import check_estimator

    if not isinstance(model, BaseEstimator):
        raise DoesNotApplyError("it is no scikit-learn estimator, and need not be one")
    found = check_estimator(model, on_fail=None)
    failed = [check["check_name"] for check in found if check["status"] == "failed"]
    more = ", …" if len(failed) > MOST_NAMED else ""
    named = f"; not {', '.join(failed[:MOST_NAMED])}{more}" if failed else ""
    return f"{sum(check['status'] == 'passed' for check in found)} of its {len(found)} checks pass{named}"
