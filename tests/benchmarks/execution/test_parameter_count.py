"""The number of parameters of fitted models, against a count by hand or by the library's own figures."""

from __future__ import annotations

import pickle
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from benchmarks.common.dependencies import missing_modules
from benchmarks.conformance.tiny import Tiny, context, tiny
from benchmarks.execution.worker.parameter_count import parameter_count
from features.pretrained.backend import REQUIRES
from features.registry import FEATURES
from models.registry import MODELS

N_CLASSES = 10
networks = pytest.mark.skipif(bool(missing_modules(REQUIRES)), reason=f"needs {REQUIRES}")


@cache
def data() -> Tiny:
    return tiny(FEATURES["pixels"])


def fitted(name: str, **settings: Any) -> Any:
    spec = MODELS[name]
    model = spec.build(context(data(), {**spec.defaults_on("pixels"), **settings}))
    model.fit(data().train, data().labels)
    return model


def n_features() -> int:
    return int(data().train.shape[1])


@pytest.mark.filterwarnings("ignore:.*converge")
@pytest.mark.parametrize("stock", [True, False])
def test_a_linear_model_has_its_coefficients_and_intercepts(stock: bool) -> None:
    assert parameter_count(fitted("logistic", stock=stock)) == (n_features() + 1) * N_CLASSES
    assert parameter_count(fitted("linear-svm")) == (n_features() + 1) * N_CLASSES


def test_a_linear_model_without_intercept_has_none() -> None:
    from sklearn.linear_model import RidgeClassifier

    model = RidgeClassifier(fit_intercept=False).fit(data().train, data().labels)
    assert parameter_count(model) == n_features() * N_CLASSES


@pytest.mark.parametrize("stock", [True, False])
def test_nearest_neighbours_store_their_training_matrix(stock: bool) -> None:
    assert parameter_count(fitted("knn", stock=stock)) == data().train.size


@pytest.mark.parametrize("stock", [True, False])
@pytest.mark.parametrize("name", ["svm-rbf", "svm-virtual"])
def test_an_svm_has_support_vectors_dual_coefficients_and_intercepts(name: str, stock: bool) -> None:
    model = fitted(name, stock=stock)
    n_support = len(getattr(model, "estimator_", model).support_)
    pairs = N_CLASSES * (N_CLASSES - 1) // 2
    assert parameter_count(model) == n_support * (n_features() + N_CLASSES - 1) + pairs


def test_random_features_count_with_the_linear_model_on_them() -> None:
    components = 50
    model = fitted("ridge-random-features", components=components)
    assert parameter_count(model) == components * (n_features() + 1) + (components + 1) * N_CLASSES


@pytest.mark.parametrize(("name", "settings"), [("random-forest", {"stock": True}), ("extra-trees", {})])
def test_a_forest_has_the_nodes_of_its_trees(name: str, settings: dict[str, Any]) -> None:
    model = fitted(name, trees=3, **settings)
    assert parameter_count(model) == sum(2 * tree.get_n_leaves() - 1 for tree in model.estimators_)


def test_an_accelerated_forest_is_counted_without_building_the_trees_of_scikit_learn() -> None:
    pytest.importorskip("sklearnex")
    model = fitted("random-forest", trees=3)
    size = len(pickle.dumps(model))
    count = parameter_count(model)
    assert len(pickle.dumps(model)) == size
    assert count == sum(2 * tree.get_n_leaves() - 1 for tree in model.estimators_) == parameter_count(model)


def test_boosting_has_the_nodes_of_the_trees_of_every_round_and_class() -> None:
    model = fitted("hist-gradient-boosting", rounds=3)
    trees = [tree for of_round in model._predictors for tree in of_round]
    assert len(trees) == 3 * N_CLASSES
    assert parameter_count(model) == sum(2 * tree.get_n_leaf_nodes() - 1 for tree in trees)


def test_xgboost_has_as_many_nodes_as_its_own_data_frame_has_lines() -> None:
    pytest.importorskip("xgboost")
    pytest.importorskip("pandas")
    model = fitted("xgboost", rounds=4, rounds_a_stage=2)
    assert parameter_count(model) == len(model.estimator_.trees_to_dataframe()) > 4 * N_CLASSES


def test_an_ensemble_is_the_sum_of_its_members() -> None:
    model = fitted("vote")
    members = [parameter_count(member) for member in model.members]
    assert None not in members and parameter_count(model) == sum(filter(None, members))
    model.members = [*model.members, object()]
    assert parameter_count(model) is None


def test_a_head_counts_with_its_scaler() -> None:
    model = fitted("vgg16-random")
    assert parameter_count(model) == 2 * n_features() + (n_features() + 1) * N_CLASSES


def test_a_constant_prediction_has_its_class_probabilities() -> None:
    assert parameter_count(fitted("dummy")) == N_CLASSES


@networks
def test_a_network_has_its_weights() -> None:
    sizes = (n_features(), 128, 64, N_CLASSES)
    model = fitted("mlp", epochs=1, min_steps=0)
    assert parameter_count(model) == sum((n + 1) * m for n, m in pairwise(sizes))


class Raising:
    @property
    def coef_(self) -> object:
        raise RuntimeError("not fitted")


class Linear:
    coef_, intercept_ = np.zeros((3, 4)), np.zeros(3)


class Wrapper:
    estimator_ = Linear()


@pytest.mark.parametrize(("model", "expected"), [(object(), None), (Raising(), None), (Linear(), 15), (Wrapper(), 15)])
def test_a_model_of_ones_own_is_counted_where_it_has_the_usual_attributes(model: object, expected: int | None) -> None:
    assert parameter_count(model) == expected
