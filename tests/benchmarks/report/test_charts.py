from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.analysis.statistics import Interval
from benchmarks.report.charts.chart import (
    Chart,
    Line,
    accuracy_axis,
    error_percent,
    linear_axis,
    log_axis,
    log_ticks,
    thinned,
)
from benchmarks.report.charts.costs import cost_charts, pareto_front
from benchmarks.report.charts.figures import content, of_chart, of_confusion, of_images
from benchmarks.report.charts.labels import Box, place_labels
from benchmarks.report.charts.svg import as_svg, standalone

POINTS = st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.01, 100)), min_size=1, max_size=40)


@given(POINTS)
def test_nothing_on_the_front_is_beaten_and_everything_else_is(points: list[tuple[float, float]]) -> None:
    front = pareto_front(points)
    for i, (cost, error) in enumerate(points):
        beaten = any(
            other[0] <= cost and other[1] <= error and (other != (cost, error) or j < i)
            for j, other in enumerate(points)
            if j != i
        )
        assert (i in front) != beaten
    assert [points[i][0] for i in front] == sorted(points[i][0] for i in front)


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_a_linear_axis_holds_its_values_and_has_a_few_round_ticks(values: list[float]) -> None:
    axis = linear_axis("x", values)
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    assert 2 <= len(axis.ticks) <= 8


@given(st.floats(1e-6, 1e6), st.floats(1.5, 1e9))
def test_logarithmic_ticks_are_few_and_inside(low: float, span: float) -> None:
    ticks = log_ticks(low, low * span)
    assert len(ticks) <= 8 and all(low <= tick <= low * span for tick in ticks)
    assert ticks or span < 3


def test_accuracies_are_spread_by_their_errors_and_perfection_has_a_place() -> None:
    axis = accuracy_axis([0.9, 0.99, 1.0], 1000)
    places = [axis.place(error_percent(accuracy, 1000)) for accuracy in (0.9, 0.99, 1.0)]
    assert 0 < places[0] < places[1] < places[2] < 1
    assert {"95", "98", "99"} <= {text for _, text in axis.ticks}


def test_long_lines_are_thinned_and_keep_their_ends() -> None:
    points = [(float(i), float(i)) for i in range(1001)]
    kept = thinned(points)
    assert len(kept) <= 202 and kept[0] == points[0] and kept[-1] == points[-1]
    assert thinned([]) == () and thinned(points[:3]) == tuple(points[:3])


@given(st.lists(st.tuples(st.floats(50, 750), st.floats(20, 380)), max_size=12, unique=True))
def test_names_stay_inside_where_there_is_room(points: list[tuple[float, float]]) -> None:
    inside = Box(0, 0, 800, 400)
    labels = place_labels(points, [60.0] * len(points), 13.0, inside)
    for label in labels:
        left = label.x if label.anchor == "start" else label.x - 60
        assert left >= -1 and left + 60 <= 801


def a_board() -> Leaderboard:
    rows = tuple(
        Row(
            *(i + 1, False, f"<m{i}>", "p", f"family {i % 3}", "ok", 1),
            values={"accuracy": 0.99 - i / 100, "training_s": 10.0 / (i + 1), **({} if i else {"model_mb": 3.0})},
            interval=Interval(0.98 - i / 100, 0.995 - i / 100),
        )
        for i in range(5)
    )
    return Leaderboard(rows, tuple((row.model,) for row in rows), 100, 1000, ("here",), 0, None)


def test_every_cost_that_someone_measured_has_a_chart() -> None:
    fit, size = cost_charts(a_board())
    assert fit.front == ("<m4> p", "<m3> p", "<m2> p", "<m1> p", "<m0> p") and fit.n_unknown == 0
    assert size.front == ("<m0> p",) and size.n_unknown == 4
    assert fit.chart.marks[0].details == "<m0> on p: 99.00 % (98.00 to 99.50), time for features and fit 10 s"


def test_the_drawing_is_svg_names_every_point_and_is_always_the_same() -> None:
    chart = cost_charts(a_board())[0].chart
    drawn = as_svg(chart, 800, 500)
    texts = {(element.text or "").strip() for element in ET.fromstring(drawn).iter()}
    assert {mark.name for mark in chart.marks} | {"time for features and fit", "family 0"} <= texts
    assert as_svg(chart, 800, 500) == drawn and "nan" not in drawn
    named = {(e.text or "") for e in ET.fromstring(as_svg(chart, 350, 440, named=["<m0> p"])).iter()}
    assert "<m0> p" in named and "<m1> p" not in named
    ET.fromstring(standalone(drawn))


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_files_are_drawn_of_charts_matrices_and_images(kind: str) -> None:
    steps = tuple((float(i), math.exp(-i)) for i in range(5))
    x, y = linear_axis("epoch", [4.0], low=0), log_axis("loss", [y for _, y in steps], str)
    images = [(str(i), np.zeros((28, 28), np.uint8)) for i in range(14)]
    for figure in (
        of_chart(Chart("t", x, y, (Line("a", steps), Line("b", steps, quiet=True)))),
        of_chart(cost_charts(a_board())[0].chart),
        of_confusion([[5, 1], [0, 3]], ("zero", "one"), "t"),
        of_images(images),
    ):
        made = content(figure, kind)
        assert made.startswith(b"\x89PNG" if kind == "png" else b"<?xml")
