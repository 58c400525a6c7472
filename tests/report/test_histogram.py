from __future__ import annotations

from typing import Any

import pytest

from provender.report.histogram import BOTTOM, HEIGHT, LEFT, MOST_CHARTS, RIGHT, WIDTH, charts


def detector(p_threshold: float, *histograms: dict[str, Any]) -> dict[str, Any]:
    return {"rule": "a/b", "p_threshold": p_threshold, "histograms": list(histograms)}


def counts(label: str, edges: list[float], *hits: int) -> dict[str, Any]:
    return {"class": label, "edges": edges, "counts": list(hits)}


UNITS = [float(i) for i in range(11)]


def test_uniform_p_values_lie_on_the_null_line() -> None:
    rows = [round(10**6 * (10.0**-a - 10.0 ** -(a + 1))) for a in range(10)]
    (chart,), _ = charts(detector(-1.0, counts("", UNITS, *rows)))
    line = [float(point.split(",")[1]) for point in chart.null_line.split()]
    for bar, y in zip(chart.bars[:5], line[::2], strict=False):
        assert bar.y == pytest.approx(y, abs=0.5)
    assert chart.threshold is None


def test_the_threshold_stands_at_its_p_value() -> None:
    (chart,), _ = charts(detector(1e-5, counts("", UNITS, 100, 10, 0, 0, 0, 0, 0, 0, 0, 4)))
    assert chart.threshold == pytest.approx(LEFT + (WIDTH - LEFT - RIGHT) * 5 / 10)
    assert {label: x for x, label in chart.x_ticks}["10"] == WIDTH - RIGHT


def test_one_row_is_a_visible_bar_beside_a_million() -> None:
    (chart,), _ = charts(detector(1e-5, counts("", UNITS, 10**6, 0, 0, 0, 0, 0, 0, 1, 0, 0)))
    assert chart.bars[-1].height > 5
    assert chart.bars[-1].y + chart.bars[-1].height == pytest.approx(HEIGHT - BOTTOM)


def test_a_far_tail_is_one_last_bar_that_loses_no_row() -> None:
    edges = [float(i) for i in range(301)]
    hits = [0] * 300
    hits[0], hits[150], hits[299] = 900, 20, 30
    (chart,), _ = charts(detector(1e-4, counts("", edges, *hits)))
    assert chart.bars[-1].title == "-log10 p of 11 and more: 50"
    assert all(bar.x + bar.width <= WIDTH - RIGHT + 1 for bar in chart.bars)


def test_of_many_classes_those_beyond_the_threshold_are_kept() -> None:
    quiet = [counts(f"c{i:02d}", UNITS, 100 + i, 1, 0, 0, 0, 0, 0, 0, 0, 0) for i in range(30)]
    loud = counts("poisoned", UNITS, 10, 0, 0, 0, 0, 0, 0, 0, 5, 0)
    kept, left_out = charts(detector(1e-6, *quiet, loud))
    assert len(kept) == MOST_CHARTS
    assert left_out == 31 - MOST_CHARTS
    assert "poisoned" in [chart.label for chart in kept]


@pytest.mark.parametrize("p_threshold", [-1.0, 0.0, 0.05])
def test_empty_histograms_give_no_chart(p_threshold: float) -> None:
    assert charts(detector(p_threshold)) == ([], 0)
    assert charts(detector(p_threshold, counts("", UNITS, *[0] * 10))) == ([], 0)


def test_a_p_value_of_zero_as_threshold_stays_on_the_axis() -> None:
    edges = [float(i) for i in range(301)]
    (chart,), _ = charts(detector(0.0, counts("", edges, *[5] + [0] * 298 + [2])))
    assert chart.threshold == WIDTH - RIGHT
